"""Batches of records: some errors fail the whole request, others only one record.

Sources: developers.hubspot.com/docs/guides/crm/using-object-apis, "batch"; for ``objectWriteTraceId``:
developers.hubspot.com/docs/api-reference/error-handling, "multi-status errors".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from reconciler.emulator import associations, guesses, identity, records, refusals, response_format
from reconciler.emulator.identity import CONTACTS, EMAIL
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

MAX_INPUTS = 100
MAX_INPUTS_WITH_HISTORY = 50


@dataclass(slots=True)
class Input:
    """One input of a batch write; ``id`` is the value of ``id_property``, or a record id."""

    id: str
    id_property: str | None
    properties: Mapping[str, Any]
    associations: list[Any]
    trace_id: Any


def take_inputs(work: Work, body: object, maximum: int = MAX_INPUTS) -> list[Json]:
    """Return the objects under ``inputs``.

    A body without ``inputs`` is refused or counts as an empty batch: this is the guess ``missing_inputs``.
    """
    given = response_format.as_object(body).get("inputs")
    items = (
        guesses.missing_inputs(work.guesses) if given is None else response_format.as_list(given, "inputs")
    )
    inputs = [response_format.as_object(item, "inputs") for item in items]
    if len(inputs) > maximum:
        raise refusals.invalid_request(
            f"The maximum batch size is {maximum}, but {len(inputs)} inputs were given"
        )
    return inputs


Item = TypeVar("Item")


def one_by_one(
    work: Work, items: Iterable[Item], carry_out: Callable[[Item], Iterable[Any]]
) -> tuple[list[Any], list[Json]]:
    """Call ``carry_out`` for each input; return the results, and the refusals of single inputs.

    Raise a refusal that concerns the whole batch.
    """
    results: list[Any] = []
    errors: list[Json] = []
    for item in items:
        try:
            with work.storage.attempt():
                results += carry_out(item)
        except refusals.Refusal as refusal:
            if refusal.whole:
                raise
            errors.append(refusal.entry())
    return results, errors


def create(work: Work, object_type: ObjectType, body: object) -> tuple[int, Json]:
    """Serve ``batch/create``: return status and body of the answer."""
    inputs = _parse(work, body, needs_id=False)
    if work.guesses.same_value_twice == "all_refused":
        guesses.refuse_same_values(list(_unique_values(work, object_type, inputs)))
    return _write(work, object_type, inputs, "create", success=201)


def _unique_values(work: Work, object_type: ObjectType, inputs: Iterable[Input]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each unique property that an input sets, for all inputs."""
    for name in work.definitions(object_type).unique_names:
        for item in inputs:
            value = item.properties.get(name)
            if isinstance(value, str) and value:
                yield name, identity.key_form(work, object_type, name, value)


def update(work: Work, object_type: ObjectType, body: object) -> tuple[int, Json]:
    """Serve ``batch/update``, which only updates existing records.

    Contacts cannot be found by e-mail address here: github.com/HubSpot/hubspot-api-nodejs/issues/548
    """
    inputs = _parse(work, body, needs_id=True)
    if object_type.type_id == CONTACTS and any(item.id_property == EMAIL for item in inputs):
        raise refusals.non_unique_property("update/upsert", CONTACTS, EMAIL, work.portal_id)
    _check_keys(work, object_type, inputs)
    return _write(work, object_type, inputs, "update", success=200)


def upsert(work: Work, object_type: ObjectType, body: object) -> tuple[int, Json]:
    """Serve ``batch/upsert``, which creates a record if none has the given value of ``idProperty``."""
    inputs = _parse(work, body, needs_id=True)
    _check_keys(work, object_type, inputs)
    return _write(work, object_type, inputs, "upsert", success=200)


def create_one(work: Work, object_type: ObjectType, body: object) -> Json:
    """Serve ``POST /{type}``: create one record."""
    request = response_format.as_object(body)
    given = response_format.as_object(request.get("properties", {}), "properties")
    written = records.create(work, object_type, given)
    specs = response_format.as_list(request.get("associations"), "associations")
    associations.associate_new(work, object_type, written.record, specs)
    return written_body(object_type, written)


def _parse(work: Work, body: object, *, needs_id: bool) -> list[Input]:
    return [
        Input(
            id=response_format.as_text(item.get("id"), "id") if needs_id else "",
            id_property=response_format.as_optional_text(item.get("idProperty"), "idProperty"),
            properties=response_format.as_object(item.get("properties", {}), "properties"),
            associations=response_format.as_list(item.get("associations"), "associations"),
            trace_id=item.get("objectWriteTraceId"),
        )
        for item in take_inputs(work, body)
    ]


def _check_keys(work: Work, object_type: ObjectType, inputs: Iterable[Input]) -> None:
    """Refuse the whole batch if an ``idProperty`` is not unique, or if two inputs name the same record."""
    for id_property in dict.fromkeys(item.id_property for item in inputs):
        if id_property is not None:
            identity.check_key(work, object_type, id_property, "update/upsert")
            if any(not item.id.strip() for item in inputs if item.id_property == id_property):
                raise refusals.invalid_request(f"an input has no value of {id_property}")
    seen: set[tuple[str | None, str]] = set()
    twice: dict[str, None] = {}
    for item in inputs:
        key = (item.id_property, identity.key_form(work, object_type, item.id_property or "", item.id))
        if key in seen:
            twice[item.id] = None
        seen.add(key)
    if twice:
        raise refusals.duplicate_ids(list(twice))


