"""The list of checks, in an order in which later checks use results of earlier ones."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from reconciler.model.diagnosis import CheckResult, Diagnosis
from reconciler.project.doctor.check_keys import check_keys
from reconciler.project.doctor.check_portal import (
    check_account,
    check_api,
    check_calls,
    check_clock,
    check_network,
    check_scopes,
    check_token,
)
from reconciler.project.doctor.check_project import (
    check_git,
    check_manifests,
    check_project,
    check_variables,
    check_version,
)
from reconciler.project.doctor.check_state import check_state
from reconciler.project.doctor.examined import DoctorRequest, Examined, examining

Check: TypeAlias = Callable[[Examined], Iterator[CheckResult]]

CHECKS: tuple[Check, ...] = (
    check_version,
    check_project,
    check_manifests,
    check_variables,
    check_network,
    check_token,
    check_account,
    check_scopes,
    check_calls,
    check_api,
    check_keys,
    check_state,
    check_git,
    check_clock,
)


def diagnose(
    request: DoctorRequest,
    environ: Mapping[str, str],
    tell: Callable[[CheckResult], None] = lambda _result: None,
) -> Diagnosis:
    """Make all checks. Call ``tell`` with each result as soon as it is known. Nothing is changed anywhere."""
    results: list[CheckResult] = []
    with examining(request, environ) as examined:
        for check in CHECKS:
            for result in check(examined):
                results.append(result)
                tell(result)
    return Diagnosis(tuple(results))
