"""The explanation of one record or property on terminals: manifest lines, live values, next action."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.invisible_characters import visible
from reconciler.model.addresses import ThingAddress
from reconciler.model.desired_records import Ownership, Prune
from reconciler.model.explanation import (
    ApplyRun,
    Explanation,
    LastApplied,
    ManifestLine,
    NextAction,
    PairExplained,
    PlannedStage,
    PropertyExplained,
)
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.plan.change import Reason
from reconciler.plan.kinds import Verb
from reconciler.report.definition_lists import list_shown
from reconciler.report.fact_sentences import facts_text
from reconciler.report.named import property_title
from reconciler.report.plan.change_sections import held_reason_text, why_changed
from reconciler.report.provenance import moment
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.property_rows import padded
from reconciler.report.text.styled_lines import Line, Piece, Style, beside, line, line_cells
from reconciler.report.text.values import EMPTY, alone, line_shown, shown, text_of_written
from reconciler.report.text.width import chopped

_LABEL = 14
"""Width in columns of the labels on the left."""

_MOST_LINES = 6
"""Maximum number of lines of a text that are shown without ``--full``."""

_MOST_VERSIONS = 10
"""Maximum number of changes in a property's history that are shown without ``--full``: the latest ones."""

_OURS = {
    None: "not owned yet",
    Origin.CREATED: "owned: reconciler created it",
    Origin.ADOPTED: "owned: adopted; it existed before",
}
_PROTECTED = "protected: never archived, until `$protect: false` has been applied"
_PRUNED = {
    Prune.OFF: "stays in HubSpot when no manifest names it any more",
    Prune.OURS: "archived when no manifest names it any more, if reconciler created it",
    Prune.ALL: "archived when no manifest names it any more",
}
_OWNERSHIP = {
    Ownership.INITIAL: "initial: written when the record is created, then left to people",
    Ownership.OBSERVE: "observe: compared, never written",
}
_CREATES = {Reason.MISSING, Reason.RECREATED}
_VERBS = Verb.CREATE, Verb.UPDATE
_VERBS_OF_DEFINITIONS = Verb.CREATE_DEFINITION, Verb.UPDATE_DEFINITION
_SIMPLE = {
    "remember": "adds it to the state: HubSpot already has the value of the manifest",
    "forget": "removes it from the state: no manifest enforces it any more; HubSpot keeps its value",
    "problem": "cannot change it: first correct the problem",
}


def explanation_sections(explained: Explanation, layout: Layout) -> Iterator[list[Line]]:
    """Format the record, then its properties; for a whole record, also its associations.

    For a whole record, each property for which there is nothing to do takes one line, if it fits.
    """
    yield _record_lines(explained, layout)
    if explained.name is not None:
        yield from (_property_lines(of, explained, layout) for of in explained.properties)
        return
    quiet = [of for of in explained.properties if of.step.action == "nothing" and of.statements]
    yield from (_property_lines(of, explained, layout) for of in explained.properties if of not in quiet)
    names = padded([property_title(layout.names, explained.key, of.name) for of in quiet])
    yield [
        row
        for name, of in zip(names, quiet, strict=True)
        for row in _row(name, _with_lists(of, explained.key), explained.key, layout)
    ]
    yield [row for pair in explained.pairs for row in _pair_lines(pair, layout)]


_IN_STEP = NextAction("nothing", Reason.IN_STEP)


def _record_lines(explained: Explanation, layout: Layout) -> list[Line]:
    title = Subject(explained.key, None, explained.display_name)
    lines = [line(Piece(visible(explained.key.text), Style.STRONG), title.suffix)]
    where = f"portal {explained.portal_id} ({explained.environment})"
    if explained.is_live:
        noun = "record " if explained.key.object_of_values else ""
        lines += _said("HubSpot", f"{noun}{explained.record_id} in {where}", layout)
    else:
        noun = "record" if explained.key.object_of_values else "definition"
        lines += _said("HubSpot", f"no such {noun} in {where}", layout)
    lines += _said("state", _OURS[explained.origin], layout)
    if explained.moves_from:
        former = explained.moves_from
        by = f" ({former.by})" if former.object_of_values else ""
        lines += _said(
            "", f"has the old key {visible(former.text)}{by}, which the next apply replaces", layout
        )
    lines += _said("", _PROTECTED, layout) if explained.is_protected else []
    for index, source in enumerate(explained.declared):
        lines += _said("" if index else "named", layout.place(source), layout)
    if explained.declared:
        lines += _said("pruning", _PRUNED[explained.prune], layout)
    else:
        lines += _said("named", "nowhere in the manifests of this environment", layout)
    if explained.moves_to is not None:
        lines += _said(
            "records", f"records with this value move to {visible(explained.moves_to)} first", layout
        )
    lines += _said("next apply", _next_of_record(explained.step, explained.key), layout)
    return lines + [row for stage in explained.step.stages for row in _said("", _when(stage), layout)]


