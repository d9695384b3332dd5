"""Owned records and definitions as text: for moving, inspecting and repairing a state. Pure.

There is one record or definition per line, and everything is sorted, so that ``diff`` can compare exports.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.errors import StateError
from reconciler.json_values import json_text
from reconciler.model.addresses import ThingAddress
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired_records import PruneRule
from reconciler.model.owned import OwnedThing, StateVersion
from reconciler.model.references import RecordIdentity

EXPORT_VERSION = 3


@dataclass(frozen=True, slots=True)
class Export:
    """The contents of an exported state."""

    portal_id: int
    version: StateVersion
    prune_rules: tuple[PruneRule, ...]
    owned: Iterable[OwnedThing]  # can be iterated several times, like ``pairs``, and need not fit into memory
    pairs: Iterable[OwnedAssociation] = ()
    project: str | None = None  # project of the state; None if it has no name


def export_lines(
    portal_id: int,
    version: StateVersion,
    prune_rules: Iterable[PruneRule],
    records: Iterable[OwnedThing],
    pairs: Iterable[OwnedAssociation] = (),
    *,
    project: str | None = None,
) -> Iterator[str]:
    """Yield an exported state as a JSON document, line by line.

    Rules and records must already be sorted by object type, key property and key.
    """
    yield f'{{"lineage":{json_text(version.lineage)},\n"owned":['
    separator = "\n"
    for record in records:
        yield separator + json_text(
            {
                "object": record.key.object,
                "by": record.key.by,
                "key": record.key.value,
                "record_id": record.record_id,
                "origin": str(record.origin),
                "sent": dict(record.sent),
                "answered": dict(record.answered),
                "protected": record.is_protected,
            }
        )
        separator = ",\n"
    yield '\n],\n"pairs":['
    separator = "\n"
    for pair in pairs:
        yield separator + json_text(_exported_pair(pair))
        separator = ",\n"
    yield f'\n],\n"portal_id":{portal_id},\n'
    yield f'"project":{json_text(project)},\n' if project else ""
    yield '"prune_rules":['
    separator = "\n"
    for rule in prune_rules:
        yield separator + json_text({"object": rule.object, "by": rule.by, "prune": str(rule.prune)})
        separator = ",\n"
    yield f'\n],\n"serial":{version.serial},\n"version":{EXPORT_VERSION}}}\n'


def _exported_pair(pair: OwnedAssociation) -> dict[str, object]:
    label = pair.label
    return {
        "object": pair.source.address.object,
        "by": pair.source.address.by,
        "key": pair.source.address.value,
        "record_id": pair.source.id,
        "target": {
            "object": pair.target.address.object,
            "by": pair.target.address.by,
            "key": pair.target.address.value,
        },
        "target_id": pair.target.id,
        "label": label and {"category": label.category, "text": label.text, "type_id": label.type_id},
        "origin": str(pair.origin),
        "whole": pair.is_whole,
    }


def imported_version(portal_id: int, present: StateVersion, export: Export) -> StateVersion:
    """Return lineage and serial that a state has after ``export`` is imported into it.

    Raises:
        StateError: the export is of another portal, or of another lineage.
    """
    if export.portal_id != portal_id:
        raise StateError(
            f"this state was exported from portal {export.portal_id}, not {portal_id}: choose the "
            f"environment of portal {export.portal_id}"
        )
    if present.lineage is None:
        return export.version
    if export.version.lineage != present.lineage:
        raise StateError(
            f"the exported state has lineage {export.version.brief.lineage}, but the present state has "
            f"lineage {present.brief.lineage}: "
            "import the exported state into a new database, or export the present state and edit that export"
        )
    return StateVersion(present.lineage, max(present.serial, export.version.serial) + 1)


def named_twice(export: Export) -> StateError:
    """Return the error about a record with two entries in ``export``.

    To find it, all ids are kept in memory.
    """
    seen: dict[RecordIdentity, ThingAddress] = {}
    for record in export.owned:
        first = seen.setdefault(RecordIdentity(record.key.object, record.record_id), record.key)
        if first != record.key:
            return StateError(
                f"this exported state contains record {record.record_id} of {record.key.object} twice, as "
                f"{first.text} and as {record.key.text}: keep one of them"
            )
    raise ValueError("called for an export in which no record has two entries")
