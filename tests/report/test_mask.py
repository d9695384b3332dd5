"""What is personal is never shown where it must not be, and what is shown still makes sense."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model.objects import RecordKey
from reconciler.model.runs import RunDetail
from reconciler.plan.changes import (
    Adopt,
    Change,
    Create,
    Held,
    PairChange,
    Plan,
    Reason,
    Review,
    Update,
    ValueChange,
    values_of,
)
from reconciler.plan.file import digest_of
from reconciler.report.machine import plan_as_json, problems_as_json, run_as_json
from reconciler.report.mask import SHOW, Masking, masked_plan, masked_problems, masked_run
from reconciler.report.terminal import render_plan, render_problems, render_run
from tests.support.example_plan import CREATES, EVERYTHING, HELD, PROBLEMS, UPDATES
from tests.support.example_run import HEADER, RUN, row
from tests.support.plans import at, plan_of, plans

MASKED = Masking(b"secret and random")
PERSONAL = (("contacts", "email"), ("contacts", "phone"))
ADA = RecordKey("contacts", "email", "ada@acme.example")
SECRET = "hush-"


def _with_keys(review: Review, key: Callable[[RecordKey], RecordKey]) -> Review:
    return replace(
        review,
        departures=tuple(
            replace(one, key=key(one.key), target=one.target and key(one.target)) for one in review.departures
        ),
    )


def planted(plan: Plan) -> Plan:
    """``plan`` with a secret in place of every personal value and key."""
    numbers = count()

    def secret(object_name: str, name: str, text: str) -> str:
        return f"{SECRET}{next(numbers)}\u202e" if (object_name, name) in plan.personal else text

    def key(old: RecordKey) -> RecordKey:
        return replace(old, value=secret(old.object, old.by, old.value))

    def maybe(object_name: str, name: str | None, text: str | None) -> str | None:
        return None if text is None else secret(object_name, name or "", text)

    def values(object_name: str, old: tuple[ValueChange, ...]) -> tuple[ValueChange, ...]:
        return tuple(
            replace(
                value,
                before=maybe(object_name, value.name, value.before),
                after=maybe(object_name, value.name, value.after),
            )
            for value in old
        )

    def change(old: Change) -> Change:
        name = old.key.object
        if isinstance(old, Create):
            return replace(old, key=key(old.key), values=values(name, old.values))
        if isinstance(old, Adopt):
            return replace(old, key=key(old.key), in_step=values(name, old.in_step))
        if isinstance(old, Update):
            return replace(
                old,
                key=key(old.key),
                values=values(name, old.values),
                in_step=values(name, old.in_step),
                renamed_from=maybe(name, old.key.by, old.renamed_from),
            )
        hidden = replace(old, key=key(old.key))
        return replace(hidden, target=key(hidden.target)) if isinstance(hidden, PairChange) else hidden

    def held(old: Held) -> Held:
        name = old.key.object
        live, desired = maybe(name, old.name, old.live), maybe(name, old.name, old.desired)
        new = replace(old, key=key(old.key), live=live, desired=desired)
        told = " and ".join(text for text in (new.key.value, live, desired) if text and SECRET in text)
        return replace(new, note=f"it says {told}, sadly")

    return replace(
        plan,
        changes=tuple(map(change, plan.changes)),
        held=tuple(map(held, plan.held)),
        review=plan.review and _with_keys(plan.review, key),
    )


@given(plans, st.booleans())
def test_no_personal_value_is_ever_printed_when_masked(plan: Plan, full: bool) -> None:
    secrets = planted(plan)

    assert SECRET not in render_plan(secrets, color=False, width=120, full=full, masking=MASKED)
    assert SECRET not in plan_as_json(secrets, MASKED)


@given(plans)
def test_showing_shows_everything(plan: Plan) -> None:
    assert masked_plan(plan, SHOW) == plan


def all_values(plan: Plan) -> Iterator[tuple[str, ValueChange]]:
    for change in plan.changes:
        yield from ((change.key.object, value) for value in values_of(change))


@given(plans)
def test_masking_keeps_what_is_equal_equal_and_what_changed_changed(plan: Plan) -> None:
    for (object_name, value), (_, masked) in zip(
        all_values(plan), all_values(masked_plan(plan, MASKED)), strict=True
    ):
        assert (masked.before == masked.after) == (value.before == value.after)
        assert (masked.before is None, masked.after is None) == (value.before is None, value.after is None)
        if (object_name, value.name) not in plan.personal and value.changed is None:
            assert masked == value


def test_equal_values_get_one_pseudonym_wherever_they_stand() -> None:
    plan = masked_plan(replace(EVERYTHING, personal=PERSONAL), MASKED)
    addresses = [change.key.address for change in plan.changes if change.key.object == "contacts"]

    other = masked_problems((Problem("ada@acme.example is taken"),), MASKED)

    assert other[0].message == f"{addresses[1].removeprefix('contacts/')} is taken"


def test_a_pseudonym_depends_on_the_key() -> None:
    plan = plan_of(CREATES[-1], personal=PERSONAL)

    assert masked_plan(plan, Masking(b"one")) != masked_plan(plan, Masking(b"other"))


def test_the_key_is_shown_nowhere() -> None:
    assert "random" not in repr(MASKED)


def test_the_digest_of_a_masked_plan_is_that_of_the_plan() -> None:
    document = json.loads(plan_as_json(EVERYTHING, MASKED))

    assert document["masked"] is True
    assert document["digest"] == digest_of(EVERYTHING)


def test_a_masked_plan_says_so() -> None:
    text = render_plan(EVERYTHING, color=False, width=80, masking=MASKED)

    assert "Personal values are masked; equal marks stand for equal values.\n" in text
    assert "masked" not in render_plan(EVERYTHING, color=False, width=80)


def shown(problem: Problem, personal: tuple[tuple[str, str], ...] = PERSONAL) -> Problem:
    return masked_problems((problem,), MASKED, personal)[0]


def test_a_problem_of_a_personal_property_does_not_quote_its_value() -> None:
    problem = shown(
        Problem('phone takes digits, not "12a"', 'is "phone" right?', at(3), "contacts/=12#phone")
    )

    assert "12a" not in problem.message
    assert problem.message.startswith('phone takes digits, not "\u2039')
    assert problem.advice == 'is "phone" right?'
    assert problem.address == "contacts/=12#phone"


def test_a_problem_of_another_property_does() -> None:
    problem = Problem('contacts has no property "fone"', 'did you mean "phone"?', at(3), "contacts/=12#fone")

    assert shown(problem) == problem


def test_a_problem_names_no_key_that_may_be_personal() -> None:
    problem = shown(Problem("no contact whose nickname is Ädele, or ädele", None, at(3), "contacts/Ädele"))

    assert "dele" not in problem.message
    assert problem.address is not None
    assert problem.address.startswith("contacts/\u2039")


def test_a_problem_of_an_association_names_the_key_of_neither_record() -> None:
    problem = Problem("contacts/Ädele is archived", None, at(3), "companies/acme#contacts/Ädele")

    told = shown(problem)

    assert "dele" not in repr(told)
    assert told.address is not None
    assert told.address.startswith("companies/acme#contacts/\u2039")


def test_a_problem_names_keys_that_the_plan_knows_not_to_be_personal() -> None:
    key = RecordKey("contacts", "external_id", "c-1")
    held = Held(key, "phone", Reason.DRIFT, "1", "2", at(3))
    problem = Problem("c-2 is there twice", None, at(3), "contacts/c-2")

    plan = masked_plan(plan_of(held=(held,), problems=(problem,), personal=PERSONAL), MASKED)

    assert plan.problems == (problem,)


@pytest.mark.parametrize("address", [None, "contacts", "contacts/ada@acme.example", "contacts/#", "/"])
def test_e_mail_addresses_are_personal_wherever_they_stand(address: str | None) -> None:
    problems = (Problem("no owner Ada.Love+1@acme-corp.example", "or bob@acme.example?", None, address),)

    for text in (
        problems_as_json(problems, MASKED),
        render_problems(problems, color=False, width=80, masking=MASKED),
    ):
        assert "@" not in text
        assert "acme" not in text


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
    (masked,) = masked_problems((said,), MASKED, (("deals", "hubspot_owner_id"),))
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
    text = render_run(RUN_OF_ADA, color=False, width=120, masking=MASKED, personal=PERSONAL)
    document = run_as_json(RUN_OF_ADA, MASKED, PERSONAL)

    for output in (text, document):
        assert "acme" not in output.lower()
        assert "+49 561 4711)" not in output
        assert "+49 561 47112" in output  # another number, as far as anybody knows
    assert json.loads(document)["masked"] is True


def test_a_run_is_shown_as_it_was_where_everything_is() -> None:
    assert masked_run(RUN, SHOW, PERSONAL) == RUN


def test_what_is_not_personal_stays_as_it_is() -> None:
    plan = plan_of(*UPDATES, personal=PERSONAL)

    companies = [change for change in masked_plan(plan, MASKED).changes if change.key.object != "contacts"]

    changes = [change for change in plan.changes if change.key.object != "contacts"]
    assert companies[1:] == changes[1:]
    assert companies[0].key == changes[0].key


def test_of_people_who_edited_the_names_are_shown_and_the_addresses_are_not() -> None:
    plan = masked_plan(plan_of(*UPDATES, held=HELD, personal=PERSONAL), MASKED)

    (edit,) = [value.changed for value in values_of(plan.changes[0]) if value.changed]
    assert re.fullmatch("Grace Hopper <\u2039[0-9a-f]{8}\u203a>", edit.by)
    assert plan.held[0].changed is not None
    assert plan.held[0].changed.by == edit.by
