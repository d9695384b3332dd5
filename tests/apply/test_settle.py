"""Settling a change whose answer was lost, by reading the record's present values."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest

from reconciler.apply.kinds import calls_for
from reconciler.apply.records.creation_evidence import NO_TIME, is_ours_as_made
from reconciler.apply.records.settle import is_emptied, read_again, settle, settled
from reconciler.apply.records.stale import has_moved
from reconciler.apply.recovery.settle import settle_batch
from reconciler.errors import Unavailable
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.connection import DEADLINE_S
from reconciler.model.addresses import RECORD_ID, AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Account, Kind, ObjectSchema, Option, PortalSchema, PropertyDef
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import associate
from reconciler.plan.change import Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.source import SourceRef
from reconciler.state.run_types import Sent, UnfinishedBatch
from tests.hubspot.doubles import batch, http_of, pacer_of, reply
from tests.hubspot.simulation import SimulatedClock

KEY = RecordAddress("companies", "external_id", "acme")
ID = RecordId("9001")
STAGES = tuple(Option(value, value.title()) for value in ("subscriber", "lead", "customer"))
SCHEMA = ObjectSchema(
    "companies",
    "companies",
    {
        definition.name: definition
        for definition in (
            PropertyDef("external_id", "Key", Kind.TEXT, is_unique=True),
            PropertyDef("name", "Name", Kind.TEXT),
            PropertyDef("story", "Story", Kind.HTML),
            PropertyDef("phone", "Phone", Kind.PHONE),
            PropertyDef("revenue", "Revenue", Kind.NUMBER),
            PropertyDef("lifecyclestage", "Stage", Kind.CHOICE, STAGES),
        )
    },
)
SENT_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def update(**values: tuple[str | None, str | None]) -> Change:
    written = (ValueChange(name, *texts, Reason.CHANGED) for name, texts in sorted(values.items()))
    route = Operation(Call.UPDATE, None)
    return update_record(
        KEY, ID, tuple(written), Reason.CHANGED, operation=route, source=None, owned=Owned(Origin.CREATED)
    )


def create(**values: str) -> Change:
    written = (ValueChange(name, None, text, Reason.MISSING) for name, text in sorted(values.items()))
    route = Operation(Call.UPSERT, "external_id")
    return create_record(KEY, tuple(written), Reason.MISSING, route, SourceRef("c.yaml", 1, 1))


ARCHIVE = archive_record(KEY, ID, Reason.PRUNED, None, owned_before=Owned(Origin.CREATED))


def live(created: timedelta | None = None, /, **values: str | None) -> LiveRecord:
    """Return a record that was created this long after our call was sent."""
    created_at = (SENT_AT + created).isoformat().replace("+00:00", "Z") if created is not None else None
    return LiveRecord(ID, {"external_id": "acme", **values}, created_at)


def test_an_archive_that_never_arrived_is_not_done() -> None:
    assert settled(SCHEMA, ARCHIVE, live(name="A"), SENT_AT) is None


def test_an_archive_whose_record_is_gone_is_done() -> None:
    assert settled(SCHEMA, ARCHIVE, None, SENT_AT) == Applied(ID, {})


@pytest.mark.parametrize(
    "now",
    [{"name": "B", "revenue": "1"}, {"name": "A", "revenue": "2"}, {"name": "A", "revenue": "1"}, {}],
    ids=["the first value", "the second value", "neither", "nothing at all"],
)
def test_an_update_of_which_a_part_is_there_is_not_done(now: Mapping[str, str]) -> None:
    change = update(name=("A", "B"), revenue=("1", "2"))
    assert settled(SCHEMA, change, live(**now), SENT_AT) is None


@pytest.mark.parametrize("change", [update(name=("A", "B")), create(name="B")])
def test_a_missing_record_was_not_created(change: Change) -> None:
    assert settled(SCHEMA, change, None, SENT_AT) is None


def test_an_update_that_is_there_is_done_with_lives_spelling() -> None:
    change = update(name=("A", "B"), revenue=("1", "2.50"), phone=("1", None))
    found = settled(SCHEMA, change, live(name="B", revenue="2.5", phone=None), SENT_AT)
    assert found == Applied(ID, {"name": "B", "revenue": "2.5", "phone": None})


def test_a_value_that_was_to_become_what_it_is_is_there() -> None:
    change = update(name=("A", "A"))
    assert settled(SCHEMA, change, live(name="A"), SENT_AT) == Applied(ID, {"name": "A"})


def test_an_update_that_hubspot_sanitised_is_done() -> None:
    change = update(story=("old", '<p onclick="x()">New</p>'), name=("A", " B "))
    found = settled(SCHEMA, change, live(story="<p>New</p>", name="B"), SENT_AT)
    assert found is not None
    assert found.answered == {"story": "<p>New</p>", "name": "B"}


@pytest.mark.parametrize(
    ("before", "after"),
    [("acme", "Acme"), ("Acme  GmbH", "Acme GmbH"), ("+49 30 1234567", "+43 30 1234567")],
)
def test_the_previous_value_is_not_a_spelling_of_the_new_one(before: str, after: str) -> None:
    name = "phone" if before.startswith("+") else "name"
    change = update(**{name: (before, after)})
    assert settled(SCHEMA, change, live(**{name: before}), SENT_AT) is None


DURING = timedelta(seconds=30)
LAST = timedelta(seconds=DEADLINE_S, minutes=2)
"""The time until which HubSpot may still act on a call."""


def found_as(change: Change, now: LiveRecord, sent_at: datetime | None = SENT_AT) -> Applied:
    found = settled(SCHEMA, change, now, sent_at)
    assert found is not None
    return found


@pytest.mark.parametrize("after", [timedelta(0), DURING, timedelta(minutes=4), timedelta(seconds=-2), LAST])
def test_a_record_made_while_our_call_was_under_way_is_ours(after: timedelta) -> None:
    found = found_as(create(name="A"), live(after, name="A"))
    assert found == Applied(ID, {"name": "A"}, is_new=True)


@pytest.mark.parametrize(
    "after",
    [timedelta(seconds=-3), LAST + timedelta(seconds=1), timedelta(minutes=5), timedelta(days=1), None],
)
def test_a_record_made_before_or_long_after_is_somebody_elses(after: timedelta | None) -> None:
    assert found_as(create(name="A"), live(after, name="A")).is_new is False


def test_a_record_that_was_overwritten_since_is_judged_by_what_it_was_made_with() -> None:
    change, made, theirs = create(name="A"), live(DURING, name="A"), live(DURING, name="B")
    assert is_ours_as_made(SCHEMA, change, made, SENT_AT)
    assert not is_ours_as_made(SCHEMA, change, theirs, SENT_AT)
    assert not is_ours_as_made(SCHEMA, change, live(-DURING, name="A"), SENT_AT)
    assert not is_ours_as_made(SCHEMA, change, None, SENT_AT)
    assert not is_ours_as_made(SCHEMA, change, made, None)


def test_a_value_of_a_property_that_the_portal_lost_is_not_there() -> None:
    assert settled(SCHEMA, update(lost=("A", "B")), live(lost="B"), SENT_AT) is None


@pytest.mark.parametrize("sent_at", [None, NO_TIME])
def test_a_record_without_a_known_call_time_is_not_ours(sent_at: datetime | None) -> None:
    assert found_as(create(name="A"), live(DURING, name="A"), sent_at).is_new is False


@pytest.mark.parametrize(
    "now",
    [
        {"name": "A", "story": "<p>Hi</p>", "phone": "+49301234567"},
        {"name": " a", "story": "<p>Hi</p>", "phone": "0301234567"},
    ],
)
def test_hubspots_spelling_of_our_values_is_evidence_too(now: Mapping[str, str]) -> None:
    sent = create(name="A", story="<p>Hi<script>x()</script></p>", phone="030 1234567")
    found = found_as(sent, live(DURING, **now))
    assert found == Applied(ID, now, is_new=True)


@pytest.mark.parametrize(
    "theirs",
    [{"name": "B"}, {"story": "<p>Bye</p>"}, {"revenue": "2"}, {"phone": "+49309999999"}, {"name": None}],
    ids="".join,
)
def test_a_record_with_another_value_is_somebody_elses_and_that_value_is_not_ours(
    theirs: Mapping[str, str | None],
) -> None:
    ours = {"name": "A", "story": "<p>Hi</p>", "revenue": "1", "phone": "+49301234567"}
    now = {**ours, **theirs}
    found = found_as(create(**ours), live(DURING, **now))
    assert found.is_new is False
    assert found.written == {name: text for name, text in ours.items() if name not in theirs}


@pytest.mark.parametrize(
    ("now", "is_so"), [(None, True), ("customer", False), ("lead", False), ("subscriber", False)]
)
def test_a_stage_on_its_way_back_is_emptied_or_not(now: str | None, is_so: bool) -> None:
    back = update(lifecyclestage=("customer", "lead"), name=("A", "B"))
    assert is_emptied(SCHEMA, back, live(lifecyclestage=now, name="A")) is is_so


@pytest.mark.parametrize(
    "change", [update(lifecyclestage=("lead", "customer")), update(name=("A", None)), create(name="A")]
)
def test_a_change_of_one_call_is_never_half_done(change: Change) -> None:
    assert not is_emptied(SCHEMA, change, live(lifecyclestage=None, name=None))
    assert not is_emptied(SCHEMA, update(lifecyclestage=("customer", "lead")), None)


def kept(name: str, text: str | None) -> ValueChange:
    return ValueChange(name, text, text, Reason.IN_STEP)


def test_a_create_whose_key_somebody_took_has_moved() -> None:
    assert has_moved(SCHEMA, create(name="A"), live(name="A"), {}) == "record 9001 has this key now"
    assert has_moved(SCHEMA, create(name="A"), None, {}) is None


@pytest.mark.parametrize("change", [update(name=("A", "B")), ARCHIVE])
def test_a_change_whose_record_is_gone_has_moved(change: Change) -> None:
    assert has_moved(SCHEMA, change, None, {}) == "record 9001 is no longer there"


def test_a_written_value_is_stale_if_live_differs_from_before() -> None:
    change = update(name=("A", "B"), revenue=("1", "2"))
    assert has_moved(SCHEMA, change, live(name="A", revenue="1.0"), {}) is None
    assert has_moved(SCHEMA, change, live(name="C", revenue="1"), {}) == (
        "name changed in HubSpot since the plan was made"
    )
    assert has_moved(SCHEMA, change, live(name="B", revenue="2"), {}) == (
        "name, revenue changed in HubSpot since the plan was made"
    )


@pytest.mark.parametrize("change", [update(name=("A", "B")), ARCHIVE])
def test_values_a_change_rests_on_are_checked_like_written_ones(change: Change) -> None:
    change = replace(change, rests_on=(kept("external_id", "acme"), kept("phone", None)))
    assert has_moved(SCHEMA, change, live(name="A", phone=None), {}) is None
    assert has_moved(SCHEMA, change, LiveRecord(ID, {"name": "A", "external_id": "other"}), {}) == (
        "external_id changed in HubSpot since the plan was made"
    )
    assert has_moved(SCHEMA, change, live(name="A", phone="1"), {}) == (
        "phone changed in HubSpot since the plan was made"
    )


def test_a_property_that_the_portal_lost_has_moved() -> None:
    change = replace(ARCHIVE, rests_on=(kept("lost", "x"),))
    assert has_moved(SCHEMA, change, live(lost="x"), {}) == "lost changed in HubSpot since the plan was made"


def test_an_archive_rests_on_associations_as_they_were() -> None:
    change = replace(ARCHIVE, rests_on=(kept("tickets/=800", "associated"),))
    reported = "tickets/=800 changed in HubSpot since the plan was made"
    assert has_moved(SCHEMA, change, live(), {(ID, "tickets/=800"): "associated"}) is None
    assert has_moved(SCHEMA, change, live(), {(ID, "tickets/=800"): None}) == reported
    assert (
        has_moved(SCHEMA, change, live(), {(ID, "tickets/=800"): "associated; Billing (USER_DEFINED 3)"})
        == reported
    )
    assert has_moved(SCHEMA, change, live(), {(RecordId("1"), "tickets/=800"): "associated"}) == reported


PORTAL = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": SCHEMA})
INTENDED = datetime(2026, 11, 22, 9, 59, tzinfo=UTC)


def outcomes_of(sent: Sent) -> Mapping[int, Outcome]:
    """Return the outcomes of a create and an update of a killed run; both took effect in the portal."""

    def hubspot(request: httpx.Request) -> httpx.Response:
        made = {
            "id": ID,
            "properties": {"external_id": "acme", "name": "A"},
            "createdAt": f"{SENT_AT:%FT%TZ}",
        }
        assert request.url.path.endswith("/companies/batch/read")
        return reply(200, batch([made]))

    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    entries = ((4, create(name="A")), (7, update(name=("B", "A"))))
    route = Operation(Call.UPSERT, "external_id")
    return settle_batch(reader, PORTAL, UnfinishedBatch("r", 0, "companies", route, INTENDED, entries, sent))


NEVER = Skipped("not sent: the run ended before the call")
NOT_WRITTEN = "not written: the run ended before HubSpot carried out the change"


def test_calls_that_never_left_are_not_sent_whatever_the_portal_holds() -> None:
    assert outcomes_of({(4, 1): None, (7, 1): None}) == {4: NEVER, 7: NEVER}


def test_calls_that_left_are_settled_by_reading_and_others_are_not() -> None:
    made = Applied(ID, {"name": "A"}, is_new=True)
    assert outcomes_of({(4, 1): SENT_AT, (7, 1): None}) == {4: made, 7: NEVER}
    assert outcomes_of({(4, 1): None, (7, 1): SENT_AT}) == {4: NEVER, 7: Applied(ID, {"name": "A"})}


def test_open_changes_of_an_older_version_are_settled_and_adopted() -> None:
    found = outcomes_of({(4, 1): NO_TIME, (7, 1): NO_TIME})
    assert found == {4: Applied(ID, {"name": "A"}, is_new=False), 7: Applied(ID, {"name": "A"})}


def test_calls_that_left_and_did_not_happen_were_not_written() -> None:
    def hubspot(_: httpx.Request) -> httpx.Response:
        return reply(200, batch([{"id": ID, "properties": {"external_id": "acme", "name": "Other"}}]))

    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    entries = ((7, update(name=("B", "A"))), (8, update(name=("Other", "A"))))
    route = Operation(Call.UPDATE, None)
    left = UnfinishedBatch("r", 0, "companies", route, INTENDED, entries, {(7, 1): SENT_AT, (8, 1): None})
    assert settle_batch(reader, PORTAL, left) == {7: Skipped(NOT_WRITTEN), 8: NEVER}


def test_a_run_that_ended_between_two_calls_leaves_an_empty_stage_which_is_told() -> None:
    """The first call emptied the lifecycle stage, which the second should set.

    One of three records is empty.
    """
    stages = {"9001": None, "9002": "customer", "9003": "lead"}

    def hubspot(request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/companies/batch/read")
        asked = orjson.loads(request.content)
        assert "lifecyclestage" in asked["properties"]
        now = [{"id": id_, "properties": {"lifecyclestage": stages[id_]}} for id_ in stages]
        return reply(200, batch([each for each in now if {"id": each["id"]} in asked["inputs"]]))

    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    back = update(lifecyclestage=("customer", "lead"))
    entries = tuple(
        (number, replace(back, remote=Remote(RecordId(id_)))) for number, id_ in enumerate(stages)
    )
    sent = dict.fromkeys(((number, 1) for number in range(3)), SENT_AT)
    left = UnfinishedBatch("r", 0, "companies", Operation(Call.UPDATE, None), INTENDED, entries, sent)

    emptied, never_arrived, all_done = settle_batch(reader, PORTAL, left).values()

    assert isinstance(emptied, Rejected)
    assert emptied.message.startswith(f"{NOT_WRITTEN}. lifecyclestage was emptied first")
    assert emptied.done == Applied(RecordId("9001"), {}, written={"lifecyclestage": None})
    assert never_arrived == Skipped(NOT_WRITTEN)
    assert all_done == Applied(RecordId("9003"), {"lifecyclestage": "lead"})


def test_properties_that_the_portal_lost_are_not_read() -> None:
    """HubSpot refuses to read a property that does not exist."""

    def hubspot(request: httpx.Request) -> httpx.Response:
        assert orjson.loads(request.content)["properties"] == ["city", "name"]
        return reply(200, batch([{"id": ID, "properties": {"name": "A"}}]))

    city = PropertyDef("city", "City", Kind.TEXT)
    schema = replace(SCHEMA, properties={**SCHEMA.properties, "city": city})
    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    change = update(name=("A", "B"), lost=("A", "B"))
    change = replace(change, rests_on=(kept("city", None), kept("old", "x")))
    assert read_again(reader, schema, [(1, change)]).keys() == {(RECORD_ID, ID)}


def test_an_unanswered_record_is_not_settled() -> None:
    def hubspot(request: httpx.Request) -> httpx.Response:
        return reply(200, batch([])) if request.url.path.endswith("/batch/read") else reply(503)

    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    with pytest.raises(Unavailable, match="leaves records out of its answers"):
        settle(reader, PORTAL, [(4, create(name="A"))], {(4, 1): SENT_AT})


def test_associations_that_are_there_were_made() -> None:
    plain = {"category": "HUBSPOT_DEFINED", "typeId": 450, "label": None}
    other = RecordId("9002")

    def hubspot(request: httpx.Request) -> httpx.Response:
        assert "/associations/" in request.url.path
        to = [{"toObjectId": other, "associationTypes": [plain]}]
        return reply(200, batch([{"from": {"id": ID}, "to": to}]))

    reader = PortalReader(http_of(hubspot), "v3", pacer_of(SimulatedClock()))
    made = associate(
        AssociationAddress(KEY, replace(KEY, value="o")),
        Remote(ID, other),
        Reason.MISSING,
        None,
        is_whole=True,
    )
    lost = replace(made, remote=Remote(ID, RecordId("9003")))
    found = calls_for(made).settle_later(reader, PORTAL, [(1, made), (2, lost)], {})
    assert found == {1: Applied(ID, {})}
