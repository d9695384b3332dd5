"""Completion: its table agrees with the command line, values come from the project, real shells accept it."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.cli.completion_table import completion_table
from reconciler.cli.main import group
from tests.support.projects import ROOT, Project, example

SCRIPTS = ROOT / "reconciler/cli/completion_scripts"
NOT_NEEDED = {"click", "sqlalchemy", "httpx", "pydantic", "rich"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


def completed(project: Project, *words: str) -> list[str]:
    """Return the suggested words, without their explanations."""
    environ = os.environ | {"_RECONCILER_COMPLETE": "fish"}
    done = run(project, [sys.executable, "-m", "reconciler", *words], environ)
    return [row.partition("\t")[0] for row in done.splitlines()]


def run(project: Project, command: list[str], environ: Mapping[str, str]) -> str:
    environ = {**environ, "PYTHONPATH": str(ROOT), "PATH": f"{project.folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=project.folder, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


def test_the_table_is_what_the_command_line_has(golden: Callable[[Path, str], None]) -> None:
    text = json.dumps(completion_table(group), indent=1, ensure_ascii=False) + "\n"
    golden(ROOT / "reconciler/cli/completion.json", text)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pl"], ["plan"]),
        (["state", "ex"], ["export"]),
        (["-e", "local", "state", "ex"], ["export"]),
        (["plan", "--skip"], ["--skip-invalid"]),
        (["plan", "--format", "m"], ["markdown"]),
        (["plan", "--format=m"], ["--format=markdown"]),
        (["-e", "l"], ["local"]),
        (["plan", "--env", ""], ["local", "sandbox"]),
        (["plan", "--allow", "arch"], ["archive="]),
        (["plan", "--target", "comp"], ["companies/"]),
        (["explain", "companies/K-1003"], ["companies/K-10031"]),
        (["explain", "companies/K-10031#cit"], ["companies/K-10031#city"]),
        (["state", "rm", "tickets/RMA-26-0118", "tickets/RMA-26-0124"], ["tickets/RMA-26-0124"]),
        (["import", "compa"], ["companies"]),
        (["completion", "z"], ["zsh"]),
        (["fmt", "x"], [":files"]),
        (["apply", "x"], [":files"]),
        (["plan", "--", "--skip"], []),
        (["no-such-command", ""], []),
    ],
)
def test_what_follows(project: Project, words: list[str], expected: list[str]) -> None:
    assert completed(project, *words) == expected


def test_runs_with_a_report_follow(project: Project) -> None:
    assert project.run("apply", "--auto-approve").code == 0
    (run_id,) = (file.stem for file in (project.folder / ".reconciler/reports").glob("*.json"))
    assert completed(project, "rollback", "") == [run_id]
    assert completed(project, "runs", "show", run_id[:8]) == [run_id]


def test_definitions_have_addresses_too(project: Project) -> None:
    project.write("tiers.yaml", "object: companies\nproperties:\n  tier: {label: Tier}\n")
    assert completed(project, "explain", "companies:properties/t") == ["companies:properties/tier"]


@pytest.mark.parametrize("text", ["", "a: [", "environments: 1\nmanifests: [../..]\n", "\0"])
def test_files_that_cannot_be_read_complete_nothing(tmp_path: Path, text: str) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", text)
    assert completed(project, "-e", "") == []
    assert completed(project, "-C", "nowhere", "explain", "") == []


@pytest.mark.parametrize("words", [["pl"], ["plan", "--"], ["-e", ""], ["explain", "companies/"]])
def test_an_answer_imports_little(project: Project, words: list[str]) -> None:
    environ = os.environ | {"_RECONCILER_COMPLETE": "fish"}
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", *words]
    done = subprocess.run(
        command, cwd=project.folder, env=environ, capture_output=True, text=True, check=True
    )
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not names & NOT_NEEDED


def test_the_command_prints_the_script_of_a_shell(project: Project) -> None:
    for shell in ("bash", "zsh", "fish"):
        done = project.run("completion", shell)
        assert (done.code, done.out) == (0, (SCRIPTS / f"{shell}.sh").read_text())
    assert project.run("completion", "tcsh").code == 1


@pytest.fixture
def program(project: Project) -> Project:
    """Return the project, with an executable called ``reconciler`` in its folder."""
    path = project.write("bin/reconciler", f'#!/bin/sh\nexec {sys.executable} -m reconciler "$@"\n')
    path.chmod(0o755)
    return project


IN_BASH = {
    "reconciler pl": "plan",
    "reconciler explain companies/K-1003": "companies/K-10031",
    "reconciler plan --target=companies/K-1003": "--target=companies/K-10031",
    "reconciler plan --allow arch": "archive=",
    "reconciler explain 'companies/K-1003": "companies/K-10031",
    "reconciler explain companies:properties/t": "companies:properties/tier",
    "reconciler explain companies/a\\ ": "companies/a b & c",
    "reconciler explain companies/a": "companies/a b & c",
    "reconciler explain 'companies/a": "companies/a b & c",
    'reconciler explain "companies/a': "companies/a b & c",
    "reconciler explain companies/x:": "companies/x:y z",
    'reconciler explain "companies/x:': "companies/x:y z",
    "reconciler explain 'companies/it": "companies/it's $5",
    'reconciler explain "companies/it': "companies/it's $5",
    "reconciler explain companies/10": "companies/100%25",
    "reconciler explain companies/eq=": "companies/eq=ual",
    "reconciler explain contacts/ada@ac": "contacts/ada@acme.example",
    "reconciler plan --target=contacts/ada@": "--target=contacts/ada@acme.example",
}
"""Lines as they are typed before the Tab key, and their last word after bash completed it."""

ODD = """\
object: companies
key: external_id
records: {a b & c: {name: A}, "x:y z": {name: A}, "it's $5": {name: A}, 100%: {name: A}, eq=ual: {name: A}}
---
object: contacts
key: email
records: {ada@acme.example: {firstname: Ada}}
---
object: companies
properties: {tier: {label: Tier}}
"""


def test_bash_takes_it(program: Project) -> None:
    """A real bash is used; after Tab, a function named like the program prints the last word."""
    program.write("odd.yaml", ODD)
    begin = f'source {SCRIPTS / "bash.sh"}; show() {{ printf "last<%s>\\n" "${{@: -1}}"; }}\n'
    typed = begin + "".join(f"{line}\t\x01\x1bdshow\n" for line in IN_BASH) + "exit\n"
    environ = {"PATH": f"{program.folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    shown = typed_into(["bash", "--norc", "--noprofile", "-i"], typed, program.folder, environ)
    assert re.findall(r"^last<(.*)>\r?$", shown, flags=re.MULTILINE) == list(IN_BASH.values())


def typed_into(command: list[str], text: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Type ``text`` into a program on a terminal of its own; return what the terminal shows."""
    ours, theirs = pty.openpty()
    environ = {**environ, "TERM": "dumb", "HOME": str(folder), "LANG": "C.UTF-8", "PS1": "$ "}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environ, start_new_session=True
    ) as running:
        os.close(theirs)
        os.write(ours, text.encode())
        shown = b""
        with contextlib.suppress(OSError):  # the terminal closes when its program ends
            while select.select([ours], [], [], 60)[0]:  # after a minute without output, bash is stuck
                shown += os.read(ours, 65536)
        os.close(ours)  # ends bash if it is stuck
        assert running.wait(60) == 0, shown.decode()
    return shown.decode()


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reconciler pl", ["plan"]),
        ("reconciler plan --target companies/K-1003", ["companies/K-10031"]),
        ('reconciler explain "companies/K-1003', ["companies/K-10031"]),
        ("reconciler explain companies/K\\-1003", ["companies/K-10031"]),
        ("reconciler -e ", ["local", "sandbox"]),
    ],
)
def test_fish_takes_it(program: Project, line: str, expected: list[str]) -> None:
    script = f"source {SCRIPTS / 'fish.sh'}; complete -C '{line}'"
    environ = dict(os.environ) | {"HOME": str(program.folder)}
    found = run(program, ["fish", "--no-config", "-c", script], environ).splitlines()
    assert [row.partition("\t")[0] for row in found] == expected


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pl"], ["plan"]),
        (["plan", "--target", "companies/K-1003"], ["companies/K-10031"]),
        (["explain", "companies:properties/t"], ["companies\\:properties/tier"]),
        (["explain", "'companies/K-1003"], ["companies/K-10031"]),
        (["-e", ""], ["local", "sandbox"]),
    ],
)
def test_zsh_takes_it(program: Project, words: list[str], expected: list[str]) -> None:
    """The script runs in zsh with the words of a line.

    ``_describe``, a function of zsh, is replaced by a print.
    """
    program.write("tiers.yaml", "object: companies\nproperties:\n  tier: {label: Tier}\n")
    script = (
        f"compdef() {{ }}; source {SCRIPTS / 'zsh.sh'}\n"
        '_describe() { print -rl -- "${(@P)3}" }\n'
        'words=(reconciler "$@"); CURRENT=$#words; _reconciler_completion'
    )
    found = run(program, ["zsh", "-f", "-c", script, "zsh", *words], dict(os.environ)).splitlines()
    assert [row.rpartition(":")[0] if words == ["pl"] else row for row in found] == expected


