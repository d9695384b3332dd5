"""Checks of single values by the kind of their property: numbers, dates, choices and e-mail addresses."""

import re
from collections.abc import Callable, Mapping

from reconciler.model.canonical import instant_text, parse_date, parse_instant
from reconciler.model.definitions import Kind, PropertyDef
from reconciler.model.desired_records import ManifestValue, Ownership
from reconciler.plan.values.wrong_value import WrongValue, check_each, suggest_values
from reconciler.sentences import Value, sentence

_PLAIN_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_DOMAIN_LABEL = r"[^\W_]([^\W_]|-)*(?<!-)"
_EMAIL = re.compile(
    rf"[^\s@,;<>()\[\]\\]+@({_DOMAIN_LABEL}\.)+([^\W\d_]{{2,}}|xn--[a-z0-9-]+)", re.IGNORECASE
)
"""The form of e-mail addresses. HubSpot may refuse a text although it has this form."""
_MANY = frozenset({Kind.CHOICES, Kind.FILES, Kind.OWNERS})


def refuse_read_only(definition: PropertyDef, ownership: Ownership, object_name: str) -> None:
    """Refuse a value of a property that only HubSpot may write, unless the value is only observed.

    Raises:
        WrongValue: the property is calculated or read-only.
    """
    if ownership is Ownership.OBSERVE or not (definition.is_read_only or definition.is_calculated):
        return
    why = "calculated by HubSpot" if definition.is_calculated else "read-only"
    raise WrongValue(
        f"{definition.name} of {object_name} is {why} and cannot be written",
        f"remove the line, or write `ownership: {{{definition.name}: observe}}` to see differences",
    )


def check_stays(definition: PropertyDef, written: ManifestValue) -> None:
    """Refuse a value whose option the same plan removes.

    Call this function for all values in manifests, also for values that apply does not send.

    Raises:
        WrongValue: the plan removes the option.
    """
    if not definition.leaving or written is None:
        return
    items = written if isinstance(written, tuple) else tuple(written.split(";"))

    def stays(item: str) -> None:
        if item in definition.leaving:
            message = sentence('option "{it}" of {name} is removed', it=Value(item), name=definition.name)
            raise WrongValue(message, "write the option that takes its place")

    check_each(items, stays)


def join_choices(definition: PropertyDef, items: tuple[str, ...]) -> str:
    """Join a list from the manifest with ``;``, as HubSpot stores several choices.

    Raises:
        WrongValue: the property takes one value only, or a choice contains the separator.
    """
    if definition.kind not in _MANY:
        raise WrongValue(
            f"{definition.name} takes one value, not a list",
            f"it is a {definition.kind} property; only multiple choice properties take a list",
        )
    return ";".join(check_each(items, _without_separator))


def _without_separator(item: str) -> str:
    if ";" in item:
        raise WrongValue(
            sentence('"{item}" contains ";", which separates choices in HubSpot', item=Value(item)),
            "an option with a semicolon in its value cannot be written by API",
        )
    return item


def check_text(definition: PropertyDef, written: str) -> str:
    """Check a value that is no reference (owner, pipeline, stage), and return the text to send.

    Raises:
        WrongValue: the property cannot have this value.
    """
    check = _CHECKS.get(definition.kind)
    return written if check is None else check(definition, written)


def _boolean(definition: PropertyDef, written: str) -> str:
    if written.lower() not in {"true", "false"}:
        raise not_this(definition.name, "true or false", written)
    return written.lower()


def _date(definition: PropertyDef, written: str) -> str:
    day = parse_date(written)
    if day is None:
        raise not_this(definition.name, "a date such as 2026-11-22", written)
    return day.isoformat()


def _choice(definition: PropertyDef, written: str) -> str:
    _check_option(definition, written)
    return written


def split_choices(definition: PropertyDef, written: str) -> list[str]:
    """Return the choices in ``written``, where ``;`` separates choices; leave out empty choices.

    If a text begins with ``;``, HubSpot keeps the choices of the record and appends the choices of the text.

    Raises:
        WrongValue: all choices are empty.
    """
    items = [item for item in written.split(";") if item.strip()]
    if written and not items:
        raise WrongValue(
            sentence('"{it}" contains no option of {name}', it=Value(written), name=definition.name),
            "write the option's value; to clear it, write null in YAML, the text of `clear:` in a table",
        )
    return items


def _choices(definition: PropertyDef, written: str) -> str:
    return ";".join(check_each(split_choices(definition, written), lambda item: _choice(definition, item)))


def is_plain_number(text: str) -> bool:
    """Return whether ``text`` is a number in digits, with at most one decimal point."""
    return _PLAIN_NUMBER.fullmatch(text) is not None


def _number(definition: PropertyDef, written: str) -> str:
    text = written.strip()
    if not is_plain_number(text):
        advice = "write only digits and a decimal point, without thousands separators, exponents or units"
        raise not_this(definition.name, "a number such as 1200000.50", written, advice)
    return text


def _instant(definition: PropertyDef, written: str) -> str:
    instant = parse_instant(written)
    if instant is not None and not written.strip().lstrip("-").isdigit():
        return instant_text(instant)
    advice = "such as 2026-11-22T09:30:00+01:00 or 2026-11-22T08:30:00Z"
    raise not_this(definition.name, "a time with its offset", written, advice)


def _email(definition: PropertyDef, written: str) -> str:
    if not _EMAIL.fullmatch(written.strip()):
        advice = "write exactly one `@`, no blanks, and a domain with an ending such as `.com`"
        raise not_this(definition.name, "an e-mail address", written, advice)
    return written


def not_this(name: str, what: str, written: str, advice: str | None = None) -> WrongValue:
    """Return the error of a value that property ``name`` cannot have."""
    message = sentence('{name} takes {what}, not "{it}"', name=name, what=what, it=Value(written))
    return WrongValue(message, advice)


_CHECKS: Mapping[Kind, Callable[[PropertyDef, str], str]] = {
    Kind.EMAIL: _email,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _instant,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
}


def _check_option(definition: PropertyDef, written: str) -> None:
    if not definition.options or any(option.value == written for option in definition.options):
        return
    message = sentence('{name} has no option "{it}"', name=definition.name, it=Value(written))
    for option in definition.options:
        if written.casefold() in (option.label.casefold(), option.value.casefold()):
            advice = sentence(
                'write the value of the option, "{value}"; "{label}" is its label',
                value=Value(option.value),
                label=Value(option.label),
            )
            raise WrongValue(message, advice)
    values = [option.value for option in definition.options]
    raise WrongValue(
        message,
        suggest_values(written, values) or f"its options are {', '.join(values[:8])}{_more(values[8:])}",
    )


def _more(rest: list[str]) -> str:
    return f" and {len(rest)} more" if rest else ""
