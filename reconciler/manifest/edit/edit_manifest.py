"""Editing the text of a manifest: only the lines of the edited values change.

The event parser finds the spans of text to replace or insert. Nothing else is rewritten, so comments, order,
quoting, anchors, blank lines and line ends stay. A file that ``fmt`` would leave alone stays such a file:
comments that stood in one column stand in one column again. The result is parsed again: it must say the same
as before, except for the edited values. Otherwise the edit is rejected.

A value that the record itself sets is replaced in its place. For a value from ``all:``, the record gets a
line of its own, which overrides ``all:``. A value with an anchor or alias is left alone, because an edit
would change other values too.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import Problem
from reconciler.manifest.edit.patches import LINE_BREAK, Patch, Patcher, Unsafe
from reconciler.manifest.layout.format_text import laid_out_as_before, moved_offset
from reconciler.manifest.yaml.content import Content, content_of
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.manifest.yaml.spans import Position
from reconciler.model.acceptance import Edit
from reconciler.source import SourceFiles, SourceRef


@dataclass(frozen=True, slots=True)
class Edited:
    """A file with some values changed."""

    data: bytes
    places: Mapping[Edit, SourceRef]  # successful edits, and their lines in the new text
    problems: tuple[Problem, ...]  # edits that failed


def edit_manifest(data: bytes, edits: Sequence[Edit]) -> Edited:
    """Apply ``edits`` of distinct properties to the file content ``data``, as far as this is safe."""
    files = SourceFiles((edits[0].source.file,))
    before = read_nodes(data, files, 0)
    if before.problems:
        return Edited(data, {}, before.problems)
    patcher = Patcher(data, {edit.key.value for edit in edits})
    meant = list(content_of(before))
    patches: dict[Edit, Patch] = {}
    problems: list[Problem] = []
    for edit in edits:
        document = patcher.document_at(Position(edit.source.line, edit.source.column))
        try:
            record = _record_of(meant[document], edit)
            patches[edit] = patcher.patch(document, edit.key.value, edit.name, edit.after)
        except Unsafe as unsafe:
            problems.append(unsafe.at(edit.source, edit.address))
        else:
            record[edit.name] = edit.after
    text, offsets = patcher.patched(patches)
    after = read_nodes(text.encode(), files, 0)
    if after.problems or list(content_of(after)) != meant:
        return Edited(data, {}, (*problems, *map(_not_sure, patches)))
    laid_out = laid_out_as_before(data, text.encode(), edits[0].source.file)
    layout = laid_out.decode()
    offsets = {edit: moved_offset(offset, text, layout) for edit, offset in offsets.items()}
    return Edited(laid_out, _places(layout, offsets), tuple(problems))


def _record_of(document: Content, edit: Edit) -> dict[str, Content]:
    """Return the record in ``document`` that the edit changes.

    Raises:
        Unsafe: the document has no such record, or the record does not have the expected value.
    """
    if _entry(document, "source"):
        raise Unsafe.changed()  # a row is edited in its table
    record = _entry(_entry(document, "records"), edit.key.value)
    shared = _entry(document, "all")
    if isinstance(record, dict):
        holder = record if edit.name in record or not isinstance(shared, dict) else shared
        if edit.name in holder and holder[edit.name] == edit.before:
            return record
    raise Unsafe.changed()


def _entry(mapping: Content, name: str) -> Content:
    return mapping.get(name) if isinstance(mapping, dict) else None


def _not_sure(edit: Edit) -> Problem:
    message = "the edited file would not say exactly what is meant, so it was not written"
    return Problem(message, "write the value by hand", edit.source, edit.address)


def _places(text: str, offsets: Mapping[Edit, int]) -> Mapping[Edit, SourceRef]:
    starts = [found.end() for found in LINE_BREAK.finditer(text)]
    return {
        edit: replace(edit.source, line=bisect(starts, offset) + 1, column=1)
        for edit, offset in offsets.items()
    }
