"""Converting HubSpot's answer to the outcome of a change. Pure.

An answer alone is not enough: HubSpot may have written to another record, or have stored another value than
was sent. HubSpot rewrites values of some kinds of properties (see ``REWRITTEN``); there, the other value is
only another spelling. For other kinds, HubSpot did not accept the value, and the change is rejected, although
the rest of it is done.
"""

from collections.abc import Mapping

from reconciler.model.definitions import ObjectSchema
from reconciler.model.outcomes import Applied, Outcome, Rejected, Unknown
from reconciler.plan.change import Action, Change
from reconciler.plan.values.equality import is_kept_as_sent, same_value


def checked_outcome(
    schema: ObjectSchema,
    change: Change,
    outcome: Applied | Rejected | Unknown,
    sent: Mapping[str, str] | None = None,
    *,
    is_emptied: bool = False,
) -> Outcome:
    """Return the outcome of ``change`` after comparing HubSpot's answer with the values that were sent.

    ``sent`` contains the values that the call sent; None means all values of ``change``. An empty text
    clears its property. ``is_emptied`` means that an earlier call emptied the lifecycle stage.

    If HubSpot stored a third value, neither the old value nor the sent one, our call wrote that value: state
    records it. Otherwise the next plan would take it for an edit of other people.
    """
    if not isinstance(outcome, Applied):
        return outcome
    if change.action is Action.UPDATE and outcome.record_id != change.known_id:
        return Rejected(_elsewhere(change, outcome), record_id=outcome.record_id)
    texts: dict[str, str | None] = {value.name: value.after for value in change.values}
    if sent is not None:
        texts = {name: text or None for name, text in sent.items()}
    not_taken = [
        name
        for name, text in sorted(texts.items())
        if name in outcome.answered
        and not is_kept_as_sent(schema.kind_of(name), text, outcome.answered[name])
    ]
    if not not_taken:
        return outcome
    written = {name: text for name, text in texts.items() if name not in not_taken}
    written |= {
        name: outcome.answered[name]
        for name in not_taken
        if name != change.record.by and not _is_as_before(schema, change, name, outcome, is_emptied)
    }
    done = Applied(outcome.record_id, outcome.answered, outcome.is_new, written)
    is_nothing_done = change.action is Action.UPDATE and not written
    return Rejected(
        _not_taken(not_taken, change), record_id=outcome.record_id, done=None if is_nothing_done else done
    )


def only_emptied(schema: ObjectSchema, change: Change, outcome: Rejected) -> Rejected:
    """Return the outcome after the first call emptied the lifecycle stage and the second had ``outcome``.

    The state then says that the stage is empty. So the next run sets the stage again. The setting for drift
    does not matter.
    """
    emptied: dict[str, str | None] = {
        value.name: None
        for value in change.values
        if schema.is_step_back(value.name, value.before, value.after)
    }
    if change.action is not Action.UPDATE:
        return outcome
    done = outcome.done or Applied(change.known_id, {}, written={})
    if emptied.keys() <= (done.written or {}).keys():
        return outcome
    answered = {name: text for name, text in done.answered.items() if name not in emptied}
    return Rejected(
        (
            f"{outcome.message}. {', '.join(emptied)} was emptied first, because HubSpot sets an earlier "
            f"stage only in an empty property. {', '.join(emptied)} is still empty: apply again"
        ),
        outcome.category,
        outcome.correlation_id,
        outcome.record_id,
        Applied(change.known_id, answered, written={**(done.written or {}), **emptied}),
    )


def _is_as_before(
    schema: ObjectSchema, change: Change, name: str, outcome: Applied, is_emptied: bool
) -> bool:
    """Return whether the answer has the value that the property had before this call."""
    (value,) = (value for value in change.values if value.name == name)
    is_empty = is_emptied and schema.is_step_back(name, value.before, value.after)
    return same_value(schema.kind_of(name), None if is_empty else value.before, outcome.answered[name])


def _elsewhere(change: Change, outcome: Applied) -> str:
    if outcome.is_new:
        return (
            f"HubSpot created record {outcome.record_id} instead of updating {change.known_id}: "
            "the key of the old record has changed. Archive the new record, or name the old "
            "record by its present key"
        )
    return (
        f"HubSpot wrote to record {outcome.record_id} instead of {change.known_id}, because record "
        f"{outcome.record_id} has the key now. Check both records, and plan again"
    )


def _not_taken(names: list[str], change: Change) -> str:
    others = "; it stored the values of the other properties" if len(change.values) > len(names) else ""
    return (
        f"HubSpot did not store what reconciler sent for {', '.join(names)}{others}: check the record, and "
        "correct the manifest or HubSpot's rules"
    )
