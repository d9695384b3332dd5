"""The inputs of calls for records. Pure.

The number of a change in the plan is the trace id of its input: journal, report and answers refer to it.
"""

from reconciler.apply.definitions.made import Made
from reconciler.model.addresses import RecordAddress
from reconciler.model.calls import InputRow
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.plan.change import Action, Change


def with_ids(change: Change, _made: Made) -> Change:
    """Return ``change`` itself: ids of existing records are in the plan already."""
    return change


def creates(change: Change) -> RecordAddress | None:
    """Return the record that ``change`` creates; None for other changes."""
    return change.record if change.action is Action.CREATE else None


def takes_two_calls(change: Change, portal: PortalSchema) -> bool:
    """Return whether ``change`` sets a lifecycle stage back: a first call must then empty the stage."""
    return step_back_row(0, change, portal.objects[change.object_type]) is not None


def row_of(number: int, change: Change) -> InputRow:
    """Build the input for ``change``; its number in the plan is the trace id."""
    return InputRow(
        trace_id=str(number),
        id=_id(change),
        properties={value.name: value.after or "" for value in change.values},
    )


def step_back_row(number: int, change: Change, schema: ObjectSchema) -> InputRow | None:
    """Build the input that empties the lifecycle stage before ``change`` sets it back; None if not needed."""
    emptied = {
        value.name: ""
        for value in change.values
        if schema.is_step_back(value.name, value.before, value.after)
    }
    return InputRow(str(number), _id(change), emptied) if emptied else None


def _id(change: Change) -> str:
    is_by_id = change.sent_by.id_property is None
    return change.remote.id if is_by_id and change.remote.id else change.record.value
