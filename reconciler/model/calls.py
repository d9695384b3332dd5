"""What is sent to HubSpot: the calls, the way a change travels, and one row of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BATCH_SIZE = 100
"""Records in one call. Source: https://developers.hubspot.com/docs/guides/api/crm/objects/companies."""

PAIRS_MADE = 2000
"""Associations made by one call.
Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide."""

PAIRS_REMOVED = 500
"""Associations removed by one call; HubSpot states no limit, and this is well below its others."""

PAIRS_READ = 1000
"""Records whose associations one call reads, before others are made or removed.
Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide."""


class Call(StrEnum):
    """HubSpot's batch call that carries a change."""

    UPSERT = "batch/upsert"
    UPDATE = "batch/update"
    CREATE = "batch/create"  # only for types without upsert
    ARCHIVE = "batch/archive"
    ASSOCIATE = "associations/batch/create"  # with a label
    ASSOCIATE_PLAIN = "associations/batch/associate/default"
    DISSOCIATE = "associations/batch/archive"  # whatever there is between two records
    UNLABEL = "associations/batch/labels/archive"  # one label; the plain association stays


_SIZES = {
    Call.ASSOCIATE: PAIRS_MADE,
    Call.ASSOCIATE_PLAIN: PAIRS_MADE,
    Call.DISSOCIATE: PAIRS_REMOVED,
    Call.UNLABEL: PAIRS_REMOVED,
}


def inputs_of(call: Call) -> int:
    """How many inputs one such call takes."""
    return _SIZES.get(call, BATCH_SIZE)


@dataclass(frozen=True, slots=True)
class Operation:
    """The call that carries a change, and by which property it recognises records."""

    call: Call
    id_property: str | None  # the unique property that ``Row.id`` is a value of; None: it is the record id


@dataclass(frozen=True, slots=True)
class Row:
    """One input of a batch."""

    trace_id: str  # joins the answer to the question; unique within its batch
    id: str  # value of the operation's ``id_property``, or the record id
    properties: Mapping[str, str]  # only what is to be written; "" clears
