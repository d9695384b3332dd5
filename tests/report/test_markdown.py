"""The comment on any plan is not longer than GitHub allows and counts what it omits; values stay text."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.errors import Problem
from reconciler.model.addresses import RecordAddress
from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Guard, GuardRefusal, Plan
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.markdown.summary import MOST_CHARACTERS
from reconciler.report.markdown.truncate import size_of
from reconciler.report.mask import SHOW, Masking
from reconciler.report.view import SourceLinks, View
from tests.report.traps import hostile
from tests.support.example_plan import (
    ADOPTING,
    CONVERGED,
    CREATES,
    EVERYTHING,
    HELD,
    PROBLEMS,
    REVIEWED,
    UPDATES,
)
from tests.support.plans import any_plans, plan_of

GITHUB_TAKES = 65_536  # characters
assert REVIEWED.review
REVIEW = REVIEWED.review
GOLDEN = Path(__file__).parent / "golden"
MASKED = Masking(b"a key that only tests use")

TAGS = {
    *("h3", "p", "a", "code", "pre", "blockquote", "strong", "b", "br", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
"""The HTML tags that may be in a comment."""

RECORD_PAGE = re.compile(r"https://app-eu1\.hubspot\.com/contacts/7654321/record/0-\d+/\d+")
"""The only addresses that these plans link: pages of records."""


class Page(HTMLParser):
    """A comment as HTML: its tags, and the text that is not code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.outside = ""
        self.links: set[str] = set()
        self.blocks: list[str] = []
        self._inside = 0
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}
        self._inside += tag == "code"
        if tag == "pre":
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.outside += data
        elif self.blocks:
            self.blocks[-1] += data


def wordy(number: int) -> Fact:
    """Build a fact with a long text."""
    return Fact(FactKind.PROPERTIES, names=(f"{number} " * 90,))


def comment(plan: Plan, *, full: bool = False) -> str:
    return render_markdown(plan, View(SHOW, full=full))


def many_updates(count: int) -> Iterable[Change]:
    """Return ``count`` updates, all different."""
    (value, *_) = UPDATES[0].values
    for number in range(count):
        key = RecordAddress("companies", "external_id", f"client-{number}")
        yield replace(UPDATES[0], address=key, values=(replace(value, after=f"{number}.5"),))


def stretched(plan: Plan, times: int) -> Plan:
    """Return ``plan`` with everything repeated, and longer texts."""
    return replace(
        plan,
        environment=plan.environment * times,
        changes=tuple(plan.changes) * times,
        held=tuple(plan.held) * times,
        problems=tuple(replace(problem, message=problem.message * times) for problem in plan.problems)
        * times,
        write_scopes=plan.write_scopes * times,
    )


@settings(max_examples=40)
@given(any_plans(hostile), st.sampled_from([1, 30, 200]), st.booleans())
def test_any_plan_fits_into_one_comment(plan: Plan, times: int, full: bool) -> None:
    text = comment(stretched(plan, times), full=full)

    assert size_of(text) <= MOST_CHARACTERS < GITHUB_TAKES
    assert len(text) <= size_of(text)
    text.encode("utf-8")


@settings(max_examples=40)
@given(any_plans(hostile), st.sampled_from([1, 20]), st.booleans())
def test_values_are_never_more_than_code(plan: Plan, times: int, full: bool) -> None:
    page = Page(comment(stretched(plan, times), full=full))

    assert page.tags <= TAGS
    assert page.attributes <= {"class", "href", "open", "style"}  # of code, links, details, and columns
    assert all(RECORD_PAGE.fullmatch(link) for link in page.links)
    assert not re.search(r"[@#<>`*|\\]|//|www|GH-|example|alert", page.outside)


@settings(max_examples=40)
@given(any_plans(hostile), st.sampled_from([1, 20]), st.booleans())
def test_every_fence_is_closed(plan: Plan, times: int, full: bool) -> None:
    text = comment(stretched(plan, times), full=full)

    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    assert tokens[-2].content.startswith("**Next:** ")
    fences = [token for token in tokens if token.type == "fence"]
    assert fences  # the last one is always there
    assert all(text.count(f"\n{token.content}{token.markup}\n") for token in fences)


