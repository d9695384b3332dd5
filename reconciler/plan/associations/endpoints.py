"""The records at both ends of associations: their keys, and their presence in this plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, TypeAlias

from reconciler.errors import Severity, UnplacedProblem
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.associations import RecordRef
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema, PortalSchema
from reconciler.model.desired import Desired, ListedRecords
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord
from reconciler.model.display_names import display_name, display_properties
from reconciler.model.live import LiveRecord
from reconciler.model.names import DisplayNames
from reconciler.model.object_references import GroupKey
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Selection
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import Held
from reconciler.plan.records.compare import RecordDecision
from reconciler.plan.records.identity import key_advice
from reconciler.suggestions import did_you_mean

Spelling: TypeAlias = tuple[str, str, str]
"""Object type, key property and canonical key value of a record."""


class Presence(Enum):
    """The existence of a record in the portal, now and after this plan."""

    LIVE = "live"
    NEW = "new"  # created by this plan
    ABSENT = "absent"  # the manifests say that the record must not exist
    GONE = "gone"  # the record is in state, but no longer in the portal
    INVALID = "invalid"  # the record has a problem
    MISSING = "missing"  # the record is neither in the portal nor in state
    UNANSWERED = "unanswered"  # HubSpot's answers leave the record out, so it may exist


class Endpoint(NamedTuple):
    """One of two records to associate."""

    presence: Presence
    id: RecordId | None = None  # None if the portal does not have the record
    display_name: str | None = None  # None if unknown


@dataclass(slots=True)
class Endpoints:
    """Collects the presence of all records that associations name."""

    portal: PortalSchema
    _desired: Desired | None = None  # None: no manifests
    _keys: Mapping[str, str] = field(default_factory=dict)  # object type -> key property in the manifests
    _wanted: Mapping[Spelling, RecordAddress] = field(default_factory=dict)
    # previous keys of records (``$renamed_from``) -> their keys in the manifests
    _present: Mapping[Spelling, Spelling] = field(default_factory=dict)
    # pairs of records that manifests associate, also outside the selection
    _named: frozenset[frozenset[Spelling]] = frozenset()
    # pairs of a record and an object type: a manifest associates the record with a record of this type that
    # was not found; the record stands here by its key, and by its id if that is known
    _unclear: set[tuple[Spelling | RecordIdentity, str]] = field(default_factory=set)
    # associations that this plan leaves out; for each, the key properties by which manifests name its records
    _left_out: set[tuple[GroupKey, GroupKey]] = field(default_factory=set)
    _noted: dict[Spelling, tuple[RecordAddress, Endpoint]] = field(default_factory=dict)
    # key values that associations name and that the plan overwrites in some record; true if the plan also
    # writes the value to a record
    _taken: dict[Spelling, bool] = field(default_factory=dict)

    def key_of(self, wanted: DesiredAssociation) -> RecordAddress | UnplacedProblem:
        """Return the key of the record that ``wanted`` names; a problem if its key property is unsuitable."""
        key = self.written_key(wanted)
        return self.called(key) if isinstance(key, RecordAddress) else key

    def written_key(self, wanted: DesiredAssociation) -> RecordAddress | UnplacedProblem:
        """Return the key in ``wanted`` as it is written; a problem if its key property is unsuitable."""
        schema = self.portal.objects[wanted.object]
        by = wanted.by or self._keys.get(schema.name) or schema.default_key
        if by is None:
            return UnplacedProblem(
                f"no manifest says which property is the key of {schema.name}",
                f"write the property here: `{{by: PROPERTY, to: VALUE}}`; {key_advice(schema)}",
            )
        if by != RECORD_ID and not schema.can_identify(by):
            message = f'"{by}" of {schema.name} cannot tell records apart'
            return UnplacedProblem(message, did_you_mean(by, schema.advisable_keys()) or key_advice(schema))
        return RecordAddress(schema.name, by, wanted.value)

    def called(self, key: RecordAddress) -> RecordAddress:
        """Return the key by which manifests name the record at ``key``, or ``key`` if they do not name it."""
        noted = self._noted.get(self.spelling(key))
        return noted[0] if noted else key

    def is_wanted(self, key: RecordAddress) -> bool:
        """Return whether an association names the record."""
        return bool(self._wanted) and self.spelling(key) in self._wanted

    def is_named(self, key: RecordAddress) -> bool:
        """Return whether a manifest names the record by ``key``, even if this plan leaves its line out."""
        return self._desired is not None and self._desired.records_of(*key.group).find(key.value) is not None

    def is_unwanted(self, key: RecordAddress) -> bool:
        """Return whether a manifest line says that the record must not exist.

        Lines that this plan leaves out count, too.
        """
        named = self._desired.records_of(*key.group) if self._desired else ListedRecords(())
        lines = (named.find(value) for value in (key.value, self.spelling(key)[-1]))
        return any(line is not None and line.special.is_absent for line in lines)

    def are_named(self, one: RecordAddress, other: RecordAddress) -> bool:
        """Return whether a manifest associates the records ``one`` and ``other``.

        The association need not be selected. The addresses may contain previous keys, because state may still
        have these.
        """
        return frozenset({self._in_manifests(one), self._in_manifests(other)}) in self._named

    def may_be_named(self, one: RecordRef, other: RecordRef) -> bool:
        """Return whether a manifest may associate ``one`` and ``other``, although ``are_named`` is false.

        This is possible if a manifest associates one of the two, by any key, with a record that was not
        found. It is also possible if an association that this plan leaves out names one of the two by another
        key property.
        """
        ends = ((one, other), (other, one))
        for record, (far, _) in ends:
            by_key, by_id = (self._in_manifests(record.address), far.object), (record.identity, far.object)
            if by_key in self._unclear or by_id in self._unclear:
                return True
        return any(
            (near.object, end.object) == (key.object, far.object) and (near, end) != (key.group, far.group)
            for near, end in self._left_out
            for (key, _), (far, _) in ends
        )

    def note_unclear(self, key: RecordAddress, record_id: RecordId | None, object_name: str) -> None:
        """Note that a record has an association with an unknown record of ``object_name``.

        ``record_id`` is None if the portal does not have the record, or if it was not looked up.
        """
        self._unclear.add((self.spelling(key), object_name))
        if record_id is not None:
            self._unclear.add((RecordIdentity(key.object, record_id), object_name))

    def note_either(self, record: DesiredRecord, record_id: RecordId) -> None:
        """Note that the line of ``record``, which is wrong, may also be about the record ``record_id``."""
        for wanted in record.associations:
            self.note_unclear(record.address, record_id, wanted.object)

    def note(self, key: RecordAddress, endpoint: Endpoint) -> None:
        """Note whether a compared or looked-up record exists. The first note about a record counts."""
        self._noted.setdefault(self.spelling(key), (key, endpoint))

    def note_values(self, change: Change) -> None:
        """Note that the changed record exists, if associations name it by a value of ``change``."""
        for value in change.values if self._wanted else ():
            before = self._spelling_of(change, value.name, value.before)
            after = self._spelling_of(change, value.name, value.after)
            if before in self._wanted and before != after:
                self._taken.setdefault(before, False)
            if after in self._wanted:
                self._taken[after] = True
                is_new = change.action is Action.CREATE
                presence = Presence.NEW if is_new else Presence.LIVE
                endpoint = Endpoint(presence, change.remote.id, change.display_names.record)
                self._noted[after] = (change.record, endpoint)
                self.note(change.record, endpoint)

    def note_refused(self, change: Change) -> None:
        """Note that ``change`` has a problem.

        An association may name a record by a value that ``change`` writes. Then the association has a
        problem, too.
        """
        for value in change.values if self._wanted else ():
            spelling = self._spelling_of(change, value.name, value.after)
            if spelling in self._wanted and spelling not in self._noted:
                self._noted[spelling] = self._wanted[spelling], Endpoint(Presence.INVALID)
                self.note(change.record, Endpoint(Presence.INVALID))

    def withdraw(self, change: Change) -> None:
        """Note that ``change`` is left out after all, with the values by which associations name its record.

        Another record may have such a value now, so these associations have a problem, too.
        """
        self.correct(change.record, Endpoint(Presence.INVALID, change.remote.id))
        for value in change.values if self._wanted else ():
            after = self._spelling_of(change, value.name, value.after)
            noted = self._noted.get(after)
            is_alias = after in self._wanted and after != self.spelling(change.record)
            if is_alias and noted is not None and noted[0] == change.record:
                self._noted[after] = self._wanted[after], Endpoint(Presence.INVALID)
            self._taken.pop(self._spelling_of(change, value.name, value.before), None)

    def is_taken_away(self, wanted: DesiredAssociation) -> bool:
        """Return whether no record has the key in ``wanted`` any more after the plan, but one has it now."""
        key = self.written_key(wanted)
        return isinstance(key, RecordAddress) and self._taken.get(self.spelling(key)) is False

    def correct(self, key: RecordAddress, endpoint: Endpoint) -> None:
        """Replace what was noted about a record; its problem was found only after it was compared."""
        if self.spelling(key) in self._noted:
            self._noted[self.spelling(key)] = key, endpoint

    def of(self, key: RecordAddress) -> Endpoint:
        """Return whether the record at ``key`` exists now or after the plan, with its id if it has one.

        The presence is ``MISSING`` if nothing was noted about the record.
        """
        noted = self._noted.get(self.spelling(key))
        return noted[1] if noted else Endpoint(Presence.MISSING)

    def unknown(self) -> Iterator[tuple[ObjectSchema, str, list[str]]]:
        """Return the keys of associated records that were not noted yet, by object type and key property."""
        groups: dict[GroupKey, list[str]] = {}
        for spelling, key in self._wanted.items():
            if spelling not in self._noted:
                groups.setdefault(key.group, []).append(key.value)
        for (object_name, by), values in sorted(groups.items()):
            yield self.portal.objects[object_name], by, sorted(values)

    def _in_manifests(self, key: RecordAddress) -> Spelling:
        """Return the key that manifests give to the record at ``key``, which may be its previous key."""
        spelling = self.spelling(key)
        return self._present.get(spelling, spelling)

    def _spelling_of(self, change: Change, name: str, text: str | None) -> Spelling:
        return self.spelling(RecordAddress(change.object_type, name, text or ""))

    def spelling(self, key: RecordAddress) -> Spelling:
        """Return the parts of ``key`` in canonical form, so that equal keys in any spelling are found."""
        schema = self.portal.objects.get(key.object)
        kind = schema.kind_of(key.by) if schema else Kind.TEXT
        return key.object, key.by, canonical(kind, key.value) or ""


def endpoints_of(desired: Desired, portal: PortalSchema, selection: Selection) -> Endpoints:
    """Collect the records that manifests associate; their presence is recorded later."""
    keys = {group.object: group.key for group in desired.groups if group.key != RECORD_ID}
    endpoints = Endpoints(portal, desired, keys)
    wanted: dict[Spelling, RecordAddress] = {}
    named: set[frozenset[Spelling]] = set()
    left_out: set[tuple[GroupKey, GroupKey]] = set()
    present: dict[Spelling, Spelling] = {}
    for group in desired.groups:
        for record in group.records.rekeyed():
            former = replace(record.address, value=record.special.renamed_from or "")
            present[endpoints.spelling(former)] = endpoints.spelling(record.address)
        for record in group.records.associating():
            narrowed = selection.narrowed(record) if selection.may_have(group.object) else None
            for association in record.associations:
                if not portal.objects.keys() >= {group.object, association.object}:
                    continue  # this plan did not read one of the two object types
                key = endpoints.key_of(association)
                if isinstance(key, UnplacedProblem):  # reported when the association is compared
                    endpoints.note_unclear(record.address, None, association.object)
                    continue
                named.add(frozenset({endpoints.spelling(record.address), endpoints.spelling(key)}))
                if narrowed is not None and association in narrowed.associations:
                    wanted[endpoints.spelling(key)] = key
                else:
                    left_out.add((record.address.group, key.group))
    return replace(endpoints, _wanted=wanted, _present=present, _named=frozenset(named), _left_out=left_out)


def endpoint_of(
    record: DesiredRecord, schema: ObjectSchema, live: LiveRecord | None, decision: RecordDecision
) -> Endpoint:
    """Return the presence of a compared record, and its display name."""
    record_id, names = live.id if live else None, display_properties(schema)
    if record.special.is_absent:
        return Endpoint(Presence.ABSENT, record_id)
    if decision.gone is not None:
        return Endpoint(Presence.GONE)
    if decision.change is not None and decision.change.action is Action.CREATE:
        values = {value.name: value.after for value in decision.change.values}
        return Endpoint(Presence.NEW, None, display_name(names, values))
    if live is None and any(problem.severity is Severity.LEFT_OUT for problem in decision.problems):
        return Endpoint(Presence.UNANSWERED)
    is_wrong = any(problem.severity is Severity.ERROR for problem in decision.problems)
    if is_wrong or live is None:
        return Endpoint(Presence.INVALID, record_id)
    return Endpoint(Presence.LIVE, record_id, display_name(names, live.properties))


def with_display_names(entry: Change | Held, endpoints: Endpoints) -> Change | Held:
    """Return a change of an association, or a held one, with the display names of its records."""
    ends = entry.association.records if isinstance(entry, Change) else entry.records
    return replace(entry, display_names=DisplayNames(*(endpoints.of(end).display_name for end in ends)))
