"""The client together with the emulator and its faults."""

from collections.abc import Iterator, Sequence

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Fault
from reconciler.emulator.faults import Kind as FaultKind
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.errors import RequestRejected
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.read import read_records
from reconciler.hubspot.records.write import write_rows
from reconciler.hubspot.transport.api_versions import API_VERSIONS
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import RECORD_ID
from reconciler.model.calls import Call, InputRow, Operation
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.object_types import object_type
from reconciler.model.outcomes import Applied, Rejected
from tests.hubspot.doubles import pacer_of

PORTAL_ID = 1000000
KEY = {"name": "external_id", "label": "External ID", "type": "string", "fieldType": "text"}
UPSERT = Operation(Call.UPSERT, "external_id")
UPDATE = Operation(Call.UPDATE, None)
TYPES = ("companies", "deals", "tickets", "postal_mail", "goal_targets")
SEED = {
    "version": 1,
    "groups": {name: [{"name": "ours", "label": "Ours"}] for name in TYPES},
    "properties": {name: [KEY | {"groupName": "ours", "hasUniqueValue": True}] for name in TYPES},
}


class Session:
    """Reader and writer of one portal; their waits take no time."""

    def __init__(self, http: httpx.Client, version: str = "v3", pacer: RateLimiter | None = None) -> None:
        pacer = pacer or pacer_of()
        self.reader = PortalReader(http, version, pacer)
        self.writer = PortalWriter(http, version, pacer)
        self.portal: PortalSchema = read_portal(self.reader, TYPES, PORTAL_ID)

    def schema(self, name: str = "companies") -> ObjectSchema:
        return self.portal.objects[name]

    def write(
        self, rows: Sequence[InputRow], route: Operation = UPSERT, name: str = "companies"
    ) -> dict[str, str]:
        """Write rows; return the outcome of each, such as ``applied`` or ``rejected``, by trace id."""
        outcomes = write_rows(self.writer, self.schema(name).path, route, rows)
        return {trace_id: outcome.word for trace_id, outcome in outcomes.items()}

    def names(self, keys: Sequence[str]) -> dict[str, str | None]:
        live = read_records(self.reader, self.schema(), "external_id", keys, ["name"])
        return {key: record.properties["name"] for key, record in live.items()}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    emulator = Emulator(None)
    emulator.ensure_portal(PORTAL_ID, SEED)
    yield emulator
    emulator.close()


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(
        transport=EmulatorTransport(emulator, PORTAL_ID), base_url="https://api.hubapi.com"
    ) as http:
        yield http


def companies(count: int, name: str = "Company") -> list[InputRow]:
    return [
        InputRow(f"trace-{number}", f"key-{number}", {"name": f"{name} {number}"}) for number in range(count)
    ]


NEW = {
    "companies": {"name": "A"},
    "deals": {"dealname": "A", "pipeline": "default", "dealstage": "closedwon"},
    "tickets": {"subject": "A", "hs_pipeline": "0", "hs_pipeline_stage": "1"},
    "postal_mail": {"hs_timestamp": "2026-11-22T08:00:00Z"},
    "goal_targets": {"hs_goal_name": "A"},
}


@pytest.mark.parametrize("version", API_VERSIONS)
@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_created_read_updated_and_archived_in_every_version(
    http: httpx.Client, version: str, name: str
) -> None:
    session = Session(http, version)
    schema = session.schema(name)
    create = UPSERT if schema.has_upsert else Operation(Call.CREATE, "external_id")

    assert session.write([InputRow("1", "a", NEW[name]), InputRow("2", "b", NEW[name])], create, name) == {
        "1": "applied",
        "2": "applied",
    }
    live = read_records(session.reader, schema, "external_id", ["a", "b", "c"], list(NEW[name]))
    assert list(live) == ["a", "b"]
    changed = {next(iter(NEW[name])): "2026-11-23T08:00:00Z"}
    assert session.write([InputRow("1", live["a"].id, changed)], UPDATE, name) == {"1": "applied"}
    assert session.write([InputRow("1", live["b"].id, {})], Operation(Call.ARCHIVE, None), name) == {
        "1": "applied"
    }

    assert list(read_records(session.reader, schema, RECORD_ID, [live["a"].id, live["b"].id], [])) == [
        live["a"].id
    ]
    assert list(read_records(session.reader, schema, RECORD_ID, [live["b"].id], [], archived=True)) == [
        live["b"].id
    ]


def test_the_portal_is_read_in_one_call_a_type_and_a_few_more(http: httpx.Client) -> None:
    session = Session(http)

    assert session.portal.account.portal_id == PORTAL_ID
    assert [schema.path for schema in session.portal.objects.values()] == [
        object_type(name).path for name in sorted(TYPES)
    ]
    assert session.schema().can_identify("external_id")
    assert [stage.label for stage in session.schema("deals").pipelines[0].stages][-2:] == [
        "Closed Won",
        "Closed Lost",
    ]
    assert session.reader.calls <= 1 + len(TYPES) + 2 + 1  # account, definitions, two pipelines, owners


def test_one_bad_value_costs_one_row_and_one_call(http: httpx.Client) -> None:
    session = Session(http)
    rows = companies(100)
    rows[41] = InputRow("trace-41", "key-41", {"no_such_property": "1"})

    words = session.write(rows)

    assert [trace_id for trace_id, word in words.items() if word != "applied"] == ["trace-41"]
    assert words["trace-41"] == "rejected"
    assert session.writer.calls == 1


