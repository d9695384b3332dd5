"""The portal's own rules for values of a property, and the forms into which a rule may convert values.

Source of the rule types: github.com/HubSpot/HubSpot-public-api-spec-collection, "Property Validations". The
rules hold for writes by the API: developers.hubspot.com/changelog, July 2023.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from reconciler.emulator import guesses, refusals, response_format
from reconciler.emulator.clock import from_ms, parse_iso
from reconciler.emulator.guess_settings import Guesses
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.schema import Property
from reconciler.emulator.standard import Body
from reconciler.emulator.values import InvalidValue, email

VALIDATION = "validation"

Normalizer = Callable[[str, str], str]
"""Converts a text to the form that the rule requires; the second parameter is the rule's first argument."""
Check = Callable[[str, Sequence[str]], bool]
"""Returns whether a text obeys the rule, given the rule's arguments."""


def _cased(text: str, style: str) -> str:
    return guesses.letter_case(style)(text)


def _trimmed(text: str, scope: str) -> str:
    return re.sub(r"\s+", "", text) if scope == "ALL" else text.strip()


def _dialled(text: str, _argument: str) -> str:
    return "+" + re.sub(r"\D", "", text) if text.lstrip().startswith("+") else text


_NORMALIZERS: Mapping[str, Normalizer] = {
    "FORMAT": _cased,
    "WHITESPACE": _trimmed,
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": _dialled,
}


def _is_email(text: str, _arguments: Sequence[str]) -> bool:
    try:
        email(text)
    except InvalidValue:
        return False
    return True


def _host(text: str) -> str:
    return re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.lower()).partition("/")[0].rpartition("@")[2]


_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}", re.IGNORECASE)
_ALPHANUMERIC = {
    "ALPHA_ONLY": re.compile(r"[^\W\d_]+(\s[^\W\d_]+)*"),
    "NUMERIC_ONLY": re.compile(r"\d+"),
    "ALPHANUMERIC": re.compile(r"[^\W_]+(\s[^\W_]+)*"),
}
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


_CHECKS: Mapping[str, Check] = {
    "ALPHANUMERIC": lambda text, arguments: bool(_ALPHANUMERIC[arguments[0]].fullmatch(text)),
    "DAYS_OF_WEEK": lambda text, days: _DAYS[from_ms(parse_iso(text)).weekday()] in {d.upper() for d in days},
    "DECIMAL": lambda text, arguments: _decimals(text) <= int(arguments[0]),
    "DOMAIN": lambda text, _arguments: bool(_DOMAIN.fullmatch(text)),
    "EMAIL": _is_email,
    "EMAIL_ALLOWED_DOMAINS": lambda text, domains: _host(text) in {domain.lower() for domain in domains},
    "EMAIL_BLOCKED_DOMAINS": lambda text, domains: _host(text) not in {domain.lower() for domain in domains},
    "URL_ALLOWED_DOMAINS": lambda text, domains: _host(text) in {domain.lower() for domain in domains},
    "URL_BLOCKED_DOMAINS": lambda text, domains: _host(text) not in {domain.lower() for domain in domains},
    "START_DATE": lambda text, arguments: parse_iso(text) >= int(arguments[0]),
    "START_DATETIME": lambda text, arguments: parse_iso(text) >= int(arguments[0]),
    "END_DATE": lambda text, arguments: parse_iso(text) <= int(arguments[0]),
    "END_DATETIME": lambda text, arguments: parse_iso(text) <= int(arguments[0]),
    "FORMAT": lambda text, arguments: _cased(text, arguments[0]) == text,
    "MAX_LENGTH": lambda text, arguments: len(text) <= int(arguments[0]),
    "MIN_LENGTH": lambda text, arguments: len(text) >= int(arguments[0]),
    "MAX_NUMBER": lambda text, arguments: Decimal(text) <= Decimal(arguments[0]),
    "MIN_NUMBER": lambda text, arguments: Decimal(text) >= Decimal(arguments[0]),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": lambda text, _arguments: bool(
        re.fullmatch(r"\+[\d\s().-]{7,24}", text)
    ),
    "REGEX": lambda text, arguments: bool(re.fullmatch(arguments[0], text)),
    "SPECIAL_CHARACTERS": lambda text, _arguments: not re.search(r"[^\w\s]", text),
    "URL": lambda text, _arguments: bool(re.fullmatch(r"https?://\S+\.\S+", text)),
    "WHITESPACE": lambda text, arguments: _trimmed(text, arguments[0]) == text,
}
_UNCHECKED = ("AFTER_DURATION", "BEFORE_DURATION", "AFTER_DATETIME_DURATION", "BEFORE_DATETIME_DURATION")
"""Types of rules that can be set, but are not enforced by the emulator."""


def enforce(definition: Property, text: str, chosen: Guesses) -> str:
    """Check ``text`` against the property's validation rules; return the text to store.

    Rules with ``shouldApplyNormalization`` convert the text first. Raises InvalidValue.
    """
    for rule_type, rule in definition.rules.items():
        arguments = rule["ruleArguments"]
        if rule_type == "FORMAT":
            arguments = [guesses.style_of(chosen, style) for style in arguments]
        if rule.get("shouldApplyNormalization") and rule_type in _NORMALIZERS:
            text = _NORMALIZERS[rule_type](text, arguments[0] if arguments else "")
        check = _CHECKS.get(rule_type)
        if check and not check(text, arguments):
            code = guesses.code_of_rule(chosen, rule_type, arguments)
            raise InvalidValue(code, f"{text} breaks the rule {rule_type} of property {definition.name}")
    return text


def put(work: Work, object_type: ObjectType, name: str, rule_type: str, given: Json) -> None:
    """Store a rule of a property; refuse an unknown property or invalid arguments."""
    if name not in work.definitions(object_type).properties:
        raise refusals.not_found(f'Property "{name}" does not exist')
    arguments = response_format.as_names(given.get("ruleArguments"), "ruleArguments")
    if rule_type not in _CHECKS and rule_type not in _UNCHECKED:
        raise refusals.invalid_request(f"{rule_type} is not a rule type")
    _check_arguments(rule_type, arguments)
    rules = dict(rules_of(work, object_type, name))
    rules[rule_type] = {"ruleType": rule_type, "ruleArguments": list(arguments)}
    if given.get("shouldApplyNormalization") is not None:
        rules[rule_type]["shouldApplyNormalization"] = bool(given["shouldApplyNormalization"])
    work.store(VALIDATION, object_type.type_id, name, rules)


def _check_arguments(rule_type: str, arguments: Sequence[str]) -> None:
    """Refuse arguments with which the rule's check cannot run: too few, or a text in place of a number."""
    sample = "2026-11-22" if "DATE" in rule_type or rule_type == "DAYS_OF_WEEK" else "1"
    try:
        if rule_type in _CHECKS:
            _CHECKS[rule_type](sample, arguments)
    except (IndexError, KeyError, ValueError, ArithmeticError, re.error):
        raise refusals.invalid_request(
            f"{rule_type} cannot be used with the arguments {list(arguments)}"
        ) from None


def rules_of(work: Work, object_type: ObjectType, name: str) -> Mapping[str, Any]:
    """Return the validation rules of one property, by type of rule."""
    return work.stored(VALIDATION, object_type.type_id).get(name, {})


def get(work: Work, object_type: ObjectType, name: str, rule_type: str) -> Body:
    """Return one rule; refuse with 404 if the property has no rule of this type."""
    rule: Body | None = rules_of(work, object_type, name).get(rule_type)
    if rule is None:
        raise refusals.not_found(f"property {name} has no rule {rule_type}")
    return rule
