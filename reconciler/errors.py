"""All expected errors, grouped by what the user should do.

::

    ReconcilerError            any other exception is a bug and keeps its traceback
    ├── ManifestError          the text is wrong: fix the file (carries every Problem found)
    ├── PlanRefused            the plan is unsafe, altered, foreign or stale: look, then decide
    ├── HubSpotError           HubSpot's answer, with method, path, status, category, correlationId
    │   ├── NotAllowed         token or scope: fix credentials
    │   ├── RequestRejected    HubSpot refuses the request: fix the manifest
    │   ├── Unavailable        gave up after waiting: run again later
    │   └── NoAnswer           a write may or may not have happened: settle before more writes
    ├── StateError             the state is missing, damaged, or newer: do what the message says
    │   └── Locked             another run is applying: wait or unlock
    └── UsageError             flags, settings, environment
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.invisible_characters import visible
from reconciler.model.object_references import ObjectProperty
from reconciler.source import SourceRef


class Severity(StrEnum):
    """The effect of a problem: the plan cannot be applied, a record is left out, or a warning is shown."""

    ERROR = "error"  # the plan can be shown, but not applied
    LEFT_OUT = "left out"  # the record or association is left out of the plan; the rest can be applied
    WARNING = "warning"  # only shown


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or warning about one record or line, found before any write."""

    message: str  # one sentence without full stop; built by ``sentence()`` if it contains a value or a key
    advice: str | None = None  # what the user can do; built in the same way
    source: SourceRef | None = None
    address: str | None = None  # address of the record or property, if it is known
    severity: Severity = Severity.ERROR
    people: tuple[str, ...] = ()  # e-mail addresses in the message that are never masked: owners of records
    needs: str | None = None  # address of another thing that the plan must change to solve the problem
    # the line is wrong, whatever other lines contain
    stands_alone: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        place = f"{self.source}: " if self.source else ""
        subject = f"{self.address}: " if self.address and not self.source else ""
        weight = "warning: " if self.severity is Severity.WARNING else ""
        advice = f"\n    {self.advice!s}" if self.advice else ""
        return f"{place}{subject}{weight}{self.message!s}{advice}"


@dataclass(frozen=True, slots=True)
class UnplacedProblem:
    """A problem found by code that does not know the file and line; a caller adds them with ``at``."""

    message: str  # all fields have the same meaning as in ``Problem``
    advice: str | None = None
    severity: Severity = Severity.ERROR
    people: tuple[str, ...] = ()
    needs: str | None = None
    stands_alone: bool = False

    def at(self, source: SourceRef | None, address: str | None = None) -> Problem:
        """Return a ``Problem`` at the given place."""
        return Problem(
            self.message,
            self.advice,
            source,
            address,
            self.severity,
            self.people,
            self.needs,
            stands_alone=self.stands_alone,
        )


class UnplacedError(Exception):
    """A problem, raised by code that does not know the file and line; a caller adds them with ``at``.

    Attributes:
        problem: the problem, without file and line.
    """

    def __init__(
        self,
        message: str,
        advice: str | None = None,
        people: tuple[str, ...] = (),
        needs: str | None = None,
    ) -> None:
        super().__init__(message)
        self.problem = UnplacedProblem(message, advice, people=people, needs=needs)

    def at(self, source: SourceRef | None, address: str | None = None) -> Problem:
        """Return the ``Problem`` at the given place."""
        return self.problem.at(source, address)


class ReconcilerError(Exception):
    """Base class of all expected errors."""

    def __reduce__(self) -> tuple[Any, ...]:
        # ``Exception`` is unpickled by calling ``__init__`` with the message alone; some of our classes need
        # more arguments, and are pickled between processes.
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[ReconcilerError], args: tuple[object, ...]) -> ReconcilerError:
    error = kind.__new__(kind)
    error.args = args
    return error


class ManifestError(ReconcilerError):
    """The manifests cannot be used as they are.

    Attributes:
        problems: every problem found, not only the first, in order of file and line.
        masked_properties: pairs of object type and property whose values are masked in output.
    """

    def __init__(
        self, problems: tuple[Problem, ...], *, masked_properties: tuple[ObjectProperty, ...] = ()
    ) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
        self.masked_properties = masked_properties


class Refusal(StrEnum):
    """The reason why a plan is refused; it decides the exit code."""

    GUARD = "guard"
    ALTERED = "altered"  # the file does not match its digest
    FOREIGN = "foreign"  # made for another portal, state or environment
    PROTECTED = "protected"  # a protected environment without a saved plan
    DIVERGED = "diverged"  # the git history of its manifests lacks the commit that was applied last
    UNREVIEWED = "unreviewed"  # it would do more than the reviewed plan
    STALE = "stale"  # live values changed, and the user asked to stop in this case


class PlanRefused(ReconcilerError):
    """The plan is refused for the reason in ``refusal``; nothing was written."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


class HubSpotError(ReconcilerError):
    """HubSpot refused a request, or did not answer.

    Attributes:
        status: HTTP status; None if HubSpot did not answer.
        category: HubSpot's class of the error; None if it gave none.
        correlation_id: HubSpot's id for this one request.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str,
        path: str,
        status: int | None = None,
        category: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        ticket = f"   correlationId {visible(correlation_id)}" if correlation_id else ""
        kind = f"   category {visible(category)}" if category else ""
        super().__init__(f"{message}\n    {method} {path}{kind}{ticket}")
        self.summary = message
        self.method = method
        self.path = path
        self.status = status
        self.category = category
        self.correlation_id = correlation_id


class NotAllowed(HubSpotError):
    """The token is missing, unknown, expired, or lacks a scope."""


class RequestRejected(HubSpotError):
    """HubSpot understood the request and refuses it; it would refuse the same request again."""


class Unavailable(HubSpotError):
    """HubSpot could not be reached, or asked to try again later until reconciler gave up."""


class NoAnswer(HubSpotError):
    """A write was sent, but no answer arrived. It is unknown whether HubSpot did it."""


class StateError(ReconcilerError):
    """The state cannot be used; the message says what to do."""


class Locked(StateError):
    """Another run holds the lock on this portal's state."""


class UsageError(ReconcilerError):
    """Flags, settings or environment are wrong."""
