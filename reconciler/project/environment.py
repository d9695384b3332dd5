"""One portal of a project: each command of the product as a method that returns values and prints nothing."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.errors import Problem, UsageError
from reconciler.model.object_references import ObjectProperty
from reconciler.model.runs import RunDetail, RunSummary
from reconciler.model.selection import Selection
from reconciler.plan.plan import Guard
from reconciler.project import make_plan, plan_rollback, refusals, verify
from reconciler.project.environment_emulator import EnvironmentEmulator
from reconciler.project.environment_state import EnvironmentState
from reconciler.project.notices import Progress, ignore_progress
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest, globs_of
from reconciler.project.results import ApplyResult, Validation
from reconciler.project.session import Session, open_session
from reconciler.source import SourceRef

if TYPE_CHECKING:
    from reconciler.model.acceptance import Acceptance
    from reconciler.model.drift import DriftFound
    from reconciler.model.explanation import Explanation
    from reconciler.model.imports import ImportResult, ImportTarget, UnnamedRecords
    from reconciler.model.keys import KeysFound
    from reconciler.project.import_records import ConfirmKeys

Confirm: TypeAlias = Callable[[Plan], bool]
"""Gets a plan and returns whether to apply it."""

StaleChoice: TypeAlias = OnStale | Literal["skip", "fail", "overwrite"]
"""Choices for records that changed in HubSpot since the plan was made."""


class Environment:
    """One portal of a project, with its manifests and its state.

    It opens portal and state for each call and closes them again. It can be pickled: another process opens
    the project by folder and name and reads its own environment variables, so no token is transferred. Every
    method may raise a ``ReconcilerError``.
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
        """The number of its HubSpot account."""
        return self.session.environment.portal_id

    @property
    def project_name(self) -> str | None:
        """The project's name in ``reconciler.yaml``; None if it has none."""
        return self.session.settings.name

    @property
    def is_protected(self) -> bool:
        """Whether it takes only plans that were read from a file."""
        return self.session.environment.is_protected

    @property
    def is_emulator(self) -> bool:
        """Whether its portal is the embedded emulator."""
        return self.session.environment.is_emulator

    @property
    def state(self) -> EnvironmentState:
        """Its state: what it owns, and corrections by hand."""
        return EnvironmentState(self.session)

    @property
    def emulator(self) -> EnvironmentEmulator:
        """Its embedded portal."""
        return EnvironmentEmulator(self.session)

    def where(self, ref: SourceRef) -> str:
        """Format a place in a manifest: the file relative to the working directory, and the line."""
        return self.session.where(ref)

    def seen(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems with their files relative to the working directory."""
        return self.session.seen(problems)

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
            masked_properties=plan.masked_properties,
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
        """Plan what apply would change, from manifests, portal and state. Changes nothing anywhere.

        Args:
            target: globs of addresses (``companies/*``, ``companies/acme#phone``); none: everything.
            exclude: globs of addresses to leave out.
            take: globs of values to write although ``drift: hold`` would leave them alone.
            recreate: globs of records to create again although they are gone.
            allow: guards to lift, with the allowed number: ``{"update": 412}``.
            reviewed: file of a reviewed plan: only its changes are planned.
            skip_invalid: leave out records with problems; ``summary.problems.left_out`` counts them.
            progress: called with the number of compared records, and of all records.

        Raises:
            ManifestError: the manifests are wrong, or name something that the portal does not have.
            UsageError: a glob matches nothing, a guard is unknown, or the token belongs to another portal.
            PlanRefused: the reviewed plan was altered, or is for another environment; or the state belongs to
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
        """Plan like ``plan``, for an existing request."""
        from reconciler.hubspot.answers import PortalAnswers  # noqa: PLC0415 - pydantic costs 0.1 s

        answers = PortalAnswers()
        return Plan(make_plan.make_plan(self.session, request, progress, answers), answers=answers)

    def check_takes_new_plans(self) -> None:
        """Check that this environment takes a plan that was not saved.

        Raises:
            PlanRefused: the environment is protected.
        """
        refusals.check_unprotected(self.session.environment)

    def check_appliable(self, plan: Plan) -> None:
        """Check that ``plan`` may be applied here.

        Raises:
            PlanRefused: it is for another environment, ran into a guard, was not completely reviewed, or was
                not read from a file although the environment is protected.
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
        """Apply ``plan``; without a plan, make one and ask ``confirm`` first.

        Passing a plan means consent to it. If ``confirm`` is given too, it is called anyway.

        Args:
            plan: plan to apply. A protected environment takes only a plan that was read from a file.
            confirm: gets the plan, unless it is empty, and returns whether to apply it.
            progress: called with the number of changes that have an outcome, and of all changes.
            on_stale: for records that changed in HubSpot since the plan was made: ``skip`` leaves them alone,
                ``fail`` stops, ``overwrite`` writes them anyway.
            fail_fast: stop at the first change that HubSpot rejects.
            parallelism: maximum number of parallel calls, 1 to 64.
            lock_timeout_s: seconds to wait for another run to end.
            report: a file for the report of the run, besides ``.reconciler/reports/``.
            should_stop: called before every call; if it returns True, only the calls under way are finished.
            rereads: read definitions and records again right before the writes, to find out whether they
                changed. Without it, a plan that this process has just made is applied to what planning read.
            verifies: ``plan_what_is_left`` will be called afterwards: the budget includes its calls, and the
                manifests must describe the plan.
            lists_applied: include the applied rows in the result.

        Raises:
            UsageError: there is neither a plan nor ``confirm``; ``confirm`` returned False; the plan has
                problems; or reports cannot be written.
            PlanRefused: see ``check_appliable``; or the state has changed, or too few calls are left.
            Locked: another run holds the lock.
            HubSpotError: nothing could be read or sent at all.
            StateError: state or lock was lost during the run; the next run settles the open calls.
        """
        with ExitStack() as stack:
            if plan is None:
                plan = stack.enter_context(self._plan_to_confirm(confirm, progress))
            self.check_appliable(plan)
            if confirm is not None and not plan.is_empty and not confirm(plan):
                raise UsageError("declined: nothing was applied")
            if verifies and not plan.is_empty:
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
            report = Path(report) if report is not None else None
            return self._carry_out(plan, options, lock_timeout_s, report, lists_applied=lists_applied)

    def _carry_out(
        self,
        plan: Plan,
        options: ApplyOptions,
        lock_timeout_s: float,
        report: Path | None,
        *,
        lists_applied: bool,
    ) -> ApplyResult:
        from reconciler.project import apply_plan  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        if plan.is_empty:
            apply_plan.settle(self.session, lock_timeout_s)
            return ApplyResult(None)
        done = apply_plan.carry_out(
            self.session,
            plan.value,
            options,
            lock_timeout_s=lock_timeout_s,
            report=report,
            lists_applied=lists_applied,
            answers=None if options.rereads_before_write else plan.answers,
        )
        return ApplyResult(done.run, done.stopped_by, done.is_interrupted)

    def _plan_to_confirm(self, confirm: Confirm | None, progress: Progress) -> Plan:
        """Make a plan if there is a ``confirm`` to ask."""
        self.check_takes_new_plans()
        if confirm is None:
            raise UsageError(
                "apply() without a plan needs somebody who confirms its plan: nothing was applied\n"
                "    give apply() a plan, or confirm= to be asked"
            )
        return self.plan(progress=progress)

    def plan_what_is_left(
        self, plan: Plan, *, take: Iterable[str] = (), progress: Progress = ignore_progress
    ) -> Plan:
        """Plan again after ``plan`` was applied, and return what apply would still write of it.

        Args:
            plan: the applied plan.
            take: ``take`` of that plan.
            progress: called with the number of compared records, and of all records.
        """
        return Plan(verify.plan_what_is_left(self.session, plan.value, tuple(take), progress))

    def drift(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        progress: Progress = ignore_progress,
    ) -> "DriftFound":
        """Compare the portal with the last applied values. Changes nothing anywhere; reads no manifest.

        Args:
            target: globs of addresses; none: everything that is owned.
            exclude: globs of addresses to leave out.
            progress: called with the number of compared records, and of all records.

        Raises:
            UsageError: there is no state, or a glob matches nothing that is owned.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import find_drift  # noqa: PLC0415 - it loads what edits manifests

        selection = Selection(globs_of(target), globs_of(exclude))
        return find_drift.look_for_drift(self.session, selection, progress)

    def accept_drift(
        self,
        addresses: Iterable[str],
        *,
        shows_sensitive: bool = False,
        progress: Progress = ignore_progress,
    ) -> "Acceptance":
        """Write what people changed in HubSpot into the manifests. Comments and order stay.

        Args:
            addresses: globs of drifted records or properties.
            shows_sensitive: also write values of properties that HubSpot marks as sensitive.
            progress: called with the number of compared records, and of all records.

        Raises:
            UsageError: an address matches no drift; then nothing is written.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import find_drift  # noqa: PLC0415 - as above

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
        """Plan the rollback of a run; ``apply`` carries it out. Changes nothing anywhere.

        Args:
            run: the beginning of its id, or ``last``.
            target: globs of addresses; none: everything that the run changed.
            exclude: globs of addresses to leave out.
            allow: guards to lift, with the allowed number.
            progress: called with the number of compared records, and of all records.

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

    def explain(self, address: str) -> "Explanation":
        """Explain one record or property: manifest lines, state, live value, next action.

        Raises:
            UsageError: nothing exists at ``address``.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import explain_address  # noqa: PLC0415 - most commands explain nothing

        return explain_address.explain_address(self.session, address)

    def find_keys(
        self, object_type: str, *, properties: Iterable[str] = (), progress: Progress = ignore_progress
    ) -> "KeysFound":
        """Find the properties that can recognise the records of a type. Changes nothing anywhere.

        All live records of the type are read, to count how many have a value, and how many share it.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            properties: properties to count besides the unique ones.
            progress: called with the number of records read, and about how many there are.

        Raises:
            UsageError: the portal has no such type or property.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.reconcile.find_keys import find_keys  # noqa: PLC0415 - most commands need no keys

        with self.session.reader() as reader:
            return find_keys(reader, self.portal_id, object_type, tuple(properties), progress)

    def import_records(
        self,
        object_type: str,
        *,
        key: str | None = None,
        properties: Iterable[str] = (),
        custom: bool = False,
        personal: bool = False,
        enforce: Iterable[str] = (),
        filters: Iterable[str] = (),
        in_list: str | None = None,
        ids: Iterable[str] | None = None,
        limit: int | None = None,
        associations: Iterable[str] = (),
        factor: bool = False,
        out: str | Path | None = None,
        target: "ImportTarget | Literal['new', 'add', 'replace']" = "new",
        restart: bool = False,
        confirm: "ConfirmKeys | None" = None,
        progress: Progress = ignore_progress,
    ) -> "ImportResult":
        """Write live records as manifests. The portal is only read, and the state stays as it is.

        Without ``properties`` and ``custom``, the properties that have a value in one of the records are
        taken. What people and automation change all day is written with ``ownership: observe``. An import
        that was interrupted goes on when it is called again.

        Args:
            object_type: path name (``companies``), type number (``0-2``) or name of a custom object.
            key: the property that recognises records; None: that of the manifests, or the only usable one.
            properties: properties to take, personal or not.
            custom: take the properties that were made in this portal.
            personal: take personal properties too, and write keys that are personal data.
            enforce: properties to enforce although people and automation change them all day.
            filters: ``PROPERTY=VALUE``, ``PROPERTY!=VALUE``, ``PROPERTY`` or ``!PROPERTY``; all must hold.
            in_list: name or id of a list in HubSpot: only its members.
            ids: record ids: only these records.
            limit: maximum number of records.
            associations: object types: associations with their records are written, too.
            factor: move what all records share to ``all:``.
            out: file to write, from the working directory; its ending says the form.
            target: ``new``: the file must not exist; ``add``: put records that no manifest names into it;
                ``replace``: write it anew, and keep a copy in ``.reconciler/replaced/``.
            restart: read everything again, even if an earlier import was interrupted.
            confirm: gets the number of personal keys, and returns whether to write them.
            progress: called with the number of records read, and about how many there are.

        Raises:
            UsageError: the arguments do not fit the portal or the project; nothing was written.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.model.imports import Choice, ImportRequest, ImportTarget, Scope  # noqa: PLC0415 - see below
        from reconciler.project import import_records as verb  # noqa: PLC0415 - most commands import nothing

        named = tuple(properties)
        if named and custom:
            raise UsageError("properties are named one by one, or chosen: say one of them")
        scope = Scope(
            object=object_type,
            filters=tuple(filters),
            list=in_list,
            ids=None if ids is None else tuple(ids),
            limit=limit,
        )
        request = ImportRequest(
            scope=scope,
            key=key,
            choice=Choice.NAMED if named else Choice.CUSTOM if custom else Choice.USED,
            properties=named,
            takes_personal=personal,
            enforce=tuple(enforce),
            associations=tuple(associations),
            factors=factor,
            restarts=restart,
        )
        place = verb.Destination(ImportTarget(target), Path(out) if out is not None else None)
        return verb.import_records(self.session, request, place, confirm, progress)

    def unnamed_records(
        self,
        object_type: str,
        *,
        filters: Iterable[str] = (),
        in_list: str | None = None,
        ids: Iterable[str] | None = None,
        limit: int | None = None,
        progress: Progress = ignore_progress,
    ) -> "UnnamedRecords":
        """Find the live records of a type that no manifest names. Changes nothing anywhere.

        The arguments are those of ``import_records``, but ``limit``: at most so many records are described.

        Raises:
            UsageError: the arguments do not fit the portal, or nothing says how records are recognised.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.model.imports import Scope  # noqa: PLC0415 - as above
        from reconciler.project import unnamed_records as verb  # noqa: PLC0415 - as above

        wanted = None if ids is None else tuple(ids)
        scope = Scope(object_type, tuple(filters), in_list, wanted)
        return verb.unnamed_records(self.session, scope, limit, progress)

    def runs(self) -> tuple[RunSummary, ...]:
        """List past runs, newest first.

        Raises:
            StateError: the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return tuple(store.run_summaries())

    def run(self, run: str = "last") -> RunDetail:
        """Return a past run with its rows; ``run`` is the beginning of its id, or ``last``.

        Raises:
            StateError: there is no such run, or the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return store.run(store.find_run(run))

    def masked_run(self, detail: RunDetail) -> RunDetail:
        """Return a run whose masked properties include those that the settings name now."""
        shown = {
            ObjectProperty(row.key.object, name)
            for row in detail.rows
            for name in (row.key.by, *row.before, *row.after)
        }
        masked = self.session.settings.masks.named(shown).union(detail.header.masked_properties)
        return replace(detail, header=replace(detail.header, masked_properties=tuple(sorted(masked))))

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
