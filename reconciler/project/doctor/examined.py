"""Facts that checks find out for later checks, and functions that create the results of checks."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.model.desired import Desired
from reconciler.model.diagnosis import CheckResult, CheckStatus
from reconciler.model.object_types import object_name
from reconciler.project.session import Session
from reconciler.project.settings import Settings

if TYPE_CHECKING:
    from reconciler.hubspot.portal.responses import AccountBody
    from reconciler.hubspot.reader import PortalReader
    from reconciler.hubspot.transport.call_result import RateHeaders

HUBSPOT = "https://api.hubapi.com"
USUAL_VARIABLE = "HUBSPOT_ACCESS_TOKEN"


@dataclass(frozen=True, slots=True)
class DoctorRequest:
    """The project to check, and the options of the command."""

    folder: Path | None = None  # the folder given by -C
    environment: str | None = None
    objects: tuple[str, ...] = ()  # object types to check, besides those in the manifests
    token_variable: str | None = None  # the variable that contains the token, if not the one in the settings


@dataclass(slots=True)
class Examined:
    """The facts that are known so far; each check adds some. None means that a fact is not known."""

    request: DoctorRequest
    environ: Mapping[str, str]
    project: Path | None = None
    settings: Settings | None = None
    knows_portal: bool = False  # whether the settings give the portal id
    desired: Desired | None = None
    token: str | None = field(default=None, repr=False)
    token_name: str = ""  # the variable that contains the token
    has_variables: bool = False  # whether all variables in the settings are set
    account: "AccountBody | None" = None
    headers: "RateHeaders | None" = None  # headers of HubSpot's first answer
    reader: "PortalReader | None" = None
    closing: ExitStack = field(default_factory=ExitStack)

    @property
    def session(self) -> Session | None:
        """A session of the environment; None until its settings are known."""
        return Session(self.settings) if self.settings else None

    @property
    def base_url(self) -> str:
        """The base URL of the portal; HubSpot's until the settings are known."""
        return self.settings.environment.base_url if self.settings else HUBSPOT

    @property
    def api_version(self) -> str:
        """The version of HubSpot's API; ``v3`` until the settings are known."""
        return self.settings.environment.api_version if self.settings else "v3"

    @property
    def is_emulator(self) -> bool:
        """Whether the portal is the embedded emulator, which needs neither network nor token."""
        return self.settings is not None and self.settings.environment.is_emulator

    @property
    def objects(self) -> tuple[str, ...]:
        """The object types in the manifests and on the command line, sorted."""
        named = self.desired.objects if self.desired else frozenset[str]()
        return tuple(sorted({*named, *map(object_name, self.request.objects)}))

    @property
    def defined_types(self) -> frozenset[str]:
        """The object types whose definitions the manifests declare."""
        definitions = self.desired.definitions if self.desired else ()
        return frozenset(name for each in definitions for name in each.address.objects)


def passed(name: str, finding: str) -> CheckResult:
    """Return the result of a check that found nothing wrong."""
    return CheckResult(name, CheckStatus.OK, finding)


def warned(name: str, finding: str, advice: str = "") -> CheckResult:
    """Return the result of a check that found no fault, but a fact that people should know."""
    return CheckResult(name, CheckStatus.WARNING, finding, advice)


def failed(name: str, finding: str, advice: str = "") -> CheckResult:
    """Return the result of a check that found something that will not work, with advice."""
    return CheckResult(name, CheckStatus.FAILED, finding, advice)


def skipped(name: str, why: str) -> CheckResult:
    """Return the result of a check that could not be made, or was not needed."""
    return CheckResult(name, CheckStatus.SKIPPED, why)


def from_error(name: str, error: ReconcilerError) -> CheckResult:
    """Return an error as the result of a failed check: its first line, and the other lines as advice."""
    finding, _, advice = str(error).partition("\n")
    return failed(name, finding, " ".join(line.strip() for line in advice.splitlines()))


@contextmanager
def examining(request: DoctorRequest, environ: Mapping[str, str]) -> Iterator[Examined]:
    """Yield the facts for a series of checks; at the end, close everything that the checks opened."""
    examined = Examined(request, environ)
    with examined.closing:
        yield examined
