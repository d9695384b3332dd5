"""Sending records: with one call, or with two calls if a lifecycle stage is set back.

HubSpot accepts an earlier stage only if the property is empty, so a first call empties the property. Both
calls have one outcome. If the second call failed, the change is not applied, and the outcome contains the
effect of the first call.

A create that is sent again may find the record that its first call created, because reads lag behind. The
times of our calls and the record's first values decide whether the record is ours
(``creation_evidence.py``).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from reconciler.apply.batch_run import BatchRun
from reconciler.apply.records.answer_outcomes import checked_outcome, only_emptied
from reconciler.apply.records.creation_evidence import is_ours_as_made
from reconciler.apply.records.rows import row_of, step_back_row
from reconciler.apply.records.settle import are_emptied, settle
from reconciler.errors import HubSpotError
from reconciler.hubspot.records.history import read_as_made
from reconciler.hubspot.records.match_results import RowOutcome
from reconciler.hubspot.records.write import write_rows
from reconciler.model.addresses import RecordId
from reconciler.model.calls import InputRow
from reconciler.model.definitions import ObjectSchema
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Unknown, done_of
from reconciler.plan.change import Action, Change
from reconciler.plan.stages import Entry


def send_records(run: BatchRun, entries: Sequence[Entry]) -> None:
    """Send ``entries``; for changes that take two calls, send both."""
    entries = _empty_stages(run, entries)
    if not entries:
        return
    schema = _schema_of(run)
    answers = _write(run, schema, [row_of(number, change) for number, change in entries])
    answered: dict[int, Outcome] = {}
    for number, change in entries:
        is_emptied = number in run.emptied
        outcome = checked_outcome(schema, change, answers[str(number)], is_emptied=is_emptied)
        if is_emptied and isinstance(outcome, Rejected):
            outcome = only_emptied(schema, change, outcome)
        answered[number] = outcome
    run.outcomes |= answered
    run.outcomes |= _found_by_repeats(run, answered)


def settle_sent(run: BatchRun) -> Mapping[int, Outcome]:
    """Return the outcomes of unanswered changes of ``run`` that HubSpot carried out nevertheless.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return _whose(run, settle(run.to.reader, run.to.portal, run.pending, run.sent))


def not_sent(run: BatchRun, entries: Sequence[Entry], error: HubSpotError) -> Mapping[int, Outcome]:
    """Return the outcomes of changes for which at least one call was not sent because of ``error``."""
    schema = _schema_of(run)
    return {
        number: only_emptied(schema, change, Rejected(error.summary))
        if number in run.emptied
        else Skipped(f"not sent: {error.summary}")
        for number, change in entries
    }


def _schema_of(run: BatchRun) -> ObjectSchema:
    return run.to.portal.objects[run.batch.object]


def _empty_stages(run: BatchRun, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Empty the lifecycle stage of each record that a change sets to an earlier stage.

    HubSpot accepts an earlier stage only if the property is empty, so such a change takes two calls. Return
    the changes that can be sent now.
    """
    schema = _schema_of(run)
    back = [
        (change, row)
        for number, change in entries
        if number not in run.emptied and (row := step_back_row(number, change, schema))
    ]
    if not back:
        return entries
    rows = [row for _, row in back]
    answers = _write(run, schema, rows)
    for change, row in back:
        number = int(row.trace_id)
        answer = checked_outcome(schema, change, answers[row.trace_id], row.properties)
        if isinstance(answer, Applied):
            run.emptied.add(number)
        else:
            run.outcomes[number] = answer
    unanswered = [
        (number, change)
        for number, change in entries
        if change.action is Action.UPDATE and isinstance(run.outcomes.get(number), Unknown)
    ]
    run.emptied |= are_emptied(run.to.reader, schema, unanswered)
    waiting = {int(row.trace_id) for row in rows} - run.emptied
    return [entry for entry in entries if entry[0] not in waiting]


def _write(run: BatchRun, schema: ObjectSchema, rows: Sequence[InputRow]) -> Mapping[str, RowOutcome]:
    def before_sending(sent: Sequence[InputRow]) -> None:
        numbers = [int(row.trace_id) for row in sent]
        run.record_sending(2, [number for number in numbers if number in run.emptied])
        run.record_sending(1, [number for number in numbers if number not in run.emptied])

    return write_rows(run.to.writer, schema.path, run.batch.operation, rows, before_sending)


def _found_by_repeats(run: BatchRun, answered: Mapping[int, Outcome]) -> Mapping[int, Outcome]:
    """Return the outcomes of repeated creates in ``answered`` that found an existing record."""
    refused = [
        (number, change)
        for number, change in _repeated_creates(run, answered)
        if isinstance(answered[number], Rejected) and done_of(answered[number]) is None
    ]
    found: dict[int, Outcome] = {
        number: outcome
        for number, outcome in answered.items()
        if (done := done_of(outcome)) and done.is_new is False
    }
    if refused:
        with suppress(HubSpotError):  # if HubSpot cannot be read, the create stays rejected
            found |= settle(run.to.reader, run.to.portal, refused, run.sent)
    return _whose(run, found)


def _whose(run: BatchRun, found: Mapping[int, Outcome]) -> Mapping[int, Outcome]:
    """Decide whether one of our calls created each found record: compare the first values in its history.

    The present values prove nothing: our repeated call wrote them, even if somebody else created the record.
    """
    done: dict[int, tuple[Change, Applied]] = {
        number: (change, applied)
        for number, change in _repeated_creates(run, found)
        if (applied := done_of(found[number]))
    }
    if not done:
        return found
    schema = _schema_of(run)
    changes = [change for change, _ in done.values()]
    names = {value.name for change in changes for value in change.values} & schema.properties.keys()
    ids = [each.record_id for _, each in done.values()]
    made: Mapping[RecordId, LiveRecord] = {}  # if it stays empty, nothing proves that the records are ours
    with suppress(HubSpotError):
        made = read_as_made(run.to.reader, schema, changes[0].record.by, ids, names)
    decided = dict(found)
    for number, (change, each) in done.items():
        moments = (run.sent[number, 1], run.repeated[number])
        is_new = any(is_ours_as_made(schema, change, made.get(each.record_id), at) for at in moments)
        decided[number] = _with_origin(found[number], is_new=is_new)
    return decided


def _repeated_creates(run: BatchRun, found: Mapping[int, Outcome]) -> Sequence[Entry]:
    return [
        (number, change)
        for number, change in run.batch.entries
        if number in found and number in run.repeated and change.action is Action.CREATE
    ]


def _with_origin(outcome: Outcome, *, is_new: bool) -> Outcome:
    match outcome:
        case Applied():
            return replace(outcome, is_new=is_new)
        case Rejected(done=Applied() as done):
            return replace(outcome, done=replace(done, is_new=is_new))
        case _:
            return outcome
