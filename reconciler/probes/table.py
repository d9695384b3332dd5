"""The table of all probes, about undocumented behaviour on which the safety of plans depends."""

from typing import Final

from reconciler.probes import batches, definitions, identity, values, writes
from reconciler.probes.probe import Probe

PROBES: Final = (
    Probe("trace_ids", batches.trace_ids),
    Probe("partial_success_2026_09", batches.partial_success_2026_09),
    Probe("result_order", batches.result_order),
    Probe("merged_id", identity.merged_id),
    Probe("archived_unique_values", identity.archived_unique_values),
    Probe("written_null", values.written_null),
    Probe("number_text", values.number_text),
    Probe("date_text", values.date_text),
    Probe("html_text", values.html_text),
    Probe("phone_text", values.phone_text),
    Probe("key_case", identity.key_case),
    Probe("key_blanks", identity.key_blanks),
    Probe("lifecycle_step_back", writes.lifecycle_step_back),
    Probe("equal_write", writes.equal_write),
    Probe("search_lag", writes.search_lag),
    Probe("limit_headers", writes.limit_headers),
    Probe("created_at", writes.created_at),
    Probe("archived_property_name", definitions.archived_property_name),
    Probe("stage_ids", definitions.stage_ids),
    Probe("secondary_email_upsert", identity.secondary_email_upsert),
)
