"""Accepting drift: one manifest edit for each drifted value, or the reason why there is none.

The resolver of plans checks the new text: an edit is made only if its text leads to the live value, so that
the next plan has nothing to write.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import NamedTuple

from reconciler.errors import Problem, Severity, UnplacedError, UsageError
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.addresses import ThingAddress
from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.model.desired_records import DesiredRecord, ManifestValue, Ownership
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord, RemovedAssociation
from reconciler.model.live import LiveRecord, MissingReason
from reconciler.model.selection import Glob, means
from reconciler.plan.drift.accept_in_table import cell_place, cell_texts
from reconciler.plan.values.equality import same_value
from reconciler.plan.values.resolve import Resolver, keys_and_names
from reconciler.plan.values.to_manifest import wordings
from reconciler.sentences import sentence
from reconciler.source import Place, SourceRef

_WHAT_BECAME: Mapping[MissingReason, str] = {
    MissingReason.ARCHIVED: "the record was archived in HubSpot",
    MissingReason.MERGED: "the record was merged into another one",
    MissingReason.REKEYED: "the record has another key in HubSpot",
    MissingReason.ERASED: "the record is nowhere in the portal",
    MissingReason.NOT_FOUND: "the record was merged into another one, or erased",
    MissingReason.UNANSWERED: "the record is missing in HubSpot's answers",
}
"""What happened to a missing record.

If the record has a new key, the sentence does not show this key, because it may be personal. The command
``drift`` shows the key.
"""
_LET_GO = "if you do not want it any more, remove its lines, or write only `$absent: true` for it"
_WHAT_NOW: Mapping[MissingReason, str] = {
    MissingReason.ARCHIVED: f"restore the record in HubSpot; or {_LET_GO}",
    MissingReason.MERGED: "if you do not want it any more, remove its lines",
    MissingReason.REKEYED: (
        "to keep the record, replace the old key by the key that `reconciler drift` shows"
    ),
    MissingReason.ERASED: _LET_GO,
    MissingReason.NOT_FOUND: _LET_GO,
    MissingReason.UNANSWERED: "look again later",
}


class _Obstacle(UnplacedError):
    """A reason why a live value cannot be written into a manifest."""


def chosen(
    found: DriftFound, globs: Iterable[Glob]
) -> tuple[Sequence[DriftedValue], Sequence[MissingOwnedRecord], Sequence[RemovedAssociation]]:
    """Return the drift that the user selected.

    Raises:
        UsageError: a glob matches no drift, which is most likely a typing error.
    """
    globs = tuple(globs)
    values = [value for value in found.values if means(globs, value.key, value.name)]
    lost = [record for record in found.lost if means(globs, record.key)]
    pairs = [pair for pair in found.pairs if means(globs, pair.key, pair.target.text)]
    unmatched = [
        glob.text
        for glob in globs
        if not any(glob.means(value.key, value.name) for value in values)
        and not any(glob.means(record.key) for record in lost)
        and not any(glob.means(pair.key, pair.target.text) for pair in pairs)
    ]
    if unmatched:
        lines = [f"--accept {quote(text)} matches no change by people" for text in unmatched]
        raise UsageError("\n".join(lines) + "\n    `reconciler drift` shows the changes by people")
    return values, lost, pairs


class DriftedRecord(NamedTuple):
    """The drift of one record, and its manifest record if there is one."""

    record: DesiredRecord | None
    values: Sequence[DriftedValue]


def keys_and_named(
    schema: ObjectSchema, chunk: Iterable[DriftedRecord]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the keys and properties to read for records that manifests name."""
    return keys_and_names(schema, [record for record, _ in chunk if record])


