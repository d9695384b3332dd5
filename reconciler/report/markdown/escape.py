"""Escaping values so that neither Markdown nor HTML interprets them.

GitHub turns mentions and references into links, escaped or not, and notifies people who are mentioned, except
in code. Therefore values are always code: ``<code>`` inside a line, a fenced block for whole lines.

Source: https://github.com/gjtorikian/html-pipeline, lib/html_pipeline/node_filter/mention_filter.rb.
"""

import re

from reconciler.invisible_characters import visible
from reconciler.report.text.width import ELLIPSIS, clipped

_MOST_CHARACTERS = 80
_SHORTEST_FENCE = 3


def truncate(text: str, most: int) -> str:
    """Shorten ``text`` to a width of at most ``most`` columns, and to at most ``most`` characters.

    A limit of the width alone is not enough, because some characters have no width.
    """
    shown = clipped(visible(text), most)
    return shown if len(shown) <= most else shown[: most - 1] + ELLIPSIS


def inline_code(text: str) -> str:
    """Format ``text``, shortened if long, as inline code for Markdown, Markdown tables and HTML."""
    return f"<code>{''.join(map(_reference, truncate(text, _MOST_CHARACTERS)))}</code>"


def code_block(text: str, language: str) -> str:
    """Format ``text``, which has no invisible characters, as a code block whose fence it cannot close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(_SHORTEST_FENCE, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _reference(character: str) -> str:
    """Return ``character`` as a numeric reference, unless it is a letter, digit, space, hyphen or slash."""
    return character if character.isalnum() or character in " -/" else f"&#{ord(character)};"
