"""Restoring lists: the options of a property, and the order of a pipeline's stages. Pure.

Options that the run added stay in the list until the end of the plan, when no record has them any more.
Options and stages that people added since the run stay at the end of the list.
"""

from collections.abc import Mapping, Sequence

from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_of, list_text
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.definitions.options import in_same_order
from reconciler.plan.definitions.run_effects import RunEffect


def options_back(effect: RunEffect, live: LiveDefinition) -> Sequence[ValueChange] | None:
    """Return the previous list of options, and the attributes of options that are restored.

    Empty if the list is as before the run; None if people have changed its order since.
    """
    before, after = effect.options_before or (), effect.options_after
    now = list_of(live.values.get(OPTIONS))
    again = [name for name in before if name in effect.removed_options and name not in now]
    is_in_order = in_same_order(now, before)
    if not again and is_in_order:
        return []
    if is_in_order or in_same_order(now, after):
        known = {*now, *again}
        wanted = [name for name in before if name in known] + [name for name in now if name not in before]
    elif again:
        wanted = [*now, *again]
    else:
        return None
    listed = ValueChange(OPTIONS, list_text(now), list_text(wanted), Reason.ROLLED_BACK)
    return [listed, *(value for name in again for value in _members(effect, name))]


def _members(effect: RunEffect, name: str) -> Sequence[ValueChange]:
    return [
        ValueChange(
            value.name,
            None,
            value.before,
            Reason.INITIAL if value.reason is Reason.UNMANAGED else Reason.ROLLED_BACK,
        )
        for value in effect.removed_options[name].forgotten
        if value.name != OPTIONS and value.before is not None
    ]


def stages_back(
    effect: RunEffect, live: LiveDefinition, labels: Mapping[str, str]
) -> Sequence[ValueChange] | None:
    """Return the previous order of stages; empty if it is unchanged, None if people have changed it since.

    ``labels`` maps the present label of each stage that this plan renames to its new label.
    """
    written = effect.written[STAGE_NAMES]
    before, after = list_of(written.before), list_of(written.after)
    now = list_of(live.values.get(STAGE_NAMES))
    if in_same_order(now, before):
        return []
    if not in_same_order(now, after):
        return None
    wanted = [
        *(name for name in before if name in now),
        *(name for name in now if name not in before),
    ]
    called = list_text(labels.get(name, name) for name in wanted)
    return [ValueChange(STAGE_NAMES, list_text(now), called, Reason.ROLLED_BACK)]
