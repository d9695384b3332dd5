"""Rendering plans, drift and runs as CSV for spreadsheets, with one value in each row.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, and anybody who can
write into HubSpot could enter one. Therefore an apostrophe is put before such a text, unless it is a negative
number. This is also done after semicolons and line breaks, because with another country's settings a new cell
may begin there.
Source: https://owasp.org/www-community/attacks/CSV_Injection.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordAddress, RecordId, ThingAddress
from reconciler.model.drift import DriftedValue, DriftFound
from reconciler.model.imports import UnnamedRecord, UnnamedRecords
from reconciler.model.names import Names
from reconciler.model.property_history import ValueVersion
from reconciler.model.runs import UNDER_WAY, RunDetail, RunHeader, RunRow
from reconciler.plan.change import Change
from reconciler.plan.kinds import verb_of
from reconciler.plan.plan import Held, Plan, ReviewDifference
from reconciler.report.drift import NOT_DEFINED
from reconciler.report.fact_sentences import difference_text, facts_text, note_of
from reconciler.report.mask import masked_unnamed
from reconciler.report.outcomes import written_values
from reconciler.report.plan.change_sections import change_sections, held_sections
from reconciler.report.plan.kinds import display_values, shown_kind
from reconciler.report.run_summary import words_of
from reconciler.report.shown import ShownDrift, ShownPlan, shown_drift, shown_plan, shown_rows
from reconciler.report.view import View
from reconciler.source import SourceRef

# The place before a character that begins a formula. Tabs and CR begin formulas, too, but ``visible`` has
# escaped them already.
_FORMULA = re.compile(r'(^|[;\n])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])')


_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)  # spreadsheets read it as a number


class _Row(NamedTuple):
    """One row; the fields are the columns, in this order."""

    address: str = ""
    name: str = ""  # the display name of the record
    link: str = ""
    property: str = ""
    label: str = ""  # of the property; for an association, the other record's display name
    before: str | None = None
    after: str | None = None
    action: str = ""
    verdict: str = ""
    who: str = ""
    when: str = ""  # UTC
    place: str = ""
    place_link: str = ""
    note: str = ""


_TITLES = {
    "label": "property label",
    "place": "file and line",
    "place_link": "link to the line",
    "when": "when (UTC)",
}
_HEADER = _Row(*(_TITLES.get(name, name) for name in _Row._fields))


@dataclass(frozen=True, slots=True)
class _About:
    """The names and links for the rows of one report."""

    view: View
    names: Names
    commit: str | None = None  # commit with exactly these manifests; None: there is none

    def row(
        self, key: ThingAddress, record_id: RecordId | None = None, name: str | None = None, **parts: str
    ) -> _Row:
        """Return a row about a record or definition, with its address, link and ``parts``."""
        link = self.names.link(key, record_id) or ""
        return _Row(address=key.text, name=name or "", link=link, **parts)

    def at(self, row: _Row, source: SourceRef | None) -> _Row:
        """Return the row, with file, line and link of the manifest filled in if ``source`` is not None."""
        if source is None:
            return row
        link = self.view.source_link(source, self.commit) or ""
        return row._replace(place=self.view.where(source), place_link=link)

    def valued(self, row: _Row, key: ThingAddress, name: str, before: str | None, after: str | None) -> _Row:
        """Return the row with a property and its values added."""
        label = self.names.label(key.object_of_values, name)
        return row._replace(property=name, label=label if label != name else "", before=before, after=after)


def plan_as_csv(plan: Plan, view: View) -> str:
    """Render a plan as CSV: problems, differences from the review, changes by risk, and held values."""
    return _text(_rows_of_plan(shown_plan(plan, view.masking), view))


def drift_as_csv(found: DriftFound, view: View) -> str:
    """Render drift as CSV: lost records, changed values, and removed associations."""
    shown = shown_drift(found, view.masking)
    return _text(_rows_of_drift(shown, _About(view, shown.about.names)))


def run_as_csv(detail: RunDetail, view: View) -> str:
    """Render a run as CSV: its changes with their outcomes."""
    header = detail.header
    about = _About(view, header.names, header.commit)
    rows = shown_rows(detail, view.masking)
    return _text(each for row in rows for each in _rows_of_outcome(row, header, about))


def unnamed_as_csv(found: UnnamedRecords, view: View) -> str:
    """Render, as CSV, the live records that no manifest names."""
    shown = masked_unnamed(found, view.masking)
    return _text(_row_of_unnamed(record, shown) for record in shown.records)


def _text(rows: Iterable[_Row]) -> str:
    """Return CSV that Excel opens correctly: with byte order mark, CR LF, and quotes around every cell."""
    lines = (",".join(f'"{_cell(cell)}"' for cell in row) + "\r\n" for row in (_HEADER, *rows))
    return "\ufeff" + "".join(lines)


def _cell(text: str | None) -> str:
    """Return the text to write between the quotes of a cell: quotes and formulas in it are escaped."""
    if not text or _NEGATIVE.fullmatch(text):
        return text or ""
    shown = "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _FORMULA.sub(r"\1'", shown).replace('"', '""')


def _rows_of_plan(shown: ShownPlan, view: View) -> Iterator[_Row]:
    about = _About(view, shown.about.names, shown.about.manifests.commit)
    yield from (_row_of_problem(problem, about) for problem in shown.problems)
    yield from (_row_of_difference(difference, about) for difference in shown.differences)
    for changed in change_sections(shown.changes):
        for change in changed.entries:
            yield from _rows_of_change(change, about)
    for left in held_sections(shown.held):
        yield from (_row_of_held(held, about) for held in left.entries)


def _row_of_problem(problem: Problem, about: _About) -> _Row:
    texts = (str(text) for text in (problem.message, problem.advice) if text)
    row = _Row(
        address=problem.address or "",
        action="problem",
        verdict=str(problem.severity),
        note="; ".join(texts),
    )
    return about.at(row, problem.source)


def _row_of_difference(difference: ReviewDifference, about: _About) -> _Row:
    row = about.row(
        difference.key,
        name=difference.display_names.record,
        action=words_of(difference.verb),
        verdict=str(difference.how),
        note=difference_text(difference),
    )
    return about.at(row, difference.source)


def _rows_of_change(change: Change, about: _About) -> Iterator[_Row]:
    row = about.row(
        change.thing,
        change.remote.id,
        change.display_names.record,
        action=words_of(verb_of(change)),
        verdict=str(change.reason),
        note="; ".join(shown_kind(change).notes(change)),
    )
    row = about.at(row, change.source)
    values = display_values(change) if change.is_remote else ()
    for value in values:
        who, when = _who(value.changed)
        valued = about.valued(row, change.thing, value.name, value.before, value.after)
        valued = about.at(valued, value.source)
        label = change.display_names.target or valued.label
        yield valued._replace(label=label, verdict=str(value.reason), who=who, when=when)
    if not values:
        yield row


def _row_of_held(held: Held, about: _About) -> _Row:
    who, when = _who(held.changed)
    row = about.row(
        held.key,
        name=held.display_names.record,
        action="held",
        verdict=str(held.reason),
        who=who,
        when=when,
        note=note_of(held) if held.facts else "",
    )
    row = about.valued(row, held.key, held.what or "", held.live, held.desired)
    return about.at(row._replace(label=held.display_names.target or row.label), held.source)


def _rows_of_drift(shown: ShownDrift, about: _About) -> Iterator[_Row]:
    for record in shown.lost:
        yield about.row(
            record.key,
            record.record_id,
            record.display_name,
            action="lost",
            verdict=str(record.reason),
            note=facts_text(record.facts, record.key),
        )
    yield from (_row_of_drifted(value, about) for value in shown.values)
    for pair in shown.pairs:
        names = pair.display_names
        row = about.row(pair.key, pair.record_id, names.record, action="drift", verdict="association removed")
        yield row._replace(
            property=pair.target.text, label=names.target or "", before=pair.last_applied, after=pair.live
        )


def _row_of_drifted(value: DriftedValue, about: _About) -> _Row:
    who, when = _who(value.trail.versions[-1] if value.trail.versions else None)
    row = about.row(
        value.key,
        value.record_id,
        value.display_name,
        action="drift",
        verdict="changed in HubSpot",
        who=who,
        when=when,
        note="" if value.is_defined else NOT_DEFINED,
    )
    return about.valued(row, value.key, value.name, value.last_applied, value.live)


def _rows_of_outcome(row: RunRow, header: RunHeader, about: _About) -> Iterator[_Row]:
    common = about.row(
        row.key,
        row.record_id,
        row.display_names.record,
        action=words_of(row.action),
        verdict=row.outcome or (UNDER_WAY if header.is_under_way else "unknown"),
        who=header.actor.get("user", ""),
        when=_moment(header.finished_at or header.started_at),
        note=row.detail.get("message", ""),
    )
    common = about.at(common, row.source)
    values = list(written_values(row))
    for name, before, after in values:
        valued = about.valued(common, row.key, name, before, after)
        yield valued._replace(label=(row.target and row.display_names.target) or valued.label)
    if not values:
        yield common


def _row_of_unnamed(record: UnnamedRecord, found: UnnamedRecords) -> _Row:
    """Return a row for a live record, named by its key or, if it has none, by its id."""
    key = RecordAddress(found.object, found.key, record.key) if record.key else None
    return _Row(
        address=key.text if key else f"{found.object}/={record.id}",
        name=record.name,
        link=record.link,
        property=found.key,
        label=found.key_label if found.key_label != found.key else "",
        before=record.key,
        action="none",
        verdict="unnamed",
        who=record.created_by or "",
        when=_moment(datetime.fromisoformat(record.created_at)) if record.created_at else "",
        note="" if record.key else f"it has no {found.key}, so manifests cannot name it",
    )


def _who(version: ValueVersion | None) -> tuple[str, str]:
    return (str(version), _moment(version.at)) if version else ("", "")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
