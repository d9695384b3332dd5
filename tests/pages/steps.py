"""The steps of a page: files to write, edits, and commands with their output.

Blocks of a page are read like this:

- a block with ``title="FILE"`` is written to that file; a ``diff`` with a title changes the file;
- in a ``console`` block, a line that begins with ``$`` is a command, and the lines below it are its
  output; without such lines, any output is right, and a line ``…`` stands for any lines;
- a comment above a block is for the tests: ``<!-- ends with 2 -->`` is the exit code of the last command,
  ``<!-- not run: REASON -->`` leaves the block out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<note>[^\n]*?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>[a-z]+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<body>.*?)^(?P=indent)``` *$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A command, a file to write or an edit."""

    kind: str  # "command", "file", "diff", "python", or "other" for a block that is only read
    name: str  # the command, the file, or the language
    text: str  # the output of the command, the contents of the file, or the edit
    code: int = 0
    start: int = 0  # position of ``text`` in the page
    end: int = 0
    indent: str = ""
    reason: str = ""  # why the step is not run; empty: it is run


def steps(page: str) -> Iterator[Step]:
    """Return the steps of ``page``, in order."""
    for block in _BLOCK.finditer(page):
        note = block["note"] or ""
        reason = note.removeprefix("not run: ") if note.startswith("not run: ") else ""
        body = "".join(line.removeprefix(block["indent"]) for line in block["body"].splitlines(keepends=True))
        if reason:
            yield Step("other", block["language"], body, reason=reason)
        elif block["language"] == "console":
            yield from _commands(block, note)
        elif block["title"]:
            yield Step("diff" if block["language"] == "diff" else "file", block["title"], body)
        else:
            yield Step("python" if block["language"] == "python" else "other", block["language"], body)


def _commands(block: re.Match[str], note: str) -> Iterator[Step]:
    found: list[Step] = []
    at = block.start("body")
    for line in block["body"].splitlines(keepends=True):
        text = line.removeprefix(block["indent"])
        if text.startswith("$ "):
            end = at + len(line)
            found.append(
                Step("command", text[2:].rstrip("\n"), "", start=end, end=end, indent=block["indent"])
            )
        elif found:
            last = found[-1]
            found[-1] = Step(
                "command", last.name, last.text + text, 0, last.start, at + len(line), last.indent
            )
        at += len(line)
    ending = re.fullmatch(r"ends with (\d+)", note)
    yield from found[:-1]
    if found:
        last = found[-1]
        code = int(ending[1]) if ending else 0
        yield Step("command", last.name, last.text, code, last.start, last.end, last.indent)
