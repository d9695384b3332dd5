"""One portal of a project: each command of the product is a method that returns values and prints nothing.

The methods are in modules beside this one: planning, applying, drift, importing and others.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.model.object_references import ObjectProperty
from reconciler.model.progress import Progress, ignore_progress
from reconciler.model.runs import RunDetail, RunSummary
from reconciler.project.environment_apply import ApplyingEnvironment
from reconciler.project.environment_copy import CopyingEnvironment
from reconciler.project.environment_drift import DriftingEnvironment
from reconciler.project.environment_emulator import EnvironmentEmulator
from reconciler.project.environment_import import ImportingEnvironment
from reconciler.project.environment_rehearse import RehearsingEnvironment
from reconciler.project.environment_state import EnvironmentState
from reconciler.project.files import check_writable
from reconciler.project.session import open_session

if TYPE_CHECKING:
    from reconciler.model.explanation import Explanation
    from reconciler.model.observations import Verification


class Environment(
    ApplyingEnvironment, RehearsingEnvironment, CopyingEnvironment, DriftingEnvironment, ImportingEnvironment
):
    """One portal of a project, with its manifests and its state.

    Portal and state are opened for each call and closed afterwards. An environment can be pickled: another
    process opens the project by folder and name and reads its own environment variables, so no token is
    transferred. Every method may raise a ``ReconcilerError``.
    """

    @property
    def state(self) -> EnvironmentState:
        """Access to the state of this environment, for listing owned things and for correcting the state."""
        return EnvironmentState(self.session)

    @property
    def emulator(self) -> EnvironmentEmulator:
        """The embedded portal of this environment."""
        return EnvironmentEmulator(self.session)

    def verify_emulator(
        self,
        portal_id: int,
        *,
        observations: str | Path | None = None,
        progress: Progress = ignore_progress,
    ) -> "Verification":
        """Find out with this portal, a test account, where HubSpot differs from the emulator's assumptions.

        Records, properties and a pipeline are created and removed; their names begin with
        ``reconciler_probe``. Things that an interrupted call has left are removed first.

        Args:
            portal_id: the id of the portal, as consent to creating things in it.
            observations: a file to write observations to, which contains nothing of the portal.
            progress: called with two numbers: answered questions, and all questions.

        Raises:
            UsageError: ``portal_id`` is not this portal, or this is not a test account; the environment is
                protected; another process probes the portal now; or something cannot be removed.
            HubSpotError: the portal does not answer.
        """
        from reconciler.project.observations_file import write_observations  # noqa: PLC0415 - as below
        from reconciler.project.verify_emulator import verify_emulator  # noqa: PLC0415 - few ask questions

        file = None if observations is None else Path(observations)
        if file is not None:
            check_writable(file)
        verification = verify_emulator(self.session, portal_id, progress)
        if file is not None:
            write_observations(file, verification)
        return verification

    def explain(self, address: str) -> "Explanation":
        """Explain one record, definition or value: manifest lines, state, live value, next action.

        Raises:
            UsageError: nothing exists at ``address``.
            ManifestError: the manifests are wrong.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import explain_address  # noqa: PLC0415 - most commands explain nothing

        return explain_address.explain_address(self.session, address)

    def runs(self) -> tuple[RunSummary, ...]:
        """List past runs, newest first.

        Raises:
            StateError: the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return tuple(store.run_summaries())

    def run(self, run: str = "last") -> RunDetail:
        """Return a past run with its changes; ``run`` is the beginning of its id, or ``last``.

        Raises:
            StateError: there is no such run, or the state cannot be read.
        """
        with self.session.state(to_write=False) as store:
            return store.run(store.find_run(run))

    def json_schema(self, *, objects: Iterable[str] = ()) -> dict[str, Any]:
        """Read the portal; return a JSON schema (draft-07) of manifests with the portal's definitions.

        Args:
            objects: object types; none means those that the manifests name.

        Raises:
            UsageError: no manifest names an object type, or the token belongs to another portal.
            ManifestError: the portal lacks one of the types.
            HubSpotError: the portal cannot be read.
        """
        from reconciler.project.json_schemas import live_schema  # noqa: PLC0415 - as in ``find_keys``

        return live_schema(self.session, objects)

    def masked_run(self, detail: RunDetail) -> RunDetail:
        """Return ``detail`` with further masked properties: those that the settings mask now."""
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
