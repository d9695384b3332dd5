"""Reporting characters that YAML text cannot contain, before the parser reads them.

libyaml stops at the first such character and reports its offset; this module reports line and column of each.
"""

import re
from collections.abc import Iterator

from reconciler.errors import Problem
from reconciler.source import SourceRef

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# Characters that libyaml refuses, and three characters that it treats as line breaks (as YAML 1.1 did; YAML
# 1.2 and editors do not): libyaml would fold them into spaces, and its line numbers would be too high.
_UNFIT = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_UNFIT_CHARACTER = re.compile(f"[{_UNFIT}]")
_UNFIT_BEFORE_LINES = re.compile(f"^[{_UNFIT}]+", re.MULTILINE)
_UNFIT_OR_LINE_BREAK = re.compile(f"(?P<line_break>\r\n?|\n)|[{_UNFIT}]")
# Bytes that cannot begin a character of _UNFIT. Most files consist only of these bytes, and checking this is
# ten times as fast as searching the text for _UNFIT.
_HARMLESS = bytes(set(range(0x20, 0x100)) - set(b"\x7f\xc2\xe2\xef") | set(b"\t\n\r"))


def unfit_characters(data: bytes, file: str) -> tuple[Problem, ...]:
    """Report all characters that YAML cannot contain; if ``data`` is not UTF-8 or has a NUL, only that.

    A byte order mark of UTF-8 at the start is allowed.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (Problem("the file is UTF-16", "save it as UTF-8", SourceRef(file, 1, 1)),)
    if b"\0" in data:
        source = _ref(data[: data.index(b"\0")], file)
        return (Problem("this is not a text file: it contains NUL", "save it as UTF-8 text", source),)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        source = _ref(data[: error.start], file)
        return (Problem("the file is not UTF-8", "save it as UTF-8", source),)
    if not data.translate(None, _HARMLESS) or not _UNFIT_CHARACTER.search(
        text, text.startswith(BYTE_ORDER_MARK)
    ):
        return ()
    return tuple(_each_unfit(text, file))


def without_unfit(data: bytes) -> bytes:
    """Replace each refused character with a blank, so that later text keeps its line and column.

    At the beginning of a line, where a blank has a meaning, the character is removed. Return ``b""`` if
    ``data`` is not UTF-8 or contains NUL.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return b""
    try:
        text = data.decode().removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        return b""
    return _UNFIT_CHARACTER.sub(" ", _UNFIT_BEFORE_LINES.sub("", text)).encode()


def _each_unfit(text: str, file: str) -> Iterator[Problem]:
    line = 1
    line_start = int(text.startswith(BYTE_ORDER_MARK))
    for found in _UNFIT_OR_LINE_BREAK.finditer(text, line_start):
        if found["line_break"]:
            line += 1
            line_start = found.end()
            continue
        code = f"{ord(found[0]):04X}"
        yield Problem(
            f"the character U+{code} cannot be used as it is",
            f'remove it, or write "\\u{code}" inside double quotes',
            SourceRef(file, line, found.start() - line_start + 1),
        )


def _ref(before: bytes, file: str) -> SourceRef:
    """Return the line and column after the text ``before``."""
    lines = (
        before.decode(errors="replace")
        .removeprefix(BYTE_ORDER_MARK)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    return SourceRef(file, lines.count("\n") + 1, len(lines) - lines.rfind("\n"))
