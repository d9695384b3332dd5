"""The lines of a plan file: the header, the changes, the held differences, and the end.

Each line is one JSON object, so that a plan of any size is written and read in constant memory, and tools
like ``grep`` can search it. The last line has the counts and the digest: a file without this line was cut
off. The digest covers the bytes of changes as they are in the file, so that checking it needs no encoding.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.invisible_characters import escaped_where_hidden
from reconciler.json_values import Json


def _as_plain_text(value: object) -> str:
    """Convert a ``Sentence``, which also has parts, to a plain text."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_as_plain_text)


class ChangeLine(NamedTuple):
    """A change as a line of the plan file."""

    line: bytes
    does: bytes  # the part of the line that the digest covers, as JSON


class HeldLine(NamedTuple):
    """A held difference as a line of the plan file."""

    held: bytes  # JSON


class End(NamedTuple):
    """The last line: counts and digest of the other lines."""

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
    """Encode ``value`` on one line, with sorted keys and escaped invisible characters."""
    text = _ENCODER.encode(value)
    if text.isascii() and b"\x7f" not in text:
        return text
    return escaped_where_hidden(text.decode(), _escaped).encode()


def change_line(does: object, why: object) -> ChangeLine:
    """Encode a change: its effect, which the digest covers, and its reason."""
    does_text = json_line(does)
    return ChangeLine(b'{"do":%b,"why":%b}' % (does_text, json_line(why)), does_text)


def parsed(text: bytes) -> Json:
    """Decode a JSON object.

    Raises:
        UsageError: the text is not a JSON object.
    """
    try:
        return _OBJECT.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(f"this is no plan file: {_reason(error)}") from None


def change_in(line: bytes) -> ChangeLine:
    """Read back a line from ``change_line``, without decoding the change."""
    does = _LINE.decode(line).do
    return ChangeLine(line, bytes(does) if isinstance(does, msgspec.Raw) else b"")


def lines_of(
    header: Mapping[str, object], changes: Iterable[bytes], held: Iterable[object], end: End
) -> Iterator[bytes]:
    """Return the lines of a plan file, with line ends; ``changes`` are encoded already."""
    yield json_line(header) + b"\n"
    for line in changes:
        yield line + b"\n"
    for entry in held:
        yield json_line({"held": entry}) + b"\n"
    yield json_line({"end": end._asdict()}) + b"\n"


def read_header(lines: Iterator[bytes]) -> Json:
    """Read the first line.

    Raises:
        UsageError: it is not the header of a plan.
    """
    first = next(lines, b"")
    if first.strip() == b"{":  # the document of ``plan_as_document``, on several lines
        _refuse_document(lines)
    header = parsed(first)
    if header.get("masked") is True:
        raise _masked()
    return header


def read_entries(lines: Iterator[bytes]) -> Iterator[Entry]:
    """Read the lines after the header, in order; the last one is the end.

    Raises:
        UsageError: a line is invalid, or in a wrong place.
        PlanRefused: the file was cut off, or has more or fewer lines than its end says.
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
                raise altered("the counts in its last line do not match its lines")
            yield end
            return
        if isinstance(line.held, msgspec.Raw):
            held += 1
            yield HeldLine(bytes(line.held))
        elif isinstance(line.do, msgspec.Raw) and isinstance(line.why, msgspec.Raw):
            if held:
                raise damaged(number, "a change comes after the held values")
            changes += 1
            yield ChangeLine(text, bytes(line.do))
        else:
            raise damaged(number, "it is not a change, a held value or the end")
    raise PlanRefused(
        Refusal.ALTERED, "the plan file was cut off: its last line, the end, is missing\n    plan again"
    )


def split_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Split ``pieces`` of any size into lines without their ends."""
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
    """Computes the digest of changes, one after the other, from the bytes of their lines."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, does: bytes) -> None:
        """Add one change: ``does`` is the part of the change's line that the digest covers."""
        self._hash.update(does + b"\n")

    def with_header(self, digested: Mapping[str, object]) -> str:
        """Return the digest of all changes and of the digested part of the header."""
        return digest_of_json({"changes": self._hash.hexdigest(), "header": digested})


def digest_of_json(value: object) -> str:
    """Return the ``sha256:…`` of ``value`` as JSON."""
    return f"sha256:{hashlib.sha256(_ENCODER.encode(value)).hexdigest()}"


def damaged(number: int, what: str) -> UsageError:
    """Build the error for a damaged line; ``number`` is the number of the line in the file."""
    return UsageError(f"the plan file cannot be used: line {number}: {what}\n    it was damaged: plan again")


def altered(what: str) -> PlanRefused:
    """Build the error for a complete file that was altered."""
    return PlanRefused(Refusal.ALTERED, f"the plan file was altered: {what}\n    plan again")


def _refuse_document(lines: Iterator[bytes]) -> None:
    """Raise an error if the JSON document is a masked plan or a plan file of an older version."""
    for line in lines:
        if line.startswith(b"  " + _MASKED):
            raise _masked()
        if line.startswith(b"  " + _OLD_FORM):
            raise UsageError(
                "the plan file has the form of an older version, which is not read any more: plan again"
            )


def _masked() -> UsageError:
    return UsageError(
        "this plan is masked: it is for reading, and its values are not the real values\n"
        "    take the file that `reconciler plan --out FILE` writes"
    )


def _reason(error: Exception) -> str:
    """Describe an error in a line without quoting the line, because it may contain personal values."""
    if isinstance(error, msgspec.ValidationError):
        return "it does not have the form of a line of a plan"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not JSON"


def _escaped(character: str) -> str:
    """Escape an invisible character in JSON; decoding gives the same text."""
    return json.dumps(character)[1:-1]
