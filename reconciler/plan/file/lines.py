"""The plan file as lines: a header, each change, each difference that is held, and the end.

Each line is one JSON object, so that a plan of any size is written and read in constant memory, and searched
with tools that look at lines. The end says how many lines there are, and digests them: a file without it was
cut off. What a change does is digested by the bytes that stand in the file; nothing is written anew for that.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.invisible_characters import escaped_where_hidden
from reconciler.plan.file.json_values import Json


def _as_plain_text(value: object) -> str:
    """Give sentences, which are texts that know their parts, as texts."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_as_plain_text)


class ChangeLine(NamedTuple):
    """A change as its line holds it."""

    line: bytes
    does: bytes  # JSON of what the digest covers


class HeldLine(NamedTuple):
    """A difference that is held, as its line holds it."""

    held: bytes  # JSON


class End(NamedTuple):
    """What the last line says of those before it."""

    changes: int
    held: int
    digest: str
    content: str


Entry: TypeAlias = ChangeLine | HeldLine | End


class _Line(msgspec.Struct):
    do: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    why: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    held: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    end: "_End | msgspec.UnsetType" = msgspec.UNSET


class _End(msgspec.Struct):
    changes: int
    held: int
    digest: str
    content: str


_LINE = msgspec.json.Decoder(_Line)
_OBJECT = msgspec.json.Decoder(dict[str, object])

_OLD_FORM = b'"format_version": "1.'
_MASKED = b'"masked": true'


def json_line(value: object) -> bytes:
    """Encode ``value`` on one line, with sorted keys and what nobody sees as escapes."""
    text = _ENCODER.encode(value)
    if text.isascii() and b"\x7f" not in text:
        return text
    return escaped_where_hidden(text.decode(), _escaped).encode()


def change_line(does: object, why: object) -> ChangeLine:
    """Encode a change: what it does, which the digest covers, and why."""
    does_text = json_line(does)
    return ChangeLine(b'{"do":%b,"why":%b}' % (does_text, json_line(why)), does_text)


def parsed(text: bytes) -> Json:
    """Decode a JSON object.

    Raises:
        UsageError: it is none.
    """
    try:
        return _OBJECT.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(f"this is no plan file: {_reason(error)}") from None


def change_in(line: bytes) -> ChangeLine:
    """Take a line apart that ``change_line`` made."""
    does = _LINE.decode(line).do
    return ChangeLine(line, bytes(does) if isinstance(does, msgspec.Raw) else b"")


def lines_of(
    header: Mapping[str, object], changes: Iterable[bytes], held: Iterable[object], end: End
) -> Iterator[bytes]:
    """Give the lines of a plan file, with their ends; ``changes`` are lines already."""
    yield json_line(header) + b"\n"
    for line in changes:
        yield line + b"\n"
    for entry in held:
        yield json_line({"held": entry}) + b"\n"
    yield json_line({"end": end._asdict()}) + b"\n"


def read_header(lines: Iterator[bytes]) -> Json:
    """Read the first line.

    Raises:
        UsageError: it is no header of a plan.
    """
    first = next(lines, b"")
    if first.strip() == b"{":  # JSON for people, on many lines
        _refuse_document(lines)
    header = parsed(first)
    if header.get("masked") is True:
        raise _masked()
    return header


def read_entries(lines: Iterator[bytes]) -> Iterator[Entry]:
    """Read the lines behind the header, in their order; the last one given is the end.

    Raises:
        UsageError: a line is none of a plan file, or in a wrong place.
        PlanRefused: the file was cut off, or has more or fewer lines than it says.
    """
    changes = held = 0
    for number, text in enumerate(lines, start=2):
        try:
            line = _LINE.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise damaged(number, _reason(error)) from None
        if isinstance(line.end, _End):
            end = End(line.end.changes, line.end.held, line.end.digest, line.end.content)
            if (end.changes, end.held) != (changes, held) or next(lines, None) is not None:
                raise altered("it has other lines than its end says")
            yield end
            return
        if isinstance(line.held, msgspec.Raw):
            held += 1
            yield HeldLine(bytes(line.held))
        elif isinstance(line.do, msgspec.Raw) and isinstance(line.why, msgspec.Raw):
            if held:
                raise damaged(number, "a change stands behind what is held")
            changes += 1
            yield ChangeLine(text, bytes(line.do))
        else:
            raise damaged(number, "it is neither a change nor held nor the end")
    raise PlanRefused(
        Refusal.ALTERED, "the plan file was cut off: its last line, the end, is missing\n    plan again"
    )


def split_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Split ``pieces``, which may be of any size, into lines without their ends."""
    rest = b""
    for piece in pieces:
        *whole, last = piece.split(b"\n")
        if whole:
            yield rest + whole[0]
            yield from whole[1:]
            rest = last
        else:
            rest += last
    if rest:
        yield rest


class RunningDigest:
    """Digests what changes do, one after the other, as their lines hold it."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, does: bytes) -> None:
        """One change more."""
        self._hash.update(does + b"\n")

    def with_header(self, digested: Mapping[str, object]) -> str:
        """The digest of all that was added, and of the part of the header that is digested."""
        return digest_of_json({"changes": self._hash.hexdigest(), "header": digested})


def digest_of_json(value: object) -> str:
    """``sha256:…`` of ``value`` as JSON."""
    return f"sha256:{hashlib.sha256(_ENCODER.encode(value)).hexdigest()}"


def damaged(number: int, what: str) -> UsageError:
    """The error of line ``number``, which is wrong as ``what`` says."""
    return UsageError(f"the plan file cannot be used: line {number}: {what}\n    it was damaged: plan again")


def altered(what: str) -> PlanRefused:
    """The error of a file that is whole, and not what was planned."""
    return PlanRefused(Refusal.ALTERED, f"the plan file was altered: {what}\n    plan again")


def _refuse_document(lines: Iterator[bytes]) -> None:
    """Say what a JSON document on many lines is, if it is one of ours."""
    for line in lines:
        if line.startswith(b"  " + _MASKED):
            raise _masked()
        if line.startswith(b"  " + _OLD_FORM):
            raise UsageError(
                "the plan file has the form of an older version, which is not read any more: plan again"
            )


def _masked() -> UsageError:
    return UsageError(
        "this plan is masked: it is for reading, and its values are not the real ones\n"
        "    take the file that `reconciler plan --out FILE` writes"
    )


def _reason(error: Exception) -> str:
    """What is wrong with a text, without a word of it: it may hold values."""
    if isinstance(error, msgspec.ValidationError):
        return "it has another shape than lines of a plan"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not JSON"


def _escaped(character: str) -> str:
    """What nobody sees, as JSON writes it: to programs it is the same."""
    return json.dumps(character)[1:-1]
