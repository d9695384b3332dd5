"""Commands use the portal and the state only through the public methods of an environment."""

import ast

from tests.support.projects import ROOT


def test_no_command_reaches_behind_an_environment() -> None:
    reached = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "reconciler" / "cli").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "session"
    ]
    assert reached == []
