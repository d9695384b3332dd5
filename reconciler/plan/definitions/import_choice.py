"""Choosing the live definitions that an import writes: by default, those that HubSpot did not define."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.imports import DefinitionsRequest
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.plan.definitions.match import labels_equal


@dataclass(frozen=True, slots=True)
class ChosenDefinitions:
    """The definitions to write, and how many were left out for each reason."""

    taken: tuple[LiveDefinition, ...]
    named_already: int
    of_hubspot: int


def choose_definitions(
    live: Sequence[LiveDefinition], request: DefinitionsRequest, declared: Sequence[DesiredDefinition]
) -> ChosenDefinitions:
    """Choose among the definitions of one object type.

    HubSpot's own and read-only definitions are left out, except properties that the request names.

    Args:
        live: the definitions of the requested sections, archived ones included; if groups are requested, also
            the properties.
        request: the requested sections and names.
        declared: definitions that the manifests declare already; they are left out.
    """
    active = [each for each in live if not each.is_archived]
    named = {each.address for each in declared}
    groups_of_hubspot = _groups_of_hubspot(active)
    taken, named_already, of_hubspot = list[LiveDefinition](), 0, 0
    for definition in (each for each in active if _is_asked(each, request, active)):
        address = definition.address
        if address in named or _is_declared_at_other_end(definition, declared):
            named_already += 1
        elif address.name not in request.properties and (
            address in groups_of_hubspot or not definition.can_change or _is_of_hubspot(definition)
        ):
            of_hubspot += 1
        else:
            taken.append(definition)
    return ChosenDefinitions(tuple(taken), named_already, of_hubspot)


def _is_asked(
    definition: LiveDefinition, request: DefinitionsRequest, active: Iterable[LiveDefinition]
) -> bool:
    """Return whether ``request`` includes a definition; stages are included with their pipelines."""
    address, names = definition.address, request.properties
    section = Section.PIPELINES if address.section is Section.STAGES else address.section
    if section not in request.sections or _is_mirrored(definition):
        return False
    if names and section is Section.PROPERTIES:
        return address.name in names
    if names and section is Section.GROUPS:
        return any(
            each.values.get("groupName") == address.name for each in active if each.address.name in names
        )
    return True


def _is_of_hubspot(definition: LiveDefinition) -> bool:
    """Return whether HubSpot defined a property or label; False for definitions of other sections."""
    is_told = definition.address.section in {Section.PROPERTIES, Section.LABELS}
    return is_told and definition.is_hubspot_defined


def _groups_of_hubspot(live: Iterable[LiveDefinition]) -> frozenset[DefinitionAddress]:
    """Return the groups with a property that HubSpot defined; HubSpot does not say who made a group."""
    return frozenset(
        definition_address(each.address.object, Section.GROUPS, group)
        for each in live
        if each.address.section is Section.PROPERTIES and each.is_hubspot_defined
        if (group := each.values.get("groupName"))
    )


def _is_mirrored(definition: LiveDefinition) -> bool:
    """Return whether a definition is the second label of a pair, for records of the same object type.

    The second label of a pair has the higher number.
    """
    address = definition.address
    if address.section is not Section.LABELS or address.objects[0] != address.objects[1]:
        return False
    *_, own, other = definition.id.split("/")
    return other.isdecimal() and own.isdecimal() and 0 < int(other) < int(own)


def _is_declared_at_other_end(definition: LiveDefinition, declared: Iterable[DesiredDefinition]) -> bool:
    """Return whether the manifests declare this label from its other object type."""
    address = definition.address
    if address.section is not Section.LABELS:
        return False
    ends = definition.values.get("label"), definition.values.get("inverseLabel")
    for each in declared:
        if each.address.section is Section.LABELS and each.address.objects == address.objects[::-1]:
            label = each.value("label")
            others = label, each.value("inverseLabel") or label
            if each.address.name == definition.values.get("name") or (
                labels_equal(ends[0], others[1]) and labels_equal(ends[1] or ends[0], others[0])
            ):
                return True
    return False
