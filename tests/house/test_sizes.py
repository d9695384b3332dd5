"""Functions fit a screen, and modules hold one idea."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reconciler"
LONGEST_FUNCTION = 50
LONGEST_MODULE = 450


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_function_is_longer_than_a_screen_and_no_module_has_two_ideas(module: Path) -> None:
    text = module.read_text()
    long = [
        f"{node.name}: {lines} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []
    assert text.count("\n") <= LONGEST_MODULE
