"""Problems: manifests declare a custom object type, but the plan does not create this type. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from reconciler.errors import Problem
from reconciler.model.addresses import Section, definition_address
from reconciler.model.desired import Desired
from reconciler.model.not_made import NotMade
from reconciler.model.selection import Selection
from reconciler.plan.change import Change
from reconciler.plan.definitions.not_made import not_made
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.sentences import counted
from reconciler.source import Place

_Place = tuple[Place, str]
"""The line of a record or association, and the address of the record."""


def types_not_made(
    decided: Sequence[DecidedDefinitions], kept: Collection[Change], there: Collection[str]
) -> Mapping[str, NotMade]:
    """Return the declared object types that neither exist (``there``) nor are created by changes ``kept``."""
    found: dict[str, NotMade] = {}
    for each in decided:
        schema = definition_address(each.matched.known.object, Section.SCHEMA)
        is_declared = any(wanted.address == schema for wanted in each.matched.known.wanted)
        if is_declared and schema.object not in there:
            found[schema.object] = not_made(each, schema, kept)
    return found


def problems_of_missing_types(
    desired: Desired, selection: Selection, missing: Mapping[str, NotMade]
) -> Iterator[Problem]:
    """Report selected records of ``missing`` types, and selected associations with such records."""
    found: dict[tuple[str, ...], list[_Place]] = {}
    for group in desired.groups if missing else ():
        if not selection.may_have(group.object):
            continue
        is_missing = group.object in missing
        for record in group.records if is_missing else group.records.associating():
            narrowed = selection.narrowed(record)
            if narrowed is None:
                continue
            if is_missing:
                found.setdefault((group.object,), []).append((record.place, record.address.text))
                continue
            for association in narrowed.associations:
                if association.object in missing:
                    types: tuple[str, ...] = (group.object, association.object)
                    found.setdefault(types, []).append((association.place, record.address.text))
    for types, places in found.items():
        what = counted(len(places), "record" if len(types) == 1 else "association")
        lacking, (place, address) = missing[types[-1]], places[0]
        message = f"{what} of {' with '.join(types)} cannot be planned: the portal has no {types[-1]}"
        yield Problem(message, lacking.advice, desired.files.ref(place), address, needs=lacking.to_add)
