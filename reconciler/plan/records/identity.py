"""Who is who: keys that can tell records apart, and no record under two names."""

from dataclasses import dataclass, field, replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RECORD_ID, RecordId, RecordKey
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import Desired, DesiredGroup, DesiredRecord, Records, Write
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Change
from reconciler.plan.plan import Held
from reconciler.plan.values.resolve import Resolver
from reconciler.sentences import Sentence, sentence
from reconciler.source import SourceRef
from reconciler.suggestions import did_you_mean

OTHER_ADDRESSES = "hs_additional_emails"
"""Addresses of a contact besides its first, separated by ``;``: each of them may name it."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Remembers who has been met; every method gives a problem, or None when all is well.

    Of a million records most are found under the very key that they are named by, and no two can share
    that. Only the others are remembered.
    """

    _by_key: dict[tuple[str, str, str | None], DesiredRecord] = field(default_factory=dict)
    _by_id: dict[tuple[str, RecordId], DesiredRecord] = field(default_factory=dict)
    _presumed: dict[tuple[str, RecordId], DesiredRecord] = field(
        default_factory=dict
    )  # not read: as state says
    _unread: set[tuple[str, str]] = field(default_factory=set)  # object and key, whatever its case
    _old: set[tuple[str, RecordId]] = field(default_factory=set)  # named as what a record was before

    def same_key(self, resolver: Resolver, record: DesiredRecord) -> Problem | None:
        """Another record that the portal lacks has the same key in another spelling."""
        by = record.document.key
        definition = resolver.schema.properties.get(by)
        kind = definition.kind if definition else Kind.TEXT
        spelling = (record.document.object, by, canonical(kind, record.key))
        first = self._by_key.setdefault(spelling, record)
        if first is record:
            return None
        message = sentence(
            "{key} and {other} are one {kind} to HubSpot",
            key=record.record_key.told_value,
            other=first.record_key.told_value,
            kind=kind,
        )
        return _declared_twice(resolver, record, first, message)

    def same_record(
        self, resolver: Resolver, record: DesiredRecord, live: LiveRecord, named: Records | None
    ) -> Problem | None:
        """Another address has turned out to be the same live record.

        ``named`` are all records of the type, sorted by key, of which this is the next one; None where
        some of them are named by another key property.
        """
        by = record.document.key
        own_key = live.id if by == RECORD_ID else live.properties.get(by)
        first = self._by_id.get((resolver.schema.name, live.id))
        if first is None and own_key != record.key:
            first = self._presumed.get((resolver.schema.name, live.id))
        if first is None and (named is None or own_key != record.key):
            self._by_id[resolver.schema.name, live.id] = record
            if named is not None and own_key is not None and own_key < record.key:  # it has come by already
                first = named.find(own_key)
        if first is None:
            return None
        message = sentence(
            "{record} and {other} are one record in the portal ({id})",
            record=record.record_key.display,
            other=first.record_key.display,
            id=live.id,
        )
        return _declared_twice(resolver, record, first, message)

    def leave_out(self, record: DesiredRecord, owned: OwnedRecord | None) -> None:
        """A record that is named and not read: known by what state or its own name say of it."""
        object_name, by = record.document.object, record.document.key
        if by == RECORD_ID:
            self._by_id.setdefault((object_name, RecordId(record.key)), record)
        elif owned is not None:
            self._presumed.setdefault((object_name, owned.record_id), record)
        else:
            self._unread.add((object_name, record.key.casefold()))

    def meet_old(self, schema: ObjectSchema, live: LiveRecord) -> None:
        """Remember a record that is named by ``$renamed_from``, whatever comes of it."""
        self._old.add((schema.name, live.id))

    def is_named(self, schema: ObjectSchema, key: RecordKey, live: LiveRecord, desired: Desired) -> bool:
        """Whether manifests name ``live``, by whatever key, although they do not name it by ``key``.

        They may know it by another key property, by another spelling, by its record id or by the key that
        people gave it; and it may be left out of this plan. All that is named has been met or left out.
        """
        record = (schema.name, live.id)
        if record in self._by_id or record in self._presumed or record in self._old:
            return True
        known = {key.value.casefold()}
        for group in desired.groups:
            if group.object != schema.name:
                continue
            value = live.id if group.key == RECORD_ID else live.properties.get(group.key)
            if value is None:
                continue
            if (group.key, value) != (key.by, key.value) and group.records.find(value) is not None:
                return True
            known.add(value.casefold())
        known.update(
            address.casefold() for address in (live.properties.get(OTHER_ADDRESSES) or "").split(";")
        )
        return any((schema.name, value) in self._unread for value in known)


def names_that_identify(schema: ObjectSchema, desired: Desired) -> set[str]:
    """Properties to read of a record to see whether manifests name it, by whatever key."""
    keys = {group.key for group in desired.groups if group.object == schema.name} | {OTHER_ADDRESSES}
    return keys & schema.properties.keys()


