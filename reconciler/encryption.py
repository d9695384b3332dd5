"""Encrypted files: plans and reports contain values, and pass through places that others can see.

An encrypted file has one line of text that says what it is, followed by binary data::

    reconciler encrypted 1↵  salt (16)  check (16)  chunks

Version 1 derives 48 bytes from the key by scrypt (N = 2^17, r = 8, p = 1: 128 MiB and a quarter of a second
for every guess): 32 are the key of AES-256-GCM, and 16 are the check, which tells a wrong key from an altered
file. No parameter is read from the file, so that no file can make the key weaker or use more memory.

A chunk is the ciphertext of 64 KiB and its tag of 16 bytes; the last one may be shorter, and is always
present. So a file of any size is written and read in constant memory, and no byte of a chunk is returned
before the chunk is authenticated. The nonce of a chunk is its number and whether it is the last (this
construction is known as STREAM), and its tag also covers the line, salt and check. So chunks cannot be
exchanged, left out, cut off, or put into another file.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE = "RECONCILER_PLAN_KEY"
"""Environment variable with one or more keys, newest first, separated by commas."""

FEWEST_CHARACTERS = 32
"""Minimum number of characters in a key. 32 random bytes have 44 characters in base64, 64 in hexadecimal."""

CHUNK = 1 << 16
"""Bytes of unencrypted text in one chunk."""

_MAGIC = b"reconciler encrypted "
_FIRST_LINE = _MAGIC + b"1\n"
_ANY_FIRST_LINE = re.compile(re.escape(_MAGIC) + rb"[0-9]{1,9}\n")
_COST = 2**17  # scrypt's N: deriving a key takes 128 MiB and a quarter of a second
_SALT, _CHECK, _NONCE, _TAG, _KEY = 16, 16, 12, 16, 32

LONGEST_FIRST_LINE = len(_MAGIC) + 10
"""Number of bytes from the beginning of a file that ``is_encrypted`` needs."""


class CannotDecrypt(Exception):
    """An encrypted file cannot be decrypted; the message says why."""


class Altered(CannotDecrypt):
    """The file was altered after it was encrypted."""


class _Derived(NamedTuple):
    key: bytes
    check: bytes


def keys_from(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Read the keys of encrypted files, newest first: the first one encrypts, and any of them can decrypt.

    Raises:
        UsageError: a key is too short.
    """
    keys = tuple(filter(None, (key.strip() for key in environ.get(KEY_VARIABLE, "").split(","))))
    if any(len(key) < FEWEST_CHARACTERS for key in keys):
        which = "the key" if len(keys) == 1 else "a key"
        raise UsageError(
            f"{which} in {KEY_VARIABLE} has fewer than {FEWEST_CHARACTERS} characters\n"
            "    make one with `openssl rand -base64 32`; several are separated by commas, the newest first"
        )
    return keys


def secret_for(purpose: bytes, key: str) -> bytes:
    """Derive 32 secret bytes for one purpose from a key for plan files.

    The key cannot be found from the bytes. The first call in a process takes as long as opening an encrypted
    file.
    """
    return _derive(key, hashlib.sha256(b"reconciler secret for " + purpose).digest()[:_SALT]).key


def is_encrypted(data: bytes) -> bool:
    """Return whether ``data`` begins with the first line of an encrypted file, of any version."""
    return _ANY_FIRST_LINE.match(data) is not None


def encrypt(plain: Iterable[bytes], key: str) -> Iterator[bytes]:
    """Encrypt ``plain``, given as pieces of any size, with ``key``. Equal texts give different results."""
    salt = os.urandom(_SALT)
    derived = _derive(key, salt)
    head = _FIRST_LINE + salt + derived.check
    cipher = _cipher(derived.key)
    yield head
    number, rest = 0, bytearray()
    for piece in plain:
        rest += piece
        while len(rest) > CHUNK:  # a chunk of exactly this size is kept, because it might be the last one
            yield cipher.encrypt(_nonce(number, is_last=False), bytes(rest[:CHUNK]), head)
            del rest[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, is_last=True), bytes(rest), head)