def test_a_whole_batch_refused_for_one_record_is_divided(emulator: Emulator, http: httpx.Client) -> None:
    session = Session(http)
    emulator.add_fault(Fault(FaultKind.POISONED_RECORD, path="/crm/*/batch/*", value="Company 41"))

    words = session.write(companies(100))

    assert [trace_id for trace_id, word in words.items() if word != "applied"] == ["trace-41"]
    assert session.writer.calls <= 15
    assert len(session.names([f"key-{number}" for number in range(100)])) == 99


def test_a_key_that_cannot_identify_is_refused_row_by_row(http: httpx.Client) -> None:
    session = Session(http)

    outcomes = write_rows(
        session.writer,
        "companies",
        Operation(Call.UPSERT, "domain"),
        [InputRow("1", "acme.example", {"name": "A"})],
    )

    assert isinstance(outcomes["1"], Rejected)
    assert "domain" in outcomes["1"].message


def test_an_upsert_says_what_it_created(http: httpx.Client) -> None:
    session = Session(http)
    session.write(companies(1))

    outcomes = write_rows(session.writer, "companies", UPSERT, companies(2, "Renamed"))

    assert [outcome.is_new for outcome in outcomes.values() if isinstance(outcome, Applied)] == [False, True]


def test_an_update_of_a_record_that_is_gone_is_rejected(http: httpx.Client) -> None:
    session = Session(http)

    assert session.write([InputRow("1", "123456789", {"name": "A"})], UPDATE) == {"1": "rejected"}


def test_contacts_are_read_by_e_mail_in_any_case(http: httpx.Client) -> None:
    session = Session(http)
    contacts = read_portal(session.reader, ["contacts"]).objects["contacts"]
    route = Operation(Call.UPSERT, "email")
    write_rows(session.writer, "contacts", route, [InputRow("1", "Ada@Acme.example", {"firstname": "Ada"})])

    live = read_records(session.reader, contacts, "email", ["ADA@acme.example", "b@c.example"], ["firstname"])

    assert {key: record.properties["firstname"] for key, record in live.items()} == {
        "ADA@acme.example": "Ada"
    }


HARMLESS = [
    Fault(FaultKind.RESULTS_SHUFFLED, path="/crm/*/batch/*"),
    Fault(FaultKind.LOCKED, path="/crm/*/batch/*", count=2),
    Fault(FaultKind.RATE_LIMITED, path="/crm/*/batch/*", count=3),
    Fault(FaultKind.RATE_LIMITED, path="/crm/*/batch/*", count=1, policy="SECONDLY"),
    Fault(FaultKind.MIGRATING, path="/crm/*/batch/*", count=1, retry_after=30),
]
LOSING = [
    Fault(kind, path="/crm/*/batch/*", count=1)
    for kind in (
        FaultKind.SERVER_ERROR,
        FaultKind.BAD_GATEWAY_HTML,
        FaultKind.DROP_BEFORE,
        FaultKind.DROP_AFTER,
        FaultKind.CUT_BODY,
        FaultKind.MALFORMED_BODY,
    )
]


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: fault.kind)
def test_retry_after_is_obeyed(emulator: Emulator, http: httpx.Client, fault: Fault) -> None:
    session = Session(http)
    emulator.add_fault(fault)

    assert set(session.write(companies(20)).values()) == {"applied"}
    assert session.names(["key-7", "key-8", "key-99"]) == {"key-7": "Company 7", "key-8": "Company 8"}


@pytest.mark.parametrize("fault", LOSING, ids=lambda fault: fault.kind)
def test_a_write_whose_answer_is_lost_is_unknown_and_was_sent_once(
    emulator: Emulator, http: httpx.Client, fault: Fault
) -> None:
    session = Session(http)
    emulator.add_fault(fault)

    assert set(session.write(companies(20)).values()) == {"unknown"}
    assert session.writer.calls == 1


@pytest.mark.parametrize("fault", LOSING, ids=lambda fault: fault.kind)
def test_a_read_whose_answer_is_lost_is_asked_again(
    emulator: Emulator, http: httpx.Client, fault: Fault
) -> None:
    session = Session(http)
    session.write(companies(2))
    emulator.add_fault(fault)

    assert len(session.names(["key-0", "key-1"])) == 2


def test_a_result_left_out_is_unknown_when_writing_and_asked_for_when_reading(
    emulator: Emulator, http: httpx.Client
) -> None:
    session = Session(http)
    emulator.add_fault(Fault(FaultKind.RESULT_LEFT_OUT, path="/crm/*/batch/*", count=1))
    words = session.write(companies(20))
    emulator.add_fault(Fault(FaultKind.RESULT_LEFT_OUT, path="/crm/*/batch/*", count=1))

    assert sorted(words.values()) == ["applied"] * 19 + ["unknown"]
    assert len(session.names([f"key-{number}" for number in range(20)])) == 20


def test_a_custom_type_is_unknown_where_there_is_none(http: httpx.Client) -> None:
    session = Session(http)

    with pytest.raises(RequestRejected):
        session.reader.properties("2-404")


def test_the_token_of_the_emulator_works_over_its_headers(emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.token(PORTAL_ID)}"}
    with httpx.Client(
        transport=EmulatorTransport(emulator), base_url="https://api.hubapi.com", headers=headers
    ) as http:
        assert PortalReader(http, "v3", pacer_of()).account().portal_id == PORTAL_ID
