"""The changes and held differences of a plan of any size.

A few of them are kept as values. Many are kept as lines of the plan file, perhaps on disk, and decoded on
access. So a plan is made, reviewed, written and applied in constant memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import compress, count, islice
from operator import itemgetter
from typing import Generic, Protocol, TypeAlias, TypeVar, overload

from reconciler.errors import UsageError
from reconciler.json_values import Wrong
from reconciler.model.object_references import ObjectProperty
from reconciler.plan.change import Change
from reconciler.plan.file.decode import decode_held
from reconciler.plan.file.encode import held_as_document, properties_of
from reconciler.plan.file.fields import decode_change, encode_change
from reconciler.plan.file.lines import (
    ChangeLine,
    RunningDigest,
    change_in,
    change_line,
    damaged,
    json_line,
    parsed,
)
from reconciler.plan.kinds import Verb, kind_of, verb_of
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import replaced_by
from reconciler.plan.rests_on import objects_rested_on

T = TypeVar("T")

FEW = 20_000
"""Number of values that are kept as values: about 50 MB of changes."""


class Lines(Protocol):
    """Storage of lines: a list, or a spool on disk."""

    def append(self, line: bytes, /) -> None:
        """Append ``line``."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __getitem__(self, number: int, /) -> bytes: ...


Entry: TypeAlias = tuple[bytes, bytes]
"""A sort key, with its content."""