def _write(
    work: Work, object_type: ObjectType, inputs: list[Input], operation: str, *, success: int
) -> tuple[int, Json]:
    is_traced = bool(inputs) and guesses.trace_ids_count(work.guesses, [item.trace_id for item in inputs])
    results: list[Json] = []
    errors: list[Json] = []
    missing: list[Input] = []
    for item in inputs:
        try:
            with work.storage.attempt():
                written = _write_one(work, object_type, item, operation)
        except refusals.Refusal as refusal:
            if refusal.whole or not is_traced:
                raise
            errors.append(refusal.entry([item.trace_id]))
            continue
        if written is not None:
            results.append(_result(object_type, item, written, operation))
        elif identity.forwarded(work, object_type, item.id) is None or item.id_property:
            missing.append(item)
    errors += _missing_entries(object_type, missing, is_traced=is_traced)
    body = response_format.batch_body(work, guesses.order_of_results(work.guesses, results), errors)
    return response_format.batch_status(work, success, errors), body


def _write_one(work: Work, object_type: ObjectType, item: Input, operation: str) -> records.Written | None:
    """Write one input; return None if the record does not exist and must not be created."""
    record: Record | None = None
    given = item.properties
    if operation != "create":
        record = identity.find(work, object_type, item.id, item.id_property)
        if record is not None and operation == "update" and not given:
            raise refusals.nothing_to_update()
        if record is not None and operation == "upsert":
            _check_address(work, object_type, record, item)
        if record is not None:
            return records.update(work, object_type, record, given)
        if operation == "update" or item.id_property is None:
            return None
        given = {item.id_property: item.id, **given}
    written = records.create(work, object_type, given)
    associations.associate_new(work, object_type, written.record, item.associations)
    return written


def _check_address(work: Work, object_type: ObjectType, record: Record, item: Input) -> None:
    """Refuse an upsert of a contact by e-mail address, if the guesses say that HubSpot refuses it."""
    if object_type.type_id != CONTACTS or item.id_property != EMAIL:
        return
    is_secondary = record.properties.get(EMAIL) != identity.key_form(work, object_type, EMAIL, item.id)
    if is_secondary and work.guesses.secondary_email_upsert == "refused":
        raise refusals.contact_exists(record.id, secondary=True)
    if not is_secondary and work.guesses.email_upsert == "refused":
        raise refusals.invalid_request("a partial upsert by email is not supported")


def _result(object_type: ObjectType, item: Input, written: records.Written, operation: str) -> Json:
    body = written_body(object_type, written)
    if operation == "upsert":
        body["new"] = written.is_new
    if item.trace_id is not None:
        body["objectWriteTraceId"] = item.trace_id
    return body


def written_body(object_type: ObjectType, written: records.Written) -> Json:
    """Return the answer to a write.

    It contains the written and the system properties, not the whole record.
    """
    body = response_format.record_body(object_type, written.record, written.names)
    if written.warnings:
        body["warnings"] = written.warnings
    return body


def _missing_entries(object_type: ObjectType, missing: list[Input], *, is_traced: bool) -> list[Json]:
    """Return errors for missing records.

    There is one for each record if inputs have trace ids, otherwise one for all.
    """
    if not missing:
        return []
    if is_traced:
        return [
            refusals.missing_records(object_type.error_name, [item.id]).entry([item.trace_id])
            for item in missing
        ]
    return [refusals.missing_records(object_type.error_name, [item.id for item in missing]).entry()]


def archive(work: Work, object_type: ObjectType, body: object) -> None:
    """Serve ``batch/archive``; ignore records that do not exist."""
    for item in take_inputs(work, body):
        records.archive(work, object_type, response_format.as_text(item.get("id"), "id"))


def read(work: Work, object_type: ObjectType, body: object, *, archived: bool) -> tuple[int, Json]:
    """Serve ``batch/read``; the answer has one error for all missing records together."""
    request = response_format.as_object(body)
    names = response_format.as_names(request.get("properties"), "properties")
    with_history = response_format.as_names(request.get("propertiesWithHistory"), "propertiesWithHistory")
    id_property = response_format.as_optional_text(request.get("idProperty"), "idProperty")
    inputs = take_inputs(work, request, MAX_INPUTS_WITH_HISTORY if with_history else MAX_INPUTS)
    if id_property is not None:
        identity.check_key(work, object_type, id_property, "read")
    results: list[Json] = []
    missing: list[str] = []
    ids = [response_format.as_text(item.get("id"), "id") for item in inputs]
    for given in guesses.ids_to_read(work.guesses, ids):
        record = identity.find(work, object_type, given, id_property, archived=archived)
        is_merged = not (record or id_property) and identity.forwarded(work, object_type, given) is not None
        if is_merged and work.guesses.merged_id == "followed":
            record = identity.follow(work, object_type, given)
        if record is not None:
            results.append(read_body(work, object_type, record, names, with_history))
        elif not is_merged or work.guesses.merged_id == "error":
            missing.append(given)
    errors = []
    if missing:
        errors.append(refusals.missing_records(object_type.error_name, missing).entry())
    answer = response_format.batch_body(work, guesses.order_of_results(work.guesses, results), errors)
    return response_format.batch_status(work, 200, errors), answer


def read_body(
    work: Work,
    object_type: ObjectType,
    record: Record,
    names: Iterable[str],
    with_history: Iterable[str] = (),
) -> Json:
    """Return a record as batch/read does: with the requested properties, or with the default properties."""
    defined = work.definitions(object_type).properties
    asked = (*names, *with_history) or object_type.default_properties
    wanted = [name for name in asked if name in defined]
    body = response_format.record_body(object_type, record, wanted)
    if with_history:
        edits = work.rows(object_type).edits(record.id)
        body["propertiesWithHistory"] = response_format.history_body(
            object_type, edits, [name for name in with_history if name in defined]
        )
    return body
