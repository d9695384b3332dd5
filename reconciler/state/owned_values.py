"""The values of an owned record or definition after an applied change. Pure."""

from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedThing
from reconciler.plan.change import Action, Change, Reason

_NOT_KEPT = frozenset({Reason.INITIAL, Reason.FILLED})
"""Reasons of values that are written once and then left to people, so that they are not stored."""


def values_after(
    change: Change, outcome: Applied, before: OwnedThing | None, key_property: str | None
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Return the last applied values as sent, and those that HubSpot stored differently.

    Values of ``before`` that the change does not contain are kept if ``before`` is the same thing, even under
    another name: they have not changed, or were held. The key property is left out, because it has its own
    column.
    """
    same = before if before and before.record_id == outcome.record_id else None
    sent = dict(same.sent) if same else {}
    answered = dict(same.answered) if same else {}
    for of_names in (sent, answered):
        if key_property is not None:
            of_names.pop(key_property, None)
        for value in change.forgotten:
            of_names.pop(value.name, None)
    for value in change.remembered:
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, value.before)
    for value in change.values:
        is_unknown = value.reason is Reason.MIGRATED and value.name not in sent
        if value.name == key_property or value.reason in _NOT_KEPT or is_unknown:
            continue  # the state does not get this value, so that it is no drift if people change it
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, outcome.answered.get(value.name, value.after))
    return sent, answered


def _keep_spelling(answered: dict[str, str | None], name: str, sent: str | None, live: str | None) -> None:
    if live == sent:
        answered.pop(name, None)
    else:
        answered[name] = live


def origin_after(change: Change, outcome: Applied) -> Origin:
    """Return how we own the thing after ``change``: created or adopted."""
    # If our create finds that the thing exists, another program created it, and we must not archive it.
    is_late = change.action is Action.CREATE and outcome.is_new is False
    if change.owned is None or is_late:
        return Origin.ADOPTED
    return change.owned.origin
