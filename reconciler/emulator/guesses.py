"""Guesses: how the emulator behaves where HubSpot's behaviour is not documented.

Each function here depends on one setting of ``guess_settings``, which describes what is known. A setting that
needs no function is read in the module whose behaviour depends on it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from reconciler.emulator import refusals
from reconciler.emulator.clock import to_ms_of_day
from reconciler.emulator.guess_settings import Guesses
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.versions import Version

_AWAY_MS = 10_000
"""Milliseconds from the call to ``createdAt``, if a setting puts ``createdAt`` before or after the call."""
_FIRST_WORD = "CAPITALIZE the first word"


def status_of_partial_success(chosen: Guesses, version: Version) -> int:
    """Return the status of a batch in which some inputs failed."""
    return int(chosen.partial_success_2026_09) if version.name == "2026-09" else 207


def written_null(chosen: Guesses, version: Version, property_name: str, stored: str) -> str:
    """Return the text that a written ``null`` becomes, or refuse the ``null``."""
    if version.null_clears or chosen.written_null == "clears":
        return ""
    if chosen.written_null == "ignored":
        return stored
    raise refusals.wrong_shape(f"Cannot deserialize null as value of property {property_name}")


def missing_inputs(chosen: Guesses) -> list[Any]:
    """Return the inputs to use for a body without ``inputs``, or refuse the body."""
    if chosen.missing_inputs == "refused":
        raise refusals.missing_fields(["inputs"])
    return []


def ids_to_read(chosen: Guesses, ids: Sequence[str]) -> list[str]:
    """Return the ids for which batch/read returns a record, in order."""
    return list(dict.fromkeys(ids)) if chosen.id_read_twice == "once" else list(ids)


def order_of_results(chosen: Guesses, results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results in the order of the inputs, or sorted by the digits of each id, last digit first.

    Programs that rely on the order of the inputs fail with the second order.
    """
    if chosen.result_order == "as_asked":
        return list(results)
    return sorted(results, key=lambda result: str(result["id"])[::-1])


def refuse_same_values(values: Sequence[tuple[str, str]]) -> None:
    """Refuse a batch in which two inputs give a unique property the same value.

    ``values`` are pairs of property name and value.
    """
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise refusals.duplicate_ids([text for _, text in twice])


def missing_end(chosen: Guesses, name: str, record_id: str) -> refusals.Refusal:
    """Return the refusal of an association with a record that does not exist."""
    refusal = refusals.missing_records(name, [record_id])
    refusal.whole = chosen.missing_end == "whole_call"
    return refusal


def ids_in_use(chosen: Guesses, ids: Sequence[str]) -> list[str]:
    """Return the ids in use that HubSpot's refusal names: all ``ids``, or only the first."""
    return list(ids) if chosen.ids_in_use == "all" else list(ids[:1])


def number_text(chosen: Guesses, text: str) -> str:
    """Return the form in which HubSpot stores a number."""
    return text if chosen.number_text == "as_written" else f"{Decimal(text).normalize():f}"


def date_text(chosen: Guesses, day: date) -> str:
    """Convert a date to the text that HubSpot stores."""
    return day.isoformat() if chosen.date_text == "day" else str(to_ms_of_day(day))


def plain_text(chosen: Guesses, text: str) -> str:
    """Return the form in which HubSpot stores a text."""
    return text if chosen.plain_text == "as_written" else text.strip()


def phone_text(chosen: Guesses, text: str) -> str:
    """Return the form in which HubSpot stores a phone number."""
    if chosen.phone_text == "as_written":
        return text
    return "".join(character for character in text if character.isdigit() or character == "+")


def trace_ids_count(chosen: Guesses, trace_ids: Sequence[object]) -> bool:
    """Return whether these trace ids allow some inputs of a batch to succeed although other inputs fail."""
    if chosen.trace_ids == "nothing_written":
        return False
    if not all(isinstance(item, str) and item for item in trace_ids):
        return False
    return chosen.repeated_trace_ids == "counted" or len(set(trace_ids)) == len(trace_ids)


def unique_form(chosen: Guesses, text: str) -> str:
    """Convert a value of a unique property for comparing: equal results mean equal values."""
    text = text.casefold() if chosen.key_case == "same" else text
    return text.strip() if chosen.key_blanks == "same" else text


def lifecycle_step_back(chosen: Guesses, stored: str, wanted: str) -> str | None:
    """Return the stored lifecycle stage after a write that sets it back; None if the write is refused."""
    return {"ignored": stored, "taken": wanted}.get(chosen.lifecycle_step_back)


def created_ms(chosen: Guesses, now_ms: int) -> int:
    """Return the time that ``createdAt`` shows for a record that is created at ``now_ms``."""
    away_ms = {"before_the_call": -_AWAY_MS, "after_the_call": _AWAY_MS}.get(chosen.created_at, 0)
    return now_ms + away_ms


