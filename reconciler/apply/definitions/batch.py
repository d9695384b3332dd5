"""Applying changes of definitions, one definition in each call.

Stale changes are found before the call; if the answer to a call is lost, the outcome is read from the portal.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from reconciler.apply.batch_run import BatchRun, Connections
from reconciler.apply.definitions.again import ReadAgain, read_definition_again
from reconciler.apply.definitions.holders import Looking
from reconciler.apply.definitions.made import Made
from reconciler.apply.definitions.moved import has_moved, is_done, not_taken
from reconciler.apply.definitions.waiting import PAUSES_S
from reconciler.errors import HubSpotError, NoAnswer
from reconciler.hubspot.definitions.live import live_property
from reconciler.hubspot.definitions.read import find_schema
from reconciler.hubspot.definitions.responses import SchemaDefinition
from reconciler.hubspot.definitions.write import (
    DefinitionWrite,
    Written,
    archive_definition,
    create_definition,
    update_definition,
)
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.match_results import rejected
from reconciler.hubspot.transport.call_result import ErrorResponse
from reconciler.model.addresses import DefinitionAddress, Section, ThingAddress
from reconciler.model.definition_attributes import FORMULA
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Stale, Unknown
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.stages import Entry
from reconciler.state.run_types import Sent

_WRITES = {
    Action.CREATE: create_definition,
    Action.UPDATE: update_definition,
    Action.ARCHIVE: archive_definition,
}


def with_ids(change: Change, _made: Made) -> Change:
    """Return ``change`` itself: it needs no ids of other things that the run has created."""
    return change


def creates(change: Change) -> DefinitionAddress | None:
    """Return the definition for which the next stage of the run waits: HubSpot must show it as written.

    Created and updated definitions are returned. For an archived definition, return None.
    """
    return change.definition if change.action in {Action.CREATE, Action.UPDATE} else None


def takes_two_calls(_change: Change, _portal: PortalSchema) -> bool:
    """Return False: every definition takes one call."""
    return False


def stale_definitions(
    _to: Connections, _entries: Sequence[Entry], _made: Collection[ThingAddress]
) -> Mapping[int, Stale]:
    """Return no stale changes: ``send_definitions`` looks for them when it reads right before the call."""
    return {}


def send_definitions(run: BatchRun, entries: Sequence[Entry]) -> None:
    """Send the one call for ``entries``, unless they are stale; add their outcomes to ``run``."""
    main = _main(entries)
    numbers = [number for number, _ in entries]
    schema = run.to.portal.objects.get(main.object_type)
    if main.action is Action.ARCHIVE and schema is not None:
        looking = Looking(run.to.reader, schema, run.to.sleep, run.to.index_s, run.to.first_looks)
        left = looking.holder_left(main)
        if left is not None:
            run.outcomes |= dict.fromkeys(numbers, Stale(f"not removed: {left}"))
            return
    again, moved = _read_before(run, main)
    is_repeated = any(isinstance(run.outcomes.get(number), Unknown) for number in numbers)
    if moved and run.looks_again and not is_repeated:
        run.outcomes |= {
            number: _stale(change, moved, _live_of(change, main, again)) for number, change in entries
        }
        return
    write = _write_of(run, entries, again)
    writer = run.to.writer.notifying(partial(run.record_sending, 1, numbers))
    try:
        answer = _WRITES[main.action](writer.definitions, write)
    except NoAnswer as error:
        run.outcomes |= dict.fromkeys(numbers, Unknown(error.summary))
        return
    if isinstance(answer, ErrorResponse):
        refusal = rejected(answer.error)
        run.outcomes |= dict.fromkeys(numbers, refusal)
        if is_repeated:  # perhaps because our first call, without an answer, took effect
            run.outcomes |= _settled_in_time(run, entries)
        return
    outcome = _outcome(run, main, again, answer)
    run.outcomes |= {number: _of(change, outcome) for number, change in entries}


def _read_before(run: BatchRun, main: Change) -> tuple[ReadAgain, str | None]:
    """Read a definition right before its call, and describe how it differs from the one that the plan read.

    Wait up to a minute if HubSpot does not show yet what this run wrote to it.
    """
    for pause in (0.0, *PAUSES_S):
        if pause:
            run.to.tell(f"{main.definition.text}: waiting until HubSpot shows the changes of this run")
            run.to.sleep(pause)
        again = read_definition_again(run.to.reader, run.to.portal, main)
        moved = has_moved(main, again.live, run.made)
        if moved is None or main.definition not in run.made:
            break
    return again, moved


def _settled_in_time(run: BatchRun, entries: Sequence[Entry]) -> Mapping[int, Outcome]:
    """Find out the outcomes of changes whose call was repeated after a lost answer, and then refused.

    HubSpot may show the effect of the first call only later: read the portal again for up to a minute. The
    result is empty if the effect does not appear.
    """
    for pause in (0.0, *PAUSES_S):
        if pause:
            run.to.sleep(pause)
        if found := _settled(run.to.reader, run.to.portal, entries):
            return found
    return {}


def settle_sent(run: BatchRun) -> Mapping[int, Outcome]:
    """Return the outcomes of unanswered changes of ``run`` that HubSpot carried out nevertheless.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return _settled(run.to.reader, run.to.portal, run.pending)


