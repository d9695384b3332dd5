"""Whether two texts of one property say the same. The door of deepdiff."""

import json
from decimal import Decimal

from reconciler.model.schema import Kind
from reconciler.model.values import canonical


def same_value(kind: Kind, left: str | None, right: str | None) -> bool:
    """Compare in canonical form; equal text is equal at once, and that is nearly always the case."""
    if left == right:
        return True
    if kind is Kind.JSON and left and right:
        return _same_json(left, right)
    return canonical(kind, left) == canonical(kind, right)


def _same_json(left: str, right: str) -> bool:
    """Order of keys and ``1`` against ``1.0`` make no difference; order within lists does.

    Numbers are decimals of any length: as floating point, long ones would pass for equal.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415 - 0.2 s to import, and few portals hold nested values

    try:
        return not DeepDiff(_parsed(left), _parsed(right))
    except ValueError:
        return False


def _parsed(text: str) -> object:
    return json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=str)
