"""One portal of a project: every verb of the product as a method that returns values and prints nothing."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, TypeAlias

from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.errors import UsageError
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.runs import RunDetail, RunSummary
from reconciler.model.selection import Selection
from reconciler.plan.plan import Guard
from reconciler.project import explain_address, find_drift, make_plan, plan_rollback, refusals, verify
from reconciler.project.notices import Progress, ignore_progress
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest, globs_of
from reconciler.project.results import ApplyResult, Validation
from reconciler.project.session import Session, open_session

Confirm: TypeAlias = Callable[[Plan], bool]
"""Is shown a plan and says whether to apply it."""

StaleChoice: TypeAlias = OnStale | Literal["skip", "fail", "overwrite"]
"""What to do with records that changed in HubSpot since the plan was made."""


class Environment:
    """One portal of a project, with its manifests and its state.

    It opens portal and state for the time of a call and closes them again. It can be pickled: another process
    opens the project by folder and name again and reads its own environment variables, so no token travels.
    Every method may raise a ``ReconcilerError``.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        """Manifests, portal and state, for code of this package."""

    @property
    def name(self) -> str:
        """Its name in ``reconciler.yaml``."""
        return self.session.environment.name

    @property
    def portal_id(self) -> int:
        """The HubSpot account that it stands for."""
        return self.session.environment.portal_id

    @property
    def is_protected(self) -> bool:
        """Whether it takes a plan only that was read from a file."""
        return self.session.environment.is_protected

    @property
    def is_emulator(self) -> bool:
        """Whether its portal is the embedded emulator."""
        return self.session.environment.is_emulator

    def validate(self, *, online: bool = False, progress: Progress = ignore_progress) -> Validation:
        """Check the manifests; ``online``: against the portal, too. Changes nothing anywhere.

        Raises:
            ManifestError: the manifests cannot be used.
            HubSpotError: the portal cannot be read.
        """
        if not online:
            desired = self.session.load_manifests()
            problems = self.session.seen(desired.problems)
            return Validation(desired.record_count, len(desired.files.names), problems)
        plan = make_plan.make_plan(self.session, PlanRequest(), progress)
        return Validation(
            records=plan.manifests.records,
            files=plan.manifests.files,
            problems=self.session.seen(plan.problems),
            portal_id=plan.portal_id,
            masked_properties=plan.personal,
            is_sound=plan.is_sound,
        )

    def plan(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        take: Iterable[str] = (),
        recreate: Iterable[str] = (),
        allow: Mapping[str, int] | None = None,
        reviewed: str | Path | None = None,
        skip_invalid: bool = False,
        progress: Progress = ignore_progress,
    ) -> Plan:
        """Read manifests, portal and state, and say what apply would change. Changes nothing anywhere.

        Args:
            target: globs of addresses (``companies/*``, ``companies/acme#phone``); none: everything.
            exclude: globs of what is left out.
            take: globs of what is written although ``drift: hold`` would leave it.
            recreate: globs of records that are created again although they are gone.
            allow: guards that are lifted, and to which number: ``{"update": 412}``.
            reviewed: the file of a plan that was reviewed: what it does not have is left out of this one.
            skip_invalid: leave out records with problems; ``Plan.leaves_out`` says whether any were.
            progress: takes how many records were compared, and of how many.

        Raises:
            ManifestError: the manifests are wrong, or name what the portal does not have.
            UsageError: a glob matches nothing, there is no such guard, or the token is of another portal.
            PlanRefused: the reviewed plan was altered, or is of another environment; or the state is that of
                another project.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        request = PlanRequest(
            skip_invalid=skip_invalid,
            target=tuple(target),
            exclude=tuple(exclude),
            take=tuple(take),
            recreate=tuple(recreate),
            allow=_allowances(allow or {}),
            reviewed=Path(reviewed) if reviewed is not None else None,
        )
        return self.plan_for(request, progress=progress)

    def plan_for(self, request: PlanRequest, *, progress: Progress = ignore_progress) -> Plan:
        """Plan as ``plan`` does, for a request that was put together elsewhere."""
        return Plan(make_plan.make_plan(self.session, request, progress))

    def check_takes_new_plans(self) -> None:
        """Insist that a plan can be applied here that nobody saved.

        Raises:
            PlanRefused: the environment is protected.
        """
        refusals.check_unprotected(self.session.environment)

    def check_appliable(self, plan: Plan) -> None:
        """Insist that ``plan`` may be applied here.

        Raises:
            PlanRefused: it is of another environment, ran into a guard, was not reviewed as a whole, or was
                not read from a file and the environment is protected.
            UsageError: it has problems.
        """
        refusals.check_environment(plan.value, self.session.environment)
        if plan.file is None:
            self.check_takes_new_plans()
            refusals.check_reviewed(plan.value)
        refusals.check_appliable(plan.value)

    def apply(
        self,
        plan: Plan | None = None,
        *,
        confirm: Confirm | None = None,
        progress: Progress = ignore_progress,
        on_stale: StaleChoice = OnStale.SKIP,
        fail_fast: bool = False,
        parallelism: int = 16,
        lock_timeout_s: float = 0.0,
        report: str | Path | None = None,
        should_stop: Callable[[], bool] | None = None,
        rereads: bool = True,
        verifies: bool = False,
        lists_applied: bool = False,
    ) -> ApplyResult:
        """Carry out ``plan``; without one, plan and ask ``confirm`` first.

        To hand in a plan is to consent to it. Where ``confirm`` is given, too, it is asked all the same.

        Args:
            plan: what to do. A protected environment takes a plan only that was read from a file.
            confirm: is shown the plan, unless it is empty, and says whether to apply it.
            progress: takes how many changes have an outcome, and of how many.
            on_stale: ``skip`` leaves records that changed in HubSpot since the plan was made, ``fail`` stops
                at them, ``overwrite`` writes them all the same.
            fail_fast: stop at the first change that HubSpot rejects.
            parallelism: calls in flight at the most, 1 to 64.
            lock_timeout_s: seconds to wait for another run to end.
            report: a file that gets the report of the run, besides ``.reconciler/reports/``.
            should_stop: asked before every call; where it says so, calls in flight are finished.
            rereads: read records again right before they are written, to find out whether they changed.
            verifies: ``plan_what_is_left`` will be called afterwards: its calls are counted in, and the
                manifests must be able to tell.
            lists_applied: the rows that were applied are in the result, too.

        Raises:
            UsageError: there is neither a plan nor ``confirm``; or ``confirm`` said no; or the plan has
                problems, or reports cannot be written.
            PlanRefused: see ``check_appliable``; or the state is another one, or too few calls are left.
            Locked: another run holds the lock.
            HubSpotError: nothing could be read or sent at all.
            StateError: state or lock was lost on the way; the next run settles what was in flight.
        """
        with ExitStack() as stack:
            if plan is None:
                plan = stack.enter_context(self._plan_to_confirm(confirm, progress))
            self.check_appliable(plan)
            if confirm is not None and not plan.is_empty and not confirm(plan):
                raise UsageError("declined: nothing was applied")
            from reconciler.project import apply_plan  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

            if plan.is_empty:
                apply_plan.settle(self.session, lock_timeout_s)
                return ApplyResult(None)
            if verifies:
                verify.check_verifiable(self.session, plan.value)
            options = ApplyOptions(
                parallelism=parallelism,
                rereads_before_write=rereads,
                on_stale=OnStale(on_stale),
                fail_fast=fail_fast,
                calls_afterwards=plan.header.budget.read_calls if verifies else 0,
                should_stop=should_stop or (lambda: False),
                progress=progress,
            )
            done = apply_plan.carry_out(
                self.session,
                plan.value,
                options,
                lock_timeout_s=lock_timeout_s,
                report=Path(report) if report is not None else None,
                lists_applied=lists_applied,
            )
        return ApplyResult(done.run, done.stopped_by, done.is_interrupted)

    def _plan_to_confirm(self, confirm: Confirm | None, progress: Progress) -> Plan:
        """Plan, where there is somebody to ask whether to apply it."""
        self.check_takes_new_plans()
        if confirm is None:
            raise UsageError(
                "nobody is asked whether to apply a plan that is not made yet: nothing was applied\n"
                "    give apply() a plan, or confirm= to be asked"
            )
        return self.plan(progress=progress)

    def plan_what_is_left(
        self, plan: Plan, *, take: Iterable[str] = (), progress: Progress = ignore_progress
    ) -> Plan:
        """Plan again after ``plan`` was applied, and keep what apply would still write of it.

        Args:
            plan: that was applied.
            take: as the plan was made with.
            progress: takes how many records were compared, and of how many.
        """
        return Plan(verify.plan_what_is_left(self.session, plan.value, tuple(take), progress))

    def drift(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        progress: Progress = ignore_progress,
    ) -> DriftFound:
        """Compare the portal with what was last applied. Changes nothing anywhere; reads no manifest.

        Args:
            target: globs of addresses; none: everything that is owned.
            exclude: globs of what is left out.
            progress: takes how many records were compared, and of how many.

        Raises:
            UsageError: there is no state, or a glob matches nothing that is owned.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        selection = Selection(globs_of(target), globs_of(exclude))
        return find_drift.look_for_drift(self.session, selection, progress)

    def accept_drift(
        self,
        addresses: Iterable[str],
        *,
        shows_sensitive: bool = False,
        progress: Progress = ignore_progress,
    ) -> Acceptance:
        """Write into the manifests what people changed in HubSpot. Comments and order are kept.

        Args:
            addresses: globs of records or properties that drifted.
            shows_sensitive: write values of properties, too, that HubSpot calls sensitive.
            progress: takes how many records were compared, and of how many.

        Raises:
            UsageError: an address means nothing that drifted: nothing is written then.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        globs = globs_of(addresses)
        return find_drift.accept_drift(
            self.session, globs, shows_sensitive=shows_sensitive, progress=progress
        )

    def rollback(
        self,
        run: str = "last",
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        allow: Mapping[str, int] | None = None,
        progress: Progress = ignore_progress,
    ) -> Plan:
        """Plan to take back what a run did; ``apply`` carries it out. Changes nothing anywhere.

        Args:
            run: the beginning of its id, or ``last``.
            target: globs of addresses; none: everything that the run changed.
            exclude: globs of what is left out.
            allow: guards that are lifted, and to which number.
            progress: takes how many records were compared, and of how many.

        Raises:
            UsageError: there is no state, the run is under way, or a glob matches nothing that it changed.
            StateError: there is no such run, or its values were erased.
            HubSpotError: the portal cannot be read.
        """
        request = PlanRequest(
            target=tuple(target),
            exclude=tuple(exclude),
            allow=_allowances(allow or {}),
        )
        return Plan(plan_rollback.plan_rollback(self.session, run, request, progress))

    def explain(self, address: str) -> Explanation:
        """Say all there is to know of one record or property: who says what, and what follows.

        Raises:
            UsageError: there is nothing at ``address``.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        return explain_address.explain_address(self.session, address)

    def runs(self) -> tuple[RunSummary, ...]:
        """List past runs, newest first.

        Raises:
            StateError: the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return tuple(store.run_summaries())

    def run(self, run: str = "last") -> RunDetail:
        """Show a past run row by row; ``run`` is the beginning of its id, or ``last``.

        Raises:
            StateError: there is no such run, or the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return store.run(store.find_run(run))

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.session.settings.project, self.name)

    def __repr__(self) -> str:
        return f"<Environment {self.name} (portal {self.portal_id})>"


def _reopen(project: Path, name: str) -> Environment:
    return Environment(open_session(project, name))


def _allowances(allow: Mapping[str, int]) -> tuple[tuple[Guard, int], ...]:
    for name in allow:
        if name not in set(Guard):
            raise UsageError(f"there is no guard {name!r}: they are {', '.join(Guard)}")
    return tuple((Guard(name), count) for name, count in allow.items())
