"""Converting pydantic's errors about a mapping to problems with a place and advice.

The models describe mappings whose values are texts, lists of texts or mappings of texts. The description of a
field is the advice for a wrong value.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from reconciler.errors import Problem
from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node, SequenceNode
from reconciler.source import Place, SourceFiles
from reconciler.suggestions import suggest


class ValidationIssue(TypedDict):
    """One error of pydantic."""

    type: str
    loc: tuple[int | str, ...]
    input: Any


def plain(node: MappingNode, kept: Collection[str] = ()) -> dict[str, Any]:
    """Convert ``node`` to built-in types for pydantic; mappings under the names ``kept`` stay nodes."""
    return {
        name: value if name in kept and isinstance(value, MappingNode) else _plain(value)
        for name, value in zip(node.names, node.values, strict=True)
    }


def tell(
    complaints: Iterable[ValidationIssue],
    descriptions: Mapping[str, str | None],
    node: MappingNode,
    place: Place,
    files: SourceFiles,
) -> tuple[Problem, ...]:
    """Convert pydantic's errors about ``node`` to problems.

    Args:
        complaints: errors of a validation of ``plain(node)``.
        descriptions: descriptions of all fields of the model.
        node: the mapping.
        place: the beginning of the mapping.
        files: the manifest files, for places in problems.
    """
    return tuple(
        _problem(complaint, descriptions, node, place, files)
        for complaint in complaints
        if _locate(node, complaint["loc"])[0] is not Blank.REFUSED  # reported already
    )


_NAME_ITSELF = "[key]"
"""pydantic's location for an error in the name of an entry, not in its value."""

# for all other types of errors, a text is expected
_EXPECTED = {"list_type": "a list", "dict_type": "a mapping", "is_instance_of": "a mapping"}


def _problem(
    complaint: ValidationIssue,
    descriptions: Mapping[str, str | None],
    node: MappingNode,
    place: Place,
    files: SourceFiles,
) -> Problem:
    kind, location = complaint["type"], complaint["loc"]
    name = str(location[0])
    if kind == "missing":
        return Problem(f'"{name}" is missing', descriptions[name], files.ref(place))
    if kind == "extra_forbidden":
        source = files.ref(node.name_place(node.names.index(name)))
        return Problem(f'unknown key "{name}"', suggest(name, descriptions), source)
    if location[-1] == _NAME_ITSELF:
        wrong = node.mapping(name)
        source = files.ref(wrong.name_place(wrong.names.index(str(location[-2]))))
        return Problem(f'unknown name "{location[-2]}" in "{name}"', descriptions[name], source)
    path = ".".join(part for part in location if isinstance(part, str))
    message = f'"{path}" {_fault(kind, complaint["input"])}'
    return Problem(message, descriptions[name], files.ref(_locate(node, location)[1]))


def _fault(kind: str, value: object) -> str:
    if value is None or kind == "too_short":
        return "is empty"
    expected = _EXPECTED.get(kind, "a text")
    if isinstance(value, str) and expected == "a text":
        return f'cannot be "{value}"'
    return f"must be {expected}"


def _locate(node: Node, location: Sequence[int | str]) -> tuple[Node, Place]:
    """Return the value at ``location`` and its place; ``Blank.EMPTY`` if it is missing."""
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
    """Convert ``node`` to built-in types for pydantic."""
    if isinstance(node, MappingNode):
        return {name: _plain(value) for name, value in zip(node.names, node.values, strict=True)}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return None if isinstance(node, Blank) else node
