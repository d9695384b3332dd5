"""Peculiarities of object types are in one table; other modules do not compare with names of types."""

import ast
from collections.abc import Iterator
from pathlib import Path

from reconciler.model.object_types import standard_names

PACKAGE = Path(__file__).parents[2] / "reconciler"

KNOWING = {
    "model/object_types.py": "the table",
    "plan/associations/single_labels.py": "parents and children are labels between companies alone",
    "probes/portal.py": "the types in which probes make things",
    "reconcile/import_definitions.py": "the types that are read where none is named",
    "report/new_project.py": "the type that a new project begins with",
}
"""Modules that may name an object type, with the reason."""

OTHER_WORDS = {"calls", "fees", "listings", "notes", "owners", "projects", "tasks", "taxes", "users"}
"""Names of object types that are also everyday words."""


def types_named(module: Path) -> Iterator[str]:
    """Yield the places where code contains the name of a standard object type as a string."""
    names = set(standard_names()) - OTHER_WORDS
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant) and node.value in names:
            yield f"{module.relative_to(PACKAGE)}:{node.lineno}: {node.value}"


def test_only_the_table_knows_object_types_by_name() -> None:
    found = [
        place
        for module in sorted(PACKAGE.rglob("*.py"))
        if (inner := module.relative_to(PACKAGE)).parts[0] != "emulator" and inner.as_posix() not in KNOWING
        for place in types_named(module)
    ]
    assert found == []


def test_every_module_with_a_reason_needs_it() -> None:
    assert [name for name in KNOWING if not list(types_named(PACKAGE / name))] == []
