"""Endpoints of associations in v3, which name a type of association by a text.

Source: developers.hubspot.com/docs/api-reference/crm-associations-v3/guide
"""

from reconciler.emulator import association_batches, associations_v3, batches, identity, request_body
from reconciler.emulator import response_format as form
from reconciler.emulator.associations import PAGE, Pair
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json


def _pair(work: Work, call: Call) -> Pair:
    return Pair(work, work.object_type(call.args["object_type"]), work.object_type(call.args["to_type"]))


def list_types(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/associations/{from}/{to}/types``."""
    pair = _pair(work, call)
    results = [
        {"id": str(known.type_id), "name": associations_v3.type_name(pair, known)}
        for known in pair.types.values()
    ]
    return Reply(200, {"results": results})


def list_of_record(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/objects/{type}/{id}/associations/{toType}``."""
    pair = _pair(work, call)
    from_id = pair.record_id(pair.from_type, call.args["record_id"])
    found, after = pair.slice(from_id, call.text("after"), request_body.page_size(call, PAGE, PAGE))
    results = [entry for to_id, types in found for entry in associations_v3.entries(pair, to_id, types)]
    return Reply(200, form.page_body(work, results, after))


def put(work: Work, call: Call) -> Reply:
    """Serve ``PUT /crm/v3/objects/{type}/{id}/associations/{toType}/{toId}/{associationType}``."""
    pair = _pair(work, call)
    record = request_body.require(work, pair.from_type, call.args["record_id"], None)
    to_id = pair.record_id(pair.to_type, call.args["to_id"])
    pair.add(record.id, to_id, [associations_v3.chosen_type(pair, call.args["type_name"])])
    body = batches.read_body(work, pair.from_type, record, ())
    return Reply(
        200, {**body, "associations": {pair.to_type.path: associations_v3.first_page(pair, record.id)}}
    )


def delete(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm/v3/objects/{type}/{id}/associations/{toType}/{toId}/{associationType}``."""
    pair = _pair(work, call)
    types = [associations_v3.chosen_type(pair, call.args["type_name"])]
    pair.remove_by_text(call.args["record_id"], call.args["to_id"], types)
    return Reply(204)


def batch_read(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/associations/{from}/{to}/batch/read``, which shows only first pages.

    It ignores ``after`` in an input: github.com/HubSpot/hubspot-api-python/issues/187
    """
    pair = _pair(work, call)
    results: list[Json] = []
    errors: list[Json] = []
    for item in batches.take_inputs(work, call.body, association_batches.MAX_READ):
        given = form.as_text(item.get("id"), "id")
        page = associations_v3.first_page(pair, int(given) if identity.is_record_id(given) else 0)
        if page["results"]:
            results.append({"from": {"id": given}, "to": page.pop("results"), **page})
        else:
            errors.append(association_batches.nothing_associated(pair.from_type, pair.to_type, given))
    return Reply(form.batch_status(work, 200, errors), form.batch_body(work, results, errors))


def batch_create(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/associations/{from}/{to}/batch/create``."""
    pair = _pair(work, call)

    def carry_out(item: Json) -> list[Json]:
        known = associations_v3.chosen_type(pair, form.as_text(item.get("type"), "type"))
        from_id, to_id = association_batches.ids(pair, item)
        pair.add(from_id, to_id, [known])
        name = associations_v3.type_name(pair, known)
        return [{"from": {"id": str(from_id)}, "to": {"id": str(to_id)}, "type": name}]

    inputs = batches.take_inputs(work, call.body, association_batches.MAX_WRITE)
    results, errors = batches.one_by_one(work, inputs, carry_out)
    return Reply(form.batch_status(work, 201, errors), form.batch_body(work, results, errors))


def batch_archive(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/associations/{from}/{to}/batch/archive``; ignore missing associations."""
    pair = _pair(work, call)
    for item in batches.take_inputs(work, call.body, association_batches.MAX_WRITE):
        types = [associations_v3.chosen_type(pair, form.as_text(item.get("type"), "type"))]
        from_text = association_batches.id_text(item, "from")
        pair.remove_by_text(from_text, association_batches.id_text(item, "to"), types)
    return Reply(204)
