"""Creating and removing associations, with one outcome for each, whatever form HubSpot's answer has.

These calls have no trace ids. So a result is matched to its association by the two record ids, and an error
by the ids that it names. Associations with neither a result nor an error are sent again in two halves, until
each is sent alone; this is safe, because creating an existing association or removing a missing one changes
nothing.

Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.errors import NoAnswer, NotAllowed, Unavailable
from reconciler.hubspot.associations.responses import PairsBody
from reconciler.hubspot.records.match_results import RowOutcome, rejected
from reconciler.hubspot.records.write import SPLITTABLE_STATUSES
from reconciler.hubspot.transport.call_result import ErrorResponse
from reconciler.hubspot.transport.error_details import named_ids
from reconciler.hubspot.transport.responses import ErrorBody
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Call
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied, Unknown

_FROM, _TO = "fromObjectId", "toObjectId"
_REMOVALS = frozenset({Call.DISSOCIATE, Call.UNLABEL})


@dataclass(frozen=True, slots=True)
class PairRow:
    """One association to create or remove."""

    number: int  # identifies the row among the outcomes
    record_id: RecordId
    target_id: RecordId
    label: Label | None


def write_pairs(
    writer: PortalWriter,
    one: ObjectSchema,
    other: ObjectSchema,
    call: Call,
    rows: Sequence[PairRow],
    *,
    before_sending: Callable[[Sequence[PairRow]], None] = lambda _rows: None,
) -> Mapping[int, RowOutcome]:
    """Send ``rows`` and return an outcome for each of them, by number.

    ``before_sending`` is called for each call, with its rows, before HubSpot can act on it.

    Raises:
        NotAllowed: the token is refused or lacks a scope, and nothing was written.
        Unavailable: HubSpot did not process the call in spite of retries, and nothing was written.
    """
    sending = _Sending(writer, one.path, other.path, call, before_sending, {})
    try:
        sending.deliver(rows)
    except (NotAllowed, Unavailable) as error:
        if not sending.outcomes:
            raise
        left = Unknown(f"the run stopped before it made this change: {error.summary}")
        return dict.fromkeys((row.number for row in rows), left) | sending.outcomes
    return sending.outcomes


@dataclass(slots=True)
class _Sending:
    """Sends the associations of one call, and collects their outcomes as answers arrive."""

    writer: PortalWriter
    path: str
    other_path: str
    call: Call
    before_sending: Callable[[Sequence[PairRow]], None]
    outcomes: dict[int, RowOutcome]

    def deliver(self, rows: Sequence[PairRow]) -> None:
        """Send ``rows``; if the answer has no outcome for some of them, send these again in halves."""
        try:
            writer = self.writer.notifying(partial(self.before_sending, rows))
            answer = writer.write_pairs(self.path, self.other_path, self.call, _inputs(self.call, rows))
        except NoAnswer as error:
            self.outcomes |= {row.number: Unknown(error.summary) for row in rows}
            return
        silent, errors = self._join(rows, answer)
        if len(rows) == 1 and silent:
            why = (
                rejected(errors[0])
                if errors
                else Unknown("HubSpot's answer does not mention this association")
            )
            self.outcomes[rows[0].number] = why
            return
        half = (len(silent) + 1) // 2
        for part in (silent[:half], silent[half:]):
            if part:
                self.deliver(part)

    def _join(
        self, rows: Sequence[PairRow], answer: PairsBody | ErrorResponse
    ) -> tuple[Sequence[PairRow], Sequence[ErrorBody]]:
        """Store the outcomes that ``answer`` contains.

        Return the rows that have no outcome yet, and the errors, which may be about these rows.
        """
        if isinstance(answer, ErrorResponse):
            if answer.status in SPLITTABLE_STATUSES:
                return rows, [answer.error]
            self.outcomes |= {row.number: rejected(answer.error) for row in rows}
            return (), ()
        if not answer.errors and self.call in _REMOVALS:  # for removals, an empty answer means success
            self.outcomes |= {row.number: _applied(row) for row in rows}
            return (), ()
        made = {body.ids for body in answer.results}
        silent: list[PairRow] = []
        for row in rows:
            error = next((error for error in answer.errors if _is_about(error, row)), None)
            if (row.record_id, row.target_id) in made:
                self.outcomes[row.number] = _applied(row)
            elif error:
                self.outcomes[row.number] = rejected(error)
            else:
                silent.append(row)
        return silent, answer.errors


def _applied(row: PairRow) -> Applied:
    return Applied(row.record_id, {})


def _is_about(error: ErrorBody, row: PairRow) -> bool:
    """Return whether the error is about ``row``.

    If the error names a record as ``from`` or ``to``, the row must have this record at this end. If the error
    only lists ids, one record of the row must be in the list.
    """
    ends = ((row.record_id, _FROM), (row.target_id, _TO))
    named = [(record_id, error.context[end]) for record_id, end in ends if end in error.context]
    if named:
        return all(record_id in ids for record_id, ids in named)
    return not {row.record_id, row.target_id}.isdisjoint(named_ids(error))


def _inputs(call: Call, rows: Sequence[PairRow]) -> list[Mapping[str, Any]]:
    """Return the inputs of the call in HubSpot's form; labels of the same two records become one input."""
    labels: dict[tuple[RecordId, RecordId], list[Label]] = {}
    for row in rows:
        of_pair = labels.setdefault((row.record_id, row.target_id), [])
        if row.label:
            of_pair.append(row.label)
    return [_input(call, one, other, of_pair) for (one, other), of_pair in labels.items()]


def _input(call: Call, one: str, other: str, labels: Sequence[Label]) -> Mapping[str, Any]:
    if call is Call.DISSOCIATE:
        return {"from": {"id": one}, "to": [{"id": other}]}
    ends = {"from": {"id": one}, "to": {"id": other}}
    if call is Call.ASSOCIATE_PLAIN:
        return ends
    types = [{"associationCategory": label.category, "associationTypeId": label.type_id} for label in labels]
    return ends | {"types": types}
