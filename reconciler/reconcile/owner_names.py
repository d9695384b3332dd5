"""The display names of owners in reports: their e-mail addresses, also of deactivated owners."""

from collections.abc import Collection, Mapping

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import PortalSchema
from reconciler.plan.findings import Findings
from reconciler.plan.names import Naming, shown_things


def owner_names(reader: PortalReader, owner_ids: Collection[str]) -> Mapping[str, str]:
    """Return the display names of the owners with these ids; without ids, nothing is read.

    Deactivated owners are looked up among the archived ones. If the token may not read owners, their ids are
    shown.

    Raises:
        HubSpotError: HubSpot does not answer.
    """
    if not owner_ids:
        return {}
    try:
        owners = read_owners(reader, owner_ids)
    except (NotAllowed, RequestRejected):
        return {}
    return {
        owner.id: owner.email if owner.is_active else f"{owner.email} (deactivated)"
        for owner in owners
        if owner.id in owner_ids and owner.email
    }


def read_naming(reader: PortalReader, findings: Findings, portal: PortalSchema) -> Naming:
    """Collect the things that a plan with these findings shows, and look up the owners among them.

    Raises:
        HubSpotError: HubSpot does not answer.
    """
    shown = shown_things(findings.changes, findings.held, portal.objects)
    return Naming(shown, owner_names(reader, shown.owner_ids()))
