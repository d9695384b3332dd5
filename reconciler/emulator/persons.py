"""Edits of records as people make them: with the names and labels that HubSpot's pages show."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator import identity, refusals
from reconciler.emulator.errors import EmulatorError
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import NO_TYPE, OWNER, Source, Work


def person(work: Work, name: str | None) -> Source:
    """Return the source of edits that the person ``name`` makes on HubSpot's pages.

    An owner of the portal is found by e-mail address, first name or full name; None stands for the first
    owner. Any other name stands for a user whom the portal does not list.
    """
    owners = [owner for owner in work.stored(OWNER, NO_TYPE).values() if owner.get("userId") is not None]
    called = None if name is None else name.casefold()
    for owner in owners:
        if called is None or called in _names(owner):
            user_id = owner["userId"]
            label = f"{owner.get('firstName') or ''} {owner.get('lastName') or ''}".strip()
            return Source("CRM_UI", f"userId:{user_id}", label or owner.get("email"), user_id)
    return Source("CRM_UI", label=name)


def _names(owner: Mapping[str, Any]) -> set[str]:
    first, last = owner.get("firstName") or "", owner.get("lastName") or ""
    return {name.casefold() for name in (owner.get("email") or "", first, f"{first} {last}".strip()) if name}


def find(work: Work, object_type: ObjectType, value: str) -> Record:
    """Return the record that has ``value`` in one of its unique properties.

    Raises EmulatorError if there is none, or several.
    """
    names = work.definitions(object_type).unique_names
    candidates = (identity.find(work, object_type, value, name) for name in names)
    found = {record.id: record for record in candidates if record}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        ids = " and ".join(f"{object_type.path}/={record_id}" for record_id in sorted(found))
        raise EmulatorError(f"{value} names several records: {ids}")
    if not names:
        raise EmulatorError(f"{object_type.path} have no unique property by which to find {value}")
    raise EmulatorError(f"no record of {object_type.path} has the value {value} in {' or '.join(names)}")


def as_stored(
    work: Work, object_type: ObjectType, record: Record, properties: Mapping[str, str]
) -> dict[str, str]:
    """Replace labels of options, pipelines and stages, and e-mails of owners, by their stored values."""
    stored: dict[str, str] = {}
    by_pipeline, by_stage = object_type.pipeline_properties or ("", "")
    definitions = work.definitions(object_type)
    for name in sorted(properties, key=lambda name: name == by_stage):  # a stage needs its pipeline
        known = definitions.properties.get(name)
        if name == by_pipeline:
            names = _labels(definitions.pipelines.values(), "id")
        elif name == by_stage:
            pipeline_id = stored.get(by_pipeline) or record.properties.get(by_pipeline, "")
            names = _labels(definitions.pipelines.get(pipeline_id, {}).get("stages", ()), "id")
        elif known and known.external == "OWNER":
            owners = work.stored(OWNER, NO_TYPE).values()
            names = {(owner.get("email") or "").casefold(): owner["id"] for owner in owners}
        else:
            names = _labels(known.body["options"], "value") if known else {}
        text = properties[name]
        is_value = text in names.values()
        stored[name] = text if is_value else names.get(text.casefold(), text)
    return stored


def _labels(things: Any, key: str) -> dict[str, str]:
    return {thing["label"].casefold(): thing[key] for thing in things}


def details_of(refusal: refusals.Refusal) -> str:
    """Return the message about a refusal that HubSpot would show to the person, in one sentence."""
    return (
        "; ".join(str(error["message"]) for error in refusal.errors if "message" in error) or refusal.message
    )
