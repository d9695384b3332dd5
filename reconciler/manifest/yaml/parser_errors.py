"""Messages that are shown in place of libyaml's error messages, and that help the author of a file.

libyaml's own messages ("mapping values are not allowed in this context") describe its state, not the mistake.
All of its messages are in scanner.c and parser.c of https://github.com/yaml/libyaml (0.2.5 and the version in
PyYAML 6.0.4); a message that is not in this table is shown unchanged.
"""

from dataclasses import dataclass

from reconciler.errors import UnplacedProblem
from reconciler.manifest.yaml.anchors import TOO_DEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserError(UnplacedProblem):
    """The message and the advice for one of libyaml's errors."""

    at_start: bool = False  # show where the broken construct begins, not where libyaml stopped


_QUOTE = "put the text in quotes"
_UNCLOSED = ParserError(
    "this quoted text has no closing quote", "add the quote where the text ends", at_start=True
)
_ESCAPE = ParserError(
    "this escape is not known inside double quotes",
    "write \\\\ for a backslash, or use single quotes: 'C:\\dir'",
)
TAB = ParserError("a tab is used as indentation", "indent with spaces")
NO_TAGS = ParserError(
    "tags are not supported: a value is the text as written",
    f"remove the tag, or {_QUOTE} if the text really begins with !",
    at_start=True,
)
NESTING = ParserError(TOO_DEEP, _QUOTE)
_DIRECTIVE = ParserError("this is not a directive that YAML knows", "remove the line", at_start=True)
_ENDS_INSIDE = ParserError("the file ends inside a list or mapping", "close what was opened with [ or {")
_NO_VALUE = "did not find expected node content"

_BY_PROBLEM = {
    "block sequence entries are not allowed in this context": ParserError(
        "a list item is not allowed here",
        "begin the list on a line of its own, or put a text that begins with - in quotes",
    ),
    "could not find expected ':'": ParserError(
        "this line is neither `name: value` nor part of a text",
        "put a colon and a space after the name, or indent the line under the text that it continues",
        at_start=True,
    ),
    "exceeded maximum nesting depth": NESTING,  # libyaml's own limit of a thousand levels
    "did not find expected ',' or ']'": ParserError(
        'a "," or "]" is missing in the list that begins here',
        "separate its items with commas and close it",
        at_start=True,
    ),
    "did not find expected ',' or '}'": ParserError(
        'a "," or "}" is missing in the mapping that begins here',
        f"separate its entries with commas and close it, or {_QUOTE} if it begins with {{ on purpose",
        at_start=True,
    ),
    "did not find expected '-' indicator": ParserError(
        "this line does not belong to the list above it",
        "begin it with a hyphen (-) or correct its indentation",
    ),
    "did not find expected <document start>": ParserError(
        "something follows after the document has ended",
        "separate documents with a line of three dashes: ---",
    ),
    "did not find expected alphabetic or numeric character": ParserError(
        "a text cannot begin with * or &, which mark aliases and anchors", _QUOTE
    ),
    "did not find expected comment or line break": ParserError(
        "no text may follow on a line after | or >", f"begin the text on the next line, or {_QUOTE}"
    ),
    "did not find expected hexdecimal number": _ESCAPE,
    "did not find expected key": ParserError(
        "this does not fit into the mapping around it",
        "give all names of one mapping the same indentation, and put nothing after a closing quote",
    ),
    _NO_VALUE: ParserError("a value is missing here", f"write one, or {_QUOTE}"),
    "found a tab character that violates indentation": TAB,
    "found a tab character where an indentation space is expected": TAB,
    "found an indentation indicator equal to 0": ParserError(
        "the indentation of a block of text cannot be 0", "leave out the number after | or >"
    ),
    "found character that cannot start any token": ParserError(
        "a text cannot begin with this character", _QUOTE
    ),
    "found incompatible YAML document": _DIRECTIVE,
    "found invalid Unicode character escape code": _ESCAPE,
    "found undefined tag handle": NO_TAGS,
    "found unexpected ':'": ParserError("a colon is not allowed here", _QUOTE),
    "found unexpected document indicator": _UNCLOSED,
    "found unexpected end of stream": _UNCLOSED,
    "found unknown escape character": _ESCAPE,
    "mapping keys are not allowed in this context": ParserError("a ? is not allowed here", _QUOTE),
    "mapping values are not allowed in this context": ParserError(
        'a ": " is not allowed here',
        f"{_QUOTE} if it contains a colon; else a colon is missing above, or the indentation is wrong",
    ),
}


def complaint(problem: str, context: str, *, is_at_end: bool) -> ParserError:
    """Return the message and the advice for one of libyaml's errors.

    Args:
        problem: libyaml's description of the error.
        context: the construct that libyaml was reading; may be empty.
        is_at_end: whether the error is at the end of the file.
    """
    if is_at_end and problem == _NO_VALUE:
        return _ENDS_INSIDE
    if context in {"while parsing a tag", "while scanning a tag"}:
        return NO_TAGS
    if "directive" in context or "directive" in problem:
        return _DIRECTIVE
    return _BY_PROBLEM.get(problem) or ParserError(
        f"this is not YAML: {problem}", "correct the text here, or put it in quotes"
    )
