"""Association types between two object types: HubSpot's own types, and the portal's labels.

Source of the type ids: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide, "association type
ID values".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reconciler.emulator import guesses, refusals, response_format
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

LABEL = "label"
LIMIT = "association_limit"
COPIED = "copied_association"
"""Kind of association types that a copy took from another portal: they replace HubSpot's own types here."""
HUBSPOT = "HUBSPOT_DEFINED"
USER = "USER_DEFINED"
CATEGORIES = (HUBSPOT, USER, "INTEGRATOR_DEFINED", "WORK")

# (from, to): numbers of the unlabelled type in both directions; equal within one object type.
_PLAIN: Mapping[tuple[str, str], tuple[int, int]] = {
    ("0-1", "0-2"): (279, 280),
    ("0-1", "0-3"): (4, 3),
    ("0-1", "0-5"): (15, 16),
    ("0-3", "0-2"): (341, 342),
    ("0-5", "0-2"): (339, 340),
    ("0-3", "0-5"): (27, 28),
    ("0-3", "0-8"): (19, 20),
    ("0-14", "0-8"): (67, 68),
    ("0-14", "0-3"): (64, 63),
    ("0-1", "0-1"): (449, 449),
    ("0-2", "0-2"): (450, 450),
    ("0-3", "0-3"): (451, 451),
    ("0-5", "0-5"): (452, 452),
    # For an activity, the number of the opposite direction is one lower.
    ("0-46", "0-1"): (202, 201),
    ("0-46", "0-2"): (190, 189),
    ("0-46", "0-3"): (214, 213),
    ("0-46", "0-5"): (228, 227),
    ("0-27", "0-1"): (204, 203),
    ("0-27", "0-2"): (192, 191),
    ("0-27", "0-3"): (216, 215),
    ("0-27", "0-5"): (230, 229),
    ("0-48", "0-1"): (194, 193),
    ("0-48", "0-2"): (182, 181),
    ("0-48", "0-3"): (206, 205),
    ("0-48", "0-5"): (220, 219),
    ("0-49", "0-1"): (198, 197),
    ("0-49", "0-2"): (186, 185),
    ("0-49", "0-3"): (210, 209),
    ("0-49", "0-5"): (224, 223),
    ("0-47", "0-1"): (200, 199),
    ("0-47", "0-2"): (188, 187),
    ("0-47", "0-3"): (212, 211),
    ("0-47", "0-5"): (226, 225),
}
# Leads: the numbers of the opposite direction are not published.
_ONE_WAY: Mapping[tuple[str, str], int] = {
    ("0-136", "0-1"): 608,
    ("0-136", "0-2"): 610,
    ("0-136", "0-3"): 1037,
}
_PRIMARY: Mapping[tuple[str, str], tuple[int, int]] = {
    ("0-1", "0-2"): (1, 2),
    ("0-3", "0-2"): (5, 6),
    ("0-5", "0-2"): (26, 25),
}
_ONE_WAY_PRIMARY: Mapping[tuple[str, str], int] = {
    ("0-136", "0-1"): 578,
    ("0-136", "0-2"): 580,
    ("0-136", "0-3"): 582,
}
PARENT_TO_CHILD, CHILD_TO_PARENT = 13, 14


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One type of association, in the direction from one object type to another."""

    category: str
    type_id: int
    label: str | None
    inverse_id: int
    """Number of the type in the opposite direction."""
    name: str = ""
    primary_of: str = ""
    """Which record has at most one association of this type: ``from`` or ``to``; "" if neither.

    A contact has at most one primary company.
    """

    @property
    def body(self) -> Json:
        """The type as JSON, as HubSpot shows it in lists of labels and with associated records."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


@lru_cache(maxsize=4096)
def _standard(first: int, from_id: str, to_id: str) -> tuple[AssociationType, ...]:
    """Return HubSpot's own types between two standard object types, the unlabelled one first.

    If HubSpot has not published a number, the number is made up: ``first`` plus a number for the two types.
    """
    plain = _both_ways(first, _PLAIN, _ONE_WAY, (from_id, to_id))
    if plain is None:
        plain = (
            guesses.unlisted_association_type(first, from_id, to_id),
            guesses.unlisted_association_type(first, to_id, from_id),
        )
    types = [AssociationType(HUBSPOT, plain[0], None, plain[1])]
    primary = _both_ways(first, _PRIMARY, _ONE_WAY_PRIMARY, (from_id, to_id))
    if primary:
        end = "from" if (from_id, to_id) in {*_PRIMARY, *_ONE_WAY_PRIMARY} else "to"
        types.append(AssociationType(HUBSPOT, primary[0], "Primary", primary[1], primary_of=end))
    if (from_id, to_id) == ("0-2", "0-2"):
        types.append(AssociationType(HUBSPOT, PARENT_TO_CHILD, "Parent Company", CHILD_TO_PARENT))
        types.append(AssociationType(HUBSPOT, CHILD_TO_PARENT, "Child Company", PARENT_TO_CHILD))
    return tuple(types)


def _both_ways(
    first: int,
    pairs: Mapping[tuple[str, str], tuple[int, int]],
    one_way: Mapping[tuple[str, str], int],
    between_ids: tuple[str, str],
) -> tuple[int, int] | None:
    from_id, to_id = between_ids
    if (from_id, to_id) in pairs:
        return pairs[from_id, to_id]
    if (to_id, from_id) in pairs:
        there, back = pairs[to_id, from_id]
        return back, there
    if (from_id, to_id) in one_way:
        return one_way[from_id, to_id], guesses.unlisted_association_type(first, to_id, from_id)
    if (to_id, from_id) in one_way:
        return guesses.unlisted_association_type(first, from_id, to_id), one_way[to_id, from_id]
    return None


