"""The changes and held differences of a plan of any size.

While there are few, they are kept in memory as values. If there are many, they are kept as lines of the plan
file, perhaps on disk, and decoded on access. So a plan of any size needs constant memory.
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
"""Up to this many changes are kept in memory, about 50 MB; more go to a file."""


class Lines(Protocol):
    """Storage of lines: a list, or a spool on disk."""

    def append(self, line: bytes, /) -> None:
        """Append ``line``."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __getitem__(self, number: int, /) -> bytes: ...


Entry: TypeAlias = tuple[bytes, bytes]
"""A sort key, and the content to sort."""


def sorted_in_memory(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Sort ``entries`` by key; entries with equal keys keep their order."""
    return iter(sorted(entries, key=itemgetter(0)))


@dataclass(frozen=True, slots=True)
class Workspace:
    """The storage and the sorting for many changes; by default both use memory, not disk."""

    lines: Callable[[], Lines] = list
    sort: Callable[[Iterable[Entry]], Iterator[Entry]] = sorted_in_memory


IN_MEMORY = Workspace()


class _Spooled(Sequence[T], Generic[T]):
    """A sequence kept in memory while it is short, else as lines; equal to any sequence of equal values."""

    __slots__ = ("_encoded", "_few", "_lines", "_values")

    def __init__(self, lines: Lines, few: int = FEW) -> None:
        self._lines = lines
        self._few = few
        self._values: list[T] | None = []  # None: too many, or not decoded yet
        self._encoded = 0  # number of values that are also in ``_lines``

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
        """Append a value as a line, without decoding it."""
        self._lines = self.lines
        self._values = None
        self._lines.append(line)

    def _known(self) -> list[T] | None:
        """Return all values if they are few, decoding them only once; None if they are many."""
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

    __hash__ = None  # type: ignore[assignment] # the sequence is mutable

    def __repr__(self) -> str:
        return f"<{len(self)} spooled values>"


_Writes: TypeAlias = tuple[Callable[[Iterable[str]], tuple[str, ...]], tuple[str, ...]]
"""The function that returns the scopes for writing object types, and the object types to pass to it."""


@dataclass(slots=True)
class _Noted:
    """An index of changes, by which a few of them are found without decoding all."""

    marks: bytearray = field(default_factory=bytearray)  # one byte for each change: its verb and flags
    # the key properties of all changes, and the properties whose values any change contains
    names: set[ObjectProperty] = field(default_factory=set)
    values: set[ObjectProperty] = field(default_factory=set)  # properties of all written values
    keys: set[ObjectProperty] = field(default_factory=set)  # key properties of all changed records
    objects: set[str] = field(default_factory=set)  # object types in addresses and ``rests_on``
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
        """Return a copy without the marks, to be used for the same changes in another order."""
        return _Noted(
            names=copy(self.names),
            values=copy(self.values),
            keys=copy(self.keys),
            objects=copy(self.objects),
            writes=copy(self.writes),
        )


class SpooledChanges(_Spooled[Change]):
    """The changes of a plan, with their digest."""

    __slots__ = ("_digest", "_noted")

    def __init__(self, lines: Lines, few: int = FEW) -> None:
        super().__init__(lines, few)
        self._digest = RunningDigest()
        self._noted = _Noted()

    @property
    def digest(self) -> RunningDigest:
        """The digest of all changes."""
        self._lines = self.lines
        return self._digest

    @property
    def written(self) -> set[ObjectProperty]:
        """The properties, with object type, of all keys and values of the changes."""
        return self._notes().names

    @property
    def written_values(self) -> set[ObjectProperty]:
        """The properties, with object type, of all values that the changes write."""
        return self._notes().values

    @property
    def keys(self) -> set[ObjectProperty]:
        """The key properties, with object type, of all changed things."""
        return self._notes().keys

    @property
    def objects(self) -> set[str]:
        """The object types of all changed things, and of the values on which the changes depend."""
        return self._notes().objects

    @property
    def write_scopes(self) -> set[str]:
        """The scopes that the token needs to apply the changes."""
        return {scope for scopes_of, objects in self._notes().writes for scope in scopes_of(objects)}

    def of(self, *verbs: Verb) -> Iterator[Change]:
        """Return the changes with one of ``verbs``, in order."""
        marks = {_MARKS[verb] for verb in verbs}
        return self._marked(lambda mark: mark & _VERB in marks)

    def verbs(self) -> Iterator[Verb]:
        """Return the verb of each change, without decoding it again."""
        return (_BY_MARK[mark & _VERB] for mark in self._notes().marks)

    def moved(self) -> Iterator[Change]:
        """Return the changes of things that get another address in state, in order."""
        return self._marked(lambda mark: bool(mark & _MOVED))

    def replacing(self) -> Iterator[Change]:
        """Return the changes that create a record in place of a lost one, in order."""
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
        """Return the results of ``decide`` for each change: the same, another one, or None to drop it."""
        kept = SpooledChanges(workspace.lines(), self._few)
        kept.extend(decided for change in self if (decided := decide(change)) is not None)
        return kept

    def in_order(self, workspace: Workspace, key: Callable[[int, Change], bytes]) -> "SpooledChanges":
        """Return the changes sorted by ``key``, a function of a change's number and the change."""
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
        """Return the index of all changes.

        Changes that were appended as lines are not in the index yet: they are added first.
        """
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
    """The held differences of a plan."""

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
    """Return ``changes`` as ``SpooledChanges``, without copying them if they already have this type."""
    if isinstance(changes, SpooledChanges):
        return changes
    kept = SpooledChanges(workspace.lines())
    kept.extend(changes)
    return kept


def sort_key(*parts: str | int) -> bytes:
    """Build bytes that sort like the tuple ``parts``: texts by code point, numbers must not be negative."""
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
"""Added to the index of a change for its line number: line 1 is the header, and indexes begin at 0."""
