"""Finding the association labels that exist after a plan. Pure.

Associations in a plan may use labels that the same plan creates or renames.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from reconciler.model.addresses import RecordId, Section
from reconciler.model.labels import Label, inverse_reference, reference_label
from reconciler.model.not_made import NotMade
from reconciler.model.object_references import Direction
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.not_made import not_made
from reconciler.plan.definitions.planner import DecidedDefinitions

PlannedLabels: TypeAlias = Mapping[Direction, Sequence[tuple[str, Label | NotMade]]]
"""Declared labels after a plan, by direction: each text that names a label, and the label itself.

Instead of a label that will not exist, the reason for this is given.
"""

_Named: TypeAlias = tuple[Direction, str, Label | NotMade]


def planned_labels(decided: Iterable[DecidedDefinitions], kept: Collection[Change]) -> PlannedLabels:
    """Return the declared association labels after a plan; ``kept`` are its changes of definitions."""
    planned: dict[Direction, list[tuple[str, Label | NotMade]]] = {}
    of_types = ((*_not_made(each, kept), *_there(each, kept)) for each in decided)
    for direction, text, label in chain(*of_types, _made(kept)):
        planned.setdefault(direction, []).append((text, label))
    return planned


def _made(kept: Iterable[Change]) -> Iterator[_Named]:
    """Return new and renamed labels, each with its text in both directions.

    The direction in which the manifest declares the label comes last.
    """
    for change in kept:
        if change.definition.section is not Section.LABELS or change.action is Action.ARCHIVE:
            continue
        texts = {value.name: value.after for value in change.values}
        direction = Direction(change.object_type, change.definition.names[0])
        label, inverse = _labels_of(change, texts.get("label") or "", texts.get("inverseLabel") or "")
        text = texts.get("inverseLabel") or (texts.get("label") if change.remote.id is None else None)
        if text and inverse.type_id:
            yield direction.back, text, inverse
        if texts.get("label"):
            yield direction, texts["label"] or "", label


def _not_made(decided: DecidedDefinitions, kept: Collection[Change]) -> Iterator[_Named]:
    """Return the declared labels that neither exist nor are created, with their texts at both ends."""
    made = {change.definition for change in kept}
    for wanted in decided.matched.known.wanted:
        address = wanted.address
        is_there = address in decided.matched.present or address in made
        if address.section is not Section.LABELS or is_there or wanted.special.is_absent:
            continue
        direction, lacking = Direction(address.object, address.names[0]), not_made(decided, address, kept)
        label = wanted.value("label")
        for way, text in ((direction.back, wanted.value("inverseLabel") or label), (direction, label)):
            if text is not None:
                yield way, text, lacking


def _there(decided: DecidedDefinitions, kept: Collection[Change]) -> Iterator[_Named]:
    """Return the declared labels that exist: each under its text in the manifests and its text in the portal.

    Texts that the plan changes are left out: ``_made`` returns them.
    """
    changed = {(change.definition, value.name) for change in kept for value in change.values}
    for each in decided.matched.sides:
        if each.address.section is not Section.LABELS or each.found is None or each.wanted.special.is_absent:
            continue
        direction, live = Direction(each.address.object, each.address.names[0]), each.found.values
        wanted = {"label": each.wanted.value("label")}
        wanted["inverseLabel"] = each.wanted.value("inverseLabel") or wanted["label"]
        texts = live.get("label") or "", live.get("inverseLabel") or live.get("label") or ""
        ends = zip(
            (direction, direction.back), wanted.items(), texts, _labels_at(each.found.id, *texts), strict=True
        )
        for way, (path, text), present, label in ends:
            if (each.address, path) not in changed:
                yield from ((way, called, label) for called in dict.fromkeys((text, present)) if called)


def _labels_of(change: Change, text: str, inverse_text: str) -> tuple[Label, Label]:
    """Return the label of a change as seen from both ends; a new label is a placeholder without number."""
    if change.remote.id is None:
        label = reference_label(change.definition.text)
        return label, inverse_reference(label)
    return _labels_at(change.remote.id, text, inverse_text)


def _labels_at(of: RecordId, text: str, inverse_text: str) -> tuple[Label, Label]:
    """Return both sides of the label with the identity ``of``: for the first record and for the second."""
    _, category, number, back, *_ = of.split("/")
    return Label(category, int(number), text), Label(category, int(back), inverse_text)
