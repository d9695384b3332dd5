"""Waiting until HubSpot shows definitions that were written: it shows some only after a while."""

from collections.abc import Callable, Sequence

from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import OPTIONS, list_of
from reconciler.model.definitions import PortalSchema
from reconciler.plan.change import Action, Change

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds to wait before each further read: a minute in all."""


def read_when_visible(
    read: Callable[[], PortalSchema],
    written: Sequence[Change],
    sleep: Callable[[float], None],
    tell: Callable[[str], None],
) -> PortalSchema:
    """Read the portal again until it shows the effect of the changes ``written``, for at most a minute."""
    portal = read()
    for pause in PAUSES_S:
        late = [change for change in written if not _is_visible(portal, change)]
        if not late:
            break
        tell(f"waiting until HubSpot shows {late[0].definition.text}, which this run wrote")
        sleep(pause)
        portal = read()
    return portal


def _is_visible(portal: PortalSchema, change: Change) -> bool:
    address = change.definition
    schema = portal.objects.get(address.object)
    own_id = (change.remote.id or "").partition("/")[2]
    match address.section:
        case Section.SCHEMA if change.action is Action.CREATE:
            return schema is not None and bool(schema.properties)
        case Section.PROPERTIES:
            known = schema.properties.get(address.name) if schema else None
            after = next((value.after for value in change.values if value.name == OPTIONS), None)
            there = {option.value for option in known.options} if known else set()
            return known is not None and (not there or set(list_of(after)) <= there)
        case Section.PIPELINES:
            return schema is not None and any(each.id == own_id for each in schema.pipelines)
        case Section.STAGES:
            return schema is not None and any(
                stage.id == own_id for each in schema.pipelines for stage in each.stages
            )
        case _:
            return True
