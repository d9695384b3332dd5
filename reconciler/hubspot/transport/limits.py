"""HubSpot's limits, each with a link to its source. The maximum inputs of a batch are in ``model.calls``."""

OWNERS_PER_PAGE = 100
"""Owners in one answer. Source: https://developers.hubspot.com/docs/api-reference/latest/crm/owners/guide."""

WINDOW_S = 10.0
"""Seconds over which HubSpot counts calls, unless the headers of an answer give another number.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (burst limits).
"""

LEAST_CALLS_PER_WINDOW = 100
"""Calls per window on the smallest subscription. Headers give the true number. Source: as above."""

LOCK_S = 2.0
"""Seconds that a 423 lasts. Source: https://developers.hubspot.com/docs/api-reference/error-handling."""

EDGE_TIMEOUT_S = 100.0
"""Seconds after which HubSpot's edge answers 524 itself. Source: as above."""

BATCH_WITH_HISTORY = 50
"""Records in one batch/read with history.

Source: https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm (batch reads).
"""

RECORDS_PER_PAGE = 100
"""Records in one answer of a list. Source: https://developers.hubspot.com/docs/guides/api/crm/using-object-apis."""

MEMBERS_PER_PAGE = 250
"""Members of a list in one answer. Source: HubSpot's OpenAPI collection (lists)."""

LONGEST_URL = 6_000
"""Characters of an address that are surely taken: from 8,000 on, some servers in between refuse it."""
