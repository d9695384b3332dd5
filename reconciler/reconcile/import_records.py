"""Importing live records: reading them into a checkpoint, and converting them to manifest records."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import NotAllowed, UsageError
from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.list import WHOLE, list_records
from reconciler.hubspot.records.prefetch import READERS, in_chunks, read_ahead
from reconciler.manifest.write import WrittenAssociation, WrittenRecord
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Account, Kind, ObjectSchema, Owner, PropertyDef
from reconciler.model.desired import Desired
from reconciler.model.desired_records import ManifestValue, Ownership
from reconciler.model.display_names import display_name, display_properties
from reconciler.model.imports import ImportRequest, Scope
from reconciler.model.live import LiveRecord
from reconciler.model.object_references import ObjectProperty
from reconciler.model.object_types import object_type, type_number
from reconciler.model.personal_data import MaskRules
from reconciler.model.progress import Progress
from reconciler.plan.import_choice import (
    ChosenProperties,
    choose_key,
    choose_properties,
    has_personal_key,
)
from reconciler.plan.values.resolve import Resolver
from reconciler.plan.values.to_manifest import Wording
from reconciler.plan.values.wrong_value import WrongValue
from reconciler.reconcile.find_keys import expected_records, read_schema
from reconciler.reconcile.import_checkpoint import Checkpoint, KeptRecord
from reconciler.reconcile.import_filters import Filter, read_filters
from reconciler.source import SourceFiles

_OWNERS = frozenset({Kind.OWNER, Kind.OWNERS})


@dataclass(frozen=True, slots=True)
class Existing:
    """The existing document to which records are added."""

    names: tuple[str, ...]  # properties of its records
    ownership: Mapping[str, Ownership]
    shared: Mapping[str, ManifestValue]  # the values under ``all:``


@dataclass(frozen=True, slots=True)
class Importing:
    """One import, with the facts and methods for reading its records from the portal."""

    reader: PortalReader
    account: Account
    schema: ObjectSchema
    key: str
    has_personal_key: bool
    masks: MaskRules
    chosen: ChosenProperties
    unowned: tuple[str, ...]  # left out: often edited by people, not under ``ownership:``
    filters: tuple[Filter, ...]
    scope: Scope
    existing: Existing | None
    also: tuple[str, ...] = ()  # further properties to read

    @property
    def names(self) -> tuple[str, ...]:
        """The properties to read, in a fixed order."""
        names = {
            *self.chosen.names,
            *display_properties(self.schema),
            *(each.definition.name for each in self.filters),
        }
        names |= set(self.existing.shared) & self.schema.properties.keys() if self.existing else set()
        if (pair := self.schema.pipeline_and_stage) and not names.isdisjoint(pair):
            names |= set(pair)
        names |= {self.key} - {RECORD_ID}
        names |= {*self.also, self.secondary_key or ""} & self.schema.properties.keys()
        return tuple(sorted(names))

    @property
    def secondary_key(self) -> str | None:
        """The property with additional key values, such as other e-mail addresses of a contact, or None."""
        return object_type(self.schema.name).secondary_keys.get(self.key)

    @property
    def masked_properties(self) -> tuple[ObjectProperty, ...]:
        """The pairs of object type and property whose values are masked when shown."""
        name = self.schema.name
        return self.masks.masked_properties(
            {name: self.schema},
            [ObjectProperty(name, each) for each in (*self.names, *display_properties(self.schema))],
        )

    @property
    def signature(self) -> str:
        """A text that identifies this import, so that only an equal import continues its checkpoint."""
        scope = self.scope
        ids = sorted(scope.ids) if scope.ids is not None else None
        parts = [self.account.portal_id, self.schema.path, self.key, self.names]
        return json.dumps([*parts, sorted(scope.filters), scope.list, ids, scope.limit])

    def link_to(self, record_id: RecordId) -> str:
        """Return the URL of a record's page in HubSpot."""
        return self.account.link_to(type_number(self.schema.name) or self.schema.path, record_id)

    def title_of(self, record: KeptRecord) -> str:
        """Return the display name of a record; empty if it has none."""
        return display_name(display_properties(self.schema), record.values) or ""


