"""Copying the portal of an environment into an emulator."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reconciler.errors import UsageError
from reconciler.model.copies import Copied, CopyRequest, CopyResult
from reconciler.model.object_types import object_name
from reconciler.model.progress import Progress, ignore_progress
from reconciler.project.environment_session import OpenedEnvironment

if TYPE_CHECKING:
    from reconciler.project.session import Session


class CopyingEnvironment(OpenedEnvironment):
    """The part of an environment that copies its portal."""

    def copy(
        self,
        to: str = "local",
        *,
        records: Copied | Literal["named", "owned", "all", "sample"] = Copied.NAMED,
        sample: int = 0,
        objects: Iterable[str] = (),
        masked: bool = True,
        progress: Progress = ignore_progress,
    ) -> CopyResult:
        """Copy the portal into the emulator of environment ``to``; continue an interrupted copy.

        The portal is only read. ``to`` is added to ``reconciler.yaml`` if it is missing there. Records keep
        their ids. The copied state gets a new lineage, so a plan for one of the two portals cannot be applied
        to the other.

        Args:
            to: name of the environment, a copy of this one.
            records: which records to copy: ``named`` (by manifests), ``owned`` (named or owned), ``all``, or
                ``sample`` (named, and the first ``sample`` of each object type).
            sample: number of records for ``sample``.
            objects: object types; none means those that the manifests name.
            masked: replace personal values by pseudonyms, except values that the manifests contain.
            progress: called with the number of read records, and roughly how many there are.

        Raises:
            UsageError: ``to`` is not a copy of this one, another environment has a local portal of this id,
                or the copy cannot be stored.
            PlanRefused: fewer calls are left today than the copy needs.
            ManifestError: the manifests or settings are wrong.
            HubSpotError: the portal cannot be read.
            StateError: a state cannot be read or written.
        """
        from reconciler.project.copy_portal import copy_portal  # noqa: PLC0415 - as in ``find_keys``

        self._refuse_local(to)
        request = CopyRequest(Copied(records), sample, tuple(map(object_name, objects)), masked)
        target, written = self._target(to)
        return replace(copy_portal(self.session, target, request, progress), written=written)

    def _refuse_local(self, to: str) -> None:
        """Refuse to copy an emulator, or to overwrite the local portal of another environment.

        Raises:
            UsageError: one of these would happen.
        """
        here, emulators = self.session.environment, self.session.settings.emulators
        if here.copy_of:
            raise UsageError(f"environment {self.name} is a copy itself: copy {here.copy_of}")
        if self.is_emulator:
            raise UsageError(f"environment {self.name} is an emulator: only HubSpot portals can be copied")
        others = (name for name, portal_id in emulators.items() if portal_id == here.portal_id and name != to)
        taken = next(others, None)
        if taken is not None:
            raise UsageError(
                f"the emulator of environment {taken} already has the ID {here.portal_id}: "
                "nothing was copied\n"
                f"    if {taken} is a copy of {self.name}, copy with `-e {taken}`; "
                f"otherwise write another `portal_id` below `{taken}:`"
            )

    def _target(self, to: str) -> "tuple[Session, str | None]":
        """Open the environment of the copy, and create it if needed.

        Return its session, and the settings file if the environment was added to it; otherwise None.
        """
        from reconciler.project.add_environment import add_copy  # noqa: PLC0415 - only copies add one
        from reconciler.project.session import open_session  # noqa: PLC0415 - as above

        project = self.session.settings.project
        written = None
        if to not in self.session.settings.environment_names:
            written = add_copy(project, to, self.name)
        target = open_session(project, to, notify=self.session.notify)
        if target.environment.copy_of != self.name:
            raise UsageError(
                f"environment {to} is not a copy of {self.name}: nothing was copied\n"
                "    name another environment, or write `portal: emulator` and "
                f"`copy_of: {self.name}` below `{to}:`"
            )
        return target, written
