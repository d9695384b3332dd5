"""Matching the answer of a batch call to the rows that were sent: one outcome for every row. Pure.

HubSpot returns results in another order than the inputs, and may leave out a result without an error, so
positions mean nothing. A result belongs to the row with its trace id, or else with its key or record id,
whichever the call uses. An error belongs to the rows whose trace ids it names, or else whose ids it names, or
else to the only row of the call, or the one row that its message mentions. Other rows are ``Unknown``.

Sources: https://developers.hubspot.com/docs/api-reference/error-handling (multi-status errors),
https://github.com/rudderlabs/rudder-transformer (merged records are missing in answers).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from reconciler.hubspot.records.responses import BatchBody, Record
from reconciler.hubspot.transport.error_details import (
    all_texts,
    existing_record,
    mentions,
    message_of,
    named_ids,
    named_trace_ids,
)
from reconciler.hubspot.transport.responses import ErrorBody
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Call, InputRow, Operation
from reconciler.model.outcomes import Applied, Rejected, Unknown

RowOutcome: TypeAlias = Applied | Rejected | Unknown

_EMAILS = frozenset({"email", "hs_email"})
"""Unique properties whose values HubSpot stores in lower case."""


def join(operation: Operation, rows: Sequence[InputRow], answer: BatchBody) -> Mapping[str, RowOutcome]:
    """Find an outcome for each of ``rows``, by trace id."""
    written = _join_results(operation, rows, answer.results)
    errors, strays = _join_errors(operation, rows, written, answer.errors)
    outcomes: dict[str, RowOutcome] = {}
    for row in rows:
        record, error = written.get(row.trace_id), errors.get(row.trace_id)
        if record and error:
            outcomes[row.trace_id] = Unknown(
                f"HubSpot wrote the record, but also reported: {message_of(error)}"
            )
        elif record:
            outcomes[row.trace_id] = _applied(record)
        elif error:
            outcomes[row.trace_id] = rejected(error)
        elif operation.call is Call.ARCHIVE and not strays:  # for archiving, an empty answer means success
            outcomes[row.trace_id] = Applied(RecordId(row.id), {})
        else:
            outcomes[row.trace_id] = Unknown(_unmentioned(strays))
    return outcomes


def rejected(error: ErrorBody) -> Rejected:
    """Convert an error to the outcome of its row."""
    return Rejected(
        message_of(error) or "HubSpot gives no reason",
        category=error.category,
        correlation_id=error.correlation_id,
        record_id=existing_record(error),
    )


def rows_by_id(operation: Operation, rows: Iterable[InputRow], ids: Iterable[str]) -> tuple[InputRow, ...]:
    """Return the rows whose id is in ``ids``, in order; e-mail addresses are compared in lower case."""
    asked = {_folded(operation, id_) for id_ in ids}
    return tuple(row for row in rows if _folded(operation, row.id) in asked)


def _folded(operation: Operation, id_: str) -> str:
    return id_.strip().lower() if operation.id_property in _EMAILS else id_


def _join_results(
    operation: Operation, rows: Sequence[InputRow], results: Iterable[Record]
) -> dict[str, Record]:
    sent = {row.trace_id for row in rows}
    written: dict[str, Record] = {}
    untraced: list[Record] = []
    for record in results:
        if record.object_write_trace_id in sent:
            written.setdefault(record.object_write_trace_id, record)
        else:
            untraced.append(record)
    for record in untraced:
        id_ = record.properties.get(operation.id_property) if operation.id_property else record.id
        waiting = [row for row in rows if row.trace_id not in written]
        owners = [row for row in waiting if row.id == id_] or rows_by_id(operation, waiting, [id_ or ""])
        if len(owners) == 1:
            written[owners[0].trace_id] = record
    return written


def _join_errors(
    operation: Operation, rows: Sequence[InputRow], written: Mapping[str, Record], errors: Iterable[ErrorBody]
) -> tuple[Mapping[str, ErrorBody], Sequence[ErrorBody]]:
    """Match errors to rows; return them by trace id, and then the errors whose row is not certain."""
    joined: dict[str, ErrorBody] = {}
    strays: list[ErrorBody] = []
    sent = {row.trace_id for row in rows}
    waiting = [row for row in rows if row.trace_id not in written]
    for error in errors:
        owners = tuple(sent.intersection(named_trace_ids(error)))
        owners = owners or tuple(row.trace_id for row in rows_by_id(operation, waiting, named_ids(error)))
        owners = owners or (_mentioned(waiting, error) if len(rows) > 1 else (rows[0].trace_id,))
        joined.update({trace_id: error for trace_id in owners if trace_id not in joined})
        if not owners:
            strays.append(error)
    return joined, strays


def _mentioned(waiting: Sequence[InputRow], error: ErrorBody) -> tuple[str, ...]:
    """Return the trace id of the row that the error's message mentions; nothing if it mentions several."""
    text = all_texts(error)
    owners = tuple(row.trace_id for row in waiting if mentions(text, row.id) or mentions(text, row.trace_id))
    return owners if len(owners) == 1 else ()


def _applied(record: Record) -> Applied:
    answered = {name: value or None for name, value in record.properties.items()}
    return Applied(RecordId(record.id), answered, record.new)


def _unmentioned(strays: Sequence[ErrorBody]) -> str:
    said = "; ".join(dict.fromkeys(message_of(error) for error in strays))
    return "HubSpot's answer does not mention this record" + (f"; HubSpot reports: {said}" if said else "")
