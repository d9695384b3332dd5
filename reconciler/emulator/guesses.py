"""Where nobody says what HubSpot does: one small function for each choice made here.

Every function is a guess. When somebody measures the real thing, the correction is one line in this file.
``docs/emulator.md`` lists them for users.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from reconciler.emulator import refusals
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.versions import Version


def status_of_partial_success(version: Version) -> int:
    """Guess: a batch with errors answers 207 in every version; 2026-09's specification no longer lists it."""
    del version
    return 207


def written_null(version: Version, property_name: str) -> str:
    """Guess: ``null`` clears where the specification allows it (2026-09), and is refused elsewhere."""
    if version.null_clears:
        return ""
    raise refusals.wrong_shape(f"Cannot deserialize null as value of property {property_name}")


def missing_inputs() -> list[Any]:
    """Guess, but for upsert, where it was seen: a body without ``inputs`` does nothing, successfully.

    github.com/rudderlabs/rudder-transformer/pull/5147
    """
    return []


def ids_to_read(ids: Sequence[str]) -> list[str]:
    """Guess: an id that batch/read is given twice is read once."""
    return list(dict.fromkeys(ids))


def archived_records_keep_unique_values() -> bool:
    """Guess: they do not, so an upsert by the key of an archived record makes a new one."""
    return False


def equal_write_counts_as_change() -> bool:
    """Guess: writing the value that is there moves no date and adds no history."""
    return False


def order_of_results(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Guess: how results differ from the order of inputs; here by the digits of the id, from the back."""
    return sorted(results, key=lambda result: str(result["id"])[::-1])


def number_text(text: str) -> str:
    """Guess: a number keeps the text it was written with (``17.0`` stays ``17.0``)."""
    return text


def date_text(day: date) -> str:
    """Guess: a date reads as ``YYYY-MM-DD`` in every version; some examples show milliseconds."""
    return day.isoformat()


def plain_text(text: str) -> str:
    """Guess: strings are neither trimmed nor are their line endings changed."""
    return text


def trace_ids_count(trace_ids: Sequence[object]) -> bool:
    """Guess: trace ids that repeat are as good as none."""
    return all(isinstance(item, str) and item for item in trace_ids) and len(set(trace_ids)) == len(trace_ids)


def unique_form(text: str) -> str:
    """Guess: values of unique properties are told apart by case (addresses are in lower case anyway)."""
    return text


def lifecycle_step_back(stored: str, wanted: str) -> str:
    """Guess: a step back of ``lifecyclestage`` is passed over in silence."""
    del wanted
    return stored


def merged_id_is_left_out(survivor: int | None) -> bool:
    """Guess: batch/read leaves an id that was merged away out without an error, as batch/update does."""
    return survivor is not None


def operation_not_offered() -> refusals.Refusal:
    """Guess: an operation that the object type, or the version, does not have is a 405."""
    return refusals.method_not_allowed()


def type_not_activated(path: str) -> refusals.Refusal:
    """Guess: records of a type that the portal has not activated are refused like an unknown type."""
    return refusals.unknown_type(path)


def unlisted_association_type(from_id: str, to_id: str) -> int:
    """Guess: numbers for pairs of standard types whose default association nobody published.

    Made of both type numbers, so that each pair has its own: contact (0-1) to order (0-123) is 1001123.
    """
    start, end = (
        int(type_id.partition("-")[2]) if type_id.startswith("0-") else 999 for type_id in (from_id, to_id)
    )
    return 1_000_000 + 1000 * start + end


def too_many_associated(from_id: int, to_id: int, bearer: int) -> refusals.Refusal:
    """Guess: beyond a limit that the portal set an association is refused; one that is there stays."""
    return refusals.invalid_request(
        f"record {bearer} has as many associations of this type as the portal allows",
        fromObjectId=[str(from_id)],
        toObjectId=[str(to_id)],
    )


def display_properties(object_type: ObjectType) -> tuple[str, ...]:
    """Guess: the schema of a standard type shows the properties of which a new record must have one."""
    return object_type.required[0] if object_type.required else ("hs_object_id",)


def letter_case(style: str) -> Callable[[str], str]:
    """Guess: the arguments of the rule FORMAT, of which only the meaning was published."""
    styles: dict[str, Callable[[str], str]] = {
        "UPPERCASE": str.upper,
        "LOWERCASE": str.lower,
        "CAPITALIZE": lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split(" ")),
    }
    return styles[style]


def code_of_rule(rule_type: str, arguments: Sequence[str]) -> str:
    """Guess: the code of a broken validation rule, after the one that was seen (``INVALID_ALPHA``)."""
    if rule_type == "ALPHANUMERIC":
        return f"INVALID_{arguments[0].removesuffix('_ONLY')}"
    return f"INVALID_{rule_type}"


def status_of_unknown_token() -> int:
    """Guess: token information about a token that does not exist."""
    return 404


def sorts_allowed() -> int:
    """Guess: a search with a second sort is refused rather than served by the first alone."""
    return 1


def searched_by_query(type_name: str) -> bool:
    """Guess: ``query`` looks at every property that holds text."""
    return type_name in {"string", "phone_number"}
