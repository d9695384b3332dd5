"""With any kind of stdout, there is no traceback, JSON is UTF-8, and the run's exit code is kept."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.cli.output import masking_for
from reconciler.state.store import open_state, open_state_to_read
from tests.support.journals import ADA
from tests.support.old_states import restore_sqlite
from tests.support.projects import PORTAL, ROOT, Project, example

NAME = "Ünïcode → Привет 😀"
COMMAND = f"{sys.executable} -m reconciler"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = example(tmp_path)
    project.write(
        "odd.yaml",
        f"object: companies\nkey: external_id\nrecords:\n  odd-1: {{city: {NAME}, name: {NAME}}}\n",
    )
    return project


@pytest.fixture
def applied(project: Project) -> Project:
    assert project.run("apply", "--auto-approve").code == 0
    return project


def shell(project: Project, line: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``line`` in a shell with few variables; R in it is our command."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'R() {{ {COMMAND} "$@"; }}; {line}'],
        cwd=project.folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def quiet_end(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what was printed to stderr, and check that it contains no traceback."""
    reported = done.stderr.decode()
    assert "Traceback" not in reported
    assert "Exception ignored" not in reported
    return reported


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437", "utf-8"])
def test_text_shows_what_the_encoding_can_and_escapes_the_rest(project: Project, encoding: str) -> None:
    done = shell(project, "R plan --values show", PYTHONIOENCODING=encoding)

    quiet_end(done)
    assert done.returncode == 0
    text = done.stdout.decode("utf-8" if encoding == "ascii" else encoding)  # ASCII: Python writes UTF-8
    assert ("Привет" if encoding in {"utf-8", "ascii"} else r"\u041f\u0440\u0438\u0432\u0435\u0442") in text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-16"])
@pytest.mark.parametrize(
    "command",
    [
        "plan --json --values show",
        "plan --format json --values show",
        "apply --auto-approve --json --values show",
    ],
)
def test_json_is_utf_8_whatever_terminals_speak(project: Project, encoding: str, command: str) -> None:
    done = shell(project, f"R {command}", PYTHONIOENCODING=encoding)

    quiet_end(done)
    assert done.returncode == 0
    assert NAME in done.stdout.decode()
    json.loads(done.stdout)


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_files_for_others_are_utf_8_too_when_printed(project: Project, form: str) -> None:
    done = shell(project, f"R plan --format {form} --values show", PYTHONIOENCODING="cp1252")

    assert "Привет" in done.stdout.decode()


