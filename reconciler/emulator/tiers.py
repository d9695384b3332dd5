"""Limits on the number of definitions of a portal, which depend on its subscription (``tier``).

knowledge.hubspot.com/data-management/track-crm-data-limits lists the features of each tier; the numbers and
the refusals are guesses. A seed may contain more definitions than the tier allows: HubSpot, too, keeps
definitions after a downgrade.
"""

from collections.abc import Iterable

from reconciler.emulator import guesses, refusals, settling
from reconciler.emulator.association_types import LABEL
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work
from reconciler.emulator.standard import Body, standard_definitions

CUSTOM_TYPES, CUSTOM_PROPERTIES, CALCULATED, PIPELINES, LABELS = (
    *("custom object types", "custom properties", "calculated properties", "pipelines", "association labels"),
)
MAX_PIPELINES = {"orders": 50}
"""Limits of pipelines for types that allow fewer than the tier: github.com/scopiousdigital/kalup."""


WHOLE_PORTAL = ""
"""Marks a limit for all object types together; limits of one type are marked with its number instead."""


def limit(work: Work, feature: str, scope: str = WHOLE_PORTAL) -> int:
    """Return how many definitions of a feature the portal may have.

    It is 0 if the portal's tier does not have the feature.
    """
    own = work.settings["allowances"].get(feature, {})
    if scope in own:
        return int(own[scope])
    return guesses.allowance(work.guesses, work.settings["tier"])[feature]


def used(work: Work, feature: str, scope: str) -> int:
    """Return how many definitions count towards the limit of a feature; always 0 for labels."""
    if feature == CUSTOM_TYPES:
        return len(custom_types(work))
    if feature == CALCULATED:
        return sum(calculated(custom_bodies(work, object_type)) for object_type in all_types(work))
    if feature == CUSTOM_PROPERTIES:
        return len(custom_bodies(work, work.object_type(scope)))
    if feature == PIPELINES and scope == WHOLE_PORTAL:
        return sum(pipelines_used(work, custom) for custom in custom_types(work))
    return pipelines_used(work, work.object_type(scope)) if feature == PIPELINES else 0


def refuse(work: Work, feature: str, there: int, maximum: int | None = None) -> None:
    """Refuse a request of an app for a new definition if the limit is reached.

    ``there`` is the number of definitions that count towards the limit. Seeds and people have no limit.
    """
    allowed = limit(work, feature) if maximum is None else maximum
    if work.actor is None or there < allowed:
        return
    if allowed == 0:
        raise guesses.not_in_this_tier(work.guesses, feature)
    raise refusals.invalid_request(f"there are {there} {feature} already, and the limit is {allowed}")


def custom_types(work: Work) -> list[ObjectType]:
    """Return the custom object types that are not archived."""
    schemas = work.stored(SCHEMA, NO_TYPE).values()
    return [work.custom_type(schema) for schema in schemas if not schema["archived"]]


def all_types(work: Work) -> list[ObjectType]:
    """Return every object type of the portal."""
    return [*dict.fromkeys(standard_types().values()), *custom_types(work)]


def custom_bodies(work: Work, object_type: ObjectType) -> list[Body]:
    """Return the definitions of the portal's own properties that are not archived."""
    bodies = work.stored("property", object_type.type_id).values()
    return [body for body in bodies if not body["hubspotDefined"] and not body["archived"]]


def calculated(bodies: Iterable[Body]) -> int:
    """Count the calculated properties in ``bodies``."""
    return sum(bool(body.get("calculationFormula")) for body in bodies)


def pipelines_used(work: Work, object_type: ObjectType) -> int:
    """Count the pipelines of a type, without HubSpot's own pipeline."""
    own = len(standard_definitions(object_type)["pipeline"])
    return max(0, len(work.definitions(object_type).pipelines) - own)


def pipelines_allowed(work: Work, object_type: ObjectType) -> int:
    """Return how many pipelines a type may have besides HubSpot's own pipeline."""
    allowed = limit(work, PIPELINES, object_type.type_id)
    return min(allowed, MAX_PIPELINES.get(object_type.path, allowed))


def check_pipeline(work: Work, object_type: ObjectType) -> None:
    """Refuse a pipeline beyond the limit of the tier; the pipelines of all custom objects count together."""
    if object_type.is_custom:
        refuse(work, PIPELINES, sum(pipelines_used(work, custom) for custom in custom_types(work)))
    else:
        there = pipelines_used(work, object_type)
        refuse(work, PIPELINES, there, pipelines_allowed(work, object_type))


def check_calculated(work: Work) -> None:
    """Refuse a calculated property beyond the limit of the tier; those of all types count together."""
    refuse(work, CALCULATED, used(work, CALCULATED, WHOLE_PORTAL))


def labels(work: Work) -> dict[tuple[str, str], list[str]]:
    """Return the texts of the portal's labels by direction (numbers of the two object types)."""
    found: dict[tuple[str, str], list[str]] = {}
    for pair, _name, body in settling.as_of(work, LABEL, work.lag_ms):
        start, end = pair.split(">")
        if body["label"]:
            found.setdefault((start, end), []).append(body["label"])
    return found
