"""Describing live records that no manifest names: their names, their authors, and their dates."""

from collections.abc import Sequence

from reconciler.hubspot.portal.users import Users
from reconciler.model.imports import UnnamedRecord
from reconciler.reconcile.import_checkpoint import KeptRecord
from reconciler.reconcile.import_records import Importing

_USER, _SOURCE = "hs_created_by_user_id", "hs_object_source_label"
CREATED_BY = (_USER, _SOURCE)
"""The properties for the person or source that created a record."""


def describe_unnamed(importing: Importing, records: Sequence[KeptRecord]) -> tuple[UnnamedRecord, ...]:
    """Describe ``records``, in order; names of users are looked up if the token may read them."""
    users = Users(importing.reader)
    users.load(record.values[_USER] for record in records if _USER in record.values)
    return tuple(
        UnnamedRecord(
            id=record.id,
            key=record.key,
            name=importing.title_of(record),
            link=importing.link_to(record.id),
            created_at=record.created_at,
            created_by=_author(users, record),
        )
        for record in records
    )


def _author(users: Users, record: KeptRecord) -> str | None:
    source, user_id = record.values.get(_SOURCE), record.values.get(_USER)
    return users.name_of(user_id, source) if user_id else source
