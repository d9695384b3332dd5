"""Associations as v3 shows them: one entry for each type, with the name of the type instead of its number.

Records that are read with ``associations`` show them in this form, too. Sources:
developers.hubspot.com/docs/api-reference/crm-associations-v3/guide; for pages of 100 and their links,
developers.hubspot.com/changelog/announcing-a-change-to-how-v3-crm-apis-return-association-data and
github.com/HubSpot/hubspot-api-python/issues/135.
"""

from collections.abc import Sequence

from reconciler.emulator import refusals, response_format
from reconciler.emulator.association_types import AssociationType
from reconciler.emulator.associations import Pair
from reconciler.emulator.object_types import NOT_IMITATED, ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

FIRST_PAGE = 100
"""How many associated records a batch, or a record read with its associations, shows."""


def type_name(pair: Pair, known: AssociationType) -> str:
    """Return the name of a type, such as ``contact_to_company``.

    If two object types have a primary type, the primary type has this name, and ``_unlabeled`` is added for
    the unlabelled type.
    """
    if known.name:
        return known.name
    name = f"{pair.from_type.singular}_to_{pair.to_type.singular}"
    has_primary = any(other.primary_of for other in pair.types.values())
    return f"{name}_unlabeled" if has_primary and known.label is None else name


def chosen_type(pair: Pair, text: str) -> AssociationType:
    """Return the type with this name or number; refuse a type that does not exist."""
    for known in pair.types.values():
        if text.casefold() in {type_name(pair, known).casefold(), str(known.type_id)}:
            return known
    raise refusals.invalid_request(
        f"association type {text} does not exist between {pair.from_type.type_id} and {pair.to_type.type_id}"
    )


def entries(pair: Pair, to_id: int, types: Sequence[AssociationType]) -> list[Json]:
    """Return the entries of one associated record."""
    return [{"id": str(to_id), "type": type_name(pair, known)} for known in types]


def first_page(pair: Pair, from_id: int) -> Json:
    """Return the first page of associated records; its link leads to the associations of the record."""
    found, after = pair.slice(from_id, None, FIRST_PAGE)
    version = pair.work.version.name
    root = "/crm/v3/objects" if version == "v3" else f"/crm/objects/{version}"
    path = f"{root}/{pair.from_type.path}/{from_id}/associations/{pair.to_type.path}"
    return response_format.page_body(
        pair.work, [entry for to_id, types in found for entry in entries(pair, to_id, types)], after, path
    )


def of_record(work: Work, object_type: ObjectType, record: Record, names: Sequence[str]) -> Json:
    """Return the ``associations`` of a record for reads and lists, by path name of the other object type.

    Programs also ask for types that only HubSpot has; here, no record is associated with any of these.
    """
    found: Json = {}
    for name in names:
        if name.lower() in NOT_IMITATED:
            continue
        to_type = work.object_type(name)
        page = first_page(Pair(work, object_type, to_type), record.id)
        if page["results"]:
            found[to_type.path] = page
    return found
