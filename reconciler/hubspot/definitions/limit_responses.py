"""The shapes of answers about limits of definitions.

Source: https://github.com/HubSpot/HubSpot-public-api-spec-collection, "Limits Tracking".
"""

from reconciler.hubspot.transport.responses import Shape


class LimitBody(Shape):
    """A limit and its use; if an object type is given, the limit of this type."""

    usage: int = 0
    limit: int | None = None
    object_type_id: str | None = None


class OverallLimitBody(Shape):
    """A limit for all object types together, with the limit of each type."""

    overall_usage: int = 0
    overall_limit: int | None = None
    by_object_type: tuple[LimitBody, ...] = ()


class PipelineLimitsBody(Shape):
    """The limits of pipelines: each standard type has a limit, all custom types share one limit."""

    hubspot_defined_object_types: tuple[LimitBody, ...] = ()
    custom_object_types: OverallLimitBody = OverallLimitBody()


class LabelLimitsBody(Shape):
    """The limits of labels, for the directions that the call asks about."""

    results: tuple[LimitBody, ...] = ()
