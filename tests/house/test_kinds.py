"""Only modules for one kind of thing check whether a thing is a record, an association or a definition.

These modules are in folders such as ``records``. All others, except those in ``KNOWING``, look the kind up in
a table of ``kinds.py``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
ROOMS = {"records", "associations", "definitions"}
"""Folders with the code for one kind of thing."""

TABLES = {"plan/kinds.py", "apply/kinds.py", "state/kinds.py", "report/plan/kinds.py"}
"""Modules with the code for each kind of thing in a table, one module for each package."""

KNOWING = {
    "model/addresses.py": "defines the addresses",
    "model/owned.py": "defines what is owned of each kind",
    "model/selection.py": "a glob selects things of one kind alone",
    "plan/change.py": "defines the additional fields of changes of each kind",
    "model/drift.py": "counts drifted records and definitions separately",
    "plan/drift/accept.py": "an environment may name a record, and never a definition",
    "plan/drift/detect.py": "values of records have a history to read",
    "report/definition_lists.py": "values of definitions may be lists, in a form of their own",
    "reconcile/drift.py": "who changed a record is in its history, and a definition in its audit",
    "plan/file/decode.py": "refuses addresses of another kind where the address of a record is required",
}
"""Modules that may check for records, associations and definitions, each with the reason."""

TYPES = {
    "RecordAddress",
    "AssociationAddress",
    "DefinitionAddress",
    "RecordDetails",
    "AssociationDetails",
    "DefinitionDetails",
}
QUESTIONS = {
    "is_record_change",
    "is_record_write",
    "is_record_archive",
    "is_record_ours",
    "is_association_change",
    "is_association_kept",
    "is_definition_change",
}

MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if (inner := path.relative_to(PACKAGE)).parts[0] not in {"emulator", "manifest"}
    and not ROOMS & set(inner.parts)
    and inner.as_posix() not in TABLES | KNOWING.keys()
)


def questions(tree: ast.AST) -> Iterator[str]:
    """Yield the places where code compares a kind."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in QUESTIONS:
            yield f"{node.lineno}: {node.id}"
        elif isinstance(node, ast.MatchClass) and ast.unparse(node.cls) in TYPES:
            yield f"{node.lineno}: case {ast.unparse(node.cls)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
            asked = {each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name)}
            if asked & TYPES:
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_module_outside_the_rooms_asks_for_a_kind() -> None:
    found = [
        f"{module.relative_to(PACKAGE)}:{question}"
        for module in MODULES
        for question in questions(ast.parse(module.read_text()))
    ]
    assert len(MODULES) > 300
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(change.address, RecordAddress)",
        "isinstance(found, str | AssociationDetails)",
        "match change.address:\n    case AssociationAddress():\n        pass",
        "kept = [each for each in changes if is_record_change(each)]",
    ],
)
def test_each_way_to_ask_is_found(code: str) -> None:
    assert len(list(questions(ast.parse(code)))) == 1


@pytest.mark.parametrize("path", sorted(TABLES))
def test_the_tables_are_where_the_page_says(path: str) -> None:
    assert (PACKAGE / path).exists()
    assert f"`{path}`" in (ROOT / "docs" / "code.md").read_text()
