"""Formatting observations of HubSpot: a table for an issue, and sentences."""

from collections.abc import Sequence

from reconciler.model.observations import Comparison, Observation, Verification
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Piece, Style, line, painted
from reconciler.report.view import View

_HEAD = ("guess", "assumed", "seen in HubSpot", "")
_STYLES = {
    Comparison.SAME: Style.PLAIN,
    Comparison.DIFFERS: Style.CHANGED,
    Comparison.NOT_SEEN: Style.FAINT,
}


def render_verification(verification: Verification, view: View) -> str:
    """Format the table of observations, then differences, then questions without an answer."""
    rows = [(each, _cells(each)) for each in verification.observations]
    table = [_HEAD, *(cells for _, cells in rows)]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(_HEAD))]
    lines: list[Line] = [
        line(_row(_HEAD, widths)),
        line("|" + "|".join("-" * (width + 2) for width in widths) + "|"),
        *(line(Piece(_row(cells, widths), _STYLES[each.comparison])) for each, cells in rows),
    ]
    layout = Layout(view.width, view.full, view.where)
    for each in verification.of(Comparison.DIFFERS):
        seen = f'"{each.seen}"' if each.seen is not None else f"none of the choices: {each.detail}"
        text = (
            f'{each.guess}: {each.about}. The emulator assumes "{each.assumed}"; observed in HubSpot: {seen}.'
        )
        lines += [(), *layout.paragraph(text)]
    for each in verification.of(Comparison.NOT_SEEN):
        text = f"{each.guess}: HubSpot's behaviour could not be observed: {each.detail}."
        lines += [(), *layout.paragraph(text, style=Style.FAINT)]
    counts = ", ".join(f"{len(verification.of(each))} {each}" for each in Comparison)
    style = Style.ALARM if verification.differs else Style.STRONG
    return painted([*lines, (), *layout.paragraph(f"{counts}.", style=style)], color=view.color)


def _cells(each: Observation) -> tuple[str, str, str, str]:
    seen = each.seen or ("" if each.comparison is Comparison.NOT_SEEN else each.detail)
    return each.guess, each.assumed, seen.replace("|", "/"), str(each.comparison)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