def sorted_in_memory(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Sort ``entries`` by key; entries with one key keep their order."""
    return iter(sorted(entries, key=itemgetter(0)))


@dataclass(frozen=True, slots=True)
class Workspace:
    """Storage and sorting of many changes; this class uses memory."""

    lines: Callable[[], Lines] = list
    sort: Callable[[Iterable[Entry]], Iterator[Entry]] = sorted_in_memory


IN_MEMORY = Workspace()


class _Spooled(Sequence[T], Generic[T]):
    """Values that are kept as values while there are few. Equal to any sequence of equal values."""

    __slots__ = ("_encoded", "_few", "_lines", "_values")

    def __init__(self, lines: Lines, few: int = FEW) -> None:
        self._lines = lines
        self._few = few
        self._values: list[T] | None = []  # None: there are too many, or they were not decoded yet
        self._encoded = 0  # how many of them are lines

    @property
    def lines(self) -> Lines:
        """The values as lines of the plan file."""
        if self._values is not None:
            for value in self._values[self._encoded :]:
                self._lines.append(self._encode(value))
            self._encoded = len(self._values)
        return self._lines

    def append(self, value: T) -> None:
        """Append ``value``."""
        if self._values is None:
            self._lines.append(self._encode(value))
            return
        self._values.append(value)
        if len(self._values) > self._few:
            self._lines = self.lines
            self._values = None

    def extend(self, values: Iterable[T]) -> None:
        """Append ``values``."""
        for value in values:
            self.append(value)

    def _encode(self, value: T) -> bytes:
        raise NotImplementedError

    def _decode(self, line: bytes, number: int) -> T:
        raise NotImplementedError

    def _append_line(self, line: bytes) -> None:
        """Append a value as a line that was not decoded yet."""
        self._lines = self.lines
        self._values = None
        self._lines.append(line)

    def _known(self) -> list[T] | None:
        """Return the values if there are few: they are decoded once and kept."""
        if self._values is None and len(self._lines) <= self._few:
            self._values = [self._decode(line, number) for number, line in enumerate(self._lines)]
            self._encoded = len(self._values)
        return self._values

    def __len__(self) -> int:
        return len(self._lines) if self._values is None else len(self._values)

    def __iter__(self) -> Iterator[T]:
        values = self._known()
        if values is not None:
            return iter(values)
        return (self._decode(line, number) for number, line in enumerate(self._lines))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        values = self._known()
        if values is not None:
            return values[index]
        number = index + len(self) if index < 0 else index
        return self._decode(self._lines[number], number)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment] # it grows

    def __repr__(self) -> str:
        return f"<{len(self)} spooled values>"


_Writes: TypeAlias = tuple[Callable[[Iterable[str]], tuple[str, ...]], tuple[str, ...]]
"""The scopes that a kind needs for writing object types, and such types."""


@dataclass(slots=True)
class _Noted:
    """Notes about changes, so that not all of them have to be decoded to find a few."""

    marks: bytearray = field(default_factory=bytearray)  # the effect of each change
    names: set[ObjectProperty] = field(default_factory=set)  # object and property of all keys and values
    values: set[ObjectProperty] = field(default_factory=set)  # of all values that are written
    keys: set[ObjectProperty] = field(default_factory=set)  # of the keys of all things
    objects: set[str] = field(default_factory=set)  # object types that changes name or rest on
    writes: set[_Writes] = field(default_factory=set)

    def note(self, change: Change) -> None:
        mark = _MARKS[verb_of(change)]
        if change.moved_from:
            mark |= _MOVED
        if replaced_by(change):
            mark |= _REPLACES
        self.marks.append(mark)
        self.names.update(properties_of(change))
        self.values.update(ObjectProperty(change.object_type, value.name) for value in change.values)
        self.keys.add(change.thing.key_property)
        objects = change.address.objects
        self.objects.update(objects)
        if change.rests_on:
            self.objects |= objects_rested_on((change,))
        if change.is_remote:
            self.writes.add((kind_of(change).write_scopes, objects))

    def without_marks(self) -> "_Noted":
        """Return notes with the names in the same changes, for changes that are noted by their marks only."""
        return _Noted(
            names=copy(self.names),
            values=copy(self.values),
            keys=copy(self.keys),
            objects=copy(self.objects),
            writes=copy(self.writes),
        )


class SpooledChanges(_Spooled[Change]):
    """Changes, with a digest of their effects."""

    __slots__ = ("_digest", "_noted")

    def __init__(self, lines: Lines, few: int = FEW) -> None:
        super().__init__(lines, few)
        self._digest = RunningDigest()
        self._noted = _Noted()

    @property
    def digest(self) -> RunningDigest:
        """The digest of the effects of all changes."""
        self._lines = self.lines
        return self._digest

    @property
    def written(self) -> set[ObjectProperty]:
        """Object type and property of all keys and values."""
        return self._notes().names

    @property
    def written_values(self) -> set[ObjectProperty]:
        """Object and property of all values that are written."""
        return self._notes().values

    @property
    def keys(self) -> set[ObjectProperty]:
        """Object type and key property of all things."""
        return self._notes().keys

    @property
    def objects(self) -> set[str]:
        """The object types of all things, and of the values on which the changes rest."""
        return self._notes().objects

    @property
    def write_scopes(self) -> set[str]:
        """The scopes that apply needs."""
        return {scope for scopes_of, objects in self._notes().writes for scope in scopes_of(objects)}

    def of(self, *verbs: Verb) -> Iterator[Change]:
        """Walk the changes with one of these actions."""
        marks = {_MARKS[verb] for verb in verbs}
        return self._marked(lambda mark: mark & _VERB in marks)

    def verbs(self) -> Iterator[Verb]:
        """Return the verb of each change, without decoding it again."""
        return (_BY_MARK[mark & _VERB] for mark in self._notes().marks)

    def moved(self) -> Iterator[Change]:
        """Walk the changes of records that get another key."""
        return self._marked(lambda mark: bool(mark & _MOVED))

    def replacing(self) -> Iterator[Change]:
        """Walk the changes that take the place of a lost record."""
        return self._marked(lambda mark: bool(mark & _REPLACES))

    def append(self, value: Change) -> None:
        """Append ``value``."""
        self._notes().note(value)
        super().append(value)

    def append_line(self, line: ChangeLine) -> None:
        """Append the line of a change; it is decoded on access."""
        self._append_line(line.line)
        self._digest.add(line.does)

    def kept(self, workspace: Workspace, decide: Callable[[Change], Change | None]) -> "SpooledChanges":
        """Decide about each change: it stays, is replaced, or is left out."""
        kept = SpooledChanges(workspace.lines(), self._few)
        kept.extend(decided for change in self if (decided := decide(change)) is not None)
        return kept

    def in_order(self, workspace: Workspace, key: Callable[[int, Change], bytes]) -> "SpooledChanges":
        """Sort the changes by ``key``, which also gets the number of each."""
        ordered = SpooledChanges(workspace.lines(), self._few)
        values = self._known()
        if values is not None:
            numbers = sorted(range(len(values)), key=lambda number: key(number, values[number]))
            ordered.extend(values[number] for number in numbers)
            return ordered
        marks = self._notes().marks
        entries = (
            (key(number, change), bytes((marks[number],)) + self._lines[number])
            for number, change in enumerate(self)
        )
        ordered._noted = self._noted.without_marks()
        for _, marked in workspace.sort(entries):
            ordered._noted.marks.append(marked[0])
            ordered.append_line(change_in(marked[1:]))
        return ordered

    def _notes(self) -> _Noted:
        """Return the notes about all changes, also about changes that came as lines."""
        missing = len(self) - len(self._noted.marks)
        for change in islice(self, len(self) - missing, None) if missing else ():
            self._noted.note(change)
        return self._noted

    def _marked(self, is_meant: Callable[[int], bool]) -> Iterator[Change]:
        meant = bytes(map(is_meant, range(256)))
        numbers = compress(count(), self._notes().marks.translate(meant))
        return (self[number] for number in numbers)

    def _encode(self, value: Change) -> bytes:
        line = change_line(*encode_change(value))
        self._digest.add(line.does)
        return line.line

    def _decode(self, line: bytes, number: int) -> Change:
        found = parsed(line)
        try:
            return decode_change(found["do"], found["why"])
        except Wrong as wrong:
            raise damaged(number + _LINES_BEFORE, str(wrong)) from None


class SpooledHeld(_Spooled[Held]):
    """Held differences."""

    __slots__ = ()

    def append_line(self, line: bytes) -> None:
        """Append the line of a held difference."""
        self._append_line(line)

    def _encode(self, value: Held) -> bytes:
        return json_line(held_as_document(value))

    def _decode(self, line: bytes, number: int) -> Held:
        try:
            return decode_held(parsed(line))
        except Wrong as wrong:
            raise UsageError(
                f"the plan file cannot be used: held[{number}].{wrong}\n    it was damaged: plan again"
            ) from None


def spooled(changes: Iterable[Change], workspace: Workspace = IN_MEMORY) -> SpooledChanges:
    """Keep ``changes`` in a spool; spooled changes stay where they are."""
    if isinstance(changes, SpooledChanges):
        return changes
    kept = SpooledChanges(workspace.lines())
    kept.extend(changes)
    return kept


def sort_key(*parts: str | int) -> bytes:
    """Build a key that sorts like the tuple of ``parts``: non-negative numbers, and texts by code point."""
    return b"".join(
        part.to_bytes(8, "big")
        if isinstance(part, int)
        else part.encode(errors="surrogatepass").replace(b"\0", b"\0\xff") + b"\0\0"
        for part in parts
    )


_MARKS = {verb: number for number, verb in enumerate(Verb)}
_BY_MARK = list(Verb)
_VERB, _MOVED, _REPLACES = 0x0F, 0x10, 0x20

_LINES_BEFORE = 2
"""The header is line 1."""