def begin_import(
    reader: PortalReader,
    portal_id: int,
    request: ImportRequest,
    desired: Desired,
    *,
    masks: MaskRules,
    find_existing: Callable[[Collection[str], str], Existing | None],
) -> Importing:
    """Read the definitions, and choose key and properties.

    ``find_existing`` is called with all names of the object type, and with the key property. It returns the
    existing document to which the records are added; None if the import writes new files.

    Raises:
        UsageError: the request does not fit the portal.
        HubSpotError: the portal cannot be read.
    """
    portal, schema = read_schema(reader, portal_id, request.scope.object)
    desired = desired.renamed({name: known.name for name, known in portal.objects.items()})
    key = choose_key(schema, desired, request.key)
    names = {name for name, known in portal.objects.items() if known is schema}
    existing = find_existing(names, key)
    chosen = choose_properties(schema, request, key, masks, existing.names if existing else ())
    unowned: tuple[str, ...] = ()
    if existing is not None:
        unowned = tuple(name for name in chosen.names if name in chosen.observed - existing.ownership.keys())
        kept = tuple(name for name in chosen.names if name not in unowned)
        chosen = replace(chosen, names=kept, observed=chosen.observed - set(unowned))
    return Importing(
        reader=reader,
        account=portal.account,
        schema=schema,
        key=key,
        has_personal_key=has_personal_key(schema, key, masks),
        masks=masks,
        chosen=chosen,
        unowned=unowned,
        filters=filters_of(reader, schema, request.scope),
        scope=request.scope,
        existing=existing,
    )


def filters_of(reader: PortalReader, schema: ObjectSchema, scope: Scope) -> tuple[Filter, ...]:
    """Parse the filters of a scope; owners are read only if a filter names one by e-mail address."""

    def owner_ids(email: str) -> Sequence[str]:
        return [owner.id for owner in read_owners(reader, [email]) if owner.email.casefold() == email]

    return read_filters(scope.filters, schema, owner_ids)


def read_into(importing: Importing, checkpoint: Checkpoint, progress: Progress) -> Collection[str]:
    """Read the records into the checkpoint; return those requested ids that do not exist.

    If the checkpoint is from an interrupted import, that import is continued.

    Raises:
        UsageError: the portal does not have the requested list.
        HubSpotError: HubSpot does not answer.
    """
    scope = importing.scope
    if scope.list is None and scope.ids is None:
        _read_list(importing, checkpoint, progress)
        return ()
    if not checkpoint.is_continued:
        ids = scope.ids if scope.ids is not None else ()
        if scope.list is not None:
            ids = tuple(_members(importing.reader, importing.schema, scope.list))
        checkpoint.begin((), ids)
    return _read_wanted(importing, checkpoint, progress)


def _read_list(importing: Importing, checkpoint: Checkpoint, progress: Progress) -> None:
    total, highest = expected_records(importing.reader, importing.schema)
    if not checkpoint.is_continued:
        checkpoint.begin((WHOLE,), ())
    limit = importing.scope.limit
    readers = READERS if limit is None else 1
    looked_at = checkpoint.count
    pages = list_records(
        importing.reader,
        importing.schema,
        importing.names,
        checkpoint.segments,
        highest=highest,
        readers=readers,
    )
    for page in pages if checkpoint.segments else ():
        checkpoint.keep(_passing(importing, page.records, checkpoint, limit), page.left)
        looked_at += len(page.records)
        progress(looked_at, max(total or 0, looked_at))
        if limit is not None and checkpoint.count >= limit:
            break


def _read_wanted(importing: Importing, checkpoint: Checkpoint, progress: Progress) -> Collection[str]:
    wanted = tuple(checkpoint.wanted())
    limit = importing.scope.limit
    missing: list[str] = []
    chunks = in_chunks(iter(wanted), BATCH_SIZE)
    done = 0
    for chunk, live in read_ahead(
        importing.reader, importing.schema, RECORD_ID, chunks, lambda ids: (ids, importing.names)
    ):
        missing += (id_ for id_ in chunk if id_ not in live)
        checkpoint.keep(_passing(importing, live.values(), checkpoint, limit), None, done=tuple(live))
        done += len(chunk)
        progress(done, len(wanted))
        if limit is not None and checkpoint.count >= limit:
            break
    return missing


