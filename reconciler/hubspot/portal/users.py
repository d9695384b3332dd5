"""Users of a portal. The history of a property names people by user id only."""

from collections.abc import Iterable

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.responses import VersionBody

_USER = "userId:"
"""Beginning of ``sourceId`` in an entry of a property's history, if a user wrote the value.

Source:
https://developers.hubspot.com/changelog/crm-property-change-source-will-show-owner-id-instead-of-owner-email.
"""


def user_id_of(version: VersionBody) -> str | None:
    """Return the id of the user who wrote a value in a property's history; None if the entry has no user."""
    if version.updated_by_user_id:
        return version.updated_by_user_id
    source = version.source_id or ""
    return source.removeprefix(_USER) if source.startswith(_USER) else None


class Users:
    """Names and e-mail addresses of users by user id, read when they are first needed.

    Every user is an owner; users who left are archived owners. If the token may not read owners, or a user is
    not among them, the name in the history is used.
    """

    def __init__(self, reader: PortalReader) -> None:
        self._reader = reader
        self._names: dict[str, str] = {}
        self._unread = [False, True]  # lists still to read: False for active owners, True for archived ones

    def load(self, user_ids: Iterable[str]) -> None:
        """Read the names of ``user_ids`` that are not known yet.

        Raises:
            HubSpotError: HubSpot does not answer.
        """
        wanted = set(user_ids)
        while self._unread and not wanted <= self._names.keys():
            try:
                owners = self._reader.owners(archived=self._unread.pop(0))
            except (NotAllowed, RequestRejected):
                self._unread.clear()
                return
            for owner in owners:
                user_id = owner.user_id or owner.user_id_including_inactive
                if user_id:
                    name = " ".join(filter(None, (owner.first_name, owner.last_name)))
                    self._names.setdefault(user_id, _called(name, owner.email or ""))

    def name_of(self, user_id: str, label: str | None) -> str:
        """Return the name of a user; if unknown, ``label`` (the name in the history), or else the id."""
        return self._names.get(user_id) or label or f"user {user_id}"


def _called(name: str, email: str) -> str:
    return f"{name} <{email}>" if name and email else name or email
