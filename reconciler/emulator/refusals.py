"""HubSpot's refusals of requests, as exceptions with their status and their body.

Sources of the shapes: developers.hubspot.com/docs/api-reference/error-handling, and the community thread
"Updated 409 Conflict responses"
(community.hubspot.com/t5/APIs-Integrations/Updated-409-Conflict-responses/m-p/951534).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VALIDATION = "VALIDATION_ERROR"
NOT_FOUND = "OBJECT_NOT_FOUND"
JSON_PREFIX = "Invalid input JSON on line 1, column 1: "
"""The beginning of HubSpot's message about a malformed body.

Here, the position is always line 1, column 1.
"""
NOT_IMITATED = "EMULATOR_DOES_NOT_IMITATE"


@dataclass(eq=False)
class Refusal(Exception):
    """One refusal: HTTP status and contents of the body.

    With ``whole``, it fails the whole batch even if every input has its own trace id. Some of HubSpot's
    endpoints put the body as JSON text into ``message`` (``nested``), or send no body (``empty``).
    """

    status: int
    message: str
    category: str | None = VALIDATION
    sub_category: str | None = None
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    nested: bool = False
    empty: bool = False

    def body(self, correlation_id: str) -> dict[str, Any] | None:
        """Return the JSON body of an answer that refuses the whole request; None for no body."""
        if self.empty:
            return None
        if self.nested:
            text = json.dumps(self._body(correlation_id), separators=(",", ":"), ensure_ascii=False)
            return {"status": "error", "message": text, "correlationId": correlation_id}
        return self._body(correlation_id)

    def _body(self, correlation_id: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": correlation_id,
        }
        if self.category:
            body["category"] = self.category
        if self.sub_category:
            body["subCategory"] = self.sub_category
        if self.context:
            body["context"] = dict(self.context)
        if self.errors:
            body["errors"] = list(self.errors)
        body.update(self.extra)
        return body

    def entry(self, trace_ids: Sequence[str] = ()) -> dict[str, Any]:
        """Return the refusal as one entry of ``errors[]`` in an answer that also has results.

        ``errors`` and ``links`` are always present, because strict clients such as HubSpot's own SDK require
        them.
        """
        context = {name: list(values) for name, values in self.context.items()}
        if trace_ids:
            context["objectWriteTraceId"] = list(trace_ids)
        return {
            "status": "error",
            "category": self.category or VALIDATION,
            **({"subCategory": self.sub_category} if self.sub_category else {}),
            "message": self.message,
            "context": context,
            "errors": list(self.errors),
            "links": {},
        }


@dataclass(frozen=True, slots=True)
class BadValue:
    """One property value that cannot be written, with HubSpot's error code."""

    property_name: str
    code: str
    message: str


def malformed_body(detail: str) -> Refusal:
    """Return the refusal of a body that is no JSON, or has a wrong shape; such a refusal has no category.

    HubSpot reads the whole body before it looks at single inputs of a batch, so the whole batch is refused.
    """
    return Refusal(400, detail, category=None, whole=True)


def missing_fields(names: Iterable[str]) -> Refusal:
    """Return the refusal of a body without required fields."""
    return wrong_shape(f"Some required fields were not set: [{', '.join(names)}]")


def wrong_shape(detail: str) -> Refusal:
    """Return the refusal of JSON with a wrong shape, such as a list instead of an object."""
    return malformed_body(f"{JSON_PREFIX}{detail}")


def invalid_request(message: str, **context: Sequence[str]) -> Refusal:
    """Return a refusal with status 400 and the given message."""
    return Refusal(400, message, context=context)


def unauthenticated() -> Refusal:
    """Return the refusal of a missing or unknown token."""
    return Refusal(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
    )


def missing_scopes(scopes: Iterable[str]) -> Refusal:
    """Return the answer to a call whose token has none of ``scopes``; one of them would be enough."""
    return Refusal(
        403,
        "This app hasn't been granted all required scopes to make this call. "
        "Read more about required scopes here: https://developers.hubspot.com/scopes.",
        category="MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": sorted(scopes)},
            }
        ],
        extra={"links": {"scopes": "https://developers.hubspot.com/scopes"}},
    )


def scope_of_the_portal(scope: str) -> Refusal:
    """Return the refusal to define a sensitive property; ``scope`` is the missing scope in HubSpot's message.

    Source: the HubSpot notes of github.com/scopiousdigital/kalup.
    """
    return Refusal(403, f"Missing required scope for: {scope}", category="MISSING_SCOPES")


def unreadable() -> Refusal:
    """Return the answer to a reading call whose token may write definitions but not read them.

    Unlike other such answers, it does not name the missing scope.

    Source: the HubSpot notes of github.com/scopiousdigital/kalup.
    """
    return Refusal(
        403,
        "This app hasn't been granted all required scopes to make this call.",
        category="MISSING_SCOPES",
    )


