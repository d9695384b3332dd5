"""A unique value is on one record only: it is moved to another record in the right order, or not at all."""

import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Kind
from reconciler.model.owned import Origin
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.plan.records.unique_values import (
    Giver,
    KeyLine,
    KeyUse,
    contradictions,
    questions,
    turns_of,
    value_of,
)
from reconciler.source import SourceRef
from tests.support.many_changes import ManyChanges
from tests.support.nouns import COMPANIES, definition

SCHEMA = replace(
    COMPANIES,
    properties={
        **COMPANIES.properties,
        "ref": definition("ref", is_unique=True),
        "number": definition("number", Kind.NUMBER, is_unique=True),
    },
)
OBJECTS = {"companies": SCHEMA}


def key(name: str) -> RecordAddress:
    return RecordAddress("companies", "external_id", name)


def change(name: str, before: str | None, after: str | None, line: int = 1, of: str = "ref") -> Change:
    """Build an update of the record ``name``, whose id is the first letter of the name."""
    source = SourceRef("c.yaml", line, 5)
    value = ValueChange(of, before, after, Reason.CHANGED, source)
    return update_record(
        key(name),
        RecordId(name[0]),
        (value,),
        Reason.CHANGED,
        operation=BY_RECORD_ID,
        source=source,
        owned=Owned(Origin.CREATED),
    )


def create(name: str, ref: str | None = None, line: int = 1) -> Change:
    values = (ValueChange("ref", None, ref, Reason.MISSING, SourceRef("c.yaml", line, 5)),) if ref else ()
    return create_record(
        key(name), values, Reason.MISSING, Operation(Call.UPSERT, "external_id"), SourceRef("c.yaml", line, 3)
    )


def archive(name: str) -> Change:
    return archive_record(
        key(name), RecordId(name[0]), Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)
    )


def found(changes: Sequence[Change], **held: str) -> Mapping[int, Sequence[Problem]]:
    """Return the problems of changes that would give two records one unique value.

    ``held`` is the id of the record that has a value of ``ref`` now, for each value.
    """
    holders = {value_of(SCHEMA, "ref", text): RecordId(record_id) for text, record_id in held.items()}
    return contradictions(changes, OBJECTS, holders)


def turns(*changes: Change) -> Sequence[int]:
    waiting = turns_of(changes, OBJECTS)
    return [waiting.get(number, 0) for number in range(len(changes))]


def asked(*changes: Change) -> Mapping[str, list[str]]:
    return {name: list(texts) for _, name, texts in questions(changes, OBJECTS)}


def test_two_new_records_do_not_get_one_value() -> None:
    ((number, (problem,)),) = found([create("a", "x", 11), create("b", "y"), create("c", "x", 31)]).items()
    assert number == 2
    assert (
        problem.message
        == "another record is to get the same ref, at c.yaml:11:5, but in HubSpot this value must be unique"
    )
    assert problem.advice == "keep one of the two"
    assert (problem.address, str(problem.source)) == ("companies/c#ref", "c.yaml:31:5")


def test_a_record_does_not_get_what_another_one_has_and_keeps() -> None:
    ((_, (problem,)),) = found([change("a", None, "x")], x="77").items()
    assert problem.message == "record 77 has the same ref, but in HubSpot this value must be unique"
    assert found([change("a", None, "x"), change("b", "y", "z")], x="b").keys() == {0}


def test_a_value_of_nobody_or_of_the_record_itself_is_free() -> None:
    assert found([change("a", "X", "x")], x="a") == {}
    assert found([change("a", None, "x"), create("b", "y")]) == {}


def test_numbers_are_one_value_in_any_spelling() -> None:
    changes = [change("a", None, "7", of="number"), change("b", None, "7.0", of="number")]
    assert found(changes).keys() == {1}


def found_with_faulty(*changes: Change, **held: str) -> Mapping[int, Sequence[Problem]]:
    """Return the same as ``found`` for changes of which the last one also has another kind of problem."""
    holders = {value_of(SCHEMA, "ref", text): RecordId(record_id) for text, record_id in held.items()}
    return contradictions(changes, OBJECTS, holders, faulty=1)


def test_values_of_a_record_with_another_problem_are_checked_too() -> None:
    sound, faulty = create("a", "x", 11), create("c", "x", 31)
    ((number, (problem,)),) = found_with_faulty(sound, faulty).items()
    assert number == 1
    assert problem.message.startswith("another record is to get the same ref, at c.yaml:11:5")
    ((number, (problem,)),) = found_with_faulty(change("b", None, "x"), x="77").items()
    assert problem.message.startswith("record 77 has the same ref")
    assert found_with_faulty(change("b", "x", "y"), change("c", None, "x"), x="b") == {}


