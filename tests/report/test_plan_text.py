"""Properties of the report of any plan, with any values in the portal."""

import re
from dataclasses import replace
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.change import Action, Reason
from reconciler.plan.kinds import takes_over
from reconciler.plan.plan import Budget, Plan
from reconciler.report.mask import SHOW
from reconciler.report.terminal import render_plan
from reconciler.report.text.width import cells
from reconciler.report.view import View
from reconciler.source import SourceRef
from tests.support.example_plan import ADOPTING, ADOPTS, CONVERGED, EVERYTHING, UPDATES
from tests.support.plans import plain_plans, plan_of, plans

widths = st.integers(50, 160)
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def lines_of(plan: Plan, *, width: int = 80, full: bool = False) -> list[str]:
    return render_plan(plan, View(SHOW, width=width, full=full)).splitlines()


@given(plans, widths, st.booleans())
def test_nothing_invisible_is_ever_printed(plan: Plan, width: int, full: bool) -> None:
    text = render_plan(plan, View(SHOW, width=width, full=full))

    assert not [character for character in text if category(character) in UNSEEN and character != "\n"]
    assert not re.search(r"[^\S \n]", text)


@given(plans, widths, st.booleans())
def test_colour_changes_no_character(plan: Plan, width: int, full: bool) -> None:
    colored = render_plan(plan, View(SHOW, color=True, width=width, full=full))

    bare = re.sub(r"\x1b\[[0-9;]+m", "", colored)
    assert [line.rstrip() for line in bare.split("\n")] == [
        line.rstrip() for line in render_plan(plan, View(SHOW, width=width, full=full)).split("\n")
    ]


@given(plain_plans, widths, st.booleans())
def test_no_line_is_wider_than_the_terminal(plan: Plan, width: int, full: bool) -> None:
    assert [line for line in lines_of(plan, width=width, full=full) if cells(line) > width] == []


@given(plans)
def test_the_last_line_sums_up(plan: Plan) -> None:
    summary = plan.summary.as_document()

    counts = [f"{summary[name]} to {name}" for name in ("create", "update", "archive")]
    counts += [f"{summary[name]} to {name}" for name in ("associate", "dissociate") if summary[name]]
    assert lines_of(plan, width=200)[-1] == f"Plan: {', '.join(counts)}."


@given(plans)
def test_the_first_words_say_whether_anything_would_be_written_or_remembered(plan: Plan) -> None:
    is_calm = plan.is_sound and not plan.writes  # with problems, the writes are not known
    shown = render_plan(plan, View(SHOW))
    assert shown.startswith("No changes.") == (is_calm and not plan.changes)
    assert shown.startswith("Nothing to write.") == (is_calm and bool(plan.changes))


def test_adoptions_are_counted_before_all_else() -> None:
    first = "Nothing to write. 12 records will be taken over (state only). 1 held, 97 in"
    assert lines_of(ADOPTING)[:2] == [first, "step."]


def test_a_converged_plan_is_told_in_a_few_lines() -> None:
    assert len(lines_of(CONVERGED)) == 5


def test_the_riskiest_changes_come_first() -> None:
    headings = [line.strip() for line in lines_of(EVERYTHING) if re.match(r"  [a-z ]+: ", line)]

    assert [heading.partition(":")[0] for heading in headings] == [
        "conflict",
        "drift",
        "adopt",
        "changed",
        "missing",
        "missing",
        "adopt",
        "drift",
        "gone",
        "observed",
    ]


def test_like_changes_are_folded_and_three_are_named() -> None:
    text = "\n".join(lines_of(EVERYTHING))

    change = "Deal stage (dealstage)  Appointment scheduled → Closed (closedwon)"
    assert f"  ~ 317 deals\n      ~ {change}\n      deals/D-0001 (Renewal 1) " in text
    assert "deals/D-0003 " in text
    assert "deals/D-0004 " not in text
    assert "… 314 more (--full shows all)" in text


def test_full_names_every_record() -> None:
    text = "\n".join(lines_of(EVERYTHING, full=True))

    assert all(f"deals/D-{number:04} " in text for number in range(1, 318))
    assert "more (--full" not in text


