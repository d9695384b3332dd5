"""Formatting the text of a manifest or of ``reconciler.yaml``.

The formatted text is read again: it must have the same meaning, comments, anchors and spellings as the text
before. Otherwise the file is left unchanged.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from reconciler.errors import Problem
from reconciler.manifest.definitions.read import SECTIONS
from reconciler.manifest.layout.gaps import gap_between
from reconciler.manifest.layout.layout_writer import laid_out
from reconciler.manifest.yaml.character_check import BYTE_ORDER_MARK
from reconciler.manifest.yaml.content import content_of
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.manifest.yaml.tokens import Token, TokenKind, scan_tokens
from reconciler.source import SourceFiles, SourceRef

_NAMED = frozenset({TokenKind.ANCHOR, TokenKind.ALIAS, TokenKind.SCALAR})


@dataclass(frozen=True, slots=True)
class Formatted:
    """The text of a file in the standard layout."""

    data: bytes  # unchanged if there are problems
    problems: tuple[Problem, ...]


def format_text(data: bytes, file: str) -> Formatted:
    """Format ``data``, the text of ``file``."""
    files = SourceFiles((file,))
    before = read_nodes(data, files, 0, whole=SECTIONS)
    if before.problems:
        return Formatted(data, before.problems)
    text = data.decode().removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")
    tokens = tuple(scan_tokens(text))
    layout = laid_out(text, tokens)
    if layout == text:
        return Formatted(layout.encode(), ())
    after = read_nodes(layout.encode(), files, 0, whole=SECTIONS)
    if (
        after.problems
        or list(content_of(before)) != list(content_of(after))
        or not _is_kept(text, tokens, layout)
    ):
        message = (
            "the layout of this file cannot be changed without changing its meaning, so the file "
            "stays as it is"
        )
        return Formatted(data, (Problem(message, "change the layout by hand", SourceRef(file, 1, 1)),))
    return Formatted(layout.encode(), ())


def laid_out_as_before(before: bytes, after: bytes, file: str) -> bytes:
    """Format ``after``, an edited text, if the text ``before`` the edit had the standard layout."""
    was_laid_out = format_text(before, file).data == before
    return format_text(after, file).data if was_laid_out else after


def moved_offset(offset: int, text: str, layout: str) -> int:
    """Convert an offset in ``text`` to an offset in ``layout``, which is the formatted ``text``.

    The result is the start of the scalar or alias that stands at or after ``offset``.
    """
    if text == layout:
        return offset
    before = sum(token.start < offset for token in _texts(text))
    return next((token.start for token in islice(_texts(layout), before, None)), len(layout))


def _texts(text: str) -> Iterator[Token]:
    return (token for token in scan_tokens(text) if token.kind in {TokenKind.SCALAR, TokenKind.ALIAS})


def _is_kept(text: str, tokens: Sequence[Token], layout: str) -> bool:
    """Return whether ``layout`` has the comments, anchors and spellings of ``text``."""
    again = tuple(scan_tokens(layout))
    return list(_essence(text, tokens)) == list(_essence(layout, again))


def _essence(text: str, tokens: Sequence[Token]) -> Iterator[Hashable]:
    end, is_below = 0, False
    for token in tokens:
        if token.end > token.start or token.kind is TokenKind.END:
            yield from (
                comment.text for comment in gap_between(text, end, token.start, is_below=is_below).comments
            )
            end, is_below = token.end, token.style in {"|", ">"} and token.kind is TokenKind.SCALAR
        if token.kind in _NAMED:
            yield token.kind, token.value, token.style
            if is_below:
                header = text[token.start : token.end].partition("\n")[0]
                yield header[header.index("#") :].rstrip(" \t") if "#" in header else ""
