"""The entries of a plan as rows of a table, for a page that searches and filters them.

A row is a list, whose columns ``web/rows.js`` names. Repeated words are stored once, so that a plan of a
hundred thousand changes stays small. Invisible characters are escaped already.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import visible
from reconciler.model.addresses import split_address
from reconciler.model.drift import DriftedValue, MissingOwnedRecord, RemovedAssociation
from reconciler.plan.change import Change, Reason
from reconciler.plan.plan import Held, ReviewDifference
from reconciler.report.definition_lists import change_of_list, list_shown
from reconciler.report.drift import DRIFT_SIGN, LOST_SIGN, NOT_DEFINED, WHY_DRIFT, WHY_LOST
from reconciler.report.fact_sentences import difference_text, facts_text, note_of
from reconciler.report.plan.change_sections import change_sections, held_sections, other_side_label
from reconciler.report.plan.kinds import display_values, shown_kind
from reconciler.report.plan.review_differences import difference_sections
from reconciler.report.provenance import edit_text, trail_text
from reconciler.report.shown import ShownDrift, ShownPlan
from reconciler.report.text.grouping import Section, group_by
from reconciler.report.text.styled_lines import Piece, Style
from reconciler.report.text.values import shown
from reconciler.source import SourceRef

Json: TypeAlias = dict[str, object]

_PROBLEMS = {
    Severity.ERROR: ("problem", Piece("\u00d7", Style.ALARM), "the plan cannot be applied like this"),
    Severity.LEFT_OUT: ("left out", Piece("\u00d7", Style.ALARM), "the record is not in the plan"),
    Severity.WARNING: ("warning", Piece("!", Style.CHANGED), "the plan can be applied like this"),
}
"""Severities in their order: label, style, and consequence."""


def plan_table(shown: ShownPlan) -> Json:
    """Return problems, differences to a review, changes and held values; the riskiest first."""
    table = _Table()
    problems = shown.problems.grouped(lambda problem: problem.severity)
    for group in sorted(problems, key=lambda of: list(_PROBLEMS).index(of[0].severity)):
        table.add_problems(group)
    for differences in difference_sections(shown.differences):
        table.add_differences(differences)
    for changes in change_sections(shown.changes):
        table.add_changes(changes)
    for held in held_sections(shown.held):
        table.add_held(held)
    return table.as_document()


def table_of_drift(shown: ShownDrift) -> Json:
    """Return lost records, then changes of others, by the source of the last change."""
    table = _Table()
    for lost in shown.lost.grouped(lambda record: (record.key.object, record.reason)):
        table.add_lost(list(lost))
    for changed in shown.values.grouped(lambda value: (value.key.object, _via(value))):
        table.add_drifted(list(changed))
    for pairs in shown.pairs.grouped(lambda pair: pair.key.object):
        table.add_lost_pairs(list(pairs))
    return table.as_document()


class _Table:
    """Rows, and the words that they share."""

    def __init__(self) -> None:
        self._kinds: list[Json] = []
        self._files: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._reasons: dict[str, int] = {}
        self._rows: list[list[object]] = []

    def as_document(self) -> Json:
        return {
            "files": [visible(name) for name in self._files],
            "kinds": self._kinds,
            "names": [visible(name) for name in self._names],
            "reasons": list(self._reasons),
            "rows": self._rows,
        }

    def add_changes(self, section: Section[Change]) -> None:
        first = section.entries[0]
        kind = self._kind(section.word, section.object, first.reason, section.remark, section.style.sign)
        for change in section.entries:
            values = []
            for value in display_values(change) if change.is_remote else ():
                remark: Json = self._place(value.source) if value.source != change.source else {}
                if value.reason is not change.reason:
                    remark["reason"] = _number(self._reasons, value.reason)
                if value.changed:
                    remark["note"] = visible(edit_text(value.changed, [value.changed.at]))
                values.append(self._value(value.name, value.before, value.after, remark))
            address, record_id = change.thing.text, change.remote.id
            self._add(kind, address, change.source, record_id, values, shown_kind(change).notes(change))

    def add_held(self, section: Section[Held]) -> None:
        first = section.entries[0]
        kind = self._kind("held", first.key.object, first.reason, section.remark, section.style.sign)
        for of_record in section.style.records(section.entries):
            record = list(of_record)
            values = []
            for entry in record:
                if entry.what is not None:
                    remark: Json = self._place(entry.source) if entry.source != record[0].source else {}
                    notes = [visible(edit_text(entry.changed, [entry.changed.at]))] if entry.changed else []
                    notes += [visible(note_of(entry))] if entry.facts else []
                    if notes:
                        remark["note"] = "; ".join(notes)
                    live = list_shown(entry.key, entry.what, entry.live)
                    desired = list_shown(entry.key, entry.what, entry.desired)
                    values.append(self._value(entry.what, live, desired, remark))
            notes = [visible(note_of(entry)) for entry in record if entry.what is None and entry.facts]
            self._add(kind, record[0].key.text, record[0].source, None, values, notes)

    def add_differences(self, section: Section[ReviewDifference]) -> None:
        first = section.entries[0]
        kind = self._kind(first.how, first.key.object, "", section.remark, section.style.sign)
        for difference in section.entries:
            text = ": ".join(filter(None, (f"to {difference.verb}", difference_text(difference))))
            self._add(kind, difference.key.text, difference.source, None, [], [visible(text)])

    def add_lost(self, lost: Sequence[MissingOwnedRecord]) -> None:
        kind = self._kind("lost", lost[0].key.object, lost[0].reason, WHY_LOST, LOST_SIGN)
        for record in lost:
            self._add(
                kind,
                record.address,
                None,
                record.record_id,
                [],
                [visible(facts_text(record.facts, record.key))],
            )

    def add_lost_pairs(self, pairs: Sequence[RemovedAssociation]) -> None:
        kind = self._kind("drift", pairs[0].key.object, "association", WHY_DRIFT, DRIFT_SIGN)
        for key, record in group_by(pairs, lambda pair: pair.key).items():
            values = [self._value(pair.target.text, pair.last_applied, pair.live, {}) for pair in record]
            self._add(kind, key.text, None, record[0].record_id, values, [])

    def add_drifted(self, changed: Sequence[DriftedValue]) -> None:
        kind = self._kind("drift", changed[0].key.object, _via(changed[0]), WHY_DRIFT, DRIFT_SIGN)
        for key, record in group_by(changed, lambda value: value.key).items():
            values = [
                self._value(
                    value.name,
                    list_shown(value.key, value.name, value.last_applied),
                    list_shown(value.key, value.name, value.live),
                    {"note": visible(_drift_note(value))},
                )
                for value in record
            ]
            self._add(kind, key.text, None, record[0].record_id, values, [])

    def add_problems(self, problems: Iterable[Problem]) -> None:
        for object_name, found in group_by(problems, _object_of).items():
            action, sign, why = _PROBLEMS[found[0].severity]
            kind = self._kind(action, object_name, "", why, sign)
            for problem in found:
                notes = [visible(text) for text in (problem.message, problem.advice) if text]
                self._add(kind, problem.address or "", problem.source, None, [], notes)

    def _kind(self, action: str, object_name: str, reason: str, why: str, sign: Piece) -> int:
        self._kinds.append(
            {
                "action": action,
                "against": other_side_label(Reason(reason)) if action == "held" else "",
                "object": visible(object_name),
                "reason": reason,
                "sign": sign.text,
                "tone": sign.style.name.lower(),
                "why": why,
            }
        )
        return len(self._kinds) - 1

    def _add(self, kind: int, address: str, source: SourceRef | None, *rest: object) -> None:
        """Add a row; ``rest`` contains record id, values and notes."""
        place = self._place(source)
        self._rows.append([kind, visible(address), place.get("file", -1), place.get("line", 0), *rest])

    def _value(self, name: str, before: str | None, after: str | None, remark: Json) -> list[object]:
        value: list[object] = [_number(self._names, name), _lines(before), _lines(after)]
        return [*value, remark] if remark else value

    def _place(self, source: SourceRef | None) -> Json:
        return {"file": _number(self._files, source.file), "line": source.line} if source else {}


def _via(value: DriftedValue) -> str:
    """Return the source of the last change of a value."""
    return str(value.trail.versions[-1].via) if value.trail.versions else "unknown"


def _object_of(problem: Problem) -> str:
    try:
        return split_address(problem.address or "")[0]
    except ValueError:
        return ""


def _lines(value: str | None) -> str | None:
    """Return ``value`` as it is shown, line by line; different values never look the same."""
    if value is None or "\n" not in value:
        return None if value is None else shown(value)
    return "\n".join(line and shown(line) for line in value.split("\n"))


def _number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))


def _drift_note(value: DriftedValue) -> str:
    news = change_of_list(value.key, value.name, value.last_applied, value.live)
    who = trail_text(value.trail) if value.is_defined else NOT_DEFINED
    return "; ".join(filter(None, (news, who)))
