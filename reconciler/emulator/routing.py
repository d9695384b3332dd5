"""Finding the route, the version and the arguments for a method and a path."""

import re
from functools import lru_cache
from urllib.parse import quote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from reconciler.emulator import refusals
from reconciler.emulator.routes import DATED, FAMILIES, Route

UNDATED = "v3"
LONGEST_SHOWN = 300


def find_route(method: str, path: str) -> tuple[Route, str, dict[str, str]]:
    """Return the route, the name of the version, and the arguments in the path; refuse with 404 or 405."""
    is_refused_by_hubspot = False
    for family, version, rest in _candidates(path):
        try:
            route, args = _map(family).bind("").match(rest or "/", method)
        except (NotFound, RequestRedirect):
            continue
        except MethodNotAllowed:
            is_refused_by_hubspot = is_refused_by_hubspot or not FAMILIES[family].is_partial
            continue
        return route, version, {name: str(value) for name, value in args.items()}
    if is_refused_by_hubspot:
        raise refusals.method_not_allowed()
    raise refusals.not_imitated(f"{method} {shown(path)}")


def shown(path: str) -> str:
    """Return a path for a message or a log: without control characters, and not too long."""
    return quote(path)[:LONGEST_SHOWN]


def _candidates(path: str) -> list[tuple[int, str, str]]:
    """Find the families of routes for which the path begins with one of the family's roots.

    Return three values for each family: its index, the API version in the path, and the rest of the path.
    """
    found = []
    for family, pattern in _roots():
        match = pattern.match(path)
        if match:
            found.append((family, match.groupdict().get("version") or UNDATED, path[match.end() :]))
    return found


@lru_cache(maxsize=1)
def _roots() -> tuple[tuple[int, re.Pattern[str]], ...]:
    dated = f"(?P<version>{'|'.join(DATED)})"
    return tuple(
        (number, re.compile(root.replace("{dated}", dated) + r"(?=/|$)"))
        for number, family in enumerate(FAMILIES)
        for root in family.roots
    )


@lru_cache(maxsize=len(FAMILIES))
def _map(family: int) -> Map:
    # Built when the family is first used: werkzeug takes most of a millisecond for each rule.
    routes = FAMILIES[family].routes
    rules = [Rule(route.path or "/", endpoint=route, methods=[route.method]) for route in routes]
    return Map(rules, strict_slashes=False)
