"""What state holds of a record once a change to it has been applied. Pure."""

from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.plan.changes import Adopt, Change, Create


def owned_after(change: Change, outcome: Applied, before: OwnedRecord | None) -> OwnedRecord:
    """Last applied values are kept as sent, and HubSpot's spelling beside them where it differs.

    Values of ``before`` that the change does not mention stay: they are in step, or held.
    """
    sent = dict(before.sent) if before else {}
    answered = dict(before.answered) if before else {}
    learned = () if isinstance(change, Create) else change.in_step
    for value in learned:
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, value.before)
    for value in () if isinstance(change, Adopt) else change.values:
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, outcome.answered.get(value.name, value.after))
    return OwnedRecord(change.key, outcome.record_id, _origin(change, outcome), sent, answered)


def _keep_spelling(answered: dict[str, str | None], name: str, sent: str | None, live: str | None) -> None:
    if live == sent:
        answered.pop(name, None)
    else:
        answered[name] = live


def _origin(change: Change, outcome: Applied) -> Origin:
    if isinstance(change, Create):
        # Somebody else was quicker: the record is not ours to prune.
        return Origin.ADOPTED if outcome.is_new is False else Origin.CREATED
    return change.origin
