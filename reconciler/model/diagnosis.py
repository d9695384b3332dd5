"""The result of checking a project, its portal and its state."""

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # no fault, but something that the user should know
    FAILED = "failed"  # something will not work
    SKIPPED = "skipped"  # an earlier check failed, or there is nothing to check


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: its finding, and advice."""

    name: str
    status: CheckStatus
    finding: str  # a sentence without full stop, perhaps of several lines; it contains no token
    advice: str = ""  # advice; may be empty

    @property
    def has_failed(self) -> bool:
        """Whether something will not work."""
        return self.status is CheckStatus.FAILED


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, in order."""

    results: tuple[CheckResult, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether no check failed."""
        return not any(result.has_failed for result in self.results)

    def __getitem__(self, name: str) -> CheckResult:
        """Return the check called ``name``."""
        return next(result for result in self.results if result.name == name)