def test_a_record_with_another_problem_frees_no_value() -> None:
    """Such a record is not written, so it cannot exchange values with another record either."""
    ((number, (problem,)),) = found_with_faulty(change("a", None, "x"), change("b", "x", "y"), x="b").items()
    assert number == 0
    assert "but the record has a problem, so it is not written" in problem.message
    assert problem.advice == "solve the problem of that record first"
    exchanged = found_with_faulty(change("a", "x", "y"), change("b", "y", "x"), x="a", y="b")
    assert {number: problem.message[:28] for number, (problem,) in exchanged.items()} == {
        0: "record b has the same ref, b",
        1: "record a has the same ref, b",
    }


def test_values_of_properties_that_are_not_unique_are_shared() -> None:
    changes = [change("a", None, "x", of="name"), change("b", None, "x", of="name")]
    assert found(changes) == {}
    assert turns(change("a", "x", "y", of="name"), change("b", None, "x", of="name")) == [0, 0]


def test_the_key_of_a_new_record_is_a_value_too() -> None:
    by_id = replace(
        change("b", None, "a", of="external_id"), address=RecordAddress("companies", RECORD_ID, "b")
    )
    ((number, (problem,)),) = found([create("a"), by_id]).items()
    assert (number, problem.address) == (1, "companies/=b#external_id")


def test_a_new_record_whose_key_another_one_gets_is_told_at_its_own_line() -> None:
    by_id = replace(
        change("b", None, "a", of="external_id"), address=RecordAddress("companies", RECORD_ID, "b")
    )
    ((number, (problem,)),) = found([by_id, create("a", line=7)]).items()
    assert (number, problem.address, str(problem.source)) == (1, "companies/a", "c.yaml:7:3")


def test_a_record_that_is_there_claims_what_is_written_and_not_its_key() -> None:
    by_id = replace(
        change("b", None, "a", of="external_id"), address=RecordAddress("companies", RECORD_ID, "b")
    )
    assert found([change("a", None, "x"), by_id]) == {}


def test_a_value_without_a_line_names_no_line() -> None:
    back = change("a", None, "x")
    back = replace(back, values=(replace(back.values[0], source=None),), source=None)
    ((_, (problem,)),) = found([back, change("b", None, "x")]).items()
    assert (
        problem.message == "another record is to get the same ref, but in HubSpot this value must be unique"
    )


@pytest.mark.parametrize("after", ["y", None])
def test_a_freed_value_is_taken_over_in_a_later_turn(after: str | None) -> None:
    giver, taker, new = change("b", "x", after), change("a", "w", "x"), create("c", "w")
    assert found([taker, giver, new], x="b", w="a") == {}
    assert turns(taker, giver, new) == [1, 0, 2]


def test_a_change_that_needs_two_values_waits_for_the_later_one() -> None:
    first, last = change("a", "x", "y"), change("d", "9", "11", of="number")
    second = change("b", "7", "9", of="number")
    of_ref, of_number = change("c", None, "x"), change("c", None, "7", of="number")
    taker = replace(of_ref, values=(*of_number.values, *of_ref.values))
    assert turns(taker, first, second, last) == [2, 0, 1, 0]


def test_a_value_that_moved_to_another_record_is_not_freed() -> None:
    """Planning has read the value on one record; when its holder is looked up, another record has it."""
    ((number, (problem,)),) = found([change("a", "w", "x"), change("b", "x", "y")], x="77").items()
    assert number == 0
    assert problem.message.startswith("record 77 has the same ref")


def test_a_value_that_is_not_freed_is_not_taken() -> None:
    """The record that should give up the value is left out, so the record that needs the value is, too."""
    refused = found(
        [change("a", "w", "x"), change("b", "x", "y"), change("c", None, "w")], x="b", y="77", w="a"
    )
    assert refused.keys() == {0, 1, 2}


@pytest.mark.parametrize("size", [2, 3])
def test_a_circle_is_a_problem_for_all_of_it_and_what_leans_on_it(size: int) -> None:
    names = "abc"[:size]
    circle = [change(name, f"r{number}", f"r{(number + 1) % size}") for number, name in enumerate(names)]
    held = {f"r{number}": name for number, name in enumerate(names)}
    refused = found([*circle, change("d", "q", "r9"), change("e", None, "q")], q="d", **held)
    assert refused.keys() == set(range(size))
    assert "record b exchange their ref" in refused[0][0].message
    assert "`ref: null`" in (refused[0][0].advice or "")


