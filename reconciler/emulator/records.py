"""Writing records: HubSpot's rules for one record at a time.

Everything is checked before anything is stored, except unique values, which are checked while storing. So a
caller that catches a refusal and goes on must use ``storage.attempt``, which undoes what was stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator import (
    associations,
    calculated,
    guesses,
    identity,
    pipeline_rules,
    refusals,
    validations,
    values,
)
from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Edit, Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.schema import Definitions, Property

LIFECYCLE = "lifecyclestage"
CREATED = ("createdate", "hs_createdate")


@dataclass(slots=True)
class Written:
    """The result of one write."""

    record: Record
    names: set[str]
    """Names of the properties that the client wrote, or that changed because of them."""
    warnings: list[dict[str, Any]] = field(default_factory=list)
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Facts about a seeded record: its id (None: a new id), creation time, and older values."""

    id: str | None
    created_ms: int
    history: tuple[Edit, ...]


def create(
    work: Work, object_type: ObjectType, given: Mapping[str, object], origin: Origin | None = None
) -> Written:
    """Create a record of the type."""
    created_ms = origin.created_ms if origin else guesses.created_ms(work.guesses, work.at_ms)
    updated_ms = max([created_ms, *(edit.at_ms for edit in origin.history)]) if origin else work.at_ms
    record = Record(0, {}, created_ms, updated_ms)
    written = _checked(work, object_type, record, given)
    _require(work, object_type, record)
    _require_conditions(work, object_type, record)
    record.id = (
        work.next_id() if origin is None or origin.id is None else _own_id(work, object_type, origin.id)
    )
    written.is_new = True
    _store_new(work, object_type, written, origin)
    return written


def _own_id(work: Work, object_type: ObjectType, given: str) -> int:
    if not identity.is_record_id(given) or work.rows(object_type).get(int(given)):
        raise refusals.invalid_request(f"{given} is not a record id, or another record has it")
    work.skip_ids(int(given))
    return int(given)


def _store_new(work: Work, object_type: ObjectType, written: Written, origin: Origin | None) -> None:
    history = origin.history if origin else ()
    record = written.record
    definitions = work.definitions(object_type)
    changes = {name: record.properties[name] for name in written.names if name in record.properties}
    for name in CREATED:
        if name in definitions.properties:
            record.properties.setdefault(name, iso(record.created_ms))
    record.properties["hs_object_id"] = str(record.id)
    record.properties[object_type.modified_property] = iso(record.updated_ms)
    changes |= calculated.derive(object_type, definitions, record)
    identity.claim_unique_values(work, object_type, record, set(changes), is_new=True)
    rows = work.rows(object_type)
    rows.put(record)
    recorded = {name for edit in history for name in edit.changes}
    unrecorded = {name: value for name, value in changes.items() if name not in recorded}
    written_ms = origin.created_ms if origin else work.at_ms
    for edit in (Edit(written_ms, work.source.body(), unrecorded), *history):
        rows.add_edit(record.id, edit)


def update(work: Work, object_type: ObjectType, record: Record, given: Mapping[str, object]) -> Written:
    """Change a live record."""
    before = dict(record.properties)
    written = _checked(work, object_type, record, given)
    after = record.properties
    for group in object_type.required:
        if any(name in written.names for name in group) and not any(after.get(name) for name in group):
            raise refusals.required_not_set(object_type.error_name, group)
    changes = {
        name: after.get(name, "") for name in written.names if after.get(name, "") != before.get(name, "")
    }
    if not changes and work.guesses.equal_write == "nothing":
        return written
    if not changes and work.guesses.equal_write == "date_and_history":
        changes = {name: after.get(name, "") for name in written.names}
    _require_conditions(work, object_type, record)
    changes |= calculated.derive(object_type, work.definitions(object_type), record)
    written.names |= set(changes)
    identity.claim_unique_values(work, object_type, record, set(changes))
    touch(work, object_type, record, changes)
    return written


def touch(work: Work, object_type: ObjectType, record: Record, changes: Mapping[str, str]) -> None:
    """Store ``record`` with a new modification time, and add ``changes`` to its history."""
    record.updated_ms = max(record.updated_ms, work.at_ms)
    record.properties[object_type.modified_property] = iso(record.updated_ms)
    rows = work.rows(object_type)
    rows.put(record)
    rows.add_edit(record.id, Edit(work.at_ms, work.source.body(), changes))


