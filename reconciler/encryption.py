"""Encrypted files: plans and reports hold the values themselves, and travel through places that others see.

A sealed file is one line of text that says what it is, and bytes that say nothing::

    reconciler sealed 1↵  salt (16)  check (16)  nonce (12)  ciphertext and tag

Version 1 derives 48 bytes from the key by scrypt (N = 2^17, r = 8, p = 1: 128 MiB and a quarter of a
second for every guess): 32 are the key of AES-256-GCM, which covers the line, salt and check too, and 16
are the check, which tells a wrong key from an altered file. No parameter is read from the file, so that
no file can ask for less care or more memory.
"""

import hmac
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from reconciler.errors import UsageError

KEY_VARIABLE = "RECONCILER_PLAN_KEY"

FEWEST_CHARACTERS = 32
"""Of a key. 32 random bytes in base64 are 44, in hexadecimal 64."""

_MAGIC = b"reconciler sealed "
_HEADER = _MAGIC + b"1\n"
_ANY_HEADER = re.compile(re.escape(_MAGIC) + rb"[0-9]{1,9}\n")
_SALT, _CHECK, _NONCE, _TAG, _KEY = 16, 16, 12, 16, 32


class Unopened(Exception):
    """A sealed file that stays closed; the sentence says why."""


class Altered(Unopened):
    """It is no longer what was sealed."""


class _Derived(NamedTuple):
    key: bytes
    check: bytes


def key_from(environ: Mapping[str, str]) -> str | None:
    """The key that files are sealed with; None where there is none, or an empty one.

    Raises:
        UsageError: it is too short to be one.
    """
    key = environ.get(KEY_VARIABLE, "").strip()
    if key and len(key) < FEWEST_CHARACTERS:
        raise UsageError(
            f"the key in {KEY_VARIABLE} has fewer than {FEWEST_CHARACTERS} characters\n"
            "    make one with `openssl rand -base64 32`"
        )
    return key or None


def is_sealed(data: bytes) -> bool:
    """Whether ``data`` begins as a sealed file of any version does."""
    return _ANY_HEADER.match(data) is not None


def seal(data: bytes, key: str) -> bytes:
    """``data`` for the eyes of those who have ``key``; no two results are alike."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few commands need it

    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    derived = _derive(key, salt)
    head = _HEADER + salt + derived.check
    return head + nonce + AESGCM(derived.key).encrypt(nonce, data, head)


def unseal(data: bytes, key: str | None) -> bytes:
    """What was sealed.

    Raises:
        Unopened: there is no key, another one is needed, or a newer version sealed it.
        Altered: it is not what was sealed any more.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few commands need it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    if not data.startswith(_HEADER):
        raise Unopened("a newer version encrypted it\n    upgrade reconciler")
    if key is None:
        raise Unopened(f"it is encrypted\n    set {KEY_VARIABLE} to the key that it was encrypted with")
    head, body = data[: len(_HEADER) + _SALT + _CHECK], data[len(_HEADER) + _SALT + _CHECK :]
    if len(body) < _NONCE + _TAG:
        raise Altered("it was cut off since it was encrypted")
    derived = _derive(key, head[len(_HEADER) : -_CHECK])
    if not hmac.compare_digest(derived.check, head[-_CHECK:]):
        raise Unopened(f"it was encrypted with another key than the one in {KEY_VARIABLE}")
    try:
        return AESGCM(derived.key).decrypt(body[:_NONCE], body[_NONCE:], head)
    except InvalidTag:
        raise Altered("it was altered since it was encrypted") from None


def _derive(key: str, salt: bytes) -> _Derived:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - few commands need it

    secret = Scrypt(salt=salt, length=_KEY + _CHECK, n=2**17, r=8, p=1).derive(
        key.encode(errors="surrogateescape")
    )
    return _Derived(secret[:_KEY], secret[_KEY:])