def is_still(schema: ObjectSchema, owned: OwnedRecord, live: LiveRecord) -> bool:
    """Whether ``live`` is what state knows as ``owned``, and under the same key."""
    by = owned.key.by
    definition = schema.properties.get(by)
    kind = definition.kind if definition else Kind.TEXT
    own_key = live.id if by == RECORD_ID else live.properties.get(by)
    is_same = own_key is not None and canonical(kind, own_key) == canonical(kind, owned.key.value)
    return live.id == owned.record_id and is_same


def key_problems(resolver: Resolver, group: DesiredGroup) -> list[Problem]:
    """A problem for every document of ``group`` when its key cannot tell records apart."""
    if group.key == RECORD_ID or resolver.schema.can_identify(group.key):
        return []
    places = (document.key_place or document.place for document in group.documents)
    return [_no_key(resolver.schema, group.key, resolver.files.ref(place)) for place in places]


def column_problems(resolver: Resolver, group: DesiredGroup) -> list[Problem]:
    """A problem for every column of a table that is no property: told once, not once a row."""
    schema, files = resolver.schema, resolver.files
    return [
        Problem(
            f'{schema.name} has no property "{name}"',
            f"{did_you_mean(name, schema.properties) or 'correct its name,'} "
            f"or leave the column out: `columns: {{{name}: null}}`",
            files.ref(place),
        )
        for document in group.documents
        for name, place in document.columns.items()
        if name not in schema.properties
    ]


def not_there(record: DesiredRecord, source: SourceRef) -> Problem | None:
    """A record that the portal lacks and that may not be created; None where it may."""
    document = record.document
    if document.key == RECORD_ID:
        advice = "records named by record id are never created: correct the id or remove the record"
    elif document.write is Write.UPDATE:
        advice = "this document says `write: update`, which never creates: correct the key, or drop that line"
    else:
        return None
    message = no_such_record(record.record_key)
    return Problem(message, advice, source, record.record_key.address)


def no_such_record(key: RecordKey) -> Sentence:
    """That the portal lacks a record."""
    return sentence(
        "{object} has no record whose {by} is {key}", object=key.object, by=key.by, key=key.told_value
    )


def is_alias(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> bool:
    """Whether the portal knows the record by another key: in other letters, or by its first address."""
    by = record.document.key
    own_key = live.properties.get(by)
    if by == RECORD_ID or own_key is None or own_key == record.key:
        return False
    kind = resolver.schema.properties[by].kind
    return canonical(kind, own_key) != canonical(kind, record.key)


def known_as_named(change: Change, named: Held) -> Problem:
    """A line wants a record gone, and state knows it by a key that another line names: people changed it."""
    message = sentence(
        "{record} is to be archived, and it is the record that state knows as {named}, named at {place}: "
        "somebody changed its key in HubSpot",
        record=change.record.display,
        named=named.key.display,
        place=str(named.source),
    )
    advice = sentence(
        "give it its key back in HubSpot, or remove one of the two lines; "
        "--recreate {named} archives this one and creates another",
        named=named.key.display,
    )
    return Problem(message, advice, change.source, change.record.address)


def alias_warning(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> Problem:
    """A word on the two keys of a record that ``is_alias``."""
    by, own_key = record.document.key, live.properties.get(record.document.key) or ""
    key = record.record_key
    own = replace(key, value=own_key).told_value
    if own_key.casefold() == key.value.casefold():
        message = sentence("{record} is spelled {own} in the portal", record=key.display, own=own)
        way = "spell it so here"
    else:
        message = sentence(
            "{record} is another {by} of {own} in the portal", record=key.display, by=by, own=own
        )
        way = sentence("name it {own} here", own=own)
    advice = sentence("{way}, or leave it: both mean the same record", way=way)
    return Problem(message, advice, resolver.files.ref(record.place), key.address, Severity.WARNING)


def _no_key(schema: ObjectSchema, name: str, source: SourceRef) -> Problem:
    if name not in schema.properties:
        message = f'{schema.name} has no property "{name}" to recognise records by'
        return Problem(message, did_you_mean(name, schema.advisable_keys()) or key_advice(schema), source)
    message = f"{name} of {schema.name} is not unique: it cannot tell records apart"
    return Problem(message, key_advice(schema), source)


def key_advice(schema: ObjectSchema) -> str:
    """How to recognise records of a type: by what the portal has, or by a property that is made for it."""
    known = schema.advisable_keys()
    if known:
        return f"recognise them by {' or '.join(known)}, or by record_id"
    return (
        f"make a property of {schema.name} for it in HubSpot: Settings, Properties, Create property, "
        "a single-line text, and among its rules `Require unique values for this property`, which can be "
        "chosen at that moment only; then name that property here. Or recognise them by record_id"
    )


def _declared_twice(resolver: Resolver, record: DesiredRecord, first: DesiredRecord, message: str) -> Problem:
    advice = f"keep one of them; the other is declared at {resolver.files.ref(first.place)}"
    return Problem(message, advice, resolver.files.ref(record.place), record.record_key.address)