def sends_limit_headers(chosen: Guesses, *, is_search: bool) -> bool:
    """Return whether an answer has the headers about rate limits."""
    return chosen.limit_headers == "everywhere" or (
        chosen.limit_headers == "not_of_searches" and not is_search
    )


def operation_not_offered(chosen: Guesses) -> refusals.Refusal:
    """Return the refusal of an operation that the object type or the version does not have."""
    if chosen.operation_not_offered == "404":
        return refusals.not_found()
    return refusals.method_not_allowed()


def type_not_activated(chosen: Guesses, path: str) -> refusals.Refusal:
    """Return the refusal for records of a type that is not activated: as unknown, or as forbidden."""
    if chosen.type_not_activated == "forbidden":
        return refusals.Refusal(403, f"{path} is not activated", category="USER_DOES_NOT_HAVE_PERMISSIONS")
    return refusals.unknown_type(path)


def unlisted_association_type(first: int, from_id: str, to_id: str) -> int:
    """Return a made-up number for an unpublished association type between two standard object types.

    The number is computed from both type numbers, so each pair of types has another number: contact (0-1) to
    order (0-123) has 1001123 if ``first`` is 1,000,000.
    """
    start, end = (
        int(type_id.partition("-")[2]) if type_id.startswith("0-") else 999 for type_id in (from_id, to_id)
    )
    return first + 1000 * start + end


def too_many_associated(chosen: Guesses, from_id: int, to_id: int, bearer: int) -> refusals.Refusal:
    """Return the refusal of an association because record ``bearer`` has as many as the portal allows."""
    refusal = refusals.invalid_request(
        f"record {bearer} has as many associations of this type as the portal allows",
        fromObjectId=[str(from_id)],
        toObjectId=[str(to_id)],
    )
    refusal.status = int(chosen.too_many_associated)
    return refusal


def display_properties(chosen: Guesses, object_type: ObjectType) -> tuple[str, ...]:
    """Return the properties that the schema of a standard type shows as the name of a record."""
    if chosen.display_properties == "required" and object_type.required:
        return object_type.required[0]
    return ("hs_object_id",)


def phantom_stages(chosen: Guesses, pipeline_id: str) -> list[str]:
    """Return made-up stage ids for the refusal of a pipeline whose id another object type uses.

    The setting ``phantom_stages`` says whether HubSpot's refusal names such stages, which do not exist.
    """
    return [f"{pipeline_id}-{number}" for number in (1, 2)] if chosen.phantom_stages == "named" else []


def stage_id_twice(chosen: Guesses, stage_id: str) -> refusals.Refusal:
    """Return the refusal of a pipeline in which two stages have the same id."""
    message = f"The pipeline is already using stage id {stage_id}"
    return refusals.Refusal(int(chosen.stage_id_twice), message, category=None)


def plain_exists(chosen: Guesses, from_id: str, to_id: str) -> refusals.Refusal:
    """Return the refusal of a second association type without a label between the same two object types."""
    refusal = refusals.invalid_request(f"{from_id} and {to_id} have an association without a label already")
    refusal.status = int(chosen.plain_association_again)
    return refusal


def allowance(chosen: Guesses, tier: str) -> dict[str, int]:
    """Return how many definitions a tier allows, by feature."""
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
    unlimited = (1_000_000,) * len(names)
    return dict(zip(names, unlimited if chosen.allowance == "unlimited" else numbers[tier], strict=True))


def not_in_this_tier(chosen: Guesses, feature: str) -> refusals.Refusal:
    """Return the refusal of a feature that the tier does not include; HubSpot names no missing scope."""
    message = f"This hub doesn't have proper permissions! ({feature})"
    return refusals.Refusal(int(chosen.outside_tier), message, category="MISSING_SCOPES")


def style_of(chosen: Guesses, style: str) -> str:
    """Return the style that an argument of the validation rule FORMAT stands for."""
    return _FIRST_WORD if style == "CAPITALIZE" and chosen.capitalized == "first_word" else style


def letter_case(style: str) -> Callable[[str], str]:
    """Return the function that the rule FORMAT applies to a text; HubSpot does not document it exactly."""
    styles: dict[str, Callable[[str], str]] = {
        "UPPERCASE": str.upper,
        "LOWERCASE": str.lower,
        "CAPITALIZE": _first_letters,
        _FIRST_WORD: _first_letter,
    }
    return styles[style]


def _first_letter(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_letters(text: str) -> str:
    return " ".join(map(_first_letter, text.split(" ")))


def code_of_rule(chosen: Guesses, rule_type: str, arguments: Sequence[str]) -> str:
    """Return the error code for a value that breaks a validation rule."""
    if chosen.rule_code == "general":
        return "INVALID_VALUE"
    if rule_type == "ALPHANUMERIC":
        return f"INVALID_{arguments[0].removesuffix('_ONLY')}"
    return f"INVALID_{rule_type}"


def searched_by_query(chosen: Guesses, type_name: str) -> bool:
    """Return whether the ``query`` of a search looks at properties of this type."""
    return chosen.query_search == "every_type" or type_name in {"string", "phone_number"}
