"""The error about a desired value that cannot be sent, with suggestions of what the author may have meant."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.errors import Problem, UnplacedError
from reconciler.model.definitions import Pipeline, PipelineStage
from reconciler.model.not_made import NotMade
from reconciler.sentences import Sentence, Value, about, join_sentences, sentence
from reconciler.source import SourceRef
from reconciler.suggestions import nearest

_Labelled = TypeVar("_Labelled", Pipeline, PipelineStage)
_Checked = TypeVar("_Checked")


class WrongValue(UnplacedError):
    """The error of a property whose desired value cannot be sent.

    The message and the advice quote only values of this property.

    Attributes:
        others: the errors of the other wrong items, if the value is a list with several.
    """

    others: "Sequence[WrongValue]" = ()

    def as_problem(self, object_name: str, name: str, source: SourceRef, address: str) -> Problem:
        """Return the problem of property ``name``, whose value is written at ``source``."""
        wrong = self.problem
        message = about(wrong.message, object_name, name)
        advice = wrong.advice and about(wrong.advice, object_name, name)
        return replace(wrong, message=message, advice=advice).at(source, address)

    def as_problems(self, object_name: str, name: str, source: SourceRef, address: str) -> Iterator[Problem]:
        """Return a problem of property ``name`` for every wrong item; the value is written at ``source``."""
        for wrong in (self, *self.others):
            yield wrong.as_problem(object_name, name, source, address)

    def explained_by(self, lacking: NotMade) -> "WrongValue":
        """Return the error with the advice of ``lacking``, the definition that the value needs."""
        return WrongValue(self.problem.message, lacking.advice, self.problem.people, lacking.to_add)


def check_each(items: Iterable[str], check: Callable[[str], _Checked]) -> list[_Checked]:
    """Return the result of ``check`` for each item of a list.

    Raises:
        WrongValue: the error of the first wrong item. Its ``others`` are the errors of the other wrong items.
    """
    checked: list[_Checked] = []
    wrongs: dict[str, WrongValue] = {}  # by item: a repeated wrong item gives one error
    for item in items:
        try:
            checked.append(check(item))
        except WrongValue as wrong:
            wrongs[item] = wrong
    if wrongs:
        first, *first.others = wrongs.values()
        raise first
    return checked


def suggest_values(written: str, values: Iterable[str]) -> Sentence | None:
    """Return the question whether one of ``values`` was meant; None if none of them is similar.

    The values are marked, so that they can be masked.
    """
    near = [sentence('"{value}"', value=Value(value)) for value in nearest(written, values)]
    return sentence("did you mean {values}?", values=join_sentences(" or ", near)) if near else None


_NAMES: Sequence[Callable[[Pipeline | PipelineStage], Iterable[str]]] = (
    lambda candidate: [candidate.declared.label] if candidate.declared else [],
    lambda candidate: [candidate.label],
    lambda candidate: [candidate.declared.name] if candidate.declared else [],
)
"""The names by which a pipeline or stage is found, the first ones with priority."""


def find_by_label_or_id(written: str, candidates: Iterable[_Labelled], what: str) -> _Labelled:
    """Find the one candidate that ``written`` names; case matters only for an id.

    Candidates are found by id, else by the label in the manifests, else by the label in HubSpot, else by the
    name in the manifests, so that a definition that people have renamed in HubSpot is still found.

    Raises:
        WrongValue: no candidate has this name, or several have it.
    """
    known = list(candidates)
    for candidate in known:
        if candidate.id == written:
            return candidate
    called = written.strip().casefold()
    matches: list[_Labelled] = []
    for names in _NAMES:
        matches = matches or [
            candidate
            for candidate in known
            if called in (name.strip().casefold() for name in names(candidate))
        ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = [
            sentence('{id} ("{label}")', id=Value(match.id), label=Value(match.label)) for match in matches
        ]
        message = sentence('"{it}" names more than one {what}', it=Value(written), what=what)
        raise WrongValue(message, sentence("write one of the ids: {ids}", ids=join_sentences(", ", listed)))
    labels = [candidate.label for candidate in known]
    raise WrongValue(
        sentence('the portal has no {what} called "{it}"', what=what, it=Value(written)),
        suggest_values(written, labels) or (f"it has {', '.join(labels)}" if labels else None),
    )