@pytest.mark.parametrize(
    ("to", "why"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_output_that_cannot_be_shown_is_an_error_after_reads(applied: Project, to: str, why: str) -> None:
    for command in ("state list", "plan --detailed-exitcode", "runs list --json"):
        done = shell(applied, f"R {command} {to}")
        assert (done.returncode, quiet_end(done)) == (1, f"cannot write to stdout ({why})\n")


@pytest.mark.parametrize("to", [">/dev/full", ">&-"])
def test_a_command_that_prints_nothing_needs_no_stdout(project: Project, to: str) -> None:
    done = shell(project, f"R fmt --check odd.yaml {to}")

    assert (done.returncode, quiet_end(done)) == (0, "1 file: nothing to change\n")


@pytest.mark.parametrize("to", [">/dev/full", ">&-", "| true", "| head -1", "2>&- >&-", "--json >/dev/full"])
def test_after_writes_the_exit_code_is_that_of_the_run(project: Project, to: str) -> None:
    done = shell(project, f"R apply --auto-approve {to}")

    reported = quiet_end(done)
    assert done.returncode == 0
    (run,) = project.run("runs", "list", "--json").document
    assert run["accounting"]["applied"] == run["accounting"]["planned"] > 0
    if "2>&-" not in to:
        named = re.findall("the report of run (.*) could not be shown", reported)
        assert named == [run["id"]]
        assert f"`reconciler runs show {run['id']}` shows the report" in reported


def test_a_run_that_was_not_all_applied_says_so_to_a_full_disk_as_well(project: Project) -> None:
    project.write("bad.yaml", "object: companies\nkey: external_id\nrecords:\n  bad-1: {nonsense: x}\n")

    done = shell(project, "R apply --auto-approve --skip-invalid >/dev/full")

    assert done.returncode == 3
    assert "the report of run" in quiet_end(done)


@pytest.mark.parametrize("command", ["state list", "plan --full", "runs show last", "state export"])
def test_a_reader_that_leaves_early_is_nobodys_mistake(applied: Project, command: str) -> None:
    done = shell(applied, f"R {command} | head -c 1")

    assert (done.returncode, quiet_end(done)) == (0, "")


@pytest.mark.parametrize(
    ("command", "to"),
    [
        ("state rm companies/odd-1", ">/dev/full"),
        ("state forget companies/odd-1", "--json >&-"),
        ("state adopt-project", ">/dev/full"),
        ("state import export.json", "--json >/dev/full"),
        ("state move --to sqlite:///moved.db", ">/dev/full"),
        ("unlock", ">/dev/full"),
        ("unlock", "--json >&-"),
    ],
)
def test_a_change_of_state_stays_done_without_its_output(applied: Project, command: str, to: str) -> None:
    applied.write("export.json", applied.run("state", "export").out)
    state = applied.folder / ".reconciler/state.db"
    with closing(open_state("sqlite:///.reconciler/state.db", applied.folder, PORTAL)) as store:
        lease = store.acquire(ADA, now=lambda: datetime.now(UTC), sleep=lambda _: None, timeout_s=0)
        if command != "unlock":
            lease.release()
    before = b"".join(path.read_bytes() for path in (state, *applied.folder.glob("moved.db")))

    done = shell(applied, f"R {command} {to}")

    assert done.returncode == 0
    assert "the command is done, but its output could not be shown (" in quiet_end(done)
    assert b"".join(path.read_bytes() for path in (state, *applied.folder.glob("moved.db"))) != before
    if command in {"state rm companies/odd-1", "state forget companies/odd-1"}:
        assert applied.run("state", "show", "companies/odd-1").code == 1
    with closing(open_state_to_read("sqlite:///.reconciler/state.db", applied.folder, PORTAL)) as store:
        assert store.lock_holder() is None


def test_an_upgrade_of_the_state_stays_done_on_a_full_disk(project: Project) -> None:
    restore_sqlite(project.folder / ".reconciler/state.db", 1)

    done = shell(project, "R state upgrade >/dev/full")

    assert (done.returncode, "was upgraded" in quiet_end(done)) == (0, True)
    assert project.run("state", "upgrade", "--json").document == {"upgraded": False}


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("fmt ugly.yaml", "ugly.yaml"),
        ("import products --key hs_sku --out p.yaml", "p.yaml"),
        ("import companies --definitions --out d.yaml", "d.yaml"),
        ("drift --accept companies/odd-1#city", "odd.yaml"),
        ("init new", "new/reconciler.yaml"),
    ],
)
@pytest.mark.parametrize("to", [">/dev/full", ">&-", "--json >/dev/full"])
def test_a_command_that_wrote_its_files_is_done_on_a_full_disk_too(
    applied: Project, command: str, written: str, to: str
) -> None:
    applied.write("ugly.yaml", "object:   companies\nkey: external_id\nrecords: {}\n")
    assert applied.run("emulator", "edit", "companies/odd-1", "city=Bern").code == 0
    file = applied.folder / written
    before = file.read_text() if file.exists() else None

    done = shell(applied, f"R {command} {to}")

    assert "the command is done, but its output could not be shown" in quiet_end(done)
    assert done.returncode == 0
    assert file.read_text() != before


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ("--report /dev/full", {}),
        ("", {"GITHUB_STEP_SUMMARY": "/dev/full"}),
        ("", {"GITHUB_OUTPUT": "no/such/folder/output"}),
    ],
)
def test_a_report_that_cannot_be_written_changes_nothing_about_the_run(
    project: Project, options: str, variables: dict[str, str]
) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0

    done = shell(project, f"R apply plan.json {options}", **variables)

    reported = quiet_end(done)
    (run,) = project.run("runs", "list", "--json").document
    assert (done.returncode, run["status"]) == (0, "finished")
    assert f"`reconciler runs show {run['id']}` shows the run" in reported
    assert b"102 applied" in done.stdout or b"103 applied" in done.stdout


