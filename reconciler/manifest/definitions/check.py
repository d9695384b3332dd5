"""Checks that compare several desired definitions, such as labels that are equal in HubSpot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from operator import attrgetter

from reconciler.errors import Problem
from reconciler.manifest.definitions.check_properties import property_problems
from reconciler.model.addresses import Section, definition_address
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.source import SourceFiles

_RENAMED = frozenset({Section.PIPELINES, Section.STAGES, Section.LABELS})
"""Sections in which a definition is renamed by changing its label."""


def cross_problems(definitions: Sequence[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report contradictions within and between ``definitions``, which are sorted by address."""
    yield from property_problems(definitions, files)
    yield from _one_type(definitions, files)
    yield from _one_label(definitions, files)
    yield from _renamed_in_circles(definitions, files)
    yield from _moves(definitions, files)
    yield from _both_ends(definitions, files)


def _moves(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report a ``$moves_to`` whose target, a stage or a property, is itself marked ``$absent``."""
    absent = {each.address for each in definitions if each.special.is_absent}
    for definition in definitions:
        address, target = definition.address, definition.special.moves_to
        if target is None:
            continue
        to = definition_address(address.object, address.section, *address.names[:-1], target)
        if to in absent and to != address:
            message = f"its records would move to {to.text}, which is also marked `$absent`"
            source = files.ref(definition.place)
            yield Problem(message, "write the name of a definition that stays", source, address.text)


def _one_type(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report custom object types whose names are equal in HubSpot, which ignores case."""
    first: dict[str, DesiredDefinition] = {}
    schemas = [each for each in definitions if each.address.section is Section.SCHEMA]
    for schema in sorted(schemas, key=attrgetter("place")):
        name = schema.address.object
        earlier = first.setdefault(name.casefold(), schema)
        if earlier is not schema:
            message = f'for HubSpot, the name "{name}" is the same as "{earlier.address.object}"'
            advice = f"use the same spelling: the other one is in {files.ref(earlier.place)}"
            yield Problem(message, advice, files.ref(schema.place), schema.address.text)


def _one_label(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report pipelines and stages whose labels differ only in case and outer blanks: equal in HubSpot."""
    for _, group in groupby(definitions, key=_siblings):
        first: dict[str, DesiredDefinition] = {}
        for definition in sorted(group, key=attrgetter("place")):
            address = definition.address
            if address.section not in {Section.PIPELINES, Section.STAGES}:
                continue
            label = definition.value("label") or address.name
            earlier = first.setdefault(_plain(label), definition)
            if earlier is not definition:
                where = files.ref(earlier.place)
                message = f'for HubSpot, the label "{label}" is the same as the label in {where}'
                advice = "write another label: capital letters and outer blanks make no difference"
                source = files.ref(definition.place_of("label"))
                yield Problem(message, advice, source, address.text)


def _renamed_in_circles(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report definitions whose ``$renamed_from`` form a circle: each apply would exchange them again."""
    for _, group in groupby(definitions, key=_siblings):
        own = {_plain(each.address.name): each for each in group if each.address.section in _RENAMED}
        for definition in sorted(own.values(), key=attrgetter("place")):
            circle = _circle(definition, own)
            if circle and definition.place == min(each.place for each in circle):
                names = ", ".join(f'"{each.address.name}"' for each in circle)
                message = (
                    f"{names} exchange their names by `$renamed_from`, and reconciler cannot see "
                    "whether HubSpot already has the new names"
                )
                advice = "remove `$renamed_from`, and write the new labels under `label:`"
                yield Problem(message, advice, files.ref(definition.place), definition.address.text)


def _circle(
    definition: DesiredDefinition, siblings: Mapping[str, DesiredDefinition]
) -> Sequence[DesiredDefinition]:
    """Return the circle of ``$renamed_from`` that begins with ``definition``; empty if there is none."""
    circle = [definition]
    while (before := circle[-1].special.renamed_from) is not None:
        earlier = siblings.get(_plain(before))
        if earlier is definition:
            return circle
        if earlier is None or earlier in circle:
            break
        circle.append(earlier)
    return ()


def _plain(label: str) -> str:
    """Return a label in the form that HubSpot compares, without case and outer blanks."""
    return label.strip().casefold()


def _siblings(definition: DesiredDefinition) -> tuple[str, ...]:
    """Return the parts of the address that siblings share: object type, section and outer names."""
    address = definition.address
    return (address.object, address.by, *address.names[:-1])


def _both_ends(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report labels that are declared from both object types: one declaration creates both ends."""
    labels = [each for each in definitions if each.address.section is Section.LABELS]
    for first, second in combinations(sorted(labels, key=attrgetter("place")), 2):
        objects = first.address.objects
        if objects[0] == objects[1] or objects != second.address.objects[::-1]:
            continue
        if _is_same_label(first, second):
            where = f"{first.address.text} in {files.ref(first.place)}"
            message = f"this label is declared at both ends: also {where}"
            advice = "remove one of the two: one declaration has both texts, `label` and `inverseLabel`"
            yield Problem(message, advice, files.ref(second.place), second.address.text)


def _is_same_label(one: DesiredDefinition, other: DesiredDefinition) -> bool:
    """Return whether two labels of opposite directions are one label, declared from both ends.

    Both have the same name, or the label of each is the inverse label of the other.
    """
    names = [each.value("name") or each.address.name for each in (one, other)]
    texts = [
        (each.value("label"), each.value("inverseLabel") or each.value("label")) for each in (one, other)
    ]
    return names[0] == names[1] or (texts[0][0] is not None and texts[0] == texts[1][::-1])
