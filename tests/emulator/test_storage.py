"""The storage file: its permissions, sharing, and failures."""

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import StorageError
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.emulator.serve import running

LETTERS = [chr(code) for code in range(ord("a"), ord("p") + 1)]
SEED = {
    "properties": {
        "companies": [
            {
                "name": "letters",
                "label": "Letters",
                "type": "enumeration",
                "fieldType": "checkbox",
                "groupName": "companyinformation",
                "options": [{"label": letter, "value": letter} for letter in LETTERS],
            }
        ]
    },
    "records": {"companies": [{"id": "1", "properties": {"name": "Shared"}}]},
}
PATH = "/crm/v3/objects/companies"


def client_of(emulator: Emulator) -> httpx.Client:
    return httpx.Client(transport=EmulatorTransport(emulator, 1), base_url="https://api.hubapi.com")


def letters(client: httpx.Client) -> set[str]:
    found = client.get(f"{PATH}/1", params={"properties": "letters"}).json()["properties"]["letters"]
    return set(found.split(";"))


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path / "portal.db")
    emulator.ensure_portal(1)
    files = list(tmp_path.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) > 1
    emulator.close()


def test_written_data_is_kept_in_the_file(tmp_path: Path) -> None:
    first = Emulator(tmp_path / "portal.db")
    assert first.ensure_portal(1, SEED) is True
    token = first.token(1)
    first.close()
    second = Emulator(tmp_path / "portal.db")
    assert second.ensure_portal(1, SEED) is False
    assert second.token(1) == token
    with client_of(second) as client:
        assert client.get(f"{PATH}/1").json()["properties"]["name"] == "Shared"
    second.close()


def test_a_full_disk_is_told_and_the_portal_stays_as_it_was(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path / "portal.db")
    emulator.ensure_portal(1, SEED)
    connection = emulator._storage._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then acts as on a full disk
    long = {"properties": {"name": "x" * 60_000}}

    with client_of(emulator) as client:
        refused = client.patch(f"{PATH}/1", json=long)
        assert client.get(f"{PATH}/1").json()["properties"]["name"] == "Shared"

    assert (refused.status_code, refused.json()["category"]) == (500, "INTERNAL_ERROR")
    assert "portal.db cannot be used: database or disk is full" in refused.json()["message"]
    with pytest.raises(StorageError, match="database or disk is full"):
        emulator.edit(1, ("companies", "1", True), long["properties"], name="Ada")
    emulator.close()


def test_a_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be used: No such file or directory$"):
        Emulator(tmp_path / "nowhere" / "portal.db")
    foreign = tmp_path / "foreign.db"
    foreign.write_text("this is no database, but it is long enough to be taken for one" * 50)
    with pytest.raises(StorageError, match="file is not a database"):
        Emulator(foreign)
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="version 99, but this program reads only version 1"):
        Emulator(newer)


def add(client: httpx.Client, letter: str) -> int:
    return client.patch(f"{PATH}/1", json={"properties": {"letters": f";{letter}"}}).status_code


def test_threads_lose_no_updates() -> None:
    emulator = Emulator(None)
    emulator.ensure_portal(1, SEED)
    with client_of(emulator) as client, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda letter: add(client, letter), LETTERS)) == {200}
        assert letters(client) == set(LETTERS)
    emulator.close()


def test_clients_of_a_port_lose_no_updates(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path / "portal.db")
    emulator.ensure_portal(1, SEED)
    headers = {"Authorization": f"Bearer {emulator.token(1)}"}
    with running(emulator) as url, httpx.Client(base_url=url, headers=headers) as client:
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda letter: add(client, letter), LETTERS)) == {200}
        assert letters(client) == set(LETTERS)
    emulator.close()


PROGRAM = """
import sys, pathlib, httpx
from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
emulator = Emulator(pathlib.Path(sys.argv[1]))
emulator.ensure_portal(1)
path = "https://api.hubapi.com/crm/v3/objects/companies"
with httpx.Client(transport=EmulatorTransport(emulator, 1)) as client:
    for letter in sys.argv[2]:
        change = {"properties": {"letters": f";{letter}"}}
        client.patch(f"{path}/1", json=change).raise_for_status()
        client.post(path, json={"properties": {"name": letter}}).raise_for_status()
"""


