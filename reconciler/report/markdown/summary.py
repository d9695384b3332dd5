"""The common parts of all comments: sizes, a table of counts, and the marker.

The marker is a line at the top of a comment, by which later runs find the comment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from reconciler.report.markdown.escape import inline_code, truncate
from reconciler.report.text.grouping import Section
from reconciler.sentences import counted

MOST_CHARACTERS = 64_000
"""Maximum length of a comment in UTF-16 code units, so that a line can still be added.

GitHub refuses more than 65,536 ("Body is too long", reported for instance in
https://github.com/telia-oss/github-pr-resource/issues/259).
"""

BLOCK_WIDTH = 100
"""Columns of a code block in a comment."""

LEFT_OUT_CHARACTERS = 400  # room for the sentence about omitted parts

_MARK_CHARACTERS = 100
_MOST_OBJECTS = 30


def mark_of(what: str, environment: str, portal_id: int) -> str:
    """Return the invisible first line by which a program finds its last comment again."""
    return f"<!-- reconciler {what} {quote(truncate(environment, _MARK_CHARACTERS), safe='')} {portal_id} -->"


def counts_table(sections: Iterable[Section[Any]]) -> str:
    """Return a Markdown table of counts by object type and action, with actions in the order of sections."""
    counts: dict[str, Counter[str]] = {}
    columns: dict[str, None] = {}
    for section in sections:
        columns[section.word] = None
        counts.setdefault(section.object, Counter())[section.word] += len(section.entries)
    headings = [column.replace("_", " ") for column in columns]  # "update definition"
    rows = [["object", *headings], ["---", *("--:" for _ in columns)]]
    rows += [
        [name, *(f"{row[column]:,}" if row[column] else "" for column in columns)]
        for name, row in _rows(counts)
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n" if columns else ""


def _rows(counts: dict[str, Counter[str]]) -> Iterator[tuple[str, Counter[str]]]:
    """Return rows of a table: one for each of the first object types, one for the rest, one for the total."""
    names = sorted(counts)
    yield from ((inline_code(name), counts[name]) for name in names[:_MOST_OBJECTS])
    others = names[_MOST_OBJECTS:]
    if others:
        yield counted(len(others), "other object"), _sum(counts[name] for name in others)
    if len(names) > 1:
        yield "all", _sum(counts.values())


def _sum(counts: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counts, Counter())
