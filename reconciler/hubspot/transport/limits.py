"""Numbers set by HubSpot, each with a link to where it says so. Inputs of a batch: ``model.writes``."""

OWNERS_PER_PAGE = 100
"""Owners in one answer. Source: https://developers.hubspot.com/docs/api-reference/latest/crm/owners/guide."""

WINDOW_S = 10.0
"""Seconds over which calls are counted, until an answer's headers say otherwise.
Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (burst limits)."""

LEAST_CALLS_PER_WINDOW = 100
"""Calls per window on the smallest subscription. Headers tell the true number. Source: as above."""

LOCK_S = 2.0
"""Seconds that a 423 lasts. Source: https://developers.hubspot.com/docs/api-reference/error-handling."""

EDGE_TIMEOUT_S = 100.0
"""Seconds after which HubSpot's edge answers 524 by itself. Source: as above."""

BATCH_WITH_HISTORY = 50
"""Records in one batch/read that asks for history.
Source: https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm (batch reads)."""
