"""Refusals of guards as text: the reason, some of the records, and the flag that allows the plan."""

from collections.abc import Iterable, Iterator

from reconciler.invisible_characters import visible
from reconciler.plan.plan import GuardRefusal
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Style


def refusal_lines(
    refusals: Iterable[GuardRefusal], layout: Layout, rolls_back: str | None = None
) -> list[Line]:
    """Format each refusal with its reason, some of the records, and the flag that allows the plan.

    Args:
        refusals: refusals of one plan.
        layout: layout of the report.
        rolls_back: the run that the plan rolls back; None: a plan from manifests.
    """
    return [row for refusal in refusals for row in _refusal(refusal, layout, rolls_back)]


def refusal_text(refusals: Iterable[GuardRefusal], rolls_back: str | None) -> str:
    """Format refusals as plain text, without colour and wrapping."""
    sentences = (_sentences(refusal, rolls_back) for refusal in refusals)
    return "\n".join(f"{head}\n    " + "\n    ".join(rest) for head, *rest in sentences)


def _refusal(refusal: GuardRefusal, layout: Layout, rolls_back: str | None) -> Iterator[Line]:
    head, *rest = _sentences(refusal, rolls_back)
    yield from layout.paragraph(head, style=Style.ALARM)
    for sentence in rest:
        yield from layout.paragraph(sentence, indent=4)


def _sentences(refusal: GuardRefusal, rolls_back: str | None) -> list[str]:
    allow = f"--allow {refusal.guard}={refusal.count}"
    command = f"reconciler rollback {rolls_back} {allow} --out FILE" if rolls_back else allow
    first = ", ".join(visible(key.text) for key in refusal.first)
    return [
        f"plan refused: {refusal.message}",
        *([f"first: {first}"] if first else []),
        *([refusal.advice] if refusal.advice else []),
        f"if this is intended: {command}",
    ]
