"""The page of the Python API, from the public classes and their docstrings."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import reconciler

_BEGIN = """\
# The Python API, name by name

This page lists the public names of this version; a test compares it with the docstrings.
[Python](python.md) shows how the parts work together. Everything here is imported from `reconciler`.
"""
_FIRST = ("Project", "Environment", "Plan", "run_many")
_SECTION = re.compile(r"^(Args|Raises|Returns|Yields):$")
_ENTRY = re.compile(r"^    (?P<name>\**\w[\w.]*): (?P<text>.*)$")
_FIELD = re.compile(r"^    (?P<name>\w+): (?P<type>[^=#]+?)(?: = [^#]+?)?(?:  # (?P<comment>.*))?$")


def page() -> str:
    """Return the page in Markdown."""
    names = [name for name in reconciler.__all__ if name != "__version__"]
    ordered = [*_FIRST, *(name for name in names if name not in _FIRST)]
    parts = [_BEGIN]
    for name in ordered:
        value = getattr(reconciler, name)
        if inspect.isclass(value):
            parts += _class(name, value)
        elif inspect.isfunction(value):
            parts.append(f"\n## {name}\n\n{_function(name, value)}")
        else:
            parts.append(f"\n## {name}\n\n`{str(value).replace('collections.abc.', '')}`\n")
    return "".join(parts)


def _class(name: str, value: type) -> Iterator[str]:
    bases = [base.__name__ for base in value.__bases__ if base.__name__ in reconciler.__all__]
    kind = f"\n\nA `{bases[0]}`." if bases else ""
    yield f"\n## {name}\n\n{_prose(inspect.getdoc(value) or '')}{kind}\n"
    if issubclass(value, Enum):
        yield "\n" + "".join(f"- `{member.name}`: `{member.value}`\n" for member in value)
    elif is_dataclass(value):
        yield from _fields(value)
    else:
        yield from _members(name, value)


def _fields(value: type) -> Iterator[str]:
    """Return a line for each field of a class, with the comment behind or above it."""
    found: dict[str, re.Match[str]] = {}
    comments: dict[str, str] = {}
    above: list[str] = []
    for line in textwrap.dedent(inspect.getsource(value)).splitlines():
        if match := _FIELD.match(line):
            found[match["name"]] = match
            comments[match["name"]] = match["comment"] or " ".join(above)
        above = [*above, line.removeprefix("    # ")] if line.startswith("    # ") else []
    names = [each.name for each in fields(value) if not each.name.startswith("_") and each.name in found]
    if names:
        yield "\n"
    for name in names:
        comment = comments[name]
        explained = f": {_code(comment)}" if comment else ""
        yield f"- `{name}` (`{found[name]['type'].strip()}`){explained}\n"


def _members(owner: str, value: type) -> Iterator[str]:
    for name, member in inspect.getmembers(value):
        raw = inspect.getattr_static(value, name)
        is_ours = getattr(raw, "__module__", None) or getattr(getattr(raw, "fget", None), "__module__", "")
        if isinstance(raw, (classmethod, staticmethod)):
            is_ours = raw.__func__.__module__
        if name.startswith("_") or not str(is_ours).startswith("reconciler"):
            continue
        if isinstance(raw, property):
            returned = inspect.signature(raw.fget).return_annotation if raw.fget else ""
            type_name = _type_name(returned)
            summary = _prose(inspect.getdoc(raw) or "")
            yield f"\n### {owner}.{name}\n\nA property: `{type_name}`.\n\n{summary}\n"
        elif callable(member):
            yield f"\n### {owner}.{name}\n\n{_function(name, inspect.unwrap(member))}"


def _type_name(annotation: object) -> str:
    plain = isinstance(annotation, type) and not hasattr(annotation, "__args__")
    return annotation.__name__ if isinstance(annotation, type) and plain else str(annotation)


def _function(name: str, function: Callable[..., Any]) -> str:
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, ast.FunctionDef)
    node.args.args = [each for each in node.args.args if each.arg not in {"self", "cls"}]
    returned = ast.unparse(node.returns).strip("'") if node.returns else "None"
    parameters = ast.unparse(node.args).replace(" = ", "=")
    return (
        f"```text\n{_wrapped(name, parameters, returned)}\n```\n\n{_prose(inspect.getdoc(function) or '')}\n"
    )


def _wrapped(name: str, parameters: str, returned: str) -> str:
    line = f"{name}({parameters}) -> {returned}"
    if len(line) <= 100:
        return line
    parts = re.split(r", (?![^\[(]*[\])])", parameters)
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {returned}"


def _prose(docstring: str) -> str:
    """Return a Google-style docstring as Markdown: its sections become lists."""
    written: list[str] = []
    in_section = False
    for line in docstring.replace(" Args:\n", "\n\nArgs:\n").splitlines():
        if found := _SECTION.match(line.strip()):
            in_section = True
            written += [f"{found[1].replace('Args', 'Arguments')}:", ""]
        elif in_section and (entry := _ENTRY.match(line)):
            written.append(f"- `{entry['name']}`: {_code(entry['text'])}")
        elif in_section and line.startswith("        "):
            written.append(f"  {_code(line.strip())}")
        else:
            in_section = in_section and (not line or line.startswith("    "))
            written.append(_code(line.strip() if in_section else line))
    return "\n".join(written).rstrip()


def _code(text: str) -> str:
    return text.replace("``", "`")
