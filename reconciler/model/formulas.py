"""Finding the properties that formulas of calculated properties name, and the order of such formulas."""

import re
from collections.abc import Mapping

_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.])([A-Za-z_]\w*)\b(?!\s*\()")
"""A quoted text, or a name (group 1). A name before a bracket is a function and does not match."""

_KEYWORDS = frozenset(
    {"and", "or", "not", "equals", "if", "then", "elseif", "else", "endif", "true", "false"}
)
"""Source: https://knowledge.hubspot.com/properties/create-calculation-properties."""


def names_in_formula(formula: str) -> tuple[str, ...]:
    """Return the names of properties in a formula, each once.

    >>> names_in_formula("if stage equals 'open' then max(amount, 1) else amount endif")
    ('stage', 'amount')
    """
    words = (match[1] for match in _WORD.finditer(formula))
    return tuple(dict.fromkeys(word for word in words if word and word.lower() not in _KEYWORDS))


def depths_of_formulas(formulas: Mapping[str, str]) -> Mapping[str, int]:
    """Return for each formula the length of the longest chain of formulas that must be created before it.

    Args:
        formulas: of properties of one object type, by name of the property. Formulas that need each other
            get an arbitrary order.

    >>> depths_of_formulas({"half": "margin / 2", "margin": "revenue - cost"})
    {'half': 1, 'margin': 0}
    """
    depths: dict[str, int] = {}

    def depth(name: str, above: tuple[str, ...]) -> int:
        if name not in depths:
            needed = [each for each in names_in_formula(formulas[name]) if each in formulas]
            outer = (*above, name)
            depths[name] = 1 + max((depth(each, outer) for each in needed if each not in outer), default=-1)
        return depths[name]

    return {name: depth(name, ()) for name in formulas}


def circle_of_formulas(name: str, formulas: Mapping[str, str]) -> tuple[str, ...]:
    """Return the shortest circle of formulas through ``name``, in which each needs the next one; else ().

    >>> circle_of_formulas("a", {"a": "b + 1", "b": "c * a", "c": "1"})
    ('a', 'b')
    """
    paths: list[tuple[str, ...]] = [(name,)] if name in formulas else []
    seen: set[str] = set()
    while paths:
        longer: list[tuple[str, ...]] = []
        for path in paths:
            for needed in names_in_formula(formulas[path[-1]]):
                if needed == name:
                    return path
                if needed in formulas and needed not in seen:
                    seen.add(needed)
                    longer.append((*path, needed))
        paths = longer
    return ()
