"""The anchors and aliases of a document, and which aliases are refused.

An alias that contains itself would never end, and a few lines of nested aliases can be billions of values
(https://en.wikipedia.org/wiki/Billion_laughs_attack).
"""

from typing import Final, NamedTuple

from reconciler.errors import UnplacedError
from reconciler.manifest.yaml.nodes import MappingNode, Node, SequenceNode

MAX_DEPTH: Final = 50
"""Maximum nesting depth of lists and mappings, with expanded aliases."""

TOO_DEEP: Final = f"this is nested deeper than {MAX_DEPTH} levels"

_MAX_EXPANSION: Final = 1_000_000  # maximum number of values in all expanded aliases of a file


class _Measure(NamedTuple):
    size: int  # number of values in the anchored node
    height: int  # number of nesting levels in the anchored node


class _Anchored(NamedTuple):
    node: Node
    measure: _Measure


class BadAlias(UnplacedError):
    """An alias that is refused.

    Attributes:
        is_fatal: whether reading must stop, because continuing is not safe.
    """

    def __init__(self, message: str, advice: str, *, is_fatal: bool = False) -> None:
        super().__init__(message, advice)
        self.is_fatal = is_fatal


class Anchors:
    """The anchors of one file; each of its documents starts without anchors."""

    def __init__(self) -> None:
        self._anchored: dict[str, _Anchored | None] = {}  # None while the value is being read
        self._measured: dict[
            int, _Anchored
        ] = {}  # lists and mappings by ``id()``; kept, so that no other object gets the same id
        self._expanded = 0

    def clear(self) -> None:
        """Forget all anchors, for the next document."""
        self._anchored.clear()
        self._measured.clear()

    def begin(self, name: str) -> None:
        """Record that the value of anchor ``name`` begins."""
        self._anchored[name] = None

    def end(self, name: str, node: Node) -> None:
        """Record the complete value of anchor ``name``."""
        self._anchored[name] = _Anchored(node, self._measure(node))

    def resolve(self, name: str, depth: int) -> Node:
        """Return the value of the alias ``name``, which is used at nesting level ``depth``.

        Raises:
            BadAlias: the alias has no anchor, contains itself, is too deep, or expands to too many values.
        """
        if name not in self._anchored:
            advice = "put the text in quotes if it begins with * on purpose"
            raise BadAlias(f"there is no anchor &{name} before this alias", advice)
        anchored = self._anchored[name]
        if anchored is None:
            raise BadAlias(f"*{name} is inside &{name} and would never end", "write the value out")
        if depth + anchored.measure.height - 1 > MAX_DEPTH:
            raise BadAlias(TOO_DEEP, "write the value out")
        self._expanded += anchored.measure.size
        if self._expanded > _MAX_EXPANSION:
            message = f"the aliases up to here expand to more than {_MAX_EXPANSION:,} values"
            raise BadAlias(message, "split the file, or write fewer aliases", is_fatal=True)
        return anchored.node

    def _measure(self, node: Node) -> _Measure:
        """Count the values and nesting levels in ``node``, reusing the counts of known nodes."""
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
