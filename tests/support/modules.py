"""Faults in the source of the package, for tests that look at all of its modules."""

import ast
from collections.abc import Callable, Iterable

from tests.support.projects import ROOT

PACKAGE = ROOT / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))


def faults_in(check: Callable[[ast.Module], Iterable[str]]) -> list[str]:
    """Return what ``check`` finds in the modules of the package, each with the path of its module."""
    assert len(MODULES) > 500, "the package was not found"
    return [
        f"{module.relative_to(PACKAGE)}: {fault}"
        for module in MODULES
        for fault in check(ast.parse(module.read_text(encoding="utf-8")))
    ]
