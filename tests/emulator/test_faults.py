"""Injected faults: each test runs in process and on a port."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator import faults
from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import FaultError
from reconciler.emulator.faults import Fault, Kind
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.emulator.serve import running
from tests.emulator.portal import PORTAL_ID

COMPANIES = "/crm/v3/objects/companies"
CREATE = {"properties": {"name": "N"}}


@dataclass
class Wire:
    """An emulator, and a client that reaches it in process or on a port."""

    emulator: Emulator
    client: httpx.Client

    def fault(self, text: str) -> None:
        self.emulator.add_fault(faults.parse(text))

    def count(self) -> int:
        """Return the number of records, counted after all faults are removed."""
        self.emulator.clear_faults()
        return len(self.client.get(COMPANIES).json()["results"])


@pytest.fixture(params=["in process", "on a port"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    emulator = Emulator(None)
    emulator.ensure_portal(PORTAL_ID)
    if request.param == "in process":
        with httpx.Client(
            transport=EmulatorTransport(emulator, PORTAL_ID), base_url="https://a.example"
        ) as client:
            yield Wire(emulator, client)
    else:
        headers = {"Authorization": f"Bearer {emulator.token(PORTAL_ID)}"}
        with running(emulator) as url, httpx.Client(base_url=url, headers=headers) as client:
            yield Wire(emulator, client)
    emulator.close()


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("rate_limited", 429, {"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"}),
        ("rate_limited:policy=DAILY", 429, {"policyName": "DAILY"}),
        ("server_error", 500, {"category": "INTERNAL_ERROR"}),
        ("server_error:status=524", 524, {"status": "error"}),
        ("locked", 423, {"status": "error"}),
        ("migrating:retry_after=7", 477, {"status": "error"}),
    ],
)
def test_refusals_come_with_hubspots_bodies_and_do_nothing(
    wire: Wire, text: str, status: int, said: dict[str, Any]
) -> None:
    wire.fault(f"{text},count=1" if ":" in text else f"{text}:count=1")
    refused = wire.client.post(COMPANIES, json=CREATE)
    assert refused.status_code == status
    assert said.items() <= refused.json().items()
    assert refused.json()["correlationId"]
    assert refused.headers.get("Retry-After") == ("7" if status == 477 else None)
    assert wire.client.post(COMPANIES, json=CREATE).status_code == 201
    assert wire.count() == 1


def test_an_account_on_the_move_always_says_how_long(wire: Wire) -> None:
    wire.fault("migrating")
    assert wire.client.get(COMPANIES).headers["Retry-After"] == "1"


def test_a_gateway_may_answer_in_html(wire: Wire) -> None:
    wire.fault("bad_gateway_html")
    refused = wire.client.get(COMPANIES)
    assert refused.status_code == 502
    assert refused.headers["Content-Type"] == "text/html"
    assert refused.text.startswith("<html>")


@pytest.mark.parametrize(("text", "records"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_before_or_after_the_write(wire: Wire, text: str, records: int) -> None:
    wire.fault(f"{text}:method=POST,count=1")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.client.post(COMPANIES, json=CREATE)
    assert wire.count() == records


def test_a_cut_body_breaks_in_the_middle(wire: Wire) -> None:
    wire.fault("cut_body:count=1")
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        wire.client.post(COMPANIES, json=CREATE)
    assert wire.count() == 1


def test_cutting_an_answer_without_a_body_drops_the_connection(wire: Wire) -> None:
    wire.fault("cut_body")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.client.delete(f"{COMPANIES}/9")


def test_a_malformed_body_arrives_whole(wire: Wire) -> None:
    wire.fault("malformed_body")
    answer = wire.client.get("/account-info/v3/details")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_latency_within_the_timeout_only_takes_time(wire: Wire) -> None:
    wire.fault("latency:ms=60,count=1")
    started = time.monotonic()
    assert wire.client.get(COMPANIES).status_code == 200
    assert time.monotonic() - started >= 0.05


def test_latency_beyond_the_timeout_leaves_the_write_without_an_answer(wire: Wire) -> None:
    wire.fault("latency:ms=400,method=POST,count=1")
    with pytest.raises(httpx.ReadTimeout):
        wire.client.post(COMPANIES, json=CREATE, timeout=0.1)
    assert wire.count() == 1


def batch(number: int) -> dict[str, Any]:
    return {
        "inputs": [{"properties": {"name": f"N{n}"}, "objectWriteTraceId": f"row-{n}"} for n in range(number)]
    }


def test_a_result_may_be_left_out_although_it_was_written(wire: Wire) -> None:
    wire.fault("result_left_out:path=*/batch/create,count=1")
    answer = wire.client.post(f"{COMPANIES}/batch/create", json=batch(5))
    assert answer.status_code == 201
    assert len(answer.json()["results"]) == 4
    assert wire.count() == 5


def test_results_may_be_shuffled(wire: Wire) -> None:
    plain = wire.client.post(f"{COMPANIES}/batch/create", json=batch(20)).json()["results"]
    wire.fault("results_shuffled:seed=3")
    shuffled = wire.client.post(f"{COMPANIES}/batch/create", json=batch(20)).json()["results"]
    order = [[result["objectWriteTraceId"] for result in results] for results in (plain, shuffled)]
    assert sorted(order[0]) == sorted(order[1])
    assert order[0] != order[1]


def test_the_clock_may_be_ahead(wire: Wire) -> None:
    wire.fault("clock_skew:seconds=3600,count=1")
    ahead, after = (wire.client.post(COMPANIES, json=CREATE) for _ in range(2))
    assert ahead.json()["createdAt"] > after.json()["createdAt"]
    assert httpx.Response(200, headers=ahead.headers).headers["Date"] != after.headers["Date"]


@pytest.mark.parametrize("status", [400, 409, 500])
def test_one_poisoned_record_refuses_every_batch_that_carries_it(wire: Wire, status: int) -> None:
    wire.fault(f"poisoned_record:value=N3,status={status}")
    assert wire.client.post(f"{COMPANIES}/batch/create", json=batch(5)).status_code == status
    assert wire.client.post(f"{COMPANIES}/batch/create", json=batch(3)).status_code == 201
    read = {"inputs": [{"id": "N3"}], "properties": ["name"]}
    assert wire.client.post(f"{COMPANIES}/batch/read", json=read).status_code == 207
    assert wire.count() == 3


def test_faults_hit_what_they_aim_at(wire: Wire) -> None:
    wire.fault("server_error:method=GET,path=/crm/v3/owners*")
    wire.fault(f"locked:portal={PORTAL_ID + 1}")
    assert wire.client.get("/crm/v3/owners").status_code == 500
    assert wire.client.get("/crm/v3/owners/1").status_code == 500
    assert wire.client.get(COMPANIES).status_code == 200
    assert wire.client.post(COMPANIES, json=CREATE).status_code == 201


def test_chance_repeats_itself_by_seed(wire: Wire) -> None:
    runs = []
    for seed in (1, 1, 2):
        wire.emulator.clear_faults()
        wire.fault(f"server_error:probability=0.5,seed={seed}")
        runs.append([wire.client.get(COMPANIES).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert set(runs[0]) == {200, 500}


def test_the_control_route_switches_faults(wire: Wire) -> None:
    made = wire.client.post("/_emulator/faults", json={"kind": "server_error", "count": 2})
    assert made.status_code == 201
    second = wire.client.post("/_emulator/faults", json="locked:probability=0.5")
    assert second.json() == {"id": made.json()["id"] + 1, "kind": "locked", "probability": 0.5}
    wire.client.delete(f"/_emulator/faults/{second.json()['id']}")
    assert wire.client.get(COMPANIES).status_code == 500
    assert wire.client.get("/_emulator/faults").json()["results"] == [
        {"id": made.json()["id"], "hits": 1, "kind": "server_error", "count": 2}
    ]
    assert wire.client.delete("/_emulator/faults").status_code == 204
    assert wire.client.get(COMPANIES).status_code == 200
    refused = wire.client.post("/_emulator/faults", json={"kind": "flood"})
    assert (refused.status_code, refused.json()["message"][:18]) == (400, "kind must be one o")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flood", "kind must be one of latency"),
        ("latency", "latency: ms must be above 0"),
        ("latency:ms=10,min_ms=20", "min_ms must be from 0 to ms"),
        ("latency:ms=fast", "ms must be a number, not 'fast'"),
        ("latency:ms=10,distribution=normal", "distribution must be one of fixed"),
        ("locked:probability=0", "probability must be above 0"),
        ("locked:probability=2", "probability must be above 0"),
        ("locked:probability=nan", "probability must be above 0"),
        ("locked:count=-1", "count must be 0"),
        ("locked:count=1.5", "count must be a number, not '1.5'"),
        ("locked:colour=red", "colour: a fault has no such key"),
        ("locked:count", "count must be written as name=value"),
        ("server_error:status=404", "status must be one of [500"),
        ("rate_limited:policy=HOURLY", "policy must be one of TEN_SECONDLY_ROLLING"),
        ("poisoned_record", "value is missing"),
        ("poisoned_record:value=a,status=404", "status must be one of [400"),
        ("clock_skew", "seconds is missing"),
        ("locked:retry_after=-1", "retry_after must be 0 or more"),
    ],
)
def test_a_fault_that_makes_no_sense_says_so(text: str, said: str) -> None:
    with pytest.raises(FaultError) as wrong:
        faults.parse(text)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "given_json", [None, [], {"kind": "locked", "count": "1"}, {"kind": "locked", "method": 1}, {"kind": 7}]
)
def test_a_fault_in_json_is_checked_too(given_json: object) -> None:
    with pytest.raises(FaultError):
        faults.from_json(given_json)


@given(
    st.builds(
        Fault,
        kind=st.sampled_from([Kind.LOCKED, Kind.DROP_AFTER, Kind.SERVER_ERROR]),
        method=st.sampled_from(["*", "POST"]),
        path=st.sampled_from(["*", "/crm/*/batch/*"]),
        probability=st.floats(0.01, 1),
        count=st.integers(0, 9),
        seed=st.integers(0, 9),
    )
)
def test_a_fault_survives_the_way_through_json_and_text(fault: Fault) -> None:
    body = fault.body()
    assert faults.from_json(body) == fault
    options = ",".join(f"{name}={value}" for name, value in body.items() if name != "kind")
    assert faults.parse(f"{fault.kind}:{options}" if options else str(fault.kind)) == fault
