"""Writing a text in YAML: without quotes if that is read as the same text, else in quotes or as a block.

No rules decide which texts need quotes, because they would have to agree with the parser's rules. Instead,
every spelling is parsed, and the first one with the right result is used.
"""

import re
from collections.abc import Iterator
from typing import Final

from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.source import SourceFiles

_NULL: Final = "null"
_FILES: Final = SourceFiles(("",))
# Invisible characters: controls, unusual spaces, marks of direction; but not joiners, which some scripts and
# emoji need.
_UNSEEN: Final = (
    "\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff0-\uffff"
)
_HAS_UNSEEN: Final = re.compile(f"[{_UNSEEN}]")
_ESCAPED: Final = re.compile(f'["\\\\{_UNSEEN}]')
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def spelled(text: str | None, style: str = "", *, in_flow: bool) -> str | None:
    """Return ``text`` written on one line, if possible in ``style`` (a quote, or empty for none).

    Return None if YAML cannot write it. If ``text`` is None, return ``null``. ``in_flow``: between
    brackets or braces.
    """
    if text is None:
        return _NULL
    return next((way for way in _one_line(text, style) if _says(way, text, in_flow=in_flow)), None)


def spelled_as_block(text: str, header: str, indent: str, line_break: str) -> str | None:
    """Return ``text`` as a block of lines under ``header``, which begins with | or >.

    Return None if it cannot be a block. The result does not end with a line break. A comment in ``header``
    stays.
    """
    body = text.removesuffix("\n")
    if not body or body.endswith("\n") or header[1:2].isdigit() or header[2:3].isdigit():
        return None
    sign, rest = header[0], header[1:].lstrip("+-")
    lines = (body if sign == "|" else body.replace("\n", "\n\n")).split("\n")
    chomping = "" if text.endswith("\n") else "-"
    block = "\n".join([f"{sign}{chomping}{rest}", *(indent + line if line else "" for line in lines)])
    return block.replace("\n", line_break) if _says(f"{block}\n", text, in_flow=False) else None


def _one_line(text: str, style: str) -> Iterator[str]:
    """Return ways to write ``text`` on one line, the best first."""
    if not _HAS_UNSEEN.search(text):
        if style == "":
            yield text
        if style == "'" or (style != '"' and _ESCAPED.search(text)):
            yield "'" + text.replace("'", "''") + "'"
    yield '"' + _ESCAPED.sub(lambda found: _escape(found[0]), text) + '"'


def _escape(character: str) -> str:
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _says(way: str, text: str, *, in_flow: bool) -> bool:
    """Return whether our reader reads ``way``, a written value, as ``text``."""
    contexts = (f"x: {{x: {way}, y: z}}\n", f"x: {{x: {way}\n  }}\n") if in_flow else (f"x: {way}\n",)
    return all(_read(context) == text for context in contexts)


def _read(context: str) -> Node:
    """Return the node under the innermost name ``x`` in a YAML text; ``Blank.REFUSED`` if there is none."""
    try:
        reading = read_nodes(context.encode(), _FILES, 0)
    except UnicodeEncodeError:
        return Blank.REFUSED  # half of a surrogate pair cannot be encoded
    if reading.problems or len(reading.documents) != 1:
        return Blank.REFUSED
    found = reading.documents[0].node
    while isinstance(found, MappingNode):
        found = found.values[0] if found.names in {("x",), ("x", "y")} else Blank.REFUSED
    return found
