"""Finding out the outcomes of changes of records if the answer to their call was lost.

This only reads the records; it never sends a call again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.apply.records.answer_outcomes import only_emptied
from reconciler.apply.records.creation_evidence import found_as_created, is_there
from reconciler.errors import Unavailable
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied, Outcome, Rejected
from reconciler.plan.change import Action, Change
from reconciler.plan.stages import Entry
from reconciler.plan.values.equality import same_value
from reconciler.state.run_types import Sent


def settle_later(
    reader: PortalReader, portal: PortalSchema, entries: Sequence[Entry], sent: Sent
) -> Mapping[int, Outcome]:
    """Return the outcomes of those ``entries`` of an ended run that HubSpot carried out, fully or in part.

    A change that takes two calls is carried out in part if HubSpot carried out only the first call.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    schema, changes = portal.objects[entries[0][1].object_type], dict(entries)
    half_done: dict[int, Outcome] = {
        number: only_emptied(
            schema,
            changes[number],
            Rejected("not written: the run ended before HubSpot carried out the change"),
        )
        for number in are_emptied(reader, schema, entries)
    }
    return {**half_done, **settle(reader, portal, entries, sent)}


def settle(
    reader: PortalReader, portal: PortalSchema, entries: Sequence[Entry], sent: Sent
) -> Mapping[int, Outcome]:
    """Return the outcomes of those ``entries`` of one call that HubSpot carried out.

    ``sent`` gives the times of the calls, which tell whether a new record is ours.
    """
    if not entries:
        return {}
    schema = portal.objects[entries[0][1].object_type]
    live = read_again(reader, schema, entries)
    live.insist_on_answers()
    found = {
        number: settled(schema, change, live.get(identity(change)), sent.get((number, 1)))
        for number, change in entries
    }
    return {number: outcome for number, outcome in found.items() if outcome}


def are_emptied(reader: PortalReader, schema: ObjectSchema, entries: Sequence[Entry]) -> frozenset[int]:
    """Return the numbers of ``entries`` whose lifecycle stage is to be set back and is empty now."""
    live = read_again(reader, schema, entries)
    return frozenset(
        number for number, change in entries if is_emptied(schema, change, live.get(identity(change)))
    )


def is_emptied(schema: ObjectSchema, change: Change, live: LiveRecord | None) -> bool:
    """Return whether the lifecycle stage that ``change`` sets back is empty in ``live``.

    Such a change takes two calls: the first call empties the stage, the second call sets the earlier stage.
    """
    back = [
        value.name for value in change.values if schema.is_step_back(value.name, value.before, value.after)
    ]
    return live is not None and bool(back) and all(live.properties.get(name) is None for name in back)


def settled(
    schema: ObjectSchema, change: Change, live: LiveRecord | None, sent_at: datetime | None
) -> Applied | None:
    """Return Applied if the record is as it should be after ``change``; None if HubSpot did not carry it out.

    ``sent_at`` is the time when its call was sent, by HubSpot's clock; None if unknown.
    """
    if change.action is Action.ARCHIVE:
        return None if live else Applied(change.known_id, {})
    if live is None:
        return None
    if change.action is Action.CREATE:
        return found_as_created(schema, change, live, sent_at)
    if not all(is_there(schema, value, live.properties.get(value.name)) for value in change.values):
        return None
    return Applied(live.id, {value.name: live.properties.get(value.name) for value in change.values})


def holds(schema: ObjectSchema, live: LiveRecord, name: str, text: str | None) -> bool:
    """Return whether ``live`` has ``text`` in property ``name``; False if that property is gone."""
    definition = schema.properties.get(name)
    return definition is not None and same_value(definition.kind, live.properties.get(name), text)


class ReadAgain(dict[tuple[str, str], LiveRecord]):
    """Records as they are in HubSpot now, by ``identity``.

    Attributes:
        unanswered: identities that HubSpot leaves out of its answers: these records may exist or not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unanswered: set[tuple[str, str]] = set()

    def insist_on_answers(self) -> None:
        """Raise an error if the answers leave a record out: nothing can be decided about it.

        Raises:
            Unavailable: HubSpot leaves records out of its answers.
        """
        if self.unanswered:
            raise Unavailable(
                "HubSpot leaves records out of its answers, even when reconciler asks for one record alone",
                method="POST",
                path="batch/read",
            )


def read_again(reader: PortalReader, schema: ObjectSchema, entries: Sequence[Entry]) -> ReadAgain:
    """Read the present records of ``entries`` from HubSpot.

    Each is read by the property and the value that the function ``identity`` returns for its change.
    """
    known = (value for _, change in entries for value in (*change.values, *change.rests_on))
    names = sorted({value.name for value in known} & schema.properties.keys())
    wanted: dict[str, list[str]] = {}
    for _, change in entries:
        by, value = identity(change)
        wanted.setdefault(by, []).append(value)
    again = ReadAgain()
    for by, values in wanted.items():
        answers = read_records(reader, schema, by, values, names)
        again.update({(by, value): record for value, record in answers.items()})
        again.unanswered |= {(by, value) for value in answers.unanswered}
    return again


def identity(change: Change) -> tuple[str, str]:
    """Return the property and the value by which the record of ``change`` is read."""
    if change.action is Action.CREATE:
        return (change.record.by, change.record.value)
    return (RECORD_ID, change.known_id)
