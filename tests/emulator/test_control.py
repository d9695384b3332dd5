"""Control routes, and the emulator on a port."""

import random
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import httpx
import pytest
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.trigger import trigger

from reconciler.emulator import faults
from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running, serve
from tests.emulator.portal import PORTAL_ID, Portal

ROOT = "/_emulator"


def test_portals_are_made_and_dropped(portal: Portal) -> None:
    with portal.client_with(None) as client:
        made = client.put(f"{ROOT}/portals/7", json={"tier": "free", "search_lag_ms": 0})
        assert (made.status_code, made.json()["created"]) == (201, True)
        assert client.put(f"{ROOT}/portals/7").json() == {"created": False, "token": made.json()["token"]}
        assert client.get(ROOT).json() == {"portals": [7, PORTAL_ID], "faults": []}
        with portal.client_with(made.json()["token"]) as seventh:
            assert seventh.get("/account-info/v3/details").json()["portalId"] == 7
        assert client.delete(f"{ROOT}/portals/7").status_code == 204
        assert client.get(ROOT).json()["portals"] == [PORTAL_ID]
        wrong = client.put(f"{ROOT}/portals/8", json={"tier": "gold"})
        assert (wrong.status_code, wrong.json()["message"][:12]) == (400, "tier must be")


def test_tokens_with_chosen_scopes(portal: Portal) -> None:
    path = f"{ROOT}/portals/{PORTAL_ID}/tokens"
    token = portal.post(path, {"scopes": ["tickets"]}).json()["token"]
    with portal.client_with(token) as client:
        assert client.get("/crm/v3/objects/tickets").status_code == 200
        assert client.get("/crm/v3/objects/deals").status_code == 403
    assert portal.client.post(path).json()["token"] == portal.emulator.token(PORTAL_ID)
    assert portal.post(f"{ROOT}/portals/9/tokens", {"scopes": []}).status_code == 404


def test_settings_are_read_and_changed(portal: Portal) -> None:
    path = f"{ROOT}/portals/{PORTAL_ID}/settings"
    assert portal.client.get(path).json()["limits"] is False
    changed = portal.client.patch(path, json={"limits": {"tenSecondly": 2}, "tier": "free"}).json()
    assert (changed["limits"], changed["tier"]) == ({"tenSecondly": 2}, "free")
    assert [portal.client.get("/crm/v3/owners").status_code for _ in range(3)] == [200, 200, 429]
    assert portal.client.patch(path, json={"records": {}}).status_code == 400


def test_an_unknown_control_route_says_so(portal: Portal) -> None:
    for method, path in (("GET", "/nothing"), ("POST", "/portals/x"), ("PATCH", "/faults")):
        answer = portal.client.request(method, ROOT + path, json={})
        assert answer.status_code == 404
        assert answer.json()["message"]


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", ""])
def test_strangers_have_no_control(portal: Portal, address: str) -> None:
    statuses: list[str] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": ROOT, "REMOTE_ADDR": address}
    body = b"".join(portal.emulator(environ, lambda status, _headers: statuses.append(status)))
    assert statuses == ["403 Forbidden"]
    assert portal.client.get(ROOT, headers={"Origin": "https://evil.example"}).status_code == 403
    assert b"this machine only" in body
    portal.emulator({**environ, "REMOTE_ADDR": "127.0.0.9"}, lambda status, _headers: statuses.append(status))
    assert statuses[-1] == "200 OK"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("latency:ms=200", 0.2, 0.2),
        ("latency:ms=200,min_ms=100,distribution=uniform", 0.1, 0.2),
        ("latency:ms=200,distribution=exponential", 0.0, 4.0),
    ],
)
def test_latency_follows_its_distribution(text: str, low: float, high: float) -> None:
    chance = random.Random(1)
    drawn = [faults.parse(text).latency_s(chance) for _ in range(500)]
    assert low <= min(drawn)
    assert max(drawn) <= high
    mean = {"exponential": 0.2, "uniform": 0.15}.get(faults.parse(text).distribution, 0.2)
    assert sum(drawn) / 500 == pytest.approx(mean, rel=0.15)


