"""Writing a batch of rows, with one outcome for each, whatever form HubSpot's answer has.

Every row has a trace id, so that a bad row fails alone. If HubSpot refuses the whole batch nevertheless,
nothing was written, and the batch is divided and sent again until each bad row is sent alone. The rows that
the error names only decide where to divide; a row is ``Rejected`` only when it was refused alone.

Source: https://developers.hubspot.com/docs/api-reference/error-handling (multi-status errors); whole batches
refused because of one row: https://github.com/airbytehq/airbyte/pull/76340.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from reconciler.errors import NoAnswer, NotAllowed, Unavailable
from reconciler.hubspot.records.match_results import RowOutcome, join, rejected, rows_by_id
from reconciler.hubspot.transport.call_result import ErrorResponse
from reconciler.hubspot.transport.error_details import (
    all_texts,
    mentions,
    named_ids,
    named_properties,
    named_trace_ids,
)
from reconciler.hubspot.transport.responses import ErrorBody
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.calls import BATCH_SIZE, Call, InputRow, Operation
from reconciler.model.outcomes import Unknown

SPLITTABLE_STATUSES = frozenset({400, 404, 409, 413, 422})
"""Statuses with which HubSpot refuses a whole batch because of some of its rows."""


def write_rows(
    writer: PortalWriter,
    object_path: str,
    operation: Operation,
    rows: Sequence[InputRow],
    before_sending: Callable[[Sequence[InputRow]], None] = lambda _rows: None,
) -> Mapping[str, RowOutcome]:
    """Send ``rows`` and return an outcome for each of them, by trace id.

    ``before_sending`` is called for each call, with its rows, before HubSpot can act on it.

    Raises:
        NotAllowed: the token is refused, or lacks a scope, and nothing was written.
        Unavailable: HubSpot did not process the call in spite of retries, and nothing was written.
        ValueError: there are more rows than a batch takes, or repeated trace ids.
    """
    if len(rows) > BATCH_SIZE or len({row.trace_id for row in rows}) < len(rows):
        raise ValueError(
            f"a batch is at most {BATCH_SIZE} rows with distinct trace ids, not {len(rows)} rows"
        )
    batch = _Batch(writer, object_path, operation, before_sending)
    try:
        batch.deliver(rows)
    except (NotAllowed, Unavailable) as error:
        if not batch.outcomes:
            raise
        left = Unknown(f"the run stopped before it made this change: {error.summary}")
        batch.outcomes = dict.fromkeys((row.trace_id for row in rows), left) | batch.outcomes
    return batch.outcomes


class _Batch:
    """Sends one batch, and collects the outcomes of its rows as answers arrive."""

    def __init__(
        self,
        writer: PortalWriter,
        object_path: str,
        operation: Operation,
        before_sending: Callable[[Sequence[InputRow]], None],
    ) -> None:
        self._writer = writer
        self._before_sending = before_sending
        self._object_path = object_path
        self._operation = operation
        self.outcomes: dict[str, RowOutcome] = {}

    def deliver(self, rows: Sequence[InputRow]) -> None:
        """Send ``rows`` in as few calls as possible."""
        refusal = self._send(rows) if rows else None
        if refusal is not None:
            self._divide(rows, refusal)

    def _divide(self, rows: Sequence[InputRow], refusal: ErrorResponse) -> None:
        """Divide at least two rows that HubSpot refused together, and send the parts."""
        first, second = self._cut(rows, refusal.error)
        first_refusal = self._send(first)
        if first_refusal is not None:
            self._divide(first, first_refusal)
            self.deliver(second)
        elif len(second) > 1:  # the bad row is in the second part, which would be refused again as a whole
            self._divide(second, refusal)
        else:
            self.deliver(second)

    def _send(self, rows: Sequence[InputRow]) -> ErrorResponse | None:
        """Make one call. Return HubSpot's refusal if sending fewer rows at once may help.

        In all other cases, keep the outcome of each row, and return None.
        """
        try:
            writer = self._writer.notifying(partial(self._before_sending, rows))
            answer = writer.write(self._object_path, self._operation.call, _inputs(self._operation, rows))
        except NoAnswer as error:
            self.outcomes |= {row.trace_id: Unknown(error.summary) for row in rows}
            return None
        if not isinstance(answer, ErrorResponse):
            self.outcomes |= join(self._operation, rows, answer)
            return None
        if len(rows) > 1 and answer.status in SPLITTABLE_STATUSES:
            return answer
        self.outcomes |= {row.trace_id: rejected(answer.error) for row in rows}
        return None

    def _cut(
        self, rows: Sequence[InputRow], error: ErrorBody
    ) -> tuple[Sequence[InputRow], Sequence[InputRow]]:
        """Divide rows into those that the error does not name and those that it names.

        If it names none of them, or more than half, divide them into two halves.
        """
        half = len(rows) // 2
        suspects = self._suspects(rows, error)
        if 0 < len(suspects) <= half:
            named = {row.trace_id for row in suspects}
            return [row for row in rows if row.trace_id not in named], suspects
        return rows[:half], rows[half:]

    def _suspects(self, rows: Sequence[InputRow], error: ErrorBody) -> Sequence[InputRow]:
        """Return the rows that the error seems to be about; the most reliable hint in the error decides."""
        text = all_texts(error)
        traces, names = named_trace_ids(error), named_properties(error)
        return (
            tuple(row for row in rows if row.trace_id in traces)
            or rows_by_id(self._operation, rows, named_ids(error))
            or tuple(row for row in rows if _mentions_value(text, row, names))
            or tuple(row for row in rows if mentions(text, row.id))
            or tuple(row for row in rows if not names.isdisjoint(row.properties))
        )


def _mentions_value(text: str, row: InputRow, names: Collection[str]) -> bool:
    return any(mentions(text, row.properties.get(name, "")) for name in names)


def _inputs(operation: Operation, rows: Sequence[InputRow]) -> list[Mapping[str, Any]]:
    """Return the inputs for ``rows`` in the form that HubSpot documents for this call."""
    return [_input(operation, row) for row in rows]


def _input(operation: Operation, row: InputRow) -> Mapping[str, Any]:
    if operation.call is Call.ARCHIVE:
        return {"id": row.id}
    trace = {"objectWriteTraceId": row.trace_id}
    if operation.call is Call.CREATE:
        key = {operation.id_property: row.id} if operation.id_property else {}
        return {"properties": key | dict(row.properties), "associations": []} | trace
    id_property = {"idProperty": operation.id_property} if operation.id_property else {}
    return {"id": row.id} | id_property | {"properties": dict(row.properties)} | trace
