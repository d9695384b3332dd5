"""Labels: the association types that a portal defines itself.

Source: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide, "association labels". Behaviour
that it does not document is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from reconciler.emulator import guesses, refusals, response_format, tiers
from reconciler.emulator.association_types import (
    LABEL,
    LIMIT,
    USER,
    AssociationType,
    limit_name,
    pair_name,
    stored_type,
)
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import NO_TYPE, Work
from reconciler.emulator.response_format import Json

MAX_LABELS = 50


def add(work: Work, from_type: ObjectType, to_type: ObjectType, given: Json) -> list[AssociationType]:
    """Create a label in both directions, and return both types.

    If one of the two object types is custom, an empty label creates the unlabelled association type. Any
    other label also creates the unlabelled type if it is missing; HubSpot chooses the name of that type.
    """
    name = response_format.as_text(given.get("name"), "name")
    label = response_format.as_text(given.get("label"), "label")
    inverse_label = response_format.as_optional_text(given.get("inverseLabel"), "inverseLabel")
    _check_name(work, name)
    if label:
        _check_room(work, from_type, to_type)
        _add_plain_if_missing(work, from_type, to_type)
    else:
        _check_plain(work, from_type, to_type)
    return _add(work, (from_type, to_type), name, label, inverse_label)


def name_of(label: str) -> str:
    """Return the internal name that HubSpot makes from a label that somebody creates on its website."""
    return label.lower().replace(" ", "_")


def _add(
    work: Work, ends: tuple[ObjectType, ObjectType], name: str, label: str, inverse_label: str | None
) -> list[AssociationType]:
    from_type, to_type = ends
    is_mirror = from_type.type_id == to_type.type_id and inverse_label is None
    first = _next_type_id(work)
    second = first if is_mirror else _next_type_id(work)
    is_custom = from_type.is_custom or to_type.is_custom
    category = work.guesses.custom_associations if is_custom and not label else USER
    there = AssociationType(category, first, label or None, second, name)
    back = AssociationType(category, second, inverse_label or label or None, first, name)
    _save(work, from_type, to_type, there)
    if is_mirror:
        return [there]
    _save(work, to_type, from_type, back)
    return [there, back]


def _known(work: Work, from_type: ObjectType, to_type: ObjectType) -> list[AssociationType]:
    return [stored_type(body) for body in work.stored(LABEL, pair_name(from_type, to_type)).values()]


def _is_named(work: Work, name: str) -> bool:
    return bool(
        work.storage.row(
            "SELECT 1 FROM definitions WHERE portal_id = ? AND kind = ? AND json_extract(body, '$.name') = ?",
            work.portal_id,
            LABEL,
            name,
        )
    )


def _check_name(work: Work, name: str) -> None:
    if _is_named(work, name):
        raise refusals.invalid_request(f'an association named "{name}" exists already')


def _check_room(work: Work, from_type: ObjectType, to_type: ObjectType) -> None:
    """Refuse a new label if the tier has no labels, or if the two object types have the maximum number.

    A label counts as one, although it has two directions. The unlabelled type does not count.
    """
    if tiers.limit(work, tiers.LABELS) == 0:
        tiers.refuse(work, tiers.LABELS, 0)
    labels = [known for known in _known(work, from_type, to_type) if known.label]
    if len({frozenset({known.type_id, known.inverse_id}) for known in labels}) >= MAX_LABELS:
        raise refusals.Refusal(
            437,
            f"No more than {MAX_LABELS} association types are allowed between {from_type.type_id} "
            f"and {to_type.type_id}",
        )


def _add_plain_if_missing(work: Work, from_type: ObjectType, to_type: ObjectType) -> None:
    is_custom = from_type.is_custom or to_type.is_custom
    if not is_custom or any(not known.label for known in _known(work, from_type, to_type)):
        return
    name = f"{from_type.singular}_to_{to_type.singular}"
    _add(work, (from_type, to_type), f"{name}_{work.next_id()}" if _is_named(work, name) else name, "", None)


def _check_plain(work: Work, from_type: ObjectType, to_type: ObjectType) -> None:
    is_custom = from_type.is_custom or to_type.is_custom
    if not is_custom or any(not known.label for known in _known(work, from_type, to_type)):
        raise guesses.plain_exists(work.guesses, from_type.type_id, to_type.type_id)


def _next_type_id(work: Work) -> int:
    serial = int(work.settings.get("association_types", 0)) + 1
    work.save_settings({"association_types": serial})
    return serial


def _save(work: Work, from_type: ObjectType, to_type: ObjectType, known: AssociationType) -> None:
    pair, type_id = pair_name(from_type, to_type), str(known.type_id)
    since = work.stored(LABEL, pair).get(type_id, {}).get("createdAt", work.now)
    body = {**known.body, "inverseId": known.inverse_id, "name": known.name, "createdAt": since}
    work.store(LABEL, pair, type_id, body)


def _find(work: Work, from_type: ObjectType, to_type: ObjectType, type_id: object) -> AssociationType:
    body = work.stored(LABEL, pair_name(from_type, to_type)).get(str(type_id))
    if body is None:
        raise refusals.not_found(f"association type {type_id} does not exist")
    return stored_type(body)


def rename(work: Work, from_type: ObjectType, to_type: ObjectType, given: Json) -> None:
    """Change the text of a label in both directions; its internal name stays."""
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
    """Delete an association type in both directions, with its associations.

    Refuse to delete the unlabelled type while the two object types have labels.
    """
    known = _find(work, from_type, to_type, type_id)
    if not known.label and any(other.label for other in _known(work, from_type, to_type)):
        raise refusals.invalid_request(
            "Definition with label still exists; Cannot delete unlabeled type with associationTypeId "
            f"{known.type_id}"
        )
    ends = ((from_type, to_type, known.type_id), (to_type, from_type, known.inverse_id))
    for start, end, number in ends:
        work.unstore(LABEL, pair_name(start, end), str(number))
        work.unstore(LIMIT, NO_TYPE, limit_name(start, end, known.category, number))
        work.storage.run(
            "DELETE FROM associations WHERE portal_id = ? AND from_type = ? AND to_type = ? AND category = ? "
            "AND type_id = ?",
            work.portal_id,
            start.type_id,
            end.type_id,
            known.category,
            number,
        )