def not_found(message: str = "resource not found") -> Refusal:
    """Return the refusal for a record or definition that does not exist."""
    return Refusal(404, message, category=NOT_FOUND)


def not_imitated(what: str) -> Refusal:
    """Return the refusal of a path or object type that only HubSpot has; the message says so."""
    return Refusal(
        404,
        f"The emulator does not imitate {what}; docs/emulator.md says what it does imitate",
        category=NOT_IMITATED,
    )


def method_not_allowed() -> Refusal:
    """Return the refusal of a method that the path does not have."""
    return Refusal(405, "HTTP 405 Method Not Allowed", category=None)


def unsupported_media_type() -> Refusal:
    """Return the refusal of a body that is not sent as JSON."""
    return Refusal(415, "HTTP 415 Unsupported Media Type", category=None)


def unknown_type(text: str) -> Refusal:
    """Return the refusal of an unknown object type; short names of custom objects are unknown."""
    return Refusal(400, f"Unable to infer object type from: {text}")


def bad_values(problems: Sequence[BadValue]) -> Refusal:
    """Return the refusal of property values.

    ``errors`` lists them, and ``message`` repeats the list as JSON.
    """
    entries = [
        {"isValid": False, "message": p.message, "error": p.code, "name": p.property_name} for p in problems
    ]
    return Refusal(
        400,
        "Property values were not valid: " + json.dumps(entries, separators=(",", ":"), ensure_ascii=False),
        errors=[
            {"message": p.message, "code": p.code, "context": {"propertyName": [p.property_name]}}
            for p in problems
        ],
    )


def nothing_to_update() -> Refusal:
    """Return the refusal of an update without properties."""
    return Refusal(400, "No properties found to update, please provide at least one.")


def required_not_set(type_name: str, properties: Sequence[str]) -> Refusal:
    """Return the refusal of a record without properties that its type requires."""
    return Refusal(
        400,
        f"Error creating {type_name}. Some required properties were not set.",
        context={"properties": list(properties)},
    )


def admin_rule(code: str, properties: Sequence[str]) -> Refusal:
    """Return the refusal of a record that lacks values which the portal's admins require.

    API version 2026-09 and later versions enforce such rules.

    Source: developers.hubspot.com/changelog/crm-api-write-validation-enforcement
    """
    return Refusal(
        400,
        "Missing required properties",
        context={"propertyName": list(properties)},
        errors=[
            {
                "message": f"Property {name} is required",
                "code": code,
                "context": {"propertyName": [name]},
            }
            for name in properties
        ],
    )


def missing_records(type_name: str, ids: Sequence[str]) -> Refusal:
    """Return one refusal for all ``ids`` of records that do not exist."""
    return Refusal(
        404,
        f"Could not get some {type_name} objects, they may be deleted or not exist. "
        "Check that ids are valid.",
        category=NOT_FOUND,
        context={"ids": list(ids)},
    )


def duplicate_ids(ids: Sequence[str]) -> Refusal:
    """Return the refusal of a batch that names one record twice.

    Source: github.com/segmentio/action-destinations/pull/3969
    """
    return Refusal(
        400,
        f"Duplicate IDs found in batch input: [{', '.join(ids)}]. IDs must be unique",
        context={"ids": list(ids)},
        whole=True,
    )


def non_unique_property(operation: str, type_id: str, name: str, portal_id: int) -> Refusal:
    """Return the refusal of an ``idProperty`` that is not unique.

    Source: github.com/segmentio/action-destinations/pull/3957
    """
    return Refusal(
        400,
        f"Unable to perform {operation} by non-unique {type_id} property {name} in portal ID {portal_id}",
        whole=True,
    )


def unique_value_taken(name: str, value: str, record_id: int) -> Refusal:
    """Return the refusal of a value of a unique property that another record has."""
    problem = BadValue(name, "CONFLICTING_UNIQUE_VALUE", f'{record_id} already has the value "{value}"')
    refusal = bad_values([problem])
    refusal.context = {"propertyName": [name]}
    return refusal


def contact_exists(record_id: int, *, secondary: bool) -> Refusal:
    """Return the refusal of an e-mail address because contact ``record_id`` has it already.

    If it is a secondary address of that contact, the refusal is of the whole batch.
    """
    message = f"Contact already exists. Existing ID: {record_id}"
    return Refusal(
        409,
        message,
        category="CONFLICT",
        errors=[{"message": message, "in": "email"}],
        extra={
            "error": "CONTACT_EXISTS",
            "identityProfile": {"vid": record_id, "identity": [], "linkedVid": []},
        },
        whole=secondary,
    )


def rate_limited(policy: str, group: str) -> Refusal:
    """Return the refusal of a call beyond a limit.

    Source: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. HubSpot does not document
    whether such answers have a Retry-After header; these have none.
    """
    return Refusal(
        429,
        f"You have reached your {policy.lower()} limit.",
        category=None,
        extra={"errorType": "RATE_LIMIT", "policyName": policy, "groupName": group},
    )
