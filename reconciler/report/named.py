"""Display names in reports, and the titles of records and properties.

The values of an entry are replaced by display names when the entry is accessed, after masking: a masked value
has no display name.
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.addresses import ThingAddress
from reconciler.model.drift import DriftedValue
from reconciler.model.explanation import Explanation, PropertyExplained
from reconciler.model.names import Names
from reconciler.model.runs import RunRow
from reconciler.plan.change import Change
from reconciler.plan.plan import Held
from reconciler.report.text.values import shown
from reconciler.report.text.width import clipped

_MOST_CELLS = 48
"""Maximum width in columns of a display name in a line of text."""


def named_change(names: Names, change: Change) -> Change:
    """Return the change with its written values replaced by their display names."""
    of = change.thing.object_of_values
    if not names.renames(of):
        return change
    return replace(
        change,
        values=tuple(
            replace(
                value,
                before=names.value(of, value.name, value.before),
                after=names.value(of, value.name, value.after),
            )
            for value in change.values
        ),
    )


def named_held(names: Names, held: Held) -> Held:
    """Return the held difference with its values replaced by their display names."""
    of, name = held.key.object_of_values, held.name or ""
    live, desired = names.value(of, name, held.live), names.value(of, name, held.desired)
    return held if (live, desired) == (held.live, held.desired) else replace(held, live=live, desired=desired)


def named_drifted(names: Names, value: DriftedValue) -> DriftedValue:
    """Return the drifted value with all values in its history replaced by their display names."""
    of = value.key.object_of_values
    if not names.renames(of):
        return value
    versions = (
        replace(version, value=names.value(of, value.name, version.value)) for version in value.trail.versions
    )
    return replace(
        value,
        last_applied=names.value(of, value.name, value.last_applied),
        live=names.value(of, value.name, value.live),
        trail=replace(value.trail, versions=tuple(versions)),
    )


def named_row(names: Names, row: RunRow) -> RunRow:
    """Return the row of a run with its values replaced by their display names."""
    of = row.key.object_of_values
    if not names.renames(of):
        return row

    def named(texts: Mapping[str, str | None]) -> Mapping[str, str | None]:
        return {name: names.value(of, name, text) for name, text in texts.items()}

    return replace(row, before=named(row.before), after=named(row.after))


def named_explanation(explained: Explanation) -> Explanation:
    """Return the explanation with display names for live and applied values, but not for manifest values."""
    names, of = explained.names, explained.key.object_of_values
    if not names.renames(of):
        return explained
    return replace(
        explained, properties=tuple(_named_property(names, of, each) for each in explained.properties)
    )


def _named_property(names: Names, of: str, each: PropertyExplained) -> PropertyExplained:
    def named(text: str | None) -> str | None:
        return names.value(of, each.name, text)

    return replace(
        each,
        last=each.last and replace(each.last, sent=named(each.last.sent), kept=named(each.last.kept)),
        live=named(each.live),
        versions=tuple(replace(version, value=named(version.value)) for version in each.versions),
        step=replace(each.step, after=named(each.step.after)),
    )


def property_title(names: Names, thing: ThingAddress, name: str) -> str:
    """Return the label of a property, followed by its internal name unless both are the same.

    For a definition, ``name`` is a path. A path has no label, and is returned unchanged.
    """
    label = names.label(thing.object_of_values, name)
    return name if label.strip().casefold() == name.casefold() else f"{label} ({name})"


def record_title(key: ThingAddress, display_name: str | None) -> str:
    """Return an address, followed by the record's display name unless it equals the key."""
    if not display_name or display_name.casefold() == key.value.casefold():
        return key.text
    return f"{key.text} ({clipped(shown(display_name), _MOST_CELLS)})"