def settle_later(
    reader: PortalReader, portal: PortalSchema, entries: Sequence[Entry], _sent: Sent
) -> Mapping[int, Outcome]:
    """Return the outcomes of those ``entries`` of an ended run that HubSpot carried out.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return _settled(reader, portal, entries)


def not_sent(_run: BatchRun, entries: Sequence[Entry], error: HubSpotError) -> Mapping[int, Outcome]:
    """Return the outcomes of changes that were not sent because of ``error``."""
    return {number: Skipped(f"not sent: {error.summary}") for number, _ in entries}


def _settled(reader: PortalReader, portal: PortalSchema, entries: Sequence[Entry]) -> Mapping[int, Outcome]:
    found: dict[int, Outcome] = {}
    for number, change in entries:
        again = read_definition_again(reader, portal, change)
        if is_done(change, again.live):
            found[number] = _applied(change, again.live)
    return found


def _applied(change: Change, live: LiveDefinition | None) -> Applied:
    answered = {
        value.name: live.values[value.name]
        for value in change.values
        if live is not None and value.name in live.values and value.name != "stages"
    }
    return Applied(change.remote.id or (live.id if live else change.known_id), answered)


def _main(entries: Sequence[Entry]) -> Change:
    """Return the change whose call also carries out the others, such as a new pipeline with its stages."""
    return next(change for _, change in entries if not details_of(change).is_carried or len(entries) == 1)


def _write_of(run: BatchRun, entries: Sequence[Entry], again: ReadAgain) -> DefinitionWrite:
    main, portal = _main(entries), run.to.portal
    address = main.definition
    here = portal.objects.get(address.object)
    other = portal.objects.get(address.names[0]) if address.section is Section.LABELS else None
    known = find_schema(again.schemas, here) if here else None
    return DefinitionWrite(
        address=address,
        id=main.remote.id,
        values=_values(main),
        path=here.path if here else "",
        other_path=other.path if other else "",
        parent_id=details_of(main).parent_id or "",
        live=again.live,
        siblings=again.siblings,
        carried=tuple(_carried(change) for _, change in entries if change is not main),
        schema=known,
        numbers=dict(_numbers(again.schemas, portal.objects.values())),
    )


def _numbers(
    schemas: Sequence[SchemaDefinition], objects: Collection[ObjectSchema]
) -> Iterator[tuple[str, str]]:
    """Return the name and the type number of each custom object type; for other types, name and path."""
    for each in objects:
        body = find_schema(schemas, each)
        yield each.name, body.object_type_id if body else each.path


def _carried(change: Change) -> DefinitionWrite:
    return DefinitionWrite(change.definition, change.remote.id, _values(change), "")


def _values(change: Change) -> Mapping[str, str | None]:
    return {value.name: value.after for value in change.values}


def _outcome(run: BatchRun, main: Change, again: ReadAgain, answer: Written) -> Outcome:
    """Return the outcome of an answered call, which may be a rejection.

    HubSpot may have answered with an object type that existed before, or have kept an old value.
    """
    section = main.definition.section
    if section is Section.SCHEMA and main.action is Action.CREATE:
        number = answer.answered.get("objectTypeId")
        if any(number == each.object_type_id for each in again.schemas):
            return Rejected(f"HubSpot answered with the object type {number}, which was there before")
    if main.action is Action.ARCHIVE:
        return _proven(run, main, again, answer)
    live = _stored(run, main, again, answer)
    if live is None or section is not Section.PROPERTIES:
        return Applied(answer.id, _answered(main, answer.answered), is_new=_is_new(main))
    refused = not_taken(main, live)
    applied = Applied(answer.id, _answered(main, live.values), is_new=_is_new(main))
    if not refused:
        return applied
    names = ", ".join(value.name for value in refused)
    written = {value.name: value.after for value in main.values if all(value is not each for each in refused)}
    return Rejected(
        (
            f"HubSpot did not store what reconciler sent for {names}: correct the manifest, or check the "
            "definition in HubSpot"
        ),
        record_id=answer.id,
        done=replace(applied, written=written) if written or main.action is Action.CREATE else None,
    )


def _is_new(main: Change) -> bool | None:
    return True if main.action is Action.CREATE else None


def _stored(run: BatchRun, main: Change, again: ReadAgain, answer: Written) -> LiveDefinition | None:
    """Return a property as HubSpot stores it; None for other definitions.

    Read it again if its formula was written: the answer repeats a formula as it was sent.
    """
    if main.definition.section is not Section.PROPERTIES:
        return None
    base = again.live or LiveDefinition(main.definition, answer.id, {})
    echoed = replace(base, values=answer.answered)
    if not any(value.name == FORMULA for value in main.values):
        return echoed
    body = run.to.reader.definitions.property(
        run.to.portal.objects[main.object_type].path, main.definition.name
    )
    stored = live_property(main.object_type, body) if body else None
    return stored if stored is not None and not not_taken(main, stored) else echoed


def _answered(main: Change, answered: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Return the written values as HubSpot answered them, and number and creation time of an object type."""
    names = {value.name for value in main.values} - {"stages"}
    if main.definition.section is Section.SCHEMA:
        names |= {"objectTypeId", "createdAt"}
    return {name: text for name, text in answered.items() if name in names}


