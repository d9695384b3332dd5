"""Guards that a plan ran into: the numbers, some of the records, and the flag that lifts them."""

from collections.abc import Iterable, Iterator

from reconciler.plan.changes import GuardRefusal
from reconciler.report.cells import visible
from reconciler.report.layout import Layout
from reconciler.report.lines import Line, Style


def refusal_lines(refusals: Iterable[GuardRefusal], layout: Layout) -> list[Line]:
    """Each refusal with what to look at, and what to do if it is intended."""
    return [row for refusal in refusals for row in _refusal(refusal, layout)]


def refusal_text(refusals: Iterable[GuardRefusal]) -> str:
    """The same, without colour or width."""
    return "\n".join(f"{head}\n    " + "\n    ".join(rest) for head, *rest in map(_sentences, refusals))


def _refusal(refusal: GuardRefusal, layout: Layout) -> Iterator[Line]:
    head, *rest = _sentences(refusal)
    yield from layout.paragraph(head, style=Style.ALARM)
    for sentence in rest:
        yield from layout.paragraph(sentence, indent=4)


def _sentences(refusal: GuardRefusal) -> list[str]:
    first = ", ".join(visible(key.address) for key in refusal.first)
    return [
        f"plan refused: {refusal.message}",
        *([f"first: {first}"] if first else []),
        *([refusal.advice] if refusal.advice else []),
        f"if this is intended: --allow {refusal.guard}={refusal.count}",
    ]
