"""Encrypted plans and reports can be opened only with the key."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.encryption import (
    CHUNK,
    Altered,
    CannotDecrypt,
    NamedCipher,
    ProcessKey,
    decrypt,
    encrypt,
    is_encrypted,
    keys_from,
)
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


CLOSED_HEAD = len(b"reconciler encrypted 1\n") + 16 + 16
TAG = 16


def closed(data: bytes, key: str = KEY) -> bytes:
    return b"".join(encrypt([data], key))


def opened(data: bytes, key: str | None = KEY) -> bytes:
    return b"".join(decrypt([data], [key] if key else []))


def test_an_encrypted_file_opens_only_with_the_same_key() -> None:
    encrypted = closed(b"values")

    assert is_encrypted(encrypted)
    assert encrypted.startswith(b"reconciler encrypted 1\n")
    assert b"values" not in encrypted
    assert opened(encrypted) == b"values"
    with pytest.raises(CannotDecrypt, match="another key"):
        opened(encrypted, OTHER)
    with pytest.raises(CannotDecrypt, match="set RECONCILER_PLAN_KEY"):
        opened(encrypted, None)


def test_equal_texts_are_encrypted_differently() -> None:
    one, other = closed(b"values"), closed(b"values")

    salt = slice(CLOSED_HEAD - 32, CLOSED_HEAD - 16)
    assert len(set(one[salt])) > 4
    assert one[salt] != other[salt]
    assert one[CLOSED_HEAD:] != other[CLOSED_HEAD:]


@settings(max_examples=15, deadline=None)  # each example derives two keys
@given(st.lists(st.integers(0, 2 * CHUNK), max_size=3), st.integers(1, 3 * CHUNK))
def test_text_of_any_size_comes_back_from_pieces_of_any_size(sizes: list[int], piece: int) -> None:
    given_pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    encrypted = b"".join(encrypt(given_pieces, KEY))

    size = sum(sizes)
    chunks = max(1, -(-size // CHUNK))
    assert len(encrypted) == CLOSED_HEAD + size + chunks * TAG
    parts = [encrypted[start : start + piece] for start in range(0, len(encrypted), piece)]
    assert b"".join(decrypt(parts, [KEY])) == b"".join(given_pieces)


ENCRYPTED = closed(b'{"format_version": "1.0"}')


@settings(max_examples=25, deadline=None)  # each example derives a key
@given(st.integers(0, len(ENCRYPTED) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed_unnoticed(place: int, by: int) -> None:
    altered = bytearray(ENCRYPTED)
    altered[place] ^= by

    if is_encrypted(bytes(altered)):
        with pytest.raises(CannotDecrypt):
            opened(bytes(altered))


MANY = closed(b"a" * CHUNK + b"b" * CHUNK + b"c")
FIRST, SECOND, LAST = (
    MANY[CLOSED_HEAD : CLOSED_HEAD + CHUNK + TAG],
    MANY[CLOSED_HEAD + CHUNK + TAG : -(1 + TAG)],
    MANY[-(1 + TAG) :],
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SECOND + FIRST + LAST, id="exchanged"),
        pytest.param(FIRST + LAST, id="one left out"),
        pytest.param(FIRST + FIRST + SECOND + LAST, id="one repeated"),
        pytest.param(FIRST + SECOND, id="the last cut off"),
        pytest.param(FIRST, id="all but the first cut off"),
        pytest.param(FIRST[:-1], id="cut off within"),
        pytest.param(FIRST + SECOND + LAST + b"x", id="something added"),
        pytest.param(FIRST + SECOND + LAST + LAST, id="the last repeated"),
        pytest.param(b"", id="nothing left"),
    ],
)
def test_chunks_are_whole_in_their_order_and_all_there(body: bytes) -> None:
    with pytest.raises(Altered):
        opened(MANY[:CLOSED_HEAD] + body)


def test_a_chunk_of_another_file_is_noticed() -> None:
    other = closed(b"a" * CHUNK + b"b" * CHUNK + b"c")

    with pytest.raises(Altered):
        opened(MANY[: -(1 + TAG)] + other[-(1 + TAG) :])


def test_nothing_is_given_of_a_chunk_that_was_altered() -> None:
    altered = bytearray(MANY)
    altered[CLOSED_HEAD + CHUNK + TAG] ^= 1
    given_pieces = decrypt([bytes(altered)], [KEY])

    assert next(given_pieces) == b"a" * CHUNK
    with pytest.raises(Altered):
        next(given_pieces)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (20, "newer version"),
        (40, "cut off"),
        (CLOSED_HEAD, "cut off"),
        (CLOSED_HEAD + TAG - 1, "cut off"),
        (CLOSED_HEAD + TAG, "altered"),
        (len(ENCRYPTED) - 1, "altered or cut off"),
    ],
)
def test_no_end_can_be_cut_off_unnoticed(length: int, said: str) -> None:
    with pytest.raises(CannotDecrypt, match=said):
        opened(ENCRYPTED[:length])


def test_a_wrong_key_is_told_even_where_the_text_was_changed() -> None:
    changed = ENCRYPTED[:-1] + bytes([ENCRYPTED[-1] ^ 1])
    with pytest.raises(CannotDecrypt, match="another key") as refused:
        opened(changed, OTHER)
    assert not isinstance(refused.value, Altered)


def test_blocks_of_one_process_are_read_by_it_alone() -> None:
    ours, others = ProcessKey(), ProcessKey()
    block = ours.encrypt(7, b"values")

    assert b"values" not in block
    assert ours.decrypt(7, block) == b"values"
    for key, number in ((others, 7), (ours, 8)):
        with pytest.raises(InvalidTag):
            key.decrypt(number, block)


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"reconciler encrypted 1\n", True),
        (b"reconciler encrypted 123456789\nx", True),
        (b"reconciler encrypted 1234567890\n", False),
        (b"reconciler encrypted \n", False),
        (b"reconciler encrypted x\n", False),
        (b" reconciler encrypted 1\n", False),
        (b'{"format_version": "reconciler encrypted 1"}', False),
        (b"", False),
    ],
)
def test_a_encrypted_file_is_known_by_its_first_line(data: bytes, is_one: bool) -> None:
    assert is_encrypted(data) is is_one


def test_a_key_has_32_characters_or_more() -> None:
    assert keys_from({}) == ()
    assert keys_from({"RECONCILER_PLAN_KEY": f" {'k' * 32}\n"}) == ("k" * 32,)
    with pytest.raises(UsageError, match="fewer than 32 characters"):
        keys_from({"RECONCILER_PLAN_KEY": "k" * 31 + "  "})


def test_of_several_keys_the_first_encrypts_and_all_decrypt(project: Project) -> None:
    assert keys_from({"RECONCILER_PLAN_KEY": f"{OTHER}, {KEY},"}) == (OTHER, KEY)
    with pytest.raises(UsageError, match="a key in RECONCILER_PLAN_KEY has fewer than 32 characters"):
        keys_from({"RECONCILER_PLAN_KEY": f"{OTHER},short"})
    project.run("plan", "--out", "old.encrypted")

    both = with_key(project, f"{OTHER},{KEY}")
    assert both.run("show", "old.encrypted").code == 0
    both.run("plan", "--out", "new.encrypted")
    assert with_key(project, OTHER).run("show", "new.encrypted").code == 0
    assert_one_sentence(
        project.run("show", "new.encrypted"), 1, "another key than the one in RECONCILER_PLAN_KEY"
    )


def test_a_named_piece_opens_under_its_name_alone() -> None:
    cipher = NamedCipher.new(KEY)
    piece = cipher.encrypt("owned/00", b"values")

    again = NamedCipher.opened(cipher.opening, [OTHER, KEY])
    assert again.decrypt("owned/00", piece) == b"values"
    assert again.key == KEY
    assert cipher.encrypt("owned/00", b"values") != piece
    for name, data in (("owned/01", piece), ("owned/00", piece[:-1]), ("owned/00", b"")):
        with pytest.raises(Altered):
            again.decrypt(name, data)
    with pytest.raises(CannotDecrypt, match="another key than the one in RECONCILER_PLAN_KEY"):
        NamedCipher.opened(cipher.opening, [OTHER])
    with pytest.raises(CannotDecrypt, match="set RECONCILER_PLAN_KEY"):
        NamedCipher.opened(cipher.opening, [])


def test_a_key_that_is_no_text_opens_what_it_encrypted() -> None:
    odd = "\udcff" * 32  # bytes that are no UTF-8, in an environment variable
    assert opened(closed(b"values", odd), odd) == b"values"


def test_a_newer_version_is_told() -> None:
    newer = ENCRYPTED.replace(b"encrypted 1\n", b"encrypted 2\n")

    assert is_encrypted(newer)
    with pytest.raises(CannotDecrypt, match="newer version"):
        opened(newer)


def test_files_encrypted_by_this_version_stay_readable() -> None:
    kept = bytes.fromhex(
        (Path(__file__).parent / "encrypted-1.hex").read_text()  # written by the first version of the format
    )

    assert opened(kept) == b"kept"


@pytest.mark.parametrize("said", ["", "  \n"])
def test_an_empty_key_is_none(said: str) -> None:
    assert keys_from({"RECONCILER_PLAN_KEY": said}) == ()


def test_a_plan_is_encrypted_shown_and_applied(project: Project) -> None:
    project.run("plan", "--out", "plan.encrypted")

    path = project.folder / "plan.encrypted"
    assert is_encrypted(path.read_bytes())
    assert b"Augusta" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Augusta Ada" in project.run("show", "plan.encrypted", "--values", "show").out
    assert project.run("apply", "plan.encrypted").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_reports_are_encrypted_and_what_is_for_reading_is_not(project: Project) -> None:
    project.run("plan", "--out", "plan.encrypted", "--json-into", "masked.json", "--markdown", "plan.md")
    project.run("apply", "plan.encrypted", "--report", "report.encrypted")

    (report,) = (project.folder / ".reconciler" / "reports").iterdir()
    for path in (report, project.folder / "report.encrypted"):
        assert is_encrypted(path.read_bytes())
        assert json.loads(opened(path.read_bytes()))["accounting"]["applied"] == 1
    shown = project.run("show", "report.encrypted", "--full")
    assert (shown.code, "1 planned = 1 applied" in shown.out) == (0, True)
    assert "Augusta" not in shown.out
    assert "Augusta Ada" in project.run("show", "report.encrypted", "--json", "--values", "show").out
    page = project.run("show", "report.encrypted", "--format", "html")
    assert (page.code, "Augusta" in page.out) == (0, False)
    assert json.loads((project.folder / "masked.json").read_bytes())["masked"] is True
    assert (project.folder / "plan.md").read_text().startswith("<!-- reconciler plan")


@pytest.mark.parametrize("command", ["show", "apply"])
def test_without_its_key_a_plan_stays_closed(project: Project, command: str) -> None:
    project.run("plan", "--out", "plan.encrypted")

    keyless = replace(project, environ={})
    assert_one_sentence(
        keyless.run(command, "plan.encrypted"), 1, "cannot open plan plan.encrypted: it is enc"
    )
    other = with_key(project, OTHER)
    assert_one_sentence(
        other.run(command, "plan.encrypted"), 1, "another key than the one in RECONCILER_PLAN_KEY"
    )


@pytest.mark.parametrize("command", ["show", "apply"])
def test_an_altered_plan_is_refused(project: Project, command: str) -> None:
    project.run("plan", "--out", "plan.encrypted")
    path = project.folder / "plan.encrypted"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    assert_one_sentence(project.run(command, "plan.encrypted"), 5, "it was altered or cut off after it was")


def test_only_encrypted_plans_are_applied_if_there_is_a_key(project: Project) -> None:
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
    done = [
        talkative.run("plan", "--out", "plan.encrypted"),
        talkative.run("apply", "plan.encrypted", "--json"),
    ]
    files = [path.read_bytes() for path in project.folder.rglob("*") if path.is_file()]

    assert [each.code for each in done] == [0, 0]
    assert all(each.err for each in done)
    assert (project.folder / "plan.encrypted").read_bytes() in files
    assert not [text for text in done if KEY in text.out + text.err]
    assert not [data for data in files if KEY.encode() in data]


def test_cryptography_is_loaded_only_where_a_key_is_set(project: Project) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", "plan", "--out", "plan"]
    done = [
        subprocess.run(command, cwd=project.folder, env=environ, capture_output=True, text=True, check=True)
        for environ in ({}, dict(project.environ))
    ]

    assert [" cryptography" in run.stderr for run in done] == [False, True]