@pytest.mark.parametrize(
    "plan",
    [
        plan_of(*many_updates(3_000)),
        plan_of(
            replace(
                UPDATES[0],
                values=tuple(
                    ValueChange(f"p_{number:05}", "a" * 90, "b" * 90, UPDATES[0].reason)
                    for number in range(5_000)
                ),
            )
        ),
        plan_of(
            replace(UPDATES[0], address=RecordAddress("companies", "external_id", "k" * 100_000)),
            *UPDATES[1:],
        ),
        plan_of(
            *(
                replace(UPDATES[0], address=RecordAddress(f"p{number}_car", "vin", "1"))
                for number in range(700)
            )
        ),
        plan_of(*UPDATES, problems=PROBLEMS * 2_000),
        plan_of(*UPDATES, held=tuple(replace(HELD[2], facts=(wordy(number),)) for number in range(2_000))),
        replace(REVIEWED, review=replace(REVIEW, differences=REVIEW.differences * 2_000)),
        replace(REVIEWED, review=replace(REVIEW, unreviewed_rules=REVIEW.unreviewed_rules * 5_000)),
        replace(REVIEWED, review=replace(REVIEW, git="`" * 70_000)),
        plan_of(*UPDATES, environment="\N{GRINNING FACE}" * 70_000),
        plan_of(*UPDATES, environment="\N{COMBINING ACUTE ACCENT}" * 70_000),
        replace(EVERYTHING, write_scopes=("crm.objects.custom.write",) * 5_000),
        replace(EVERYTHING, write_scopes=("e\N{COMBINING ACUTE ACCENT}" * 40_000,)),
        replace(EVERYTHING, tool_version="1" * 70_000),
    ],
    ids=[
        *("updates", "properties", "key", "objects", "problems", "held"),
        *("differences", "rules", "commit", "environment", "no cells"),
        *("scopes", "scope", "version"),
    ],
)
@pytest.mark.parametrize("full", [False, True], ids=["folded", "full"])
def test_the_comment_fits_with_too_much_of_anything(plan: Plan, full: bool) -> None:
    text = comment(plan, full=full)

    assert size_of(text) <= MOST_CHARACTERS
    assert "**Next:** " in text


def test_omitted_entries_are_counted() -> None:
    text = comment(plan_of(*many_updates(3_000)), full=True)

    reported = len(re.findall(r"^!   companies/client-\d+ ", text, flags=re.MULTILINE))
    left_out = 3_000 - reported
    assert reported > 100
    assert f"\n{left_out:,} more of these are left out.\n\n</details>\n" in text
    assert (
        f"**Left out, because a comment has no more room: {left_out:,} changes.** `reconciler plan --full`"
        in text
    )


def test_a_large_section_leaves_room_for_smaller_ones_and_for_what_is_held() -> None:
    huge = replace(UPDATES[0], address=RecordAddress("companies", "external_id", "k" * 100_000))
    held = tuple(replace(HELD[2], facts=(wordy(number),)) for number in range(2_000))

    text = comment(plan_of(huge, UPDATES[1], *many_updates(3_000), held=held), full=True)

    assert "kkkk" not in text
    assert "\n!   companies/globex " in text
    assert "held</b>" in text
    assert re.search(r"has no more room: [\d,]+ changes, [\d,]+ held\.\*\*", text)


def test_nothing_is_said_of_leaving_out_where_everything_fits() -> None:
    assert "left out" not in comment(EVERYTHING).lower()


def test_the_comment_is_found_again_by_environment_and_portal() -> None:
    assert comment(EVERYTHING).startswith("<!-- reconciler plan production 7654321 -->\n")
    assert comment(plan_of(environment="a -->\nb")).startswith(
        "<!-- reconciler plan a%20--%3E%5Cnb 7654321 -->\n"
    )


def test_the_table_counts_by_object_and_action() -> None:
    assert (
        "| object | update | create | adopt | held |\n"
        "| --- | --: | --: | --: | --: |\n"
        "| <code>companies</code> | 2 | 2 | 12 | 4 |\n"
        "| <code>contacts</code> | 1 | 1 |  |  |\n"
        "| <code>deals</code> | 318 |  |  |  |\n"
        "| all | 321 | 3 | 12 | 4 |\n"
    ) in comment(EVERYTHING)


def test_many_objects_are_counted_together() -> None:
    updates = (
        replace(UPDATES[0], address=RecordAddress(f"p{number:02}", "vin", "1")) for number in range(40)
    )

    text = comment(plan_of(*updates))

    assert "| <code>p29</code> | 1 |\n| 10 other objects | 10 |\n| all | 40 |\n" in text


def test_what_a_section_shortens_follows_in_full_in_a_fold_of_its_own() -> None:
    text = comment(EVERYTHING)

    (deals,) = re.findall(r"<summary><b><code>deals</code>: 318.*?</details>\n\n</details>", text, re.DOTALL)
    short, _, whole = deals.partition("<details><summary>in full</summary>")
    assert "… 314 more" in short
    assert "deals/D-0300" not in short
    assert "deals/D-0300" in whole
    assert "more" not in whole
    assert "in full" not in comment(plan_of(UPDATES[0]), full=True)
    assert "in full" not in comment(plan_of(CREATES[1]))  # nothing is shortened


def test_what_has_no_room_in_full_is_only_shortened() -> None:
    long = replace(UPDATES[0].values[0], before=None, after="a" * 30_000)

    text = comment(plan_of(replace(UPDATES[0], values=(long,)), *many_updates(600)))

    assert "in full" not in text
    assert "aaa…" in text


def test_problems_come_first_then_changes_by_risk_then_what_is_held() -> None:
    titles = re.findall(r"<summary>(<b>.*)</summary>", comment(EVERYTHING))

    words = [re.sub(r"<[^>]+>", " ", title).split() for title in titles]
    assert [" ".join(word[:4]) for word in words] == [
        "2 problems, 1 warning",
        "companies : 1 to",
        "companies : 1 to",
        "contacts : 1 to",
        "deals : 318 to",
        "companies : 2 to",
        "contacts : 1 to",
        "companies : 12 to",
        "companies : 2 held",
        "companies : 1 held",
        "companies : 1 held",
    ]