def test_processes_lose_no_updates_and_see_each_others_definitions(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path / "portal.db")
    emulator.ensure_portal(1, SEED)
    half = len(LETTERS) // 2
    running_programs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "portal.db"), "".join(part)])
        for part in (LETTERS[:half], LETTERS[half:])
    ]
    assert [program.wait(60) for program in running_programs] == [0, 0]
    with client_of(emulator) as client:
        assert letters(client) == set(LETTERS)
        assert len(client.get(PATH, params={"limit": 100}).json()["results"]) == 1 + len(LETTERS)
        other = Emulator(tmp_path / "portal.db")
        group = {"name": "ours", "label": "Ours"}
        with client_of(other) as second:
            assert client.get("/crm/v3/properties/companies/groups/ours").status_code == 404
            assert second.post("/crm/v3/properties/companies/groups", json=group).status_code == 201
            assert client.get("/crm/v3/properties/companies/groups/ours").status_code == 200
        other.close()
    emulator.close()


def test_many_openers_at_once_make_one_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        emulators = list(pool.map(lambda _: Emulator(tmp_path / "portal.db"), range(8)))
        made = list(pool.map(lambda emulator: emulator.ensure_portal(1), emulators))
    assert sorted(made) == [False] * 7 + [True]
    for emulator in emulators:
        emulator.close()


def test_a_write_that_is_refused_leaves_no_trace_in_what_is_remembered() -> None:
    emulator = Emulator(None)
    emulator.ensure_portal(1)
    stage = {"label": "Won", "displayOrder": 0, "stageId": "w", "metadata": {"probability": "1"}}
    schema = {
        "name": "pet",
        "labels": {"singular": "Pet", "plural": "Pets"},
        "primaryDisplayProperty": "nope",
        "properties": [{"name": "pet_name", "label": "N"}],
    }
    with client_of(emulator) as client:
        assert client.post("/crm-object-schemas/v3/schemas", json=schema).status_code == 400
        assert client.get("/crm-object-schemas/v3/schemas").json()["results"] == []
        bad = {
            "label": "P",
            "displayOrder": 0,
            "pipelineId": "p",
            "stages": [stage, {**stage, "stageId": "x"}],
        }
        assert client.post("/crm/v3/pipelines/deals", json=bad).status_code == 400
        assert len(client.get("/crm/v3/pipelines/deals").json()["results"]) == 1
    emulator.close()


PROPERTIES = "/crm/v3/properties/companies"
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "batch", "label", "formula", "archive", "group", "stage", "record"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


def _take(client: httpx.Client, kind: str, number: int) -> None:
    """Make one call that changes definitions; the portal may refuse it."""
    name = f"p{number}"
    plain = {"label": name, "type": "number", "fieldType": "number", "groupName": "companyinformation"}
    unique = {"type": "string", "fieldType": "text", "hasUniqueValue": number == 1}
    match kind:
        case "create":
            client.post(PROPERTIES, json={**plain, **unique, "name": name})
        case "batch":
            inputs = [{**plain, "name": f"p{n}"} for n in range(number + 1)]
            client.post(f"{PROPERTIES}/batch/create", json={"inputs": inputs})
        case "label":
            client.patch(f"{PROPERTIES}/{name}", json={"label": f"Label {number}"})
        case "formula":
            formula = f"p{(number + 1) % 3} + numberofemployees"
            client.patch(f"{PROPERTIES}/{name}", json={"calculationFormula": formula})
        case "archive":
            client.delete(f"{PROPERTIES}/{name}")
        case "group":
            client.post(f"{PROPERTIES}/groups", json={"name": f"g{number}", "label": "G"})
        case "stage":
            body = {"label": name, "displayOrder": number, "metadata": {"probability": "0.3"}}
            client.post("/crm/v3/pipelines/deals/default/stages", json=body)
        case _:
            client.post("/crm/v3/objects/companies", json={"properties": {"name": "N", name: "7"}})


@settings(max_examples=40, deadline=None)
@given(_STEPS)
def test_what_is_remembered_of_definitions_is_what_is_stored(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "portal.db"
        emulator = Emulator(path)
        emulator.ensure_portal(1)
        with client_of(emulator) as client:
            for kind, number in steps:
                _take(client, kind, number)
        other = Emulator(path)  # reads all data from the file
        asked = (
            *(PROPERTIES, f"{PROPERTIES}?archived=true", f"{PROPERTIES}/groups"),
            *("/crm/v3/pipelines/deals", "/crm/v3/properties/deals"),
        )
        with client_of(emulator) as warm, client_of(other) as cold:
            for url in asked:
                assert warm.get(url).json() == cold.get(url).json()
        emulator.close()
        other.close()
