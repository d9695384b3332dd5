"""Invisible characters are escaped, and two different values never look the same, in any form."""

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.invisible_characters import is_visible, visible
from reconciler.model.addresses import RecordAddress, RecordId, split_address
from reconciler.model.drift import MissingOwnedRecord
from reconciler.model.explanation import NextAction
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Reason
from reconciler.plan.plan import Plan
from reconciler.plan.records.changes import archive_record
from reconciler.report.html.plan import render_plan_page
from reconciler.report.html.plan_table import plan_table
from reconciler.report.json_report import plan_as_json
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import SHOW
from reconciler.report.shown import shown_plan
from reconciler.report.terminal import render_drift, render_explanation, render_plan, render_run
from reconciler.report.text.values import shown
from reconciler.report.view import View
from tests.report.test_fact_sentences import drifted, explained
from tests.support.example_plan import UPDATES
from tests.support.example_run import HEADER, row
from tests.support.plan_files import plan_from_text, plan_to_text
from tests.support.plans import plan_of

HIDDEN = [
    *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180e", "\u200b"),
    *("\u200d", "\u202e", "\u2060", "\u206f", "\u2800", "\u3164", "\ufe00", "\ufe0f", "\ufeff", "\uffa0"),
    *(
        "\U0001d173",
        "\U000e0001",
        "\U000e0100",
        "\U000e01ef",
        "\U000e0fff",
        "\u0085",
        "\u009b",
        "\x1b",
        "\x07",
    ),
    *("\u00a0", "\u2028", "\u2029", "\u3000", "\ue000", "\x7f", "\u2065", "\ufff0"),
]
"""Characters that are drawn as nothing: default-ignorable ones, fillers, blanks, controls, private ones."""

ALIKE = [("\u00e9", "e\u0301"), ("\u212b", "\u00c5"), ("\u2126", "\u03a9"), ("\uac00", "\u1100\u1161")]
ALIKE += [("a\u0327\u0301", "a\u0301\u0327"), ("\uf900", "\u8c48"), ("\u1e69", "s\u0307\u0323")]
"""Texts that are drawn the same."""

odd = st.text(st.sampled_from([*'ae\\u202x" \n%', "\u0301", "\u0327", "\u00e9", *HIDDEN]), max_size=6)


@pytest.mark.parametrize("character", HIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_invisible_characters_are_escaped(character: str) -> None:
    assert visible(f"a{character}b") == f"a{escape_of(character)}b"
    assert not is_visible(character)


def escape_of(character: str) -> str:
    return character.encode("unicode_escape").decode()


@pytest.mark.parametrize("one_and_other", ALIKE, ids=ascii)
def test_one_letter_spelled_in_two_ways_is_told_apart(one_and_other: tuple[str, str]) -> None:
    one, other = map(visible, one_and_other)

    assert unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", other)


@pytest.mark.parametrize("text", ["Müller", "世界", "नमस्ते", "→ …", "🎉", "q\u0323", "한국"])
def test_ordinary_text_is_shown_unchanged(text: str) -> None:
    assert visible(text) == text


@given(odd | st.text())
def test_everything_shown_is_visible(text: str) -> None:
    assert is_visible(visible(text))
    assert visible(visible(text)) == visible(text)


def looks(text: str) -> str:
    """Return the normal form NFC of ``text``, which is equal for texts that look the same."""
    return unicodedata.normalize("NFC", text)


@given(odd, odd)
def test_two_values_never_look_the_same(one: str, other: str) -> None:
    assume(one != other)

    assert looks(shown(one)) != looks(shown(other))


@given(odd, odd)
def test_two_keys_never_look_the_same(one: str, other: str) -> None:
    assume(one != other)
    keys = [RecordAddress("companies", "external_id", text) for text in (one, other)]

    assert looks(visible(keys[0].text)) != looks(visible(keys[1].text))


@given(odd.filter(bool))
def test_an_address_leads_back_to_its_key(text: str) -> None:
    assert split_address(RecordAddress("companies", "external_id", text).text)[2] == text


def plan_with(value: str, key: str) -> Plan:
    update = UPDATES[-1]
    values = (replace(update.values[0], after=value),)
    gone = archive_record(
        RecordAddress("companies", "domain", key), RecordId("1"), Reason.PRUNED, None, owned_before=None
    )
    return plan_of(replace(update, values=values), gone)


def forms(plan: Plan) -> dict[str, str]:
    return {
        "text": render_plan(plan, View(SHOW, width=100, full=True)),
        "markdown": render_markdown(plan, View(SHOW, full=True)).partition("Content `")[0],
        "page": json.dumps(plan_table(shown_plan(plan, SHOW), View(SHOW)), ensure_ascii=False),
        "json": re.sub("sha256:[0-9a-f]{64}", "", plan_as_json(plan, View(SHOW))),
    }


@given(odd, odd, odd, odd)
def test_two_plans_never_look_the_same_in_any_form(one: str, other: str, key: str, other_key: str) -> None:
    assume((one, key) != (other, other_key))
    first, second = forms(plan_with(one, key)), forms(plan_with(other, other_key))

    page = render_plan_page(plan_with(one, key), View(SHOW))
    for form, text in first.items():
        assert looks(text) != looks(second[form]), form
        for line in text.split("\n"):
            assert is_visible(line.strip().replace("\t", " ")), form
    assert not re.search(f"[{''.join(HIDDEN)}]", page)


@given(odd, odd)
def test_json_holds_what_it_held(value: str, key: str) -> None:
    plan = plan_with(value, key)
    text = plan_to_text(plan)

    assert plan_from_text(text) == plan
    assert json.loads(text.split("\n")[2])["do"]["address"]["value"] == key


def other_forms(value: str, key: str) -> dict[str, str]:
    """Return reports about drift, one record and a run, by name."""
    record = RecordAddress("contacts", "phone", key)
    found = replace(
        drifted(FactKind.REKEYED),
        values=(),
        lost=(
            MissingOwnedRecord(
                record,
                RecordId("1"),
                MissingReason.REKEYED,
                (Fact(FactKind.REKEYED, RecordId("1"), key=replace(record, value=value)),),
            ),
        ),
    )
    of = replace(
        explained(FactKind.REKEYED),
        key=record,
        step=NextAction("leave", Reason.GONE, facts=found.lost[0].facts),
    )
    ran = RunDetail(HEADER, (replace(row(0, record, "rejected", message=value), after={"phone": value}),))
    return {
        "drift": render_drift(found, View(SHOW, width=300)),
        "drift in Markdown": render_drift_markdown(found, View(SHOW)),
        "explain": render_explanation(of, View(SHOW, width=300)),
        "run": render_run(ran, View(SHOW, width=300, full=True)),
    }


@given(odd.filter(bool), odd.filter(bool))
def test_nothing_hidden_is_shown_of_drift_records_and_runs(value: str, key: str) -> None:
    for form, text in other_forms(f"a{value}b", f"a{key}b").items():
        for line in text.split("\n"):
            assert is_visible(line.strip()), form
    assert any("a\\u200bb" in text for text in other_forms("a\u200bb", "k").values())


@pytest.mark.parametrize("key", [" ", " a", "a  ", " a b "])
def test_blanks_at_the_ends_of_a_key_are_seen(key: str) -> None:
    text = RecordAddress("companies", "external_id", key).text

    assert text == text.strip()
