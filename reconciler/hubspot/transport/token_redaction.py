"""Removing a token from texts, even if it is escaped, encoded, or in other upper or lower case."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

_BLOT = "***"
_TOKEN_LIKE = re.compile(r"pat-[a-z0-9]+-[0-9a-f-]+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\+u00([2-7][0-9a-fA-F])|\\+/")
"""A character that JSON has escaped, also JSON inside JSON; quotes and backslashes stay escaped."""

_KEPT = {'"', "\\"}
_LEAST_CHARACTERS = 8
"""Minimum length of the pieces of a token to search for: shorter ones also occur in harmless texts."""


def redact_token(text: str, token: str) -> str:
    """Replace ``token`` in ``text``, and anything that looks like a token."""
    plain = _ESCAPED.sub(_unescaped, text)
    words = sorted(set(_spellings(token)), key=len, reverse=True)
    if words:
        plain = re.sub("|".join(map(re.escape, words)), _BLOT, plain, flags=re.IGNORECASE)
    return _TOKEN_LIKE.sub(_BLOT, plain)


def _spellings(token: str) -> Iterator[str]:
    """Return the ways in which a token may be written; upper and lower case do not matter to the caller."""
    if token:
        yield token
    for written in {token, token.lower(), token.upper()}:
        data = written.encode()
        yield from (word for word in (data.hex(), *_in_base64(data)) if len(word) >= _LEAST_CHARACTERS)


def _in_base64(data: bytes) -> Iterator[str]:
    """Return the parts of the base64 form of ``data`` that are the same whatever text is around it."""
    for before in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            encoded = encode(bytes(before) + data).decode()
            begin = -(-before * 8 // 6)  # index of the first character without bits of the text before
            yield encoded[begin : (before + len(data)) * 8 // 6]


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16)) if escape[1] else "/"
    return escape[0] if character in _KEPT else character
