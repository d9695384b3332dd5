"""A run as a comment on GitHub.

It is not longer than GitHub allows, values do not become markup, and unapplied changes come first.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.model.object_references import ObjectProperty
from reconciler.model.runs import RunDetail
from reconciler.report.html.run import render_run_page
from reconciler.report.markdown.run import render_run_markdown
from reconciler.report.markdown.summary import MOST_CHARACTERS
from reconciler.report.markdown.truncate import size_of
from reconciler.report.mask import SHOW, Masking
from reconciler.report.view import SourceLinks, View
from tests.report.traps import hostile
from tests.support.example_run import HEADER, RUN, of_people

APPLIED = replace(RUN, rows=RUN.rows[:10])


def comment(run: RunDetail, *, full: bool = False) -> str:
    return render_run_markdown(run, View(SHOW, full=full, shows_applied=True))


def test_it_says_what_became_of_the_plan_and_what_to_do() -> None:
    lines = comment(RUN).splitlines()

    assert lines[0] == "<!-- reconciler run production 7654321 -->"
    assert lines[1] == "### Run: 21 planned = 10 applied + 2 rejected + 1 stale + 6 skipped + 2 unknown"
    assert "> 11 changes were not applied: 2 rejected, 1 stale, 6 skipped, 2 unknown." in lines
    assert "| object | rejected | unknown | stale | skipped | update |" in lines
    assert "| <code>deals</code> |  | 2 | 1 | 6 | 10 |" in lines
    assert lines[-1] == "**Next:** correct the changes that HubSpot rejected, and plan again."


def test_lines_lead_to_the_repository_at_the_commit_that_was_applied() -> None:
    links = SourceLinks("https://github.com/acme/crm/blob/", "sales & co/")
    run = replace(RUN, header=replace(HEADER, commit="5f0c2e1"))
    files = "https://github.com/acme/crm/blob/5f0c2e1/sales%20%26%20co/"

    text = render_run_markdown(run, View(SHOW, links=links, shows_applied=True))
    page = render_run_page(run, View(SHOW, links=links))

    assert f"]({files}companies.yaml#L" in text
    assert f'"pages":["{files}companies.yaml"' in page
    assert "https:" not in comment(run)


def test_a_run_that_applied_all_says_so() -> None:
    text = comment(APPLIED)

    assert "### Run: 10 planned = 10 applied\n" in text
    assert "not applied" not in text
    assert text.endswith("**Next:** nothing to do.\n")


def test_what_was_not_applied_comes_first_with_the_words_of_hubspot() -> None:
    titles = re.findall(r"<summary><b>(.*?)</b>", comment(RUN))

    assert titles == [
        *("2 rejected", "2 unknown", "1 stale", "6 skipped"),
        "<code>deals</code>: 10 updated",
    ]
    assert 'update: Property values were not valid: "industry" has no option "Foo"' in comment(RUN)
    assert "\n-   companies/acme " in comment(RUN)


@given(st.dictionaries(hostile, hostile, max_size=2), hostile, hostile)
def test_values_are_nothing_but_text(actor: Mapping[str, str], environment: str, message: str) -> None:
    row = replace(RUN.rows[10], detail={"message": message}, after={environment: message})
    run = RunDetail(replace(HEADER, actor=actor, environment=environment), (row,))

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(comment(run))
    texts = "".join(token.content for token in tokens if token.type == "inline")
    assert tokens[-2].content.startswith("**Next:** ")
    assert not re.search(r"@|www|GH-|alert", re.sub(r"<code>.*?</code>", "", texts, flags=re.DOTALL))


@pytest.mark.parametrize("full", [False, True])
def test_it_fits_and_counts_what_does_not(full: bool) -> None:
    row = RUN.rows[10]
    rows = tuple(replace(row, detail={"message": f"{number} 🙂" * 20}) for number in range(3_000))

    text = comment(RunDetail(HEADER, rows), full=full)

    assert size_of(text) <= MOST_CHARACTERS
    assert ("**Left out, because a comment has no more room: " in text) is full


def test_personal_values_are_masked() -> None:
    run = of_people(RUN, (ObjectProperty("deals", "email"), ObjectProperty("deals", "phone")))
    masked = render_run_markdown(run, View(Masking(b"a key that only tests use"), shows_applied=True))

    assert "0561" not in masked
    assert "+49 561 4711" in comment(run)
    assert "+49 561 4711" not in masked
