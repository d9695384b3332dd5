"""The document whose definitions are read, and the problems found in it."""

from dataclasses import dataclass, field

from reconciler.errors import Problem
from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node
from reconciler.model.addresses import DefinitionAddress
from reconciler.source import Place, SourceFiles


@dataclass(slots=True)
class About:
    """A document about one object type, and all problems with its definitions."""

    object: str
    files: SourceFiles
    problems: list[Problem] = field(default_factory=list)

    def report(
        self, message: str, advice: str | None, place: Place, address: DefinitionAddress | None = None
    ) -> None:
        """Add a problem at ``place``."""
        source = self.files.ref(place)
        self.problems.append(Problem(message, advice, source, address.text if address else None))

    def mapping(
        self, node: Node, place: Place, what: str, advice: str, address: DefinitionAddress | None = None
    ) -> MappingNode | None:
        """Return ``node`` if it is a mapping; otherwise report that ``what`` must be one."""
        if isinstance(node, MappingNode):
            return node
        if node is not Blank.REFUSED:
            self.report(f"{what} must be a mapping", advice, place, address)
        return None
