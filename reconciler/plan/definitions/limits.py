"""Limits of the account on definitions: new ones beyond a limit become problems."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.definition_limits import Allowance, DefinitionLimits, Feature, Limited
from reconciler.model.object_types import type_number
from reconciler.model.portal_definitions import DesiredDefinition, is_within
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import DefinitionDecision
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.source import SourceFiles

_FORMULA = "calculationFormula"


def limits_of(decided: Iterable[DecidedDefinitions]) -> frozenset[Limited]:
    """Return the limits towards which the new definitions of the plan count."""
    return frozenset(
        limited for each in decided for change in each.changes for limited, _ in _counts_towards(change)
    )


def within_limits(
    decided: Sequence[DecidedDefinitions], limits: DefinitionLimits, files: SourceFiles
) -> list[DecidedDefinitions]:
    """Refuse new definitions beyond the limits, beginning with the last ones in the manifests.

    The parts of a refused definition are left out, too: stages of a pipeline, everything of an object type.
    """
    refused = dict(_refused(decided, limits, files))
    return [replace(each, decisions=_without(each.decisions, refused)) for each in decided]


def _refused(
    decided: Iterable[DecidedDefinitions], limits: DefinitionLimits, files: SourceFiles
) -> Iterator[tuple[DefinitionAddress, Problem]]:
    room = Counter({of: allowance.limit - allowance.used for of, allowance in limits.items()})
    for of_type in decided:
        wanted = {sides.address: sides.wanted for sides in of_type.matched.sides}
        for change in _in_order(of_type.changes, wanted):
            counts = [(of, path) for of, path in _counts_towards(change) if of in limits]
            full = next((each for each in counts if room[each[0]] < 1), None)
            if full is not None:
                yield change.definition, _problem(wanted[change.definition], *full, limits, files)
                continue
            room.subtract(of for of, _ in counts)


def _in_order(
    changes: Iterable[Change], wanted: Mapping[DefinitionAddress, DesiredDefinition]
) -> list[Change]:
    """Return the changes that create definitions, each once, in the order of the manifest lines."""
    new = {each.definition: each for each in changes if each.action is Action.CREATE}
    return sorted(
        (change for address, change in new.items() if address in wanted),
        key=lambda change: wanted[change.definition].place,
    )


def _counts_towards(change: Change) -> Iterator[tuple[Limited, str | None]]:
    """Yield each limit that counts the definition that ``change`` creates.

    If the limit counts it only because of one value, such as a formula, also yield the path of this value.
    """
    if change.action is not Action.CREATE:
        return
    address = change.definition
    values = {value.name: value.after for value in change.values}
    match address.section:
        case Section.SCHEMA:
            yield Limited(Feature.CUSTOM_OBJECTS), None
        case Section.PROPERTIES:
            if values.get(_FORMULA):
                yield Limited(Feature.CALCULATED_PROPERTIES), _FORMULA
            yield Limited(Feature.CUSTOM_PROPERTIES, address.object), None
            yield Limited(Feature.CUSTOM_PROPERTIES), None
        case Section.PIPELINES:
            is_custom = type_number(address.object) is None
            yield Limited(Feature.PIPELINES, None if is_custom else address.object), None
        case Section.LABELS if values.get("label"):
            yield Limited(Feature.LABELS, address.object, address.names[0]), None


def _problem(
    wanted: DesiredDefinition, of: Limited, path: str | None, limits: DefinitionLimits, files: SourceFiles
) -> Problem:
    place = wanted.place_of(path) if path else wanted.place
    text = wanted.address.property_address(path) if path else wanted.address.text
    message, advice = _words(of, limits[of])
    return Problem(message, advice, files.ref(place), text)


def _words(of: Limited, allowance: Allowance) -> tuple[str, str]:
    whose = f" from {of.object} to {of.other}" if of.other else f" of {of.object}" if of.object else ""
    what = f"{of.feature}{whose}"
    if of.feature is Feature.PIPELINES:
        what = f"further {of.feature}{whose or ' of custom objects'}"
    if allowance.limit == 0:
        message = f"this account cannot have {what}: its HubSpot subscription does not include them"
        return message, "remove these lines, or change the subscription in HubSpot"
    made = f", and this plan makes {allowance.limit - allowance.used:,}" if allowance.has_room else ""
    there_are = f"has {allowance.used:,}{made}"
    message = (
        f"this account can have {allowance.limit:,} {what}: it {there_are}, so there is no room for "
        "another one"
    )
    return message, "remove another one in an earlier run: a run creates definitions before it removes any"


def _without(
    decisions: Mapping[DefinitionAddress, DefinitionDecision], refused: Mapping[DefinitionAddress, Problem]
) -> Mapping[DefinitionAddress, DefinitionDecision]:
    kept: dict[DefinitionAddress, DefinitionDecision] = {}
    for address, decision in decisions.items():
        if address in refused:
            problems = (*decision.problems, refused[address])
            kept[address] = DefinitionDecision((), decision.held, problems)
        elif _is_inside(address, refused):
            kept[address] = DefinitionDecision((), decision.held, decision.problems)
        else:
            kept[address] = decision
    return kept


def _is_inside(address: DefinitionAddress, refused: Collection[DefinitionAddress]) -> bool:
    return any(is_within(address, outer) for outer in refused)
