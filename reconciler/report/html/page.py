"""An HTML page that works without network and framework, and never treats values as markup.

The page contains its data as JSON, and one script that inserts the data as text nodes. Its content security
policy allows only this script and this style, by their digests, and no connections. In browsers with trusted
types, the policy also prevents the script from creating markup from text.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from reconciler.report.html.table import Json

_SCRIPTS = ("rows.js", "values.js", "facets.js", "groups.js", "list.js", "items.js", "main.js")
"""Scripts in the order of their dependencies."""

_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})
"""JSON escapes for characters that could end the script, begin a comment or end a line in HTML."""


class Page(NamedTuple):
    """The texts around the table of a page; invisible characters in them must be escaped already."""

    subject: str  # "Plan"
    environment: str
    portal: str  # "portal 7654321"
    command: str  # the command that prints the same report
    headline: str  # the result, without full stop
    facts: Sequence[tuple[str, str]]  # label and text, for example source and date
    notes: Sequence[str]  # sentences
    obstacles: str = ""  # sentences about problems; may be empty
    is_fatal: bool = False  # whether the obstacles prevent the next step
    refusals: str = ""  # lines about guards; may be empty
    rehearsal: str = ""  # lines about the rehearsal; may be empty


def page_text(page: Page, table: Json) -> str:
    """Return the HTML document that shows ``table``, made from the template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - it costs 0.1 s

    loader = PackageLoader("reconciler.report", "web")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style, *scripts = (loader.get_source(environment, name)[0] for name in ("page.css", *_SCRIPTS))
    script = "\n".join(scripts)
    data = json.dumps(table, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return environment.get_template("page.html.jinja").render(
        page=page, policy=_policy(script, style), style=style, script=script, data=data
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
