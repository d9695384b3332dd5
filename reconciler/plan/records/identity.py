"""The identity of records: keys that identify a record, and problems about two addresses of one record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId, Section
from reconciler.model.canonical import canonical, form_people_see
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired import Desired, DesiredGroup, Records
from reconciler.model.desired_records import DesiredRecord, Write
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import EVERYTHING, Selection
from reconciler.plan.change import Change
from reconciler.plan.plan import Held
from reconciler.plan.values.not_made import not_made_of
from reconciler.plan.values.resolve import Resolver
from reconciler.sentences import Sentence, sentence
from reconciler.source import SourceRef
from reconciler.suggestions import did_you_mean

OTHER_ADDRESSES = "hs_additional_emails"
"""Property with additional e-mail addresses of a contact, joined by ``;``: each identifies the contact."""


@dataclass(slots=True)
class Identities:
    """Collects the records compared so far, to find a record that manifests name twice.

    A record is not collected if its live key is exactly the key in the manifest, because two manifest lines
    cannot have the same key. That saves memory: of a million records, nearly all have exactly this key.
    """

    selection: Selection = EVERYTHING
    _by_key: dict[tuple[str, str, str | None], DesiredRecord] = field(default_factory=dict)
    _by_id: dict[RecordIdentity, DesiredRecord] = field(default_factory=dict)
    _presumed: dict[RecordIdentity, DesiredRecord] = field(
        default_factory=dict
    )  # records that are not read, by their id in state
    # records that are not read, by previous key, or by a key that ``_plain`` spells otherwise; both in the
    # spelling of ``_plain``. Manifests have all other records by key.
    _unread: dict[RecordAddress, DesiredRecord] = field(default_factory=dict)
    # lines with ``$renamed_from``, by the records that have the old keys
    _old: dict[RecordIdentity, DesiredRecord] = field(default_factory=dict)
    # lines that are a problem because an earlier line names the same record
    _again: dict[RecordIdentity, DesiredRecord] = field(default_factory=dict)

    def same_key(self, resolver: Resolver, record: DesiredRecord) -> Problem | None:
        """Return a problem if an earlier record has the same key in another spelling; otherwise None.

        Call it for a record that HubSpot does not have, or whose key is not in canonical form.
        """
        by = record.document.key
        kind = resolver.schema.kind_of(by)
        spelling = (record.document.object, by, canonical(kind, record.key))
        first = self._by_key.setdefault(spelling, record)
        if first is record:
            return None
        message = sentence(
            "{key} and {other} are the same {kind} to HubSpot",
            key=record.address.as_value,
            other=first.address.as_value,
            kind=kind,
        )
        return _declared_twice(resolver, record, first, message)

    def same_record(
        self, resolver: Resolver, record: DesiredRecord, live: LiveRecord, named: Records | None
    ) -> Problem | None:
        """Return a problem if an earlier record, under another address, has the same live record.

        Otherwise, return None.

        ``named`` are all desired records of the type, sorted by key, including ``record``. It is None if
        manifests use two or more key properties for the type.
        """
        identity = RecordIdentity(resolver.schema.name, live.id)
        by = record.document.key
        own_key = live.id if by == RECORD_ID else live.properties.get(by)
        kind = resolver.schema.kind_of(by)
        is_plain = kind is Kind.EMAIL or canonical(kind, record.key) == record.key
        problem = None if is_plain else self.same_key(resolver, record)
        if problem is None:
            first = self._first(identity, record, own_key, named)
            problem = named_by(resolver, record, live, first) if first else None
        if problem is not None and not record.special.is_absent:
            self._again[identity] = record
        return problem

    def _first(
        self, identity: RecordIdentity, record: DesiredRecord, own_key: str | None, named: Records | None
    ) -> DesiredRecord | None:
        """Return an earlier record with this ``identity``, under another address, and collect ``record``."""
        first = self._by_id.get(identity)
        if first is None and own_key != record.key:
            first = self._presumed.get(identity)
        if first is None and (named is None or own_key != record.key):
            self._by_id[identity] = record
            # Records are compared in the order of their keys: a record with a lower key was compared before.
            if named is not None and own_key is not None and own_key < record.key:
                first = named.find(own_key)
        return first

    def leave_out(self, record: DesiredRecord, schema: ObjectSchema, owned: OwnedRecord | None) -> None:
        """Note a record that manifests name but that this plan does not read.

        Its id is noted if state or the manifest has it. But another record may have its key now.
        """
        key = record.address
        if key.by == RECORD_ID:
            identity = RecordIdentity(key.object, RecordId(key.value))
            self._by_id.setdefault(identity, record)
            self._presumed.setdefault(identity, record)
            return
        if owned is not None:
            self._presumed.setdefault(RecordIdentity(key.object, owned.record_id), record)
        if (plain := _plain(schema, key)) != key:
            self._unread[plain] = record
        if record.special.renamed_from is not None:  # its live record may have either key
            self._unread[_plain(schema, replace(key, value=record.special.renamed_from))] = record

    def add_old(self, record: DesiredRecord, schema: ObjectSchema, live: LiveRecord) -> None:
        """Collect a live record that has the old key from a manifest line with ``$renamed_from``.

        It is collected even if the plan leaves out this line.
        """
        self._old[RecordIdentity(schema.name, live.id)] = record

    def is_collected(self, record: RecordIdentity) -> bool:
        """Return whether a manifest line names ``record`` by any key.

        The line may be one that this plan leaves out.
        """
        return record in self._by_id or record in self._presumed or record in self._old

    def other_line(
        self, schema: ObjectSchema, record: DesiredRecord, live: LiveRecord, desired: Desired
    ) -> DesiredRecord | None:
        """Return another line that names the record ``live``; None if there is no such line.

        According to ``record``, ``live`` must not exist. The other line may be one that this plan leaves out.
        Call this after all named records are collected.
        """
        identity = RecordIdentity(schema.name, live.id)
        lines = [each.get(identity) for each in (self._by_id, self._presumed, self._old, self._again)]
        lines += [group.records.find(value) for group, value in _keys_of(schema, live, desired)]
        lines += self._left_out(schema, record.address, live, desired)
        others = (line for line in lines if line is not None and line.address != record.address)
        return next((line for line in others if not line.special.is_absent), None)

    def is_named(self, schema: ObjectSchema, key: RecordAddress, live: LiveRecord, desired: Desired) -> bool:
        """Return whether manifests name ``live`` by another key than ``key``.

        The other key may be a value of another key property, another spelling, the record id, or a key that
        people gave the record. Lines that this plan leaves out count, too. Call this method after all named
        records are collected.
        """
        if self.is_collected(RecordIdentity(schema.name, live.id)):
            return True
        for group, value in _keys_of(schema, live, desired):
            if (group.key, value) != (key.by, key.value) and group.records.find(value) is not None:
                return True
        return next(self._left_out(schema, key, live, desired), None) is not None

    def _left_out(
        self, schema: ObjectSchema, key: RecordAddress, live: LiveRecord, desired: Desired
    ) -> Iterator[DesiredRecord]:
        """Yield records that this plan does not read, and that may be ``live``, in any spelling.

        Their key is ``key``, or a key that ``live`` has now.
        """
        if not self.selection.is_partial:
            return
        keys = {key} if key.by != RECORD_ID else set()
        for group, value in _keys_of(schema, live, desired):
            if group.key != RECORD_ID:
                keys.add(RecordAddress(schema.name, group.key, value))
        keys |= {RecordAddress(schema.name, "email", each) for each in _other_addresses(live)}
        for plain in sorted({_plain(schema, each) for each in keys}):
            found = self._unread.get(plain), desired.records_of(schema.name, plain.by).find(plain.value)
            yield from (line for line in found if line and self.selection.narrowed(line) is None)


def _keys_of(schema: ObjectSchema, live: LiveRecord, desired: Desired) -> Iterator[tuple[DesiredGroup, str]]:
    """Yield the groups of the manifests that may name ``live``, with its key in each of them."""
    for group in desired.groups:
        value = _live_key(live, group.key)
        if group.object == schema.name and value is not None:
            yield group, value


def _plain(schema: ObjectSchema, key: RecordAddress) -> RecordAddress:
    """Return the key in the spelling of ``form_people_see``: HubSpot may take one spelling for another."""
    return replace(key, value=form_people_see(schema.kind_of(key.by), key.value))


def _live_key(live: LiveRecord, by: str) -> str | None:
    return live.id if by == RECORD_ID else live.properties.get(by)


def _other_addresses(live: LiveRecord) -> Sequence[str]:
    """Return the additional e-mail addresses of a contact, as far as they were read."""
    return [each for each in (live.properties.get(OTHER_ADDRESSES) or "").split(";") if each]


def names_that_identify(schema: ObjectSchema, desired: Desired) -> set[str]:
    """Return the properties that must be read to find out whether manifests name a record by any key."""
    groups = {group.group for group in desired.groups} | desired.groups_elsewhere
    keys = {group.by for group in groups if group.object == schema.name} | {OTHER_ADDRESSES}
    return keys & schema.properties.keys()


def is_named_elsewhere(schema: ObjectSchema, owned: OwnedRecord, live: LiveRecord, desired: Desired) -> bool:
    """Return whether manifests name a record for other environments, by any key.

    That is its key in state, a key that it has now, or a key that we wrote before people changed it.
    """
    keys = [owned.key]
    for group in desired.groups_elsewhere:
        values = (_live_key(live, group.by), owned.sent.get(group.by), *_other_addresses(live))
        if group.object == schema.name:
            keys += [RecordAddress(schema.name, group.by, value) for value in values if value]
    return any(map(desired.is_for_other_environment, keys))


def is_still(schema: ObjectSchema, owned: OwnedRecord, live: LiveRecord) -> bool:
    """Return whether ``live`` is the ``owned`` record and still has the same key."""
    by = owned.key.by
    kind = schema.kind_of(by)
    own_key = live.id if by == RECORD_ID else live.properties.get(by)
    is_same = own_key is not None and canonical(kind, own_key) == canonical(kind, owned.key.value)
    return live.id == owned.record_id and is_same


def key_problems(resolver: Resolver, group: DesiredGroup) -> list[Problem]:
    """Report every document of ``group`` whose key cannot identify records."""
    if group.key == RECORD_ID or resolver.schema.can_identify(group.key):
        return []
    places = (document.key_place or document.place for document in group.documents)
    return [_no_key(resolver.schema, group.key, resolver.files.ref(place)) for place in places]


def column_problems(resolver: Resolver, group: DesiredGroup) -> list[Problem]:
    """Report each table column that is not a property, once instead of for every row."""
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
    """Report a record that the portal lacks and that may not be created; return None if it may."""
    document = record.document
    if document.key == RECORD_ID:
        advice = "records named by record id are never created: correct the id or remove the record"
    elif document.write is Write.UPDATE:
        advice = (
            "`write: update` in this document means that no record is created: correct the key, or remove "
            "`write: update`"
        )
    else:
        return None
    message = no_such_record(record.address)
    return Problem(message, advice, source, record.address.text)


def no_such_record(key: RecordAddress) -> Sentence:
    """Return a sentence which says that the portal has no record with this key."""
    return sentence(
        "the portal has no record of {object} whose {by} is {key}",
        object=key.object,
        by=key.by,
        key=key.as_value,
    )


def is_spelled_otherwise(record: DesiredRecord, live: LiveRecord) -> bool:
    """Return whether the live key is not exactly the text in the manifest: a call must not use that text."""
    by = record.document.key
    return by != RECORD_ID and live.properties.get(by) not in {record.key, None}


def is_alias(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> bool:
    """Return whether HubSpot found the record by an alias: the live key is not the key in the manifest.

    An alias has other capital letters than the live key, or is an additional e-mail address of a contact.
    """
    by = record.document.key
    own_key = live.properties.get(by)
    if by == RECORD_ID or own_key is None or own_key == record.key:
        return False
    kind = resolver.schema.kind_of(by)
    return canonical(kind, own_key) != canonical(kind, record.key)


def is_made_canonical(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> bool:
    """Return whether the key in the manifest is canonical, and the live key is another spelling of it.

    HubSpot keeps the canonical form as it is. It may rewrite any other spelling, so that one would be written
    by every plan. HubSpot itself ignores the letter case of e-mail addresses.
    """
    kind = resolver.schema.kind_of(record.document.key)
    is_canonical = canonical(kind, record.key) == record.key and kind is not Kind.EMAIL
    return is_canonical and is_spelled_otherwise(record, live)


def known_as_named(change: Change, named: Held) -> Problem:
    """Return the problem that a record cannot be archived: a manifest line names it by its old key."""
    message = sentence(
        "{record} should be archived, but {place} names this record by its old key, as {named}: "
        "somebody changed the key in HubSpot",
        record=change.record.display,
        named=named.key.display,
        place=str(named.source),
    )
    advice = sentence(
        "restore its old key in HubSpot, or remove one of the two lines; "
        "--recreate {named} archives this record and creates a new one",
        named=named.key.display,
    )
    return Problem(message, advice, change.source, change.record.text)


def alias_warning(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> Problem:
    """Warn that a record has another key in the portal than in the manifest (see ``is_alias``)."""
    by, own_key = record.document.key, live.properties.get(record.document.key) or ""
    key = record.address
    own = replace(key, value=own_key).as_value
    if own_key.casefold() == key.value.casefold():
        message = sentence("the key of {record} is spelled {own} in the portal", record=key.display, own=own)
        way = "use this spelling here"
    else:
        message = sentence(
            "in the portal, the main {by} of {record} is {own}", record=key.display, by=by, own=own
        )
        way = sentence("write {own} here", own=own)
    advice = sentence("{way}, or leave the key as it is: both keys mean the same record", way=way)
    return Problem(message, advice, resolver.files.ref(record.place), key.text, Severity.WARNING)


def _no_key(schema: ObjectSchema, name: str, source: SourceRef) -> Problem:
    if name not in schema.properties:
        message = f'{schema.name} has no property "{name}" to recognise records by'
        if lacking := not_made_of(schema, Section.PROPERTIES, name):
            return Problem(message, lacking.advice, source, needs=lacking.to_add)
        return Problem(message, did_you_mean(name, schema.advisable_keys()) or key_advice(schema), source)
    message = f"{name} of {schema.name} is not unique: it cannot tell records apart"
    return Problem(message, key_advice(schema), source)


def key_advice(schema: ObjectSchema) -> str:
    """Advise how to identify records of a type: by an existing property, or by a new one."""
    known = schema.advisable_keys()
    if known:
        return f"identify {schema.name} by {' or '.join(known)}, or by record_id"
    return (
        f"`reconciler keys create {schema.name} PROPERTY --from SOURCE` makes a unique property and fills "
        "it; or declare a property with `hasUniqueValue: true` under `properties:`; "
        f"or identify {schema.name} by record_id"
    )


def named_by(resolver: Resolver, record: DesiredRecord, live: LiveRecord, other: DesiredRecord) -> Problem:
    """Report that ``record`` must not exist, although the manifest line ``other`` names the same record."""
    message = sentence(
        "{record} and {other} are the same record in the portal ({id})",
        record=record.address.display,
        other=other.address.display,
        id=live.id,
    )
    return _declared_twice(resolver, record, other, message)


def _declared_twice(resolver: Resolver, record: DesiredRecord, first: DesiredRecord, message: str) -> Problem:
    advice = f"keep one of them; the other is declared at {resolver.files.ref(first.place)}"
    return Problem(message, advice, resolver.files.ref(record.place), record.address.text)
