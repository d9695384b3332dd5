"""Owners of records. They are read only if a manifest names one, because reading them needs its own scope."""

from collections.abc import Iterable

from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import Owner


def read_owners(reader: PortalReader, named: Iterable[str]) -> tuple[Owner, ...]:
    """Read all active owners; if one of ``named`` (e-mails or ids) is missing, read archived owners, too.

    Each of the two lists is read at most once in a run.

    Raises:
        NotAllowed: the token lacks the scope for owners.
        HubSpotError: the portal cannot be read.
    """
    owners = [Owner(body.id, body.email or "") for body in reader.owners()]
    known = {owner.id for owner in owners} | {owner.email.lower() for owner in owners}
    if any(name.strip().lower() not in known for name in named):
        owners += (Owner(body.id, body.email or "", is_active=False) for body in reader.owners(archived=True))
    return tuple(owners)
