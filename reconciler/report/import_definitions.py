"""The result of an import of definitions, in sentences and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from reconciler.invisible_characters import visible
from reconciler.model.addresses import Section
from reconciler.model.imports import DefinitionsImported
from reconciler.report.imports import proof_sentences
from reconciler.report.text.width import wrapped
from reconciler.sentences import counted

_WORDS = {
    Section.SCHEMA: ("schema", "schemas"),
    Section.GROUPS: ("group", "groups"),
    Section.PROPERTIES: ("property", "properties"),
    Section.PIPELINES: ("pipeline", "pipelines"),
    Section.STAGES: ("stage", "stages"),
    Section.LABELS: ("association label", "association labels"),
}


def definitions_json(result: DefinitionsImported) -> str:
    """Return the result of an import of definitions as a JSON document."""
    return json.dumps({**asdict(result), "is_complete": result.is_complete}, ensure_ascii=False)


def definitions_lines(result: DefinitionsImported, width: int) -> Iterator[str]:
    """Return lines about definitions that an import wrote or left out, and the comparison with the portal."""
    for indent, sentence in _sentences(result):
        for row in wrapped(visible(sentence), width - indent):
            yield " " * indent + row


def _sentences(result: DefinitionsImported) -> Iterator[tuple[int, str]]:
    """Return the sentences, each with its indent."""
    if result.files:
        counts = ((result.written.get(section, 0), words) for section, words in _WORDS.items())
        parts = (f"{count:,} {words[0] if count == 1 else words[1]}" for count, words in counts if count)
        yield 0, f"{result.object}: {', '.join(parts)} -> {', '.join(result.files)}"
    else:
        yield 0, f"{result.object}: no definitions to import, nothing was written"
    if result.copies:
        yield 2, f"copies of the replaced files: {', '.join(result.copies)}"
    if result.named_already:
        yield 2, f"{counted(result.named_already, 'definition')} in manifests already, left as they are"
    if result.of_hubspot:
        yield (
            2,
            (
                f"{counted(result.of_hubspot, 'definition')} of HubSpot's own left out; "
                "--properties NAME imports one"
            ),
        )
    for each in result.left_out:
        yield 2, f"left out: {each.address}: {each.reason}"
    if result.proof is not None:
        yield from proof_sentences(result.proof, sum(result.written.values()), "definition")
