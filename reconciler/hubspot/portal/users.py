"""Who the users of a portal are, as its history names them: by user id."""

from collections.abc import Iterable

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.client import PortalReader
from reconciler.hubspot.transport.responses import VersionBody

_USER = "userId:"
"""How ``sourceId`` begins for people.

Source: https://developers.hubspot.com/changelog/crm-property-change-source-will-show-owner-id-instead-of-owner-email.
"""


def user_id_of(version: VersionBody) -> str | None:
    """The person behind a version, where it names one."""
    if version.updated_by_user_id:
        return version.updated_by_user_id
    source = version.source_id or ""
    return source.removeprefix(_USER) if source.startswith(_USER) else None


class Users:
    """Names and addresses by user id, read no earlier than they are needed.

    Every user is an owner, and those who left are among the archived ones. Where the token may not read
    them, or they are nowhere, people are called by what the history says of them.
    """

    def __init__(self, reader: PortalReader) -> None:
        self._reader = reader
        self._names: dict[str, str] = {}
        self._unread = [False, True]  # the active owners, the archived ones

    def load(self, user_ids: Iterable[str]) -> None:
        """Look up those that are not known yet.

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
        """Whom the id stands for; ``label`` is what the history calls them."""
        return self._names.get(user_id) or label or f"user {user_id}"


def _called(name: str, email: str) -> str:
    return f"{name} <{email}>" if name and email else name or email
