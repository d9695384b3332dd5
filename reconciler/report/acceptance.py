"""The report of accepted drift: values written into manifests, and values that could not be written."""

from collections.abc import Iterable, Iterator

from reconciler.invisible_characters import visible
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.report.definition_lists import list_shown
from reconciler.report.named import property_title
from reconciler.report.text.grouping import group_by
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.property_rows import PropertyRow, padded, sign_of
from reconciler.report.text.styled_lines import Line, Piece, Style, line
from reconciler.report.text.values import one_below_the_other, side_by_side, text_of_written
from reconciler.sentences import counted

_AGREES = "has this value already"
_REMOVED = "(taken out)"


def acceptance_sections(shown: Acceptance, layout: Layout) -> Iterator[list[Line]]:
    """Format one section for each record: old and new manifest values of properties, with manifest lines."""
    changed = frozenset(shown.edits)
    edits = sorted((*shown.edits, *shown.agreed), key=lambda edit: (edit.key, edit.name))
    for key, of in group_by(edits, lambda edit: edit.key).items():
        suffix = Subject(key, None, of[0].display_name).suffix
        lines = [line(Piece(visible(key.text), Style.STRONG), suffix)]
        titles = [property_title(layout.names, key, edit.name) for edit in of]
        for name, edit in zip(padded(titles), of, strict=True):
            lines += _edit_lines(name, edit, layout, is_new=edit in changed)
        yield lines


def acceptance_closing(shown: Acceptance, layout: Layout) -> list[Line]:
    """Format counts and next steps; the last line has a fixed form that scripts can find."""
    counts = acceptance_headline(shown)
    next_step = "The next plan writes none of these values; the next apply records them in state."
    notes = [*layout.paragraph(next_step, style=Style.FAINT)] if shown.edits or shown.agreed else []
    return [*notes, line(f"Accepted: {counts}.")]


def acceptance_headline(shown: Acceptance) -> str:
    """Format ``3 values written into 2 files, 1 already there, 1 left to you``."""
    files = len({edit.source.file for edit in shown.edits})
    counts = [f"{counted(len(shown.edits), 'value')} written into {counted(files, 'file')}"] if files else []
    counts += [f"{len(shown.agreed):,} already there"] if shown.agreed else []
    counts = counts or ["nothing"]
    counts += [f"{len(shown.problems):,} left to you"] if shown.problems else []
    return ", ".join(counts)


def _edit_lines(name: str, edit: Edit, layout: Layout, *, is_new: bool) -> Iterable[Line]:
    before, after = (
        list_shown(edit.key, edit.name, text_of_written(text)) for text in (edit.before, edit.after)
    )
    if edit.takes_out:
        after = _REMOVED
    sign = (
        Piece("-", Style.REMOVED)
        if edit.takes_out
        else sign_of(before, after)
        if is_new
        else Piece("=", Style.FAINT)
    )
    remarks = ([] if is_new else [_AGREES]) + [layout.place(edit.source)]
    row = PropertyRow(line(sign, f" {name}", indent=2), remarks, layout.width)
    if not is_new:
        return row.lines((), ())
    below = one_below_the_other(before, after, layout.width - 10, full=layout.full)
    return row.lines(side_by_side(before, after, row.room), below)
