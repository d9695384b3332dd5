"""The fields of stages: building a stage from a request, its metadata, and its position.

Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide. Behaviour that it does not document
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.emulator import refusals, response_format
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body, full_stage

MAX_STAGE_ID = 100


def display_order(given: Json) -> int:
    """Return ``displayOrder`` of a request; refuse it unless it is a whole number, 0 or more."""
    order = given.get("displayOrder")
    if isinstance(order, bool) or not isinstance(order, int):
        raise refusals.missing_fields(["displayOrder"])
    if order < 0:
        raise refusals.invalid_request("displayOrder must not be negative")
    return order


def build(work: Work, object_type: ObjectType, given: Json, known: Mapping[str, Body]) -> Body:
    """Build a stage from a request.

    A stage in ``known`` keeps its id and creation time; a new stage gets the id of the request, or a new id.
    """
    stage_id = given.get("stageId") or given.get("id")
    stage_id = response_format.as_text(stage_id, "stageId") if stage_id else ""
    if not stage_id or (stage_id not in known and work.guesses.stage_ids == "replaced"):
        stage_id = str(work.next_id())
    if len(stage_id) > MAX_STAGE_ID:
        raise too_long()
    body = {
        "id": stage_id,
        "label": response_format.as_text(given.get("label"), "label"),
        "displayOrder": display_order(given),
        "metadata": metadata(object_type, response_format.as_object(given.get("metadata") or {}, "metadata")),
    }
    if stage_id in known:
        body["createdAt"] = known[stage_id]["createdAt"]
    return full_stage(body, since=work.now)


def too_long() -> refusals.Refusal:
    """Return the refusal of an id that is too long: HubSpot answers 500, and creates nothing."""
    return refusals.Refusal(500, "internal error", category="INTERNAL_ERROR")


def metadata(object_type: ObjectType, given: Json) -> dict[str, str]:
    """Return the metadata that stages of the type have; ignore unknown keys."""
    if object_type.path == "deals":
        probability = _probability(given.get("probability"))
        return {"isClosed": str(probability in {"0.0", "1.0"}).lower(), "probability": probability}
    field = "ticketState" if object_type.path == "tickets" else "state"
    state = str(given.get(field) or "OPEN")
    if state not in {"OPEN", "CLOSED"}:
        raise _invalid_metadata(f"{field} is OPEN or CLOSED, not {state}")
    return {field: state, "isClosed": str(state == "CLOSED").lower()}


def _probability(value: Any) -> str:
    """Format a probability as HubSpot does: ``0.50`` becomes ``0.5``, ``1`` becomes ``1.0``."""
    if value is None:
        raise refusals.invalid_request("must specify probability when writing a dealstage")
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise _invalid_metadata(f"probability is a number from 0 to 1, not {value}")
    return str(number)


def _invalid_metadata(message: str) -> refusals.Refusal:
    return refusals.Refusal(400, message, sub_category="INVALID_PIPELINE_STAGE_METADATA")


def place_all(stages: Iterable[Body]) -> list[Body]:
    """Give the stages of a new pipeline their positions, in the order of the request."""
    placed: list[Body] = []
    for stage in stages:
        placed = place(placed, stage)
    return placed


def place(others: Iterable[Body], stage: Body) -> list[Body]:
    """Give a stage its position among the others, and return all stages in order.

    If another stage has its ``displayOrder``, it comes right after that stage, and all stages are numbered
    again. Otherwise the others keep their numbers.
    """
    ordered = sorted(others, key=lambda other: other["displayOrder"])
    for index, holder in enumerate(ordered):
        if holder["displayOrder"] == stage["displayOrder"]:
            ordered.insert(index + 1, stage)
            return [{**item, "displayOrder": order} for order, item in enumerate(ordered)]
    return sorted([*ordered, stage], key=lambda item: item["displayOrder"])


def echoed(before: Body, given: Json) -> Body:
    """Return the answer to a write of a stage: the previous stage, with the values of the request.

    So the answer shows values as they were sent, keys that HubSpot does not store, and an old ``isClosed``.
    """
    sent: Json = {field: given[field] for field in ("label", "displayOrder") if field in given}
    texts = {key: str(value) for key, value in (given.get("metadata") or {}).items() if value is not None}
    return {**before, **sent, "metadata": {**before["metadata"], **texts}}
