"""Editing the text of a manifest: only the lines of the edited values change.

The event parser finds the spans of text to replace or insert. Nothing else is rewritten, so comments, order,
quoting, anchors, blank lines and line ends stay. If the file had the layout of ``fmt`` before, it still has
it after the edit. The result is parsed again: its contents must be the same as before, except for the edited
values. Otherwise the edit is rejected.

A value that the record itself sets is replaced in its place. For a value from ``all:``, the record gets a
line of its own, which overrides ``all:``. A value with an anchor or alias is not edited, because this would
change other values, too.
"""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import Problem
from reconciler.manifest.definitions.read import SECTIONS
from reconciler.manifest.documents import read_manifest
from reconciler.manifest.edit.definition_lines import (
    check_before,
    definition_line,
    written_value,
)
from reconciler.manifest.edit.edit_lists import ListEditor, is_order
from reconciler.manifest.edit.patches import LINE_BREAK, Patch, Patcher, Unsafe
from reconciler.manifest.layout.format_text import laid_out_as_before, moved_offset
from reconciler.manifest.yaml.content import Content, content_of
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.manifest.yaml.spans import Position
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.desired_records import ManifestValue
from reconciler.source import SourceFiles, SourceRef


@dataclass(frozen=True, slots=True)
class Edited:
    """A file with some values changed."""

    data: bytes
    places: Mapping[Edit, SourceRef]  # successful edits, and their lines in the new text
    problems: tuple[Problem, ...]  # edits that failed


def edit_manifest(data: bytes, edits: Sequence[Edit]) -> Edited:
    """Make those ``edits`` (of distinct properties) in the file content ``data`` that are safe.

    If the edits of several things cannot be made together, those of each thing are tried separately, so that
    one thing does not prevent the others.
    """
    edited = _edit_together(data, edits)
    things = list(dict.fromkeys(edit.key for edit in edits))
    if edited.places or len(things) == 1:
        return edited
    lowest_first = sorted(
        ([edit for edit in edits if edit.key == thing] for thing in things),
        key=lambda of_thing: max((edit.source.line, edit.source.column) for edit in of_thing),
        reverse=True,
    )
    places: dict[Edit, SourceRef] = {}
    problems: list[Problem] = []
    for of_thing in lowest_first:  # so that places of lines above stay valid
        done = _edit_together(data, of_thing)
        added = done.data.count(b"\n") - data.count(b"\n")
        below = {edit: replace(place, line=place.line + added) for edit, place in places.items()}
        data, places = done.data, below | dict(done.places)
        problems += done.problems
    return Edited(data, places, tuple(problems))


def _edit_together(data: bytes, edits: Sequence[Edit]) -> Edited:
    files = SourceFiles((edits[0].source.file,))
    before = read_nodes(data, files, 0, whole=SECTIONS)
    if before.problems:
        return Edited(data, {}, before.problems)
    patcher = Patcher(data, {edit.key.value for edit in edits})
    documents = {edit: patcher.document_at(Position(edit.source.line, edit.source.column)) for edit in edits}
    meant = list(content_of(before))
    patches: dict[Edit, Patch] = {}
    problems: list[Problem] = []
    of_lists = [edit for edit in edits if is_order(edit) or edit.takes_out]
    for edit in (edit for edit in edits if edit not in of_lists):
        try:
            line, value = _line_of(meant[documents[edit]], edit)
            patches[edit] = patcher.patch_line(documents[edit], line, value)
        except Unsafe as unsafe:
            problems.append(unsafe.at(edit.source, edit.address))
        else:
            _set(meant[documents[edit]], line, value)
    text, offsets = patcher.patched(patches)
    lists = ListEditor(text, meant)
    if of_lists:
        lists.edit(of_lists, documents)
        offsets = {edit: lists.moved(offset) for edit, offset in offsets.items()} | lists.places
    problems += lists.problems
    if not _is_as_meant(data, lists, files, offsets):
        return Edited(data, {}, (*problems, *map(_not_sure, offsets)))
    laid_out = laid_out_as_before(data, lists.text.encode(), edits[0].source.file)
    layout = laid_out.decode()
    offsets = {edit: moved_offset(offset, lists.text, layout) for edit, offset in offsets.items()}
    return Edited(laid_out, _places(layout, offsets), tuple(problems))


def _is_as_meant(data: bytes, lists: ListEditor, files: SourceFiles, edits: Iterable[Edit]) -> bool:
    """Return whether the edited text, read again, is a manifest with the intended contents."""
    text = lists.text.encode()
    after = read_nodes(text, files, 0, whole=SECTIONS)
    said = list(content_of(after))
    if after.problems or said != lists.meant or not lists.is_in_order():
        return False
    defines = any(isinstance(edit.key, DefinitionAddress) for edit in edits)
    return text == data or not defines or not read_manifest(text, files, 0).problems


def _line_of(document: Content, edit: Edit) -> tuple[tuple[str, ...], ManifestValue]:
    """Return the path of keys to the edited value, and the new manifest value.

    Raises:
        Unsafe: the present value in the document is not ``edit.before``.
    """
    if isinstance(edit.key, DefinitionAddress):
        line = definition_line(document, edit.key, edit.name)
        check_before(document, edit, edit.key, line)
        return line, written_value(edit, edit.key)
    _check_record(document, edit)
    return ("records", edit.key.value, edit.name), edit.after


def _set(document: Content, line: Sequence[str], value: ManifestValue) -> None:
    *outer, name = line
    holder = document
    for each in outer:
        holder = _entry(holder, each)
    if isinstance(holder, dict):
        holder[name] = value


def _check_record(document: Content, edit: Edit) -> None:
    """Check that ``document`` has the record that the edit changes, with the expected value.

    Raises:
        Unsafe: the document has no such record, or the record does not have the expected value.
    """
    if _entry(document, "source"):
        raise Unsafe.changed()  # the edit is for YAML records, but the document now has a table
    record = _entry(_entry(document, "records"), edit.key.value)
    shared = _entry(document, "all")
    if isinstance(record, dict):
        holder = record if edit.name in record or not isinstance(shared, dict) else shared
        if edit.name in holder and holder[edit.name] == edit.before:
            return
    raise Unsafe.changed()


def _entry(mapping: Content, name: str) -> Content:
    return mapping.get(name) if isinstance(mapping, dict) else None


def _not_sure(edit: Edit) -> Problem:
    message = "the edited file would not have exactly the intended contents, so it was not written"
    return Problem(message, "write the value by hand", edit.source, edit.address)


def _places(text: str, offsets: Mapping[Edit, int]) -> Mapping[Edit, SourceRef]:
    starts = [found.end() for found in LINE_BREAK.finditer(text)]
    return {
        edit: replace(edit.source, line=bisect(starts, offset) + 1, column=1)
        for edit, offset in offsets.items()
    }
