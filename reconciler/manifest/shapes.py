"""What pydantic finds wrong with a mapping, told with its place and what to write instead.

A model describes the keys of one mapping whose values are texts, lists of texts or mappings of
texts. The description of a field is the advice given to whoever got it wrong.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from reconciler.errors import Problem
from reconciler.manifest.nodes import Blank, MappingNode, Node, SequenceNode
from reconciler.source import Place, SourceFiles

ShapeT = TypeVar("ShapeT", bound="Shape")


class Shape(BaseModel):
    """Base of the models. A field annotated ``InstanceOf[MappingNode]`` receives its node as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_shape(
    model: type[ShapeT], node: MappingNode, place: Place, files: SourceFiles
) -> tuple[ShapeT | None, tuple[Problem, ...]]:
    """Check ``node``, which begins at ``place``, against ``model``; None where something is wrong."""
    kept = {name for name, field in model.model_fields.items() if field.annotation is MappingNode}
    values = {
        name: value if name in kept and isinstance(value, MappingNode) else _plain(value)
        for name, value in zip(node.names, node.values, strict=True)
    }
    try:
        return model.model_validate(values), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    return None, tuple(
        _problem(complaint, model, node, place, files)
        for complaint in found
        if _locate(node, complaint["loc"])[0] is not Blank.REFUSED
    )


def suggest(name: str, known: Iterable[str]) -> str:
    """Advice for an unknown name: the nearest one, and all there are."""
    choices = sorted(known)
    near = difflib.get_close_matches(name, choices, n=1)
    known_here = f"known here: {', '.join(choices)}"
    return f"{did_you_mean(near[0])} {known_here}" if near else known_here


def did_you_mean(name: str) -> str:
    """The question, the same everywhere."""
    return f'did you mean "{name}"?'


_EXPECTED = {"list_type": "a list", "dict_type": "a mapping", "is_instance_of": "a mapping"}  # else a text


def _problem(
    complaint: ErrorDetails, model: type[Shape], node: MappingNode, place: Place, files: SourceFiles
) -> Problem:
    kind, location = complaint["type"], complaint["loc"]
    name = str(location[0])
    if kind == "missing":
        return Problem(f'"{name}" is missing', model.model_fields[name].description, files.ref(place))
    if kind == "extra_forbidden":
        source = files.ref(node.name_place(node.names.index(name)))
        return Problem(f'unknown key "{name}"', suggest(name, model.model_fields), source)
    path = ".".join(part for part in location if isinstance(part, str))
    message = f'"{path}" {_fault(kind, complaint["input"])}'
    return Problem(message, model.model_fields[name].description, files.ref(_locate(node, location)[1]))


def _fault(kind: str, value: object) -> str:
    if value is None or kind == "too_short":
        return "is empty"
    expected = _EXPECTED.get(kind, "a text")
    if isinstance(value, str) and expected == "a text":
        return f'cannot be "{value}"'
    return f"must be {expected}"


def _locate(node: Node, location: Sequence[int | str]) -> tuple[Node, Place]:
    """The value at ``location`` and where it stands; nothing at all where it is missing."""
    place = Place(0)
    for part in location:
        if isinstance(node, MappingNode) and part in node.names:
            index = node.names.index(str(part))
            place = node.places[index]
            node = node.values[index]
        elif isinstance(node, SequenceNode):
            place = node.places[int(part)]
            node = node.items[int(part)]
    return node, place


def _plain(node: Node) -> str | list[Any] | Mapping[str, Any] | None:
    """``node`` in the types that pydantic knows."""
    if isinstance(node, MappingNode):
        return {name: _plain(value) for name, value in zip(node.names, node.values, strict=True)}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return None if isinstance(node, Blank) else node
