"""Links below a block of Markdown: to records in HubSpot, and to manifest lines in the repository.

Code blocks cannot contain links. The texts of links are code and their URLs are encoded, so that no value is
interpreted as markup.
"""

from collections.abc import Iterator
from typing import TypeVar

from reconciler.report.markdown.escape import inline_code
from reconciler.report.text.grouping import Section
from reconciler.report.text.layout import Layout, Subject

T = TypeVar("T")

_MOST = 8
"""Maximum number of entries of a section that get links, because the length of a comment is limited."""


def links_below(section: Section[T], layout: Layout, count: int) -> str:
    """Return one line of links for the first entries of a section; empty if none has a page."""
    first = section.entries.first(min(count, _MOST))
    subjects = dict.fromkeys(section.style.subject(entry) for entry in first)
    found = [" ".join(links) for subject in subjects if (links := list(_links(subject, layout)))]
    line = " \u00b7 ".join(found)
    return f"\n{line}\n" if found else ""


def _links(subject: Subject, layout: Layout) -> Iterator[str]:
    record = layout.names.link(subject.key, subject.record_id)
    if record is not None:
        yield f"[{inline_code(subject.key.text)}]({record})"
    line = layout.link(subject.source) if subject.source else None
    if subject.source and line is not None:
        yield f"[{inline_code(layout.place(subject.source))}]({line})"
