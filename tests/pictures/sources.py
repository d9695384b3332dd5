"""The web pages of which pictures are made: a terminal, a comment on GitHub, and the HTML report."""

import html
import re
from collections.abc import Callable

from markdown_it import MarkdownIt

from reconciler.plan.plan import Plan
from reconciler.report.html.plan import render_plan_page
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import SHOW
from reconciler.report.terminal import render_plan
from reconciler.report.view import View

_STYLE = """
:root { color-scheme: light dark; } html { overflow: hidden; }
body { margin: 0; background: light-dark(#ffffff, #0d1117); color: light-dark(#1f2328, #e6edf3); }
pre { margin: 0; font: 13px/1.5 "DejaVu Sans Mono", monospace; }
.terminal { padding: 20px 24px; width: max-content; }
.s1, .s1-31 { font-weight: 700; } .s2 { color: light-dark(#6a7079, #8b949e); }
.s31, .s1-31 { color: light-dark(#b3261e, #ff8d84); }
.s32 { color: light-dark(#116b36, #6fd394); } .s33 { color: light-dark(#8a5800, #e3b25b); }
.comment { padding: 20px 28px; width: 824px; font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; }
.comment pre { background: light-dark(#f6f8fa, #161b22); padding: 14px 16px; }
.comment pre { border-radius: 6px; font-size: 12px; overflow: hidden; }
code { font: 12px "DejaVu Sans Mono", monospace; background: light-dark(#eff1f3, #2a3038); }
code { padding: .15em .4em; border-radius: 5px; } pre code { background: none; padding: 0; font: inherit; }
h3 { font-size: 18px; margin: 0 0 14px; } summary { cursor: pointer; } details { margin: 0 0 14px; }
summary + pre { margin-top: 10px; } a { color: light-dark(#0969da, #4493f8); text-decoration: none; }
blockquote { border-left: 4px solid #9a6700; margin: 0 0 16px; padding: 0 14px; }
table { border-collapse: collapse; margin-bottom: 16px; }
td, th { border: 1px solid light-dark(#d1d9e0, #3d444d); padding: 5px 13px; }
.plus { color: light-dark(#116329, #aff5b4); background: light-dark(#dafbe1, #033a16); }
.minus { color: light-dark(#82071e, #ffdcd7); background: light-dark(#ffebe9, #67060c); }
.bang { color: light-dark(#813a00, #ffdfb6); background: light-dark(#ffe9d6, #4d2200); }
"""
_SIGNS = {"+": "plus", "-": "minus", "!": "bang"}


def terminal(plan: Plan) -> str:
    """Return a web page that looks like a terminal of 80 columns."""
    text = html.escape(render_plan(plan, View(SHOW, color=True, width=80)), quote=False)
    styled = re.sub(r"\x1b\[([0-9;]+)m(.*?)\x1b\[0m", _span, text)
    return _document(f'<pre class="terminal"><b>$ reconciler plan</b>\n{styled}</pre>')


def comment(plan: Plan) -> str:
    """Return a web page with the comment as GitHub shows it."""
    markdown = _without_digests(render_markdown(plan, View(SHOW)))
    text = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    shown = re.sub(r'<code class="language-diff">(.*?)</code>', _diff, text, flags=re.DOTALL)
    return _document(f'<div class="comment">{shown}</div>')


def page(plan: Plan) -> str:
    """Return the HTML report of the plan."""
    return _without_digests(render_plan_page(plan, View(SHOW)))


SOURCES: dict[str, Callable[[Plan], str]] = {"terminal": terminal, "comment": comment, "page": page}


def _without_digests(text: str) -> str:
    """Replace digests, and ids of records that a project creates: they differ each time."""
    text = re.sub(r"\b1000000000\d\d\b", "100000000001", text)
    return re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'3f2c9ab41d7e' * 5}", text)


def _document(body: str) -> str:
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><body>{body}"


def _span(match: re.Match[str]) -> str:
    return f'<span class="s{match[1].replace(";", "-")}">{match[2]}</span>'


def _diff(match: re.Match[str]) -> str:
    lines = (
        f'<span class="{_SIGNS[line[0]]}">{line}</span>' if line[:1] in _SIGNS else line
        for line in match[1].split("\n")
    )
    return f"<code>{chr(10).join(lines)}</code>"
