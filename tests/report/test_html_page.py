"""Properties of the page of any plan: it is complete, needs no network, and values stay data."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given

from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Guard, GuardRefusal, Plan
from reconciler.report.html.plan import render_plan_page
from reconciler.report.mask import SHOW, Masking
from reconciler.report.view import View
from tests.report.traps import hostile
from tests.support.example_plan import ADOPTING, CONVERGED, EVERYTHING, UPDATES
from tests.support.plans import any_plans, plan_of, values

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "div", "h1", "b", "span", "p", "pre"),
    *(
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "noscript",
        "code",
        "main",
        "form",
        "label",
        "input",
    ),
    *("section", "button", "script"),
}
VOID = {"meta", "input"}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "type", "role", "tabindex"),
    *("placeholder", "spellcheck", "autocomplete", "hidden", "open"),
}


class Document(HTMLParser):
    """The page as a browser reads it, before any script runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: dict[str, set[str]] = {}
        self.contents: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")
        self.contents.setdefault(tag, []).append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.contents[self.open[-1]][-1] += data

    @property
    def data(self) -> Any:
        return json.loads(self.contents["script"][0])


def page_of(plan: Plan) -> Document:
    return Document(render_plan_page(plan, View(SHOW)))


@given(any_plans(hostile))
def test_the_page_is_whole_and_nothing_in_it_is_markup_but_ours(plan: Plan) -> None:
    page = page_of(plan)

    assert page.open == []
    assert [len(page.contents[tag]) for tag in ("html", "style", "script", "form", "main")] == [1, 1, 2, 1, 1]
    assert page.contents.keys() <= TAGS
    assert {name for name in page.attributes if not name.startswith("aria-")} <= ATTRIBUTES
    assert page.attributes["href"] == {"#grid"}


@given(any_plans(hostile))
def test_every_entry_is_a_row(plan: Plan) -> None:
    data = page_of(plan).data

    actions = [data["kinds"][row[0]]["action"] for row in data["rows"]]
    assert actions.count("held") == len({(held.reason, held.key) for held in plan.held})
    assert sum(action in {"problem", "left out", "warning"} for action in actions) == len(plan.problems)
    for difference in plan.review.differences if plan.review else ():
        assert difference.how in actions
    for change in plan.changes:
        assert actions.count(change.action) == plan.summary.actions[change.action]


@given(values, values)
def test_two_different_values_never_look_the_same(one: str, other: str) -> None:
    value = replace(UPDATES[0].values[0], before=one, after=other)

    ((_, before, after, *_),) = page_of(plan_of(replace(UPDATES[0], values=(value,)))).data["rows"][0][5]

    assert (before == after) == (one == other)


def test_the_policy_allows_our_script_and_style_alone() -> None:
    page = page_of(EVERYTHING)
    (policy,) = (content for content in page.attributes["content"] if "default-src" in content)

    def named(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {named(page.contents['script'][1])}",
        f"style-src {named(page.contents['style'][0])}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]


def test_the_page_names_no_address_in_the_network() -> None:
    text = render_plan_page(CONVERGED, View(SHOW))

    pattern = r"https?:|//[a-z]|@import|url\(|fetch\(|XMLHttpRequest|innerHTML|eval\("
    assert "<script" in text
    assert not re.search(pattern, text)
    assert re.search(pattern, text.replace("<script", "<script src=//b.example "))


def test_the_data_cannot_end_its_script() -> None:
    value = replace(UPDATES[0].values[0], after="</script><!-- & \u2028")

    text = render_plan_page(plan_of(replace(UPDATES[0], values=(value,))), View(SHOW))

    assert "\\u003c/script\\u003e\\u003c!-- \\u0026 " in text
    assert "\u2028" not in text


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        (EVERYTHING, "Plan: 3 to create, 321 to update, 0 to archive."),
        (ADOPTING, "Nothing to write. 12 records will be taken over (state only). 1 held, 97 in step."),
        (CONVERGED, "No changes. 120 in step."),
    ],
    ids=["changes", "adopting", "converged"],
)
def test_it_says_at_the_top_what_the_plan_comes_to(plan: Plan, outcome: str) -> None:
    assert page_of(plan).contents["p"][0] == outcome


def test_it_says_what_exactly_was_planned() -> None:
    assert page_of(EVERYTHING).contents["dd"] == [
        "120 records in 4 manifests",
        "3f2c9ab41d7e",
        "2026-11-22 09:30 UTC by reconciler 0.1.0",
        digests_of(EVERYTHING).content,
        digests_of(EVERYTHING).digest,
    ]


def test_problems_are_announced() -> None:
    assert "This plan cannot be applied: 2 problems, 1 warning." in page_of(EVERYTHING).contents["p"]


def test_guards_are_told_with_their_flags_and_lifted_ones_are_named() -> None:
    refusal = GuardRefusal(Guard.UPDATE, 321, "41 % of all deals would be updated", (UPDATES[0].record,))

    page = page_of(replace(plan_of(*UPDATES), refusals=(refusal,), allowances=((Guard.TOTAL, 20_000),)))

    reported = "This plan cannot be applied: 1 guard against it. Guards were lifted: total to 20,000."
    assert reported in page.contents["p"]
    assert "if this is intended: --allow update=321" in page.contents["pre"][0]


def test_problems_come_first_then_changes_by_risk_then_what_is_held() -> None:
    data = page_of(EVERYTHING).data

    kinds = [(kind["action"], kind["object"], kind["reason"]) for kind in data["kinds"]]
    assert kinds == [
        ("problem", "companies", ""),
        ("problem", "contacts", ""),
        ("warning", "deals", ""),
        ("update", "companies", "conflict"),
        ("update", "companies", "drift"),
        ("update", "contacts", "adopt"),
        ("update", "deals", "changed"),
        ("create", "companies", "missing"),
        ("create", "contacts", "missing"),
        ("adopt", "companies", "adopt"),
        ("held", "companies", "drift"),
        ("held", "companies", "gone"),
        ("held", "companies", "observed"),
    ]
    assert [row[0] for row in data["rows"]] == sorted(row[0] for row in data["rows"])


def test_a_value_names_its_place_and_reason_only_where_they_are_its_own() -> None:
    data = page_of(plan_of(UPDATES[0])).data

    (row,) = data["rows"]
    remarks = {data["names"][name]: rest for name, _, _, *rest in row[5]}
    edit = "by Grace Hopper <grace@acme.example>, 2026-11-18 14:05 UTC"
    assert remarks["annualrevenue"] == [{"file": 0, "line": 16, "note": edit}]
    assert remarks["phone"] == [{"file": 0, "line": 18, "reason": 0}]
    assert data["reasons"] == ["changed"]


def test_a_record_whose_key_changed_says_what_it_was() -> None:
    (row,) = page_of(
        plan_of(replace(UPDATES[0], moved_from=replace(UPDATES[0].record, value="acme-old")))
    ).data["rows"]

    assert row[6] == ["its key was acme-old until now"]


def test_personal_values_are_masked() -> None:
    text = render_plan_page(EVERYTHING, View(Masking(b"a key that only tests use")))

    editor = "grace@acme.example"  # a user of the portal
    assert editor in text
    assert not re.search(r"acme\.example|0561|4711|\bBob\b", text.replace(editor, ""))
    assert "Personal values are masked" in text
