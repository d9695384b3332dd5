"""Drift as the text of one issue on GitHub: lost records come first, and the length is limited."""

from reconciler.model.drift import DriftFound
from reconciler.report.drift import drift_about, drifted_sections, lost_sections, pair_sections
from reconciler.report.markdown.blocks import section_blocks
from reconciler.report.markdown.escape import inline_code
from reconciler.report.markdown.summary import BLOCK_WIDTH, LEFT_OUT_CHARACTERS, MOST_CHARACTERS, mark_of
from reconciler.report.markdown.truncate import fitted, size_of, texts_of
from reconciler.report.shown import ShownDrift, shown_drift
from reconciler.report.text.layout import Layout
from reconciler.report.view import View


def render_drift_markdown(found: DriftFound, view: View) -> str:
    """Render drift in GitHub's Markdown; leave out entries if the text is too long for an issue."""
    shown = shown_drift(found, view.masking)
    layout = Layout(BLOCK_WIDTH, view.full, view.where, shown.about.names, way_to_all="")
    head, foot = _head(shown), _foot(shown)
    room = MOST_CHARACTERS - LEFT_OUT_CHARACTERS - size_of(head + foot)
    blocks = [
        *section_blocks(lost_sections(shown.lost), layout),
        *section_blocks(drifted_sections(shown.values), layout),
        *section_blocks(pair_sections(shown.pairs), layout),
    ]
    fit = fitted(blocks, room)
    return "".join([head, *texts_of(fit.blocks, room - fit.size), _left_out(fit.left_out), foot])


def _head(shown: ShownDrift) -> str:
    """Return the marker by which later runs find this issue on GitHub, and the headline."""
    found, headline = shown.about, shown.summary.headline
    return (
        f"{mark_of('drift', found.environment, found.portal_id)}\n"
        f"### {headline if shown.is_empty else f'Drift: {headline}'}\n\n"
        f"{inline_code(found.environment)}, {drift_about(shown)}\n\n"
    )


def _left_out(count: int) -> str:
    if not count:
        return ""
    return f"**{count:,} more, for which an issue has no room:** `reconciler drift --full` prints all.\n\n"


def _foot(shown: ShownDrift) -> str:
    """Return when and by which version the portal was read, and the next steps."""
    found = shown.about
    masked = "Personal values are masked; equal masks mean equal values. " if shown.is_masked else ""
    version = inline_code(found.tool_version)
    looked = f"The portal was read at {found.created_at:%Y-%m-%d %H:%M} UTC by reconciler {version}.\n\n"
    return masked + looked + f"**Next:** {_next(shown)}\n"


def _next(shown: ShownDrift) -> str:
    if shown.is_empty:
        return "nothing to do."
    lost = (
        " `plan --recreate ADDRESS` creates a missing record again; without it, a missing "
        "record stays missing."
        if len(shown.lost)
        else ""
    )
    return (
        "if people are right, `reconciler drift --accept ADDRESS` writes their values into the "
        "manifests. The next apply overwrites all other drift with the values of the manifests, unless the "
        f"environment says `drift: hold`.{lost}"
    )
