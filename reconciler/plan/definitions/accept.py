"""Accepting drift of definitions: manifest edits with the live values that people set. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.errors import Problem
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import (
    OPTIONS,
    STAGE_NAMES,
    list_of,
    list_text,
    option_of,
    option_path,
)
from reconciler.model.drift import DriftedValue, MissingOwnedRecord
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.model.references import RecordIdentity
from reconciler.source import SourceFiles

Wanted = Mapping[DefinitionAddress, DesiredDefinition]


def drifted_definitions(values: Iterable[DriftedValue]) -> Iterator[DefinitionAddress]:
    """Return the definitions among the drifted things."""
    return (value.key for value in values if isinstance(value.key, DefinitionAddress))


def accept_values(
    values: Iterable[DriftedValue],
    wanted: Wanted,
    live: Mapping[RecordIdentity, LiveDefinition],
    files: SourceFiles,
) -> Iterator[Edit | Problem]:
    """Return an edit or problem for each drifted value of a definition.

    If a list of options drifted, each new or missing option gets an edit, too. An edit with two equal values
    means that the manifest agrees already. If the drifted value is the label of an option that HubSpot no
    longer has, the edit removes the option.
    """
    for value in values:
        if not isinstance(value.key, DefinitionAddress):
            continue
        named = wanted.get(value.key)
        if named is None or value.name not in named.paths or named.special.is_absent:
            what = "the definition" if named is None or named.special.is_absent else "this value"
            message = f"no manifest sets {what}, so `apply` does not undo the change"
            yield Problem(message, "leave it as it is", None, value.address)
            continue
        source = files.ref(named.place_of(value.name))
        before, after = named.value(value.name), value.live
        if value.name == STAGE_NAMES:
            after = _in_live_order(named, wanted, after)
        if value.name == OPTIONS:
            yield from _options(value, named, live, files)
        is_gone = option_of(value.name) is not None and value.name.endswith("/label") and after is None
        yield Edit(value.key, value.name, before, after, source, takes_out=is_gone)


def _options(
    value: DriftedValue,
    named: DesiredDefinition,
    live: Mapping[RecordIdentity, LiveDefinition],
    files: SourceFiles,
) -> Iterator[Edit]:
    """Yield the edits of the list of options.

    Each new option gets a line. The line of each removed option is deleted.
    """
    address, there, listed = named.address, list_of(value.live), list_of(named.value(OPTIONS))
    found = live.get(RecordIdentity(address.object, value.record_id))
    for name in there:
        if name not in listed:
            path = option_path(name, "label")
            label = found.values.get(path) if found else None
            yield Edit(address, path, None, label or name, files.ref(named.place_of(OPTIONS)))
    for name in listed:
        if name not in there:
            path = option_path(name, "label")
            source = files.ref(named.place_of(path))
            yield Edit(address, path, named.value(path) or name, None, source, takes_out=True)


def _in_live_order(pipeline: DesiredDefinition, wanted: Wanted, live: str | None) -> str:
    """Return the manifest names of the pipeline's stages in the order of ``live`` (names or labels)."""
    names = list_of(pipeline.value(STAGE_NAMES))
    called: dict[str, str] = {}
    for name in names:
        stage = wanted.get(
            definition_address(pipeline.address.object, Section.STAGES, pipeline.address.name, name)
        )
        called |= {label: name for label in [stage.value("label") if stage else None] if label}
    called |= {name: name for name in names}
    there = [called[each] for each in list_of(live) if each in called]
    following = iter(there)
    return list_text(next(following) if name in there else name for name in names)


def accept_lost(lost: MissingOwnedRecord, wanted: Wanted, files: SourceFiles) -> Edit | Problem:
    """Return the edit that removes a lost stage from the manifest; for other definitions, a problem."""
    named = wanted.get(lost.key) if isinstance(lost.key, DefinitionAddress) else None
    source = files.ref(named.place) if named else None
    is_stage = named is not None and named.address.section is Section.STAGES and not named.special.is_absent
    if named is not None and source is not None and is_stage:
        label = named.value("label") or named.address.name
        return Edit(named.address, "label", label, None, source, takes_out=True)
    message = "HubSpot no longer has this definition: there is no value to write back"
    advice = (
        "if you do not want it any more, remove its lines; to create it again, run "
        f"`reconciler plan --recreate {lost.address}`"
    )
    return Problem(message, advice, source, lost.address)
