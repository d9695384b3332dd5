"""Shell completion: the words that can follow in a command line that a person is typing.

Such words are commands, options and values. Commands and options are read from ``completion.json``, which a
test compares with the command line; so the modules of commands need not be imported. Values are read from the
files of the project. There are no errors: if a file cannot be read, its values are missing.

Imports are kept few: ``typing``, ``pathlib`` and ``dataclasses`` take as long as the interpreter itself.
"""

from __future__ import annotations

import json
import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

_TABLE: Final = os.path.join(os.path.dirname(__file__), "completion.json")  # noqa: PTH118, PTH120 - see above
_FILES: Final = ":files"
_MOST: Final = 500  # maximum number of suggested values
_UNSAFE: Final = re.compile(r"([^\w@%+=:,./#~^-])")
_QUOTING: Final = re.compile(r"[\"'\\]")
_UNSAFE_IN_QUOTES: Final = re.compile(r"([\"$`\\])")


class _Typed:
    """The meaning of the words before the word that is being typed.

    Attributes:
        command: the entry in ``completion.json`` of the command that was typed last.
        options: common options that were typed, with their values.
        expected: kind of the value that must follow, because the previous word is an option that takes one.
        position: number of arguments typed so far.
        is_literal: whether ``--`` was typed, after which nothing is an option.
    """

    def __init__(
        self,
        command: Mapping[str, Any],
        options: Mapping[str, str],
        expected: str | None,
        position: int,
        *,
        is_literal: bool,
    ) -> None:
        self.command = command
        self.options = options
        self.expected = expected
        self.position = position
        self.is_literal = is_literal


def complete(shell: str, arguments: Sequence[str]) -> int:
    """Print the words that can follow, one per line, and return the exit code.

    Args:
        shell: bash, zsh or fish.
        arguments: for bash, the line up to the cursor, and the part of it that bash will replace; for other
            shells, the words after the name of the program, of which the last is being typed.
    """
    line, replaced, *_ = (*arguments, "", "")
    words, quote = _words_of(line) if shell == "bash" else (["", *arguments], "")
    *before, word = words[1:] or [""]
    if shell != "bash" and _QUOTING.search(word):
        word = "".join(_words_of(word)[0])
    lines = []
    for value, explanation in _answers(before, word):
        if not value.isprintable():
            continue  # skip it: a name from a manifest must not control the terminal
        if value == _FILES or shell != "bash":
            lines.append(f"{value}\t{explanation}\n" if explanation else f"{value}\n")
        else:
            lines.append(_quoted(value[_kept(word, replaced) :], quote) + "\n")
    _write("".join(lines))
    return 0


def _write(text: str) -> None:
    """Write ``text`` to stdout, in UTF-8; stop at an error, because a message would disturb who is typing."""
    data = text.encode("utf-8", "backslashreplace")
    if sys.stdout is None:  # it is closed, and its number may be that of another file now
        return
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        return


def _kept(word: str, replaced: str) -> int:
    """Return how many characters of ``word`` bash keeps: it replaces only the part after a sign like ":"."""
    if not replaced:
        return len(word)
    last = _words_of(replaced)[0][-1:]
    return len(word) - len(last[0]) if last and word.endswith(last[0]) else 0


def _quoted(text: str, quote: str) -> str:
    """Return ``text`` escaped for bash, inside the open ``quote``; outside of quotes if it is empty."""
    if quote == "'":
        return text.replace("'", "'\\''")
    return (_UNSAFE_IN_QUOTES if quote else _UNSAFE).sub(r"\\\1", text)


def _words_of(line: str) -> tuple[list[str], str]:
    """Split a line as bash does; return its words, and the quote that is still open at its end."""
    import shlex  # noqa: PLC0415 - only needed for bash

    for quote in ("", "'", '"'):
        try:
            words = shlex.split(line + quote)
        except ValueError:
            continue
        is_between = not quote and line[-1:].isspace() and not line.endswith("\\ ")
        return ([*words, ""] if is_between else words), quote
    return [], ""


def _answers(before: Sequence[str], word: str) -> Iterator[tuple[str, str]]:
    with open(_TABLE, encoding="utf-8") as file:  # noqa: PTH123 - see the top
        table = json.load(file)
    typed = _read(table, before)
    name, sign, value = word.partition("=")
    if sign and name.startswith("--") and not typed.expected and not typed.is_literal:
        kind = typed.command["options"].get(name, {}).get("value")
        yield from ((f"{name}={found}", "") for found, _ in _values(table, kind, value, typed.options))
    elif typed.expected:
        yield from _values(table, typed.expected, word, typed.options)
    elif word.startswith("-") and not typed.is_literal:
        options = typed.command["options"].items()
        yield from ((each, facts["help"]) for each, facts in options if each.startswith(word))
    elif commands := typed.command.get("commands"):
        rows = commands.items() if not typed.position else ()
        yield from ((each, facts["help"]) for each, facts in rows if each.startswith(word))
    else:
        kinds = typed.command["arguments"]
        if kinds and (typed.position < len(kinds) or typed.command["is_repeated"]):
            kind = kinds[min(typed.position, len(kinds) - 1)]
            yield from _values(table, kind, word, typed.options)


def _read(table: Mapping[str, Any], words: Sequence[str]) -> _Typed:
    """Find the command, options and arguments that the typed words stand for."""
    command, options, expected, option = table, {}, None, ""
    position, is_literal = 0, False
    for word in words:
        if expected:
            options[option], expected = word, None
        elif is_literal or not word.startswith("-") or word == "-":
            following = command.get("commands", {}).get(word)
            command, position = (following, 0) if following else (command, position + 1)
        elif word == "--":
            is_literal = True
        elif word.startswith("--") and "=" in word:
            option, _, value = word.partition("=")
            options[option] = value
        else:
            option, expected = word, command["options"].get(word, {}).get("value")
    return _Typed(command, options, expected, position, is_literal=is_literal)


def _values(
    table: Mapping[str, Any], kind: Any, word: str, options: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Return the values of a kind that begin with ``word``; their help texts are empty."""
    if isinstance(kind, list):
        found: Iterable[str] = kind
    elif kind == "guards":
        found = (f"{guard}=" for guard in table["guards"])
    elif kind in {"objects", "topics"}:
        found = table[kind]
    elif kind == "files":
        yield _FILES, ""
        return
    elif kind in {"environments", "runs", "addresses"}:
        from reconciler.project import completion_cache  # noqa: PLC0415 - only where values are asked for

        found = completion_cache.values(kind, options.get("-C"), word)
    else:
        return
    matching = (value for value in found if value.startswith(word))
    yield from ((value, "") for value, _ in zip(matching, range(_MOST), strict=False))
