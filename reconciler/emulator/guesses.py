"""Where nobody says what HubSpot does: one small function for each choice made here.

Every function is a guess. When somebody measures the real thing, the correction is one line in this file.
``docs/emulator.md`` lists them for users.
"""

from collections.abc import Sequence
from typing import Any

from reconciler.emulator import refusals
from reconciler.emulator.versions import Version


def status_of_partial_success(version: Version) -> int:
    """Guess: a batch with errors answers 207 in every version; 2026-09's specification no longer lists it."""
    del version
    return 207


def written_null(version: Version, property_name: str) -> str:
    """Guess: ``null`` clears where the specification allows it (2026-09), and is refused elsewhere."""
    if version.null_clears:
        return ""
    raise refusals.malformed_body(
        f"Invalid input JSON on line 1, column 1: Cannot deserialize null value of property {property_name}"
    )


def equal_write_counts_as_change() -> bool:
    """Guess: writing the value that is there moves no date and adds no history."""
    return False


def order_of_results(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Guess: how results differ from the order of inputs; here by the digits of the id, from the back."""
    return sorted(results, key=lambda result: str(result["id"])[::-1])


def number_text(text: str) -> str:
    """Guess: a number keeps the text it was written with (``17.0`` stays ``17.0``)."""
    return text


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
    """Guess: a step back of ``lifecyclestage`` is passed over in silence, as in the documented forward rule."""
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
