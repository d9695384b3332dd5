"""Association labels: finding the two labels that belong together, one for each direction. Pure.

HubSpot lists the labels of one direction and does not say which labels of the opposite direction belong to
them. Labels that belong together have the same internal name, which the schemas of both types show up to five
minutes late. Until then, they are recognised by equal texts, or by consecutive numbers.
"""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.hubspot.definitions.responses import AssociationName, LabelDefinition
from reconciler.model.addresses import Section, definition_address
from reconciler.model.object_references import Direction
from reconciler.model.portal_definitions import LiveDefinition, definition_id

USER_DEFINED = "USER_DEFINED"
_UNKNOWN = "0"  # in place of the number of the opposite label, while that is unknown


def live_labels(
    direction: Direction,
    there: Sequence[LabelDefinition],
    back: Sequence[LabelDefinition],
    names: Mapping[str, str],
    names_back: Mapping[str, str],
) -> tuple[LiveDefinition, ...]:
    """Return the labels of ``direction``; ``back`` are the labels of the opposite direction.

    ``names`` and ``names_back`` are the internal names of labels in each direction, by the number of the
    label.
    """
    found: list[LiveDefinition] = []
    open_back = [body for body in back if body.label]
    for body in sorted(there, key=lambda body: (body.category, body.type_id)):
        if not body.label:
            continue
        name = names.get(str(body.type_id)) if body.category == USER_DEFINED else None
        inverse = _inverse(direction, body, open_back, name, names_back)
        if inverse is not None and direction.object != direction.to_object:
            open_back.remove(inverse)
        found.append(_live(direction, body, inverse, name))
    return tuple(found)


def names_between(
    associations: Iterable[AssociationName], from_number: str, to_number: str
) -> dict[str, str]:
    """Return the internal names of associations from one object type to another, by number of the label."""
    return {
        each.id: each.name
        for each in associations
        if each.name and (each.from_object_type_id, each.to_object_type_id) == (from_number, to_number)
    }


def _inverse(
    direction: Direction,
    body: LabelDefinition,
    back: Iterable[LabelDefinition],
    name: str | None,
    names_back: Mapping[str, str],
) -> LabelDefinition | None:
    """Return the label of the opposite direction that belongs to ``body``; None if it cannot be recognised.

    Between records of one object type, it may be ``body`` itself.
    """
    alike = [each for each in back if each.category == body.category]
    others = [each for each in alike if each.type_id != body.type_id]
    if name is not None:
        named = [each for each in others if names_back.get(str(each.type_id)) == name]
        if named:
            return named[0]
    near = sorted(others, key=lambda each: (each.label != body.label, abs(each.type_id - body.type_id)))
    if direction.object == direction.to_object:
        is_paired = near and abs(near[0].type_id - body.type_id) == 1 and name is None
        return near[0] if is_paired else next((each for each in alike if each.type_id == body.type_id), None)
    unnamed = [each for each in near if name is None or str(each.type_id) not in names_back]
    return next(
        (each for each in unnamed if each.label == body.label or abs(each.type_id - body.type_id) == 1), None
    )


def _live(
    direction: Direction, body: LabelDefinition, inverse: LabelDefinition | None, name: str | None
) -> LiveDefinition:
    is_ours = body.category == USER_DEFINED
    type_ids = str(body.type_id), str(inverse.type_id) if inverse else _UNKNOWN
    return LiveDefinition(
        definition_address(direction.object, Section.LABELS, direction.to_object, name or body.label or ""),
        definition_id(Section.LABELS, body.category, *type_ids),
        {"label": body.label, "inverseLabel": inverse.label if inverse else None, "name": name},
        is_hubspot_defined=not is_ours,
        can_change=is_ours,
        can_archive=is_ours,
    )
