"""One batch whose answers are lost, or whose changes take two calls.

The tests check which calls are sent, and the outcome of each change.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import httpx
import pytest

from reconciler.apply.batch_executor import BatchExecutor
from reconciler.apply.batch_run import Connections, Delivery
from reconciler.apply.options import OnStale
from reconciler.errors import NotAllowed
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.definitions import Account, Kind, ObjectSchema, Option, PortalSchema, PropertyDef
from reconciler.model.outcomes import Applied, Rejected, Skipped, Stale, Unknown
from reconciler.plan.batches import batches_of
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb
from tests.hubspot.doubles import batch, http_of, pacer_of, reply
from tests.hubspot.simulation import SimulatedClock
from tests.support.journals import create, update, value

STAGES = tuple(Option(name, name.title()) for name in ("lead", "customer"))
COMPANIES = ObjectSchema(
    "companies",
    "companies",
    {
        definition.name: definition
        for definition in (
            PropertyDef("external_id", "Key", Kind.TEXT, is_unique=True),
            PropertyDef("city", "City", Kind.TEXT),
            PropertyDef("lifecyclestage", "Stage", Kind.CHOICE, STAGES),
        )
    },
)
PORTAL = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": COMPANIES})
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@dataclass
class Company:
    """A portal with a few companies, which loses or refuses the writes listed in ``losses``."""

    records: dict[str, dict[str, str | None]] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)
    """What happens to each of the next writes, in order; the writes after these get an answer.

    ``before``: the connection breaks, and nothing is written. ``after``: it breaks after the write is done.
    ``refuse``: the whole call is refused. An empty text: the write gets an answer.
    """
    refused: dict[str, str] = field(default_factory=dict)  # values that the portal refuses, by property
    keeps: dict[str, str] = field(default_factory=dict)  # values stored in place of new ones, by property
    unreadable_after: int | None = None  # number of writes after which nothing can be read
    lags: int = 0  # number of reads after the first write that do not show new records yet
    made_at: datetime = AT  # creation time of new records
    writes: list[list[dict[str, Any]]] = field(default_factory=list)
    reads: int = 0
    _minutes: int = 0
    histories: int = 0  # number of reads of histories

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer(request)
        self._minutes += 1
        answer.headers["date"] = format_datetime(AT + timedelta(minutes=self._minutes), usegmt=True)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked = body["inputs"]
        if body.get("propertiesWithHistory"):
            self.histories += 1
            return reply(200, batch([self._as_made(each["id"]) for each in asked]))
        if request.url.path.endswith("/batch/read"):
            self.reads += 1
            if self.unreadable_after is not None and len(self.writes) >= self.unreadable_after:
                return reply(403, {"status": "error", "category": "MISSING_SCOPES", "message": "no"})
            return self._read([each["id"] for each in asked])
        self.writes.append([each["properties"] for each in asked])
        loss = self.losses.pop(0) if self.losses else ""
        if loss == "refuse":
            return reply(400, {"status": "error", "category": "VALIDATION_ERROR", "message": "one is wrong"})
        if loss == "before":
            raise httpx.ReadError("lost")
        answer = self._write(asked)
        if loss == "after":
            raise httpx.ReadError("lost")
        return answer

    def _read(self, wanted: Sequence[str]) -> httpx.Response:
        is_behind = bool(self.writes) and self.lags > 0
        self.lags -= is_behind
        ids = {
            each["external_id"]: id_ for id_, each in self.records.items() if not (is_behind and id_ < "9001")
        }
        known = {key: ids.get(key, key) for key in wanted}
        missing = [key for key, id_ in known.items() if id_ not in self.records]
        found = [self._told(id_) for id_ in known.values() if id_ in self.records]
        error = {"category": "OBJECT_NOT_FOUND", "message": "", "context": {"ids": missing}}
        return reply(207, batch(found, [error])) if missing else reply(200, batch(found))

    def _write(self, inputs: Sequence[dict[str, Any]]) -> httpx.Response:
        done, errors = [], []
        for each in inputs:
            trace, written = {"objectWriteTraceId": each["objectWriteTraceId"]}, each["properties"]
            if any(self.refused.get(name) == text for name, text in written.items()):
                context = {"objectWriteTraceId": [each["objectWriteTraceId"]]}
                errors.append({"category": "VALIDATION_ERROR", "message": "a rule", "context": context})
                continue
            ids = {str(record["external_id"]): id_ for id_, record in self.records.items()}
            record_id = ids.get(each["id"], each["id"])
            record_id = record_id if record_id in self.records else f"8{len(self.records)}"
            is_new = record_id not in self.records
            record = self.records.setdefault(record_id, {"external_id": each["id"]})
            record |= {name: self.keeps.get(name, text) or None for name, text in written.items()}
            done.append(self._told(record_id) | trace | {"new": is_new})
        return reply(207 if errors else 200, batch(done, errors))

    def _told(self, record_id: str) -> dict[str, Any]:
        made_at = f"{self.made_at:%FT%TZ}"
        return {"id": record_id, "properties": self.records[record_id], "createdAt": made_at}

    def _as_made(self, record_id: str) -> dict[str, Any]:
        moment = f"{self.made_at:%FT%TZ}"
        history = {
            name: [{"value": text or "", "timestamp": moment, "sourceType": "INTEGRATION"}]
            for name, text in self.records[record_id].items()
        }
        return self._told(record_id) | {"propertiesWithHistory": history}


def delivered(
    portal: Company,
    *changes: Any,
    looks_at: Collection[Verb] = ALWAYS_LOOKED_AT,
) -> tuple[Delivery, list[tuple[int, list[int]]]]:
    """Deliver one batch of ``changes``.

    Return the delivery, and a pair for each call that has changes: the number of the call, and the numbers of
    its changes. These are the numbers that are journaled before the call is sent.
    """
    http, pacer = http_of(portal), pacer_of(SimulatedClock())
    batch_executor = BatchExecutor(
        Connections(PortalReader(http, "v3", pacer), PortalWriter(http, "v3", pacer), PORTAL),
        looks_at,
        OnStale.SKIP,
    )
    (only,) = batches_of(enumerate(changes), count())
    left: list[tuple[int, list[int]]] = []

    def before_sending(ordinal: int, numbers: Sequence[int], _: datetime) -> None:
        left.append((ordinal, list(numbers)))

    return batch_executor.deliver(only, before_sending), [entry for entry in left if entry[1]]


def ulm(name: str = "acme", record_id: str = "9001") -> Change:
    return update(name, record_id, value("city", "Bonn", "Ulm"))


def bonn() -> Company:
    return Company(
        {
            "9001": {"external_id": "acme", "city": "Bonn", "lifecyclestage": "customer"},
            "9002": {"external_id": "globex", "city": "Bonn", "lifecyclestage": "customer"},
        }
    )


def test_a_write_that_happened_without_an_answer_is_not_sent_again() -> None:
    portal = bonn()
    portal.losses = ["after"]
    (outcomes, stopped_by), left = delivered(portal, ulm())
    assert outcomes == {0: Applied(ulm().known_id, {"city": "Ulm"})}
    assert (stopped_by, len(portal.writes), left) == (None, 1, [(1, [0])])


def test_a_write_that_did_not_happen_is_sent_again() -> None:
    portal = bonn()
    portal.losses = ["before", "before"]
    (outcomes, stopped_by), left = delivered(portal, ulm())
    assert isinstance(outcomes[0], Applied)
    assert (stopped_by, len(portal.writes), left) == (None, 3, [(1, [0])] * 3)


def test_only_the_missing_part_of_a_lost_batch_is_sent_again() -> None:
    portal = bonn()
    portal.records["9001"]["city"] = "Ulm"  # the effect of the call whose answer was lost
    portal.losses = ["before"]
    (outcomes, _), left = delivered(portal, ulm(), ulm("globex", "9002"), looks_at=())
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert left == [(1, [0, 1]), (1, [1])]


def test_an_answer_that_is_always_lost_leaves_the_change_unknown() -> None:
    portal = bonn()
    portal.losses = ["before"] * 10
    (outcomes, stopped_by), _ = delivered(portal, ulm())
    assert isinstance(outcomes[0], Unknown)
    assert (stopped_by, len(portal.writes)) == (None, 3)


def test_a_change_that_cannot_be_read_is_unknown_and_not_sent_again() -> None:
    portal = bonn()
    portal.losses, portal.unreadable_after = ["before"], 1
    (outcomes, stopped_by), _ = delivered(portal, ulm())
    assert isinstance(outcomes[0], Unknown)
    assert (stopped_by, len(portal.writes)) == (None, 1)


def test_a_stale_change_is_not_sent_and_the_others_are() -> None:
    portal = bonn()
    portal.records["9001"]["city"] = "Kiel"
    (outcomes, _), left = delivered(portal, ulm(), ulm("globex", "9002"))
    assert isinstance(outcomes[0], Stale)
    assert isinstance(outcomes[1], Applied)
    assert left == [(1, [1])]


def test_a_batch_of_stale_changes_is_not_sent() -> None:
    portal = bonn()
    portal.records.clear()
    (outcomes, stopped_by), left = delivered(portal, ulm())
    assert isinstance(outcomes[0], Stale)
    assert (stopped_by, portal.writes, left) == (None, [], [])


def test_a_change_without_second_read_is_sent_at_once() -> None:
    portal = bonn()
    portal.records["9001"]["city"] = "Kiel"
    (outcomes, _), _ = delivered(portal, ulm(), looks_at=())
    assert isinstance(outcomes[0], Applied)
    assert portal.reads == 0


def test_an_unreadable_portal_gets_no_writes_and_the_reason_is_given() -> None:
    portal = bonn()
    portal.unreadable_after = 0
    (outcomes, stopped_by), left = delivered(portal, ulm(), ulm("globex", "9002"))
    assert isinstance(stopped_by, NotAllowed)
    assert outcomes.keys() == {0, 1}
    for outcome in outcomes.values():
        assert isinstance(outcome, Skipped)
        assert outcome.message.startswith("not sent: ")
    assert (portal.writes, left) == ([], [])


BACK = update("acme", "9001", value("city", "Bonn", "Ulm"), value("lifecyclestage", "customer", "lead"))


def test_a_stage_goes_back_by_two_calls_and_what_travels_with_it_takes_the_second_alone() -> None:
    portal = bonn()
    (outcomes, _), left = delivered(portal, BACK, ulm("globex", "9002"))
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert portal.writes == [
        [{"lifecyclestage": ""}],
        [{"city": "Ulm", "lifecyclestage": "lead"}, {"city": "Ulm"}],
    ]
    assert left == [(1, [0]), (2, [0]), (1, [1])]
    assert portal.reads == 1  # only the read before the call: answered changes are not read again


def test_a_refused_first_call_prevents_the_second() -> None:
    portal = bonn()
    portal.refused = {"lifecyclestage": ""}
    (outcomes, _), _ = delivered(portal, BACK, ulm("globex", "9002"))
    assert isinstance(outcomes[0], Rejected)
    assert outcomes[0].done is None
    assert isinstance(outcomes[1], Applied)
    assert portal.records["9001"]["lifecyclestage"] == "customer"
    assert portal.writes == [[{"lifecyclestage": ""}], [{"city": "Ulm"}]]


def test_a_refused_second_call_reports_that_the_stage_is_empty() -> None:
    portal = bonn()
    portal.refused = {"lifecyclestage": "lead"}
    (outcomes, _), _ = delivered(portal, BACK, ulm("globex", "9002"))
    assert isinstance(outcomes[0], Rejected)
    assert "lifecyclestage was emptied first" in outcomes[0].message
    assert outcomes[0].done == Applied(BACK.known_id, {}, written={"lifecyclestage": None})
    assert isinstance(outcomes[1], Applied)


@pytest.mark.parametrize(("loss", "emptied"), [("after", 1), ("before", 2)])
def test_the_first_call_whose_answer_was_lost_is_made_again_only_where_it_did_not_happen(
    loss: str, emptied: int
) -> None:
    portal = bonn()
    portal.losses = [loss]
    (outcomes, _), _ = delivered(portal, BACK)
    assert isinstance(outcomes[0], Applied)
    first, second = [{"lifecyclestage": ""}], [{"city": "Ulm", "lifecyclestage": "lead"}]
    assert portal.writes == [first] * emptied + [second]


@pytest.mark.parametrize(("losses", "sent"), [(["after"], 1), (["before"], 2), (["before", "before"], 3)])
def test_the_second_call_is_made_again_only_where_it_did_not_happen(losses: list[str], sent: int) -> None:
    portal = bonn()
    portal.losses = ["", *losses]
    (outcomes, _), left = delivered(portal, BACK)
    assert isinstance(outcomes[0], Applied)
    assert left == [(1, [0]), *[(2, [0])] * sent]


def test_a_stage_that_was_emptied_when_all_had_to_stop_is_told_as_empty() -> None:
    portal = bonn()
    answered = portal.__call__

    def stops(request: httpx.Request) -> httpx.Response:
        if portal.writes and not request.url.path.endswith("/batch/read"):
            return reply(401, {"status": "error", "message": "expired"})
        return answered(request)

    http, pacer = http_of(stops), pacer_of(SimulatedClock())
    batch_executor = BatchExecutor(
        Connections(PortalReader(http, "v3", pacer), PortalWriter(http, "v3", pacer), PORTAL),
        (),
        OnStale.SKIP,
    )
    outcomes, stopped_by = batch_executor.deliver(
        next(batches_of(enumerate([BACK, ulm("globex", "9002")]), count())), lambda *_: None
    )
    assert isinstance(stopped_by, NotAllowed)
    assert isinstance(outcomes[0], Rejected)
    assert outcomes[0].done == Applied(BACK.known_id, {}, written={"lifecyclestage": None})
    assert isinstance(outcomes[1], Skipped)


@pytest.mark.parametrize(("loss", "sent"), [("after", 1), ("before", 2), ("", 1)])
def test_a_create_is_made_once(loss: str, sent: int) -> None:
    portal = bonn()
    portal.losses, portal.made_at = [loss], AT + timedelta(minutes=2)
    (outcomes, _), _ = delivered(portal, create("new", city="Ulm"), create("newer", city="Ulm"))
    assert [outcome.is_new for outcome in outcomes.values() if isinstance(outcome, Applied)] == [True, True]
    assert (len(portal.writes), portal.histories) == (sent, 0)
    assert sorted(str(record["external_id"]) for record in portal.records.values()) == [
        *("acme", "globex", "new", "newer")
    ]


@pytest.mark.parametrize(
    ("made_at", "is_ours"), [(AT + timedelta(minutes=2), True), (AT - timedelta(hours=1), False)]
)
def test_a_create_that_meets_a_record_when_sent_again_is_judged_by_when_that_was_made(
    made_at: datetime, is_ours: bool
) -> None:
    """Its first call had created the record, and the read in between did not show that yet."""
    portal = bonn()
    portal.losses, portal.lags, portal.made_at = ["after"], 1, made_at
    (outcomes, _), _ = delivered(portal, create("new", city="Ulm"))
    done = outcomes[0]
    assert isinstance(done, Applied)
    assert (done.is_new, len(portal.writes), portal.histories) == (is_ours, 2, 1)
    assert [record["external_id"] for record in portal.records.values()] == ["acme", "globex", "new"]


def test_a_create_that_is_refused_when_sent_again_is_done_where_its_first_call_made_the_record() -> None:
    portal = bonn()
    portal.losses, portal.lags, portal.made_at = ["after", "refuse"], 1, AT + timedelta(minutes=2)
    (outcomes, _), _ = delivered(portal, create("new", city="Ulm"))
    done = outcomes[0]
    assert isinstance(done, Applied)
    assert (done.record_id, done.is_new, len(portal.writes)) == ("82", True, 2)


def test_a_create_that_is_refused_when_sent_again_is_refused_where_there_is_no_record() -> None:
    portal = bonn()
    portal.losses = ["before", "refuse"]
    (outcomes, _), _ = delivered(portal, create("new", city="Ulm"))
    assert isinstance(outcomes[0], Rejected)
    assert (outcomes[0].done, len(portal.writes)) == (None, 2)


def test_a_create_of_which_a_part_was_not_taken_stays_so_however_often_it_was_sent() -> None:
    portal = bonn()
    portal.losses, portal.keeps = ["before"], {"lifecyclestage": "customer"}
    (outcomes, _), _ = delivered(portal, create("new", city="Ulm", lifecyclestage="lead"))
    refused = outcomes[0]
    assert isinstance(refused, Rejected)
    assert refused.message.startswith("HubSpot did not store what reconciler sent for lifecycle")
    assert refused.done is not None
    assert (refused.done.is_new, refused.done.written) == (
        True,
        {"city": "Ulm", "lifecyclestage": "customer"},
    )


def test_a_record_that_the_very_first_call_met_is_not_ours_whenever_it_was_made() -> None:
    portal = bonn()
    portal.made_at = AT + timedelta(minutes=1)
    (outcomes, _), _ = delivered(portal, create("acme", city="Ulm"), looks_at=())
    done = outcomes[0]
    assert isinstance(done, Applied)
    assert (done.record_id, done.is_new, portal.histories) == ("9001", False, 0)


def test_a_refused_batch_that_is_sent_in_parts_is_not_a_repeat() -> None:
    """Nothing of the refused batch was written, so no evidence about the records is needed."""
    portal = bonn()
    portal.losses = ["refuse"]
    (outcomes, _), left = delivered(portal, create("new", city="Ulm"), create("newer", city="Ulm"))
    assert [outcome.is_new for outcome in outcomes.values() if isinstance(outcome, Applied)] == [True, True]
    assert (left, portal.histories) == ([(1, [0, 1]), (1, [0]), (1, [1])], 0)


@pytest.mark.parametrize(("loss", "is_kept"), [("before", True), ("refuse", False)])
def test_the_journal_keeps_when_a_call_that_may_have_arrived_first_left(loss: str, is_kept: bool) -> None:
    portal = bonn()
    portal.losses = [loss]
    http, pacer = http_of(portal), pacer_of(SimulatedClock())
    batch_executor = BatchExecutor(
        Connections(PortalReader(http, "v3", pacer), PortalWriter(http, "v3", pacer), PORTAL),
        ALWAYS_LOOKED_AT,
        OnStale.SKIP,
    )
    moments: list[datetime] = []
    changes = [ulm(), ulm("globex", "9002")]
    batch_executor.deliver(
        next(batches_of(enumerate(changes), count())),
        lambda _ordinal, numbers, at: moments.append(at) if 0 in numbers else None,
    )
    first, again = moments
    assert first >= AT
    assert (first == again) is is_kept
