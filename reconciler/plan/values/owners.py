"""Owners named in manifests by e-mail address or id, and their replacements in an environment."""

import re
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from reconciler.model.definitions import Owner
from reconciler.plan.values.wrong_value import WrongValue, suggest_values
from reconciler.sentences import Value, sentence

_OWNER_ID = re.compile(r"\d+", re.ASCII)


class OwnerDirectory(NamedTuple):
    """The owners of a portal, and an environment's replacements for absent owners.

    E-mail addresses are in lower case.
    """

    ids: Mapping[str, str]  # e-mail -> id of active owners
    deactivated: Mapping[str, str]  # lower-case e-mail -> id of deactivated owners
    stand_ins: Mapping[str, str]  # e-mail -> e-mail of the replacement

    def id_of(self, written: str, held: Container[str]) -> str:
        """Find the id of the owner that ``written`` names by e-mail address or id.

        A deactivated owner is found only if the record has this owner already: ``held`` are its owners.

        Raises:
            WrongValue: the portal has no such owner, or the owner was deactivated.
        """
        email = written.strip().lower()
        if _OWNER_ID.fullmatch(email):
            if email in self.ids.values():
                return email
            email = next((known for known, owner_id in self.deactivated.items() if owner_id == email), email)
            if email in self.stand_ins and email in self.ids:
                return self.ids[email]
        elif email in self.ids:
            return self.ids[email]
        owner_id = self.deactivated.get(email)
        if owner_id is not None and owner_id in held:
            return owner_id
        if owner_id is not None:
            raise self.why_deactivated(email)
        if _OWNER_ID.fullmatch(email):
            message = sentence("the portal has no owner with id {id}", id=Value(email))
            raise WrongValue(message, "write the e-mail address of the owner")
        raise self._no_owner(written)

    def why_deactivated(self, email: str) -> WrongValue:
        """Return the error that an owner was deactivated, with advice how to name a replacement."""
        message = sentence("{email} was deactivated in HubSpot", email=Value(email))
        present = self.stand_ins.get(email)
        if present is not None:
            message = sentence(
                "{gone}, and the replacement {present} is not an active owner",
                gone=message,
                present=Value(present),
            )
        heir = min((each for each in self.ids if each not in self.stand_ins), default="ADDRESS")
        advice = sentence(
            "name another owner here, or write a replacement into the environment in "
            "reconciler.yaml, such as "
            "`owners: {{{email}: {heir}}}`",
            email=Value(email),
            heir=Value(heir),
        )
        return WrongValue(message, advice, (email, heir, *([present] if present else [])))

    def _no_owner(self, written: str) -> WrongValue:
        present = self.stand_ins.get(written.strip().lower())
        if present is not None:
            message = sentence(
                "{present}, the replacement of {written}, is not an active owner of the portal",
                present=Value(present),
                written=Value(written),
            )
            advice = "correct `owners:` in the environment of reconciler.yaml"
            return WrongValue(message, advice, (written, present))
        advice_or_none = suggest_values(written, self.ids)
        suggested = (email for email in self.ids if f'"{email}"' in (advice_or_none or ""))
        message = sentence('the portal has no owner "{written}"', written=Value(written))
        return WrongValue(message, advice_or_none, (written, *suggested))


def owner_ids(owners: Iterable[Owner], stand_ins: Mapping[str, str]) -> Mapping[str, str]:
    """Map lower-case e-mail addresses to owner ids, also of owners replaced by ``stand_ins``."""
    ids = {owner.email.lower(): owner.id for owner in owners if owner.email}
    for absent, present in stand_ins.items():
        owner_id = ids.get(present.lower())
        if owner_id is not None:
            ids[absent.lower()] = owner_id
    return ids
