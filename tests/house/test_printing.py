"""Only one module prints, so that printed text cannot control terminals or jobs."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "reconciler"
OWN_WORDS = {"cli/signals.py", "cli/complete.py", "emulator/__main__.py"}
"""Modules that may print text of their own."""


def printing(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "print",
            "click.echo",
            "click.secho",
            "sys.stdout.write",
            "sys.stderr.write",
        }:
            yield ast.unparse(node)


def test_only_one_module_prints() -> None:
    found = {
        str(module.relative_to(PACKAGE)): reported
        for module in PACKAGE.rglob("*.py")
        if (reported := list(printing(module)))
    }

    assert found.keys() - OWN_WORDS == {"cli/messages.py"}
    assert all("f'" not in reported and 'f"' not in reported for reported in found["cli/signals.py"])
