"""Writing the tokens of a text in the standard layout.

Each token either continues a line, with or without a blank before it, or begins a line. After a comment it
always begins a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from reconciler.manifest.layout.gaps import NO_GAP, Gap, gap_between
from reconciler.manifest.layout.lines import Lines
from reconciler.manifest.layout.scalar_lines import Block, block, flow_lines
from reconciler.manifest.yaml.tokens import Token, TokenKind

_STEP: Final = 2  # columns of one level
_LINES_OF_THEIR_OWN: Final = frozenset(
    {TokenKind.DIRECTIVE, TokenKind.DOCUMENT_START, TokenKind.DOCUMENT_END, TokenKind.END}
)
_OPENING: Final = frozenset(
    {
        None,
        TokenKind.DOCUMENT_START,
        TokenKind.FLOW_START,
        TokenKind.VALUE,
        TokenKind.BLOCK_ENTRY,
        TokenKind.ANCHOR,
        TokenKind.KEY,
    }
)
"""Kinds of tokens after which blank lines are removed."""


@dataclass(slots=True)
class _Level:
    """A mapping or list around the next token."""

    indent: int  # columns before the node's names, dashes, items or closing bracket
    column: int = -1  # column in the old text
    is_list: bool = False  # a list in block style
    is_bare: bool = False  # a block list in the same column as its name
    is_flow: bool = False
    is_broken: bool = False  # a flow mapping or list on several lines
    is_empty: bool = True
    is_explicit: bool = False  # the name begins with ``?``


class _Place(NamedTuple):
    """The place of the next token."""

    indent: int  # indent, if the token begins a line
    glue: str | None = None  # text between the previous token and this one; None: this one begins a line


def laid_out(text: str, tokens: Sequence[Token]) -> str:
    """Return ``text``, given its ``tokens``, in the standard layout."""
    writer = _LayoutWriter(text)
    for token, closing in zip(tokens, _closings(tokens), strict=True):
        writer.add(token, closing)
    return writer.lines.text()


def _closings(tokens: Sequence[Token]) -> Sequence[int]:
    """Return, for each opening bracket, the end of its closing bracket; 0 for other tokens."""
    found = [0] * len(tokens)
    opened: list[int] = []
    for number, token in enumerate(tokens):
        if token.kind is TokenKind.FLOW_START:
            opened.append(number)
        elif token.kind is TokenKind.FLOW_END:
            found[opened.pop()] = token.end
    return found


class _LayoutWriter:
    def __init__(self, text: str) -> None:
        self.lines = Lines()
        self._text = text
        self._levels: list[_Level] = []
        self._closed: list[_Level] = []  # levels that ended since the last token, the innermost first
        self._before: TokenKind | None = None
        self._after_alias = False
        self._end = 0  # offset in the text at which the previous token ends
        self._is_below = False  # whether ``_end`` is the beginning of a line, as after a block of text
        # comments and a blank line from before a comma, or a blank line from below a block of text; they are
        # written before the next token
        self._kept = NO_GAP
        self._comma = False  # whether a comma must be written before the next token
        self._place: _Place | None = None  # place of the next token, set by a key token without text

    def add(self, token: Token, closing: int) -> None:
        """Write one token; for an opening bracket, ``closing`` is the offset after the closing bracket."""
        match token.kind:
            case TokenKind.BLOCK_MAPPING:
                self._levels.append(_Level(self._inner(), token.column))
            case TokenKind.BLOCK_SEQUENCE:
                self._levels.append(_Level(self._inner(), token.column, is_list=True))
            case TokenKind.BLOCK_END:
                self._leave_bare_list()
                self._closed.append(self._levels.pop())
            case TokenKind.KEY:
                self._key(token)
            case TokenKind.FLOW_ENTRY:
                self._kept = self._gap(token)
                self._comma = True
            case TokenKind.FLOW_START:
                indent = self._inner()
                self._write(token, self._place_of(token))
                is_broken = "\n" in self._text[token.start : closing]
                self._levels.append(_Level(indent, is_flow=True, is_broken=is_broken))
            case _:
                self._write(token, self._place_of(token))
                if token.kind is TokenKind.FLOW_END:
                    self._levels.pop()

    def _key(self, token: Token) -> None:
        if not self._top.is_flow:
            self._leave_bare_list()
        level = self._top
        place = self._item_place() if level.is_flow else self._entry_place()
        level.is_explicit = token.end > token.start
        if level.is_explicit:
            self._write(token, place)
        else:
            self._place = place

    @property
    def _top(self) -> _Level:
        return self._levels[-1] if self._levels else _Level(0)

    def _leave_bare_list(self) -> None:
        if self._top.is_bare:
            self._closed.append(self._levels.pop())

    def _inner(self) -> int:
        """Return the indentation of lines inside the innermost mapping or list."""
        return self._levels[-1].indent + _STEP if self._levels else 0

    def _place_of(self, token: Token) -> _Place:
        """Return the place of a token that has a text of its own."""
        level = self._top
        if self._place is not None:
            place, self._place = self._place, None
            return place
        match token.kind:
            case kind if kind in _LINES_OF_THEIR_OWN:
                return _Place(0)
            case TokenKind.BLOCK_ENTRY:
                if not level.is_list:
                    level = _Level(self._inner(), token.column, is_list=True, is_bare=True)
                    self._levels.append(level)
                return self._entry_place()
            case TokenKind.VALUE:
                if level.is_explicit and not level.is_flow:
                    return _Place(level.indent)
                return _Place(self._inner(), " " if self._after_alias else "")
            case TokenKind.FLOW_END:
                is_broken = level.is_broken and not level.is_empty
                glue = " " if self._before is TokenKind.VALUE else ""
                return _Place(level.indent, None if is_broken else glue)
        if self._before in {None, TokenKind.DOCUMENT_START, TokenKind.DIRECTIVE, TokenKind.DOCUMENT_END}:
            return _Place(0)
        if self._comma or self._before is TokenKind.FLOW_START:
            return self._item_place()
        return _Place(self._inner(), " ")

    def _entry_place(self) -> _Place:
        """Return the place of the next name or dash of the innermost mapping or list in block style."""
        level = self._top
        is_compact = level.is_empty and (self._before is TokenKind.BLOCK_ENTRY or self._is_after_sign)
        level.is_empty = False
        return _Place(level.indent, " " if is_compact else None)

    @property
    def _is_after_sign(self) -> bool:
        """Whether the previous token is the ``:`` of an entry that is written as ``? name``."""
        is_value = self._before is TokenKind.VALUE and len(self._levels) > 1
        return is_value and self._levels[-2].is_explicit and not self._levels[-2].is_flow

    def _item_place(self) -> _Place:
        level = self._top
        glue = "" if level.is_empty else " "
        level.is_empty = False
        return _Place(level.indent + _STEP, None if level.is_broken else glue)

    def _gap(self, token: Token) -> Gap:
        gap = gap_between(self._text, self._end, token.start, is_below=self._is_below)
        gap, self._kept = self._kept.followed_by(gap), NO_GAP
        self._end, self._is_below = token.end, False
        return gap

    def _write(self, token: Token, place: _Place) -> None:
        gap = self._gap(token)
        if self._comma:
            if token.kind is not TokenKind.FLOW_END:
                self.lines.go_on(" ," if self._before is TokenKind.VALUE else ",")
            self._comma = False
        after_blank = gap.is_after_blank and self._before not in _OPENING
        if gap.comments:
            is_closing = token.kind is TokenKind.FLOW_END
            self._comments(gap, place.indent + (_STEP if is_closing else 0))
            place, after_blank = _Place(place.indent), gap.is_after_blank
        self._closed.clear()
        if token.kind is TokenKind.END:
            return
        first, *others = self._lines_of(token)
        if place.glue is None:
            after_blank = after_blank and token.kind not in {TokenKind.FLOW_END, TokenKind.VALUE}
            self.lines.begin(first, place.indent, after_blank=after_blank)
        else:
            self.lines.go_on(place.glue + first)
        self._finish(token, others)

    def _finish(self, token: Token, others: Sequence[str]) -> None:
        if token.kind is TokenKind.SCALAR and token.style in {"|", ">"}:
            self._finish_block(token)
        else:
            self.lines.add_whole(others)
        self._before = token.kind
        self._after_alias = token.kind in {TokenKind.ALIAS, TokenKind.ANCHOR}

    def _lines_of(self, token: Token) -> Sequence[str]:
        text = self._text[token.start : token.end]
        if token.kind is not TokenKind.SCALAR:
            return (text.rstrip(" \t"),)
        if token.style in {"|", ">"}:
            return (self._block_of(token).header,)
        return flow_lines(text, max(self._inner(), _STEP))

    def _block_of(self, token: Token) -> Block:
        level = next((each for each in reversed(self._levels) if not each.is_flow), None)
        text = self._text[token.start : token.end]
        return block(text, level.column if level else 0, level.indent if level else 0)

    def _finish_block(self, token: Token) -> None:
        found = self._block_of(token)
        if found.comment:
            self.lines.comment(
                found.comment, self._text.index("#", token.start) - self._line_start(token.start)
            )
        self.lines.add_whole(found.lines)
        self._kept = Gap(is_after_blank=found.has_blank_below)
        self._is_below = True

    def _line_start(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _comments(self, gap: Gap, indent: int) -> None:
        """Write the comments between two tokens; a comment on its own line keeps its level of indentation."""
        is_first = self._before in _OPENING
        for comment in gap.comments:
            if comment.is_trailing and self.lines.can_take_comment:
                self.lines.comment(comment.text, comment.column)
                continue
            level = next((each for each in self._closed if _holds(each, comment.column)), None)
            after_blank = comment.is_after_blank and not is_first
            self.lines.begin(comment.text, level.indent if level else indent, after_blank=after_blank)
            is_first = False


def _holds(level: _Level, column: int) -> bool:
    """Return whether a comment in ``column`` still belongs to ``level``, which ended before it."""
    return column > level.column if level.is_bare else column >= level.column