def test_latencies_add_up_and_pass_through_the_given_sleep(portal: Portal) -> None:
    for _ in range(2):
        portal.emulator.add_fault(faults.parse("latency:ms=1500,count=1"))
    assert portal.client.get("/crm/v3/owners", timeout=None).status_code == 200
    assert portal.clock.slept == [3.0]


def test_paths_beyond_ascii_arrive_on_a_port_too() -> None:
    emulator = Emulator(None)
    seed = {"records": {"contacts": [{"properties": {"email": "jürgen@acme.example"}}]}}
    emulator.ensure_portal(1, seed)
    headers = {"Authorization": f"Bearer {emulator.token(1)}"}
    with running(emulator) as url, httpx.Client(base_url=url, headers=headers) as client:
        found = client.get("/crm/v3/objects/contacts/jürgen@acme.example", params={"idProperty": "email"})
        assert found.json()["properties"]["email"] == "jürgen@acme.example"
        assert client.get("/crm/v3/objects/contacts/x", params={"idProperty": "email"}).status_code == 404
    emulator.close()


PROGRAM = """
from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import serve
emulator = Emulator(None)
emulator.ensure_portal(1)
serve(emulator, "127.0.0.1", 0, lambda url: print(url, flush=True))
print("done", flush=True)
"""


def test_serving_ends_when_interrupted() -> None:
    heeding = ["env", "--default-signal=INT"]  # background processes ignore SIGINT
    command = [*heeding, sys.executable, "-c", PROGRAM]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    url = program.stdout.readline().strip()
    assert httpx.get(f"{url}/_emulator/").json()["portals"] == [1]
    program.send_signal(signal.SIGINT)
    assert program.stdout.read().strip() == "done"
    assert program.wait(20) == 0
    program.stdout.close()


@pytest.mark.parametrize("is_slow_to_end", [False, True])
def test_a_call_that_ends_while_the_server_stops_meets_no_closed_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, is_slow_to_end: bool
) -> None:
    ended = threading.Event()
    pull = BaseWSGIServer.pull_trigger

    def late(server: BaseWSGIServer) -> None:
        time.sleep(0.2)
        pull(server)
        ended.set()

    monkeypatch.setattr(BaseWSGIServer, "pull_trigger", late)
    if is_slow_to_end:  # as if an injected latency were longer than the server waits when it stops
        monkeypatch.setattr(ThreadedTaskDispatcher, "shutdown", lambda _self: False)
    emulator = Emulator(None)
    with running(emulator) as url:
        assert httpx.get(f"{url}/_emulator/").status_code == 200
    assert ended.wait(20) or is_slow_to_end
    time.sleep(0.3 if is_slow_to_end else 0)
    assert [record for record in caplog.records if record.name.startswith("waitress")] == []
    emulator.close()


def test_a_server_that_is_woken_twice_stops_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pull = trigger._physical_pull

    def twice(woken: trigger) -> None:
        pull(woken)
        time.sleep(0.2)  # meanwhile, the server handles the event that woke it
        pull(woken)

    monkeypatch.setattr(trigger, "_physical_pull", twice)
    emulator = Emulator(None)
    with running(emulator) as url:
        assert httpx.get(f"{url}/_emulator/").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/_emulator/")
    emulator.close()


def test_an_address_in_use_is_an_os_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        emulator = Emulator(None)
        with pytest.raises(OSError, match="in use"):
            serve(emulator, "127.0.0.1", taken.getsockname()[1], print)
        emulator.close()


def test_the_application_alone_imports_neither_client_nor_server() -> None:
    code = (
        "import sys, reconciler.emulator.app as app; app.Emulator(None).ensure_portal(1);"
        "print(sorted({'httpx', 'waitress', 'pydantic', 'reconciler.hubspot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
