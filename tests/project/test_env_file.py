"""Variables from a file that only its owner can read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.project.env_file import variables_in, with_env_file
from tests.support.projects import Project

NAMES = st.from_regex(r"HUBSPOT_[A-Z0-9_]{1,12}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["C", "Z"]), max_size=30)


def file(tmp_path: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    path = tmp_path / "env"
    path.write_text(text)
    path.chmod(mode)
    return {"RECONCILER_ENV_FILE": str(path)}


def test_real_variables_win(tmp_path: Path) -> None:
    environ = file(tmp_path, "HUBSPOT_A=from-file\nHUBSPOT_B=b\n") | {"HUBSPOT_A": "real"}
    found = with_env_file(environ)
    assert (found["HUBSPOT_A"], found["HUBSPOT_B"]) == ("real", "b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UsageError, match="chmod 600"):
        with_env_file(file(tmp_path, "HUBSPOT_A=secret\n", mode))


@pytest.mark.parametrize("below", ["project", "project/manifests", "."])
def test_a_file_in_the_project_or_its_repository_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "project"
    (project / "manifests").mkdir(parents=True)
    environ = file(tmp_path / below, "HUBSPOT_A=secret\n")
    with pytest.raises(UsageError, match="a commit could contain it"):
        with_env_file(environ, project)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*nowhere, which RECONCILER_ENV_FILE names"):
        with_env_file({"RECONCILER_ENV_FILE": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("HUBSPOT_A=pat-1", "pat-1"),
        ("export HUBSPOT_A=pat-1  ", "pat-1"),
        ('HUBSPOT_A="a b # c"', "a b # c"),
        ("HUBSPOT_A='a' # why", "a"),
        ("HUBSPOT_A=a#b # why", "a#b"),
        ("\ufeff# comment\n\nHUBSPOT_A=${B}", "${B}"),
        ("HUBSPOT_A=", ""),
    ],
)
def test_lines_are_read_as_people_write_them(text: str, value: str) -> None:
    assert variables_in(text, "env") == {"HUBSPOT_A": value}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("HUBSPOT_A=1\nsecret", "env:2: this is not a variable"),
        ("HUBSPOT_A=1\nHUBSPOT_A=2", "env:2: HUBSPOT_A is there twice"),
        ("RECONCILER_ALLOW_HOSTS=evil.example", "RECONCILER_ALLOW_HOSTS cannot be set in this file"),
        ("RECONCILER_ENV_FILE=other", "RECONCILER_ENV_FILE cannot be set in this file"),
    ],
)
def test_wrong_lines_are_named_by_number_alone(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as refused:
        variables_in(text, "env")
    assert "secret" not in str(refused.value)


@given(st.dictionaries(NAMES, VALUES.filter(lambda text: not text.startswith(('"', "'")))))
def test_what_is_written_is_read(variables: dict[str, str]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in variables.items())
    assert variables_in(text, "env") == variables


def test_a_token_from_the_file_is_used_and_never_shown(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", file(tmp_path, "HUBSPOT_ACCESS_TOKEN=pat-na1-very-secret\n"))
    settings = "portal_id: 1\n    token: ${HUBSPOT_ACCESS_TOKEN}\n    base_url: http://127.0.0.1:9"
    project.write("reconciler.yaml", f"version: 1\nenvironments:\n  real:\n    {settings}\n")
    project.write("a.yaml", "object: companies\nkey: domain\nrecords: {a.example: {name: A}}\n")
    done = project.run("plan")
    assert done.code == 1
    assert "is not set" not in done.err
    assert "very-secret" not in done.out + done.err


def test_a_key_from_the_file_encrypts_plans(tmp_path: Path) -> None:
    key = "0123456789abcdef0123456789abcdef0123"
    project = Project(tmp_path / "project", file(tmp_path, f"RECONCILER_PLAN_KEY={key}\n"))
    project.write("reconciler.yaml", "version: 1\nenvironments: {local: {portal: emulator}}\n")
    project.write("a.yaml", "object: products\nkey: hs_sku\nrecords: {a: {name: A}}\n")
    done = project.run("plan", "--out", "plan.json")
    assert done.code == 0, done.err
    assert (project.folder / "plan.json").read_bytes().startswith(b"reconciler encrypted ")
    assert project.run("show", "plan.json").code == 0
