"""Finding, while records are copied, unique values that a plan writes and other records have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import Problem, Severity
from reconciler.manifest.load import in_order
from reconciler.model.addresses import RECORD_ID
from reconciler.model.definitions import ObjectSchema
from reconciler.model.object_types import object_type
from reconciler.plan.change import Action, Change
from reconciler.plan.records.unique_values import Claim, Value, claims, value_of


@dataclass(slots=True)
class Collisions:
    """Compares copied records with the unique values that changes write."""

    objects: Mapping[str, ObjectSchema]
    changes: Sequence[Change]
    _claims: dict[Value, tuple[Claim, Change]] = field(default_factory=dict)
    # a unique value that a change replaces, and the id of the record that has this value
    _given_up: set[tuple[Value, str]] = field(default_factory=set)
    _ours: set[tuple[str, str]] = field(default_factory=set)  # records that the plan changes: type and id
    _found: dict[tuple[Value, str], Problem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the unique values that the changes write, and the unique values that they replace."""
        for change in self.changes:
            if not change.address.records or change.object_type not in self.objects:
                continue
            for claim in claims([change], self.objects):
                self._claims.setdefault(claim.value, (claim, change))
            if change.remote.id is not None:
                self._ours.add((change.object_type, change.remote.id))
                self._given_up |= {(value, change.remote.id) for value in self._freed(change)}

    def _freed(self, change: Change) -> Iterator[Value]:
        schema = self.objects[change.object_type]
        for value in change.values:
            if change.action is Action.UPDATE and value.before and schema.can_identify(value.name):
                yield value_of(schema, value.name, value.before)

    def look_at(self, schema: ObjectSchema, by: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Check live records that were read by the unique property ``by``."""
        if by == RECORD_ID or not self._claims:
            return
        second = object_type(schema.name).secondary_keys.get(by)
        for record in records:
            texts = [record["properties"].get(by) or ""]
            texts += (record["properties"].get(second) or "").split(";") if second else []
            for text in filter(None, texts):
                self._compare(value_of(schema, by, text), record)

    def among_archived(
        self, schema: ObjectSchema, records: Iterable[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Check archived records of a type; return those that have a unique value which the plan writes."""
        names = {name for of, name, _ in self._claims if of == schema.name}
        found: list[Mapping[str, Any]] = []
        for record in records:
            texts = [(name, record["properties"].get(name)) for name in sorted(names)]
            values = [value_of(schema, name, text) for name, text in texts if text]
            for value in values:
                self._compare(value, {**record, "archived": True})
            if any(value in self._claims for value in values):
                found.append({**record, "archived": True})
        return found

    def _compare(self, value: Value, record: Mapping[str, Any]) -> None:
        if value not in self._claims:
            return
        claim, change = self._claims[value]
        holder = str(record["id"])
        is_archived = bool(record.get("archived"))
        if holder == change.remote.id or (value, holder) in self._given_up:
            return
        self._found[value, holder] = self._problem(claim, change, holder, is_archived=is_archived)

    def _problem(self, claim: Claim, change: Change, holder: str, *, is_archived: bool) -> Problem:
        source = (claim.written and claim.written.source) or change.source
        is_key = claim.name == change.record.by
        address = change.record.text if is_key else change.record.property_address(claim.name)
        if is_archived:
            message = f"archived record {holder} has the same {claim.name}"
            advice = "HubSpot may refuse the value, or restore that record; HubSpot does not document this"
            return Problem(message, advice, source, address, Severity.WARNING)
        whose = "" if (change.object_type, holder) in self._ours else ", which this plan does not name,"
        message = (
            f"record {holder}{whose} has the same {claim.name}, but in HubSpot this value must be unique"
        )
        return Problem(message, "correct one of the two, here or in HubSpot", source, address)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems about all collisions, sorted by file and line."""
        return in_order(self._found.values())
