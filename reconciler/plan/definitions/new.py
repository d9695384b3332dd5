"""New definitions: what they need, and the values with which they are created."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    FORMULA,
    GROUP,
    OPTIONS,
    STAGE_NAMES,
    list_of,
    list_text,
    made_group,
    option_of,
)
from reconciler.model.object_types import makes_pipelines, object_type
from reconciler.model.owned import Origin
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.plan.change import Action, Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import create_definition, details_of, update_definition
from reconciler.plan.definitions.context import DefinitionContext, DefinitionDecision
from reconciler.plan.definitions.match import WORDS, DefinitionSides

_EMPTY_LIST = list_text(())

_RESERVED = re.compile(r"hs_|a\d+_")
"""Prefixes of names that HubSpot reserves for itself and for apps."""

_TYPE_NAME = re.compile(r"[A-Za-z]\w{0,49}", re.ASCII)
"""Names of custom objects. Source: https://developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide."""

_FULL_NAME = re.compile(r"p\d+_")
"""The prefix of the full name that HubSpot gives a custom object (``fullyQualifiedName``)."""

_AFTERWARDS = frozenset(
    {
        "primaryDisplayProperty",
        "secondaryDisplayProperties",
        "requiredProperties",
        "searchableProperties",
    }
)
"""Members of a schema that name its properties: written after these properties are created."""


def created(
    sides: DefinitionSides,
    definition_id: RecordId | None,
    details: DefinitionDetails | None,
    context: DefinitionContext,
) -> tuple[Change, ...]:
    """Return the changes that create a definition: two for a schema that names properties of its own type."""
    wanted = sides.wanted
    reason = Reason.RECREATED if sides.owned else Reason.MISSING
    owned = Owned(Origin.CREATED, wanted.special.protect or False)
    source = context.ref(wanted.place)
    named = [(path, wanted.value(path)) for path in wanted.paths]
    values = tuple(
        ValueChange(path, None, text, reason, context.ref(wanted.place_of(path)))
        for path, text in named
        if text is not None
    )
    if wanted.address.section is Section.PROPERTIES and wanted.value(GROUP) is None and context.group:
        group = ValueChange(GROUP, None, context.group, Reason.INITIAL, source)
        values = tuple(sorted((*values, group), key=attrgetter("name")))
    empty = tuple(
        ValueChange(path, None, None, Reason.IN_STEP, context.ref(wanted.place_of(path)))
        for path, text in named
        if text is None
    )
    is_schema = wanted.address.section is Section.SCHEMA
    later = tuple(value for value in values if is_schema and value.name in _AFTERWARDS)
    first = tuple(value for value in values if value not in later)
    change = create_definition(
        wanted.address, definition_id, first, source, owned, details=details, reason=reason
    )
    if empty:
        change = replace(change, remembered=empty)
    if not later or definition_id is None:
        return (change,)
    display = update_definition(
        wanted.address, definition_id, later, reason, source=source, owned=owned, step=2
    )
    return change, display


def group_of_new_properties(object_type: str, live: Iterable[LiveDefinition]) -> str | None:
    """Return the default group for new properties: the group of the property ``hs_object_id``.

    None if the portal has the type, but this property has no group. For a new custom object type, it is the
    group that HubSpot creates with the type.
    """
    properties = [each for each in live if each.address.section is Section.PROPERTIES]
    of_id = (each.values.get(GROUP) for each in properties if each.address.name == "hs_object_id")
    return next(of_id, None) if properties else made_group(object_type)


def lacking(sides: DefinitionSides, context: DefinitionContext) -> Iterator[Problem]:
    """Report why HubSpot would refuse to create a definition: it is not allowed, or it lacks required values.

    Also warn about a property that HubSpot has archived, because creating it restores its old values.
    """
    wanted, address = sides.wanted, sides.address
    section = address.section
    refused = _refused(sides)
    if refused is not None:
        yield context.problem(wanted, *refused)
        return
    needed = [
        path
        for path, attribute in ATTRIBUTES[section].items()
        if attribute.is_needed and not (path == GROUP and context.group)
    ]
    needed += _needed_besides(wanted)
    missing = [path for path in needed if wanted.value(path) in {None, _EMPTY_LIST}]
    if missing:
        names = ", ".join(f"`{path.replace('/', '.')}`" for path in missing)
        message = f"the portal has no such {WORDS[section]}, and a new one needs {names}"
        yield context.problem(wanted, message, f"add {names} to create it, or correct its name")
    if sides.live is not None and sides.live.is_archived:
        yield from _restored(sides, context)


