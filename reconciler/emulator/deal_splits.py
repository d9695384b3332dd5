"""Deal splits: how the amount of a deal is divided among owners.

Source of the shapes: github.com/HubSpot/HubSpot-public-api-spec-collection, "Deal Splits".
"""

from decimal import Decimal

from reconciler.emulator import identity, refusals, response_format
from reconciler.emulator.batches import take_inputs
from reconciler.emulator.request_context import NO_TYPE, OWNER, Work
from reconciler.emulator.response_format import Json

SPLITS = "splits"
WHOLE = 100


def upsert(work: Work, body: object) -> tuple[int, Json]:
    """Serve ``batch/upsert``: the given splits replace all splits of the deal."""
    deals = work.object_type("deals")
    results: list[Json] = []
    for item in take_inputs(work, body):
        deal_id = response_format.as_text(item.get("id"), "id")
        if identity.find(work, deals, deal_id, None) is None:
            raise refusals.missing_records(deals.error_name, [deal_id])
        given = [
            response_format.as_object(split, "splits")
            for split in response_format.as_list(item.get("splits"), "splits")
        ]
        work.store(SPLITS, deals.type_id, deal_id, {"splits": [_split(work, split) for split in given]})
        if sum(Decimal(str(split.get("percentage"))) for split in given) != WHOLE:
            raise refusals.invalid_request(f"the percentages of a deal's splits must add up to {WHOLE}")
        results.append(_body(work, deal_id))
    return 200, response_format.batch_body(work, results)


def _split(work: Work, given: Json) -> Json:
    owner_id = response_format.as_text(given.get("ownerId"), "ownerId")
    if owner_id not in work.stored(OWNER, NO_TYPE):
        raise refusals.invalid_request(f"there is no owner {owner_id}")
    percentage = given.get("percentage")
    if (
        isinstance(percentage, bool)
        or not isinstance(percentage, int | float)
        or not 0 <= percentage <= WHOLE
    ):
        raise refusals.invalid_request(f"percentage must be from 0 to {WHOLE}, but was {percentage}")
    properties = {"hubspot_owner_id": owner_id, "hs_deal_split_percentage": str(percentage / WHOLE)}
    return {
        "id": str(work.next_id()),
        "properties": properties,
        "createdAt": work.now,
        "updatedAt": work.now,
        "archived": False,
    }


def read(work: Work, body: object) -> tuple[int, Json]:
    """Serve ``batch/read``: return the splits of deals, by deal id."""
    results = [_body(work, response_format.as_text(item.get("id"), "id")) for item in take_inputs(work, body)]
    return 200, response_format.batch_body(work, results)


def _body(work: Work, deal_id: str) -> Json:
    stored = work.stored(SPLITS, work.object_type("deals").type_id)
    return {"id": deal_id, "splits": stored.get(deal_id, {}).get("splits", [])}
