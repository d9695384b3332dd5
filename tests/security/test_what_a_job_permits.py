"""A changed line of ``reconciler.yaml`` cannot send a variable to a host that the job does not permit."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ManifestError, UsageError
from reconciler.project.ci_permissions import permits_of
from reconciler.project.server_addresses import database_hosts, portal_server
from reconciler.project.settings import Settings, load_settings

SECRET = "s3cr3t-v4lue"
ENVIRON = {
    "HUBSPOT_TOKEN": "pat-na1-0000-token",
    "AWS_SECRET": SECRET,
    "RECONCILER_PASSWORD": SECRET,
    "RECONCILER_PLAN_KEY": SECRET * 4,
    "RECONCILER_GIT_TOKEN": SECRET,
    "RECONCILER_P": SECRET,
    "PATH": "/usr/bin",
}


def load(folder: Path, line: str = "", state: str = "none", **more: str) -> Settings:
    """Load settings in which a pull request wrote one line of the environment, or the state."""
    own = {"portal_id": "7654321", "token": "${HUBSPOT_TOKEN}"}
    if line:
        key, _, value = line.partition(": ")
        own[key] = value
    lines = "".join(f"    {key}: '{value}'\n" for key, value in own.items())
    (folder / "reconciler.yaml").write_text(f"version: 1\nstate: '{state}'\nenvironments:\n  it:\n{lines}")
    return load_settings(folder, {**ENVIRON, **more}, None)


def refused(folder: Path, line: str = "", state: str = "none", **more: str) -> str:
    with pytest.raises(ManifestError) as caught:
        load(folder, line, state, **more)
    reported = str(caught.value)
    for secret in (SECRET, ENVIRON["HUBSPOT_TOKEN"], *more.values()):
        assert secret not in reported or secret.isupper()
    assert all(problem.advice for problem in caught.value.problems)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0].message


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:443",
        "api.hubapi.com.evil.example",
        "evilhubapi.com",
        "hubapi.com",
        "api-hubapi.com",
        "app.hubspot.com",
        "api.hubspot.com.evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.7",
        "169.254.169.254",
        "2130706433",
        "0x7f000001",
        "[2001:db8::1]",
        "xn--hbapi-m6a.com",
    ],
)
def test_a_token_goes_to_hubspot_or_this_machine_alone(tmp_path: Path, host: str) -> None:
    assert refused(tmp_path, f"base_url: https://{host}").endswith(
        ", which is neither a host of HubSpot nor this machine"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@api.hubapi.com",
        "https://api.hubapi.com\\@evil.example",
        "https://api.hubapi.com@evil.example",
        "https://api.hubapi.com:443@evil.example",
        "https://evil.example#@api.hubapi.com",
        "https://evil.example?@api.hubapi.com",
        "https://evil.example/@api.hubapi.com/..;/",
        "https://api.hubapi.com%2eevil.example",
        "https://api.hubapi.com%00.evil.example",
        "https://evil%2eexample",
        "https:api.hubapi.com",
        "https:///api.hubapi.com",
        "https://api.hubapi.com:",
        "https://api.hubapi.com:0",
        "https://api.hubapi.com:65536",
        "https://api.hubapi.com:99999999999999999999",
        "https://api.hubapi.com:-1",
        "https://api.hubapi.com:٤٤٣",
        "https://api.hub\u0430\u0440i.com",
        "https://ünï.example",
        "https://api..hubapi.com",
        "https://.hubapi.com",
        "https://-.hubapi.com",
        f"https://{'a' * 64}.hubapi.com",
        f"https://{'a.' * 130}hubapi.com",
        "https://api.hubapi.com /",
        "https://[::1",
        "https://[::1%25lo]",
        "//api.hubapi.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_two_readers_may_read_differently_is_none(tmp_path: Path, url: str) -> None:
    assert portal_server(url) is None
    assert refused(tmp_path, f"base_url: {url}") == "this is not the address of a server"


@pytest.mark.parametrize("broken", ["\r\n", "\n", "\r", "\t", "\0", "\x1b", "\u2028", " "])
def test_no_line_break_gets_into_an_address(tmp_path: Path, broken: str) -> None:
    url = f"https://api.hubapi.com/{broken}Host: evil.example"
    message = refused(tmp_path, "base_url: ${RECONCILER_URL}", RECONCILER_URL=url)
    assert message == "this is not the address of a server"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hubapi.com",
        "https://api-eu1.hubapi.com/",
        "https://API.hubapi.com",
        "https://api.hubspot.com",
        "https://localhost:8443",
        "http://127.0.0.1:8765",
        "http://[::1]:8765",
    ],
)
def test_hubspots_hosts_and_this_machine_need_no_permission(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, f"base_url: {url}").environment.base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "allowed", ["proxy.acme.example", "a.example, PROXY.acme.example", "b c proxy.acme.example"]
)
@pytest.mark.parametrize("url", ["https://proxy.acme.example", "https://proxy.acme.example:8443/hubspot"])
def test_a_host_that_the_job_lists_is_allowed(tmp_path: Path, allowed: str, url: str) -> None:
    settings = load(tmp_path, f"base_url: {url}", RECONCILER_ALLOW_HOSTS=allowed)
    assert settings.environment.base_url == url


@pytest.mark.parametrize(
    "host", ["sub.proxy.acme.example", "proxy.acme.example.evil.example", "acme.example"]
)
def test_a_host_that_the_job_lists_allows_no_other(tmp_path: Path, host: str) -> None:
    message = refused(tmp_path, f"base_url: https://{host}", RECONCILER_ALLOW_HOSTS="PROXY.ACME.EXAMPLE")
    assert message.startswith(f"the token would be sent to {host}, which is neither a host of HubSpot")


@pytest.mark.parametrize(
    "listed", ["*", "*.acme.example", "https://acme.example", "acme.example:443", "a/b", "acme..example", "é"]
)
def test_wrong_entries_of_the_job_are_reported(listed: str) -> None:
    with pytest.raises(UsageError, match="RECONCILER_ALLOW_HOSTS contains something that is not a host"):
        permits_of({"RECONCILER_ALLOW_HOSTS": listed})
    with pytest.raises(UsageError, match="ALLOW_VARIABLES contains something that is not the name"):
        permits_of({"RECONCILER_ALLOW_VARIABLES": "*"})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/${HUBSPOT_TOKEN}",
        "https://${HUBSPOT_TOKEN}.evil.example",
        "https://api.hubapi.com/${AWS_SECRET}",
        "${RECONCILER_SCHEME}://api.hubapi.com",
        "https://${RECONCILER_HOST}",
        "${HUBSPOT_A}${HUBSPOT_B}",
    ],
)
def test_no_variable_is_read_inside_an_address(tmp_path: Path, url: str) -> None:
    message = refused(tmp_path, f"base_url: {url}")
    assert (
        message == "the token is sent to this address, so the address must be one variable, or contain none"
    )


@pytest.mark.parametrize(
    "value",
    ["https://evil.example/x", "postgresql://u:p@h/d", "pat-na1-0000-token", f"https://{SECRET}.example"],
)
def test_an_address_that_a_variable_holds_is_held_against_the_same_rules(tmp_path: Path, value: str) -> None:
    assert refused(tmp_path, "base_url: ${RECONCILER_URL}", RECONCILER_URL=value) in {
        "the token would be sent to this host, which is neither a host of HubSpot nor this machine",
        "this is not the address of a server",
    }


@pytest.mark.parametrize(
    "name", ["AWS_SECRET", "PATH", "CI_JOB_TOKEN", "GITHUB_TOKEN", "hubspot_token", "XHUBSPOT_A"]
)
@pytest.mark.parametrize("where", ["token", "base_url", "state", "part of state", "file of state"])
def test_variables_are_named_as_ours_are(tmp_path: Path, name: str, where: str) -> None:
    variable = f"${{{name}}}"
    state = {
        "state": variable,
        "part of state": f"postgresql+psycopg://u:{variable}@localhost/x",
        "file of state": f"sqlite:///{variable}.db",
    }.get(where, "none")
    line = f"{where}: {variable}" if where in {"token", "base_url"} else ""

    assert refused(tmp_path, line, state) == f"this file must not read the variable {name}"


@pytest.mark.parametrize(
    "name",
    [
        "RECONCILER_PLAN_KEY",
        "RECONCILER_GIT_TOKEN",
        "RECONCILER_ENV",
        "RECONCILER_ALLOW_HOSTS",
        "RECONCILER_LOG",
    ],
)
@pytest.mark.parametrize("allowed", ["", "{name}"])
def test_a_variable_with_a_meaning_of_its_own_is_never_sent(tmp_path: Path, name: str, allowed: str) -> None:
    more = {"RECONCILER_ALLOW_VARIABLES": allowed.format(name=name)} if allowed else {}
    assert refused(tmp_path, f"token: ${{{name}}}", **more).endswith(
        "has another purpose, and cannot be used here"
    )


def test_a_variable_that_the_job_lists_is_read(tmp_path: Path) -> None:
    settings = load(tmp_path, "token: ${AWS_SECRET}", RECONCILER_ALLOW_VARIABLES="CRM_TOKEN,AWS_SECRET")
    assert settings.environment.token == SECRET


@pytest.mark.parametrize(
    "state",
    [
        "postgresql+psycopg://u:${RECONCILER_PASSWORD}@evil.example/x",
        "postgresql+psycopg://${RECONCILER_PASSWORD}@evil.example/x",
        "postgresql+psycopg://u@${RECONCILER_PASSWORD}/x",
        "postgresql+psycopg://u:${RECONCILER_PASSWORD}@localhost/x?host=evil.example",
        "postgresql+psycopg://u:${RECONCILER_PASSWORD}@/x?host=/tmp,evil.example",
        "postgresql+psycopg://u:${RECONCILER_PASSWORD}@localhost/x?sslmode=disable&host=evil.example",
        "postgresql+psycopg://u@evil.example/x",
        "postgresql+psycopg://u@[2001:db8::1]/x",
    ],
)
def test_a_password_goes_to_this_machine_alone(tmp_path: Path, state: str) -> None:
    assert refused(tmp_path, state=state).endswith("which is not this machine")


@pytest.mark.parametrize(
    "added", ["hostaddr=10.0.0.1", "service=evil", "passfile=/x", "sslkey=/x", "HOST=evil", "dbname=x"]
)
def test_a_file_says_little_of_a_connection(tmp_path: Path, added: str) -> None:
    message = refused(tmp_path, state=f"postgresql+psycopg://u@localhost/x?{added}")
    assert message == "this address has connection settings that this file must not contain"


@pytest.mark.parametrize(
    "state",
    [
        "postgresql+psycopg://u:p/x@evil.example/db",
        "postgresql+psycopg://u:p@localhost@evil.example/db",
        "postgresql+psycopg://u:p?@evil.example/db",
        "postgresql+psycopg://u:p#@evil.example/db",
        "postgresql+psycopg://localhost,evil.example/db",
        "postgresql+psycopg://localhost/@evil.example/db",
        "postgresql+psycopg://localhost:0/db",
        "postgresql+psycopg://localhost:x/db",
        "postgresql+psycopg://localhost/db#x",
        "postgresql+psycopg://u:%zz@localhost/db",
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_database_has_one_address(tmp_path: Path, state: str, is_whole: bool) -> None:
    more = {"RECONCILER_STATE": state} if is_whole else {}
    written = "${RECONCILER_STATE}" if is_whole else state
    assert refused(tmp_path, state=written, **more) == "this is not the address of a database"


@pytest.mark.parametrize(
    "state",
    [
        "postgresql+psycopg://u:${HUBSPOT_TOKEN}@localhost/x",
        "sqlite:///${HUBSPOT_TOKEN}.db",
        "sqlite:///a/${HUBSPOT_TOKEN}/b",
    ],
)
def test_a_token_is_no_part_of_the_state(tmp_path: Path, state: str) -> None:
    assert refused(tmp_path, state=state) == "the address of the state must not contain a token"


@pytest.mark.parametrize(
    "state",
    [
        "sqlite:///../x.db",
        "sqlite:///.git/x.db",
        "sqlite:///.reconciler/../../x.db",
        "sqlite:///a/../.env",
        "sqlite:///.x",
    ],
)
def test_a_state_in_a_file_lies_in_the_project(tmp_path: Path, state: str) -> None:
    assert refused(tmp_path, state=state) in {
        "this file is outside the project folder",
        "this file is hidden, or is in a hidden folder",
    }


@pytest.mark.parametrize(
    ("state", "more"),
    [
        (
            "postgresql+psycopg://u:${RECONCILER_PASSWORD}@db.example/x",
            {"RECONCILER_ALLOW_HOSTS": "db.example"},
        ),
        ("${RECONCILER_STATE}", {"RECONCILER_STATE": "postgresql+psycopg://u:p@db.example/x?passfile=/p"}),
        ("postgresql+psycopg://u:${RECONCILER_PASSWORD}@localhost:5432/x?sslmode=require", {}),
        ("postgresql+psycopg://u@/x?host=/var/run/postgresql", {}),
        ("sqlite:////var/lib/reconciler/state.db", {}),
        ("sqlite:///state.db", {}),
        ("sqlite:///.reconciler/other.db", {}),
    ],
)
def test_a_state_that_the_job_or_this_machine_keeps_is_used(
    tmp_path: Path, state: str, more: Mapping[str, str]
) -> None:
    assert load(tmp_path, state=state, **more).state_url is not None


SPECIAL = "@:/?#[]%+& \\'\"é"


@given(st.text(SPECIAL + "ab", min_size=1, max_size=12).filter(lambda text: text.strip() == text))
def test_a_password_of_any_characters_stays_one(
    tmp_path_factory: pytest.TempPathFactory, password: str
) -> None:
    """No part of the password is read as a host, a port or a database."""
    from sqlalchemy import make_url  # noqa: PLC0415 - as state does

    state = "postgresql+psycopg://ada:${RECONCILER_PASSWORD}@127.0.0.1:5433/crm"
    url = load(tmp_path_factory.mktemp("p"), state=state, RECONCILER_PASSWORD=password).state_url

    assert url is not None
    assert database_hosts(url) == ("127.0.0.1",)
    read = make_url(url)
    assert (read.username, read.password, read.host, read.port, read.database) == (
        "ada",
        password,
        "127.0.0.1",
        5433,
        "crm",
    )


@given(st.text("abc.:/@?#[]%\\-_é\n1", max_size=30))
def test_all_readers_see_the_same_host(text: str) -> None:
    """For every accepted address, httpx and the standard library find the same host."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    url = f"https://{text}"
    server = portal_server(url)
    if server is not None:
        assert server.host == httpx.URL(url).host == urlsplit(url).hostname
        assert server.port == httpx.URL(url).port or server.port == 443
        assert not httpx.URL(url).userinfo


@pytest.mark.parametrize("protects", ["a", "b", "c"])
def test_a_portal_is_protected_whatever_its_environment_is_called(tmp_path: Path, protects: str) -> None:
    lines = "".join(
        f"  {name}: {{portal: emulator, portal_id: 7{', protected: true' * (name == protects)}}}\n"
        for name in ("a", "b", "c")
    )
    text = f"version: 1\nenvironments:\n{lines}  d: {{portal: emulator, portal_id: 8}}\n"
    (tmp_path / "reconciler.yaml").write_text(text)

    protected = {name: load_settings(tmp_path, {}, name).environment.protected_by for name in "abcd"}

    assert protected == {"a": protects, "b": protects, "c": protects, "d": None}
