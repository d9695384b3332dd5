"""Permissions of ``reconciler.yaml``: the hosts and variables that it may name.

Anybody who may open a pull request can change that file, and it is read before anybody has reviewed the
change. One line could send any variable to any host. So a portal must be at HubSpot's hosts or on this
machine, a state must be on this machine, and variables must have our prefixes. The CI job can permit more in
its environment variables, which no pull request can change. No permission lifts a guard or approves anything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import UnplacedProblem, UsageError
from reconciler.hosts import address_of, is_loopback
from reconciler.project.server_addresses import is_host_name

ALLOW_HOSTS: Final = "RECONCILER_ALLOW_HOSTS"
ALLOW_VARIABLES: Final = "RECONCILER_ALLOW_VARIABLES"

_OURS: Final = re.compile("(HUBSPOT|RECONCILER)_[A-Za-z0-9_]+")
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
READ_BY_US: Final = frozenset(
    f"RECONCILER_{name}"
    for name in (
        "ALLOW_HOSTS",
        "ALLOW_VARIABLES",
        "ENV",
        "ENV_FILE",
        "GIT_TOKEN",
        "LOG",
        "LOG_FORMAT",
        "PARALLELISM",
        "PLAN_KEY",
    )
)
"""Variables that have a meaning of their own, so ``reconciler.yaml`` may not use them as values."""

_SEPARATORS: Final = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Permits:
    """Hosts and variables that the job permits besides those that are always permitted."""

    hosts: frozenset[str] = frozenset()  # in lower case, without port
    variables: frozenset[str] = frozenset()

    def fault_of_variable(self, name: str) -> UnplacedProblem | None:
        """Return why ``reconciler.yaml`` may not use the variable ``name``, with advice; None if it may."""
        if name in READ_BY_US:
            fault = f"the variable {name} has another purpose, and cannot be used here"
            return UnplacedProblem(fault, "put the value into another variable")
        if _OURS.fullmatch(name) or name in self.variables:
            return None
        return UnplacedProblem(
            f"this file must not read the variable {name}",
            (
                f"name it HUBSPOT_… or RECONCILER_…, or set {ALLOW_VARIABLES}={name} in the job "
                "that runs reconciler"
            ),
        )

    def allows_portal_at(self, host: str) -> bool:
        """Return whether a token may be sent to ``host``."""
        return is_hubspots(host) or is_loopback(host) or host.lower() in self.hosts

    def allows_state_at(self, host: str) -> bool:
        """Return whether state may be kept at ``host``, which would receive the password of the database."""
        return is_loopback(host) or host.lower() in self.hosts


def permits_of(environ: Mapping[str, str]) -> Permits:
    """Read the permissions of the job.

    Raises:
        UsageError: an entry is not a host, or not the name of a variable.
    """
    hosts = [host.lower().strip("[]") for host in _listed(environ, ALLOW_HOSTS)]
    for host in hosts:
        if not (is_host_name(host) or (":" in host and address_of(host) is not None)):
            raise UsageError(
                f"{ALLOW_HOSTS} contains something that is not a host\n"
                "    write only names, such as proxy.acme.example, separated by commas: no "
                "https://, no port, no *"
            )
    variables = _listed(environ, ALLOW_VARIABLES)
    if not all(map(_NAME.fullmatch, variables)):
        raise UsageError(
            f"{ALLOW_VARIABLES} contains something that is not the name of a variable\n"
            "    write only names, such as CRM_TOKEN, separated by commas: no $, no *"
        )
    return Permits(frozenset(hosts), frozenset(variables))


def is_hubspots(host: str) -> bool:
    """Return whether ``host`` belongs to HubSpot."""
    name = host.lower()
    return name == "api.hubspot.com" or name.endswith(".hubapi.com")


def _listed(environ: Mapping[str, str], variable: str) -> tuple[str, ...]:
    return tuple(filter(None, _SEPARATORS.split(environ.get(variable, ""))))
