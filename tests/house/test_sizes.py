"""Functions and modules are short."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "reconciler"
LONGEST_FUNCTION = 50
LONGEST_MODULE = 450
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [
        (f"{module.relative_to(PACKAGE)}: {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 3_000
    assert [f"{where}: {lines} lines" for where, lines in functions if lines > LONGEST_FUNCTION] == []


def test_no_module_has_two_ideas() -> None:
    lines = {str(module.relative_to(PACKAGE)): module.read_text().count("\n") for module in MODULES}
    assert {module: count for module, count in lines.items() if count > LONGEST_MODULE} == {}
