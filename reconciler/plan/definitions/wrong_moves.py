"""Checking that the values of a removed property fit the property to which they would move. Pure."""

from collections.abc import Iterable, Iterator

from reconciler.errors import Problem
from reconciler.model.definitions import PropertyDef
from reconciler.plan.definitions.moves import Move
from reconciler.plan.values.checks import check_text
from reconciler.plan.values.wrong_value import WrongValue
from reconciler.sentences import counted


def takes(definition: PropertyDef, text: str | None) -> bool:
    """Return whether the property ``definition`` can have ``text``, a value of another property."""
    try:
        return text is None or bool(check_text(definition, text))
    except WrongValue:
        return False


def wrong_moves(moves: Iterable[Move]) -> Iterator[Problem]:
    """Report impossible moves; ``moves`` has one entry for every record whose value does not fit."""
    by_address: dict[str, list[Move]] = {}
    for move in moves:
        by_address.setdefault(move.address.text, []).append(move)
    for address, of in by_address.items():
        message = f"{counted(len(of), 'record')} cannot move to {of[0].after}, which takes no such values"
        advice = "correct these values first, or move them to another property, such as a text property"
        yield Problem(message, advice, of[0].source, address)
