"""Filters of a search, as functions that test a record.

Source: developers.hubspot.com/docs/api-reference/search/guide. Comparisons of texts ignore
case; values of enumerations must match exactly. If ``IN`` or ``NOT_IN`` is used with texts, the given values
must be in lower case.
"""

import operator as operators
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from reconciler.emulator import refusals, response_format
from reconciler.emulator.associations import Pair
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.schema import Property

Test = Callable[[Record], bool]
Comparable = Decimal | str
ASSOCIATIONS = "associations."
_OPERATORS = frozenset(
    [
        "EQ",
        "NEQ",
        "LT",
        "LTE",
        "GT",
        "GTE",
        "BETWEEN",
        "IN",
        "NOT_IN",
        "HAS_PROPERTY",
        "NOT_HAS_PROPERTY",
        "CONTAINS_TOKEN",
        "NOT_CONTAINS_TOKEN",
    ]
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "LT": operators.lt,
    "LTE": operators.le,
    "GT": operators.gt,
    "GTE": operators.ge,
}


def any_group(work: Work, object_type: ObjectType, groups: Sequence[Sequence[Json]]) -> Test:
    """Return the test for filter groups: a record must pass all filters of at least one group.

    Without groups, every record passes.
    """
    tests = [[_test(work, object_type, item) for item in group] for group in groups]
    if not tests:
        return lambda _record: True
    return lambda record: any(all(test(record) for test in group) for group in tests)


def _test(work: Work, object_type: ObjectType, item: Json) -> Test:
    name = response_format.as_text(item.get("propertyName"), "propertyName")
    operator = response_format.as_text(item.get("operator"), "operator")
    if operator not in _OPERATORS:
        raise refusals.invalid_request(f"{operator} is not an operator")
    if name.startswith(ASSOCIATIONS):
        return _associated(work, object_type, name.removeprefix(ASSOCIATIONS), operator, item)
    definition = work.definitions(object_type).properties.get(name)
    if definition is None:
        raise refusals.invalid_request(f'Property "{name}" does not exist')
    return partial(_holds, definition, _condition(definition, operator, item), operator)


def _holds(definition: Property, condition: Callable[[str], bool], operator: str, record: Record) -> bool:
    """Return whether a record passes a filter; without a value, it passes only negative operators."""
    value = record.properties.get(definition.name)
    if value is None:
        return operator in {"NEQ", "NOT_IN", "NOT_HAS_PROPERTY", "NOT_CONTAINS_TOKEN"}
    return condition(value)


def _condition(definition: Property, operator: str, item: Json) -> Callable[[str], bool]:
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return lambda _value: operator == "HAS_PROPERTY"
    if operator in {"IN", "NOT_IN"}:
        if item.get("values") is None:
            raise refusals.missing_fields(["values"])
        wanted = response_format.as_names(item["values"], "values")
        return lambda value: _is_among(definition, value, wanted) == (operator == "IN")
    text = response_format.as_text(item.get("value"), "value")
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        return lambda value: _has_token(value, text) == (operator == "CONTAINS_TOKEN")
    wanted_one = comparable(definition, text)
    if operator in {"EQ", "NEQ"}:
        if definition.is_multiple:
            return lambda value: (text in value.split(";")) == (operator == "EQ")
        return lambda value: (comparable(definition, value) == wanted_one) == (operator == "EQ")
    if operator == "BETWEEN":
        high = comparable(definition, response_format.as_text(item.get("highValue"), "highValue"))
        at_least, at_most = _COMPARE["GTE"], _COMPARE["LTE"]
        return lambda value: (
            at_least(comparable(definition, value), wanted_one)
            and at_most(comparable(definition, value), high)
        )
    compare = _COMPARE[operator]
    return lambda value: compare(comparable(definition, value), wanted_one)


def _is_among(definition: Property, value: str, wanted: Sequence[str]) -> bool:
    if definition.is_multiple:
        return not set(value.split(";")).isdisjoint(wanted)
    if definition.type in {"string", "phone_number"}:
        return value.lower() in wanted
    return comparable(definition, value) in {comparable(definition, text) for text in wanted}


def comparable(definition: Property, text: str) -> Comparable:
    """Convert a value to the form in which values of the property are compared."""
    if definition.type in {"date", "datetime"}:
        try:
            return Decimal(int(text)) if re.fullmatch(r"-?\d+", text) else Decimal(parse_iso(text))
        except ValueError:
            raise refusals.invalid_request(f"{text} is not a date") from None
    if definition.type == "number":
        try:
            return Decimal(text)
        except InvalidOperation:
            raise refusals.invalid_request(f"{text} is not a number") from None
    return text if definition.type == "enumeration" else text.lower()


def _has_token(value: str, pattern: str) -> bool:
    """Return whether the value, or one word of it, matches ``pattern``, in which ``*`` matches any text."""
    value, pattern = value.lower(), pattern.lower()
    # Only * is a wildcard here; fnmatch would also treat ? and [ as wildcards.
    pattern = re.sub(r"([?\[])", r"[\1]", pattern)
    words: tuple[str, ...] = (value, *value.split(), *re.findall(r"\w+", value))
    return any(fnmatchcase(word, pattern) for word in words)


def _associated(work: Work, object_type: ObjectType, address: str, operator: str, item: Json) -> Test:
    """Return the test of a filter on ``associations.{type}``; refuse a custom object type.

    ``HAS_PROPERTY`` tests whether the record has any association with this type. ``EQ`` and ``IN`` test
    whether the record is associated with one of the given ids. Negative operators test the opposite.
    """
    to_type = work.object_type(address)
    if to_type.is_custom:
        raise refusals.invalid_request("records cannot be searched by associations with custom objects")
    pair = Pair(work, object_type, to_type)
    wanted = {item.get("value"), *(item.get("values") or ())}
    wanted_ids = {str(value) for value in wanted if value is not None}

    def test(record: Record) -> bool:
        found = {str(to_id) for to_id in pair.of(record.id)}
        if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
            return bool(found) == (operator == "HAS_PROPERTY")
        if operator in {"EQ", "IN"}:
            return not found.isdisjoint(wanted_ids)
        if operator in {"NEQ", "NOT_IN"}:
            return found.isdisjoint(wanted_ids)
        raise refusals.invalid_request(f"associations cannot be compared by {operator}")

    return test
