"""Accepting drift of definitions: the manifest edits that say what people made of them. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.errors import Problem
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.definition_attributes import OPTIONS, list_of, option_of, option_path
from reconciler.model.drift import DriftedValue, MissingOwnedRecord
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.model.references import RecordIdentity
from reconciler.source import SourceFiles

Wanted = Mapping[DefinitionAddress, DesiredDefinition]


def drifted_definitions(values: Iterable[DriftedValue]) -> Iterator[DefinitionAddress]:
    """Return the definitions among what has drifted."""
    return (value.key for value in values if isinstance(value.key, DefinitionAddress))


def accept_values(
    values: Iterable[DriftedValue],
    wanted: Wanted,
    live: Mapping[RecordIdentity, LiveDefinition],
    files: SourceFiles,
) -> Iterator[Edit | Problem]:
    """Return an edit for each drifted value, or the reason why there is none.

    An edit whose two values are equal says that the manifest agrees already. New options have their labels.
    """
    for value in values:
        if not isinstance(value.key, DefinitionAddress):
            continue
        named = wanted.get(value.key)
        if named is None or value.name not in named.paths or named.special.is_absent:
            what = "the definition" if named is None or named.special.is_absent else "this value"
            message = f"no manifest sets {what}, so nothing writes it back"
            yield Problem(message, "leave it as it is", None, value.address)
            continue
        source = files.ref(named.place_of(value.name))
        if option_of(value.name) is not None and value.name.endswith("/label") and value.live is None:
            message = "people removed this option in HubSpot: there is no value to write back"
            advice = "to let it go, remove its line; else the next apply makes it again"
            yield Problem(message, advice, source, value.address)
            continue
        if value.name == OPTIONS:
            found = live.get(RecordIdentity(value.key.object, value.record_id))
            for name in list_of(value.live):
                if name not in list_of(named.value(OPTIONS)):
                    path = option_path(name, "label")
                    label = found.values.get(path) if found else None
                    yield Edit(value.key, path, None, label or name, source)
        yield Edit(value.key, value.name, named.value(value.name), value.live, source)


def accept_lost(lost: MissingOwnedRecord, wanted: Wanted, files: SourceFiles) -> Problem:
    """Report that a definition which people removed has no values to write back."""
    named = wanted.get(lost.key) if isinstance(lost.key, DefinitionAddress) else None
    source = files.ref(named.place) if named else None
    message = "HubSpot has this definition no longer: there is no value to write back"
    advice = f"to let it go, remove its lines; `reconciler plan --recreate {lost.address}` makes it again"
    return Problem(message, advice, source, lost.address)
