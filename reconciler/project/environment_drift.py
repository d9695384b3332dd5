"""Looking for drift in an environment, and accepting it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.model.progress import Progress, ignore_progress
from reconciler.model.selection import EVERYTHING, Selection
from reconciler.project.environment_session import OpenedEnvironment
from reconciler.project.plan_request import globs_of
from reconciler.project.webhook.conditions import condition_of_drift
from reconciler.project.webhook.tell import tell_webhook

if TYPE_CHECKING:
    from reconciler.model.acceptance import Acceptance
    from reconciler.model.drift import DriftFound


class DriftingEnvironment(OpenedEnvironment):
    """The methods about drift."""

    def drift(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        progress: Progress = ignore_progress,
    ) -> "DriftFound":
        """Compare the portal with the last applied values. Nothing is changed, and no manifest is read.

        Args:
            target: globs of addresses; none means everything that is owned.
            exclude: globs of addresses to leave out.
            progress: called with two numbers: records compared so far, and all records to compare.

        Raises:
            UsageError: there is no state, or a glob matches nothing that is owned.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import find_drift  # noqa: PLC0415 - it loads the editing of manifests

        selection = Selection(globs_of(target), globs_of(exclude))
        found = find_drift.look_for_drift(self.session, selection, progress)
        if selection == EVERYTHING:
            tell_webhook(self.session, lambda: (condition_of_drift(found.summary),))
        return found

    def accept_drift(
        self,
        addresses: Iterable[str],
        *,
        shows_sensitive: bool = False,
        progress: Progress = ignore_progress,
    ) -> "Acceptance":
        """Write changes that people made in HubSpot into the manifests; keep comments and order.

        Args:
            addresses: globs of drifted records or properties.
            shows_sensitive: also write values of properties that HubSpot marks as sensitive.
            progress: called with two numbers: records compared so far, and all records to compare.

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
