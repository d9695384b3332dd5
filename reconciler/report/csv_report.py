"""Plans, drift and runs as CSV for spreadsheets: one value a row.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, and values come from
anybody who can write into HubSpot. Therefore an apostrophe stands before such a text. It also stands behind
semicolons and line breaks, because a spreadsheet of another country may begin a new cell there.
Source: https://owasp.org/www-community/attacks/CSV_Injection.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordAddress, ThingAddress
from reconciler.model.definitions import Account
from reconciler.model.drift import DriftedValue, DriftFound
from reconciler.model.imports import UnnamedRecord, UnnamedRecords
from reconciler.model.object_types import type_number
from reconciler.model.property_history import ValueVersion
from reconciler.model.runs import UNDER_WAY, RunDetail, RunHeader, RunRow
from reconciler.plan.change import Change
from reconciler.plan.kinds import verb_of
from reconciler.plan.plan import Held, Plan, ReviewDifference
from reconciler.report.drift import NOT_DEFINED
from reconciler.report.fact_sentences import difference_text, facts_text, note_of
from reconciler.report.mask import masked_unnamed
from reconciler.report.outcomes import written_values
from reconciler.report.plan.kinds import display_values, shown_kind
from reconciler.report.shown import ShownDrift, ShownPlan, shown_drift, shown_plan, shown_rows
from reconciler.report.view import View
from reconciler.source import SourceRef

_FORMULA = re.compile(r'(^|[;\n])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])')  # tabs and CR are escaped


class _Row(NamedTuple):
    """One row; the fields are the columns, in this order."""

    address: str = ""
    name: str = ""  # what people call the record
    link: str = ""
    property: str = ""
    before: str | None = None
    after: str | None = None
    action: str = ""
    verdict: str = ""
    who: str = ""
    when: str = ""  # UTC
    place: str = ""
    note: str = ""


_HEADER = _Row(*({"when": "when (UTC)", "place": "file and line"}.get(name, name) for name in _Row._fields))


def plan_as_csv(plan: Plan, view: View) -> str:
    """Render a plan as CSV: problems, differences to the review, changes, and held values."""
    account = Account(plan.portal_id, plan.portal_type) if plan.host is None else None
    return _text(_rows_of_plan(shown_plan(plan, view.masking), view, account))


def drift_as_csv(found: DriftFound, view: View) -> str:
    """Render drift as CSV: lost records, changed values, and removed associations."""
    return _text(_rows_of_drift(shown_drift(found, view.masking), Account(found.portal_id, "")))


def run_as_csv(detail: RunDetail, view: View) -> str:
    """Render a run as CSV: its changes with what became of them."""
    header = detail.header
    account = Account(header.portal_id, "")
    rows = shown_rows(detail, view.masking)
    return _text(each for row in rows for each in _rows_of_outcome(row, header, view, account))


def unnamed_as_csv(found: UnnamedRecords, view: View) -> str:
    """Render live records that no manifest names as CSV."""
    shown = masked_unnamed(found, view.masking)
    return _text(_row_of_unnamed(record, shown) for record in shown.records)


def _text(rows: Iterable[_Row]) -> str:
    """Return the text of a file that Excel opens: with a byte order mark and CR LF, all cells in quotes."""
    lines = (",".join(f'"{_cell(cell)}"' for cell in row) + "\r\n" for row in (_HEADER, *rows))
    return "\ufeff" + "".join(lines)


def _cell(text: str | None) -> str:
    """Return what stands between the quotes of a cell: nothing invisible, and no formula."""
    if not text:
        return ""
    shown = "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _FORMULA.sub(r"\1'", shown).replace('"', '""')


def _rows_of_plan(shown: ShownPlan, view: View, account: Account | None) -> Iterator[_Row]:
    yield from (_row_of_problem(problem, view) for problem in shown.problems)
    yield from (_row_of_difference(difference, view) for difference in shown.differences)
    for change in shown.changes:
        yield from _rows_of_change(change, view, account)
    yield from (_row_of_held(held, view) for held in shown.held)


def _row_of_problem(problem: Problem, view: View) -> _Row:
    texts = (str(text) for text in (problem.message, problem.advice) if text)
    return _Row(
        address=problem.address or "",
        action="problem",
        verdict=str(problem.severity),
        place=_place(problem.source, view),
        note="; ".join(texts),
    )


def _row_of_difference(difference: ReviewDifference, view: View) -> _Row:
    return _Row(
        address=difference.key.text,
        action=str(difference.verb),
        verdict=str(difference.how),
        place=_place(difference.source, view),
        note=difference_text(difference),
    )


def _rows_of_change(change: Change, view: View, account: Account | None) -> Iterator[_Row]:
    row = _Row(
        address=change.thing.text,
        link=_link(change.thing, change.remote.id, account),
        action=str(verb_of(change)),
        verdict=str(change.reason),
        place=_place(change.source, view),
        note="; ".join(shown_kind(change).notes(change)),
    )
    values = display_values(change) if change.is_remote else ()
    for value in values:
        who, when = _who(value.changed)
        yield row._replace(
            property=value.name,
            before=value.before,
            after=value.after,
            verdict=str(value.reason),
            who=who,
            when=when,
            place=_place(value.source or change.source, view),
        )
    if not values:
        yield row


def _row_of_held(held: Held, view: View) -> _Row:
    who, when = _who(held.changed)
    return _Row(
        address=held.key.text,
        property=held.what or "",
        before=held.live,
        after=held.desired,
        action="held",
        verdict=str(held.reason),
        who=who,
        when=when,
        place=_place(held.source, view),
        note=note_of(held) if held.facts else "",
    )


def _rows_of_drift(shown: ShownDrift, account: Account) -> Iterator[_Row]:
    for record in shown.lost:
        yield _Row(
            address=record.address,
            link=_link(record.key, record.record_id, account),
            action="lost",
            verdict=str(record.reason),
            note=facts_text(record.facts, record.key),
        )
    yield from (_row_of_drifted(value, account) for value in shown.values)
    for pair in shown.pairs:
        yield _Row(
            address=pair.key.text,
            link=_link(pair.key, pair.record_id, account),
            property=pair.target.text,
            before=pair.last_applied,
            after=pair.live,
            action="drift",
            verdict="association removed",
        )


def _row_of_drifted(value: DriftedValue, account: Account) -> _Row:
    who, when = _who(value.trail.versions[-1] if value.trail.versions else None)
    return _Row(
        address=value.key.text,
        link=_link(value.key, value.record_id, account),
        property=value.name,
        before=value.last_applied,
        after=value.live,
        action="drift",
        verdict="changed in HubSpot",
        who=who,
        when=when,
        note="" if value.is_defined else NOT_DEFINED,
    )


def _rows_of_outcome(row: RunRow, header: RunHeader, view: View, account: Account) -> Iterator[_Row]:
    common = _Row(
        address=row.address,
        link=_link(row.key, row.record_id, account),
        action=row.action,
        verdict=row.outcome or (UNDER_WAY if header.is_under_way else "unknown"),
        who=header.actor.get("user", ""),
        when=_moment(header.finished_at or header.started_at),
        place=_place(row.source, view),
        note=row.detail.get("message", ""),
    )
    values = list(written_values(row))
    for name, before, after in values:
        yield common._replace(property=name, before=before, after=after)
    if not values:
        yield common


def _row_of_unnamed(record: UnnamedRecord, found: UnnamedRecords) -> _Row:
    address = RecordAddress(found.object, found.key, record.key).text if record.key else found.object
    return _Row(
        address=address,
        name=record.name,
        link=record.link,
        action="none",
        verdict="unnamed",
        who=record.created_by or "",
        when=record.created_at or "",
        note="" if record.key else f"it has no {found.key}, so that manifests cannot name it",
    )


def _who(version: ValueVersion | None) -> tuple[str, str]:
    return (str(version), _moment(version.at)) if version else ("", "")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _link(thing: ThingAddress, record_id: str | None, account: Account | None) -> str:
    """Return the page of a record in HubSpot; empty if it has none yet, or its type has no known number."""
    number = type_number(thing.object_of_values)  # a definition has no page
    return account.link_to(number, record_id) if account and number and record_id else ""


def _place(source: SourceRef | None, view: View) -> str:
    return view.where(source) if source else ""
