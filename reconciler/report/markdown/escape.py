"""Texts that are data, in a form of which neither Markdown nor HTML makes anything.

GitHub turns mentions and references into links wherever text is not code, escaped or not, and tells
people that they were mentioned. Therefore data is always code: inline in ``<code>``, lines in a fence.

Source: https://github.com/gjtorikian/html-pipeline, lib/html_pipeline/node_filter/mention_filter.rb.
"""

import re

from reconciler.invisible_characters import visible
from reconciler.report.text.width import ELLIPSIS, clipped

_MOST_CHARACTERS = 80
_SHORTEST_FENCE = 3


def truncate(text: str, most: int) -> str:
    """``text`` in at most ``most`` cells, and as many characters: some characters take no cell."""
    shown = clipped(visible(text), most)
    return shown if len(shown) <= most else shown[: most - 1] + ELLIPSIS


def inline_code(text: str) -> str:
    """``text``, or the beginning of a long one, as inline code for Markdown, its tables, and HTML alike."""
    return f"<code>{''.join(map(_reference, truncate(text, _MOST_CHARACTERS)))}</code>"


def code_block(text: str, language: str) -> str:
    """``text``, made visible line by line before, as a block of code between fences that it cannot close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(_SHORTEST_FENCE, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _reference(character: str) -> str:
    """``character``, as a numeric reference unless it is a letter, a digit, or means nothing anywhere."""
    return character if character.isalnum() or character in " -/" else f"&#{ord(character)};"