def between(work: Work, from_type: ObjectType, to_type: ObjectType) -> list[AssociationType]:
    """Return every type of association from one object type to another, the unlabelled one first."""
    copied = work.stored(COPIED, pair_name(from_type, to_type))
    types = [stored_type(body) for body in copied.values()]
    if not (copied or from_type.is_custom or to_type.is_custom):
        types += _standard(_first(work), from_type.type_id, to_type.type_id)
    for body in work.stored(LABEL, pair_name(from_type, to_type)).values():
        types.append(stored_type(body))
    return sorted(types, key=lambda known: known.label is not None) if copied else types


def primary_of(work: Work, from_type: ObjectType, to_type: ObjectType, label: str | None) -> str:
    """Return which record has at most one association with HubSpot's label ``label``.

    It is ``from``, ``to``, or "" for neither.
    """
    if from_type.is_custom or to_type.is_custom or not label:
        return ""
    standard = _standard(_first(work), from_type.type_id, to_type.type_id)
    alike = [known for known in standard if known.label == label]
    return alike[0].primary_of if alike else ""


def _first(work: Work) -> int:
    """Return the number with which made-up type numbers begin, for types whose number is not published."""
    return int(work.guesses.unlisted_association_numbers)


def pair_name(from_type: ObjectType, to_type: ObjectType) -> str:
    """Return the name under which the types from one object type to another are stored."""
    return f"{from_type.type_id}>{to_type.type_id}"


def limit_name(from_type: ObjectType, to_type: ObjectType, category: str, type_id: object) -> str:
    """Return the name under which the limit of a type is stored.

    Types of two categories may share a number.
    """
    return f"{pair_name(from_type, to_type)}:{category}:{type_id}"


def stored_type(body: Mapping[str, Any]) -> AssociationType:
    """Build a type from its stored form."""
    own = (body["category"], body["typeId"], body["label"], body["inverseId"], body["name"])
    return AssociationType(*own, primary_of=body.get("primaryOf", ""))


def spec_key(spec: Json) -> tuple[str, int]:
    """Return category and number of the type in ``{associationCategory, associationTypeId}``."""
    category = response_format.as_text(spec.get("associationCategory"), "associationCategory")
    if category not in CATEGORIES:
        raise refusals.wrong_shape(
            f"associationCategory must be one of {', '.join(CATEGORIES)}, but was {category}"
        )
    return category, response_format.as_number(spec.get("associationTypeId"), "associationTypeId")


def target_type(work: Work, from_type: ObjectType, category: str, type_id: int) -> ObjectType:
    """Return the object type to which associations of type ``type_id`` lead from ``from_type``."""
    prefix = f"{from_type.type_id}>"
    for pair in _stored_pairs(work, prefix):
        stored = work.stored(LABEL, pair).get(str(type_id))
        if stored is not None and stored["category"] == category:
            return work.object_type(pair.removeprefix(prefix))
    for pair in _stored_pairs(work, prefix, COPIED):
        if str(type_id) in work.stored(COPIED, pair) and category == HUBSPOT:
            return work.object_type(pair.removeprefix(prefix))
    if category == HUBSPOT and not from_type.is_custom:
        for object_type in dict.fromkeys(standard_types().values()):
            known = _standard(_first(work), from_type.type_id, object_type.type_id)
            if any(each.type_id == type_id for each in known):
                return object_type
    raise refusals.invalid_request(f"association type {category} {type_id} does not exist")


def _stored_pairs(work: Work, prefix: str, kind: str = LABEL) -> list[str]:
    rows = work.storage.rows(
        "SELECT DISTINCT object_type FROM definitions WHERE portal_id = ? AND kind = ? "
        "AND substr(object_type, 1, ?) = ?",
        work.portal_id,
        kind,
        len(prefix),
        prefix,
    )
    return [row[0] for row in rows]


def schema_associations(work: Work, object_type: ObjectType) -> list[Json]:
    """List the associations in the schema of an object type: all stored types from it and to it."""
    type_id = object_type.type_id
    rows = work.storage.rows(
        "SELECT object_type, body FROM definitions WHERE portal_id = ? AND kind = ? "
        "AND (object_type LIKE ? OR object_type LIKE ?) ORDER BY rowid",
        work.portal_id,
        LABEL,
        f"{type_id}>%",
        f"%>{type_id}",
    )
    bodies = ((pair.split(">"), json.loads(body)) for pair, body in rows)
    return [
        {
            "id": str(body["typeId"]),
            "name": body["name"],
            "fromObjectTypeId": from_id,
            "toObjectTypeId": to_id,
            "createdAt": body["createdAt"],
            "updatedAt": body["createdAt"],
        }
        for (from_id, to_id), body in bodies
    ]


def drop_type(work: Work, type_id: str) -> None:
    """Remove the association types and associations of the object type ``type_id``."""
    work.storage.run(
        "DELETE FROM definitions "
        "WHERE portal_id = ? AND kind = ? AND (object_type LIKE ? OR object_type LIKE ?)",
        work.portal_id,
        LABEL,
        f"{type_id}>%",
        f"%>{type_id}",
    )
    work.storage.run(
        "DELETE FROM associations WHERE portal_id = ? AND (from_type = ? OR to_type = ?)",
        work.portal_id,
        type_id,
        type_id,
    )
