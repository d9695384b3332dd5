"""Removing a token from texts, even if it is escaped, encoded, or in other upper or lower case."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

_BLOT = "***"
_TOKEN_LIKE = re.compile(r"pat-[a-z0-9]+-[0-9a-f-]+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\+u00([2-7][0-9a-fA-F])|\\+/")
"""JSON's escape sequence for a character; in JSON inside JSON, it begins with several backslashes."""

_KEPT = {'"', "\\"}
"""Characters whose escape sequences are not decoded before the search, so that JSON stays valid."""

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
    """Yield the forms of a token to search for; the search itself must ignore case."""
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
            # the characters of ``encoded`` before this index depend on the bytes before ``data``
            begin = -(-before * 8 // 6)
            yield encoded[begin : (before + len(data)) * 8 // 6]


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16)) if escape[1] else "/"
    return escape[0] if character in _KEPT else character
