"""Removing the things that probes created: records and properties are archived, pipelines deleted."""

from collections.abc import Sequence

from reconciler.errors import UsageError
from reconciler.model.calls import Call
from reconciler.probes.made_list import Made, MadeList
from reconciler.probes.portal import KEYS, ProbedPortal

_ATTEMPTS = 3
"""Maximum number of searches; after archiving merged records, a search may find further records."""
_BATCH = 100
_NOT_FOUND = 404


def remove_made(portal: ProbedPortal, made: MadeList) -> int:
    """Remove everything on the list from the portal, and empty the list; return the number of things.

    Raises:
        UsageError: something could not be removed.
        HubSpotError: HubSpot does not answer; the list is not emptied.
    """
    things = made.things
    for object_name in KEYS:
        _remove_records(portal, object_name, things)
    for thing in things:
        if thing.kind == "pipeline":
            _remove_pipeline(portal, thing)
    for thing in reversed(things):
        if thing.kind == "property":
            reply = portal.send("DELETE", portal.paths.property_definition(thing.object, thing.name))
            if not reply.is_success and reply.status != _NOT_FOUND:
                raise _stays(f"property {thing.name}", reply.status)
    made.forget()
    return len(things)


def _remove_records(portal: ProbedPortal, object_name: str, things: Sequence[Made]) -> None:
    ours = [thing for thing in things if thing.object == object_name]
    keys = [thing.name for thing in ours if thing.kind == "record"]
    ids = [thing.name for thing in ours if thing.kind == "id"]
    for _ in range(_ATTEMPTS):
        found = list(dict.fromkeys([*ids, *_found(portal, object_name, keys)]))
        if not found:
            return
        for start in range(0, len(found), _BATCH):
            inputs = [{"id": each} for each in found[start : start + _BATCH]]
            reply = portal.send("POST", portal.paths.batch(object_name, Call.ARCHIVE), {"inputs": inputs})
            if not reply.is_success:
                raise _stays(f"records of {object_name}", reply.status)
        ids = []
    if _found(portal, object_name, keys):
        raise _stays(f"records of {object_name}", 0)


def _found(portal: ProbedPortal, object_name: str, keys: Sequence[str]) -> list[str]:
    """Return the ids of live records with these keys; none if the key property does not exist."""
    asked = list(dict.fromkeys(keys))
    found = []
    for start in range(0, len(asked), _BATCH):
        part = asked[start : start + _BATCH]
        reply = portal.read_many(object_name, part, by=KEYS[object_name])
        if not reply.is_success and len(part) > 1:  # perhaps because HubSpot treats two of the keys as equal
            found += [each for key in part for each in _found(portal, object_name, [key])]
        found += [str(result["id"]) for result in reply.results()]
    return found


def _remove_pipeline(portal: ProbedPortal, thing: Made) -> None:
    reply = portal.send("GET", portal.paths.pipelines(thing.object))
    for pipeline in reply.results():
        if pipeline.get("label") == thing.name:
            answer = portal.send("DELETE", portal.paths.pipeline(thing.object, str(pipeline["id"])))
            if not answer.is_success and answer.status != _NOT_FOUND:
                raise _stays(f"pipeline {thing.name}", answer.status)


def _stays(what: str, status: int) -> UsageError:
    why = f" (HubSpot answered {status})" if status else ""
    return UsageError(
        f"{what} of the probes cannot be removed{why}\n"
        "    run `reconciler emulator verify` again, or remove what begins with reconciler_probe by hand"
    )
