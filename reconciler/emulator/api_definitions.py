"""Endpoints of properties, groups, validation rules, pipelines, stages and custom object schemas."""

from reconciler.emulator import (
    audits,
    pipelines,
    properties,
    property_groups,
    response_format,
    schema_associations,
    schema_creation,
    schemas,
    stages,
    validations,
)
from reconciler.emulator.batches import take_inputs
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json


def _type(work: Work, call: Call) -> ObjectType:
    return work.object_type(call.args["object_type"])


def _body(call: Call) -> Json:
    return response_format.as_object(call.body)


def _sensitivity(call: Call) -> str:
    return call.text("dataSensitivity") or "non_sensitive"


def list_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/properties/{type}``."""
    wanted = (call.flag("archived"), _sensitivity(call))
    bodies = work.definitions(_type(work, call)).bodies.values()
    found = [body for body in bodies if (body["archived"], body["dataSensitivity"]) == wanted]
    names = call.names("properties")
    shown = [properties.in_this_version(work, body) for body in found if not names or body["name"] in names]
    return Reply(200, {"results": shown})


def get_property(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/properties/{type}/{name}``."""
    name, archived = call.args["property_name"], call.flag("archived")
    body = properties.get(work, _type(work, call), name, archived=archived, sensitivity=_sensitivity(call))
    shown = dict(properties.in_this_version(work, body))
    if body["hubspotDefined"] and not archived:
        del shown[
            "archived"
        ]  # HubSpot omits it; source: the HubSpot notes of github.com/scopiousdigital/kalup
    return Reply(200, shown)