def test_nobody_is_asked_about_a_plan_that_could_not_be_shown(project: Project) -> None:
    line = f"script -qec '{COMMAND} apply >/dev/full' /dev/null"
    done = shell(project, line)

    assert done.returncode == 1
    assert b"the plan could not be shown (No space left on device): nothing was applied" in done.stdout
    assert b"Traceback" not in done.stdout


@pytest.mark.parametrize("columns", ["99999999", "9" * 30, "x", "-5", "0", "1", ""])
def test_any_size_of_a_terminal_shows_the_plan(applied: Project, columns: str) -> None:
    line = f"script -qec '{COMMAND} plan' /dev/null"
    done = shell(applied, line, COLUMNS=columns, LINES=columns, TERM="dumb")

    assert done.returncode == 0, done.stdout
    assert b"Traceback" not in done.stdout
    assert b"changes" in done.stdout


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- >&- 2>&-", "<&- 2>&-"])
def test_closed_streams_are_no_traceback_and_no_files_of_ours(project: Project, closed: str) -> None:
    done = shell(project, f"R apply {closed}; echo $?")

    assert done.stdout.decode().split()[-1] == "1"
    assert b"Traceback" not in done.stdout + done.stderr
    assert project.run("runs", "list", "--json").document == []


ERRORS = [
    (["plan", "-e", "nowhere"], 1),
    (["plan", "--target", "companies/none-*"], 1),
    (["apply", "no-such-file"], 1),
    (["apply"], 1),
    (["apply", "--nonsense"], 1),
    (["show", "reconciler.yaml"], 1),
    (["state", "show", "companies/none"], 1),
    (["state", "rm", "companies/none"], 1),
    (["state", "forget", "companies/none"], 1),
    (["runs", "show", "none"], 1),
    (["rollback", "none"], 1),
    (["explain", "nonsense"], 1),
    (["drift", "-C", "no-such-folder"], 1),
    (["nonsense"], 1),
    (["emulator", "serve", "--port", "99999"], 1),
]


