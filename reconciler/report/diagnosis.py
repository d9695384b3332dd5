"""Formatting the checks of ``doctor``: a line for each check, and advice."""

import json
from dataclasses import asdict

from reconciler.model.diagnosis import CheckResult, CheckStatus, Diagnosis
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Piece, Style, line, painted
from reconciler.report.text.width import wrapped
from reconciler.report.view import View
from reconciler.sentences import counted

_STYLES = {
    CheckStatus.OK: Style.ADDED,
    CheckStatus.WARNING: Style.CHANGED,
    CheckStatus.FAILED: Style.ALARM,
    CheckStatus.SKIPPED: Style.FAINT,
}
_WORDS = {
    CheckStatus.OK: "ok",
    CheckStatus.WARNING: "note",
    CheckStatus.FAILED: "FAILED",
    CheckStatus.SKIPPED: "-",
}
_STATUS_WIDTH, _NAME_WIDTH = 8, 11
_MARGIN = _STATUS_WIDTH + _NAME_WIDTH


def render_check(result: CheckResult, view: View) -> str:
    """Format one check: its status, its name, its finding, and advice."""
    found = wrapped(result.finding, view.width - _MARGIN)
    style = Style.FAINT if result.status is CheckStatus.SKIPPED else Style.PLAIN
    lines: list[Line] = []
    for index, row in enumerate(found):
        status = _WORDS[result.status] if index == 0 else ""
        name = result.name if index == 0 else ""
        first = Piece(status.ljust(_STATUS_WIDTH), _STYLES[result.status])
        lines.append(line(first, Piece(name.ljust(_NAME_WIDTH), Style.STRONG), Piece(row, style)))
    for index, row in enumerate(wrapped(result.advice, view.width - _MARGIN - 2) if result.advice else ()):
        lines.append(line("> " if index == 0 else "  ", row, indent=_MARGIN))
    return painted(lines, color=view.color)


def render_diagnosis_end(diagnosis: Diagnosis, view: View) -> str:
    """Format the last sentence: how many checks failed, or that all is well."""
    failed = sum(result.has_failed for result in diagnosis.results)
    text = "All is well." if not failed else f"{counted(failed, 'check')} failed."
    layout = Layout(view.width, view.full, view.where)
    style = Style.STRONG if not failed else Style.ALARM
    return painted([(), *layout.paragraph(text, style=style)], color=view.color)


def diagnosis_as_document(diagnosis: Diagnosis) -> str:
    """Write all checks as one JSON document."""
    checks = [asdict(result) for result in diagnosis.results]
    return json.dumps({"healthy": diagnosis.is_healthy, "checks": checks}, ensure_ascii=False) + "\n"
