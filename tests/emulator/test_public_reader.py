"""A published program, the Singer tap `meltano-tap-hubspot`, reads a portal of the emulator."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running

READER = Path(__file__).with_name("reader.py")
NOT_IMITATED = {"deal_pipelines", "ticket_pipelines", "email_subscriptions"}
"""Streams of APIs that HubSpot removes (pipelines v1), or that do not belong to the CRM."""
ADA = {
    "id": "9",
    "email": "ada@acme.example",
    "userId": 77,
    "teams": [{"id": "5", "name": "N", "primary": True}],
}
SEED: dict[str, Any] = {
    "search_lag_ms": 0,
    "owners": [ADA],
    "records": {
        "companies": [{"id": str(n), "properties": {"name": f"C{n}"}} for n in range(1, 251)],
        "contacts": [{"id": "900", "properties": {"email": "eve@acme.example", "firstname": "Eve"}}],
        "deals": [{"properties": {"dealname": "D", "dealstage": "closedwon", "amount": "12.50"}}],
        "tickets": [{"properties": {"subject": "S", "hs_pipeline_stage": "1"}}],
    },
    "associations": [{"from": {"type": "contacts", "id": "900"}, "to": {"type": "companies", "id": "1"}}],
}


class Reader:
    """The tap with the steps that its users run: discover the streams, select some, read."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self._environ = {**os.environ, "PORTAL_URL": url, "NO_PROXY": "127.0.0.1"}
        self._folder = folder
        config = {
            "access_token": token,
            "start_date": "2020-01-01T00:00:00Z",
            "associations": {"contacts": ["companies"]},
        }
        (folder / "config.json").write_text(json.dumps(config))

    def run(self, *arguments: str) -> str:
        command = [sys.executable, str(READER), "--config", str(self._folder / "config.json"), *arguments]
        done = subprocess.run(
            command, env=self._environ, cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def read(self, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        """Read all records of all streams of the portal."""
        catalog = json.loads(self.run("--discover"))
        for stream in catalog["streams"]:
            (whole,) = [entry for entry in stream["metadata"] if not entry["breadcrumb"]]
            whole["metadata"]["selected"] = stream["tap_stream_id"] not in NOT_IMITATED
        (self._folder / "catalog.json").write_text(json.dumps(catalog))
        found: dict[str, list[dict[str, Any]]] = {}
        for line in self.run("--catalog", str(self._folder / "catalog.json"), *arguments).splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                found.setdefault(message["stream"], []).append(message["record"])
            if message["type"] == "STATE":
                (self._folder / "state.json").write_text(json.dumps(message["value"]))
        return found


@pytest.fixture
def served() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator(None)
    emulator.ensure_portal(7, SEED)
    with running(emulator) as url:
        yield emulator, url
    emulator.close()


def test_a_public_reader_reads_the_whole_portal(served: tuple[Emulator, str], tmp_path: Path) -> None:
    emulator, url = served
    reader = Reader(tmp_path, url, emulator.token(7))
    found = reader.read()
    names = [record["properties"]["name"] for record in found["companies"]]
    assert sorted(names) == sorted(f"C{n}" for n in range(1, 251))
    assert [record["properties"]["email"] for record in found["contacts"]] == ["eve@acme.example"]
    assert [record["properties"]["amount"] for record in found["deals"]] == ["12.50"]
    assert [record["properties"]["subject"] for record in found["tickets"]] == ["S"]
    (pair,) = found["contacts_companies_associations"]
    assert (pair["from_id"], pair["to_id"]) == ("900", "1")
    assert [owner["email"] for owner in found["owners"]] == ["ada@acme.example"]
    assert [user["id"] for user in found["users"]] == ["77"]
    assert [team["name"] for team in found["teams"]] == ["N"]
    assert {record["name"] for record in found["properties"]} >= {"dealname", "subject", "email"}

    later = reader.read("--state", str(tmp_path / "state.json"))  # with a state, the tap reads by search
    assert [record["id"] for record in later["contacts"]] == ["900"]
