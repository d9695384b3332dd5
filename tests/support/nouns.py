"""Short functions that build the values of the domain."""

from collections.abc import Mapping
from typing import Any

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.definitions import (
    Account,
    Kind,
    ObjectSchema,
    Option,
    Pipeline,
    PipelineStage,
    PortalSchema,
    PropertyDef,
)
from reconciler.model.desired_records import DesiredRecord, Document, ManifestValue, Ownership, Write
from reconciler.model.live import LiveRecord
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.source import Place, SourceFiles, place_of

FILES = SourceFiles(("companies.yaml",))


def at(line: int, column: int = 1) -> Place:
    """Build a place in the only file."""
    return place_of(0, line, column)


def document(
    object_name: str = "companies",
    key: str = "external_id",
    write: Write = Write.AUTO,
    ownership: Mapping[str, Ownership] | None = None,
) -> Document:
    return Document(object_name, key, write, ownership or {}, at(1))


def desired(key: str, values: Mapping[str, ManifestValue], within: Document | None = None) -> DesiredRecord:
    """Build a record at line 10, with its values on the lines below, in order of name."""
    names = tuple(sorted(values))
    return DesiredRecord(
        key=key,
        names=names,
        values=tuple(values[name] for name in names),
        places=tuple(at(11 + index, 7) for index in range(len(names))),
        place=at(10, 3),
        document=within or document(),
    )


def live(record_id: str, properties: Mapping[str, str | None]) -> LiveRecord:
    return LiveRecord(RecordId(record_id), properties)


def owned(
    key: str,
    record_id: str,
    sent: Mapping[str, str | None],
    answered: Mapping[str, str | None] | None = None,
    origin: Origin = Origin.CREATED,
) -> OwnedRecord:
    return OwnedRecord(
        RecordAddress("companies", "external_id", key), RecordId(record_id), origin, sent, answered or {}
    )


def definition(name: str, kind: Kind = Kind.TEXT, *options: str, **flags: Any) -> PropertyDef:
    """Build a property whose options have their upper-case value as label."""
    return PropertyDef(name, name.title(), kind, tuple(Option(o, o.upper()) for o in options), **flags)


COMPANIES = ObjectSchema(
    name="companies",
    path="companies",
    properties={
        prop.name: prop
        for prop in (
            definition("external_id", is_unique=True),
            definition("name"),
            definition("phone", Kind.PHONE),
            definition("annualrevenue", Kind.NUMBER),
            definition("is_public", Kind.BOOLEAN),
            definition("founded_on", Kind.DATE),
            definition("closed_at", Kind.DATETIME),
            definition("industry", Kind.CHOICE, "SENSORS", "PRINTING"),
            definition("tier", Kind.CHOICE, "gold", "silver"),
            definition("product_lines", Kind.CHOICES, "PRINT", "CLOUD", "EDGE"),
            definition("hubspot_owner_id", Kind.OWNER),
            definition("extra", Kind.JSON),
            definition("pipeline", Kind.PIPELINE),
            definition("stage", Kind.STAGE),
            definition("createdate", Kind.DATETIME, is_read_only=True),
            definition("hs_num_deals", Kind.NUMBER, is_calculated=True),
        )
    },
    pipelines=(
        Pipeline("p1", "Sales", (PipelineStage("s1", "New"), PipelineStage("s2", "Won"))),
        Pipeline("p2", "Renewals", (PipelineStage("s3", "New"), PipelineStage("s4", "Renewed"))),
    ),
    required=("name",),
)

PORTAL = PortalSchema(Account(1000000, "SANDBOX"), "v3", {"companies": COMPANIES})
