"""Reading who changed definitions last; HubSpot keeps no complete history of them.

HubSpot tells when a property, pipeline, stage or schema was changed, and who changed a property. Its audit of
a pipeline or stage may name a user. For groups and labels it tells nothing. Source:
https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide.
"""

from collections.abc import Mapping
from datetime import datetime

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.portal.users import Users
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import Section
from reconciler.model.definitions import PortalSchema
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.model.references import RecordIdentity


def latest_edits(
    reader: PortalReader, portal: PortalSchema, live: Mapping[RecordIdentity, LiveDefinition]
) -> Mapping[RecordIdentity, ValueVersion]:
    """Return when each definition was changed last, and by whom; leave out definitions without a date.

    This takes a call for each pipeline and stage, and one or two for the names of users.

    Raises:
        HubSpotError: HubSpot does not answer.
    """
    times = {each: at for each, definition in live.items() if (at := _time(definition.updated_at))}
    users = {each: _editor(reader, portal, live[each]) for each in times}
    people = Users(reader)
    people.load(filter(None, users.values()))
    found: dict[RecordIdentity, ValueVersion] = {}
    for each, at in times.items():
        user = users[each]
        via = ChangeSource.PERSON if user else ChangeSource.OTHER
        found[each] = ValueVersion(via, people.name_of(user, None) if user else "", at, None)
    return found


def _editor(reader: PortalReader, portal: PortalSchema, live: LiveDefinition) -> str | None:
    """Return HubSpot's id of the user who changed a definition last; None if HubSpot does not tell."""
    path = portal.objects[live.address.object].path
    own = live.id.partition("/")[2]
    try:
        match live.address.section:
            case Section.PIPELINES:
                return reader.definitions.latest_editor(path, own)
            case Section.STAGES if live.parent_id:
                return reader.definitions.latest_editor(path, live.parent_id, own)
            case _:
                return live.updated_by
    except (NotAllowed, RequestRejected):
        return None


def _time(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
