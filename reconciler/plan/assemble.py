"""Assembling a plan from the findings about records, associations and definitions. Pure.

Changes of equal rank (see ``rank_of``) are sorted by object type, key property and key (by code point), and
by the other record of an association. The order of files, records and answers never matters.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler import __version__
from reconciler.errors import Problem, ReconcilerError, Severity
from reconciler.model.addresses import is_definition_address, split_address
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired_records import PruneRule
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.plan.budget import NOTHING_UNSETTLED, Spent, Unsettled, budget_of, calls_to_open
from reconciler.plan.change import Change
from reconciler.plan.consistency import unsound
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.order import turns_of_definitions
from reconciler.plan.file.sequences import SpooledChanges, sort_key
from reconciler.plan.findings import Findings
from reconciler.plan.names import Naming, ShownThings, shown_things
from reconciler.plan.plan import Budget, ManifestInfo, Plan, Review
from reconciler.plan.records.conflicts import UniqueValues
from reconciler.plan.records.unique_values import turns_of
from reconciler.plan.review import keep_reviewed
from reconciler.plan.stages import Stage, rank_of, stages_of


@dataclass(frozen=True, slots=True)
class PlanBasis:
    """Facts that ``assemble`` needs in addition to the findings of planning."""

    portal: PortalSchema
    state: StateVersion
    manifests: ManifestInfo
    spent: Spent  # the calls that reading took
    # changes of earlier runs whose outcome is unknown; apply finds out their outcomes before it writes
    unsettled: Unsettled = NOTHING_UNSETTLED
    prune_rules: tuple[PruneRule, ...] = ()  # the prune rules that are not in state yet
    rolls_back: str | None = None  # the run that is rolled back
    unique_values: UniqueValues = field(default_factory=UniqueValues)
    # the things that the plan shows, and the names of owners; None: ``assemble`` collects the things, and
    # knows no names of owners
    naming: Naming | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The changes of a plan in order, and what comparing them with a reviewed plan found."""

    changes: SpooledChanges
    stages: tuple[Stage, ...]
    prune_rules: tuple[PruneRule, ...]
    problems: tuple[Problem, ...] = ()
    review: Review | None = None


def assemble(findings: Findings, basis: PlanBasis, context: PlanContext) -> Plan:
    """Make the plan: put the changes in order, count their calls, and check the guards.

    If there is a reviewed plan, only changes that it contains are kept.
    """
    if why := unsound(findings.changes, findings.held):
        raise ReconcilerError(f"{why}: this is a bug, please report it\n    nothing was planned")
    kept = _reviewed(_in_order(findings, basis), findings, basis, context)
    problems = (*findings.problems, *kept.problems)
    budget = _budget(kept, findings, basis, context)
    bases = tuple(findings.populations[name].base(name) for name in sorted(findings.populations))
    account = basis.portal.account
    naming = basis.naming or Naming(shown_things(findings.changes, findings.held, basis.portal.objects))
    return Plan(
        tool_version=__version__,
        created_at=context.created_at,
        environment=context.environment,
        host=context.host,
        portal_id=account.portal_id,
        portal_type=account.type,
        api_version=basis.portal.api_version,
        state=basis.state,
        manifests=basis.manifests,
        changes=kept.changes,
        stages=kept.stages,
        held=tuple(sorted(findings.held, key=lambda held: (held.key, held.what or ""))),
        problems=tuple(sorted(map(partial(_weighed, context), problems), key=_by_place)),
        no_op=findings.no_op,
        budget=budget,
        refusals=context.guards.check(kept.changes, bases, budget),
        bases=bases,
        allowances=tuple(sorted(context.guards.allowances.items())),
        write_scopes=tuple(sorted(kept.changes.write_scopes)),
        prune_rules=kept.prune_rules,
        targets=tuple(glob.text for glob in context.selection.target),
        excludes=tuple(glob.text for glob in context.selection.exclude),
        masked_properties=_masked_properties(naming.shown, findings, context),
        names=naming.names(account.pages if context.has_pages else None),
        review=kept.review,
        rolls_back=basis.rolls_back,
        keeps_state=findings.keeps_state,
    )


def _in_order(findings: Findings, basis: PlanBasis) -> _Kept:
    turns = _turns(findings.changes, basis)

    def place(number: int, change: Change) -> bytes:
        return sort_key(*rank_of(change, turns.get(number, 0)), *change.address.sort_parts)

    changes = findings.changes.in_order(findings.workspace, place)
    return _Kept(changes, _stages(changes, basis), basis.prune_rules)


def _stages(changes: SpooledChanges, basis: PlanBasis) -> tuple[Stage, ...]:
    return stages_of(changes.verbs(), _turns(changes, basis))


def _turns(changes: SpooledChanges, basis: PlanBasis) -> Mapping[int, int]:
    return {**turns_of(changes, basis.portal.objects), **turns_of_definitions(changes)}


def _reviewed(kept: _Kept, findings: Findings, basis: PlanBasis, context: PlanContext) -> _Kept:
    """Keep only changes that the reviewed plan contains; without a reviewed plan, keep all."""
    if context.reviewed is None:
        return kept
    common = keep_reviewed(context.reviewed, kept.changes, kept.prune_rules, findings.workspace)
    sound = basis.unique_values.without_conflicts(common.changes, findings.workspace)
    stages = _stages(sound.changes, basis)
    return _Kept(sound.changes, stages, common.prune_rules, sound.problems, common.review)


def _budget(kept: _Kept, findings: Findings, basis: PlanBasis, context: PlanContext) -> Budget:
    """Count the calls of the apply step.

    If the apply step verifies its result, it plans again. This takes as many calls as this planning.
    """
    changes, objects, unsettled = kept.changes, basis.portal.objects, basis.unsettled
    opened = changes.objects | unsettled.objects
    is_opened = context.opens_portal and bool(changes or kept.prune_rules or unsettled.objects)
    opening_calls = calls_to_open(objects[name] for name in opened) if is_opened else 0
    again = basis.spent.calls if context.verifies and changes else 0
    budget = budget_of(
        changes,
        kept.stages,
        objects,
        basis.spent,
        looks_again_at=context.looks_again_at,
        opening_calls=opening_calls + unsettled.calls + again,
    )
    return replace(budget, missing_calls=findings.missing_calls)


def _masked_properties(
    shown: ShownThings, findings: Findings, context: PlanContext
) -> tuple[ObjectProperty, ...]:
    # The masked properties of left-out changes are needed, too, because a review shows left-out changes.
    masked = context.masks.masked_properties(
        shown.objects, {*shown.properties, *_properties_of(findings.problems)}
    )
    reviewed = context.reviewed.masked_properties if context.reviewed else ()
    return tuple(sorted({*masked, *reviewed}))


def _weighed(context: PlanContext, problem: Problem) -> Problem:
    """Reduce an error of one record to "left out" if the user asked to skip invalid records."""
    if context.skips_invalid and problem.address and problem.severity is Severity.ERROR:
        return replace(problem, severity=Severity.LEFT_OUT)
    return problem


def _by_place(problem: Problem) -> tuple[str, int, int, str, str]:
    source = problem.source
    if source is None:
        return ("", 0, 0, problem.address or "", problem.message)
    return (source.file, source.line, source.column, problem.address or "", problem.message)


def _properties_of(problems: Iterable[Problem]) -> Iterator[ObjectProperty]:
    """Return object type and property of each value that has a problem."""
    for problem in problems:
        if problem.address and not is_definition_address(problem.address):
            object_name, _, _, name = split_address(problem.address)
            if name:
                yield ObjectProperty(object_name, name)
