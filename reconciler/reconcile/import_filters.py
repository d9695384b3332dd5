"""Filters of imports: PROPERTY=VALUE, PROPERTY!=VALUE, PROPERTY (it has a value), !PROPERTY."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.plan.values.equality import same_value
from reconciler.suggestions import did_you_mean

_FILTER = re.compile(r"(?P<none>!?)(?P<name>[A-Za-z0-9_]+)(?:(?P<sign>!?=)(?P<value>.*))?", re.DOTALL)
_MANY = frozenset({Kind.CHOICES, Kind.OWNERS})


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a property of a record."""

    definition: PropertyDef
    values: tuple[str, ...]  # live texts that match, before negation; empty: any value
    is_negated: bool

    def holds(self, properties: Mapping[str, str | None]) -> bool:
        """Return whether a record with these live values fulfils the condition."""
        live = properties.get(self.definition.name)
        return self._is_met(live) is not self.is_negated

    def _is_met(self, live: str | None) -> bool:
        if not self.values:
            return live is not None
        if live is None:
            return False
        kind = self.definition.kind
        if kind in _MANY and any(value in live.split(";") for value in self.values):
            return True
        return any(same_value(kind, live, value) for value in self.values)


def read_filters(
    texts: Iterable[str], schema: ObjectSchema, owner_ids: Callable[[str], Sequence[str]]
) -> tuple[Filter, ...]:
    """Parse filters on properties of a type; values may be labels, or e-mail addresses of owners.

    ``owner_ids`` returns the ids of the owners with a given e-mail address.

    Raises:
        UsageError: a text is not a filter, or its property does not exist.
    """
    return tuple(_read(text, schema, owner_ids) for text in texts)


def _read(text: str, schema: ObjectSchema, owner_ids: Callable[[str], Sequence[str]]) -> Filter:
    found = _FILTER.fullmatch(text.strip())
    if found is None or (found["none"] and found["sign"]):
        raise UsageError(
            f"--filter {text!r} is not a filter\n    write NAME=VALUE, NAME!=VALUE, NAME (has a "
            "value) or !NAME"
        )
    definition = schema.properties.get(found["name"])
    if definition is None:
        advice = did_you_mean(found["name"], schema.properties)
        raise UsageError(
            f'--filter: {schema.name} has no property "{found["name"]}"'
            + (f"\n    {advice}" if advice else "")
        )
    if not found["sign"]:
        return Filter(definition, (), bool(found["none"]))
    value = found["value"]
    if not value:
        raise UsageError(
            f"--filter {text!r} names no value\n"
            f"    !{definition.name} finds records without a value; "
            f"{definition.name} finds records with any value"
        )
    values = (value, *_stored(definition, value, schema, owner_ids))
    return Filter(definition, tuple(dict.fromkeys(values)), found["sign"] == "!=")


def _stored(
    definition: PropertyDef, value: str, schema: ObjectSchema, owner_ids: Callable[[str], Sequence[str]]
) -> Sequence[str]:
    """Return the texts that HubSpot may store for a label or an e-mail address."""
    called = value.strip().casefold()
    match definition.kind:
        case Kind.OWNER | Kind.OWNERS:
            return owner_ids(called) if "@" in called else ()
        case Kind.PIPELINE:
            return [each.id for each in schema.pipelines if each.label.strip().casefold() == called]
        case Kind.STAGE:
            stages = (stage for pipeline in schema.pipelines for stage in pipeline.stages)
            return [stage.id for stage in stages if stage.label.strip().casefold() == called]
    return [option.value for option in definition.options if option.label.strip().casefold() == called]
