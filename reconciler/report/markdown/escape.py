"""Escaping data so that neither Markdown nor HTML interprets it.

GitHub turns mentions and references into links everywhere except in code, escaped or not, and notifies people
who are mentioned. Therefore data is always code: inline in ``<code>``, lines in a fence.

Source: https://github.com/gjtorikian/html-pipeline, lib/html_pipeline/node_filter/mention_filter.rb.
"""

import re

from reconciler.invisible_characters import visible
from reconciler.report.text.width import ELLIPSIS, clipped

_MOST_CHARACTERS = 80
_SHORTEST_FENCE = 3


def truncate(text: str, most: int) -> str:
    """Shorten ``text`` to at most ``most`` cells and characters; some characters take no cell."""
    shown = clipped(visible(text), most)
    return shown if len(shown) <= most else shown[: most - 1] + ELLIPSIS


def inline_code(text: str) -> str:
    """Format ``text``, or its beginning, as inline code for Markdown, its tables, and HTML."""
    return f"<code>{''.join(map(_reference, truncate(text, _MOST_CHARACTERS)))}</code>"


def code_block(text: str, language: str) -> str:
    """Format ``text`` as a code block with fences that it cannot close; it has no invisible characters."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(_SHORTEST_FENCE, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _reference(character: str) -> str:
    """Return ``character`` as a numeric reference unless it is a letter, a digit, or harmless everywhere."""
    return character if character.isalnum() or character in " -/" else f"&#{ord(character)};"
