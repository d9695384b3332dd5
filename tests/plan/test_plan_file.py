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
from reconciler.model.calls import Call, Operation
from reconciler.model.desired import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin, StateVersion
from reconciler.plan.change import Owned, Reason, Remote, ValueChange
from reconciler.plan.file.encode import Digests
from reconciler.plan.file.format import (
    FORMAT_VERSION,
    digests_of,
    masked_plan_to_text,
    plan_from_text,
    plan_to_text,
)
from reconciler.plan.plan import Guard, GuardBase, GuardRefusal, Held, Plan
from reconciler.plan.records.changes import adopt_record, create_record, update_record
from reconciler.sentences import Sentence, Value, sentence
from tests.support.plans import at, plan_of, plans

ACME = RecordKey("companies", "external_id", "acme")
CREATE = create_record(
    ACME,
    (ValueChange("name", None, "Acme GmbH", Reason.MISSING, at(5)),),
    Reason.MISSING,
    Operation(Call.UPSERT, "external_id"),
    at(4),
)
UPDATE = update_record(
    RecordKey("companies", "external_id", "müller"),
    RecordId("9001"),
    (ValueChange("phone", "+49 30 1", None, Reason.CHANGED),),
    Reason.CHANGED,
    operation=Operation(Call.UPDATE, None),
    source=at(7),
    owned=Owned(Origin.CREATED),
    remembered=(ValueChange("name", "Müller", "Müller", Reason.IN_STEP, at(8)),),
    rests_on=(ValueChange("external_id", "müller", "müller", Reason.IN_STEP),),
)
ADOPT = adopt_record(
    RecordKey("companies", "external_id", "globex"),
    RecordId("9002"),
    Reason.ADOPT,
    at(12),
    Owned(Origin.ADOPTED),
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

    lines = [line for line in text.split("\n") if line.startswith('    {"do"')]
    assert [json.loads(line.removesuffix(",")) for line in lines] == json.loads(text)["changes"]
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False] * bool(lines)
    assert all(
        list(change) == sorted(change) for change in map(json.loads, (line.rstrip(",") for line in lines))
    )
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert text.endswith("}\n")


def test_the_file_holds_what_a_reader_looks_for() -> None:
    document = json.loads(plan_to_text(PLAN))

    assert document["format_version"] == "2.0"
    assert document["portal"] == {"api_version": "2026-03", "id": 7654321, "type": "STANDARD"}
    assert document["state"] == {"kept": True, "lineage": "5f6b1c9e", "serial": 41}
    assert document["summary"] | {"create": 1, "update": 1, "adopt": 1, "held": 1} == document["summary"]
    assert document["appliable"] is False
    assert Digests(document["digest"], document["content"]) == digests_of(PLAN)
    assert document["changes"][1] == {
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
                "name": {"reason": "in step", "source": {"column": 7, "file": "companies.yaml", "line": 8}}
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
    "whose values are masked": replace(PLAN, personal=(("companies", "phone"),)),
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
    "what it rests on": replace(PLAN, changes=(CREATE, replace(UPDATE, rests_on=()), ADOPT)),
    "what is taken back": replace(PLAN, undoes="20261122T164500Z-0001"),
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
    shown = set()
    for does in (change["do"] for change in document["changes"]):
        keys = [does["address"], *([does["address"]["target"]] if "target" in does["address"] else [])]
        shown |= {(key["object"], key["property"]) for key in keys}
        parts = ("values", "remembered", "forgotten", "rests_on")
        shown |= {(keys[0]["object"], name) for part in parts for name in does.get(part, ())}
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
    lines = [head, *(change["do"] for change in document["changes"])]
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
        put("+49 30 2", "changes", 1, "do", "values", "phone", 1),
        put("9002", "changes", 1, "do", "remote", "id"),
        put("batch/create", "changes", 0, "do", "operation", "call"),
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
            put("batch/upsrt", "changes", 0, "do", "operation", "call"),
            r'changes\[0\]\.do\.operation\.call: "batch/upsrt" is none',
        ),
        (
            put(7, "changes", 1, "do", "remote", "id"),
            r"changes\[1\]\.do\.remote\.id: text is expected, not this number",
        ),
        (put({}, "changes", 1, "do", "operation"), r"changes\[1\]\.do\.operation\.call: is missing"),
        (put({}, "changes", 1, "do", "remote"), r"changes\[1\]\.do: to update a record takes its record id"),
        (put({}, "changes", 1, "why"), r"changes\[1\]\.why\.reason: is missing"),
        (
            put("widget", "changes", 1, "do", "kind"),
            r"changes\[1\]\.do\.kind: is none of record, association",
        ),
        (
            put("delete", "changes", 2, "do", "action"),
            r'changes\[2\]\.do\.action: "delete" is none of create, update',
        ),
        (put(None, "changes", 0, "do", "values", "name"), r"changes\[0\]\.do\.values\.name: is not a list"),
        (put([None, 1], "changes", 0, "do", "values", "name"), r"do\.values\.name: text is expected"),
        (put(["a", "b"], "changes", 0, "do", "values", "\x1b[2J"), "do.values: has not the same names"),
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


@pytest.mark.parametrize("version", ["3.0", "1.0", "1.1", "3.1"])
def test_other_versions_are_refused_with_advice(version: str) -> None:
    sentence = rf"format {version}, and this version reads 2\.x from 2\.0 on\n.*plan again"
    with pytest.raises(UsageError, match=sentence):
        plan_from_text(edited(put(version, "format_version")))


def test_keys_of_a_newer_minor_version_are_ignored() -> None:
    def edit(document: Any) -> None:
        document["weather"] = "fine"
        document["changes"][0]["why"]["mood"] = {"today": "good"}

    assert plan_from_text(edited(edit)) == PLAN


def test_a_newer_minor_version_is_read_by_its_own_digest() -> None:
    def edit(document: Any) -> None:
        document["format_version"] = "2.7"
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
    problem = Problem(sentence("no {key}", key=ACME.told_value), None, at(3))
    document = json.loads(plan_to_text(plan_of(problems=(problem,))))
    assert document["problems"][0]["parts"]["message"][1]["value"] == "acme"
    document["problems"][0]["parts"] = parts

    with pytest.raises(UsageError, match=r"problems\[0\]\.parts\.message"):
        plan_from_text(json.dumps(document))
