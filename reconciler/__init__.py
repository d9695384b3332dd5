"""HubSpot CRM records as code: functions to open a project, plan, apply, and look for drift."""

TYPE_CHECKING = False
"""False when the program runs; type checkers treat it as true. An import of ``typing`` would be slow."""

if TYPE_CHECKING:
    from reconciler.apply.options import OnStale
    from reconciler.errors import (
        HubSpotError,
        Locked,
        ManifestError,
        NoAnswer,
        NotAllowed,
        PlanRefused,
        Problem,
        ReconcilerError,
        Refusal,
        RequestRejected,
        Severity,
        StateError,
        Unavailable,
        UsageError,
    )
    from reconciler.model.acceptance import Acceptance
    from reconciler.model.diagnosis import CheckResult, CheckStatus, Diagnosis
    from reconciler.model.drift import (
        DriftedValue,
        DriftFound,
        DriftSummary,
        MissingOwnedRecord,
        RemovedAssociation,
    )
    from reconciler.model.explanation import Explanation
    from reconciler.model.format_result import FormatResult, FormattedFile
    from reconciler.model.imports import (
        DefinitionsImported,
        ImportResult,
        ImportTarget,
        LeftOutDefinition,
        PersonalKeys,
        Proof,
        UnnamedRecord,
        UnnamedRecords,
    )
    from reconciler.model.keys import KeyCandidate, KeysFound
    from reconciler.model.new_project import NeededScopes, NewProject
    from reconciler.model.observations import Comparison, Observation, Verification
    from reconciler.model.runs import RunDetail, RunSummary
    from reconciler.plan.change import Change
    from reconciler.plan.plan import Held
    from reconciler.plan.rehearsal import Rehearsal
    from reconciler.plan.summary import PlanSummary
    from reconciler.project.environment import Environment
    from reconciler.project.notices import Notice
    from reconciler.project.plan import Plan, PlanHeader
    from reconciler.project.project import Project
    from reconciler.project.results import ApplyResult, Validation
    from reconciler.project.run_many import WorkResult, run_many
    from reconciler.source import SourceRef

__version__ = "0.2.0"

_MODULES = {
    "Acceptance": "reconciler.model.acceptance",
    "ApplyResult": "reconciler.project.results",
    "Change": "reconciler.plan.change",
    "CheckResult": "reconciler.model.diagnosis",
    "CheckStatus": "reconciler.model.diagnosis",
    "Comparison": "reconciler.model.observations",
    "DefinitionsImported": "reconciler.model.imports",
    "Diagnosis": "reconciler.model.diagnosis",
    "DriftFound": "reconciler.model.drift",
    "DriftSummary": "reconciler.model.drift",
    "DriftedValue": "reconciler.model.drift",
    "Environment": "reconciler.project.environment",
    "Explanation": "reconciler.model.explanation",
    "FormatResult": "reconciler.model.format_result",
    "FormattedFile": "reconciler.model.format_result",
    "Held": "reconciler.plan.plan",
    "HubSpotError": "reconciler.errors",
    "ImportResult": "reconciler.model.imports",
    "ImportTarget": "reconciler.model.imports",
    "KeyCandidate": "reconciler.model.keys",
    "KeysFound": "reconciler.model.keys",
    "LeftOutDefinition": "reconciler.model.imports",
    "Locked": "reconciler.errors",
    "ManifestError": "reconciler.errors",
    "MissingOwnedRecord": "reconciler.model.drift",
    "NeededScopes": "reconciler.model.new_project",
    "NewProject": "reconciler.model.new_project",
    "NoAnswer": "reconciler.errors",
    "NotAllowed": "reconciler.errors",
    "Notice": "reconciler.project.notices",
    "Observation": "reconciler.model.observations",
    "OnStale": "reconciler.apply.options",
    "PersonalKeys": "reconciler.model.imports",
    "Plan": "reconciler.project.plan",
    "PlanHeader": "reconciler.project.plan",
    "PlanRefused": "reconciler.errors",
    "PlanSummary": "reconciler.plan.summary",
    "Problem": "reconciler.errors",
    "Project": "reconciler.project.project",
    "Proof": "reconciler.model.imports",
    "ReconcilerError": "reconciler.errors",
    "Refusal": "reconciler.errors",
    "Rehearsal": "reconciler.plan.rehearsal",
    "RemovedAssociation": "reconciler.model.drift",
    "RequestRejected": "reconciler.errors",
    "RunDetail": "reconciler.model.runs",
    "RunSummary": "reconciler.model.runs",
    "Severity": "reconciler.errors",
    "SourceRef": "reconciler.source",
    "StateError": "reconciler.errors",
    "Unavailable": "reconciler.errors",
    "UnnamedRecord": "reconciler.model.imports",
    "UnnamedRecords": "reconciler.model.imports",
    "UsageError": "reconciler.errors",
    "Validation": "reconciler.project.results",
    "Verification": "reconciler.model.observations",
    "WorkResult": "reconciler.project.run_many",
    "run_many": "reconciler.project.run_many",
}
"""Public names and their modules. Each module is imported at first use: SQLAlchemy and httpx take 0.3 s."""

__all__ = [
    "Acceptance",
    "ApplyResult",
    "Change",
    "CheckResult",
    "CheckStatus",
    "Comparison",
    "DefinitionsImported",
    "Diagnosis",
    "DriftFound",
    "DriftSummary",
    "DriftedValue",
    "Environment",
    "Explanation",
    "FormatResult",
    "FormattedFile",
    "Held",
    "HubSpotError",
    "ImportResult",
    "ImportTarget",
    "KeyCandidate",
    "KeysFound",
    "LeftOutDefinition",
    "Locked",
    "ManifestError",
    "MissingOwnedRecord",
    "NeededScopes",
    "NewProject",
    "NoAnswer",
    "NotAllowed",
    "Notice",
    "Observation",
    "OnStale",
    "PersonalKeys",
    "Plan",
    "PlanHeader",
    "PlanRefused",
    "PlanSummary",
    "Problem",
    "Project",
    "Proof",
    "ReconcilerError",
    "Refusal",
    "Rehearsal",
    "RemovedAssociation",
    "RequestRejected",
    "RunDetail",
    "RunSummary",
    "Severity",
    "SourceRef",
    "StateError",
    "Unavailable",
    "UnnamedRecord",
    "UnnamedRecords",
    "UsageError",
    "Validation",
    "Verification",
    "WorkResult",
    "__version__",
    "run_many",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - completion needs no name

    return getattr(import_module(_MODULES[name]), name)
