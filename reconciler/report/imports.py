"""The result of an import, and live records that no manifest names, in sentences and as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from shlex import quote

from reconciler.invisible_characters import visible
from reconciler.model.imports import ImportResult, LeftOutRecords, Proof, UnnamedRecord, UnnamedRecords
from reconciler.report.mask import Masking, masked_import, masked_unnamed
from reconciler.report.text.width import clipped, wrapped
from reconciler.sentences import counted

_MOST_NAMES = 8
_NAME_CELLS = 32


def import_json(result: ImportResult, masking: Masking) -> str:
    """Return the result of an import as a JSON document."""
    document = asdict(masked_import(result, masking))
    del document["masked_properties"]
    return json.dumps({**document, "is_complete": result.is_complete}, ensure_ascii=False)


def import_lines(result: ImportResult, masking: Masking, width: int) -> Iterator[str]:
    """Return the lines about written and omitted things, and about the comparison with the portal."""
    for indent, sentence in _sentences(masked_import(result, masking)):
        for row in wrapped(visible(sentence), width - indent):
            yield " " * indent + row


def _sentences(result: ImportResult) -> Iterator[tuple[int, str]]:
    """Return the sentences about the result of an import, each with its indent."""
    if result.records:
        written = f"{counted(result.records, 'record')}, {_properties(len(result.properties))}"
        yield 0, f"{result.object}: {written} -> {', '.join(result.files)}"
    else:
        yield 0, f"{result.object}: nothing to import, nothing was written"
    if result.copies:
        yield 2, f"copies of the replaced files: {', '.join(result.copies)}"
    if result.named_already:
        yield 2, f"{counted(result.named_already, 'record')} already in manifests, left as they are"
    if result.shared:
        yield 2, f"the same in every record, and written once under `all:`: {_listed(result.shared)}"
    for name, count in result.associations.items():
        yield 2, f"{counted(count, 'association') if count else 'no associations'} with {name}"
    for name, count in result.unnamed_targets.items():
        yield 2, f"left out: associations with {count:,} {name}, because they have no key"
    yield from _about_properties(result)
    yield from _about_records(result.left_out_records, result.key)
    if result.proof is not None:
        yield from proof_sentences(result.proof, result.records, "record")


def _about_properties(result: ImportResult) -> Iterator[tuple[int, str]]:
    if result.observed:
        names = ",".join(result.observed)
        yield 2, f"left to people (`ownership: observe`): {_listed(result.observed)}"
        yield 4, f"compared and shown, never written; with --enforce {names}, git decides about them"
    left_out = result.left_out
    if left_out.read_only:
        yield 2, f"left out, because HubSpot alone writes it: {_listed(left_out.read_only)}"
    if left_out.empty:
        yield 2, f"left out, because no record has a value: {_listed(left_out.empty)}"
    if left_out.personal and result.records:
        yield 2, f"left out, because it is personal data: {_listed(left_out.personal)}"
        yield 4, "--personal imports personal data; git keeps committed values in its history"
    if left_out.owners:
        yield 2, f"left out, because the token may not read owners: {_listed(left_out.owners)}"
        yield 4, "give it the scope crm.objects.owners.read"
    if left_out.unowned:
        yield 2, f"left out, because people change it often: {_listed(left_out.unowned)}"
        yield 4, "to import it, name it under `ownership:` of the document or with --enforce"


def _about_records(left_out: LeftOutRecords, key: str) -> Iterator[tuple[int, str]]:
    if not left_out:
        return
    parts = [
        f"{left_out.without_key:,} without {key}" if left_out.without_key else "",
        f"{left_out.repeated:,} with the same {key} as another record" if left_out.repeated else "",
        f"{left_out.not_found:,} not found" if left_out.not_found else "",
    ]
    total = left_out.without_key + left_out.repeated + left_out.not_found
    yield 2, f"{counted(total, 'record')} left out: {', '.join(filter(None, parts))}"
    yield 4, f"{left_out.file} lists them, with links"


def proof_sentences(proof: Proof, count: int, noun: str) -> Iterator[tuple[int, str]]:
    """Return sentences (with indent) about comparing ``count`` written things with the portal.

    ``noun`` is the word for one of the things: record or definition.
    """
    yield 0, ""
    taken_over = f"{counted(proof.to_take_over, noun)} will be taken over (state only)"
    if proof.fault is not None:
        yield 0, "The files are written, but could not be compared with the portal:"
        yield from ((2, line.strip()) for line in proof.fault.splitlines())
    elif proof.holds and proof.is_planned:
        owned = count - proof.to_take_over
        already = f", {owned:,} {'is' if owned == 1 else 'are'} already owned" if owned else ""
        yield 0, f"Planned: {taken_over}{already}; nothing is written."
    elif proof.holds:
        yield 0, f"Compared with HubSpot: {taken_over}; nothing is written."
    else:
        first = f", first {proof.first}" if proof.first else ""
        yield 0, f"The manifests differ from the portal in {counted(proof.differing, 'place')}{first}"
        yield (
            2,
            "`reconciler plan` shows the differences; somebody may have changed HubSpot during the import",
        )


def _properties(count: int) -> str:
    return f"{count:,} property" if count == 1 else f"{count:,} properties"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def unnamed_json(found: UnnamedRecords, masking: Masking) -> str:
    """Return, as a JSON document, the live records that no manifest names."""
    document = asdict(masked_unnamed(found, masking))
    del document["masked_properties"], document["display"]
    return json.dumps(document, ensure_ascii=False)


def unnamed_lines(found: UnnamedRecords, masking: Masking, width: int) -> Iterator[str]:
    """Return two lines for each live record that no manifest names, the newest first."""
    shown = masked_unnamed(found, masking)
    if not shown.unnamed:
        yield f"Manifests name all {shown.live:,} {shown.object}."
        return
    yield f"Manifests do not name {shown.unnamed:,} of {shown.live:,} {shown.object}:"
    yield ""
    for record in shown.records:
        yield clipped(visible(f"  {_called(record, shown)}  {_made(record)}").rstrip(), width)
        yield f"    {record.link}"
    if shown.unnamed > len(shown.records):
        yield f"  … {shown.unnamed - len(shown.records):,} more (--full shows all)"
    yield ""
    if shown.without_key:
        yield f"{shown.without_key:,} of them have no {shown.key}, so that manifests cannot name them"
    if shown.without_key < shown.unnamed:
        yield f"`reconciler import {quote(shown.object)} --add` adds the others to the manifests"


def _called(record: UnnamedRecord, found: UnnamedRecords) -> str:
    key = record.key or f"(no {found.key})"
    return f"{clipped(key, _NAME_CELLS)}  {clipped(record.name, _NAME_CELLS)}"


def _made(record: UnnamedRecord) -> str:
    day = (record.created_at or "").partition("T")[0]
    return "  ".join(filter(None, (day, record.created_by)))
