"""The small project of the random tests: manifests, a portal that people edit, and the state."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy.engine.default import DefaultDialect

from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.model.associations import OwnedAssociation
from reconciler.model.owned import OwnedRecord
from reconciler.state.run_types import RunStatus
from reconciler.state.store import open_state
from tests.crash.table import Id, Look, Name, Wanted, other_of
from tests.support.projects import PORTAL, Done, Project, Recorder

BY: Final = {"companies": "external_id", "contacts": "email", "car": "vin"}
"""Object types, each with its key property."""

NAMES: Final = {
    "companies": ("name", "city", "annualrevenue", "about"),
    "contacts": ("firstname", "city", "mobilephone"),
    "car": ("colour", "city", "about", "mobilephone"),
}
"""Properties that manifests may name, by object type."""

OTHERS: Final = ("contacts", "car")
"""Object types whose records are associated with companies."""

UNNAMED: Final = "phone"
"""A property that manifests never name."""

KEYS: Final = {
    "companies": ("acme", "globex", "was-acme"),
    "contacts": ("ada@acme.example", "bob@acme.example"),
    "car": ("beetle", "golf"),
}
CALLED: Final = ("car", "2-777", f"p{PORTAL}_car")
"""Texts by which manifests may name the custom object type: its name, its id and its qualified name."""
PATHS: Final = {kind: kind for kind in BY} | {"car": CALLED[1]}
"""Object types, each with its name in HubSpot's paths."""
_UNIQUE: Final = {"label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
_TRIM: Final = {"ruleType": "WHITESPACE", "ruleArguments": ["TRIM"], "shouldApplyNormalization": True}
_DIAL: Final = {
    "ruleType": "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE",
    "ruleArguments": [],
    "shouldApplyNormalization": True,
}
_ABOUT: Final = {"name": "about", "label": "About", "type": "string", "fieldType": "html"}
_CAR: Final = {
    "name": "car",
    "objectTypeId": CALLED[1],
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "vin",
    "requiredProperties": ["vin"],
    "associatedObjects": ["COMPANY"],
    "properties": [
        _UNIQUE | {"name": "vin"},
        _ABOUT,
        {"name": "colour", "label": "Colour", "type": "string", "fieldType": "text"},
        {"name": "city", "label": "Parked in", "type": "string", "fieldType": "text"},
        {"name": "mobilephone", "label": "Phone in it", "type": "string", "fieldType": "phonenumber"},
        {"name": UNNAMED, "label": "Other phone", "type": "string", "fieldType": "phonenumber"},
    ],
}
_SEED: Final[dict[str, Any]] = {
    "version": 1,
    "schemas": [_CAR],
    "validations": {
        "companies": {"city": [_TRIM]},
        "contacts": {"city": [_TRIM], "mobilephone": [_DIAL]},
        PATHS["car"]: {"city": [_TRIM], "mobilephone": [_DIAL]},
    },
    "properties": {
        "companies": [
            _UNIQUE | {"name": "external_id", "groupName": "companyinformation"},
            _ABOUT | {"groupName": "companyinformation"},
        ],
    },
}
_LIFTED: Final = tuple(
    part
    for guard in ("update", "create", "clear", "empty", "archive", "absent")
    for part in ("--allow", f"{guard}=99")
)
"""Options that raise the limits of all guards: in this small project, nearly every change exceeds them."""


class Killed(BaseException):
    """A simulated SIGKILL: no exception handler of the program catches it."""


@dataclass
class World:
    """One project and its portal.

    Attributes:
        wanted: the records that the manifests declare.
        prune: the value of ``prune`` in the manifests, by object type.
        drift: the value of ``drift`` in the settings.
        called: the name of the custom object type in each of the two files with cars.
        moved: keys of the cars that are in the second file.
        twice: keys of the cars that are in both files, which is an error.
        numbered: ids of companies by key, if their file names them by id, otherwise None.
        also: ids of companies that one more file names by id, without values.
        elsewhere: how another environment names records: the lines of its manifests, by record.
    """

    wanted: dict[Name, Wanted] = field(default_factory=dict)
    prune: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BY, "false"))
    drift: str = "revert"
    called: tuple[str, str] = CALLED[:2]
    moved: frozenset[str] = frozenset({"golf"})
    twice: frozenset[str] = frozenset()
    numbered: Mapping[str, str] | None = None
    also: frozenset[str] = frozenset()
    elsewhere: dict[Name, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Create a new project, an empty portal and no state."""
        self._folder = tempfile.TemporaryDirectory()
        self.emulator = Recorder(None)
        self.emulator.ensure_portal(PORTAL, _SEED)
        self.project = Project(Path(self._folder.name), {"HUBSPOT_TOKEN": self.emulator.token(PORTAL)})

    def close(self) -> None:
        self.emulator.close()
        self._folder.cleanup()

    def run(self, *arguments: str, dies_at: int = 0) -> Done:
        """Write the manifests and run a command.

        The command is killed at point ``dies_at``, as ``_through`` describes it; 0 means never.
        """
        self._write()
        with _through(self.emulator, dies_at):
            return self.project.run(*arguments)

    def apply(self, *arguments: str, dies_at: int = 0) -> int:
        """Plan and apply with one command; return its exit code."""
        said = ("--auto-approve", "--skip-invalid", *_LIFTED, *arguments)
        return self.run("apply", *said, dies_at=dies_at).code

    def plan(self, *arguments: str) -> Done:
        return self.run("plan", "--skip-invalid", *_LIFTED, *arguments)

    @contextmanager
    def people(self) -> Iterator[httpx.Client]:
        """Yield an HTTP client of the portal, as people and other programs use it."""
        transport = EmulatorTransport(self.emulator, PORTAL)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com/crm/") as http:
            yield http

    def look(self) -> Look:
        """Read the records and associations of the portal."""
        records: dict[Id, Mapping[str, str | None]] = {}
        with self.people() as http:
            for kind, by in BY.items():
                names = (by, *NAMES[kind], UNNAMED)
                params = {"properties": ",".join(names), "limit": "100"}
                for record in http.get(f"v3/objects/{PATHS[kind]}", params=params).json()["results"]:
                    held = record["properties"]
                    others = {name: held.get(name) or None for name in names[1:]}
                    records[kind, record["id"]] = {"key": held.get(by)} | others
            inputs = [{"id": record_id} for kind, record_id in records if kind == "companies"]
            found = {
                other: http.post(
                    f"v4/associations/companies/{PATHS[other]}/batch/read", json={"inputs": inputs}
                )
                for other in OTHERS
                if inputs
            }
        pairs = {
            frozenset({("companies", result["from"]["id"]), (other, str(to["toObjectId"]))})
            for other, answer in found.items()
            for result in answer.json()["results"]
            for to in result["to"]
        }
        return Look(records, frozenset(pairs))

    def owned(self) -> tuple[Mapping[Name, OwnedRecord], Mapping[frozenset[Id], OwnedAssociation], bool]:
        """Return the records and associations in state, and whether the results of all writes are known."""
        with closing(open_state("sqlite:///.reconciler/state.db", self.project.folder, PORTAL)) as store:
            records = {
                (kind, key): record
                for kind, by in BY.items()
                for key, record in store.owned(kind, by, KEYS[kind]).items()
            }
            pairs: dict[frozenset[Id], OwnedAssociation] = {
                frozenset(
                    {
                        (pair.source.address.object, pair.source.id),
                        (pair.target.address.object, pair.target.id),
                    }
                ): pair
                for other in OTHERS
                for pair in store.pairs("companies", other)
            }
            is_running = any(run.status == RunStatus.RUNNING for run in store.runs())
            return records, pairs, not is_running and not store.unfinished()

    def owned_by_id(self) -> Mapping[Id, OwnedRecord]:
        """Return the records in state by id, whatever their key is."""
        with closing(open_state("sqlite:///.reconciler/state.db", self.project.folder, PORTAL)) as store:
            return {
                (kind, record.record_id): record
                for kind, by, count in store.owned_groups()
                for record in store.owned_in_order(kind, by, None, count)
            }

    def accounts(self) -> Sequence[Mapping[str, int]]:
        """Return the number of changes by result, for each run."""
        with closing(open_state("sqlite:///.reconciler/state.db", self.project.folder, PORTAL)) as store:
            return [store.run(header.id).accounting() for header in store.runs()]

    def _write(self) -> None:
        portal = (
            f"portal_id: {PORTAL}, token: '${{HUBSPOT_TOKEN}}', base_url: 'http://localhost', "
            f"drift: {self.drift}"
        )
        other = f"portal_id: {PORTAL + 1}, token: '${{OTHER}}', base_url: 'http://localhost'"
        both = f"it: {{{portal}}}, other: {{{other}}}"
        self.project.write("reconciler.yaml", f"version: 1\nenvironments: {{{both}}}\ndefault: it\n")
        cars = frozenset(KEYS["car"])
        self._write_document("companies.yaml", "companies", "companies", frozenset(KEYS["companies"]))
        self._write_document("contacts.yaml", "contacts", "contacts", frozenset(KEYS["contacts"]))
        self._write_document("cars.yaml", "car", self.called[0], (cars - self.moved) | self.twice)
        self._write_document("more.yaml", "car", self.called[1], self.moved | self.twice)
        for kind, by in BY.items():
            lines = "".join(
                f"  {self.elsewhere[name]}\n" for name in sorted(self.elsewhere) if name[0] == kind
            )
            head = f"object: {PATHS[kind]}\nkey: {by}\nenvironments: [other]\nrecords:\n"
            self.project.write(f"other/{kind}.yaml", head + (lines or "  {}\n"))
        lines = "".join(f"  '{record_id}': {{}}\n" for record_id in sorted(self.also))
        head = "object: companies\nkey: record_id\nenvironments: [it]\nrecords:\n"
        self.project.write("also.yaml", head + (lines or "  {}\n"))

    def _write_document(self, file: str, kind: str, called: str, keys: frozenset[str]) -> None:
        """Write a manifest with the records of ``keys``, naming the object type as ``called``."""
        named = {key: self.wanted[kind, key] for key in sorted(keys) if (kind, key) in self.wanted}
        by = BY[kind]
        if self.numbered is not None:
            ids = self.numbered
            if kind == "companies":
                by, named = "record_id", {ids[key]: wanted for key, wanted in named.items() if key in ids}
            else:
                named = {key: wanted.with_numbered(ids) for key, wanted in named.items()}
            by += "\nenvironments: [it]"  # record ids are valid in one portal only
        records = (
            "".join(f"  '{key}': {wanted.as_yaml(other_of(kind))}\n" for key, wanted in named.items())
            or "  {}\n"
        )
        head = f"object: {called}\nkey: {by}\nprune: {self.prune[kind]}\nrecords:\n"
        self.project.write(file, head + records)


@contextmanager
def _through(emulator: Recorder, dies_at: int) -> Iterator[None]:
    """Send every call of the program to ``emulator``, and kill the program at point ``dies_at``.

    Calls and commits are points, counted from 1. A positive ``dies_at`` kills before that point, a negative
    one after it, and 0 never.
    """
    transport = EmulatorTransport(emulator, PORTAL)
    send, commit = httpx.HTTPTransport.handle_request, DefaultDialect.do_commit
    passed = 0

    def die(sign: int) -> None:
        if passed * sign == dies_at:
            raise Killed

    def handle(_self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        nonlocal passed
        passed += 1
        die(1)
        response = transport.handle_request(request)
        response.read()
        die(-1)
        return response

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        nonlocal passed
        passed += 1
        die(1)
        commit(self, connection)  # type: ignore[no-untyped-call]
        die(-1)

    transports: Any = httpx.HTTPTransport
    dialects: Any = DefaultDialect
    transports.handle_request, dialects.do_commit = handle, do_commit
    try:
        yield
    finally:
        transports.handle_request, dialects.do_commit = send, commit
