"""HubSpot's limits, each with a link to its source. The maximum inputs of a batch are in ``model.calls``."""

OWNERS_PER_PAGE = 100
"""Maximum number of owners in an answer.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/owners/guide.
"""

WINDOW_S = 10.0
"""Seconds over which HubSpot counts calls, unless the headers of an answer give another number.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (burst limits).
"""

LEAST_CALLS_PER_WINDOW = 100
"""Calls per window on the smallest subscription, used until headers give the true number.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (burst limits).
"""

LOCK_S = 2.0
"""Seconds for which a record stays locked after status 423.

Source: https://developers.hubspot.com/docs/api-reference/error-handling.
"""

EDGE_TIMEOUT_S = 100.0
"""Seconds after which the servers in front of HubSpot's API answer 524 themselves.

Source: https://developers.hubspot.com/docs/api-reference/error-handling.
"""

BATCH_WITH_HISTORY = 50
"""Maximum number of records in one batch/read with history.

Source: https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm (batch reads).
"""

RECORDS_PER_PAGE = 100
"""Maximum number of records on one page of a list.

Source: https://developers.hubspot.com/docs/guides/api/crm/using-object-apis.
"""

MEMBERS_PER_PAGE = 250
"""Maximum number of members of a list in one answer. Source: HubSpot's OpenAPI collection (lists)."""

LONGEST_URL = 6_000
"""Maximum number of characters in a URL: from 8,000 on, some servers on the way refuse it."""
