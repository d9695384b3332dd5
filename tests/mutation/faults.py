"""Small faults that a programmer could make in a module, each with the changed text of the module.

A fault changes one place: a comparison, a condition, a number, a statement that is left out. Docstrings,
messages and annotations are never changed, because no decision depends on them.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
_SPOKEN = (ast.JoinedStr,)
_PLACES = {"test", "ifs"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its place, its description, and the whole module with the fault."""

    line: int
    what: str
    text: str


def faults_of(text: str) -> list[Fault]:
    """Return every small fault that can be put into a module, in the order of places."""
    source = text.encode()
    original = ast.dump(ast.parse(text))
    starts = _line_starts(source)
    found: dict[str, Fault] = {}
    for node, what, instead in _changes(ast.parse(text)):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        changed = (source[:begin] + instead.encode() + source[end:]).decode()
        if _is_new(original, changed):
            found.setdefault(changed, Fault(node.lineno, what, changed))
    return sorted(found.values(), key=lambda fault: (fault.line, fault.what))


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _is_new(original: str, changed: str) -> bool:
    """Return whether ``changed`` is valid Python and differs from the module with the dump ``original``."""
    try:
        return ast.dump(ast.parse(changed)) != original
    except SyntaxError:
        return False


Change = tuple[ast.expr | ast.stmt, str, str]
"""The node, the description of the change, and the text that replaces the node."""


def _changes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, _SPOKEN):
        return
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    if isinstance(node, ast.expr):
        for what, instead in _of_expression(node):
            yield node, what, f"({ast.unparse(instead)})"
    for name, child in _children(node):
        if isinstance(child, ast.expr) and name in _PLACES and not isinstance(child, ast.Constant):
            yield child, "turn the condition round", f"(not ({ast.unparse(child)}))"
            yield child, "always", "True"
            yield child, "never", "False"
        yield from _changes(child)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Return the child nodes, without annotations, decorators, docstrings and messages."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params", "bases"}:
            continue
        if isinstance(node, ast.Raise) and name == "exc":
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":  # strict of zip is a check only
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield name, child


def _of_statement(node: ast.stmt) -> Iterator[Change]:
    is_step = isinstance(node, ast.Expr) and not isinstance(
        node.value, ast.Constant | ast.Yield | ast.YieldFrom
    )
    if is_step or isinstance(node, ast.Raise | ast.AugAssign):
        yield node, "leave the step out", "pass"
    elif isinstance(node, ast.Continue):
        yield node, "stop instead of going on", "break"
    elif isinstance(node, ast.Break):
        yield node, "go on instead of stopping", "continue"


def _of_expression(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.BoolOp():
            yield from _of_conditions(node)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield f"forget the {_name(node.op)}", operand
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            other = _ARITHMETIC[type(operator)]()
            yield _becomes(operator, other), ast.BinOp(left, other, right)
        case ast.Constant():
            yield from _of_constant(node)
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in _CALLS:
            yield f"{name} becomes {_CALLS[name]}", ast.Call(ast.Name(_CALLS[name]), node.args, node.keywords)
        case ast.Set(elts=[_, _, *_] as elements):
            for place in range(len(elements)):
                yield "forget a member", ast.Set([*elements[:place], *elements[place + 1 :]])


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    for place, operator in enumerate(node.ops):
        other = _COMPARISONS[type(operator)]()
        changed = [*node.ops[:place], other, *node.ops[place + 1 :]]
        yield _becomes(operator, other), ast.Compare(node.left, changed, node.comparators)


def _of_conditions(node: ast.BoolOp) -> Iterator[tuple[str, ast.expr]]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _becomes(node.op, other), ast.BoolOp(other, node.values)
    for place in range(len(node.values)):
        rest = [*node.values[:place], *node.values[place + 1 :]]
        yield "forget a condition", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node.value, bool):
        yield f"{node.value} becomes {not node.value}", ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield f"{node.value} becomes {node.value + 1}", ast.Constant(node.value + 1)


def _becomes(operator: ast.AST, other: ast.AST) -> str:
    return f"{_name(operator)} becomes {_name(other)}"


def _name(operator: ast.AST) -> str:
    return type(operator).__name__.lower()
