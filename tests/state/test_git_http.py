"""State in a repository over HTTP, with a token that is sent only to this URL."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.state.git.access import GitAccess, access_to
from reconciler.state.store import open_git_state
from tests.support.git_http import GitServer, served_repository
from tests.support.git_remotes import bare_repository
from tests.support.journals import owned, ownership, start, writer

PORTAL = 7654321
TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with served_repository(bare_repository(tmp_path), TOKEN) as served:
        yield served


def access(server: GitServer, token: str = TOKEN, url: str | None = None) -> GitAccess:
    environ = {**os.environ, "RECONCILER_GIT_TOKEN": token}
    return access_to(url or server.url, "refs/reconciler", environ, keys=("k" * 44,))


def test_state_goes_over_http_with_the_token(server: GitServer) -> None:
    with closing(open_git_state(access(server), PORTAL)) as store, writer(store) as pen:
        run_id = pen.begin_run(start(1))
        pen.record_uncalled(run_id, [], ownership([owned("acme")]))

    with closing(open_git_state(access(server), PORTAL)) as again:
        assert again.count() == 1
    assert all(said.startswith("Basic ") for said in server.authorizations)


def test_a_token_that_may_not_push_is_told_in_one_sentence(server: GitServer) -> None:
    server.may_push = False
    with closing(open_git_state(access(server), PORTAL)) as store, pytest.raises(StateError) as caught:
        writer(store)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"state in git: the repository refuses to move refs/reconciler/{PORTAL}/lock (")
    assert "RECONCILER_GIT_TOKEN" in second
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_is_told_in_one_sentence_and_not_repeated(server: GitServer) -> None:
    with pytest.raises(StateError) as caught:
        open_git_state(access(server, "wrong" * 8), PORTAL)
    assert "may not be read (" in str(caught.value)
    assert "RECONCILER_GIT_TOKEN" in str(caught.value)
    assert "wrong" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_token_is_in_no_argument_and_no_representation(server: GitServer) -> None:
    found = access(server)
    assert TOKEN not in repr(found)
    assert TOKEN not in " ".join(found.environ.values())  # only encoded, as a header
    named = [name for name, value in found.environ.items() if value.startswith("Authorization: ")]
    assert named == ["GIT_CONFIG_VALUE_4"]
    assert found.environ["GIT_CONFIG_KEY_4"] == f"http.{server.url}.extraHeader"


def test_a_token_is_not_sent_to_another_repository(server: GitServer) -> None:
    other = access(server).environ
    elsewhere = GitAccess(server.url.replace("remote.git", "x.git"), "refs/reconciler", "/usr/bin/git", other)
    with pytest.raises(StateError, match="may not be read"):
        open_git_state(elsewhere, PORTAL)
    assert server.authorizations
    assert set(server.authorizations) == {""}


def test_a_password_in_the_address_of_the_checkout_is_used_and_shown_nowhere(server: GitServer) -> None:
    url = server.url.replace("http://", f"http://gitlab-ci-token:{TOKEN}@")
    found = access_to(url, "refs/reconciler", os.environ, keys=("k" * 44,))
    assert found.url == found.shown == server.url
    with closing(open_git_state(found, PORTAL)) as store, writer(store):
        pass