def _passing(
    importing: Importing, records: Iterable[LiveRecord], checkpoint: Checkpoint, limit: int | None
) -> Iterator[KeptRecord]:
    room = None if limit is None else limit - checkpoint.count
    kind = importing.schema.kind_of(importing.key)
    for record in records:
        if room is not None and room < 1:
            return
        if not all(condition.holds(record.properties) for condition in importing.filters):
            continue
        key = record.id if importing.key == RECORD_ID else record.properties.get(importing.key)
        spelling = canonical(kind, key)
        values = {name: value for name, value in record.properties.items() if value is not None}
        yield KeptRecord(record.id, key if spelling else None, spelling, record.created_at, values)
        room = None if room is None else room - 1


def _members(reader: PortalReader, schema: ObjectSchema, called: str) -> Iterator[str]:
    """Return the ids of the records in the list that has ``called`` as its id or name.

    Raises:
        UsageError: there is no such list, or it contains records of another type.
    """
    number = type_number(schema.name) or schema.path
    found = reader.find_list(number, called)
    if found is None:
        raise UsageError(
            f'the portal has no list "{called}" of {schema.name}\n'
            "    write its name, or the number in the address of its page in HubSpot"
        )
    if found.object_type_id != number:
        raise UsageError(f'the list "{found.name}" is not a list of {schema.name}')
    after: str | None = None
    while True:
        page = reader.list_members(found.list_id, after)
        yield from (member.record_id for member in page.results)
        if page.after is None or page.after == after:
            return
        after = page.after


@dataclass(frozen=True, slots=True)
class OwnersKnown:
    """The owners of the portal; empty if none is needed or the token may not read them."""

    owners: tuple[Owner, ...] = ()
    may_be_read: bool = True

    def resolver(self, schema: ObjectSchema, files: SourceFiles, stand_ins: Mapping[str, str]) -> Resolver:
        """Return a resolver that knows ``self.owners``."""
        return Resolver(schema, files, {}).knowing(self.owners, stand_ins)

    def wording(self, schema: ObjectSchema, stand_ins: Mapping[str, str]) -> Wording:
        """Return the converter for live values, with the e-mail addresses that identify owners."""
        directory = self.resolver(schema, SourceFiles(()), stand_ins).owners
        emails: dict[str, str] = {}
        for owner in self.owners:
            try:
                if owner.email and directory.id_of(owner.email, {owner.id}) == owner.id:
                    emails.setdefault(owner.id, owner.email)
            except WrongValue:
                continue
        return Wording(schema, emails)


def owner_names(importing: Importing, names: Iterable[str]) -> tuple[str, ...]:
    """Return those properties in ``names`` whose values are owners."""
    return tuple(name for name in names if importing.schema.properties[name].kind in _OWNERS)


def owners_for(importing: Importing, names: Iterable[str]) -> OwnersKnown:
    """Read all owners, also archived ones, if a property in ``names`` has owners as values."""
    if not owner_names(importing, names):
        return OwnersKnown()
    try:
        return OwnersKnown(read_owners(importing.reader, ["somebody who has left"]))
    except NotAllowed:
        return OwnersKnown(may_be_read=False)


def written_records(
    importing: Importing,
    wording: Wording,
    records: Iterable[KeptRecord],
    names: Sequence[str],
    associations: Mapping[RecordId, Mapping[str, Sequence[WrittenAssociation]]],
) -> Iterator[WrittenRecord]:
    """Convert records to manifest records with the properties ``names``."""
    properties = importing.schema.properties
    by_pipeline = (importing.schema.pipeline_and_stage or ("",))[0]
    shared = importing.existing.shared if importing.existing else {}
    for record in records:
        pipeline = record.values.get(by_pipeline)
        values = {
            name: wording.written(properties[name], record.values[name], pipeline)
            for name in names
            if name in record.values
        }
        unmanaged = tuple(
            name
            for name, value in shared.items()
            if name not in values and value != _said(wording, properties, name, record)
        )
        said = {name: value for name, value in values.items() if name not in shared or value != shared[name]}
        yield WrittenRecord(record.key or "", said, unmanaged, associations.get(record.id, {}))


def _said(
    wording: Wording, properties: Mapping[str, PropertyDef], name: str, record: KeptRecord
) -> ManifestValue:
    live = record.values.get(name)
    return wording.written(properties[name], live) if live is not None and name in properties else None
