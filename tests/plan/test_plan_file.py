"""A plan file gives the same plan again, and an altered file is refused in one sentence."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanRefused, Problem, Refusal, UsageError
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin, StateVersion
from reconciler.plan.change import Owned, Reason, Remote, ValueChange
from reconciler.plan.file.encode import Digests
from reconciler.plan.file.format import FORMAT_VERSION, digests_of, plan_as_document
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import Guard, GuardBase, GuardRefusal, Held, Plan
from reconciler.plan.records.changes import create_record, update_record
from reconciler.project.plan_files import read_plan
from reconciler.sentences import Sentence, Value, sentence
from tests.support.plan_files import file_of, parts_of, plan_from_text, plan_to_text
from tests.support.plans import at, plan_of, plans

ACME = RecordAddress("companies", "external_id", "acme")
CREATE = create_record(
    ACME,
    (ValueChange("name", None, "Acme GmbH", Reason.MISSING, at(5)),),
    Reason.MISSING,
    Operation(Call.UPSERT, "external_id"),
    at(4),
)
UPDATE = update_record(
    RecordAddress("companies", "external_id", "müller"),
    RecordId("9001"),
    (ValueChange("phone", "+49 30 1", None, Reason.CHANGED),),
    Reason.CHANGED,
    operation=Operation(Call.UPDATE, None),
    source=at(7),
    owned=Owned(Origin.CREATED),
    remembered=(ValueChange("name", "Müller", "Müller", Reason.IN_STEP, at(8)),),
    rests_on=(ValueChange("external_id", "müller", "müller", Reason.IN_STEP),),
)
ADOPT = adopt_thing(
    RecordAddress("companies", "external_id", "globex"),
    RecordId("9002"),
    Reason.ADOPT,
    at(12),
    Owned(Origin.ADOPTED),
)
FACTS = (
    Fact(FactKind.MERGED, RecordId("1"), RecordId("2"), RecordAddress("companies", "external_id", "acme-2")),
    Fact(FactKind.CHANGED_SINCE, names=("name", "phone"), value="v", word="w", count=0),
)
HELD = Held(ACME, "phone", Reason.DRIFT, "1", "2", at(6), FACTS)
PLAN = plan_of(CREATE, UPDATE, ADOPT, held=(HELD,), problems=(Problem("wrong", "do this", at(3)),))

Edit = Callable[[Any], object]


def edited(edit: Edit, plan: Plan = PLAN) -> str:
    """Return the text of the file of ``plan`` after ``edit``."""
    parts = parts_of(plan_to_text(plan))
    edit(parts)
    return file_of(parts)


def put(value: object, *path: str | int) -> Edit:
    """Return an edit that sets the value at ``path``."""

    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return edit


@given(plans)
def test_a_plan_that_was_written_reads_back_equal(plan: Plan) -> None:
    text = plan_to_text(plan)

    assert plan_from_text(text) == plan
    assert plan_to_text(plan_from_text(text)) == text


@given(plans)
def test_every_line_is_json_with_sorted_keys(plan: Plan) -> None:
    text = plan_to_text(plan)

    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert all(list(line) == sorted(line) for line in lines)
    assert len(lines) == 1 + len(plan.changes) + len(plan.held) + 1
    assert text.endswith("}\n")


def test_the_file_holds_what_a_reader_looks_for() -> None:
    parts = parts_of(plan_to_text(PLAN))
    header = parts["header"]

    assert header["format_version"] == "2.0"
    assert header["portal"] == {"api_version": "2026-03", "id": 7654321, "type": "STANDARD"}
    assert header["state"] == {"kept": True, "lineage": "5f6b1c9e", "serial": 41}
    assert header["summary"] | {"create": 1, "update": 1, "adopt": 1, "held": 1} == header["summary"]
    assert header["appliable"] is False
    digests = digests_of(PLAN)
    assert parts["end"] == {"changes": 3, "content": digests.content, "digest": digests.digest, "held": 1}
    assert parts["changes"][1] == {
        "do": {
            "action": "update",
            "address": {"object": "companies", "property": "external_id", "value": "müller"},
            "kind": "record",
            "operation": {"call": "batch/update"},
            "owned": {"origin": "created"},
            "remembered": {"name": ["Müller", "Müller"]},
            "remote": {"id": "9001"},
            "rests_on": {"external_id": "müller"},
            "values": {"phone": ["+49 30 1", None]},
        },
        "why": {
            "address": "companies/müller",
            "reason": "changed",
            "remembered": {
                "name": {
                    "reason": "in step",
                    "source": {"column": 7, "file": "companies.yaml", "line": 8},
                }
            },
            "source": {"column": 7, "file": "companies.yaml", "line": 7},
            "values": {"phone": {"reason": "changed"}},
        },
    }


REFUSAL = GuardRefusal(Guard.ARCHIVE, 2, "2 of 3 companies would be archived (67 %, limit 10 %)", (ACME,))

SAME_DIGEST: dict[str, Plan] = {
    "reasons": replace(PLAN, changes=(replace(CREATE, reason=Reason.GONE), UPDATE, ADOPT)),
    "places": replace(PLAN, changes=(replace(CREATE, source=at(99)), UPDATE, ADOPT)),
    "time": replace(PLAN, created_at=datetime(2027, 1, 1, tzinfo=UTC)),
    "costs": replace(PLAN, budget=replace(PLAN.budget, read_calls=77)),
    "version of the tool": replace(PLAN, tool_version="9.9"),
    "held differences": replace(PLAN, held=()),
}
OTHER_DIGEST: dict[str, Plan] = {
    "environment": replace(PLAN, environment="sandbox"),
    "portal": replace(PLAN, portal_id=1),
    "origin": replace(PLAN, changes=(CREATE, replace(UPDATE, owned=Owned(Origin.ADOPTED)), ADOPT)),
    "a guard that refuses it": replace(PLAN, refusals=(REFUSAL,)),
    "another guard that refuses it": replace(PLAN, refusals=(replace(REFUSAL, count=3),)),
    "a problem": replace(PLAN, problems=(Problem("no such thing"),)),
    "what guards take shares of": replace(PLAN, bases=(GuardBase("companies", named=100_000),)),
    "whose values are masked": replace(PLAN, masked_properties=(ObjectProperty("companies", "phone"),)),
    "key": replace(PLAN, changes=(replace(CREATE, address=replace(ACME, value="acme2")), UPDATE, ADOPT)),
    "record id": replace(PLAN, changes=(CREATE, replace(UPDATE, remote=Remote(RecordId("1"))), ADOPT)),
    "call": replace(
        PLAN, changes=(replace(CREATE, operation=Operation(Call.CREATE, "external_id")), UPDATE, ADOPT)
    ),
    "protection": replace(
        PLAN, changes=(replace(CREATE, owned=Owned(Origin.CREATED, is_protected=True)), UPDATE, ADOPT)
    ),
    "old key": replace(
        PLAN, changes=(CREATE, replace(UPDATE, moved_from=replace(UPDATE.record, value="old")), ADOPT)
    ),
    "what it depends on": replace(PLAN, changes=(CREATE, replace(UPDATE, rests_on=()), ADOPT)),
    "what is taken back": replace(PLAN, rolls_back="20261122T164500Z-0001"),
    "pruning": replace(PLAN, prune_rules=(PruneRule("companies", "external_id", Prune.ALL),)),
    "order": replace(PLAN, changes=(UPDATE, CREATE, ADOPT)),
    "fewer changes": replace(PLAN, changes=(CREATE, UPDATE)),
    "value in step": replace(PLAN, changes=(CREATE, replace(UPDATE, remembered=()), ADOPT)),
    "value written": replace(
        PLAN,
        changes=(CREATE, replace(UPDATE, values=(replace(UPDATE.values[0], after=""),)), ADOPT),
    ),
    "value before": replace(
        PLAN,
        changes=(CREATE, replace(UPDATE, values=(replace(UPDATE.values[0], before=None),)), ADOPT),
    ),
}


SAME_CONTENT: dict[str, Plan] = {
    "lineage": replace(PLAN, state=StateVersion("other", 41)),
    "no lineage": replace(PLAN, state=StateVersion(None, 41)),
    "serial": replace(PLAN, state=replace(PLAN.state, serial=42)),
    "commit": replace(PLAN, manifests=replace(PLAN.manifests, git="77d0aa51c3ee")),
}
"""Plans with the same changes, but with different facts about when and how they were made."""


@pytest.mark.parametrize("plan", SAME_DIGEST.values(), ids=SAME_DIGEST.keys())
def test_the_digest_does_not_depend_on(plan: Plan) -> None:
    assert plan != PLAN
    assert digests_of(plan) == digests_of(PLAN)


@pytest.mark.parametrize("plan", OTHER_DIGEST.values(), ids=OTHER_DIGEST.keys())
def test_digest_and_content_depend_on(plan: Plan) -> None:
    assert digests_of(plan).digest != digests_of(PLAN).digest
    assert digests_of(plan).content != digests_of(PLAN).content


@pytest.mark.parametrize("plan", SAME_CONTENT.values(), ids=SAME_CONTENT.keys())
def test_the_digest_depends_on_what_the_content_does_not(plan: Plan) -> None:
    assert digests_of(plan).digest != digests_of(PLAN).digest
    assert digests_of(plan).content == digests_of(PLAN).content


def digests_by_the_book(text: str) -> Digests:
    """Compute the digests only as documented: from the bytes of each ``do``, and from the header."""
    lines = text.split("\n")
    header = json.loads(lines[0])
    changes = hashlib.sha256()
    for line in lines:
        if line.startswith('{"do":'):
            _, end = json.JSONDecoder().raw_decode(line, 6)
            changes.update(f"{line[6:end]}\n".encode())
    names = (
        "allowances",
        "appliable",
        "base",
        "environment",
        "format_version",
        "prune_rules",
        "rolls_back",
        "stages",
    )
    digested = {name: header[name] for name in names} | {
        "host": header["portal"].get("host"),
        "masked_properties": [each for each in header["masked_properties"] if each["written"]],
        "portal": header["portal"]["id"],
        "problems": [
            [problem["address"], problem["message"]]
            for problem in header["problems"]
            if problem["severity"] == "error"
        ],
        "refusals": [[each["guard"], each["count"], each["message"]] for each in header["refusals"]],
    }
    content = hash_of({"changes": changes.hexdigest(), "header": digested})
    made_against = {
        "commit": header["manifests"]["git"],
        "content": content,
        "lineage": header["state"]["lineage"],
        "serial": header["state"]["serial"],
    }
    return Digests(hash_of(made_against), content)


def hash_of(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@given(plans)
def test_the_digest_can_be_computed_from_the_file(plan: Plan) -> None:
    assert digests_of(plan) == digests_by_the_book(plan_to_text(plan))


@pytest.mark.parametrize(
    "edit",
    [
        put(["+49 30 1", "+49 30 2"], "changes", 1, "do", "values", "phone"),
        put({"id": "9002"}, "changes", 1, "do", "remote"),
        put("batch/create", "changes", 0, "do", "operation", "call"),
        put("sandbox", "header", "environment"),
        put("sha256:0", "end", "digest"),
        put("sha256:0", "end", "content"),
        put([], "changes"),
    ],
)
def test_a_plan_that_somebody_edited_is_refused(edit: Edit) -> None:
    with pytest.raises(PlanRefused, match="altered") as caught:
        plan_from_text(edited(edit))

    assert caught.value.refusal is Refusal.ALTERED


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (put(True, "header", "portal", "id"), "portal.id: a count is expected, not true"),
        (put("2026-11-22T09:30:00", "header", "created_at"), "created_at: a time with its offset"),
        (put("0001-01-01T00:00:00+23:00", "header", "created_at"), "created_at: a time with its offset"),
        (put(2.5, "header", "state", "serial"), "state.serial: a count is expected"),
        (put(-1, "header", "budget", "seconds"), "budget.seconds: a number of seconds"),
        (put({}, "header", "problems"), "problems: a list is expected, not an object"),
        (put([{}], "header", "masked_properties"), r"masked_properties\[0\]\.written: is missing"),
    ],
)
def test_a_wrong_shape_of_the_header_is_named_with_its_place(edit: Edit, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_from_text(edited(edit))


def signed(edit: Edit) -> str:
    """Return the text of the file after ``edit``, with matching digests."""
    text = edited(edit)
    parts = parts_of(text)
    parts["end"]["digest"], parts["end"]["content"] = digests_by_the_book(text)
    return file_of(parts)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            put("batch/upsrt", "changes", 0, "do", "operation", "call"),
            r'line 2: .*"batch/upsrt" is none',
        ),
        (put({"id": 7}, "changes", 1, "do", "remote"), "line 3: .*text is expected, not this number"),
        (put({}, "changes", 1, "do", "operation"), "line 3: .*call: is missing"),
        (put("delete", "changes", 2, "do", "action"), 'line 4: .*action: "delete" is none of create, update'),
        (put(None, "changes", 0, "do", "values", "name"), "line 2: .*name: "),
        (put(None, "changes", 0, "do", "values"), "line 2: .*values: an object is expected, not null"),
    ],
)
def test_a_wrong_shape_of_a_change_is_named_with_its_line(edit: Edit, message: str) -> None:
    plan = plan_from_text(signed(edit))

    with pytest.raises(UsageError, match=message):
        tuple(plan.changes)


def test_a_wrong_shape_of_what_is_held_is_named() -> None:
    plan = plan_from_text(edited(put(7, "held", 0, "property")))

    with pytest.raises(UsageError, match=r"held\[0\]\.property: text is expected, not this number"):
        tuple(plan.held)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{}", "it has no format_version\n"),
        ('{"format_version": NaN}', "not JSON"),
        ('{"format_version": "one"}', "not a version"),
        ('{"format_version": "\\ud800"}', "not JSON"),
    ],
)
def test_what_is_no_header_is_refused(header: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_from_text(header + "\n")


@pytest.mark.parametrize("version", ["3.0", "1.1", "0.9"])
def test_other_versions_are_refused_with_advice(version: str) -> None:
    sentence = rf"format {version}, but .* reads only formats 2\.0 to 2\.x\n.*plan again"
    with pytest.raises(UsageError, match=sentence):
        plan_from_text(edited(put(version, "header", "format_version")))


def test_keys_of_a_newer_minor_version_are_ignored() -> None:
    def edit(parts: Any) -> None:
        parts["header"]["weather"] = "fine"
        parts["changes"][0]["mood"] = {"today": "good"}
        parts["changes"][0]["why"]["mood"] = {"today": "good"}
        parts["end"]["lines"] = 6

    assert plan_from_text(edited(edit)) == PLAN


def test_a_newer_minor_version_is_read_by_its_own_digest() -> None:
    def edit(parts: Any) -> None:
        parts["header"]["format_version"] = "2.7"
        parts["changes"][0]["do"]["mood"] = "good"

    assert plan_from_text(signed(edit)) == PLAN


def test_a_masked_plan_is_one_document_that_is_never_applied() -> None:
    text = plan_as_document(PLAN, digests_of(PLAN))

    parts = parts_of(plan_to_text(PLAN))
    digests = {name: parts["end"][name] for name in ("digest", "content")}
    lists = {name: parts[name] for name in ("changes", "held")}
    assert json.loads(text) == parts["header"] | lists | digests | {"masked": True}
    for spelled in (text, json.dumps(json.loads(text))):
        with pytest.raises(UsageError, match=r"masked(.|\n)*plan --out FILE"):
            plan_from_text(spelled)


def test_changes_are_read_from_the_lines_that_were_digested(tmp_path: Path) -> None:
    """If the file changes after it was read, the changes that were read are applied."""
    path = tmp_path / "plan.json"
    path.write_text(plan_to_text(PLAN))
    plan = read_plan(path)
    path.write_text(edited(put("sandbox", "header", "environment")))

    assert plan == PLAN


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=5), below, max_size=2),
    max_leaves=5,
)


@given(st.data(), json_values)
def test_any_change_of_the_file_gives_a_plan_or_one_clear_error(data: st.DataObject, value: object) -> None:
    parts = parts_of(plan_to_text(PLAN))
    found: Any = parts
    while True:
        step = data.draw(st.sampled_from(list(found) if isinstance(found, dict) else range(len(found))))
        below = found[step]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            break
        found = below
    found[step] = value

    with suppress(UsageError, PlanRefused, TypeError):  # TypeError: a list was replaced
        text = file_of(parts)
        plan = plan_from_text(text)
        assert (tuple(plan.changes), tuple(plan.held)) is not None


@given(st.integers(0, len(plan_to_text(PLAN)) - 1), st.text(max_size=3))
def test_text_damaged_anywhere_never_gives_another_order(place: int, junk: str) -> None:
    text = plan_to_text(PLAN)

    with suppress(UsageError, PlanRefused):
        assert digests_of(plan_from_text(text[:place] + junk + text[place + 1 :])) == digests_of(PLAN)


def test_the_version_of_the_format_is_what_the_documentation_says() -> None:
    assert FORMAT_VERSION == "2.0"


@given(plans)
def test_problems_keep_their_values_apart_in_a_file(plan: Plan) -> None:
    read = plan_from_text(plan_to_text(plan))

    for problem, was in zip(read.problems, plan.problems, strict=True):
        for text, before in ((problem.message, was.message), (problem.advice, was.advice)):
            assert values_in(text) == values_in(before)


def values_in(text: str | None) -> list[Value]:
    parts = text.parts if isinstance(text, Sentence) else ()
    return [part for part in parts if isinstance(part, Value)]


@pytest.mark.parametrize(
    "parts",
    [{"message": ["something else"]}, {"message": []}, {"message": [{"value": "Acme"}]}, {"message": 3}],
)
def test_a_problem_whose_parts_say_something_else_is_refused(parts: dict[str, Any]) -> None:
    problem = Problem(sentence("no {key}", key=ACME.as_value), None, at(3))
    found = parts_of(plan_to_text(plan_of(problems=(problem,))))
    assert found["header"]["problems"][0]["parts"]["message"][1]["value"] == "acme"
    found["header"]["problems"][0]["parts"] = parts

    with pytest.raises(UsageError, match=r"problems\[0\]\.parts\.message"):
        plan_from_text(file_of(found))