def test_a_circle_stays_one_where_part_of_it_also_takes_what_is_given_up_in_time() -> None:
    of_number = change("a", None, "7", of="number")
    both = replace(of_number, values=(*of_number.values, *change("a", "x", "y").values))
    chain = change("d", "7", "9", of="number"), change("e", "9", "11", of="number")
    held = {value_of(SCHEMA, "ref", text): RecordId(id_) for text, id_ in (("x", "a"), ("y", "b"))}
    held |= {value_of(SCHEMA, "number", text): RecordId(id_) for text, id_ in (("7", "d"), ("9", "e"))}
    assert contradictions([both, change("b", "y", "x"), *chain], OBJECTS, held).keys() == {0, 1}


def test_a_change_that_waits_for_a_circle_learns_the_holder() -> None:
    changes = [change("a", "x", "y"), change("b", "y", "x"), change("c", None, "x", line=2)]
    refused = found(changes, x="a", y="b")
    assert "another record is to get the same ref" in refused[2][0].message


@pytest.mark.parametrize("new", [create("d", "x"), change("d", None, "x")])
def test_a_line_that_gives_several_records_one_value_is_told_as_such(new: Change) -> None:
    """The value is below ``all`` or an anchor, so the message cannot advise to keep one of two lines."""
    refused = found([create("c", "x"), new, create("e", "x")])
    assert refused.keys() == {1, 2}
    for (problem,) in refused.values():
        assert (
            problem.message
            == "this line gives several records the same ref, but in HubSpot this value must be unique"
        )
        assert problem.advice == "give each record a value of its own"


def test_a_record_that_cannot_give_its_value_up_is_told_as_such() -> None:
    """Only the other record's problem must be solved, so the message must not advise to change the value."""
    chain = [change("a", "w", "x"), change("b", "x", "y"), create("c", "w")]
    refused = found(chain, x="b", y="77", w="a")
    messages = [refused[number][0].message for number in range(3)]
    assert messages[1] == "record 77 has the same ref, but in HubSpot this value must be unique"
    for number, holder in ((0, "b"), (2, "a")):
        assert messages[number].startswith(f"record {holder} has the same ref")
        assert messages[number].endswith(
            "; the manifests change the value of that record, but the record has a problem, so it is not "
            "written"
        )
        assert refused[number][0].advice == "solve the problem of that record first"


def test_a_record_does_not_get_the_address_of_one_whose_new_address_is_refused() -> None:
    leaves = replace(change("b", "y", "x", 20), moved_from=key("a"))
    follows = replace(change("a", None, "w", 30), moved_from=key("d"))
    changes = [create("d", "z", 10), follows, leaves, create("c", "v")]

    refused = found(changes, x="77")

    assert refused.keys() == {0, 1, 2}
    (problem,) = refused[1]
    assert problem.message == (
        "the state has record b under this key, and the line that names that record by another key has a "
        "problem"
    )
    assert (problem.address, str(problem.source)) == ("companies/a", "c.yaml:30:5")
    assert problem.advice == "solve the problem of that record first"
    assert refused[0][0].message.startswith("the state has record a under this key")
    assert found(changes) == {}


@pytest.mark.parametrize(
    ("use", "message", "advice"),
    [
        (KeyUse.ABSENT, "according to d.yaml:4:3, no record may have this ref", "keep one of the two lines"),
        (
            KeyUse.GONE,
            "the line at d.yaml:4:3 names another record, which is gone, by this ref",
            "keep one of the two lines",
        ),
        (
            KeyUse.FORMER,
            "the line at d.yaml:4:3 has this ref as a former key (`$renamed_from`)",
            "remove `$renamed_from` once the record has its new key, or correct one of the two",
        ),
    ],
)
@pytest.mark.parametrize("holder", [None, "77"])
def test_the_free_key_of_a_line_is_for_no_other_record(
    use: KeyUse, message: str, advice: str, holder: str | None
) -> None:
    lines = {value_of(SCHEMA, "ref", "x"): KeyLine(key("d"), SourceRef("d.yaml", 4, 3), use)}
    holders = {value_of(SCHEMA, "ref", "x"): RecordId(holder)} if holder else {}
    changes = [change("a", None, "x"), change("b", None, "y")]

    ((number, (problem,)),) = contradictions(changes, OBJECTS, holders, lines=lines).items()

    assert (number, problem.message, problem.advice) == (0, message, advice)
    assert contradictions([change("d", None, "x")], OBJECTS, {}, lines=lines) == {}  # its own line