def decrypt(encrypted: Iterable[bytes], keys: Sequence[str]) -> Iterator[bytes]:
    """Decrypt with one of ``keys``, chunk by chunk.

    The data is complete only if the iterator ends without an error.

    Raises:
        CannotDecrypt: ``keys`` is empty or lacks the right key, or a newer version encrypted the file.
        Altered: the file was altered after it was encrypted.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few commands need it

    source = _Source(encrypted)
    if source.take(len(_FIRST_LINE)) != _FIRST_LINE:
        raise CannotDecrypt("a newer version encrypted it\n    upgrade reconciler")
    if not keys:
        raise CannotDecrypt(f"it is encrypted\n    set {KEY_VARIABLE} to the key that it was encrypted with")
    salt, check = source.take(_SALT), source.take(_CHECK)
    if len(check) < _CHECK:
        raise Altered("its end was cut off after it was encrypted")
    _, derived = _fitting(keys, salt, check)
    head, cipher = _FIRST_LINE + salt + check, _cipher(derived.key)
    number, chunk = 0, source.take(CHUNK + _TAG)
    while True:
        following = source.take(CHUNK + _TAG)
        if len(chunk) < _TAG:
            raise Altered("its end was cut off after it was encrypted")
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), chunk, head)
        except InvalidTag:
            raise Altered("it was altered or cut off after it was encrypted") from None
        if not following:
            return
        number, chunk = number + 1, following


class NamedCipher:
    """Encrypts small pieces of data, each bound to a name, with one key and one salt.

    ``opening`` contains what readers need: the salt and the check value. Each piece has a random nonce of 96
    bits, and its tag covers the name, so that a piece is not accepted under another name. One key may encrypt
    up to 2^32 pieces.

    Source: NIST SP 800-38D, section 8.3.
    """

    OPENING = _SALT + _CHECK

    def __init__(self, key: str, opening: bytes, derived: _Derived) -> None:
        self.key = key
        self.opening = opening  # salt and check value, stored before the pieces
        self._cipher = _cipher(derived.key)

    @classmethod
    def new(cls, key: str) -> "NamedCipher":
        """Return a cipher with a new random salt."""
        salt = os.urandom(_SALT)
        derived = _derive(key, salt)
        return cls(key, salt + derived.check, derived)

    @classmethod
    def opened(cls, opening: bytes, keys: Sequence[str]) -> "NamedCipher":
        """Return the cipher for the pieces that are stored after ``opening``.

        Raises:
            CannotDecrypt: none of ``keys`` fits.
        """
        if not keys:
            raise CannotDecrypt(
                f"it is encrypted\n    set {KEY_VARIABLE} to the key that it was encrypted with"
            )
        key, derived = _fitting(keys, opening[:_SALT], opening[_SALT:])
        return cls(key, opening, derived)

    def encrypt(self, name: str, plain: bytes) -> bytes:
        """Encrypt ``plain`` so that it can be decrypted only with the same ``name``."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def decrypt(self, name: str, encrypted: bytes) -> bytes:
        """Decrypt a piece that was encrypted under ``name``.

        Raises:
            Altered: the piece was altered, or encrypted under another name.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few commands need it

        try:
            return self._cipher.decrypt(encrypted[:_NONCE], encrypted[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise Altered("it was altered after it was encrypted, or exchanged with another file") from None


def _fitting(keys: Sequence[str], salt: bytes, check: bytes) -> tuple[str, _Derived]:
    """Return the key that has the check value ``check``, and the values derived from this key."""
    for key in keys:
        derived = _derive(key, salt)
        if hmac.compare_digest(derived.check, check):
            return key, derived
    which = "the one" if len(keys) == 1 else f"the {len(keys)}"
    raise CannotDecrypt(f"it was encrypted with another key than {which} in {KEY_VARIABLE}")


class _Source:
    """A stream of bytes that arrives in pieces of any size and is read in chosen sizes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = bytearray()

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer at the end."""
        while len(self._rest) < size and (piece := next(self._pieces, None)) is not None:
            self._rest += piece
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


class ProcessKey:
    """A random key in the memory of this process, for temporary files that only this process reads."""

    def __init__(self) -> None:
        self._cipher = _cipher(os.urandom(_KEY))

    def encrypt(self, number: int, data: bytes) -> bytes:
        """Encrypt block ``number``; each number is used only once."""
        return self._cipher.encrypt(_nonce(number, is_last=False), data, None)

    def decrypt(self, number: int, data: bytes) -> bytes:
        """Decrypt the block that was encrypted as ``number``."""
        return self._cipher.decrypt(_nonce(number, is_last=False), data, None)


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few commands need it

    return AESGCM(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1, "big") + bytes([is_last])


@lru_cache(maxsize=8)
def _derive(key: str, salt: bytes) -> _Derived:
    """Derive the encryption key and its check value; cached, as a state in git is opened several times."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - few commands need it

    secret = Scrypt(salt=salt, length=_KEY + _CHECK, n=_COST, r=8, p=1).derive(
        key.encode(errors="surrogateescape")
    )
    return _Derived(secret[:_KEY], secret[_KEY:])
