"""Plans and reports that are encrypted: opened by those who have the key, and by nobody else."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.encryption import Altered, Unopened, is_sealed, key_from, seal, unseal
from reconciler.errors import UsageError
from tests.support.projects import Done, Project

KEY = "k7Jw0mN1xq9rB5vT3cZ8yH2dF6gL4sPa+uE/oQiR0I="
OTHER = "a" * 64
SETTINGS = """\
version: 1
environments:
  local: {portal: emulator}
"""
CONTACTS = """\
object: contacts
key: email
records:
  ada@acme.example: {firstname: Augusta Ada}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, {"RECONCILER_PLAN_KEY": KEY})
    project.write("reconciler.yaml", SETTINGS)
    project.write("contacts.yaml", CONTACTS)
    return project


def with_key(project: Project, key: str) -> Project:
    return replace(project, environ={"RECONCILER_PLAN_KEY": key})


def assert_one_sentence(done: Done, code: int, *parts: str) -> None:
    assert (done.code, done.out) == (code, "")
    assert "Traceback" not in done.err
    assert KEY not in done.err
    for part in parts:
        assert part in done.err


def test_what_was_sealed_is_opened_with_the_same_key_only() -> None:
    sealed = seal(b"values", KEY)

    assert is_sealed(sealed)
    assert sealed.startswith(b"reconciler sealed 1\n")
    assert b"values" not in sealed
    assert unseal(sealed, KEY) == b"values"
    with pytest.raises(Unopened, match="another key"):
        unseal(sealed, OTHER)
    with pytest.raises(Unopened, match="set RECONCILER_PLAN_KEY"):
        unseal(sealed, None)


def test_equal_texts_are_sealed_differently() -> None:
    assert seal(b"values", KEY) != seal(b"values", KEY)


SEALED = seal(b'{"format_version": "1.0"}', KEY)


@settings(max_examples=25, deadline=None)  # each derives a key
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed_unnoticed(place: int, by: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= by

    if is_sealed(bytes(altered)):
        with pytest.raises(Unopened):
            unseal(bytes(altered), KEY)


@pytest.mark.parametrize("length", [20, 51, 52, 79, len(SEALED) - 1])
def test_no_end_can_be_cut_off_unnoticed(length: int) -> None:
    with pytest.raises(Unopened):
        unseal(SEALED[:length], KEY)


def test_a_changed_text_is_told_from_a_wrong_key() -> None:
    with pytest.raises(Altered):
        unseal(SEALED[:-1] + bytes([SEALED[-1] ^ 1]), KEY)


HEAD, NONCE, TAG = len(b"reconciler sealed 1\n") + 16 + 16, 12, 16


def test_nothing_at_all_is_sealed_and_opened_too() -> None:
    sealed = seal(b"", KEY)
    assert len(sealed) == HEAD + NONCE + TAG
    assert unseal(sealed, KEY) == b""


@pytest.mark.parametrize(
    ("length", "said"),
    [(HEAD, "cut off"), (HEAD + NONCE + TAG - 1, "cut off"), (HEAD + NONCE + TAG, "altered")],
)
def test_what_was_cut_off_is_told_from_what_was_altered(length: int, said: str) -> None:
    with pytest.raises(Altered, match=said):
        unseal(SEALED[:length], KEY)


def test_a_wrong_key_is_told_even_where_the_text_was_changed() -> None:
    changed = SEALED[:-1] + bytes([SEALED[-1] ^ 1])
    with pytest.raises(Unopened, match="another key") as refused:
        unseal(changed, OTHER)
    assert not isinstance(refused.value, Altered)


def test_salt_and_nonce_are_new_each_time() -> None:
    one, other = seal(b"values", KEY), seal(b"values", KEY)
    for part in (slice(20, 36), slice(HEAD, HEAD + NONCE)):
        assert len(set(one[part])) > 4
        assert one[part] != other[part]


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"reconciler sealed 1\n", True),
        (b"reconciler sealed 123456789\nx", True),
        (b"reconciler sealed 1234567890\n", False),
        (b"reconciler sealed \n", False),
        (b"reconciler sealed x\n", False),
        (b" reconciler sealed 1\n", False),
        (b'{"format_version": "reconciler sealed 1"}', False),
        (b"", False),
    ],
)
def test_a_sealed_file_is_known_by_its_first_line(data: bytes, is_one: bool) -> None:
    assert is_sealed(data) is is_one


def test_a_key_has_32_characters_or_more() -> None:
    assert key_from({}) is None
    assert key_from({"RECONCILER_PLAN_KEY": f" {'k' * 32}\n"}) == "k" * 32
    with pytest.raises(UsageError, match="fewer than 32 characters"):
        key_from({"RECONCILER_PLAN_KEY": "k" * 31 + "  "})


