"""A plan or drift as an HTML page that works from disk: without network, framework, or markup in values.

The page contains its data as JSON, and one script that puts it into text nodes. Its content security policy
allows only that script and that style, by their digests, and no connections. In browsers with trusted types,
it forbids the script to create markup from text.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping

from reconciler.invisible_characters import visible
from reconciler.model.drift import DriftFound
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Plan
from reconciler.report.drift import drift_notes
from reconciler.report.html.table import plan_table, table_of_drift
from reconciler.report.plan.guard_refusals import refusal_lines
from reconciler.report.plan.summary import blockers, made_of, plan_notes, portal_of, selection_flags
from reconciler.report.rehearsal import rehearsal_lines
from reconciler.report.shown import shown_drift, shown_plan
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import painted
from reconciler.report.view import View

_SCRIPTS = ("rows.js", "values.js", "facets.js", "list.js", "main.js")
"""Scripts in the order of their dependencies."""

_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})
"""Characters that may end a script, begin a comment or end a line, as JSON escapes."""

_WIDE = Layout(width=100_000, full=True, where=str)
"""A layout in which every sentence is one line."""

_PAGE = Layout(width=120, full=False, where=str)
"""A layout for text in columns."""


def render_page(plan: Plan, view: View) -> str:
    """Render the plan as an HTML document."""
    shown = shown_plan(plan, view.masking)
    about, summary = shown.about, shown.summary
    return _document(
        plan_table(shown),
        subject="Plan",
        command="reconciler plan --full",
        environment=visible(plan.environment),
        portal=portal_of(plan, visible),
        headline=summary.headline,
        obstacles=blockers(shown),
        is_appliable=summary.is_appliable,
        refusals=painted(refusal_lines(about.refusals, _WIDE, about.rolls_back), color=False),
        rehearsal=painted(rehearsal_lines(about.rehearsal, _PAGE), color=False) if about.rehearsal else "",
        facts=list(_facts(plan, selection_flags(about))),
        notes=plan_notes(shown, _WIDE),
    )


def render_drift_page(found: DriftFound, view: View) -> str:
    """Render the drift as an HTML document."""
    shown = shown_drift(found, view.masking)
    when = f"{found.created_at:%Y-%m-%d %H:%M} UTC by reconciler {visible(found.tool_version)}"
    return _document(
        table_of_drift(shown),
        subject="Drift",
        command="reconciler drift --full",
        environment=visible(found.environment),
        portal=f"portal {found.portal_id}",
        headline=shown.summary.headline,
        obstacles="",
        is_appliable=True,
        refusals="",
        rehearsal="",
        facts=[("Read", f"{found.looked_at:,} owned records"), ("Looked at", when)],
        notes=drift_notes(shown),
    )


def _document(data: Mapping[str, object], **contents: object) -> str:
    """Build the page that shows ``data``, from its template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - it costs 0.1 s

    loader = PackageLoader("reconciler.report", "web")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style, *scripts = (loader.get_source(environment, name)[0] for name in ("page.css", *_SCRIPTS))
    script = "\n".join(scripts)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return environment.get_template("page.html.jinja").render(
        policy=_policy(script, style), style=style, script=script, data=text, **contents
    )


def _policy(script: str, style: str) -> str:
    """Build the content security policy. Source: https://www.w3.org/TR/CSP3/."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _facts(plan: Plan, flags: str) -> Iterator[tuple[str, str]]:
    """Return the facts about a plan: its content, and its inputs."""
    yield ("Rolls back" if plan.rolls_back else "Read"), made_of(plan, visible)
    if plan.manifests.git:
        uncommitted = " and uncommitted changes" if plan.manifests.has_uncommitted else ""
        yield "Commit", f"{visible(plan.manifests.git)}{uncommitted}"
    if flags:
        yield "Selected by", visible(flags)
    yield (
        "Planned",
        f"{plan.created_at:%Y-%m-%d %H:%M} UTC by reconciler {visible(plan.tool_version)}",
    )
    digests = digests_of(plan)
    yield "Content", digests.content
    if plan.review:
        yield "Content as reviewed", visible(plan.review.content)
    yield "Digest", digests.digest