@dataclass(slots=True)
class AcceptBuilder:
    """Collects edits and problems, record by record."""

    shows_sensitive: bool  # whether sensitive values may be shown and written to files
    is_for_other_environment: Callable[
        [ThingAddress], bool
    ]  # whether manifests name a record only for other environments
    edits: list[Edit] = field(default_factory=list)
    agreed: list[Edit] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add_chunk(
        self, resolver: Resolver, chunk: Iterable[DriftedRecord], live: Mapping[str, LiveRecord]
    ) -> None:
        """Add an edit for each drifted value of some records, or a problem if the value cannot be accepted.

        ``live`` are the records as HubSpot has them now, by key.
        """
        for record, values in chunk:
            self._add(resolver, record, live.get(record.key) if record else None, values)

    def _add(
        self,
        resolver: Resolver,
        record: DesiredRecord | None,
        live: LiveRecord | None,
        values: Iterable[DriftedValue],
    ) -> None:
        wishes: list[_Wish] = []
        for value in values:
            try:
                wishes.append(self._wish(resolver, record, live, value))
            except UnplacedError as obstacle:
                self.problems.append(obstacle.at(_place(resolver, record, value.name), value.address))
        if record is not None and live is not None:
            self._fit(resolver, record, live, wishes)

    def add_edits(self, found: Iterable[Edit | Problem]) -> None:
        """Add edits and problems of definitions; an edit with two equal values needs no writing."""
        for each in found:
            if isinstance(each, Problem):
                self.problems.append(each)
            else:
                (self.agreed if each.before == each.after else self.edits).append(each)

    def add_lost(self, lost: MissingOwnedRecord, source: SourceRef | None) -> None:
        """Report that a lost record has no values to write back."""
        message = f"{_WHAT_BECAME[lost.reason]}: there is no value to write back"
        self.problems.append(Problem(message, _WHAT_NOW[lost.reason], source, lost.address))

    def add_pair(self, pair: RemovedAssociation, source: SourceRef | None) -> None:
        """Report that a removed association leaves no value to write: the user must edit the manifest."""
        what = "this association" if pair.live is None else f'the label "{pair.last_applied}"'
        message = f"people removed {what} in HubSpot: there is no value to write back"
        advice = (
            f"if the removal is right, also remove {what} from `$associations`; "
            f"otherwise the next apply creates {what} again"
        )
        self.problems.append(Problem(message, advice, source, pair.address))

    def finish(self, found: DriftFound) -> Acceptance:
        """Return the result, with the display names from ``found``."""
        called = {value.key: value.display_name for value in found.values}
        edits, agreed = (
            tuple(replace(edit, display_name=called.get(edit.key)) for edit in of)
            for of in (self.edits, self.agreed)
        )
        return Acceptance(
            edits, agreed, tuple(self.problems), found.masked_properties, found.names, found.state.lineage
        )

    def _wish(
        self, resolver: Resolver, record: DesiredRecord | None, live: LiveRecord | None, value: DriftedValue
    ) -> "_Wish":
        """Return a drifted value with the manifest values that may express it.

        Raises:
            UnplacedError: the live value cannot or must not be written into the manifest.
        """
        name = value.name
        if record is None and self.is_for_other_environment(value.key):
            advice = "write the value by hand, in the document for those environments"
            raise _Obstacle("manifests name the record for other environments only", advice)
        if record is None or name not in record.names:
            what = "the record" if record is None or record.special.is_absent else "this property"
            raise _Obstacle(
                f"no manifest sets {what}, so `apply` does not undo the change", "leave it as it is"
            )
        if live is None:
            raise _Obstacle("the record is no longer there", "look again: reconciler drift")
        definition = resolver.schema.properties.get(name)
        if definition is None:
            raise _Obstacle("the portal no longer has this property", "remove the line")
        ownership = record.document.ownership_of(name)
        if ownership is not Ownership.ENFORCE:
            message = f"the manifest leaves it to people (`{name}: {ownership}` under `ownership`)"
            raise _Obstacle(message, "leave it as it is")
        if definition.is_sensitive and not self.shows_sensitive:
            advice = "--values show writes the value anyway; it then stays in the history of git"
            raise _Obstacle("the portal calls this property sensitive", advice)
        index = record.names.index(name)
        text, place, form = live.properties.get(name), record.places[index], record.document.table
        before = record.values[index]
        ways = list(wordings(resolver, definition, text, before))
        if form is None:
            ways.insert(0, before)
        else:
            is_cell = record.document.is_cell(place)
            place = cell_place(record, name, form)
            ways = [*([before] if is_cell else ()), *cell_texts(ways, definition.kind, form)]
        edit = Edit(value.key, name, before, before, resolver.files.ref(place), form)
        return _Wish(edit, definition, text, ways, place)

    def _fit(
        self, resolver: Resolver, record: DesiredRecord, live: LiveRecord, wishes: list["_Wish"]
    ) -> None:
        """Choose the text that accepts each live value: the first possible one that means the value.

        Report the values for which there is no such text. All values of a record are tried together, because
        the meaning of a text for a stage depends on the pipeline.
        """
        why: dict[str, Problem] = {}  # by property: the problem of its best text
        while failed := _failing(resolver, record, live, wishes):
            why = {name: problem for name, problem in failed.items() if problem} | why
            for wish in [wish for wish in wishes if wish.edit.name in failed]:
                wish.ways.pop(0)
                if not wish.ways:
                    wishes.remove(wish)
                    self.problems.append(_no_words(wish.edit, why.get(wish.edit.name)))
        for wish in wishes:
            edit = replace(wish.edit, after=wish.ways[0])
            (self.agreed if edit.after == edit.before else self.edits).append(edit)


class _Wish(NamedTuple):
    """A live value to accept, and possible texts: values for the manifest that may mean the live value."""

    edit: Edit
    definition: PropertyDef
    live: str | None
    ways: list[ManifestValue]  # the possible texts, best first, without refused ones
    place: Place  # place of the new value


def _failing(
    resolver: Resolver, record: DesiredRecord, live: LiveRecord, wishes: Iterable[_Wish]
) -> Mapping[str, Problem | None]:
    """Return each property whose first possible text does not mean the live value, with the text's problem.

    The problem is None if the text means another value.
    """
    words = {wish.edit.name: wish.ways[0] for wish in wishes}
    there = {wish.edit.name: wish.place for wish in wishes}
    values = tuple(words.get(name, old) for name, old in zip(record.names, record.values, strict=True))
    places = tuple(there.get(name, old) for name, old in zip(record.names, record.places, strict=True))
    problems: list[Problem] = []
    resolved = resolver.resolve(replace(record, values=values, places=places), live, problems)
    texts = {value.definition.name: value.text for value in resolved}
    by_address = {problem.address: problem for problem in problems}
    failing: dict[str, Problem | None] = {}
    for wish in wishes:
        name, kind = wish.edit.name, wish.definition.kind
        problem = by_address.get(record.address.property_address(name))
        is_wrong = problem is not None and (problem.severity is Severity.ERROR or kind is Kind.STAGE)
        if is_wrong or name not in texts or not same_value(kind, texts[name], wish.live):
            failing[name] = problem
    return failing


def _no_words(edit: Edit, problem: Problem | None) -> Problem:
    if problem is None:
        return Problem(
            "reconciler found no way to write the live value in a manifest",
            "write the value by hand",
            edit.source,
            edit.address,
        )
    return replace(
        problem,
        message=sentence("no manifest can hold the live value: {why}", why=problem.message),
        severity=Severity.ERROR,
    )


def _place(resolver: Resolver, record: DesiredRecord | None, name: str) -> SourceRef | None:
    """Return the line of a property, or of its record; None if no manifest names it."""
    if record is None:
        return None
    at = record.places[record.names.index(name)] if name in record.names else record.place
    return resolver.files.ref(at)
