"""Desired values that cannot be sent, and values that their author may have meant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.errors import Problem, UnplacedError
from reconciler.model.definitions import Pipeline, PipelineStage
from reconciler.model.not_made import NotMade
from reconciler.sentences import Sentence, Value, about, join_sentences, sentence
from reconciler.source import SourceRef
from reconciler.suggestions import nearest

_Labelled = TypeVar("_Labelled", Pipeline, PipelineStage)


class WrongValue(UnplacedError):
    """A desired value that cannot be sent. A value in its texts is one of the property that is resolved."""

    def as_problem(self, object_name: str, name: str, source: SourceRef, address: str) -> Problem:
        """Make a problem of the property ``name``, asked for at ``source``."""
        wrong = self.problem
        message = about(wrong.message, object_name, name)
        advice = wrong.advice and about(wrong.advice, object_name, name)
        return replace(wrong, message=message, advice=advice).at(source, address)

    def explained_by(self, lacking: NotMade) -> "WrongValue":
        """Return the error with advice on the definition that it lacks."""
        return WrongValue(self.problem.message, lacking.advice, self.problem.people, lacking.to_add)


def suggest_values(written: str, values: Iterable[str]) -> Sentence | None:
    """Ask whether one of ``values`` was meant; each may have to be masked. None: nothing is near."""
    near = [sentence('"{value}"', value=Value(value)) for value in nearest(written, values)]
    return sentence("did you mean {values}?", values=join_sentences(" or ", near)) if near else None


_NAMES: Sequence[Callable[[Pipeline | PipelineStage], Iterable[str]]] = (
    lambda candidate: [candidate.declared.label] if candidate.declared else [],
    lambda candidate: [candidate.label],
    lambda candidate: [candidate.declared.name] if candidate.declared else [],
)
"""The names of a pipeline or stage; the first names win."""


def find_by_label_or_id(written: str, candidates: Iterable[_Labelled], what: str) -> _Labelled:
    """Find the one candidate that ``written`` names; only an id is compared with its case.

    An id comes first, then the label that the manifests declare, the label in HubSpot, and at last the name
    in the manifests: a definition that people call otherwise by now is still found.

    Raises:
        WrongValue: none has it, or several.
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
