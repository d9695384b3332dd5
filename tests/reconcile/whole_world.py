"""Whole small worlds: manifests for two environments, a portal of contacts, and a state, in any combination.

A world has no history: its state says whatever earlier runs may have left, and people may have changed
everything in the portal since.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired_records import Drift, Prune, PruneRule
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.model.selection import Selection, glob_of
from reconciler.state.export_format import Export
from tests.support.projects import PORTAL

Ends: TypeAlias = tuple[RecordId, RecordId]

OBJECT: Final = "contacts"
EMAIL, NUMBER, SECOND, SCORE = "email", "erp_no", "hs_additional_emails", "score"
KEYS: Final = (EMAIL, NUMBER)
HERE, THERE = "here", "there"
INVERSE: Final = {"Friend": "Friend", "Manager": "Employee", "Employee": "Manager"}
LABELS: Final = {"Friend": 1, "Manager": 2, "Employee": 3}
"""HubSpot's numbers of the labels, in the order of the seed."""
_PROPERTY = {"groupName": "contactinformation", "fieldType": "text"}
SEED: Final[Mapping[str, Any]] = {
    "version": 1,
    "properties": {
        OBJECT: [
            _PROPERTY | {"name": NUMBER, "label": "Number", "type": "string", "hasUniqueValue": True},
            _PROPERTY | {"name": SCORE, "label": "Score", "type": "number", "fieldType": "number"},
        ]
    },
    "association_labels": [
        {"from": OBJECT, "to": OBJECT, "label": "Friend"},
        {"from": OBJECT, "to": OBJECT, "label": "Manager", "name": "manager", "inverseLabel": "Employee"},
    ],
}


@dataclass(frozen=True)
class Target:
    """A contact to associate, as a line names it."""

    by: str
    value: str
    label: str | None = None

    def as_json(self) -> Mapping[str, str]:
        said = {"by": self.by, "to": self.value}
        return said | {"label": self.label} if self.label else said


@dataclass(frozen=True)
class Line:
    """One record in a manifest.

    Attributes:
        where: the environment of its document.
        by: the key property of its document.
        values: the values of other properties; None clears.
        label: the text of the label, as seen from this record.
    """

    by: str
    key: str
    values: tuple[tuple[str, str | None], ...] = ()
    is_absent: bool = False
    renamed_from: str | None = None
    targets: tuple[Target, ...] = ()
    where: str = HERE

    @property
    def keys(self) -> tuple[str, ...]:
        """The key and the previous key, each of which may be the present one."""
        return (self.key, self.renamed_from) if self.renamed_from else (self.key,)

    @property
    def address(self) -> str:
        """The address of the record."""
        return f"{OBJECT}/{'=' if self.by == 'record_id' else ''}{self.key}"

    def as_json(self) -> Mapping[str, Any]:
        if self.is_absent:
            return {"$absent": True}
        said: dict[str, Any] = dict(self.values)
        if self.renamed_from:
            said["$renamed_from"] = self.renamed_from
        if self.targets:
            said["$associations"] = {OBJECT: [target.as_json() for target in self.targets]}
        return said


@dataclass(frozen=True)
class World:
    """Everything that a plan depends on."""

    lines: tuple[Line, ...]
    live: Mapping[RecordId, Mapping[str, str]]
    labels: Mapping[
        Ends, frozenset[str]
    ]  # live associations by sorted ids; labels as the first one sees them
    entries: tuple[OwnedRecord, ...] = ()
    pairs: tuple[OwnedAssociation, ...] = ()
    prune: Prune = Prune.OFF
    drift: Drift = Drift.REVERT
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recreate: tuple[str, ...] = ()
    skips_invalid: bool = False

    @cached_property
    def here(self) -> tuple[Line, ...]:
        """The lines for this environment."""
        return tuple(line for line in self.lines if line.where == HERE)

    @cached_property
    def there(self) -> tuple[Line, ...]:
        """The lines for the other environment, without the keys that lines for this environment have."""
        here = {(line.by, line.key) for line in self.here}
        found: list[Line] = []
        for line in self.lines:
            keys = [key for key in line.keys if (line.by, key) not in here]
            if line.where == THERE and keys:
                found.append(replace(line, key=keys[0], renamed_from=keys[1] if keys[1:] else None))
        return tuple(found)

    @property
    def selection(self) -> Selection:
        """The part of the manifests to plan."""
        return Selection(tuple(map(glob_of, self.target)), tuple(map(glob_of, self.exclude)))

    def entry_of(self, record_id: RecordId) -> OwnedRecord | None:
        """Return the entry in state of a record."""
        return next((entry for entry in self.entries if entry.record_id == record_id), None)

    def documents(self) -> Iterator[str]:
        """Return the documents of the manifests as YAML, one for each key property and environment."""
        for where in (HERE, THERE):
            for by in (*KEYS, "record_id"):
                records = {
                    line.key: line.as_json() for line in self.lines if (line.where, line.by) == (where, by)
                }
                head: dict[str, Any] = {"object": OBJECT, "key": by}
                head |= {"prune": _PRUNE[self.prune]} if by in KEYS else {}
                if where == THERE or by == "record_id":
                    head["environments"] = [where]
                if records:
                    yield json.dumps(head | {"records": records})

    def seed(self) -> Mapping[str, Any]:
        """Return the contents of the portal without its associations."""
        records = [{"id": record_id, "properties": dict(held)} for record_id, held in self.live.items()]
        return {**SEED, "records": {OBJECT: records}}

    def export(self) -> Export:
        """Return the contents of the state."""
        rules = tuple(PruneRule(OBJECT, by, self.prune) for by in KEYS)
        return Export(PORTAL, StateVersion("lineage", 1), rules, self.entries, self.pairs)


_PRUNE: Final = {Prune.OFF: False, Prune.OURS: True, Prune.ALL: "all"}


def lines_as_text(lines: Sequence[Line]) -> str:
    """Return lines for the messages of failures."""
    return "\n".join(map(str, lines))
