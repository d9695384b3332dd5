"""A reader who follows a page, in an empty folder, with the embedded emulator."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.cli.main import run
from tests.pages.steps import Step
from tests.support.projects import ROOT, environment

_ANY_LINES = "…"
_DIFFERS = (
    (re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{4}\b"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?Z?( to \d\d:\d\d:\d\d)?( UTC)?"), "TIME"),
    (re.compile(r"\s+host\s+\S+,\s+pid\s+\d+,\s+user\s+\S+"), " WHO"),
    (re.compile(r"by run RUN of \S+"), "by run RUN of WHO"),
    (re.compile(r"<(\u2039[0-9a-f]{8}\u203a|[\w.]+@[\w.-]+)>"), "<PERSON>"),  # a terminal shows addresses
    (re.compile(r"\u2039[0-9a-f]{8}\u203a"), "MASK"),
    (re.compile(r"\b[0-9a-f]{7,64}\b"), "HASH"),
    (re.compile(r"\b\d+(\.\d+)? (s|ms)\b"), "DURATION"),
    (re.compile(r"[ \t]+"), " "),  # the width of columns depends on their contents
)


@dataclass
class Reader:
    """A person with an empty home folder, who follows a page."""

    home: Path
    folder: Path = field(init=False)
    variables: dict[str, str] = field(default_factory=dict)
    names: dict[str, object] = field(default_factory=dict)  # names that Python code of the page has defined
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # ends servers of the page

    def __post_init__(self) -> None:
        self.folder = self.home
        people = "[user]\n name = Ada\n email = ada@acme.example\n[init]\n defaultBranch = main\n"
        (self.home / ".gitconfig").write_text(people)

    def does(self, step: Step) -> str:
        """Do one step and return its output; check that the step ends as the page says."""
        if step.kind == "file":
            path = self.folder / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
        elif step.kind == "diff":
            self._edits(step)
        elif step.kind == "python":
            with contextlib.chdir(self.folder), environment({"HOME": str(self.home), **self.variables}):
                exec(step.text, self.names)
        elif step.kind == "command":
            code, printed = self._types(step.name)
            assert code == step.code, f"{step.name} ended with {code}:\n{printed}"
            return printed
        return ""

    def runs(self, command: str) -> None:
        """Run a command that is not on the page."""
        self.does(Step("command", command, ""))

    def _edits(self, step: Step) -> None:
        lines = step.text.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if not line.startswith("+"))
        after = "".join(line[1:] for line in lines if not line.startswith("-"))
        text = (self.folder / step.name).read_text()
        assert text.count(before) == 1, f"{step.name} has these lines {text.count(before)} times:\n{before}"
        (self.folder / step.name).write_text(text.replace(before, after))

    def _types(self, line: str) -> tuple[int, str]:
        command = line.partition("  #")[0].rstrip()
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ").replace("~", str(self.home))).resolve()
            return 0, ""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.variables[name] = self._in_bash(f"printf %s {value}")[1]
            return 0, ""
        if command.startswith("reconciler ") and not re.search(r"[|<>]|&&", command):
            return self._reconciler(shlex.split(command)[1:])
        return self._in_bash(command)

    def _reconciler(self, arguments: list[str]) -> tuple[int, str]:
        printed = io.StringIO()  # both streams, as a terminal shows them
        with (
            contextlib.chdir(self.folder),
            environment({"HOME": str(self.home), "COLUMNS": "80", **self.variables}),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            return run(arguments), printed.getvalue()

    def _in_bash(self, command: str) -> tuple[int, str]:
        programs = self.home / ".bin"
        if not programs.exists():
            programs.mkdir()
            for name, arguments in (("reconciler", "-m reconciler "), ("python", "")):
                program = programs / name
                program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} {arguments}"$@"\n')
                program.chmod(0o755)
        environ = {"HOME": str(self.home), "PATH": f"{programs}:{os.environ['PATH']}", **self.variables}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


def alike(shown: str, printed: str) -> bool:
    """Return whether the page shows the printed text, apart from parts that differ in each run."""
    pattern = "".join(
        "(.*\n)*" if line.strip() == _ANY_LINES else re.escape(f"{line}\n") for line in _steady(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _steady(printed))) is not None


def _steady(text: str) -> Iterator[str]:
    for differing, word in _DIFFERS:
        text = differing.sub(word, text)
    yield from (line.strip() for line in text.strip().splitlines())


def rewritten(page: str, printed: Mapping[Step, str]) -> str:
    """Return the page with the new output of commands where the page shows another."""
    for step, text in sorted(printed.items(), key=lambda item: -item[0].start):
        if step.text.strip() and not alike(step.text, text):
            body = "".join(f"{step.indent}{line}".rstrip() + "\n" for line in text.rstrip().splitlines())
            page = page[: step.start] + body + page[step.end :]
    return page
