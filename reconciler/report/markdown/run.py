"""A run in Markdown, for the summary of a job: the text of a terminal, as far as it fits."""

from dataclasses import replace

from reconciler.model.runs import RunDetail
from reconciler.report.markdown.escape import code_block
from reconciler.report.markdown.plan import BLOCK_WIDTH, MOST_CHARACTERS
from reconciler.report.terminal import render_run
from reconciler.report.text.width import ELLIPSIS
from reconciler.report.view import View


def render_run_markdown(detail: RunDetail, view: View) -> str:
    """Render a run in GitHub's Markdown; of a long one only the end, which has the accounting."""
    text = render_run(detail, replace(view, width=BLOCK_WIDTH, color=False))
    shown = text if len(text) <= MOST_CHARACTERS else f"{ELLIPSIS}\n{text[-MOST_CHARACTERS:]}"
    return code_block(shown, "text")
