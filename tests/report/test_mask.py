"""Personal values are never shown where they must be masked.

Masks of equal values are equal, and other values are shown unchanged.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.object_references import ObjectProperty
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.file.format import digest_of
from reconciler.plan.plan import Held, Plan
from reconciler.report.html.plan import render_plan_page
from reconciler.report.json_report import plan_as_json, problems_as_json, run_as_json
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import SHOW, Masking, masked_plan, masked_problems, masked_run
from reconciler.report.terminal import render_plan, render_problems, render_run
from reconciler.report.view import View
from reconciler.sentences import Sentence, Value, sentence
from tests.support.example_plan import CREATES, EVERYTHING, HELD, PROBLEMS, UPDATES
from tests.support.example_run import HEADER, RUN, of_people, row
from tests.support.plans import at, plan_of, plans

MASKED = Masking(b"secret and random")
PERSONAL = (ObjectProperty("contacts", "email"), ObjectProperty("contacts", "phone"))
ADA = RecordAddress("contacts", "email", "ada@acme.example")
SECRET = "hush-"


class Planter:
    """Replaces every personal value and key in a plan by a secret."""

    def __init__(self, masked_properties: tuple[ObjectProperty, ...]) -> None:
        self._masked_properties = masked_properties
        self._numbers = count()

    def text(self, object_name: str, name: str | None, text: str | None) -> str | None:
        if text is None or (object_name, name) not in self._masked_properties:
            return text
        return f"{SECRET}{next(self._numbers)}\u202e"

    def anywhere(self, found: Any) -> Any:
        """Return any part of a plan, with secrets instead of personal keys."""
        if isinstance(found, RecordAddress):
            return replace(found, value=self.text(found.object, found.by, found.value) or "")
        if isinstance(found, tuple):
            parts = map(self.anywhere, found)
            return found._make(parts) if hasattr(found, "_make") else tuple(parts)
        if isinstance(found, Value):
            return replace(found, text=self.text(found.object, found.name, found.text) or "", spelled=None)
        if isinstance(found, Sentence):
            return Sentence(map(self.anywhere, found.parts))
        if is_dataclass(found) and not isinstance(found, type):
            members = {each.name: self.anywhere(getattr(found, each.name)) for each in fields(found)}
            return replace(found, **members)
        return found

    def values(self, object_name: str, values: tuple[ValueChange, ...]) -> tuple[ValueChange, ...]:
        return tuple(
            replace(
                value,
                before=self.text(object_name, value.name, value.before),
                after=self.text(object_name, value.name, value.after),
            )
            for value in values
        )

    def change(self, change: Change) -> Change:
        of_values = ("values", "remembered", "forgotten", "rests_on")
        planted: dict[str, Any] = {
            name: self.values(change.object_type, getattr(change, name)) for name in of_values
        }
        return replace(change, **planted)

    def held(self, held: Held) -> Held:
        name = held.key.object
        return replace(
            held,
            live=self.text(name, held.name, held.live),
            desired=self.text(name, held.name, held.desired),
            facts=tuple(replace(fact, value=self.text(name, held.name, fact.value)) for fact in held.facts),
        )


def planted(plan: Plan) -> Plan:
    """``plan`` with a secret in place of every personal value and key."""
    planter = Planter(plan.masked_properties)
    changes, held = tuple(map(planter.change, plan.changes)), tuple(map(planter.held, plan.held))
    planted: Plan = planter.anywhere(replace(plan, changes=changes, held=held))
    return planted


def keys_in(found: Any) -> Iterator[RecordAddress]:
    """Return every key in ``found``, at any depth."""
    if isinstance(found, RecordAddress):
        yield found
    elif isinstance(found, tuple):
        for one in found:
            yield from keys_in(one)
    elif is_dataclass(found):
        for each in fields(found):
            yield from keys_in(getattr(found, each.name))


@st.composite
def personal_plans(draw: st.DrawFn) -> Plan:
    """Return plans in which keys, values, and the values of held or left out things may all be personal."""
    plan = draw(plans)
    known = {key.key_property for key in keys_in(plan) if key.by != RECORD_ID}
    known |= {
        ObjectProperty(change.record.object, value.name)
        for change in plan.changes
        for value in (*change.values, *change.remembered, *change.forgotten, *change.rests_on)
    }
    known |= {ObjectProperty(held.key.object, held.name) for held in plan.held if held.name}
    chosen = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
    return planted(replace(plan, masked_properties=tuple(sorted({*plan.masked_properties, *chosen}))))


@given(personal_plans(), st.booleans())
def test_no_personal_value_is_ever_shown_when_masked(secrets: Plan, full: bool) -> None:
    shows: dict[str, str] = {
        "text": render_plan(secrets, View(MASKED, width=120, full=full)),
        "JSON": plan_as_json(secrets, View(MASKED)),
        "Markdown": render_markdown(secrets, View(MASKED, full=full)),
        "page": render_plan_page(secrets, View(MASKED)),
    }

    for text in shows.values():
        assert SECRET not in text


@given(personal_plans())
def test_every_personal_key_is_shown_where_everything_is(secrets: Plan) -> None:
    """Without this, the test above could pass because the secrets are never in the outputs."""
    held_and_changed = (secrets.changes, secrets.held, secrets.review, secrets.refusals)
    masked_properties = [key for key in keys_in(held_and_changed) if SECRET in key.value]
    sentence = [
        text for each in secrets.problems for text in (each.message, each.advice or "") if SECRET in text
    ]

    assert plan_as_json(secrets, View(SHOW)).count(SECRET) >= len(masked_properties) + len(sentence)


@given(plans)
def test_showing_shows_everything(plan: Plan) -> None:
    assert masked_plan(plan, SHOW) == plan


def all_values(plan: Plan) -> Iterator[tuple[str, ValueChange]]:
    for change in plan.changes:
        yield from ((change.record.object, value) for value in change.values)


@given(plans)
def test_masking_keeps_what_is_equal_equal_and_what_changed_changed(plan: Plan) -> None:
    for (object_name, value), (_, masked) in zip(
        all_values(plan), all_values(masked_plan(plan, MASKED)), strict=True
    ):
        assert (masked.before == masked.after) == (value.before == value.after)
        assert (masked.before is None, masked.after is None) == (value.before is None, value.after is None)
        if (object_name, value.name) not in plan.masked_properties and value.changed is None:
            assert masked == value


def test_equal_values_get_one_pseudonym_wherever_they_stand() -> None:
    plan = masked_plan(replace(EVERYTHING, masked_properties=PERSONAL), MASKED)
    addresses = [change.record.text for change in plan.changes if change.record.object == "contacts"]

    other = masked_problems((Problem("ada@acme.example is taken"),), MASKED)

    assert other[0].message == f"{addresses[1].removeprefix('contacts/')} is taken"


def test_a_pseudonym_depends_on_the_key() -> None:
    plan = plan_of(CREATES[-1], masked_properties=PERSONAL)

    assert masked_plan(plan, Masking(b"one")) != masked_plan(plan, Masking(b"other"))


def test_the_key_is_shown_nowhere() -> None:
    assert "random" not in repr(MASKED)


def test_the_digest_of_a_masked_plan_is_that_of_the_plan() -> None:
    document = json.loads(plan_as_json(EVERYTHING, View(MASKED)))

    assert document["masked"] is True
    assert document["digest"] == digest_of(EVERYTHING)


def test_a_masked_plan_says_so() -> None:
    text = render_plan(EVERYTHING, View(MASKED))

    assert "Personal values are masked; equal masks mean equal values.\n" in text
    assert "masked" not in render_plan(EVERYTHING, View(SHOW))


def shown(problem: Problem, masked_properties: tuple[ObjectProperty, ...] = PERSONAL) -> Problem:
    return masked_problems((problem,), MASKED, masked_properties)[0]


PHONE = Value("12a", "contacts", "phone")
NICKNAME = RecordAddress("contacts", "nickname", "\u00c4dele Love")
HAS_NICKNAMES = (*PERSONAL, ObjectProperty("contacts", "nickname"))


def test_a_problem_does_not_say_a_personal_value_wherever_it_stands() -> None:
    message = sentence("12a, {it}; phone takes no {it}", it=PHONE)
    problem = shown(
        Problem(message, sentence('is "phone" right, or {it}?', it=PHONE), at(3), "contacts/=12#phone")
    )

    mark = problem.message.rpartition(" ")[2]
    assert problem.message == f"12a, {mark}; phone takes no {mark}"  # only placeholders are masked
    assert re.fullmatch("\u2039[0-9a-f]{8}\u203a", mark)
    assert problem.advice == f'is "phone" right, or {mark}?'
    assert problem.address == "contacts/=12#phone"


def test_a_problem_says_a_value_that_is_not_personal() -> None:
    message = sentence('no "{it}" of {record}', it=Value("Red", "deals", "colour"), record=ADA.display)
    problem = Problem(message, 'did you mean "phone"?', at(3), "deals/d1#colour")

    assert shown(problem).message.startswith('no "Red" of contacts/\u2039')
    of_deals = (ObjectProperty("deals", "amount"),)
    # The key is an e-mail address, which is masked even if its property is not.
    assert shown(problem, of_deals).message.startswith('no "Red" of contacts/\u2039')
    assert shown(
        replace(problem, message=sentence("no {it}", it=Value("Red", "deals", "colour")))
    ) == replace(problem, message="no Red")


@pytest.mark.parametrize(("object_name", "name"), [("contacts", ""), ("", "")])
def test_a_value_of_which_nobody_knows_whose_it_is_is_personal(object_name: str, name: str) -> None:
    said = Problem(sentence("no {it}", it=Value("12a", object_name, name)))

    assert shown(said).message != "no 12a"
    assert shown(said, ()).message == "no 12a"  # where nothing is known to be personal


def test_a_problem_names_no_key_that_is_personal_and_marks_equal_keys_alike() -> None:
    message = sentence(
        "{record}: no contact whose nickname is {key}", record=NICKNAME.display, key=NICKNAME.as_value
    )
    problem = shown(Problem(message, None, at(3), NICKNAME.text), HAS_NICKNAMES)

    mark = problem.message.rpartition(" ")[2]
    assert problem.message == f"contacts/{mark}: no contact whose nickname is {mark}"
    assert problem.address == f"contacts/{mark}"


def test_a_problem_of_an_association_names_the_key_of_neither_record() -> None:
    advice = sentence("--take {property}", property=NICKNAME.property_sentence("phone"))
    problem = Problem(
        sentence("{record} is archived", record=NICKNAME.display),
        advice,
        at(3),
        "companies/acme#contacts/%C3%84dele",
    )

    made = shown(problem, HAS_NICKNAMES)

    assert "dele" in repr(problem)
    assert "dele" not in repr(made)
    assert made.message.startswith("contacts/\u2039")
    assert made.advice is not None
    assert made.advice.endswith("\u203a#phone")
    assert made.address is not None
    assert made.address.startswith("companies/acme#contacts/\u2039")


def test_a_problem_names_keys_that_the_plan_knows_not_to_be_personal() -> None:
    key = RecordAddress("contacts", "external_id", "c-1")
    held = Held(key, "phone", Reason.DRIFT, "1", "2", at(3))
    other = replace(key, value="c-2")
    problem = Problem(sentence("{key} is there twice", key=other.as_value), None, at(3), other.text)

    plan = masked_plan(plan_of(held=(held,), problems=(problem,), masked_properties=PERSONAL), MASKED)

    assert plan.problems == (problem,)


@pytest.mark.parametrize("address", [None, "contacts", "contacts/ada@acme.example", "contacts/#", "/"])
def test_e_mail_addresses_are_personal_wherever_they_stand(address: str | None) -> None:
    problems = (Problem("no owner Ada.Love+1@acme-corp.example", "or bob@acme.example?", None, address),)

    for text in (
        problems_as_json(problems, View(MASKED)),
        render_problems(problems, View(MASKED)),
    ):
        assert "@" not in text
        assert "acme" not in text
        assert "no owner \u2039" in text
    assert "Ada.Love+1@acme-corp.example" in render_problems(problems, View(SHOW))


def test_problems_are_shown_as_they_are_where_everything_is() -> None:
    assert masked_problems(PROBLEMS, SHOW) == PROBLEMS


def test_owners_that_a_problem_names_are_shown_and_nobody_else() -> None:
    message = "bob@acme.example left; eve@acme.example did not"
    said = Problem(
        message, "ask Bob@acme.example", address="deals/d1#hubspot_owner_id", people=("bob@acme.example",)
    )

    (problem,) = masked_problems((said,), MASKED)

    assert problem.message.startswith("bob@acme.example left; \u2039")
    assert problem.advice == "ask Bob@acme.example"
    owner = Value("bob@acme.example", "deals", "hubspot_owner_id")
    said = replace(said, message=sentence("{owner} left", owner=owner))
    assert shown(said).message == "bob@acme.example left"
    (masked,) = masked_problems((said,), MASKED, (ObjectProperty("deals", "hubspot_owner_id"),))
    assert "bob@" not in masked.message


def test_an_owner_who_is_the_record_that_a_problem_is_about_is_masked() -> None:
    said = Problem(
        "ada@acme.example left", address=ADA.property_address("hubspot_owner_id"), people=(ADA.value,)
    )
    (problem,) = masked_problems((said,), MASKED, PERSONAL)
    assert ADA.value not in problem.message


RUN_OF_ADA = RunDetail(
    HEADER,
    (
        row(
            0,
            ADA,
            "rejected",
            message="ADA@ACME.EXAMPLE (+49 561 4711) exists: +49 561 47112",
            category="CONFLICT",
        ),
    ),
)


def test_a_run_hides_what_hubspot_repeats_of_personal_values() -> None:
    text = render_run(of_people(RUN_OF_ADA, PERSONAL), View(MASKED, width=120))
    document = run_as_json(of_people(RUN_OF_ADA, PERSONAL), View(MASKED))

    for output in (text, document):
        assert "acme" not in output.lower()
        assert "+49 561 4711)" not in output
        assert "+49 561 47112" in output  # no value of this run
    assert json.loads(document)["masked"] is True


def test_a_run_is_shown_as_it_was_where_everything_is() -> None:
    assert masked_run(RUN, SHOW) == RUN


def test_other_values_stay_unchanged() -> None:
    plan = plan_of(*UPDATES, masked_properties=PERSONAL)

    companies = [change for change in masked_plan(plan, MASKED).changes if change.record.object != "contacts"]

    changes = [change for change in plan.changes if change.record.object != "contacts"]
    assert companies[1:] == changes[1:]
    assert companies[0].record == changes[0].record


def test_editors_are_shown_with_their_addresses_which_are_those_of_owners() -> None:
    plan = masked_plan(plan_of(*UPDATES, held=HELD, masked_properties=PERSONAL), MASKED)

    (edit,) = [value.changed for value in plan.changes[0].values if value.changed]
    assert edit.by == "Grace Hopper <grace@acme.example>"
    assert plan.held[0].changed is not None
    assert plan.held[0].changed.by == edit.by