def test_a_large_group_of_different_changes_is_cut_and_says_so() -> None:
    updates = [
        replace(
            UPDATES[-1],
            address=replace(UPDATES[-1].record, value=f"{number}"),
            values=(replace(UPDATES[-1].values[0], after=f"{number}"),),
        )
        for number in range(50)
    ]

    text = "\n".join(lines_of(plan_of(*updates)))

    assert "→ 19 " in text
    assert "→ 20 " not in text
    assert "  … 30 more (--full shows all)" in text


def test_the_line_that_asks_is_called_as_the_reader_would_type_it() -> None:
    def where(source: SourceRef) -> str:
        return f"../manifests/{source}"

    text = render_plan(plan_of(UPDATES[0]), View(SHOW, where=where))

    assert re.search(
        r"~ companies/acme \(Acme GmbH & Co\. KG\) +\.\./manifests/companies\.yaml:14$", text, re.MULTILINE
    )


def test_a_place_too_long_for_the_line_gets_its_own() -> None:
    text = render_plan(
        plan_of(UPDATES[0]), View(SHOW, width=50, where=lambda source: f"{'long/' * 9}{source}")
    )

    lines = text.splitlines()
    record = lines.index("  ~ companies/acme (Acme GmbH & Co. KG)")
    assert lines[record + 1].endswith("/companies.yaml:14")


def test_a_reason_is_named_beside_a_value_where_it_is_not_the_record_s_own() -> None:
    lines = lines_of(EVERYTHING)

    assert [line.split()[-2:] for line in lines if line.startswith("      ~ description")] == [
        ["changed", ":17"]
    ]
    assert [line.split()[-1] for line in lines if "(annualrevenue)" in line] == [":16"]


def test_adoptions_name_no_values() -> None:
    assert [line for line in lines_of(plan_of(*ADOPTS)) if line.startswith("      ")] == []


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("reason", list(Reason))
def test_every_kind_of_change_has_its_place(action: Action, reason: Reason) -> None:
    kinds = {change.action: change for change in EVERYTHING.changes}
    if action in kinds:
        change = replace(kinds[action], reason=reason)
        word = "record" if action is Action.ADOPT and not takes_over(change) else action
        assert f"1 to {word}\n  {reason}" in render_plan(plan_of(change), View(SHOW))


def test_a_plan_without_state_says_what_is_missing() -> None:
    without = render_plan(replace(plan_of(lineage=None), keeps_state=False), View(SHOW))
    assert "\nWithout state, " in without
    assert "Nothing was applied" not in without


def test_a_plan_with_an_empty_state_says_what_begins_with_the_first_apply() -> None:
    first = render_plan(plan_of(lineage=None), View(SHOW))
    assert "\nNothing was applied here yet: drift, " in first
    assert "Without state" not in first


def test_a_plan_with_a_state_says_nothing_of_it() -> None:
    later = render_plan(plan_of(), View(SHOW))
    assert "Without state" not in later
    assert "Nothing was applied" not in later


def test_a_plan_with_problems_says_that_it_cannot_be_applied() -> None:
    assert "This plan cannot be applied: 2 problems, 1 warning." in lines_of(EVERYTHING)


@pytest.mark.parametrize(
    ("budget", "line"),
    [
        ((5, 0, 0.0, None), "Calls: 5 to read."),
        (
            (5, 40, 0.0, 1000, 10),
            (
                "Calls: 5 to read, 10 to read again and 40 to write (no wait for the rate limit; "
                "5.0 % of the 1,000 calls left today)."
            ),
        ),
        (
            (1200, 40, 20.0, 1000),
            (
                "Calls: 1,200 to read, 40 to write (takes at least 20 s because of the rate limit; "
                "4.0 % of the 1,000 calls left today)."
            ),
        ),
        (
            (1, 4, 600.0, None),
            (
                "Calls: 1 to read, 4 to write (takes at least 10 min because of the rate limit; "
                "calls left today: unknown)."
            ),
        ),
        (
            (1, 4, 9000.0, 0),
            (
                "Calls: 1 to read, 4 to write (takes at least 2 h because of the rate limit; "
                "calls left today: none)."
            ),
        ),
        (
            (1, 4, 0.0, 250_000),
            (
                "Calls: 1 to read, 4 to write (no wait for the rate limit; under 0.1 % of the "
                "250,000 calls left today)."
            ),
        ),
    ],
)
def test_costs_are_shown(budget: tuple[int, int, float, int | None, int], line: str) -> None:
    assert line in lines_of(plan_of(budget=Budget(*budget)), width=120)