def test_a_key_that_is_no_text_opens_what_it_sealed() -> None:
    odd = "\udcff" * 32  # bytes of the environment that are no UTF-8
    assert unseal(seal(b"values", odd), odd) == b"values"


def test_a_newer_version_is_told() -> None:
    newer = SEALED.replace(b"sealed 1\n", b"sealed 2\n")

    assert is_sealed(newer)
    with pytest.raises(Unopened, match="newer version"):
        unseal(newer, KEY)


def test_files_sealed_by_this_version_stay_readable() -> None:
    kept = bytes.fromhex(
        (Path(__file__).parent / "sealed-1.hex").read_text()  # written once, by version 1 of the form
    )

    assert unseal(kept, KEY) == b"kept"


@pytest.mark.parametrize("said", ["", "  \n"])
def test_an_empty_key_is_none(said: str) -> None:
    assert key_from({"RECONCILER_PLAN_KEY": said}) is None


def test_a_plan_is_sealed_shown_and_applied(project: Project) -> None:
    project.run("plan", "--out", "plan.sealed")

    path = project.folder / "plan.sealed"
    assert is_sealed(path.read_bytes())
    assert b"Augusta" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Augusta Ada" in project.run("show", "plan.sealed", "--values", "show").out
    assert project.run("apply", "plan.sealed").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_reports_are_sealed_and_what_is_for_reading_is_not(project: Project) -> None:
    project.run("plan", "--out", "plan.sealed", "--json-into", "masked.json", "--markdown", "plan.md")
    project.run("apply", "plan.sealed", "--report", "report.sealed")

    (report,) = (project.folder / ".reconciler" / "reports").iterdir()
    for path in (report, project.folder / "report.sealed"):
        assert is_sealed(path.read_bytes())
        assert json.loads(unseal(path.read_bytes(), KEY))["accounting"]["applied"] == 1
    shown = project.run("show", "report.sealed", "--full")
    assert (shown.code, "1 planned = 1 applied" in shown.out) == (0, True)
    assert "Augusta" not in shown.out
    assert "Augusta Ada" in project.run("show", "report.sealed", "--json", "--values", "show").out
    assert project.run("show", "report.sealed", "--format", "html").code == 1
    assert json.loads((project.folder / "masked.json").read_bytes())["masked"] is True
    assert (project.folder / "plan.md").read_text().startswith("<!-- reconciler plan")


@pytest.mark.parametrize("command", ["show", "apply"])
def test_without_its_key_a_plan_stays_closed(project: Project, command: str) -> None:
    project.run("plan", "--out", "plan.sealed")

    keyless = replace(project, environ={})
    assert_one_sentence(keyless.run(command, "plan.sealed"), 1, "cannot open plan plan.sealed: it is encrypt")
    other = with_key(project, OTHER)
    assert_one_sentence(
        other.run(command, "plan.sealed"), 1, "another key than the one in RECONCILER_PLAN_KEY"
    )


@pytest.mark.parametrize("command", ["show", "apply"])
def test_an_altered_plan_is_refused(project: Project, command: str) -> None:
    project.run("plan", "--out", "plan.sealed")
    path = project.folder / "plan.sealed"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    assert_one_sentence(project.run(command, "plan.sealed"), 5, "it was altered since it was encrypted")


def test_where_plans_are_sealed_no_other_is_applied(project: Project) -> None:
    replace(project, environ={}).run("plan", "--out", "plan.json")

    assert_one_sentence(
        project.run("apply", "plan.json"), 5, "is not encrypted", "plan again with the key set"
    )
    assert project.run("show", "plan.json").code == 0


def test_a_short_key_is_told_before_anything_is_done(project: Project) -> None:
    careless = with_key(project, "hunter2")

    assert_one_sentence(
        careless.run("apply", "--auto-approve"), 1, "fewer than 32 characters", "openssl rand"
    )
    assert "hunter2" not in careless.run("plan").err
    assert not (project.folder / ".reconciler" / "state.db").exists()


def test_the_key_is_seen_nowhere(project: Project) -> None:
    talkative = replace(project, environ={**project.environ, "RECONCILER_LOG": "debug"})
    done = [talkative.run("plan", "--out", "plan.sealed"), talkative.run("apply", "plan.sealed", "--json")]
    files = [path.read_bytes() for path in project.folder.rglob("*") if path.is_file()]

    assert [each.code for each in done] == [0, 0]
    assert all(each.err for each in done)
    assert (project.folder / "plan.sealed").read_bytes() in files
    assert not [text for text in done if KEY in text.out + text.err]
    assert not [data for data in files if KEY.encode() in data]


def test_cryptography_is_loaded_only_where_a_key_is_set(project: Project) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", "plan", "--out", "plan"]
    done = [
        subprocess.run(command, cwd=project.folder, env=environ, capture_output=True, text=True, check=True)
        for environ in ({}, dict(project.environ))
    ]

    assert [" cryptography" in run.stderr for run in done] == [False, True]
