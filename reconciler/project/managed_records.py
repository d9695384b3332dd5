"""The records of one object type in the manifests, for comparing them with live records."""

from collections.abc import Collection, Iterable, Iterator

from reconciler.model.addresses import RECORD_ID
from reconciler.model.canonical import canonical
from reconciler.model.desired import Desired
from reconciler.reconcile.import_checkpoint import KeptRecord
from reconciler.reconcile.import_records import Importing


def managed_keys(
    desired: Desired, importing: Importing, written: str, replaced: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield key property and key of every record that manifests name, except those in ``replaced`` files.

    ``written`` is the name of the type as the user wrote it.
    """
    names = {importing.schema.name, importing.schema.path, written}
    for group in desired.groups:
        for record in group.records if group.object in names else ():
            if desired.files.ref(record.place).file not in replaced:
                yield group.key, record.key


class ManagedRecords:
    """The record ids and the keys by which manifests name records of one object type."""

    def __init__(self, importing: Importing, keys: Iterable[tuple[str, str]]) -> None:
        self._kind = kind = importing.schema.kind_of(importing.key)
        self._secondary = importing.secondary_key
        self._ids: set[str] = set()
        self._spellings: set[str] = set()
        for by, key in keys:
            if by == RECORD_ID:
                self._ids.add(key)
            elif by == importing.key:
                self._spellings.add(canonical(kind, key) or "")

    def __bool__(self) -> bool:
        return bool(self._ids or self._spellings)

    def name_by_id(self, record: KeptRecord) -> bool:
        """Return whether manifests name the record by its record id."""
        return record.id in self._ids

    def name(self, record: KeptRecord) -> bool:
        """Return whether manifests name the record: by id, by key, or by another e-mail address."""
        if self.name_by_id(record) or record.spelling in self._spellings:
            return True
        others = (record.values.get(self._secondary) or "").split(";") if self._secondary else ()
        return any(canonical(self._kind, text) in self._spellings for text in others if text)
