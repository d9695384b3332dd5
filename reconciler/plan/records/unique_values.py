"""Values of unique properties: a change that takes over a record's value waits until that record loses it.

HubSpot refuses a value of a unique property while another record has it. The cases for a value that a change
writes:

- no record has it: possible, unless another change writes it, too;
- the same record has it already, in another spelling: possible;
- another record has it and loses it in the same plan: this change waits for that change, in a later turn;
- two or more records exchange values in a circle: a problem, because no order is possible;
- another record has it and would lose it, but is not selected: a problem, with the advice to select it;
- another record has it and keeps it: a problem, even if the same plan archives that record, because archives
  come last;
- it is a key in another line that must stay free (``KeyUse``): a problem.

A change that is left out frees no value and no address in the state, so changes that need one of these are
left out, too. Messages contain neither values nor keys, because people who must not see these may read the
messages.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, TypeAlias

from reconciler.errors import Problem
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.canonical import canonical
from reconciler.model.definitions import ObjectSchema
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change, Reason, ValueChange
from reconciler.plan.file.sequences import SpooledChanges, spooled
from reconciler.plan.hashes import repeated_hashes
from reconciler.plan.kinds import Verb
from reconciler.plan.records.changes import (
    identity_of_record,
    is_record_archive,
    is_record_ours,
    is_record_write,
)
from reconciler.source import SourceRef

Value: TypeAlias = tuple[str, str, str]
"""Object type, property, and the value in canonical form."""

_Objects: TypeAlias = Mapping[str, ObjectSchema]


class Claim(NamedTuple):
    """A change that gives its record a value of a unique property."""

    number: int  # number of the change
    value: Value
    name: str
    text: str
    written: ValueChange | None  # None if the value is the key of a new record


class Giver(NamedTuple):
    """A record that would give up its value, but is not selected for the plan."""

    address: str
    advice: str


class KeyUse(Enum):
    """The reason why a key in a manifest line is free and must not become the value of another record."""

    ABSENT = "absent"  # no record may have it (``$absent``)
    GONE = "gone"  # its record is gone, and not created again
    FORMER = "former"  # it is a former key (``$renamed_from``)


class KeyLine(NamedTuple):
    """A manifest line with such a key."""

    address: RecordAddress
    source: SourceRef
    use: KeyUse


_NO_GIVERS: Mapping[Value, Giver] = {}
_NO_LINES: Mapping[Value, KeyLine] = {}


def questions(
    changes: Sequence[Change], objects: _Objects
) -> Iterator[tuple[ObjectSchema, str, Iterator[str]]]:
    """Return the values to look up in the portal, because a record may have them, by type and property.

    Keys of created and renamed records are not included: planning has looked them up already.
    """
    if not writes_unique(changes, objects):
        return
    asked = {(claim.value[0], claim.name) for claim in claims(changes, objects) if _is_asked(changes, claim)}
    for object_name, name in sorted(asked):
        texts = (
            claim.text
            for claim in claims(changes, objects)
            if claim.value[:2] == (object_name, name) and _is_asked(changes, claim)
        )
        yield objects[object_name], name, texts


def value_of(schema: ObjectSchema, name: str, text: str) -> Value:
    """Return the object type, the property and the canonical text of a unique value.

    Two values with equal results are the same value in HubSpot.
    """
    return schema.name, name, canonical(schema.properties[name].kind, text) or ""


def turns_of(changes: Sequence[Change], objects: _Objects) -> Mapping[int, int]:
    """Return the turn of each change that must wait until another change gives up a unique value.

    The turn is the position in the order of sending: changes that need not wait have turn 0 and are left out.
    The result is by number of the change.
    """
    given = _given_up(changes, objects) if writes_unique(changes, objects) else {}
    if not given:
        return {}
    waits: dict[int, list[int]] = {}
    for claim in claims(changes, objects):
        giver = given.get(claim.value)
        if giver is not None and giver != claim.number:
            waits.setdefault(claim.number, []).append(giver)
    return _turns(waits)


def contradictions(
    changes: Sequence[Change],
    objects: _Objects,
    holders: Mapping[Value, RecordId],
    left_behind: Mapping[Value, Giver] = _NO_GIVERS,
    *,
    faulty: int = 0,
    lines: Mapping[Value, KeyLine] = _NO_LINES,
) -> Mapping[int, Sequence[Problem]]:
    """Find the changes that are not possible, by number, with their problems; all others are possible.

    The last ``faulty`` changes have problems of another kind, and will not be carried out. ``holders`` maps
    each value that was looked up (see the function ``questions``) to the record that has it now; no record
    has a looked-up value that is not in ``holders``. ``left_behind`` maps values to the unselected records
    that have them now and would give them up. ``lines`` has the keys in lines that no record may get as a
    value.
    """
    repeated = _repeated(changes, objects)
    doubtful = [
        claim
        for claim in claims(changes, objects)
        if claim.value in repeated
        or _line_of(claim, changes, lines)
        or holders.get(claim.value) not in {None, _id_of(changes[claim.number])}
    ]
    refused: dict[int, Sequence[Problem]] = {}
    if doubtful:
        sound = len(changes) - faulty
        given, archived = _given_up(changes, objects), _archived(changes)
        decisions = _Decisions(changes, sound, holders, given, archived, left_behind, lines)
        waiting = _waiting_for_address(changes)
        while found := {
            **decisions.problems([claim for claim in doubtful if claim.number not in refused], refused),
            **dict(_without_address(changes, waiting, refused)),
        }:
            refused |= found
    return refused


@dataclass(frozen=True, slots=True)
class _Decisions:
    """Facts for deciding about values that more than one record has or gets."""

    changes: Sequence[Change]
    sound: int  # the first ``sound`` changes had no problem before this check; each later change has one
    holders: Mapping[Value, RecordId]
    given: Mapping[Value, int]  # the change that frees each value
    archived: Mapping[RecordIdentity, Reason]
    left_behind: Mapping[Value, Giver]
    lines: Mapping[Value, KeyLine]

    def problems(self, claims: Iterable[Claim], refused: Container[int]) -> Mapping[int, Sequence[Problem]]:
        """Find the problems of ``claims``, by number of the change.

        The changes with numbers in ``refused`` are not carried out.
        """
        found: dict[int, list[Problem]] = {}
        first: dict[Value, Claim] = {}
        waits: dict[int, dict[int, Claim]] = {}
        for claim in claims:
            earlier = first.setdefault(claim.value, claim)
            holder = self.holders.get(claim.value)
            giver = self.given.get(claim.value)
            if earlier.number != claim.number:
                found.setdefault(claim.number, []).append(self._twice(claim, earlier))
            elif line := _line_of(claim, self.changes, self.lines):
                found.setdefault(claim.number, []).append(self._of_line(claim, line))
            elif holder is None or holder == _id_of(self.changes[claim.number]):
                continue
            elif (
                giver is not None and self._is_done(giver, refused) and _id_of(self.changes[giver]) == holder
            ):
                waits.setdefault(claim.number, {})[giver] = claim
            else:
                found.setdefault(claim.number, []).append(self._held_by(claim, holder, giver))
        for number, giver, claim in _in_circles(waits):
            found.setdefault(number, []).append(self._swapped(claim, giver))
        return found

    def _is_done(self, number: int, refused: Container[int]) -> bool:
        return number < self.sound and number not in refused

    def _twice(self, claim: Claim, earlier: Claim) -> Problem:
        source, first = self._source(claim), self._source(earlier)
        if first is not None and first == source:
            message = (
                f"this line gives several records the same {claim.name}, but in HubSpot this value "
                "must be unique"
            )
            return self._problem(claim, message, "give each record a value of its own")
        where = f", at {first}" if first else ""
        message = (
            f"another record is to get the same {claim.name}{where}, but in HubSpot this value must be unique"
        )
        return self._problem(claim, message, "keep one of the two")

    def _of_line(self, claim: Claim, line: KeyLine) -> Problem:
        name, advice = claim.name, "keep one of the two lines"
        match line.use:
            case KeyUse.ABSENT:
                message = f"according to {line.source}, no record may have this {name}"
            case KeyUse.GONE:
                message = f"the line at {line.source} names another record, which is gone, by this {name}"
            case KeyUse.FORMER:
                message = f"the line at {line.source} has this {name} as a former key (`$renamed_from`)"
                advice = "remove `$renamed_from` once the record has its new key, or correct one of the two"
        return self._problem(claim, message, advice)

    def _held_by(self, claim: Claim, holder: RecordId, giver: int | None) -> Problem:
        message = f"record {holder} has the same {claim.name}, but in HubSpot this value must be unique"
        if behind := self.left_behind.get(claim.value):
            message += (
                "; the manifests change the value of that record, but the record is not part of this plan"
            )
            return replace(self._problem(claim, message, behind.advice), needs=behind.address)
        if giver is not None and _id_of(self.changes[giver]) == holder:
            message += (
                "; the manifests change the value of that record, but the record has a problem, so it is not "
                "written"
            )
            return self._problem(claim, message, "solve the problem of that record first")
        reason = self.archived.get(RecordIdentity(claim.value[0], holder))
        if reason is None:
            return self._problem(claim, message, "correct one of the two, here or in HubSpot")
        message += "; this plan archives that record, but only after this write"
        command = "roll back" if reason is Reason.ROLLED_BACK else "apply"
        advice = f"archive it first: {command} with --target for that record alone"
        return self._problem(claim, message, advice)

    def _swapped(self, claim: Claim, giver: int) -> Problem:
        holder, name = _id_of(self.changes[giver]), claim.name
        message = (
            f"this record and record {holder} exchange their {name}, and HubSpot refuses a value "
            "that another record has"
        )
        advice = f"do it in two steps: apply `{name}: null` for one of the records, then write all of them"
        return self._problem(claim, message, advice)

    def _problem(self, claim: Claim, message: str, advice: str) -> Problem:
        key, name = self.changes[claim.number].record, claim.name
        address = key.text if name == key.by else key.property_address(name)
        return Problem(message, advice, self._source(claim), address)

    def _source(self, claim: Claim) -> SourceRef | None:
        return (claim.written and claim.written.source) or self.changes[claim.number].source


def has_claims(changes: SpooledChanges, objects: _Objects) -> bool:
    """Return whether ``changes`` write a value of a unique property or create a record.

    Only then can they contain a claim. This does not decode the changes.
    """
    return writes_unique(changes, objects) or next(changes.of(Verb.CREATE), None) is not None


def claims(changes: Iterable[Change], objects: _Objects) -> Iterator[Claim]:
    """Return a claim for each unique value that ``changes`` write, including keys of new records."""
    unique = {name: _unique_names(schema) for name, schema in objects.items()}
    for number, change in enumerate(changes):
        if not is_record_write(change):
            continue
        schema, names = objects[change.object_type], unique[change.object_type]
        for value in change.values:
            if value.name in names and value.after is not None:
                yield Claim(number, value_of(schema, value.name, value.after), value.name, value.after, value)
        if change.action is Action.CREATE and change.record.by in names:
            by, key = change.record.by, change.record.value
            yield Claim(number, value_of(schema, by, key), by, key, None)


def writes_unique(changes: Sequence[Change], objects: Mapping[str, ObjectSchema]) -> bool:
    """Return whether ``changes`` write a unique value, not counting the keys of new records."""
    names = spooled(changes).written_values
    return any(objects[object_name].can_identify(name) for object_name, name in names)


def _unique_names(schema: ObjectSchema) -> frozenset[str]:
    return frozenset(name for name in schema.properties if schema.can_identify(name))


def _is_asked(changes: Sequence[Change], claim: Claim) -> bool:
    key = changes[claim.number].record
    return claim.written is not None and (claim.name, claim.text) != (key.by, key.value)


def _given_up(changes: Iterable[Change], objects: _Objects) -> dict[Value, int]:
    """Return the unique values that records have now and lose, each with the number of the change."""
    given: dict[Value, int] = {}
    for number, change in enumerate(changes):
        is_update = change.action is Action.UPDATE and is_record_write(change)
        for value in change.values if is_update else ():
            schema = objects[change.object_type]
            if value.before is not None and schema.can_identify(value.name):
                before = value_of(schema, value.name, value.before)
                if before != value_of(schema, value.name, value.after or ""):
                    given[before] = number
    return given


def _archived(changes: Iterable[Change]) -> Mapping[RecordIdentity, Reason]:
    """Return the records that are archived, with the reason."""
    return {identity_of_record(change): change.reason for change in changes if is_record_archive(change)}


def _repeated(changes: Sequence[Change], objects: _Objects) -> frozenset[Value]:
    """Return the values that more than one change writes."""
    alike = repeated_hashes(hash(claim.value) for claim in claims(changes, objects))
    if not alike:
        return frozenset()
    count = Counter(claim.value for claim in claims(changes, objects) if hash(claim.value) in alike)
    return frozenset(value for value, times in count.items() if times > 1)


def _line_of(claim: Claim, changes: Sequence[Change], lines: Mapping[Value, KeyLine]) -> KeyLine | None:
    """Return the line of another record that has the claimed value as a key."""
    line = lines.get(claim.value)
    return None if line is None or line.address == changes[claim.number].record else line


def _waiting_for_address(changes: Sequence[Change]) -> Mapping[int, int]:
    """Return the changes whose record gets the address in state that another record has and leaves.

    Each is returned by number, with the number of the change that moves the other record to a new address.
    """
    moved = {
        change.moved_from: number
        for number, change in enumerate(changes)
        if change.moved_from is not None and is_record_ours(change)
    }
    if not moved:
        return {}
    owning = ((number, change) for number, change in enumerate(changes) if is_record_ours(change))
    found = ((number, moved.get(change.record)) for number, change in owning)
    return {number: mover for number, mover in found if mover is not None and mover != number}


def _without_address(
    changes: Sequence[Change], waiting: Mapping[int, int], refused: Container[int]
) -> Iterator[tuple[int, Sequence[Problem]]]:
    """Report the changes whose address is not free, because the change that moves it is refused."""
    for number, mover in waiting.items():
        if mover in refused and number not in refused:
            change, other = changes[number], changes[mover]
            message = (
                f"the state has record {other.remote.id} under this key, and the line that names that record "
                "by another key has a problem"
            )
            advice = "solve the problem of that record first"
            yield number, [Problem(message, advice, change.source, change.record.text)]


def _turns(waits: Mapping[int, Collection[int]]) -> Mapping[int, int]:
    """Return the turn of each waiting change, counted from 1.

    Changes that wait for one another in a circle have no turn. A change that waits for one of these changes
    has no turn either.
    """
    followers: dict[int, list[int]] = {}
    for number, givers in waits.items():
        for giver in givers:
            followers.setdefault(giver, []).append(number)
    open_ = {number: sum(giver in waits for giver in givers) for number, givers in waits.items()}
    ready = [number for number, count in open_.items() if not count]
    turns: dict[int, int] = {}
    for number in ready:  # the loop itself appends to this list
        turns[number] = 1 + max((turns.get(giver, 0) for giver in waits[number]), default=0)
        for follower in followers.get(number, ()):
            open_[follower] -= 1
            if not open_[follower]:
                ready.append(follower)
    return turns


def _in_circles(waits: Mapping[int, Mapping[int, Claim]]) -> Iterator[tuple[int, int, Claim]]:
    """Return each change in a circle, with the change for which it waits, and the claimed value."""
    never = waits.keys() - _turns(waits).keys()
    back: dict[int, list[int]] = {number: [] for number in never}
    for number in never:
        for giver in waits[number].keys() & never:
            back[giver].append(number)
    circle = never - _turns(back).keys()  # without changes that wait for a circle but are not in one
    for number in sorted(circle):
        for giver in sorted(waits[number].keys() & circle):
            yield number, giver, waits[number][giver]


def _id_of(change: Change) -> RecordId | None:
    return change.remote.id if change.action is Action.UPDATE else None