def archive(work: Work, object_type: ObjectType, record_id: str) -> None:
    """Archive the record; ignore a record that does not exist.

    Source: github.com/n8n-io/n8n/pull/3219
    """
    record = identity.find(work, object_type, record_id, None)
    if record is None:
        return
    record.archived_ms = work.at_ms
    rows = work.rows(object_type)
    rows.put(record)
    if work.guesses.archived_unique_values == "free":
        rows.release(record.id)
    associations.drop_all(work, object_type, record.id)


def _checked(work: Work, object_type: ObjectType, record: Record, given: Mapping[str, object]) -> Written:
    """Write the values ``given``, in HubSpot's form, into the record's properties.

    Refuse all if one is invalid.
    """
    definitions = work.definitions(object_type)
    setting = values.Setting(work.version, work.guesses, lambda text: text in work.owner_ids())
    problems: list[refusals.BadValue] = []
    written = Written(record, set())
    for name, value in given.items():
        try:
            _check_one(written, _defined(definitions, name), value, setting)
        except values.InvalidValue as invalid:
            problems.append(refusals.BadValue(name, invalid.code, str(invalid)))
    if not problems and object_type.pipeline_properties:
        problems += pipeline_rules.settle_stage(object_type, definitions, record.properties, written.names)
    if problems:
        raise refusals.bad_values(problems)
    return written


def _defined(definitions: Definitions, name: str) -> Property:
    definition = definitions.properties.get(name)
    if definition is None:
        raise values.InvalidValue("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    return definition


def _check_one(written: Written, definition: Property, value: object, setting: values.Setting) -> None:
    name = definition.name
    properties = written.record.properties
    stored = properties.get(name, "")
    if definition.read_only:
        raise values.InvalidValue(
            "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        )
    if value is None:
        text = guesses.written_null(setting.guesses, setting.version, name, stored)
    else:
        text = _text(name, value)
    normal = values.normal_value(definition, text, stored, setting)
    result = validations.enforce(definition, normal.text, setting.guesses) if normal.text else ""
    if name == LIFECYCLE and stored and result:
        order = {option["value"]: place for place, option in enumerate(definition.body["options"])}
        if order[result] < order.get(stored, -1):
            stage = guesses.lifecycle_step_back(setting.guesses, stored, result)
            if stage is None:
                raise values.InvalidValue("INVALID_OPTION", f"{LIFECYCLE} cannot go back to {result}")
            result = stage
    written.names.add(name)
    if result:
        properties[name] = result
    else:
        properties.pop(name, None)
    if normal.is_warned:
        written.warnings.append(_normalized(name, text, result))


def _text(name: str, value: object) -> str:
    try:
        return values.text_of(value)
    except TypeError:
        raise refusals.wrong_shape(f"Cannot deserialize value of property {name} as text") from None


def _normalized(name: str, raw: str, normalized: str) -> dict[str, Any]:
    return {
        "category": "PROPERTY_VALUE_NORMALIZED",
        "message": f"The value of {name} was normalized",
        "context": {"propertyName": [name], "rawValue": [raw], "normalizedValue": [normalized]},
    }


def _require(work: Work, object_type: ObjectType, record: Record) -> None:
    """Refuse a new record without a property that its type or a rule of the portal requires."""
    missing = [
        "|".join(group)
        for group in object_type.required
        if not any(record.properties.get(name) for name in group)
    ]
    if missing:
        raise refusals.required_not_set(object_type.error_name, missing)
    if work.version.admin_rules:
        wanted = _of_type(work.settings["required_on_create"], object_type)
        unset = [name for name in wanted if not record.properties.get(name)]
        if unset:
            raise refusals.admin_rule("MISSING_REQUIRED_PROPERTY", unset)


def _require_conditions(work: Work, object_type: ObjectType, record: Record) -> None:
    """Refuse a record without a property that the portal requires because of values in other properties."""
    if not work.version.admin_rules:
        return
    unset = [
        rule["property"]
        for rule in _of_type(work.settings["required_when"], object_type)
        if not record.properties.get(rule["property"])
        and all(record.properties.get(name) in values for name, values in rule["when"].items())
    ]
    if unset:
        raise refusals.admin_rule("MISSING_CONDITIONAL_REQUIRED_PROPERTY", unset)


def _of_type(rules: Mapping[str, Any], object_type: ObjectType) -> list[Any]:
    """Return the portal's rules for an object type; a seed may call it by any of its names."""
    addresses = (object_type.path, object_type.type_id, object_type.singular)
    return [rule for address in addresses for rule in rules.get(address, ())]
