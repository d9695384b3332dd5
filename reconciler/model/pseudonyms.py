"""Pseudonyms of the same form: letters become letters, digits digits, and different texts stay different.

All texts of one form (``Aaa Aaaa``, ``+00 000``) are permuted with a secret salt. Nobody can find the
original text without the salt, and two texts never get the same pseudonym.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits

_ROUNDS = 8
_BLOCK = 128
_EMAIL = re.compile(r"([^@\s]+)@([^@\s]+)\.([^@\s.]+)")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(.*)", re.DOTALL)
# _DAYS is the number of days from 1 January 1900 to 31 December 2099
_FIRST_DAY, _DAYS = date(1900, 1, 1).toordinal(), 73_049
NOBODY = ".example"
"""Ending of masked e-mail addresses: no real address can end with it.

Source: https://www.rfc-editor.org/rfc/rfc2606 (reserved names).
"""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Replaces texts by pseudonyms; the same salt gives the same text the same pseudonym."""

    salt: bytes = field(repr=False)

    def of(self, text: str) -> str:
        """Return the pseudonym of a text; several e-mail addresses may be joined by ``;``."""
        if ";" in text and "@" in text:
            return ";".join(self.of(each) for each in text.split(";"))
        if address := _EMAIL.fullmatch(text):
            local, host, last = address.groups()
            return f"{self._permuted(local)}@{self._permuted(host)}.{last}{NOBODY}"
        if day := _DATE.fullmatch(text):
            return self._day(day[1], day[2], text)
        return self._permuted(text)

    def of_others(self, text: str, kept: Callable[[str], bool]) -> str:
        """Return a pseudonym of ``text``; it equals no text that stays unmasked (``kept`` is true for these).

        The permutation is repeated until ``kept`` is false, so different texts get different pseudonyms.
        """
        found = self.of(text)
        while kept(found):
            found = self.of(found)
        return found

    def among(self, choices: Sequence[str], text: str) -> str:
        """Replace each choice in ``text`` (joined by ``;``) by a pseudonym that is also one of the choices.

        A part that is not in ``choices`` becomes a pseudonym like any text: HubSpot calls additional e-mail
        addresses choices, too, but does not list them.
        """
        places = {choice: place for place, choice in enumerate(choices)}
        return ";".join(
            choices[self._permutation("choice", places[each], len(choices))]
            if each in places
            else self.of(each)
            for each in text.split(";")
        )

    def _day(self, day: str, rest: str, text: str) -> str:
        """Replace the date ``day`` at the beginning of ``text`` by another date, and keep the ``rest``.

        If ``day`` is not a valid date from 1900 to 2099, use ``_permuted`` for the whole ``text``.
        """
        try:
            number = date.fromisoformat(day).toordinal() - _FIRST_DAY
        except ValueError:
            return self._permuted(text)
        if not 0 <= number < _DAYS:
            return self._permuted(text)
        return date.fromordinal(_FIRST_DAY + self._permutation("day", number, _DAYS)).isoformat() + rest

    def _permuted(self, text: str) -> str:
        """Return another text of the same form.

        All texts of one form are numbered. A secret permutation maps the number of ``text`` to the number of
        the result.
        """
        alphabets = [_alphabet(character) for character in text]
        number, size = 0, 1
        for character, alphabet in zip(text, alphabets, strict=True):
            number = number * len(alphabet) + alphabet.index(character)
            size *= len(alphabet)
        form = "".join(alphabet[0] for alphabet in alphabets)
        number = self._permutation(form, number, size)
        found: list[str] = []
        for alphabet in reversed(alphabets):
            number, place = divmod(number, len(alphabet))
            found.append(alphabet[place])
        return "".join(reversed(found))

    def _permutation(self, form: str, number: int, size: int) -> int:
        """Return the place of ``number`` in a keyed permutation of ``size`` numbers.

        A Feistel network permutes all numbers of the same bit length, repeatedly until the result is below
        ``size``.
        Source: https://csrc.nist.gov/pubs/sp/800/38/g/final (format-preserving encryption, cycle walking).
        """
        if size == 1:
            return number
        half = max(1, (max(size - 1, 1).bit_length() + 1) // 2)
        mask = (1 << half) - 1
        while True:
            left, right = number >> half, number & mask
            for round_ in range(_ROUNDS):
                left, right = right, left ^ self._round(form, round_, right, half)
            number = left << half | right
            if number < size:
                return number

    def _round(self, form: str, round_: int, right: int, bits: int) -> int:
        """Return ``bits`` pseudo-random bits.

        The same salt, form, round number and ``right`` give the same bits.
        """
        found, block = 0, 0
        while block * 256 < bits:
            said = f"{round_}\0{block}\0{right}\0{form}".encode()
            found = found << 256 | int.from_bytes(hmac.digest(self.salt, said, "sha256"))
            block += 1
        return found & ((1 << bits) - 1)


@lru_cache(maxsize=4096)
def _alphabet(character: str) -> Sequence[str]:
    """Return the characters that can replace ``character``: letters or digits like it, or only itself."""
    for known in (ascii_lowercase, ascii_uppercase, digits):
        if character in known:
            return known
    if not character.isalpha():
        return character
    first = ord(character) // _BLOCK * _BLOCK
    block = map(chr, range(first, first + _BLOCK))
    alike = [each for each in block if each.isalpha() and each.isupper() == character.isupper()]
    return [each for each in alike if each not in ascii_lowercase + ascii_uppercase] or character
