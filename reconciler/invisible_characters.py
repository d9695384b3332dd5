r"""Escaping invisible characters, so that two different texts never look the same.

Values come from people and from other systems. A control character could move the cursor and paint over a
change, a direction mark could reverse a value, a filler looks like a blank, and one letter may be written in
two ways. All of these are escaped. Similar letters of other alphabets are not,
because it depends on the font whether they look alike.

Sources: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt,
Default_Ignorable_Code_Point; https://www.unicode.org/reports/tr15/ canonical equivalence.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import category, is_normalized, normalize

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0000-\U000e0fff]"
)
"""Characters without a visible shape for which Python's ``isprintable`` returns True."""

_AFTER_A_BLANK = re.compile(r"(?:^|(?<=\s))[^\x00-\u02ff]")  # the first combining mark is U+0300

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""Escape all invisible characters in ``text``, as in ``\t`` and ``\u202e``."""
    return escaped_where_hidden(text, escape)


def is_visible(text: str) -> bool:
    """Return whether ``text`` contains no invisible character and none that can be confused with others."""
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and not _BLANK.search(text) and is_normalized("NFC", text) and not _leads(text)


def without_invisible(text: str) -> str:
    """Return ``text`` without characters that have no visible shape; white space stays."""
    return "".join(each for each in text if category(each) != "Cf" and not _BLANK.match(each))


def escaped_where_hidden(text: str, escaping: Callable[[str], str]) -> str:
    """Apply ``escaping`` to each character that is invisible or cannot be told from others."""
    if is_visible(text):
        return str(text)
    escaped: list[str] = []
    before = ""  # the character to which a following mark would attach
    for character in text:
        if _is_hidden(before, character):
            escaped.append(escaping(character))
            before = ""
        else:
            escaped.append(character)
            before = character.strip()
    joined = "".join(escaped)
    if is_normalized("NFC", joined):
        return joined
    return "".join(escaping(each) if _is_mark(each) else each for each in joined)


def escape(character: str) -> str:
    r"""Write ``character`` as a Python escape: ``\t``, ``\x07``, ``\u200b``, ``\U000e0100``."""
    code = ord(character)
    width, letter = (2, "x") if code < 0x100 else (4, "u") if code < 0x10000 else (8, "U")  # noqa: PLR2004
    return _SHORT.get(character) or f"\\{letter}{code:0{width}x}"


def _leads(text: str) -> bool:
    """Return whether a combining mark is first or after a blank, where it would attach to other text."""
    return any(map(_is_mark, _AFTER_A_BLANK.findall(text)))


@lru_cache(maxsize=8192)
def _is_hidden(before: str, character: str) -> bool:
    """Return whether ``character`` must be escaped after the character ``before``.

    This is so for an invisible character, for a combining mark that follows nothing, and if Unicode has one
    character for both together, such as é for e and a combining accent.
    """
    if not character.isprintable() or _BLANK.match(character):
        return True
    if character.isascii():
        return False
    if _is_mark(character) and not before:
        return True
    return normalize("NFC", before + character) != before + character


@lru_cache(maxsize=8192)
def _is_mark(character: str) -> bool:
    return category(character) in {"Mn", "Me", "Mc"}
