"""What is sent to HubSpot: the calls, the way a change travels, and one row of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BATCH_SIZE = 100
"""Inputs in one call. Source: https://developers.hubspot.com/docs/guides/api/crm/objects/companies."""


class Call(StrEnum):
    """HubSpot's batch call that carries a change."""

    UPSERT = "batch/upsert"
    UPDATE = "batch/update"
    CREATE = "batch/create"  # only for types without upsert
    ARCHIVE = "batch/archive"


@dataclass(frozen=True, slots=True)
class Route:
    """How a change travels."""

    call: Call
    id_property: str | None  # the unique property that ``Row.id`` is a value of; None: it is the record id


@dataclass(frozen=True, slots=True)
class Row:
    """One input of a batch."""

    trace_id: str  # joins the answer to the question; unique within its batch
    id: str  # value of the route's ``id_property``, or the record id
    properties: Mapping[str, str]  # only what is to be written; "" clears
