"""Random lives of a small project: people edit, answers get lost, applies die; promises hold."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reconciler.cli.exits import Exit
from reconciler.emulator import faults
from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.state.store import open_state
from tests.support.projects import PORTAL, Project

KEYS = ("acme", "globex", "initech")
NAMED = ("name", "city")
UNNAMED = "phone"
KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {"companies": [KEY | {"groupName": "companyinformation"}]},
    "records": {
        "companies": [
            {"id": "9001", "properties": {"external_id": "acme", "name": "Acme", "phone": "1"}},
            {"id": "9002", "properties": {"name": "Nobody names it", "phone": "2"}},
        ]
    },
}
SETTINGS = f"version: 1\nenvironments:\n  it: {{portal_id: {PORTAL}, token: '${{TOKEN}}'}}\n"
LIFTED = tuple(
    part for guard in ("update", "create", "clear", "empty") for part in ("--allow", f"{guard}=99")
)
"""Guards are about large shares, and here nearly everything is one."""

LOSSES = ("drop_before", "drop_after", "cut_body", "result_left_out", "bad_gateway_html")

keys, texts = st.sampled_from(KEYS), st.sampled_from(["red", "green", "blue"])


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the program's catches it."""


@contextmanager
def through(emulator: Emulator, dies_at: int) -> Iterator[None]:
    """Every call of the program's goes to ``emulator``; the n-th never returns. 0: all do."""
    transport = EmulatorTransport(emulator, PORTAL)
    send = httpx.HTTPTransport.handle_request
    calls = 0

    def handle(_self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise Killed
        response = transport.handle_request(request)
        response.read()
        if calls == -dies_at:
            raise Killed
        return response

    vars_of: Any = httpx.HTTPTransport
    vars_of.handle_request = handle
    try:
        yield
    finally:
        vars_of.handle_request = send


class Lives(RuleBasedStateMachine):
    """The manifest as a dict, what people made of the rest, and an emulator."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.emulator = Emulator(None)
        self.emulator.ensure_portal(PORTAL, SEED)
        self.project = Project(self.folder, {"TOKEN": self.emulator.token(PORTAL)})
        self.project.write("reconciler.yaml", SETTINGS)
        self.manifest: dict[str, dict[str, str]] = {}
        self.phones = {"acme": "1"}
        self.archived_by_people: set[str] = set()
        self.ever_named: set[str] = set()

    def teardown(self) -> None:
        self.emulator.close()
        shutil.rmtree(self.folder)

    @rule(key=keys, name=st.sampled_from(NAMED), text=texts)
    def name_it(self, key: str, name: str, text: str) -> None:
        """A manifest names a property."""
        self.manifest.setdefault(key, {"name": text})[name] = text  # no company without a name
        self.ever_named.add(key)

    @rule(key=keys)
    def leave_it_out(self, key: str) -> None:
        """A manifest names a record no longer; nobody asked for pruning."""
        self.manifest.pop(key, None)

    @rule(key=keys, name=st.sampled_from([*NAMED, UNNAMED]), text=texts)
    def people_edit(self, key: str, name: str, text: str) -> None:
        """Somebody types into HubSpot."""
        found = self.live().get(key)
        if found is not None:
            with self.people() as http:
                path = f"/crm/v3/objects/companies/{found['hs_object_id']}"
                http.patch(path, json={"properties": {name: text}}).raise_for_status()
            if name == UNNAMED:
                self.phones[key] = text

    @rule(kind=st.sampled_from(LOSSES), call=st.sampled_from(["upsert", "update"]), count=st.integers(1, 4))
    def apply_while_answers_get_lost(self, kind: str, call: str, count: int) -> None:
        """The network has a bad day."""
        self.emulator.add_fault(faults.parse(f"{kind}:path=*/batch/{call},count={count}"))
        assert self.apply() in {Exit.OK, Exit.ERROR, Exit.NOT_APPLIED}
        self.emulator.clear_faults()

    @rule(dies_at=st.integers(-14, 14))
    def apply_and_die(self, dies_at: int) -> None:
        """The process ends before a call leaves, or after it was answered."""
        try:
            self.apply(dies_at)
        except Killed:
            self.project.run("unlock")

    @rule()
    def apply_in_peace(self) -> None:
        """A good day: everything comes true, and then there is nothing to do."""
        assert self.apply() == Exit.OK
        live = self.live()
        for key, values in self.manifest.items():
            assert {name: live[key].get(name) for name in values} == values
        with through(self.emulator, 0):
            done = self.project.run("plan")
        assert done.out.startswith("No changes."), done.out
        self.accounting_closes(is_settled=True)

    @invariant()
    def nobody_elses_data_is_touched(self) -> None:
        """Properties and records that no manifest ever named are as people left them; nothing is archived."""
        with self.people() as http:
            other = http.get("/crm/v3/objects/companies/9002", params={"properties": "name,phone"}).json()
            archived = http.get("/crm/v3/objects/companies", params={"archived": "true"}).json()["results"]
        assert (other["properties"]["name"], other["properties"]["phone"]) == ("Nobody names it", "2")
        assert archived == []
        for key, record in self.live().items():
            assert record.get(UNNAMED) == self.phones.get(key)
            assert key in self.ever_named | {"acme"}

    @invariant()
    def accounts_add_up(self) -> None:
        """Of every run, at any time."""
        self.accounting_closes(is_settled=False)

    def accounting_closes(self, *, is_settled: bool) -> None:
        with closing(open_state("sqlite:///.reconciler/state.db", self.folder, PORTAL)) as store:
            for header in store.runs():
                counts = dict(store.run(header.id).accounting())
                assert counts.pop("planned") == sum(counts.values())
                assert not is_settled or counts["unknown"] == 0
            assert not is_settled or store.unfinished() == ()

    def apply(self, dies_at: int = 0) -> int:
        records = "".join(f"  {key}: {values}\n" for key, values in sorted(self.manifest.items()))
        head = "object: companies\nkey: external_id\nrecords:"
        self.project.write("companies.yaml", f"{head}\n{records}" if records else f"{head} {{}}\n")
        with through(self.emulator, dies_at):
            return self.project.run("apply", "--auto-approve", *LIFTED).code

    def live(self) -> Mapping[str, Mapping[str, str | None]]:
        """Records with a key; a key is there once at the most."""
        params = {"properties": "external_id,name,city,phone", "limit": "100"}
        with self.people() as http:
            results = http.get("/crm/v3/objects/companies", params=params).json()["results"]
        held = [record["properties"] for record in results if record["properties"].get("external_id")]
        found = {values["external_id"]: values for values in held}
        assert len(found) == len(held)
        return found

    @contextmanager
    def people(self) -> Iterator[httpx.Client]:
        transport = EmulatorTransport(self.emulator, PORTAL)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http:
            yield http


TestLives = Lives.TestCase
_ON_DEMAND = os.environ.get("RECONCILER_TEST_EXAMPLES")
TestLives.settings = settings(
    max_examples=int(_ON_DEMAND or "12"),
    stateful_step_count=10,
    deadline=None,
    derandomize=_ON_DEMAND is None,  # the same lives every time, unless somebody asks for others
)