def create_property(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/properties/{type}``."""
    object_type = _type(work, call)
    body = properties.create(work, object_type, _body(call))
    location = f"/crm/v3/properties/{object_type.type_id}/{body['name']}"
    return Reply(201, properties.in_this_version(work, body), {"Location": location})


def update_property(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /crm/v3/properties/{type}/{name}``."""
    body = properties.update(work, _type(work, call), call.args["property_name"], _body(call))
    return Reply(200, properties.in_this_version(work, body))


def archive_property(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm/v3/properties/{type}/{name}``."""
    properties.archive(work, _type(work, call), call.args["property_name"])
    return Reply(204)


def batch_create_properties(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/properties/{type}/batch/create``."""
    return Reply(*properties.create_batch(work, _type(work, call), take_inputs(work, call.body)))


def _names(work: Work, call: Call) -> list[str]:
    return [response_format.as_text(item.get("name"), "name") for item in take_inputs(work, call.body)]


def batch_read_properties(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/properties/{type}/batch/read``."""
    body = _body(call)
    sensitivity = body.get("dataSensitivity") or "non_sensitive"
    archived = bool(body.get("archived"))
    object_type = _type(work, call)
    return Reply(
        *properties.read_batch(
            work, object_type, _names(work, call), archived=archived, sensitivity=sensitivity
        )
    )


def batch_archive_properties(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/properties/{type}/batch/archive``."""
    properties.archive_batch(work, _type(work, call), _names(work, call))
    return Reply(204)


def list_groups(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/properties/{type}/groups``."""
    groups = work.definitions(_type(work, call)).groups.values()
    return Reply(200, {"results": [group for group in groups if not group["archived"]]})


def get_group(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/properties/{type}/groups/{name}``."""
    return Reply(200, property_groups.get(work, _type(work, call), call.args["group_name"]))


def create_group(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/properties/{type}/groups``."""
    return Reply(201, property_groups.create(work, _type(work, call), _body(call)))


def update_group(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /crm/v3/properties/{type}/groups/{name}``."""
    return Reply(200, property_groups.update(work, _type(work, call), call.args["group_name"], _body(call)))


def archive_group(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm/v3/properties/{type}/groups/{name}``."""
    property_groups.archive(work, _type(work, call), call.args["group_name"])
    return Reply(204)


def list_validations(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/property-validations/{type}``."""
    stored = work.stored(validations.VALIDATION, _type(work, call).type_id)
    results = [
        {"propertyName": name, "propertyValidationRules": list(rules.values())}
        for name, rules in stored.items()
    ]
    return Reply(200, {"results": results})


def get_validations(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/property-validations/{type}/{name}``."""
    rules = validations.rules_of(work, _type(work, call), call.args["property_name"])
    return Reply(200, {"results": list(rules.values())})


def get_validation(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/property-validations/{type}/{name}/rule-type/{ruleType}``."""
    object_type = _type(work, call)
    return Reply(200, validations.get(work, object_type, call.args["property_name"], call.args["rule_type"]))


def put_validation(work: Work, call: Call) -> Reply:
    """Serve ``PUT /crm/v3/property-validations/{type}/{name}/rule-type/{ruleType}``."""
    name, rule_type = call.args["property_name"], call.args["rule_type"]
    validations.put(work, _type(work, call), name, rule_type, _body(call))
    return Reply(204)


def list_pipelines(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}``."""
    return Reply(200, {"results": pipelines.listing(work, _type(work, call))})


def get_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}/{id}``."""
    return Reply(200, pipelines.get(work, _type(work, call), call.args["pipeline_id"]))


def create_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/pipelines/{type}``."""
    return Reply(201, pipelines.create(work, _type(work, call), _body(call)))


def replace_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``PUT /crm/v3/pipelines/{type}/{id}``."""
    return Reply(200, pipelines.replace(work, _type(work, call), call.args["pipeline_id"], _body(call)))


def update_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /crm/v3/pipelines/{type}/{id}``."""
    return Reply(200, pipelines.update(work, _type(work, call), call.args["pipeline_id"], _body(call)))


def delete_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm/v3/pipelines/{type}/{id}``."""
    pipelines.delete(work, _type(work, call), call.args["pipeline_id"])
    return Reply(204)


def audit_pipeline(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}/{id}/audit``."""
    return Reply(200, {"results": audits.listing(work, _type(work, call), call.args["pipeline_id"])})


def list_stages(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}/{id}/stages``."""
    return Reply(200, {"results": pipelines.stages_of(work, _type(work, call), call.args["pipeline_id"])})


def get_stage(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}/{id}/stages/{stageId}``."""
    return Reply(200, stages.get(work, _type(work, call), call.args["pipeline_id"], call.args["stage_id"]))


def create_stage(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/pipelines/{type}/{id}/stages``."""
    return Reply(201, stages.create(work, _type(work, call), call.args["pipeline_id"], _body(call)))


def replace_stage(work: Work, call: Call) -> Reply:
    """Serve ``PUT /crm/v3/pipelines/{type}/{id}/stages/{stageId}``."""
    pipeline_id, stage_id = call.args["pipeline_id"], call.args["stage_id"]
    return Reply(200, stages.replace(work, _type(work, call), pipeline_id, stage_id, _body(call)))


def update_stage(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /crm/v3/pipelines/{type}/{id}/stages/{stageId}``."""
    pipeline_id, stage_id = call.args["pipeline_id"], call.args["stage_id"]
    return Reply(200, stages.update(work, _type(work, call), pipeline_id, stage_id, _body(call)))


def delete_stage(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm/v3/pipelines/{type}/{id}/stages/{stageId}``."""
    stages.delete(work, _type(work, call), call.args["pipeline_id"], call.args["stage_id"])
    return Reply(204)


def audit_stage(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/pipelines/{type}/{id}/stages/{stageId}/audit``."""
    return Reply(200, {"results": audits.listing(work, _type(work, call), call.args["stage_id"])})


def list_schemas(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm-object-schemas/v3/schemas``."""
    with_properties = call.text("includePropertyDefinitions") != "false"
    found = schemas.listing(work, archived=call.flag("archived"), with_properties=with_properties)
    return Reply(200, {"results": found})


def batch_read_schemas(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm-object-schemas/v3/schemas/batch/read``."""
    addresses = response_format.as_names(_body(call).get("inputs"), "inputs")
    return Reply(200, response_format.batch_body(work, [schemas.get(work, address) for address in addresses]))


def create_schema(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm-object-schemas/v3/schemas``."""
    return Reply(201, schema_creation.create(work, _body(call)))


def get_schema(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm-object-schemas/v3/schemas/{type}``."""
    return Reply(200, schemas.read(work, call.args["object_type"]))


def update_schema(work: Work, call: Call) -> Reply:
    """Serve ``PATCH /crm-object-schemas/v3/schemas/{type}``."""
    return Reply(200, schemas.update(work, call.args["object_type"], _body(call)))


def archive_schema(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm-object-schemas/v3/schemas/{type}``; ``archived=true`` purges an archived schema."""
    (schemas.purge if call.flag("archived") else schemas.archive)(work, call.args["object_type"])
    return Reply(204)


def create_schema_association(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm-object-schemas/v3/schemas/{type}/associations``."""
    return Reply(201, schema_associations.add_association(work, call.args["object_type"], _body(call)))


def remove_schema_association(work: Work, call: Call) -> Reply:
    """Serve ``DELETE /crm-object-schemas/v3/schemas/{type}/associations/{id}``."""
    schema_associations.remove_association(work, call.args["object_type"], call.args["identifier"])
    return Reply(204)
