"""A plan file gives the same plan again, and an altered file is refused in one sentence."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanRefused, Problem, Refusal, UsageError
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.calls import Call, Route
from reconciler.model.desired import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin, StateVersion
from reconciler.plan.change import Adopt, Create, Reason, Update, ValueChange
from reconciler.plan.file.encode import Digests
from reconciler.plan.file.format import (
    FORMAT_VERSION,
    digests_of,
    masked_plan_to_text,
    plan_from_text,
    plan_to_text,
)
from reconciler.plan.plan import Guard, GuardBase, GuardRefusal, Held, Plan
from reconciler.sentences import Sentence, Value, sentence
from tests.support.plans import at, plan_of, plans

ACME = RecordKey("companies", "external_id", "acme")
CREATE = Create(
    key=ACME,
    values=(ValueChange("name", None, "Acme GmbH", Reason.MISSING, at(5)),),
    reason=Reason.MISSING,
    route=Route(Call.UPSERT, "external_id"),
    source=at(4),
)
UPDATE = Update(
    key=RecordKey("companies", "external_id", "müller"),
    record_id=RecordId("9001"),
    values=(ValueChange("phone", "+49 30 1", None, Reason.CHANGED),),
    in_step=(ValueChange("name", "Müller", "Müller", Reason.IN_STEP, at(8)),),
    reason=Reason.CHANGED,
    route=Route(Call.UPDATE, None),
    source=at(7),
    origin=Origin.CREATED,
    rests_on=(ValueChange("external_id", "müller", "müller", Reason.IN_STEP),),
)
ADOPT = Adopt(
    key=RecordKey("companies", "external_id", "globex"),
    record_id=RecordId("9002"),
    in_step=(),
    reason=Reason.ADOPT,
    source=at(12),
    origin=Origin.ADOPTED,
)
FACTS = (
    Fact(FactKind.MERGED, RecordId("1"), RecordId("2"), RecordKey("companies", "external_id", "acme-2")),
    Fact(FactKind.CHANGED_SINCE, names=("name", "phone"), value="v", word="w", count=0),
)
HELD = Held(ACME, "phone", Reason.DRIFT, "1", "2", at(6), FACTS)
PLAN = plan_of(CREATE, UPDATE, ADOPT, held=(HELD,), problems=(Problem("wrong", "do this", at(3)),))

Edit = Callable[[Any], object]


def edited(edit: Edit, plan: Plan = PLAN) -> str:
    """The file of ``plan`` after somebody edited it."""
    document = json.loads(plan_to_text(plan))
    edit(document)
    return json.dumps(document)


def put(value: object, *path: str | int) -> Edit:
    """An edit that sets what is at ``path``."""

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
def test_the_file_is_json_whose_entries_take_one_line_each(plan: Plan) -> None:
    text = plan_to_text(plan)

    lines = [line for line in text.split("\n") if line.startswith('    {"action"')]
    assert [json.loads(line.removesuffix(",")) for line in lines] == json.loads(text)["changes"]
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False] * bool(lines)
    assert all(
        list(change) == sorted(change) for change in map(json.loads, (line.rstrip(",") for line in lines))
    )
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert text.endswith("}\n")


def test_the_file_holds_what_a_reader_looks_for() -> None:
    document = json.loads(plan_to_text(PLAN))

    assert document["format_version"] == "1.1"
    assert document["portal"] == {"api_version": "2026-03", "id": 7654321, "type": "STANDARD"}
    assert document["state"] == {"kept": True, "lineage": "5f6b1c9e", "serial": 41}
    assert document["summary"] | {"create": 1, "update": 1, "adopt": 1, "held": 1} == document["summary"]
    assert document["appliable"] is False
    assert Digests(document["digest"], document["content"]) == digests_of(PLAN)
    assert document["changes"][1] == {
        "action": "update",
        "address": "companies/müller",
        "in_step": {
            "name": {
                "after": "Müller",
                "before": "Müller",
                "reason": "in step",
                "source": {"column": 7, "file": "companies.yaml", "line": 8},
            }
        },
        "key": {"property": "external_id", "value": "müller"},
        "object": "companies",
        "origin": "created",
        "properties": {"phone": {"after": None, "before": "+49 30 1", "reason": "changed"}},
        "protected": False,
        "reason": "changed",
        "record_id": "9001",
        "moved_from": None,
        "replaces": None,
        "rests_on": {"external_id": "müller"},
        "source": {"column": 7, "file": "companies.yaml", "line": 7},
        "write": {"call": "batch/update", "id_property": None},
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
    "origin": replace(PLAN, changes=(CREATE, replace(UPDATE, origin=Origin.ADOPTED), ADOPT)),
    "a guard that refuses it": replace(PLAN, refusals=(REFUSAL,)),
    "another guard that refuses it": replace(PLAN, refusals=(replace(REFUSAL, count=3),)),
    "a problem": replace(PLAN, problems=(Problem("no such thing"),)),
    "what guards take shares of": replace(PLAN, bases=(GuardBase("companies", named=100_000),)),
    "whose values are masked": replace(PLAN, personal=(("companies", "phone"),)),
    "key": replace(PLAN, changes=(replace(CREATE, key=replace(ACME, value="acme2")), UPDATE, ADOPT)),
    "record id": replace(PLAN, changes=(CREATE, replace(UPDATE, record_id=RecordId("1")), ADOPT)),
    "call": replace(PLAN, changes=(replace(CREATE, route=Route(Call.CREATE, "external_id")), UPDATE, ADOPT)),
    "protection": replace(PLAN, changes=(replace(CREATE, is_protected=True), UPDATE, ADOPT)),
    "old key": replace(
        PLAN, changes=(CREATE, replace(UPDATE, moved_from=replace(UPDATE.key, value="old")), ADOPT)
    ),
    "what it rests on": replace(PLAN, changes=(CREATE, replace(UPDATE, rests_on=()), ADOPT)),
    "what is taken back": replace(PLAN, undoes="20261122T164500Z-0001"),
    "pruning": replace(PLAN, prune_rules=(PruneRule("companies", "external_id", Prune.ALL),)),
    "order": replace(PLAN, changes=(UPDATE, CREATE, ADOPT)),
    "fewer changes": replace(PLAN, changes=(CREATE, UPDATE)),
    "value in step": replace(PLAN, changes=(CREATE, replace(UPDATE, in_step=()), ADOPT)),
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
"""What two runs that plan the same hardly ever have in common."""


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


def digests_by_the_book(document: Any) -> Digests:
    """The digests as anybody can compute them from the file: a line for the head, a line for each change."""
    shown = {
        (of["object"], name)
        for change in document["changes"]
        for of in [change, *([change["association"]] if "association" in change else [])]
        for name in (
            of["key"]["property"],
            *(name for part in ("properties", "in_step", "rests_on") for name in of.get(part, ())),
        )
    }
    head = {
        "allowances": document["allowances"],
        "appliable": document["appliable"],
        "base": document["base"],
        "environment": document["environment"],
        "format_version": document["format_version"],
        "personal": [
            [pair["object"], pair["property"]]
            for pair in document["personal"]
            if (pair["object"], pair["property"]) in shown
        ],
        "portal": document["portal"]["id"],
        "problems": [
            [problem["address"], problem["message"]]
            for problem in document["problems"]
            if problem["severity"] == "error"
        ],
        "prune": document["prune"],
        "refusals": [
            [refusal["guard"], refusal["count"], refusal["message"]] for refusal in document["refusals"]
        ],
        "undoes": document["undoes"],
    } | {name: document["portal"][name] for name in ("host",) if name in document["portal"]}
    lines = [head] + [
        {
            name: change[name]
            for name in (
                "action",
                "address",
                "origin",
                "protected",
                "record_id",
                "moved_from",
                "replaces",
                "rests_on",
                "write",
            )
        }
        | {
            part: {name: [value["before"], value["after"]] for name, value in change[part].items()}
            for part in ("properties", "in_step")
        }
        | ({"association": change["association"]} if "association" in change else {})
        for change in document["changes"]
    ]
    content = hash_of(lines)
    made_against = {
        "commit": document["manifests"]["git"],
        "content": content,
        "lineage": document["state"]["lineage"],
        "serial": document["state"]["serial"],
    }
    return Digests(hash_of([made_against]), content)


def hash_of(lines: list[Any]) -> str:
    text = "\n".join(json.dumps(line, sort_keys=True, separators=(",", ":")) for line in lines)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@given(plans)
def test_the_digest_can_be_computed_from_the_file(plan: Plan) -> None:
    assert digests_of(plan) == digests_by_the_book(json.loads(plan_to_text(plan)))


@pytest.mark.parametrize(
    "edit",
    [
        put("+49 30 2", "changes", 1, "properties", "phone", "after"),
        put("9002", "changes", 1, "record_id"),
        put("batch/create", "changes", 0, "write", "call"),
        put("sandbox", "environment"),
        put("sha256:0", "digest"),
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
        (
            put("batch/upsrt", "changes", 0, "write", "call"),
            r'changes\[0\]\.write\.call: "batch/upsrt" is none',
        ),
        (put(7, "changes", 1, "record_id"), r"changes\[1\]\.record_id: text is expected, not this number"),
        (put({}, "changes", 1, "write"), r"changes\[1\]\.write\.call: is missing"),
        (put("delete", "changes", 2, "action"), r'changes\[2\]\.action: "delete" is none of create, update'),
        (put("companies/x", "changes", 2, "address"), r"changes\[2\]\.address: does not belong"),
        (put(None, "changes", 0, "properties", "name"), r"changes\[0\]\.properties\.name: an object is"),
        (put(None, "changes", 0, "properties", "\x1b[2J"), r'properties\["\\u001b\[2J"\]: an object is'),
        (put(True, "portal", "id"), "portal.id: a count is expected, not true"),
        (put("2026-11-22T09:30:00", "created_at"), "created_at: a time with its offset"),
        (put("0001-01-01T00:00:00+23:00", "created_at"), "created_at: a time with its offset"),
        (put(10**400, "budget", "seconds"), "budget.seconds: a number of seconds"),
        (put({}, "held"), "held: a list is expected, not an object"),
        (put(None, "digest"), "digest: text is expected, not null"),
    ],
)
def test_a_wrong_shape_is_named_with_its_place(edit: Edit, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_from_text(edited(edit))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", r"not JSON \(line 1, column 2"),
        ("[]", "an object is expected, not a list"),
        ("{}", "it has no format_version\n"),
        ('{"format_version": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1" * 10_000, "not JSON"),
        ('{"format_version": "one"}', "not a version"),
        ('{"format_version": "\\ud800"}', "not Unicode"),
        ('{"\ud800": 1}', "not Unicode"),
    ],
)
def test_other_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_from_text(text)


@pytest.mark.parametrize("version", ["2.0", "1.0", "0.9", "2.1"])
def test_other_versions_are_refused_with_advice(version: str) -> None:
    sentence = rf"format {version}, and this version reads 1\.x from 1\.1 on\n.*plan again"
    with pytest.raises(UsageError, match=sentence):
        plan_from_text(edited(put(version, "format_version")))


def test_keys_of_a_newer_minor_version_are_ignored() -> None:
    def edit(document: Any) -> None:
        document["weather"] = "fine"
        document["changes"][0]["mood"] = {"today": "good"}

    assert plan_from_text(edited(edit)) == PLAN


def test_a_newer_minor_version_is_read_by_its_own_digest() -> None:
    def edit(document: Any) -> None:
        document["format_version"] = "1.7"
        document["digest"], document["content"] = digests_by_the_book(document)

    assert plan_from_text(edited(edit)) == PLAN


def test_a_masked_plan_is_never_applied() -> None:
    text = masked_plan_to_text(PLAN, digests_of(PLAN))

    assert json.loads(text) == json.loads(plan_to_text(PLAN)) | {"masked": True}
    with pytest.raises(UsageError, match=r"masked(.|\n)*plan --out FILE"):
        plan_from_text(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=5), below, max_size=2),
    max_leaves=5,
)


@given(st.data(), json_values)
def test_any_change_of_the_file_gives_a_plan_or_one_clear_error(data: st.DataObject, value: object) -> None:
    document = json.loads(plan_to_text(PLAN))
    found = document
    while True:
        step = data.draw(st.sampled_from(list(found) if isinstance(found, dict) else range(len(found))))
        below = found[step]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            break
        found = below
    found[step] = value

    with suppress(UsageError, PlanRefused):
        assert isinstance(plan_from_text(json.dumps(document)), Plan)


@given(st.integers(0, len(plan_to_text(PLAN)) - 1), st.text(max_size=3))
def test_text_damaged_anywhere_never_gives_another_order(place: int, junk: str) -> None:
    text = plan_to_text(PLAN)

    with suppress(UsageError, PlanRefused):
        assert digests_of(plan_from_text(text[:place] + junk + text[place + 1 :])) == digests_of(PLAN)


def test_the_version_of_the_format_is_what_the_documentation_says() -> None:
    assert FORMAT_VERSION == "1.1"


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
    problem = Problem(sentence("no {key}", key=ACME.told_value), None, at(3))
    document = json.loads(plan_to_text(plan_of(problems=(problem,))))
    assert document["problems"][0]["parts"]["message"][1]["value"] == "acme"
    document["problems"][0]["parts"] = parts

    with pytest.raises(UsageError, match=r"problems\[0\]\.parts\.message"):
        plan_from_text(json.dumps(document))
