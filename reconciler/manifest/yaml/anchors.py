"""What the anchors of a document stand for, and which aliases are refused.

An alias that contains itself never ends, and a few lines of nested aliases can stand for billions of
values (https://en.wikipedia.org/wiki/Billion_laughs_attack).
"""

from typing import Final, NamedTuple

from reconciler.manifest.yaml.nodes import MappingNode, Node, SequenceNode

MAX_DEPTH: Final = 50
"""How deep lists and mappings may be nested, aliases counted as what they stand for."""

TOO_DEEP: Final = f"this is nested deeper than {MAX_DEPTH} levels"

_MAX_EXPANSION: Final = 1_000_000  # values that the aliases of a file may stand for, together


class _Measure(NamedTuple):
    size: int  # how many values are in it
    height: int  # how many levels of nesting it has


class _Anchored(NamedTuple):
    node: Node
    measure: _Measure


class BadAlias(Exception):
    """An alias that cannot stand.

    Attributes:
        message: what is wrong.
        advice: what to do.
        is_fatal: it is not safe to read on.
    """

    def __init__(self, message: str, advice: str, *, is_fatal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.is_fatal = is_fatal


class Anchors:
    """The anchors of one file; each of its documents begins with none."""

    def __init__(self) -> None:
        self._anchored: dict[str, _Anchored | None] = {}  # None while the value is being read
        self._measured: dict[
            int, _Anchored
        ] = {}  # lists and mappings by identity, kept so that it stays theirs
        self._expanded = 0

    def clear(self) -> None:
        """Begin another document."""
        self._anchored.clear()
        self._measured.clear()

    def begin(self, name: str) -> None:
        """The value of anchor ``name`` begins."""
        self._anchored[name] = None

    def end(self, name: str, node: Node) -> None:
        """The value of anchor ``name`` is complete."""
        self._anchored[name] = _Anchored(node, self._measure(node))

    def resolve(self, name: str, depth: int) -> Node:
        """What the alias ``name`` stands for, at that ``depth`` of nesting.

        Raises:
            BadAlias: it stands for nothing, for itself, or for too much.
        """
        if name not in self._anchored:
            advice = "put the text in quotes if it begins with * on purpose"
            raise BadAlias(f"nothing before this is anchored as &{name}", advice)
        anchored = self._anchored[name]
        if anchored is None:
            raise BadAlias(f"*{name} stands inside &{name} and would never end", "write the value out")
        if depth + anchored.measure.height - 1 > MAX_DEPTH:
            raise BadAlias(TOO_DEEP, "write the value out")
        self._expanded += anchored.measure.size
        if self._expanded > _MAX_EXPANSION:
            message = f"the aliases up to here stand for more than {_MAX_EXPANSION:,} values"
            raise BadAlias(message, "split the file, or write fewer aliases", is_fatal=True)
        return anchored.node

    def _measure(self, node: Node) -> _Measure:
        """Count what is in ``node``. What was measured before is not walked again."""
        if not isinstance(node, MappingNode | SequenceNode):
            return _Measure(0, 0)
        known = self._measured.get(id(node))
        if known is None:
            children = node.values if isinstance(node, MappingNode) else node.items
            measures = [self._measure(child) for child in children]
            size = len(children) + sum(measure.size for measure in measures)
            height = 1 + max((measure.height for measure in measures), default=0)
            self._measured[id(node)] = known = _Anchored(node, _Measure(size, height))
        return known.measure