def test_the_first_sections_are_unfolded_and_the_others_folded() -> None:
    folds = re.findall(r"<details( open)?><summary><b>", comment(EVERYTHING))

    assert folds == sorted(folds, reverse=True)
    assert set(folds) == {" open", ""}


def test_lines_of_a_diff_begin_with_their_sign() -> None:
    (block,) = re.findall(r"```diff\n(.*?)\n```", comment(plan_of(UPDATES[1])), flags=re.DOTALL)

    assert [line[0] for line in block.splitlines()] == list("!+ !-+   +")
    assert block.splitlines()[4].split() == ["-", "Payment", "within", "30", "days."]


@pytest.mark.parametrize(
    ("plan", "title", "then"),
    [
        (EVERYTHING, "Plan: 3 to create, 321 to update, 0 to archive", "correct the manifests"),
        (plan_of(*UPDATES), "Plan: 0 to create, 321 to update, 0 to archive", "review and merge"),
        (
            ADOPTING,
            "Nothing to write. 12 records will be taken over (state only). 1 held, 97 in step",
            "`reconciler apply` changes only the state",
        ),
        (CONVERGED, "No changes. 120 in step", "nothing to do"),
    ],
    ids=["problems", "changes", "adopting", "converged"],
)
def test_it_begins_with_what_it_comes_to_and_ends_with_what_to_do(plan: Plan, title: str, then: str) -> None:
    text = comment(plan)

    assert text.splitlines()[1] == f"### {title}"
    assert text.splitlines()[-1].startswith(f"**Next:** {then}")


def test_problems_are_announced_at_the_top() -> None:
    warning = [problem for problem in PROBLEMS if problem.severity == "warning"]

    assert "> [!CAUTION]\n> This plan cannot be applied: 2 problems, 1 warning.\n" in comment(EVERYTHING)
    assert "> [!WARNING]\n> 1 warning.\n" in comment(plan_of(problems=tuple(warning)))


def test_guards_are_told_with_their_flags_and_lifted_ones_are_never_overlooked() -> None:
    refusal = GuardRefusal(Guard.UPDATE, 321, "41 % of all deals would be updated", (UPDATES[0].record,))

    refused = comment(replace(plan_of(*UPDATES), refusals=(refusal,)))
    lifted = comment(replace(plan_of(*UPDATES), allowances=((Guard.UPDATE, 321), (Guard.TOTAL, 20_000))))

    assert "> [!CAUTION]\n> This plan cannot be applied: 1 guard against it.\n" in refused
    assert "\n    first: companies/acme\n    if this is intended: --allow update=321\n" in refused
    assert refused.splitlines()[-1].startswith("**Next:** check whether you want these changes")
    assert "> [!WARNING]\n> Guards were lifted: update to 321, total to 20,000.\n" in lifted


def test_places_are_called_as_the_reader_would_type_them() -> None:
    text = render_markdown(
        plan_of(UPDATES[0], problems=(Problem("broken", source=UPDATES[0].source),)),
        View(SHOW, where=lambda source: f"crm/{source}"),
    )

    assert re.search(r"^!   companies/acme \(.*\) +crm/companies\.yaml:14$", text, flags=re.MULTILINE)
    assert "\ncrm/companies.yaml:14:7: broken\n" in text


def test_records_lead_to_hubspot_and_lines_to_the_repository_at_the_commit_of_the_plan() -> None:
    links = SourceLinks("https://github.com/acme/crm/blob/", "sales & co/")
    commit = EVERYTHING.manifests.git

    text = render_markdown(EVERYTHING, View(SHOW, links=links))

    page = "https://app-eu1.hubspot.com/contacts/7654321/record/0-2/9001"
    assert f"[<code>companies/acme</code>]({page})" in text
    assert f"](https://github.com/acme/crm/blob/{commit}/sales%20%26%20co/companies.yaml#L14)" in text
    assert "github.com" not in comment(EVERYTHING)


def test_personal_values_are_masked() -> None:
    text = render_markdown(EVERYTHING, View(MASKED))

    editor = "grace@acme.example"  # a user of the portal
    assert editor in text
    assert not re.search(r"acme\.example|0561|4711|\bBob\b", text.replace(editor, ""))
    assert "Personal values are masked" in text


@pytest.mark.parametrize(
    ("name", "plan"),
    [("everything", EVERYTHING), ("adopting", ADOPTING), ("converged", CONVERGED), ("reviewed", REVIEWED)],
)
def test_comment_looks_as_it_did(name: str, plan: Plan, golden: Callable[[Path, str], None]) -> None:
    text = render_markdown(plan, View(MASKED))
    digests = digests_of(plan)
    text = text.replace(digests.digest, "sha256:(digest of the plan)")
    golden(GOLDEN / f"{name}.md", text.replace(digests.content, "sha256:(digest of its content)"))
