"""Batches of associations.

Source: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide
"""

from reconciler.emulator import identity, refusals, response_format
from reconciler.emulator.associations import Pair, labels_body
from reconciler.emulator.batches import one_by_one, take_inputs
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

MAX_READ = 1000
MAX_WRITE = 2000


def id_text(item: Json, end: str) -> str:
    """Return the id of the record at one end, ``from`` or ``to``, of ``item``, one input of a batch."""
    return response_format.as_text(response_format.as_object(item.get(end), end).get("id"), f"{end}.id")


def ids(pair: Pair, item: Json) -> tuple[int, int]:
    """Return the ids of both records of an association; refuse records that do not exist."""
    from_id = pair.record_id(pair.from_type, id_text(item, "from"))
    return from_id, pair.record_id(pair.to_type, id_text(item, "to"))


def create(work: Work, pair: Pair, body: object) -> tuple[int, Json]:
    """Serve ``batch/create``: add labels; an association that exists already counts as a success."""

    def carry_out(item: Json) -> list[Json]:
        from_id, to_id = ids(pair, item)
        types = pair.choose(item.get("types"))
        pair.add(from_id, to_id, types)
        return [labels_body(pair, from_id, to_id, types)]

    results, errors = one_by_one(work, take_inputs(work, body, MAX_WRITE), carry_out)
    status = response_format.batch_status(work, work.version.definitions_created, errors)
    return status, response_format.batch_body(work, results, errors)


def associate_default(work: Work, pair: Pair, body: object) -> tuple[int, Json]:
    """Serve ``batch/associate/default``: add associations without label; return them in both directions."""

    def carry_out(item: Json) -> list[Json]:
        from_id, to_id = ids(pair, item)
        return default_bodies(pair, from_id, to_id)

    results, errors = one_by_one(work, take_inputs(work, body, MAX_WRITE), carry_out)
    return response_format.batch_status(work, 200, errors), response_format.batch_body(work, results, errors)


def default_bodies(pair: Pair, from_id: int, to_id: int) -> list[Json]:
    """Associate two records without label; return the association in both directions."""
    known = pair.plain
    pair.add(from_id, to_id, [known])
    directions = ((from_id, to_id, known.type_id), (to_id, from_id, known.inverse_id))
    return [
        {
            "from": {"id": str(start)},
            "to": {"id": str(end)},
            "associationSpec": {"associationCategory": known.category, "associationTypeId": type_id},
        }
        for start, end, type_id in directions
    ]


def read(work: Work, pair: Pair, body: object) -> tuple[int, Json]:
    """Serve ``batch/read``: a record without associations gives an error instead of an empty list."""
    results: list[Json] = []
    errors: list[Json] = []
    for item in take_inputs(work, body, MAX_READ):
        given = response_format.as_text(item.get("id"), "id")
        after = response_format.as_optional_text(item.get("after"), "after")
        page = pair.page(int(given) if identity.is_record_id(given) else 0, after)
        if page["results"]:
            results.append({"from": {"id": given}, "to": page.pop("results"), **page})
        else:
            errors.append(nothing_associated(pair.from_type, pair.to_type, given))
    return response_format.batch_status(work, 200, errors), response_format.batch_body(work, results, errors)


def nothing_associated(from_type: ObjectType, to_type: ObjectType, record_id: str) -> Json:
    """Return the error for a record without associations, in the answer of a batch."""
    return refusals.Refusal(
        404,
        f"No {to_type.singular} is associated with {from_type.singular} {record_id}.",
        category=refusals.NOT_FOUND,
        sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={
            "fromObjectId": [record_id],
            "fromObjectType": [from_type.singular],
            "toObjectType": [to_type.singular],
        },
    ).entry()


def archive(work: Work, pair: Pair, body: object) -> tuple[int, Json | None]:
    """Serve ``batch/archive``: remove associations with all their labels; ignore missing associations."""
    for item in take_inputs(work, body, MAX_WRITE):
        from_text = id_text(item, "from")
        for to in response_format.as_list(item.get("to"), "to"):
            pair.remove_by_text(from_text, id_text({"to": to}, "to"))
    return removed(work)


def archive_labels(work: Work, pair: Pair, body: object) -> tuple[int, Json | None]:
    """Serve ``batch/labels/archive``: remove the given labels.

    If the type without a label is given, remove the association with all its labels.
    """
    for item in take_inputs(work, body, MAX_WRITE):
        types = pair.choose(item.get("types"))
        pair.remove_by_text(id_text(item, "from"), id_text(item, "to"), types)
    return removed(work)


def removed(work: Work) -> tuple[int, Json | None]:
    """Return the answer to a removal: status 204, or 200 with a body in some versions."""
    return (200, response_format.batch_body(work, [])) if work.version.removal_answers else (204, None)
