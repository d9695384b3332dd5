"""What HubSpot documents about its standard types and does not say through the API.

Sources: https://developers.hubspot.com/docs/guides/api/crm/using-object-apis (what a new record needs),
https://developers.hubspot.com/docs/guides/apps/authentication/scopes, and for the default keys what
integrations have observed, https://github.com/scopiousdigital/kalup.
"""

_REQUIRED = {
    "deals": ("dealname", "dealstage"),
    "tickets": ("subject", "hs_pipeline_stage"),
    "products": ("name",),
    "quotes": ("hs_title", "hs_expiration_date"),
    "communications": ("hs_timestamp", "hs_communication_channel_type"),
    "tasks": ("hs_timestamp",),
    "notes": ("hs_timestamp",),
    "meetings": ("hs_timestamp",),
    "calls": ("hs_timestamp",),
    "emails": ("hs_timestamp", "hs_email_direction"),
    "postal_mail": ("hs_timestamp",),
    "invoices": ("hs_currency",),
    "subscriptions": ("hs_name",),
    "goal_targets": ("hs_goal_name",),
    "commerce_payments": ("hs_initial_amount", "hs_initiated_date"),
    "users": ("hs_internal_user_id", "hs_email"),
    "orders": ("hs_order_name",),
    "leads": ("hs_lead_name",),
    "services": ("hs_name", "hs_pipeline", "hs_pipeline_stage"),
    "courses": ("hs_course_name",),
    "listings": ("hs_name",),
    "appointments": ("hs_appointment_name",),
    "projects": ("hs_name", "hs_pipeline", "hs_pipeline_stage"),
}
_ONE_OF = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("name", "domain"),
}
_PIPELINE_IF_SEVERAL = {"deals": "pipeline", "tickets": "hs_pipeline"}
_DEFAULT_KEYS = {
    "contacts": "email",
    "products": "hs_sku",
    "line_items": "hs_external_id",
    "tickets": "hs_external_object_ids",
}


def required_properties(name: str, pipeline_count: int) -> tuple[str, ...]:
    """Properties without which no record of the standard type ``name`` can be created."""
    several = (_PIPELINE_IF_SEVERAL[name],) if pipeline_count > 1 and name in _PIPELINE_IF_SEVERAL else ()
    return _REQUIRED.get(name, ()) + several


def one_of_properties(name: str) -> tuple[str, ...]:
    """Properties of the standard type ``name`` of which a new record has at least one; or none."""
    return _ONE_OF.get(name, ())


def default_key(name: str) -> str | None:
    """The property that serves as idProperty although its definition does not say so."""
    return _DEFAULT_KEYS.get(name)
