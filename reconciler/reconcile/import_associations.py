"""Reading the associations of imported records as manifest entries, by keys of the other records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from reconciler.errors import UsageError
from reconciler.hubspot.associations.read import read_labels, read_pairs
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.manifest.write import WrittenAssociation
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired
from reconciler.model.labels import Label
from reconciler.reconcile.find_keys import read_schema
from reconciler.reconcile.import_records import Importing


@dataclass(frozen=True, slots=True)
class FoundAssociations:
    """The associations of imported records, as entries of ``$associations``."""

    entries: Mapping[RecordId, Mapping[str, Sequence[WrittenAssociation]]]
    counts: Mapping[str, int]  # number of entries, by object type
    unnamed: Mapping[str, int]  # number of associated records without a key, by object type


def read_associations(
    importing: Importing, portal_id: int, types: Iterable[str], ids: Sequence[RecordId], desired: Desired
) -> FoundAssociations:
    """Read the associations of records with records of other types.

    Raises:
        UsageError: the portal has no such type, or the key property of its records is unknown.
        HubSpotError: the portal cannot be read.
    """
    entries: dict[RecordId, dict[str, Sequence[WrittenAssociation]]] = {}
    counts: dict[str, int] = {}
    unnamed: dict[str, int] = {}
    for written in dict.fromkeys(types):
        portal, other = read_schema(importing.reader, portal_id, written)
        named = desired.renamed({name: known.name for name, known in portal.objects.items()})
        by, is_said = _key_of_targets(importing, other, named)
        pairs = read_pairs(importing.reader, importing.schema, other, ids)
        targets = sorted({target for found in pairs.values() for target in found})
        keys = _keys_of(importing.reader, other, by, targets)
        sayable = _sayable(read_labels(importing.reader, importing.schema, other))
        unnamed[other.name] = sum(target not in keys for target in targets)
        counts[other.name] = 0
        for record_id, found in pairs.items():
            said = sorted(
                WrittenAssociation(keys[target], "" if is_said else by, text)
                for target, labels in found.items()
                if target in keys
                for text in sorted(label.text for label in labels & sayable) or [""]
            )
            if said:
                entries.setdefault(record_id, {})[other.name] = said
                counts[other.name] += len(said)
    return FoundAssociations(entries, counts, unnamed)


def _sayable(labels: Sequence[Label]) -> frozenset[Label]:
    """Return the labels whose text no other label has.

    "Primary" is left out, because HubSpot itself decides which association has this label.
    """
    texts = [label.text.casefold() for label in labels]
    return frozenset(
        label for label in labels if texts.count(label.text.casefold()) == 1 and not label.is_flag
    )


def _key_of_targets(importing: Importing, other: ObjectSchema, desired: Desired) -> tuple[str, bool]:
    """Return the key property for records of another type, and whether entries may leave ``by`` out."""
    if other.name == importing.schema.name:
        return importing.key, True
    named = [group.key for group in desired.groups if group.object == other.name and group.key != RECORD_ID]
    if named:
        return named[0], True
    if other.default_key and other.default_key in other.properties:
        return other.default_key, True
    usable = other.advisable_keys()
    if len(usable) == 1:
        return usable[0], False
    raise UsageError(
        f"the key property of {other.name} is unknown\n    import {other.name} first, with --key"
    )


def _keys_of(
    reader: PortalReader, schema: ObjectSchema, by: str, ids: Sequence[RecordId]
) -> Mapping[RecordId, str]:
    """Return the key of each record in ``ids`` that has one."""
    if by == RECORD_ID:
        return {record_id: record_id for record_id in ids}
    keys: dict[RecordId, str] = {}
    chunks = in_chunks(iter(ids), BATCH_SIZE)
    for _, live in read_ahead(reader, schema, RECORD_ID, chunks, partial(_asking_for, by)):
        for record in live.values():
            key = record.properties.get(by)
            if key:
                keys[record.id] = key
    return keys


def _asking_for(by: str, ids: Sequence[RecordId]) -> tuple[Sequence[str], Sequence[str]]:
    return ids, [by]