def imported(project: Project, *words: str) -> set[str]:
    """Return the modules that answering a completion imports."""
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", *words]
    environ = os.environ | {"_RECONCILER_COMPLETE": "fish", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=project.folder, env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_answers_are_kept_until_a_file_changes(project: Project) -> None:
    private = project.folder / ".reconciler"
    words = ("explain", "companies/K-1003")
    assert completed(project, *words) == ["companies/K-10031"]
    assert not private.exists()  # completion must not create a folder
    private.mkdir()
    for _ in range(2):
        assert completed(project, *words) == ["companies/K-10031"]
    assert (private / "completion-cache.json").stat().st_mode & 0o777 == 0o600
    assert completed(project, "plan", "--target", "comp") == ["companies/"]
    project.write("more/new.yaml", "object: companies\nkey: external_id\nrecords: {K-10039: {name: New}}\n")
    assert completed(project, *words) == ["companies/K-10031", "companies/K-10039"]
    (private / "completion-cache.json").write_text('{"files": 1, "answers": [')
    assert completed(project, *words) == ["companies/K-10031", "companies/K-10039"]


def test_a_kept_answer_imports_as_little_as_possible(project: Project) -> None:
    (project.folder / ".reconciler").mkdir()
    words = ("explain", "companies/")
    assert imported(project, *words) >= {"yaml._yaml"}
    slow = {"typing", "pathlib", "dataclasses", "importlib.metadata", "shlex", "yaml", "click"}
    for asked in (words, ("pl",), ("-e", "")):
        assert "reconciler.cli.complete" in imported(project, *asked)
        assert not (imported(project, *asked) - imported(project, "--", "")) & slow
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", "--version"]
    done = subprocess.run(
        command, cwd=project.folder, env=environ, capture_output=True, text=True, check=True
    )
    assert "click" not in done.stderr
