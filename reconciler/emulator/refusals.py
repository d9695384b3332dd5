"""HubSpot's ways of saying no, as exceptions that know their status and their body.

Shapes as observed: developers.hubspot.com/docs/api-reference/error-handling, and the community thread
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
"""How HubSpot begins to tell what is wrong with a body; the place is always the first here."""
NOT_IMITATED = "EMULATOR_DOES_NOT_IMITATE"


@dataclass(eq=False)
class Refusal(Exception):
    """One refusal: HTTP status and what stands in the body.

    ``whole`` refuses the whole batch even where every input carries its own trace id.
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

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The JSON body of a whole answer that says no."""
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
        """The same as one entry of ``errors[]`` beside results.

        ``errors`` and ``links`` are always there: strict clients, HubSpot's own SDK among them, insist.
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
    """One property value that cannot be written, and HubSpot's code for why."""

    property_name: str
    code: str
    message: str


def malformed_body(detail: str) -> Refusal:
    """A body that is no JSON, or has another shape than asked for; such answers carry no category."""
    return Refusal(400, detail, category=None)


def missing_fields(names: Iterable[str]) -> Refusal:
    """A body without fields that it must have."""
    return wrong_shape(f"Some required fields were not set: [{', '.join(names)}]")


def wrong_shape(detail: str) -> Refusal:
    """JSON that is no use here: a list where an object belongs, and the like."""
    return malformed_body(f"{JSON_PREFIX}{detail}")


def invalid_request(message: str, **context: Sequence[str]) -> Refusal:
    """Any other 400."""
    return Refusal(400, message, context=context)


def unauthenticated() -> Refusal:
    """No token, or none that this server knows."""
    return Refusal(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
    )


def missing_scopes(scopes: Iterable[str]) -> Refusal:
    """The token lacks all of ``scopes``, any one of which would do."""
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


def not_found(message: str = "resource not found") -> Refusal:
    """No such record or definition."""
    return Refusal(404, message, category=NOT_FOUND)


def not_imitated(method: str, path: str) -> Refusal:
    """A path that HubSpot may serve, and the emulator does not: nobody should look for a missing record."""
    return Refusal(
        404,
        f"The emulator does not imitate {method} {path}; docs/emulator.md says what it does imitate",
        category=NOT_IMITATED,
    )


def method_not_allowed() -> Refusal:
    """The path exists, but not for this method."""
    return Refusal(405, "HTTP 405 Method Not Allowed", category=None)


def unknown_type(text: str) -> Refusal:
    """The type segment names nothing here; also a custom object's bare name."""
    return Refusal(400, f"Unable to infer object type from: {text}")


def bad_values(problems: Sequence[BadValue]) -> Refusal:
    """Property values that cannot be written, said both ways: in ``errors`` and as JSON in ``message``."""
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
    """An update that names no property."""
    return Refusal(400, "No properties found to update, please provide at least one.")


def required_not_set(type_name: str, properties: Sequence[str]) -> Refusal:
    """A new record lacks properties that its type insists on."""
    return Refusal(
        400,
        f"Error creating {type_name}. Some required properties were not set.",
        context={"properties": list(properties)},
    )


def admin_rule(code: str, properties: Sequence[str]) -> Refusal:
    """The portal's own rules of what a record must have, enforced from version 2026-09 on.

    developers.hubspot.com/changelog/crm-api-write-validation-enforcement
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
    """Ids that name no live record: one refusal, however many."""
    return Refusal(
        404,
        f"Could not get some {type_name} objects, they may be deleted or not exist. "
        "Check that ids are valid.",
        category=NOT_FOUND,
        context={"ids": list(ids)},
    )


def duplicate_ids(ids: Sequence[str]) -> Refusal:
    """One batch names a record twice: github.com/segmentio/action-destinations/pull/3969."""
    return Refusal(
        400,
        f"Duplicate IDs found in batch input: [{', '.join(ids)}]. IDs must be unique",
        context={"ids": list(ids)},
        whole=True,
    )


def non_unique_property(operation: str, type_id: str, name: str, portal_id: int) -> Refusal:
    """``idProperty`` names no unique property: github.com/segmentio/action-destinations/pull/3957."""
    return Refusal(
        400,
        f"Unable to perform {operation} by non-unique {type_id} property {name} in portal ID {portal_id}",
        whole=True,
    )


def unique_value_taken(name: str, value: str, record_id: int) -> Refusal:
    """Another record holds this value of a unique property."""
    problem = BadValue(name, "CONFLICTING_UNIQUE_VALUE", f'{record_id} already has the value "{value}"')
    refusal = bad_values([problem])
    refusal.context = {"propertyName": [name]}
    return refusal


def contact_exists(record_id: int, *, secondary: bool) -> Refusal:
    """The address belongs to another contact; where it is a secondary one, the whole batch falls."""
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
    """A limit is used up: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines.

    Whether such answers carry Retry-After is not documented; these do not.
    """
    return Refusal(
        429,
        f"You have reached your {policy.lower()} limit.",
        category=None,
        extra={"errorType": "RATE_LIMIT", "policyName": policy, "groupName": group},
    )
