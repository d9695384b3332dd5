"""Formatting a Markdown page of the help for a terminal."""

import io
import re
from typing import Final

from rich.console import Console
from rich.markdown import Markdown

_WIDEST: Final = 100
"""Maximum number of columns: longer lines are hard to read."""

_LINK: Final = re.compile(r"\[(?P<text>(?:`[^`]*`|[^][`])*)\]\((?P<target>[^()\s]+)\)")
_CODE: Final = re.compile(
    r"(?P<block>^ *```.*?^ *```)|(?<!`)`(?P<inline>[^`\n]+)`(?!`)", re.MULTILINE | re.DOTALL
)
_PAGE: Final = re.compile(r"(?P<name>[a-z-]+)\.md(#.*)?")


def laid_out(page: str, *, columns: int, is_colored: bool) -> str:
    """Return ``page`` as text for a terminal with ``columns`` columns.

    Links to other pages cannot be followed on a terminal. So only their text is shown, and the other pages
    are listed at the end.
    """
    text = io.StringIO()
    console = Console(
        file=text,
        width=min(columns, _WIDEST),
        force_terminal=is_colored,
        color_system="standard" if is_colored else None,
        legacy_windows=False,
        highlight=False,
    )
    text_of_page = _without_links(page)
    if not is_colored:
        text_of_page = _CODE.sub(_marked, text_of_page)
    console.print(Markdown(text_of_page, code_theme="ansi_dark", hyperlinks=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _marked(code: re.Match[str]) -> str:
    """Keep the backquotes around code in a line, because without colour nothing else marks it as code."""
    return code["block"] or f"`` `{code['inline']}` ``"


def _without_links(page: str) -> str:
    others: dict[str, None] = {}

    def text_of(found: re.Match[str]) -> str:
        if "://" in found["target"]:
            return found[0]
        if other := _PAGE.fullmatch(found["target"]):
            others[f"`reconciler help {other['name']}`"] = None
        return found["text"]

    text = _LINK.sub(text_of, page)
    return f"{text}\nMore: {', '.join(others)}\n" if others else text
