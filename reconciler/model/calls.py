"""Calls to HubSpot: their names and limits, the call for a change, and one input of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BATCH_SIZE = 100
"""Maximum number of records in one call.

Source: https://developers.hubspot.com/docs/guides/api/crm/objects/companies.
"""

PAIRS_MADE = 2000
"""Maximum number of associations that one call creates.

Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide.
"""

PAIRS_REMOVED = 500
"""Maximum number of associations that one call removes.

HubSpot states no limit; this number is well below its other limits.
"""

PAIRS_READ = 1000
"""Maximum number of records whose associations one call reads.

Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide.
"""

MOST_FOUND = 10_000
"""Maximum number of results of a search.

Source: https://developers.hubspot.com/docs/api-reference/search/guide.
"""


class Call(StrEnum):
    """The kinds of calls to HubSpot that carry out changes."""

    UPSERT = "batch/upsert"
    UPDATE = "batch/update"
    CREATE = "batch/create"  # only for object types without upsert
    ARCHIVE = "batch/archive"
    ASSOCIATE = "associations/batch/create"  # creates labelled associations
    ASSOCIATE_PLAIN = "associations/batch/associate/default"
    DISSOCIATE = "associations/batch/archive"  # removes all associations between two records
    CREATE_DEFINITION = "definitions/create"  # one definition; a pipeline together with its stages
    UPDATE_DEFINITION = "definitions/update"  # one definition
    ARCHIVE_DEFINITION = "definitions/archive"  # one definition
    UNLABEL = "associations/batch/labels/archive"  # removes one label; the unlabelled association stays


DEFINITIONS_AT_ONCE = 100
"""Maximum number of definitions in the call that creates a pipeline with its stages.

The number is never reached, because HubSpot allows fewer stages in a pipeline.
"""

_SIZES = {
    Call.CREATE_DEFINITION: DEFINITIONS_AT_ONCE,
    Call.ASSOCIATE: PAIRS_MADE,
    Call.ASSOCIATE_PLAIN: PAIRS_MADE,
    Call.DISSOCIATE: PAIRS_REMOVED,
    Call.UNLABEL: PAIRS_REMOVED,
}


def inputs_of(call: Call) -> int:
    """Return the maximum number of inputs in one such call."""
    return _SIZES.get(call, BATCH_SIZE)


@dataclass(frozen=True, slots=True)
class Operation:
    """The call for a change, with the property by which it recognises records."""

    call: Call
    id_property: str | None  # the unique property whose value is ``InputRow.id``; None: it is the record id


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input of a batch."""

    trace_id: str  # unique in the batch, to find the answer about a row
    id: str  # value of the operation's ``id_property``, or the record id
    properties: Mapping[str, str]  # the properties to write, with their values; "" clears a property
