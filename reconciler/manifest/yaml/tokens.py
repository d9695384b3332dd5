"""Splitting YAML text into tokens, which are everything except blanks and comments, for formatting."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from yaml import tokens
from yaml._yaml import CParser


class TokenKind(Enum):
    """Kinds of tokens. An empty token covers no characters of the text: it only marks a place in it."""

    DIRECTIVE = "%"
    DOCUMENT_START = "---"
    DOCUMENT_END = "..."
    BLOCK_MAPPING = "start of a mapping"  # an empty token
    BLOCK_SEQUENCE = "start of a list"  # an empty token; absent if the list is not indented below its name
    BLOCK_END = "end of a mapping or list"  # an empty token
    BLOCK_ENTRY = "-"
    FLOW_START = "[ or {"
    FLOW_ENTRY = ","
    FLOW_END = "] or }"
    KEY = "before a name"  # an empty token, unless ``?`` is written before the name
    VALUE = ":"
    ANCHOR = "&"
    ALIAS = "*"
    SCALAR = "text"
    END = "end of the file"  # an empty token


class Token(NamedTuple):
    """One token of a text."""

    kind: TokenKind
    start: int  # characters from the start of the text
    end: int
    column: int  # column of the start, from 0
    value: str = ""  # the text of a scalar, or the name of an anchor
    style: str = ""  # style of a scalar: ' " | >


_KINDS: Final[Mapping[type, TokenKind]] = {
    tokens.DirectiveToken: TokenKind.DIRECTIVE,
    tokens.DocumentStartToken: TokenKind.DOCUMENT_START,
    tokens.DocumentEndToken: TokenKind.DOCUMENT_END,
    tokens.BlockMappingStartToken: TokenKind.BLOCK_MAPPING,
    tokens.BlockSequenceStartToken: TokenKind.BLOCK_SEQUENCE,
    tokens.BlockEndToken: TokenKind.BLOCK_END,
    tokens.BlockEntryToken: TokenKind.BLOCK_ENTRY,
    tokens.FlowMappingStartToken: TokenKind.FLOW_START,
    tokens.FlowSequenceStartToken: TokenKind.FLOW_START,
    tokens.FlowEntryToken: TokenKind.FLOW_ENTRY,
    tokens.FlowMappingEndToken: TokenKind.FLOW_END,
    tokens.FlowSequenceEndToken: TokenKind.FLOW_END,
    tokens.KeyToken: TokenKind.KEY,
    tokens.ValueToken: TokenKind.VALUE,
    tokens.AnchorToken: TokenKind.ANCHOR,
    tokens.AliasToken: TokenKind.ALIAS,
    tokens.ScalarToken: TokenKind.SCALAR,
    tokens.StreamEndToken: TokenKind.END,
}
_WITH_VALUE: Final = frozenset({TokenKind.ANCHOR, TokenKind.ALIAS, TokenKind.SCALAR})


def scan_tokens(text: str) -> Iterator[Token]:
    """Read the tokens of a text, up to ``END``; it must have no problems and no byte order mark."""
    next_token: Callable[[], Any] = CParser(text).get_token
    while (token := next_token()) is not None:
        kind = _KINDS.get(type(token))
        if kind is None:
            continue  # skip the start of the file; tags were refused earlier
        mark = token.start_mark
        value = str(token.value) if kind in _WITH_VALUE else ""
        style = (token.style or "") if kind is TokenKind.SCALAR else ""
        yield Token(kind, mark.index, token.end_mark.index, mark.column, value, style)
        if kind is TokenKind.END:
            return
