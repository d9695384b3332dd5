"""Endpoints of properties, pipelines and schemas."""

from reconciler.emulator import refusals
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.work import NO_TYPE, SCHEMA, Work


def list_properties(work: Work, call: Call) -> Reply:
    """``GET /crm/v3/properties/{type}``."""
    definitions = work.definitions(work.object_type(call.args["object_type"]))
    archived = call.flag("archived")
    return Reply(
        200, {"results": [body for body in definitions.bodies.values() if body["archived"] == archived]}
    )


def get_property(work: Work, call: Call) -> Reply:
    """``GET /crm/v3/properties/{type}/{name}``."""
    definitions = work.definitions(work.object_type(call.args["object_type"]))
    body = definitions.bodies.get(call.args["property_name"])
    if body is None or body["archived"] != call.flag("archived"):
        raise refusals.not_found()
    return Reply(200, body)


def list_pipelines(work: Work, call: Call) -> Reply:
    """``GET /crm/v3/pipelines/{type}``."""
    definitions = work.definitions(work.object_type(call.args["object_type"]))
    return Reply(200, {"results": list(definitions.pipelines.values())})


def list_schemas(work: Work, call: Call) -> Reply:
    """``GET /crm-object-schemas/v3/schemas``."""
    archived = call.flag("archived")
    return Reply(
        200, {"results": [s for s in work.stored(SCHEMA, NO_TYPE).values() if s["archived"] == archived]}
    )
