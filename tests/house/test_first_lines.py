"""First lines of docstrings: a verb for functions, a noun for classes and properties."""

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.modules import faults_in

NO_VERBS: Final = re.compile(
    "a|all|an|and|another|any|as|at|both|by|each|every|for|from|half|here|how|if|in|"
    "it|its|less|many|more|most|much|neither|never|no|nobody|none|not|nothing|of|on|once|"
    "one|only|or|other|same|so|some|somebody|something|such|than|that|the|their|them|"
    "there|these|they|this|those|to|up|what|whatever|when|where|whether|which|who|whoever|"
    "whom|whose|why|with|within|without"
).fullmatch
"""First words that cannot begin an imperative; ruff's D401 finds most others."""

NO_NOUNS: Final = re.compile(
    "build|calculate|check|compute|count|create|decide|find|get|give|load|make|of|read|"
    "return|say|tell|what|whatever|when|where|which|who|whoever|whom|whose|why|write"
).fullmatch
"""First words that cannot begin a noun phrase. A property that is true or false may begin with "whether"."""

Described = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def described(tree: ast.AST) -> Iterator[tuple[Described, str]]:
    """Yield functions, properties and classes, each with the first word of its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            words = (ast.get_docstring(node) or "").split()
            if words:
                yield node, words[0].strip(",;:.").lower()


def is_property(node: Described) -> bool:
    return any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)


def faults(tree: ast.AST) -> Iterator[str]:
    for node, word in described(tree):
        names_a_thing = isinstance(node, ast.ClassDef) or is_property(node)
        if (NO_NOUNS if names_a_thing else NO_VERBS)(word) or (word.startswith("`") and not names_a_thing):
            yield f"{node.lineno} {node.name}: {word}"


def test_functions_begin_with_a_verb_and_things_with_a_noun() -> None:
    assert faults_in(faults) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('def f():\n    """Whether it is so."""', 1),
        ('def f():\n    """``x``, as text."""', 1),
        ('def f():\n    """Return ``x`` as text."""', 0),
        ('class C:\n    """What is known."""', 1),
        ('class C:\n    """Facts about a record."""', 0),
        ('class C:\n    @property\n    def f(self):\n        """Return the name."""', 1),
        ('class C:\n    @property\n    def f(self):\n        """Whether it is so."""', 0),
    ],
)
def test_it_is_noticed(code: str, count: int) -> None:
    assert len(list(faults(ast.parse(code)))) == count