def _property_lines(of: PropertyExplained, explained: Explanation, layout: Layout) -> list[Line]:
    title = property_title(layout.names, explained.key, of.name)
    lines = [line(Piece(visible(title), Style.STRONG))]
    of = _with_lists(of, explained.key)
    for index, statement in enumerate(reversed(of.statements)):
        lines += _statement_lines("overrides" if index else "manifest", statement, layout)
    if of.unmanaged_at:
        remark = layout.place(of.unmanaged_at)
        lines += _fact("manifest", line("left out by `$unmanaged`"), remark, layout)
    elif not of.statements:
        lines += _said("manifest", "no manifest sets it", layout)
    lines += _said("ownership", _OWNERSHIP[of.ownership], layout) if of.ownership in _OWNERSHIP else []
    lines += _last_lines(of.last, layout)
    if explained.is_live:
        lines += _value("live", of.live, "", layout)
    lines += _hand_lines(of.versions, layout)
    return lines + _said("next apply", _next(of, explained.key), layout)


def _with_lists(of: PropertyExplained, key: ThingAddress) -> PropertyExplained:
    """Return the explanation of a definition's value with lists in readable form."""
    last = of.last and replace(
        of.last,
        sent=list_shown(key, of.name, of.last.sent),
        kept=list_shown(key, of.name, of.last.kept),
    )
    statements = [
        replace(each, value=list_shown(key, of.name, text_of_written(each.value))) for each in of.statements
    ]
    return replace(of, statements=tuple(statements), live=list_shown(key, of.name, of.live), last=last)


def _statement_lines(label: str, statement: ManifestLine, layout: Layout) -> list[Line]:
    if statement.value is None:
        return _fact(label, line("null, which clears it"), _place(statement, layout), layout)
    return _value(label, text_of_written(statement.value), _place(statement, layout), layout)


def _place(statement: ManifestLine, layout: Layout) -> str:
    return layout.place(statement.source) + (" (all)" if statement.is_shared else "")


def _last_lines(last: LastApplied | None, layout: Layout) -> list[Line]:
    if last is None:
        return _said("last applied", "never", layout)
    lines = _value("last applied", last.sent, moment(last.by.at) if last.by else "", layout)
    if last.kept != last.sent:
        lines += _value("", last.kept, "as HubSpot keeps it", layout)
    return lines + _said("", _run(last.by), layout)


def _hand_lines(versions: tuple[ValueVersion, ...], layout: Layout) -> list[Line]:
    """Format the history of a value, oldest first: time, author and value of each change."""
    latest = versions if layout.full else versions[-_MOST_VERSIONS:]
    lines: list[Line] = []
    for index, version in enumerate(latest):
        who = line(Piece(f"{moment(version.at)}  ", Style.FAINT), visible(str(version)))
        value = EMPTY if version.value is None else shown(version.value)
        lines += _fact("" if index else "history", who, value, layout)
    return lines


def _row(name: str, of: PropertyExplained, key: ThingAddress, layout: Layout) -> list[Line]:
    """Format a property with nothing to do: its value or the value's label, and its manifest lines."""
    head = line(Piece("=" if of.step == _IN_STEP else " ", Style.FAINT), f" {name}  ", indent=2)
    *overridden, last = of.statements
    place = _place(last, layout)
    room = layout.width - line_cells(head) - len(place) - 2
    has_label = of.step == _IN_STEP and any(layout.names.texts(key.object_of_values, of.name))
    text = of.live if has_label else text_of_written(last.value)
    first, line_break, _ = (text or "").partition("\n")
    shortened = f"{first}\u2026" if line_break else first or None
    value = alone(text if layout.full else shortened, room, full=layout.full)
    lines = beside(line(*head, *(value or ())), line(Piece(place, Style.FAINT)), layout.width)
    if value is None:
        lines += [line(row, indent=6) for row in _chopped(text, layout.width - 6)]
    for statement in reversed(overridden):
        lines += _statement_lines("  overrides", statement, layout)
    return lines


