"""The table on a plan's HTML page: problems, differences from the reviewed plan, changes and held values."""

from functools import partial

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import (
    RecordId,
    is_definition_address,
    parse_definition_address,
    split_address,
)
from reconciler.model.names import Names
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.plan import Held, ReviewDifference
from reconciler.report.definition_lists import list_shown
from reconciler.report.entries import Entries
from reconciler.report.fact_sentences import difference_text, note_of
from reconciler.report.html.table import Json, Remark, RowKind, Table, Titles
from reconciler.report.plan.change_sections import change_sections, held_sections, other_side_label
from reconciler.report.plan.kinds import display_values, held_title, shown_kind, value_title
from reconciler.report.plan.review_differences import difference_sections
from reconciler.report.provenance import edit_text
from reconciler.report.run_summary import words_of
from reconciler.report.shown import ShownPlan
from reconciler.report.text.grouping import Section, group_by
from reconciler.report.text.styled_lines import Piece, Style
from reconciler.report.view import View
from reconciler.source import SourceRef

_PROBLEMS = {
    Severity.ERROR: ("problem", Piece("\u00d7", Style.ALARM), "the plan cannot be applied with this problem"),
    Severity.LEFT_OUT: ("left out", Piece("\u00d7", Style.ALARM), "it is not in the plan"),
    Severity.WARNING: ("warning", Piece("!", Style.CHANGED), "the plan can be applied with this warning"),
}
"""By severity, most severe first: label, sign, and consequence."""


def plan_table(shown: ShownPlan, view: View) -> Json:
    """Return the table of problems, differences from a review, changes (riskiest first) and held values."""
    table = Table(Titles(), partial(view.source_page, commit=shown.about.manifests.commit))
    problems = shown.problems.grouped(lambda problem: problem.severity)
    for group in sorted(problems, key=lambda of: list(_PROBLEMS).index(of[0].severity)):
        _add_problems(table, group)
    for differences in difference_sections(shown.differences):
        _add_differences(table, differences)
    for changes in change_sections(shown.changes):
        _add_changes(table, changes, shown.about.names)
    for held in held_sections(shown.held):
        _add_held(table, held, shown.about.names)
    return table.as_document()


def _add_problems(table: Table, problems: Entries[Problem]) -> None:
    for object_name, found in group_by(problems, _object_of).items():
        action, sign, why = _PROBLEMS[found[0].severity]
        what = action if action == "left out" else f"{action}s"
        table.add_kind(RowKind(action, object_name, "", what, why, sign, one=action))
        for alike in group_by(found, _said).values():
            table.add_group()
            for problem in alike:
                table.add_place(problem.address or "", problem.source, _said(problem))


def _said(problem: Problem) -> tuple[str, ...]:
    return tuple(str(text) for text in (problem.message, problem.advice) if text)


def _add_differences(table: Table, section: Section[ReviewDifference]) -> None:
    first = section.entries[0]
    table.add_kind(RowKind(first.how, first.key.object, "", section.what, section.remark, section.style.sign))
    for group in section.alike():
        table.add_group()
        for (difference,) in group:
            text = ": ".join(filter(None, (f"to {words_of(difference.verb)}", difference_text(difference))))
            table.add_row(section.style.subject(difference), notes=[text])


def _add_changes(table: Table, section: Section[Change], names: Names) -> None:
    first = section.entries[0]
    style = section.style
    table.add_kind(
        RowKind(
            word := section.word.replace("_", " "),
            section.object,
            first.reason,
            section.what,
            section.remark,
            style.sign,
            page=names.link(first.thing, RecordId("")) or "",
            short=str(first.action) if word.startswith(f"{first.action} ") else "",
            several=first.thing.plural,
        )
    )
    for alike in section.entries.apart(lambda change: style.likeness([change])):
        table.add_group()
        for change in alike:
            written = display_values(change) if change.is_remote else ()
            table.add_row(
                style.subject(change),
                change.remote.id,
                values=[_value(table, change, value, names) for value in written],
                notes=shown_kind(change).notes(change),
            )


def _value(table: Table, change: Change, value: ValueChange, names: Names) -> list[object]:
    title = value_title(names, change, value.name)
    return table.value(title, value.before, value.after, _remark(value, change))


def _remark(value: ValueChange, change: Change) -> Remark:
    return Remark(
        edit_text(value.changed, [value.changed.at]) if value.changed else "",
        value.reason if value.reason is not change.reason else "",
        _own(value.source, change.source),
    )


def _add_held(table: Table, section: Section[Held], names: Names) -> None:
    first = section.entries[0]
    against = other_side_label(Reason(first.reason))
    table.add_kind(
        RowKind(
            "held",
            first.key.object,
            first.reason,
            "held",
            section.remark,
            section.style.sign,
            against=against,
        )
    )
    for group in section.alike():
        table.add_group()
        for record in group:
            values = [
                _held_value(table, entry, record[0], names) for entry in record if entry.what is not None
            ]
            notes = [note_of(entry) for entry in record if entry.what is None and entry.facts]
            table.add_row(section.style.subject(record[0]), values=values, notes=notes)


def _held_value(table: Table, entry: Held, first: Held, names: Names) -> list[object]:
    what = entry.what or ""
    live, desired = (list_shown(entry.key, what, text) for text in (entry.live, entry.desired))
    return table.value(held_title(names, entry), live, desired, _held_remark(entry, first))


def _held_remark(entry: Held, first: Held) -> Remark:
    notes = [edit_text(entry.changed, [entry.changed.at])] if entry.changed else []
    notes += [note_of(entry)] if entry.facts else []
    return Remark("; ".join(notes), source=_own(entry.source, first.source))


def _own(source: SourceRef | None, of_row: SourceRef | None) -> SourceRef | None:
    return source if source != of_row else None


def _object_of(problem: Problem) -> str:
    address = problem.address or ""
    try:
        if is_definition_address(address):
            return parse_definition_address(address)[0].object
        return split_address(address)[0]
    except ValueError:
        return ""
