"""Frozen dataclasses have no fields of types that can be changed in place."""

import ast
from collections.abc import Iterator

from tests.support.modules import faults_in

MUTABLE = ("dict[", "list[", "set[", "deque[", "Counter[", "defaultdict[")


def mutable_fields(tree: ast.Module) -> Iterator[str]:
    """Yield the fields of frozen dataclasses whose type can be changed in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            "frozen=True" in ast.unparse(d) for d in node.decorator_list
        ):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and ast.unparse(field.annotation).startswith(MUTABLE):
                    yield f"{node.name}.{ast.unparse(field.target)}"


def test_a_frozen_class_holds_nothing_that_is_mutated() -> None:
    assert faults_in(mutable_fields) == []


def test_such_a_field_is_found() -> None:
    source = "@dataclass(frozen=True)\nclass A:\n    there: dict[str, int]\n    fine: Mapping[str, int]\n"
    assert list(mutable_fields(ast.parse(source))) == ["A.there"]