def test_an_archive_comes_too_late_to_free_a_value() -> None:
    ((number, (problem,)),) = found([create("a", "x"), archive("b")], x="b").items()
    assert number == 0
    assert "this plan archives that record, but only after this write" in problem.message
    assert problem.advice == "archive it first: apply with --target for that record alone"


def test_a_run_that_handed_a_value_to_its_own_record_is_rolled_back_in_two_steps() -> None:
    made = replace(archive("b"), reason=Reason.ROLLED_BACK)
    ((_, (problem,)),) = found([change("a", None, "x"), made], x="b").items()
    assert problem.advice == "archive it first: roll back with --target for that record alone"


def test_a_value_that_a_record_outside_the_plan_gives_up_is_told_with_the_way_to_it() -> None:
    held = value_of(SCHEMA, "ref", "x")
    left_behind = {held: Giver("companies/b", "--target companies/b takes it along")}
    changes = [change("a", None, "x")]
    ((problem,),) = contradictions(changes, OBJECTS, {held: RecordId("b")}, left_behind).values()
    assert problem.message == (
        "record b has the same ref, but in HubSpot this value must be unique; the manifests "
        "change the value of "
        "that record, but the record is not part of this plan"
    )
    assert (problem.advice, problem.needs) == ("--target companies/b takes it along", "companies/b")


def test_values_are_asked_for_but_not_the_key_that_was_asked_for_already() -> None:
    renamed = change("a", "old", "a", of="external_id")
    renamed = replace(renamed, moved_from=replace(renamed.record, value="old"))
    changes = create("c", "y"), change("b", "x", None), change("d", "5", "7", of="number"), renamed
    assert asked(*changes) == {"number": ["7"], "ref": ["y"]}


def test_a_contact_has_one_address_whatever_it_is_named_by() -> None:
    contacts = replace(
        SCHEMA,
        name="contacts",
        default_key="email",
        properties={"email": definition("email", Kind.EMAIL), "ref": definition("ref", is_unique=True)},
    )
    by_ref = RecordAddress("contacts", "ref", "1")
    writes = replace(change("a", None, "Ada@x.example", of="email"), address=by_ref)
    objects = {"contacts": contacts}
    ((schema, name, texts),) = questions([writes], objects)
    assert (schema, name, list(texts)) == (contacts, "email", ["Ada@x.example"])
    holders = {value_of(contacts, "email", "ada@x.example"): RecordId("77")}
    assert contradictions([writes], objects, holders).keys() == {0}


names = st.sampled_from("abcdef")
refs = st.sampled_from("uvwxyz")


@given(
    held=st.dictionaries(names, refs).filter(lambda held: len(set(held.values())) == len(held)),
    wanted=st.dictionaries(names, st.none() | refs),
)
def test_in_turns_and_without_what_is_refused_no_value_is_ever_on_two_records(
    held: Mapping[str, str], wanted: Mapping[str, str | None]
) -> None:
    """Within a turn, the order is undefined: every value that is written must be free before the turn."""
    changes: list[Change] = [
        change(name, held[name], after) if name in held else create(name, after)
        for name, after in wanted.items()
        if held.get(name) != after
    ]
    holders = {value_of(SCHEMA, "ref", text): RecordId(name) for name, text in held.items()}
    refused = contradictions(changes, OBJECTS, holders)
    kept = [entry for number, entry in enumerate(changes) if number not in refused]
    now = dict(held)
    waiting = turns_of(kept, OBJECTS)
    for turn in range(len(kept) + 1):
        writes = {
            entry.record.value: wanted[entry.record.value]
            for number, entry in enumerate(kept)
            if waiting.get(number, 0) == turn
        }
        taken = [ref for ref in writes.values() if ref]
        assert len(set(taken)) == len(taken)
        assert set(taken).isdisjoint(now.values())
        now = {name: ref for name, ref in (now | writes).items() if ref}
    for number in refused:  # nothing is refused without need
        alone = {name: ref for name, ref in held.items() if name != changes[number].record.value}
        others = [wanted[entry.record.value] for entry in changes if entry is not changes[number]]
        ref = wanted[changes[number].record.value]
        assert ref in alone.values() or ref in others


def test_a_million_values_would_take_less_than_fifty_megabytes() -> None:
    count = 20_000
    tracemalloc.start()
    try:
        changes = ManyChanges(count, lambda number: create(f"c{number}", f"ref-{number % (count - 1)}"))
        refused = contradictions(changes, OBJECTS, {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.keys() == {count - 1}  # the one value that is there twice
    assert peak * (1_000_000 / count) < 50_000_000
