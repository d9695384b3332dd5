"""Labels: the association types that a portal defines itself.

developers.hubspot.com/docs/api-reference/crm-associations-v4/guide, "association labels".
"""

from reconciler.emulator import refusals, response_format
from reconciler.emulator.association_types import LABEL, USER, AssociationType, pair_name, stored_type
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

MAX_LABELS = 50


def add(work: Work, from_type: ObjectType, to_type: ObjectType, given: Json) -> list[AssociationType]:
    """Create a label, seen from both ends; an empty label is an unlabelled association of custom objects."""
    name = response_format.as_text(given.get("name"), "name")
    label = response_format.as_text(given.get("label"), "label")
    inverse_label = response_format.as_optional_text(given.get("inverseLabel"), "inverseLabel")
    existing = work.stored(LABEL, pair_name(from_type, to_type))
    if len(existing) >= MAX_LABELS:
        raise refusals.Refusal(437, f"there are {MAX_LABELS} labels already, which is the limit")
    if any(body["name"] == name for body in existing.values()):
        raise refusals.invalid_request(f'an association named "{name}" exists already')
    is_mirror = from_type.type_id == to_type.type_id and inverse_label is None
    first = _next_type_id(work)
    second = first if is_mirror else _next_type_id(work)
    there = AssociationType(USER, first, label or None, second, name)
    back = AssociationType(USER, second, inverse_label or label or None, first, name)
    _save(work, from_type, to_type, there)
    if is_mirror:
        return [there]
    _save(work, to_type, from_type, back)
    return [there, back]


def _next_type_id(work: Work) -> int:
    serial = int(work.settings.get("association_types", 0)) + 1
    work.save_settings({"association_types": serial})
    return serial


def _save(work: Work, from_type: ObjectType, to_type: ObjectType, known: AssociationType) -> None:
    body = {**known.body, "inverseId": known.inverse_id, "name": known.name, "createdAt": work.now}
    work.store(LABEL, pair_name(from_type, to_type), str(known.type_id), body)


def _find(work: Work, from_type: ObjectType, to_type: ObjectType, type_id: object) -> AssociationType:
    body = work.stored(LABEL, pair_name(from_type, to_type)).get(str(type_id))
    if body is None:
        raise refusals.not_found(f"association type {type_id} does not exist")
    return stored_type(body)


def rename(work: Work, from_type: ObjectType, to_type: ObjectType, given: Json) -> None:
    """Change the text of a label at both ends."""
    known = _find(work, from_type, to_type, given.get("associationTypeId"))
    label = response_format.as_text(given.get("label"), "label")
    changed = AssociationType(USER, known.type_id, label, known.inverse_id, known.name)
    _save(work, from_type, to_type, changed)
    if known.inverse_id != known.type_id:
        inverse = _find(work, to_type, from_type, known.inverse_id)
        text = response_format.as_optional_text(given.get("inverseLabel"), "inverseLabel") or label
        back = AssociationType(USER, inverse.type_id, text, inverse.inverse_id, inverse.name)
        _save(work, to_type, from_type, back)


def delete(work: Work, from_type: ObjectType, to_type: ObjectType, type_id: str) -> None:
    """Delete a label at both ends, with all associations that have it."""
    known = _find(work, from_type, to_type, type_id)
    ends = ((from_type, to_type, known.type_id), (to_type, from_type, known.inverse_id))
    for start, end, number in ends:
        work.unstore(LABEL, pair_name(start, end), str(number))
        work.storage.run(
            "DELETE FROM associations WHERE portal_id = ? AND from_type = ? AND to_type = ? AND category = ? "
            "AND type_id = ?",
            work.portal_id,
            start.type_id,
            end.type_id,
            USER,
            number,
        )