def _pair_lines(pair: PairExplained, layout: Layout) -> list[Line]:
    what = visible(pair.target.text) + (f" ({visible(pair.label)})" if pair.label else "")
    if pair.step.action == Verb.ADOPT:
        remark = "HubSpot already has this association"
    elif pair.step.action == "nothing":
        remark = _OURS[pair.origin]
    else:
        remark = ", ".join((f"next apply: {pair.step.action}", *map(_when, pair.step.stages)))
    return _fact("associated", line(what), remark, layout)


def _when(stage: PlannedStage) -> str:
    """Describe in which stage of the plan a change is made."""
    how = "sent" if stage.makes_calls else "made"
    return f"{how} in step {stage.number} of {stage.count}: {stage.name}"


def _next_of_record(step: NextAction, key: ThingAddress) -> str:
    """Describe the next action on the record."""
    if step.action == "leave":
        return _left(step, key, key.text)
    if step.action in {"nothing", "problem"}:
        return _SIMPLE.get(step.action, "nothing")
    action = step.action.partition("_")[0]  # "update" of "update_definition"
    return f"{action}; {why_changed(Verb(step.action), Reason(step.reason))}"


def _next(of: PropertyExplained, key: ThingAddress) -> str:
    """Describe the next action on the property."""
    step = of.step
    if step.action == "write":
        creates, updates = _VERBS if key.object_of_values else _VERBS_OF_DEFINITIONS
        verb = creates if step.reason in _CREATES else updates
        what = (
            "clears it"
            if step.after is None
            else f"writes {shown(list_shown(key, of.name, step.after) or '')}"
        )
        return f"{what}; {why_changed(verb, Reason(step.reason))}"
    if step.action == "leave" and step.reason == Reason.INITIAL:
        return "leaves it to people"
    if step.action == "leave":
        return _left(step, key, key.property_address(of.name))
    if step == _IN_STEP:
        return "nothing: HubSpot has the value of the manifest"
    return _SIMPLE.get(step.action, "nothing")


def _left(step: NextAction, key: ThingAddress, address: str) -> str:
    reasons = facts_text(step.facts, key, address)
    return f"leaves it; {held_reason_text(Reason(step.reason))}" + (f"; {reasons}" if reasons else "")


def _run(by: ApplyRun | None) -> str:
    if by is None:
        return "by a run that is no longer in the journal"
    who = by.actor.get("run_url") or by.actor.get("user", "")
    return f"by run {by.run_id}" + (f" of {who}" if who else "")


def _said(label: str, sentence: str, layout: Layout) -> list[Line]:
    """Format a label with a sentence, wrapped at spaces."""
    rows = list(layout.paragraph(sentence, indent=2 + _LABEL))
    (_, *first), *others = rows
    return [line(Piece(label.ljust(_LABEL), Style.FAINT), *first, indent=2), *others]


def _value(label: str, value: str | None, remark: str, layout: Layout) -> list[Line]:
    """Format a label with a value beside it, or below it if the value is too long."""
    gap = len(remark) + 2 if remark else 0
    inline = alone(value, layout.width - 2 - _LABEL - gap, full=layout.full)
    if inline is not None:
        return _fact(label, inline, remark, layout)
    rows = _chopped(value, layout.width - 4)
    shown_rows = rows if layout.full else rows[:_MOST_LINES]
    more = [line(Piece("\u2026", Style.FAINT), indent=4)] if len(shown_rows) < len(rows) else []
    return [*_fact(label, (), remark, layout), *(line(row, indent=4) for row in shown_rows), *more]


def _chopped(value: str | None, width: int) -> list[str]:
    return [part for row in (value or "").split("\n") for part in chopped(line_shown(row), width)]


def _fact(label: str, value: Line, remark: str, layout: Layout) -> list[Line]:
    left = line(Piece(label.ljust(_LABEL), Style.FAINT), *value, indent=2)
    return beside(left, line(Piece(remark, Style.FAINT)) if remark else (), layout.width)