@pytest.mark.parametrize(
    ("words", "code"), ERRORS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_an_error_is_one_document_too(applied: Project, words: list[str], code: int) -> None:
    applied.write("more.yaml", "object: companies\nkey: external_id\nrecords:\n  more-1: {name: More}\n")
    done = applied.run(*words, "--json")

    assert done.code == code
    document = done.document
    assert document.get("error", {}).get("exit_code", 1) == code
    assert "error" in document or document["problems"]


DONE = [
    (["unlock"], {"holder": None, "unlocked": False}),
    (["state", "rm", "companies/odd-1"], {"removed": {"companies/odd-1": 1}}),
    (["state", "rm", "companies/odd-*", "tickets/*"], {"removed": {"companies/odd-*": 1, "tickets/*": 12}}),
    (["state", "upgrade"], {"upgraded": False}),
    (["emulator", "seed"], {"portal": 1000000}),
]


@pytest.mark.parametrize(
    ("words", "said"), DONE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_the_result_of_a_command_is_one_document(applied: Project, words: list[str], said: object) -> None:
    done = applied.run(*words, "--json")

    assert (done.code, done.document) == (0, said)


@pytest.mark.parametrize(
    ("words", "member", "holds"),
    [
        (["completion", "bash"], "script", "complete -"),
        (["completion", "zsh"], "script", "compdef"),
        (["help", "unlock"], "help", "Usage: reconciler unlock"),
        (["help", "version"], "help", "Usage: reconciler version"),
        (["help", "pruning"], "markdown", "# "),
        (["help"], "topics", "pruning"),
        (["--help"], "help", "Usage: reconciler [OPTIONS]"),
        (["plan", "-h"], "help", "Usage: reconciler plan"),
        (["state", "rm", "--help"], "help", "Usage: reconciler state rm"),
        (["--version"], "version", "0."),
        (["-V"], "version", "0."),
    ],
)
def test_texts_for_people_are_documents_too(
    project: Project, words: list[str], member: str, holds: str
) -> None:
    done = project.run(*words, "--json")
    assert done.code == 0
    assert holds in json.loads(done.out)[member]
    assert project.run("--json", *words).out == done.out


def test_a_word_that_only_looks_like_a_request_for_help_changes_nothing(project: Project) -> None:
    done = project.run("explain", "--json", "--", "--help")

    assert (done.code, done.document["error"]["exit_code"]) == (1, 1)


def test_forgetting_and_starting_over_are_one_document_each(applied: Project) -> None:
    forgotten = applied.run("state", "forget", "companies/odd-1", "--json").document
    assert forgotten["erased"] == "companies/odd-1"
    assert forgotten["entries"] > 1
    exported = applied.write("export.json", applied.run("state", "export", "--json").out)
    assert applied.run("state", "import", exported.name, "--json").document["owned"] > 70
    assert applied.run("emulator", "reset", "--json").document["dropped"] > 70


def test_a_saved_plan_that_does_nothing_is_a_document_too(applied: Project) -> None:
    assert applied.run("plan", "--out", "plan.json").code == 0
    done = applied.run("apply", "plan.json", "--json")

    assert (done.code, done.document["changes"]) == (0, [])


def test_a_plan_that_is_refused_is_the_only_document(project: Project) -> None:
    project.write("bad.yaml", "object: companies\nkey: external_id\nrecords:\n  bad-1: {nonsense: x}\n")
    done = project.run("apply", "--auto-approve", "--json")

    assert done.code == 1
    assert "nonsense" in str(done.document["problems"])


def test_masking_without_a_terminal_is_on() -> None:
    assert masking_for(None, as_json=False).is_on


@pytest.mark.parametrize("command", ["plan", "state list", "apply --auto-approve", "doctor", "init new"])
def test_a_folder_that_was_deleted_is_one_sentence(project: Project, command: str) -> None:
    gone = 'mkdir gone && cd gone && rmdir "$PWD" && R'
    done = shell(project, f"{gone} {command} --json")

    sentence = "the current folder cannot be used (No such file or directory): change to a folder that exists"
    assert quiet_end(done) == f"Error: {sentence}\n"
    assert (done.returncode, json.loads(done.stdout)["error"]["message"]) == (1, sentence)


@pytest.mark.parametrize(
    "line",
    [
        "R explain $'companies/\\xff'",
        "R state rm $'companies/a\\xe4b'",
        "R rollback $'\\xff'",
        "R runs show $'\\xed\\xa0\\x80'",
        "R emulator edit companies/odd-1 $'city=\\xe4'",
        "R plan --target $'companies/\\xff*'",
    ],
)
def test_an_argument_that_is_no_text_is_one_sentence(project: Project, line: str) -> None:
    done = shell(project, f"{line} --json")
    (said,) = quiet_end(done).splitlines()
    assert re.match(r"Error: argument \d is not text in the encoding of this system, which is utf-8", said)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["kind"] == "usage"
    ascii_only = shell(project, f"{line} --json", LC_ALL="C", PYTHONUTF8="0")
    assert "set LC_ALL=C.UTF-8" in quiet_end(ascii_only)


@pytest.mark.parametrize("to", [">/dev/full", ">&-", "| true", "2>&- >&-", "| head -c 1"])
@pytest.mark.parametrize("asking", ["fish", "zsh", "bash"])
def test_completion_that_cannot_answer_is_silent(project: Project, asking: str, to: str) -> None:
    done = shell(project, f"R 'reconciler pl' pl {to}", _RECONCILER_COMPLETE=asking)

    assert (done.returncode, quiet_end(done)) == (0, "")
