"""Merging the documents of one environment into groups of records; later folders override earlier ones."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge
from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.manifest.documents import ManifestDocument
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.desired import DesiredGroup, ListedRecords, MergedRecords, Records
from reconciler.model.desired_records import (
    NO_DIRECTIVES,
    DesiredAssociation,
    DesiredRecord,
    Document,
    ManifestValue,
    Ownership,
    Prune,
    RecordDirectives,
)
from reconciler.model.object_references import GroupKey
from reconciler.sentences import sentence
from reconciler.source import Place, SourceFiles

if TYPE_CHECKING:
    from reconciler.manifest.tables.table import Table

Layer = Sequence[ManifestDocument]
"""The documents of one folder, in order of file and line."""


def merge_layers(
    layers: Sequence[Layer], files: SourceFiles
) -> tuple[tuple[DesiredGroup, ...], tuple[Problem, ...]]:
    """Merge the folders; later folders override earlier ones, property by property.

    Returns:
        the groups, sorted by object type and key, and all problems found in comparing documents.
    """
    merger = _Merger(files)
    layers = [[document for document in layer if document.has_records] for layer in layers]
    for layer in layers:
        merger.add(layer)
    pruning, disagreeing = _pruning(layers, files)
    groups = tuple(
        DesiredGroup(
            *group,
            records=merger.records_of(group),
            documents=tuple(merger.documents[group]),
            prune=pruning[group],
        )
        for group in sorted(merger.records)
    )
    kept = _kept_old_keys(groups, merger.records, files)
    return groups, (*_disagreeing_keys(layers, files), *disagreeing, *kept, *merger.problems)


def _pruning(layers: Sequence[Layer], files: SourceFiles) -> tuple[Mapping[GroupKey, Prune], list[Problem]]:
    """Find the ``prune`` setting of each group; documents that set it must agree."""
    said: dict[GroupKey, ManifestDocument] = {}
    rules: dict[GroupKey, Prune] = {}
    problems: list[Problem] = []
    for document in (document for layer in layers for document in layer):
        group = document.document.group
        rules.setdefault(group, Prune.OFF)
        if document.prune is None:
            continue
        first = said.setdefault(group, document)
        rules[group] = document.prune
        if first.prune is not document.prune:
            where = files.ref(first.document.place)
            message = f"`prune: {document.prune}` here, and `prune: {first.prune}` in {where}"
            advice = "documents about one object type and key must have the same `prune:`"
            problems.append(Problem(message, advice, files.ref(document.document.place)))
    return rules, problems


def _kept_old_keys(
    groups: Iterable[DesiredGroup],
    written: Mapping[GroupKey, Mapping[str, DesiredRecord]],
    files: SourceFiles,
) -> Iterator[Problem]:
    """Report records whose old key (``$renamed_from``) another line still names.

    That line would create a new record under the old key, so the portal would have a record for each key.
    """
    for group in groups:
        for record in written[group.group].values():
            old = record.special.renamed_from
            other = group.records.find(old) if old and old != record.key else None
            if other is None or other.special.is_absent:
                continue
            where = str(files.ref(other.place))
            message = sentence(
                "{record} is renamed, but another line still has the old key: {where}",
                record=record.address.display,
                where=where,
            )
            advice = (
                "remove `$renamed_from`, or remove the other line from the manifests; if that line means a "
                "new record that should get the old key, add it again after the new key was applied"
            )
            yield Problem(message, advice, files.ref(record.place), record.address.text)


def _disagreeing_keys(layers: Sequence[Layer], files: SourceFiles) -> Iterator[Problem]:
    """Report object types with several key properties, besides the record id."""
    first: dict[str, ManifestDocument] = {}
    documents = [document for layer in layers for document in layer if document.document.key != RECORD_ID]
    for document in sorted(documents, key=lambda document: document.key_place):
        object_name, key = document.document.object, document.document.key
        earlier = first.setdefault(object_name, document)
        if earlier.document.key != key:
            where = files.ref(earlier.key_place)
            message = (
                f'{object_name} are recognised by "{key}" here and by "{earlier.document.key}" in {where}'
            )
            yield Problem(message, "use one key property for all of them", files.ref(document.key_place))


class _Merger:
    """Merges one folder after the other."""

    def __init__(self, files: SourceFiles) -> None:
        self.records: dict[GroupKey, dict[str, DesiredRecord]] = {}  # by group, then key
        self.documents: dict[GroupKey, list[Document]] = {}
        self.tables: dict[GroupKey, list[Table]] = {}
        self.problems: list[Problem] = []
        self._files = files
        # merged documents, by the ``id()`` of the earlier and of the later document
        self._documents: dict[tuple[int, int], Document] = {}
        # shared by merged records with the same names
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, layer: Layer) -> None:
        """Add the documents of one folder; a record may be declared only once in it."""
        declared: dict[GroupKey, dict[str, DesiredRecord]] = {}
        for document in layer:
            group = document.document.group
            self.documents.setdefault(group, []).append(document.document)
            if document.table is not None:
                self.tables.setdefault(group, []).append(document.table)
            here = declared.setdefault(group, {})
            earlier = self.records.get(group, {})
            for record in document.records:
                if record.key in here:
                    self._report_twice(here[record.key], record)
                elif earlier or document.unmanaged:
                    here[record.key] = self._override(earlier.get(record.key), record, document)
                else:
                    here[record.key] = record
        for group, records in declared.items():
            self.records.setdefault(group, {}).update(records)

    def records_of(self, group: GroupKey) -> Records:
        """Return all records of a group. Report a record in a table if a second place declares it."""
        records = self.records[group]
        written = ListedRecords(tuple(records[value] for value in sorted(records)))
        tables = self.tables.get(group, [])
        if not tables:
            return written
        if len(tables) == 1 and not records:
            return tables[0]
        keys = (((record.key, record.place) for record in written), *(table.keys() for table in tables))
        before: tuple[str, Place] | None = None
        for key, place in merge(*keys):
            if before and before[0] == key:
                self._report_in_table(RecordAddress(*group, key), place, before[1])
            before = key, place
        return MergedRecords((written, *tables))

    def _report_in_table(self, key: RecordAddress, place: Place, first: Place) -> None:
        message = sentence(
            "{record} is declared twice: here and in {where}",
            record=key.display,
            where=str(self._files.ref(first)),
        )
        advice = "keep one of the two: a row of a table cannot be merged with another declaration"
        self.problems.append(Problem(message, advice, self._files.ref(place), key.text))

    def _override(
        self, earlier: DesiredRecord | None, record: DesiredRecord, document: ManifestDocument
    ) -> DesiredRecord:
        unmanaged = document.unmanaged.get(record.key, {})
        known = document.shared.union(earlier.names if earlier else ())
        for name, place in unmanaged.items():
            if name not in known:
                message = f'"{name}" is not set by `all`, nor by an earlier folder'
                source = self._files.ref(place)
                self.problems.append(Problem(message, "remove it", source, record.address.text))
        if earlier is None:
            return record
        parts = {name: part for name, part in _parts(earlier) if name not in unmanaged} | dict(_parts(record))
        names = tuple(sorted(parts))
        return DesiredRecord(
            key=record.key,
            names=self._names.setdefault(names, names),
            values=tuple(parts[name][0] for name in names),
            places=tuple(parts[name][1] for name in names),
            place=record.place,
            document=self._merged(earlier.document, document),
            special=_special(earlier.special, record.special),
            associations=_associations(earlier, record, document.associated.get(record.key, ())),
        )

    def _merged(self, earlier: Document, later: ManifestDocument) -> Document:
        known = self._documents.get((id(earlier), id(later)))
        if known is None:
            ownership = {**earlier.ownership, **later.ownership}
            known = self._documents[id(earlier), id(later)] = replace(
                later.document,
                write=later.write or earlier.write,
                ownership={
                    name: owner for name, owner in ownership.items() if owner is not Ownership.ENFORCE
                },
            )
        return known

    def _report_twice(self, first: DesiredRecord, second: DesiredRecord) -> None:
        key = second.address
        message = sentence(
            "{record} is declared twice in this folder: also in {where}",
            record=key.display,
            where=str(self._files.ref(first.place)),
        )
        source = self._files.ref(second.place)
        advice = "keep one, or move one to a folder that overrides this folder"
        self.problems.append(Problem(message, advice, source, key.text))


def _associations(
    earlier: DesiredRecord, record: DesiredRecord, listed: Collection[str]
) -> tuple[DesiredAssociation, ...]:
    """Merge associations: for each object type, the list of the later folder replaces the earlier one."""
    if record.special.is_absent:
        return ()
    kept = (wanted for wanted in earlier.associations if wanted.object not in listed)
    return tuple(sorted((*kept, *record.associations), key=lambda wanted: wanted.object))


def _special(earlier: RecordDirectives, later: RecordDirectives) -> RecordDirectives:
    """Merge ``$`` keys one by one; ``$absent`` is taken only from the last folder that names the record."""
    if earlier is NO_DIRECTIVES or later.is_absent:
        return later
    protect = earlier.protect if later.protect is None else later.protect
    both = RecordDirectives(protect=protect, renamed_from=later.renamed_from or earlier.renamed_from)
    return NO_DIRECTIVES if both == NO_DIRECTIVES else both


def _parts(record: DesiredRecord) -> Iterator[tuple[str, tuple[ManifestValue, Place]]]:
    return zip(record.names, zip(record.values, record.places, strict=True), strict=True)
