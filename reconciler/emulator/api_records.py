"""Endpoints of records: each reads path, query and body, calls a function with rules, and returns JSON."""

from reconciler.emulator import (
    batches,
    deal_splits,
    merges,
    records,
    refusals,
    request_body,
    response_format,
    search,
)
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_context import Work


def list_records(work: Work, call: Call) -> Reply:
    """Serve ``GET /{type}``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(200, request_body.page(work, object_type, call))


def get_record(work: Work, call: Call) -> Reply:
    """Serve ``GET /{type}/{id}``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(200, request_body.one(work, object_type, call))


def create_record(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(201, batches.create_one(work, object_type, call.body))


def update_record(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /{type}/{id}``; the id of a merged record leads to the surviving record."""
    object_type = work.object_type(call.args["object_type"])
    record = request_body.require(work, object_type, call.args["record_id"], call.text("idProperty"))
    given = response_format.as_object(
        response_format.as_object(call.body).get("properties", {}), "properties"
    )
    if not given:
        raise refusals.nothing_to_update()
    written = records.update(work, object_type, record, given)
    return Reply(200, batches.written_body(object_type, written))


def archive_record(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /{type}/{id}``."""
    records.archive(work, work.object_type(call.args["object_type"]), call.args["record_id"])
    return Reply(204)


def batch_read(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/batch/read``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(*batches.read(work, object_type, call.body, archived=call.flag("archived")))


def batch_create(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/batch/create``."""
    return Reply(*batches.create(work, work.object_type(call.args["object_type"]), call.body))


def batch_update(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/batch/update``."""
    return Reply(*batches.update(work, work.object_type(call.args["object_type"]), call.body))


def batch_upsert(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/batch/upsert``."""
    return Reply(*batches.upsert(work, work.object_type(call.args["object_type"]), call.body))


def batch_archive(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/batch/archive``."""
    batches.archive(work, work.object_type(call.args["object_type"]), call.body)
    return Reply(204)


def search_records(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/search``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(200, search.search(work, object_type, call.body, call.size))


def merge_records(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/merge``."""
    object_type = work.object_type(call.args["object_type"])
    return Reply(200, merges.merge(work, object_type, response_format.as_object(call.body)))


def erase_record(work: Work, call: Call) -> Reply:
    """Serve ``POST /{type}/gdpr-delete``."""
    merges.erase(work, work.object_type(call.args["object_type"]), response_format.as_object(call.body))
    return Reply(204)


def read_splits(work: Work, call: Call) -> Reply:
    """Serve ``POST /deal-splits/{version}/batch/read``."""
    return Reply(*deal_splits.read(work, call.body))


def upsert_splits(work: Work, call: Call) -> Reply:
    """Serve ``POST /deal-splits/{version}/batch/upsert``."""
    return Reply(*deal_splits.upsert(work, call.body))
