"""HTML values as HubSpot stores them: sanitised, so a stored value may differ from the written one.

It is known that HubSpot removes some tags and attributes, but not which ones; the lists here are a guess.
"""

from collections.abc import Collection
from html import escape
from html.parser import HTMLParser

DROPPED_WITH_CONTENT = frozenset({"script", "style", "iframe", "object", "embed", "form"})
KEPT = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
KEPT_ATTRIBUTES = frozenset(
    {"href", "src", "alt", "title", "style", "target", "rel", "class", "colspan", "rowspan"}
)
_VOID = frozenset({"br", "hr", "img"})


def sanitise(html: str, kept: Collection[str] = KEPT) -> str:
    """Remove tags outside ``kept``, the text of scripts, and attributes that are unknown or run code.

    Sanitised HTML is not changed by sanitising it again.
    """
    cleaner = _Cleaner(kept)
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.parts)


class _Cleaner(HTMLParser):
    def __init__(self, kept: Collection[str]) -> None:
        super().__init__()
        self._kept = kept
        self.parts: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED_WITH_CONTENT:
            self._inside += 1
        elif not self._inside and tag in self._kept:
            self.parts.append(f"<{tag}{_attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED_WITH_CONTENT:
            return
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED_WITH_CONTENT:
            self._inside = max(0, self._inside - 1)
        elif not self._inside and tag in self._kept and tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(escape(data, quote=False))


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    kept = [
        (name, value or "")
        for name, value in attrs
        if name in KEPT_ATTRIBUTES and not (value or "").strip().lower().startswith("javascript:")
    ]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept)