def _proven(run: BatchRun, main: Change, again: ReadAgain, answer: Written) -> Outcome:
    """Read for up to a minute until a definition is gone: HubSpot also answers 204 if it removed nothing."""
    for pause in (0.0, *PAUSES_S):
        if pause:
            run.to.tell(f"waiting until HubSpot shows that {main.definition.text} is gone")
            run.to.sleep(pause)
        if is_done(main, read_definition_again(run.to.reader, run.to.portal, main, again.live).live):
            return Applied(answer.id, {})
    return Rejected("HubSpot reported the removal, but the definition is still there")


def _stale(change: Change, moved: str, live: LiveDefinition | None) -> Stale:
    """Return the outcome of a stale change.

    If a create finds the wanted definition in HubSpot already, the outcome contains the definition's id.
    """
    is_there = change.action is Action.CREATE and live is not None and is_done(change, live)
    return Stale(moved, found=live.id if is_there and live else None)


def _live_of(change: Change, main: Change, again: ReadAgain) -> LiveDefinition | None:
    """Return the live definition of one change of a call; stages are read with their pipeline."""
    if change is main:
        return again.live
    return next((each for each in again.siblings if each.id == change.remote.id), None)


def _of(change: Change, outcome: Outcome) -> Outcome:
    """Return the outcome of ``change``; ``outcome`` is the outcome of the whole call.

    A call that creates a pipeline also creates stages of this pipeline. Such a stage is new if the call
    succeeded.
    """
    if isinstance(outcome, Applied) and details_of(change).is_carried:
        return Applied(change.known_id, {}, is_new=True)
    return outcome
