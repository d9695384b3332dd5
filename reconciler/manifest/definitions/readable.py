"""Writing definitions as a manifest; definitions that reconciler could not read back are left out."""

from collections.abc import Sequence
from typing import Final

from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.manifest.definitions.write import definitions_text
from reconciler.manifest.documents import read_manifest
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.imports import LeftOutDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.source import SourceFiles

_FILES: Final = SourceFiles(("definitions.yaml",))


def readable_text(
    object_name: str, definitions: Sequence[LiveDefinition]
) -> tuple[str, tuple[LiveDefinition, ...], tuple[LeftOutDefinition, ...]]:
    """Write definitions of one object type as a manifest.

    Returns:
        the text, the definitions in it, and the left-out definitions, each with the reader's reason for
        refusing it.

    Raises:
        UsageError: a name or a text cannot be written in YAML.
    """
    kept = list(definitions)
    refused: dict[str, str] = {}
    while True:
        text = definitions_text(object_name, kept)
        wrong = _problems(text)
        refused |= wrong
        fewer = [each for each in kept if not _is_in(each.address, wrong)]
        if len(fewer) == len(kept):
            left_out = (LeftOutDefinition(address, reason) for address, reason in sorted(refused.items()))
            return text, tuple(kept), tuple(left_out)
        kept = fewer


def _problems(text: str) -> dict[str, str]:
    """Return the reader's problems with a manifest text, by the address of the definition."""
    manifest = read_manifest(text.encode(), _FILES, 0)
    declared = [document.definitions for document in manifest.documents]
    problems = (*manifest.problems, *merge_definitions(declared, _FILES)[1])
    return {problem.address: str(problem.message) for problem in problems if problem.address}


def _is_in(address: DefinitionAddress, wrong: dict[str, str]) -> bool:
    """Return whether a definition, or the pipeline of a stage, has a problem."""
    outer = address
    if address.section is Section.STAGES:
        outer = definition_address(address.object, Section.PIPELINES, address.names[0])
    return address.text in wrong or outer.text in wrong