def _refused(sides: DefinitionSides) -> tuple[str, str] | None:
    """Return why HubSpot would refuse to create the desired definition, and advice; None if it would not."""
    name, of_type = sides.address.name, sides.address.object
    pipeline = sides.pipeline.found if sides.pipeline else None
    match sides.address.section:
        case Section.PROPERTIES if _RESERVED.match(name):
            message = f"{name} cannot be created: names that begin with hs_ or a123_ are HubSpot's own"
            return message, "write another name"
        case Section.SCHEMA if prefix := _FULL_NAME.match(of_type):
            message = f"{of_type} cannot be created: HubSpot itself adds a prefix like {prefix[0]}"
            return message, f"write {_FULL_NAME.sub('', of_type)}, or correct the name"
        case Section.SCHEMA if not _TYPE_NAME.fullmatch(of_type):
            message = f"{of_type} cannot be the name of a custom object"
            return message, "begin the name with a letter, and write at most 50 letters, digits and _"
        case Section.PIPELINES if not object_type(of_type).has_pipelines:
            message = f"{of_type} have their lifecycle stages instead of pipelines, and these are read-only"
            return message, "remove it, and change lifecycle stages in HubSpot"
        case Section.PIPELINES if not makes_pipelines(of_type):
            message = f"HubSpot does not let anybody create pipelines of {of_type}"
            return message, "remove it, or correct the object type"
        case Section.STAGES if pipeline is not None and not pipeline.can_change:
            message = f'HubSpot does not let anybody change the stages of "{pipeline.values.get("label")}"'
            return message, "remove the line, or write what HubSpot has"
    return None


def _needed_besides(wanted: DesiredDefinition) -> Iterator[str]:
    """Return the attributes that this new definition needs besides those that its whole section needs.

    For example, a calculated property needs a formula.
    """
    section = wanted.address.section
    if section is Section.PROPERTIES:
        if wanted.value("fieldType") == "calculation_equation":
            yield FORMULA
        elif wanted.value("type") == "enumeration" and not _has_other_options(wanted):
            yield OPTIONS
    elif section is Section.PIPELINES:
        yield STAGE_NAMES
    elif section is Section.STAGES and (of_type := object_type(wanted.address.object)).needs_stage_member:
        yield of_type.stage_member


def _has_other_options(wanted: DesiredDefinition) -> bool:
    is_external = (
        wanted.value("externalOptions") == "true" or wanted.value("referencedObjectType") is not None
    )
    return is_external or any(option_of(path) is not None for path in wanted.paths)


def _restored(sides: DefinitionSides, context: DefinitionContext) -> Iterator[Problem]:
    live, wanted = sides.live, sides.wanted
    if live is None:
        return
    message = "HubSpot has an archived property of this name: making it again brings its old values back"
    kind = live.values.get("type")
    if kind != wanted.value("type"):
        message += f", which were of the type {kind}"
    advice = "write another name if the old values are not wanted"
    yield context.problem(wanted, message, advice, severity=Severity.WARNING)


def new_stages_in_order(
    sides: Iterable[DefinitionSides], decisions: Mapping[DefinitionAddress, DefinitionDecision]
) -> dict[DefinitionAddress, DefinitionDecision]:
    """Create new stages of a live pipeline in successive steps: HubSpot adds each stage at the end."""
    after = dict(decisions)
    steps: dict[DefinitionAddress, int] = {}  # by pipeline: the step of its last new stage so far
    for each in sorted(sides, key=_place_of_stage):
        decision = after.get(each.address)
        if each.pipeline is None or decision is None:
            continue
        changes: list[Change] = []
        for change in decision.changes:
            if change.action is Action.CREATE and not details_of(change).is_carried:
                step = max(change.step, steps.get(each.pipeline.address, 0) + 1)
                steps[each.pipeline.address] = step
                changes.append(replace(change, step=step))
            else:
                changes.append(change)
        after[each.address] = decision._replace(changes=tuple(changes))
    return after


def _place_of_stage(sides: DefinitionSides) -> int:
    names = list_of(sides.pipeline.wanted.value(STAGE_NAMES)) if sides.pipeline else ()
    return names.index(sides.address.name) if sides.address.name in names else len(names)
