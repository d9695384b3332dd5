"""Guesses about behaviour that HubSpot does not document: one small function for each.

Every function is a guess. When somebody measures the live API, the correction is one line in this file.
``docs/emulator.md`` lists the guesses for users.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from reconciler.emulator import refusals
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.versions import Version


def status_of_partial_success(version: Version) -> int:
    """Guess that a batch with errors returns 207 in every version, also in 2026-09.

    The specification of 2026-09 does not list it any more.
    """
    del version
    return 207


def written_null(version: Version, property_name: str) -> str:
    """Guess that ``null`` clears only if the specification allows it (2026-09), and is refused otherwise."""
    if version.null_clears:
        return ""
    raise refusals.wrong_shape(f"Cannot deserialize null as value of property {property_name}")


def missing_inputs() -> list[Any]:
    """Guess that a body without ``inputs`` does nothing and succeeds; for upsert, this was observed.

    github.com/rudderlabs/rudder-transformer/pull/5147
    """
    return []


def ids_to_read(ids: Sequence[str]) -> list[str]:
    """Guess that batch/read reads an id once if it is given twice."""
    return list(dict.fromkeys(ids))


def archived_records_keep_unique_values() -> bool:
    """Guess that they do not, so that an upsert by the key of an archived record creates a new record."""
    return False


def equal_write_counts_as_change() -> bool:
    """Guess that writing an equal value changes no date and adds no history."""
    return False


def order_of_results(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Guess the order of results: not the order of inputs, but sorted by the reversed digits of the id."""
    return sorted(results, key=lambda result: str(result["id"])[::-1])


def number_text(text: str) -> str:
    """Guess that a number keeps the text it was written with (``17.0`` stays ``17.0``)."""
    return text


def date_text(day: date) -> str:
    """Guess that a date is returned as ``YYYY-MM-DD`` in every version; some examples show milliseconds."""
    return day.isoformat()


def plain_text(text: str) -> str:
    """Guess that strings are not trimmed and line endings do not change."""
    return text


def trace_ids_count(trace_ids: Sequence[object]) -> bool:
    """Guess that repeated trace ids count as no trace ids."""
    return all(isinstance(item, str) and item for item in trace_ids) and len(set(trace_ids)) == len(trace_ids)


def unique_form(text: str) -> str:
    """Guess that unique values that differ only in case are different; e-mail addresses are lower case."""
    return text


def lifecycle_step_back(stored: str, wanted: str) -> str:
    """Guess that a step back of ``lifecyclestage`` is ignored without an error."""
    del wanted
    return stored


def merged_id_is_left_out(survivor: int | None) -> bool:
    """Guess that batch/read leaves out a merged id without an error, as batch/update does."""
    return survivor is not None


def operation_not_offered() -> refusals.Refusal:
    """Guess that an operation that the object type or the version does not offer is a 405."""
    return refusals.method_not_allowed()


def type_not_activated(path: str) -> refusals.Refusal:
    """Guess that records of a type that is not activated are refused like those of an unknown type."""
    return refusals.unknown_type(path)


def unlisted_association_type(from_id: str, to_id: str) -> int:
    """Guess numbers for default associations of standard types that nobody published.

    They combine both type numbers, so that each pair has its own: contact (0-1) to order (0-123) is 1001123.
    """
    start, end = (
        int(type_id.partition("-")[2]) if type_id.startswith("0-") else 999 for type_id in (from_id, to_id)
    )
    return 1_000_000 + 1000 * start + end


def too_many_associated(from_id: int, to_id: int, bearer: int) -> refusals.Refusal:
    """Guess that an association beyond a limit of the portal is refused; existing ones stay."""
    return refusals.invalid_request(
        f"record {bearer} has as many associations of this type as the portal allows",
        fromObjectId=[str(from_id)],
        toObjectId=[str(to_id)],
    )


def display_properties(object_type: ObjectType) -> tuple[str, ...]:
    """Guess that the schema of a standard type lists the properties of which a new record must have one."""
    return object_type.required[0] if object_type.required else ("hs_object_id",)


def phantom_stages(pipeline_id: str) -> list[str]:
    """Guess the stages that are named when another type has the id of a pipeline; they exist nowhere."""
    return [f"{pipeline_id}-{number}" for number in (1, 2)]


def stage_id_twice(stage_id: str) -> refusals.Refusal:
    """Guess that one pipeline with two stages of one id is refused like an id that is in use."""
    return refusals.Refusal(400, f"The pipeline is already using stage id {stage_id}", category=None)


def plain_exists(from_id: str, to_id: str) -> refusals.Refusal:
    """Guess that a second unlabelled association, or one of two standard types, is refused with 400."""
    return refusals.invalid_request(f"{from_id} and {to_id} have an association without a label already")


def allowance(tier: str) -> dict[str, int]:
    """Guess how many definitions a tier allows: the numbers of HubSpot's catalogue as people quote them."""
    names = (
        *("custom object types", "custom properties", "calculated properties", "pipelines"),
        "association labels",
    )
    numbers = {
        "free": (0, 10, 0, 0, 0),
        "starter": (0, 1000, 0, 1, 0),
        "professional": (0, 1000, 25, 14, 50),
        "enterprise": (20, 1000, 200, 100, 50),
    }
    return dict(zip(names, numbers[tier], strict=True))


def not_in_this_tier(feature: str) -> refusals.Refusal:
    """Guess that a portal without the feature answers 403 without naming a scope that would help."""
    return refusals.Refusal(
        403, f"This hub doesn't have proper permissions! ({feature})", category="MISSING_SCOPES"
    )


def use_by_a_schema(field: str) -> tuple[str, str]:
    """Guess that a property that a schema displays or requires is in use, and cannot be archived."""
    return "OBJECT_SCHEMA", field


def letter_case(style: str) -> Callable[[str], str]:
    """Guess the arguments of the rule FORMAT; only their meaning was published."""
    styles: dict[str, Callable[[str], str]] = {
        "UPPERCASE": str.upper,
        "LOWERCASE": str.lower,
        "CAPITALIZE": lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split(" ")),
    }
    return styles[style]


def code_of_rule(rule_type: str, arguments: Sequence[str]) -> str:
    """Guess the code of a broken validation rule, modelled on an observed one (``INVALID_ALPHA``)."""
    if rule_type == "ALPHANUMERIC":
        return f"INVALID_{arguments[0].removesuffix('_ONLY')}"
    return f"INVALID_{rule_type}"


def status_of_unknown_token() -> int:
    """Guess the status of token information about a token that does not exist."""
    return 404


def sorts_allowed() -> int:
    """Guess that a search with a second sort is refused, instead of using only the first one."""
    return 1


def searched_by_query(type_name: str) -> bool:
    """Guess that ``query`` looks at every property that contains text."""
    return type_name in {"string", "phone_number"}
