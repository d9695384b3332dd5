"""Endpoints of associations, in v4 and the dated versions."""

from reconciler.emulator import association_batches, association_labels, association_limits, response_format
from reconciler.emulator.associations import PAGE, Pair, labels_body
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_body import page_size
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

NO_ENDS: Json = {"fromObjectTypeId": None, "toObjectTypeId": None}
"""The two object types in a list of labels: HubSpot gives null for both.

Source: the HubSpot notes of github.com/scopiousdigital/kalup.
"""


def _pair(work: Work, call: Call) -> Pair:
    return Pair(work, work.object_type(call.args["object_type"]), work.object_type(call.args["to_type"]))


def batch_create(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/batch/create``."""
    return Reply(*association_batches.create(work, _pair(work, call), call.body))


def batch_default(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/batch/associate/default``."""
    return Reply(*association_batches.associate_default(work, _pair(work, call), call.body))


def batch_read(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/batch/read``."""
    return Reply(*association_batches.read(work, _pair(work, call), call.body))


def batch_archive(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/batch/archive``."""
    return Reply(*association_batches.archive(work, _pair(work, call), call.body))


def batch_archive_labels(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/batch/labels/archive``."""
    return Reply(*association_batches.archive_labels(work, _pair(work, call), call.body))


def _ends(pair: Pair, call: Call) -> tuple[int, int]:
    from_id = pair.record_id(pair.from_type, call.args["record_id"])
    return from_id, pair.record_id(pair.to_type, call.args["to_id"])


def list_of_record(work: Work, call: Call) -> Reply:
    """Serve ``GET /objects/{type}/{id}/associations/{toType}``."""
    pair = _pair(work, call)
    from_id = pair.record_id(pair.from_type, call.args["record_id"])
    return Reply(200, pair.page(from_id, call.text("after"), page_size(call, PAGE, PAGE)))


def put_default(work: Work, call: Call) -> Reply:
    """Serve ``PUT /objects/{type}/{id}/associations/default/{toType}/{toId}``."""
    pair = _pair(work, call)
    return Reply(
        200, response_format.batch_body(work, association_batches.default_bodies(pair, *_ends(pair, call)))
    )


def put(work: Work, call: Call) -> Reply:
    """Serve ``PUT /objects/{type}/{id}/associations/{toType}/{toId}``, which replaces the labels."""
    pair = _pair(work, call)
    from_id, to_id = _ends(pair, call)
    types = pair.choose(call.body)
    pair.remove(from_id, to_id)
    pair.add(from_id, to_id, types)
    return Reply(201, labels_body(pair, from_id, to_id, types))


def delete(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /objects/{type}/{id}/associations/{toType}/{toId}``."""
    _pair(work, call).remove_by_text(call.args["record_id"], call.args["to_id"])
    return Reply(204)


def list_labels(work: Work, call: Call) -> Reply:
    """Serve ``GET .../{from}/{to}/labels``."""
    return Reply(200, {"results": [{**known.body, **NO_ENDS} for known in _pair(work, call).types.values()]})


def create_label(work: Work, call: Call) -> Reply:
    """Serve ``POST .../{from}/{to}/labels``; the answer has both directions."""
    pair = _pair(work, call)
    known = association_labels.add(work, pair.from_type, pair.to_type, response_format.as_object(call.body))
    return Reply(200, {"results": [{**item.body, **NO_ENDS} for item in known]})


def rename_label(work: Work, call: Call) -> Reply:
    """Serve ``PUT .../{from}/{to}/labels``."""
    pair = _pair(work, call)
    association_labels.rename(work, pair.from_type, pair.to_type, response_format.as_object(call.body))
    return Reply(204)


def delete_label(work: Work, call: Call) -> Reply:
    """Serve ``DELETE .../{from}/{to}/labels/{associationTypeId}``."""
    pair = _pair(work, call)
    association_labels.delete(work, pair.from_type, pair.to_type, call.args["type_id"])
    return Reply(204)


def list_all_limits(work: Work, call: Call) -> Reply:
    """Serve ``GET .../definitions/configurations/all``."""
    del call
    return Reply(200, {"results": association_limits.listing(work)})


def list_limits(work: Work, call: Call) -> Reply:
    """Serve ``GET .../definitions/configurations/{from}/{to}``."""
    pair = _pair(work, call)
    return Reply(200, {"results": association_limits.listing(work, pair)})


def write_limits(work: Work, call: Call) -> Reply:
    """Serve ``POST .../definitions/configurations/{from}/{to}/batch/{create,update}``."""
    return Reply(
        200, response_format.batch_body(work, association_limits.write(work, _pair(work, call), call.body))
    )


def purge_limits(work: Work, call: Call) -> Reply:
    """Serve ``POST .../definitions/configurations/{from}/{to}/batch/purge``."""
    association_limits.purge(work, _pair(work, call), call.body)
    return Reply(200, response_format.batch_body(work, [])) if work.version.purge_answers else Reply(204)
