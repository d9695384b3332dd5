"""A small project that needs every kind of call, its portal on a port, and checks after a kill."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from reconciler.emulator.serve import running
from reconciler.encryption import KEY_VARIABLE, decrypt, is_encrypted
from tests.crash.forked import run_forked
from tests.support.projects import PORTAL, ROOT, Done, Project, Recorder
from tests.support.states import open_state

SETTINGS = f"""version: 1
manifests: [.]
state: ${{RECONCILER_STATE}}
environments:
  live:
    portal_id: {PORTAL}
    token: ${{HUBSPOT_TOKEN}}
    base_url: ${{RECONCILER_URL}}
    api_version: "2026-09"
"""
APPLY = ("--auto-approve", "--allow", "archive=4", "--allow", "update=14", "--allow", "create=14")
"""Options that let the guards accept the story, which changes nearly everything in a small portal."""

WATCHED = {
    "companies": ("external_id", ["name", "phone", "city", "lifecyclestage"]),
    "products": ("hs_sku", ["name", "price", "description"]),
    "tickets": ("external_id", ["subject", "content"]),
    "goal_targets": ("external_id", ["hs_goal_name", "hs_target_amount"]),
}
_KEY = {"label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {
        "companies": [_KEY | {"name": "external_id", "groupName": "companyinformation"}],
        "tickets": [_KEY | {"name": "external_id", "groupName": "ticketinformation"}],
        "goal_targets": [_KEY | {"name": "external_id", "groupName": "goal_target_information"}],
    },
    "association_labels": [
        {"from": "companies", "to": "companies", "name": "partner", "label": "Partner"},
        {"from": "companies", "to": "tickets", "name": "paying", "label": "Paying"},
    ],
    "records": {
        "companies": [
            {
                "id": f"70{n}",
                "properties": {"external_id": f"adopted-{n}", "name": f"Adopted {n}", "city": "Ulm"},
            }
            for n in range(4)
        ],
        "products": [{"properties": {"hs_sku": f"sku-{n}", "name": f"Old {n}"}} for n in range(4)],
        "tickets": [
            {
                "id": "800",
                "properties": {"external_id": "ticket-0", "subject": "Old", "hs_pipeline_stage": "1"},
            }
        ],
    },
    "associations": [
        {
            "from": {"type": "companies", "id": f"70{n}"},
            "to": {"type": "tickets", "id": "800"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 340}],
        }
        for n in range(2)
    ],
}
BEFORE = """object: companies
key: external_id
records:
""" + "".join(
    f"  {kind}-{n}: {{name: {kind} {n}{associated}}}\n"
    for kind, associated in (
        ("changed", ", $associations: {tickets: [{by: external_id, to: ticket-0, label: Paying}]}"),
        ("leaving", ""),
    )
    for n in range(4)
)
BEFORE += """\
  moved: {name: Moved, $protect: true}
  swapped-0: {name: Swapped 0, $protect: true}
  swapped-1: {name: Swapped 1}
  stepping: {name: Stepping, lifecyclestage: customer}
"""
SWAPPED = ("swapped-0", "swapped-1")
"""Keys that people exchange between the two applies."""
AFTER = (
    """object: companies
key: external_id
prune: true
records:
"""
    + "".join(
        f"  new-{n}: {{name: New {n}, phone: 030 {n}, $associations: {{tickets: [ticket-1, "
        "{to: ticket-2, label: Paying}]}}\n"
        for n in range(7)
    )
    + "".join(
        f"  changed-{n}: {{name: Changed {n}, city: Bonn, $associations: {{tickets: [ticket-{n}]}}}}\n"
        for n in range(4)
    )
    + "".join(
        f"  adopted-{n}: {{name: Adopted {n}, $associations: {{tickets: [ticket-0]}}}}\n" for n in range(4)
    )
    + """\
  at-rest: {name: Moved, $renamed_from: moved, $protect: true, $associations: {tickets: [ticket-1]}}
  swapped-0: {name: Now 0, $associations: {tickets: [ticket-1]}}
  swapped-1: {name: Now 1, $protect: true}
  stepping: {name: Stepping back, lifecyclestage: lead}
---
object: products
key: hs_sku
write: update
records:
"""
    + "".join(f"  sku-{n}: {{name: New {n}, description: null}}\n" for n in range(4))
    + """---
object: tickets
key: external_id
write: upsert
records:
"""
    + "".join(f"  ticket-{n}: {{subject: New, hs_pipeline_stage: New}}\n" for n in range(4))
    + """---
object: goal_targets
key: external_id
records:
"""
    + "".join(f"  goal-{n}: {{hs_goal_name: Goal {n}, hs_target_amount: {n}00}}\n" for n in range(4))
)


@dataclass(frozen=True)
class World:
    """A project, the portal to which it writes, and the place of its state."""

    project: Project
    portal: Recorder
    state: str
    allowed: tuple[str, ...] = APPLY  # options of ``apply``

    def spawn(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start the launcher with ``arguments`` in its own process."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launcher", *arguments],
            cwd=ROOT,
            env={**clean_environment(), **self.project.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def apply(self, point: int, *more: str) -> Done:
        """Run ``apply`` in a process that is killed at ``point``; 0 means never."""
        folder = str(self.project.folder)
        arguments = ("-C", folder, "apply", *self.allowed, "--parallelism", "2", *more)
        return run_forked(point, arguments, {**clean_environment(), **self.project.environ}, timeout_s=120)

    def records(self) -> Mapping[str, list[str]]:
        """Return the records and associations of the portal, archived records too; sorted, without ids."""
        found = {name: sorted(map(str, self._records(name))) for name in WATCHED}
        return found | {"associations": sorted(map(str, self._associations()))}

    def ids(self) -> Mapping[tuple[str, str], str]:
        """Return the ids of records that are not archived, by object type and key."""
        return {
            (name, record["properties"][by]): record["id"]
            for name, (by, _) in WATCHED.items()
            for record in self._listed(name, archived=False)
            if record["properties"].get(by)
        }

    def swap(self) -> None:
        """Exchange the keys of two companies, as other people may do."""
        one, other = (self.ids()["companies", key] for key in SWAPPED)
        for record_id, key in ((one, "on its way"), (other, SWAPPED[0]), (one, SWAPPED[1])):
            http().patch(
                f"{self.project.environ['RECONCILER_URL']}/crm/v3/objects/companies/{record_id}",
                json={"properties": {"external_id": key}},
                headers={"Authorization": f"Bearer {self.project.environ['HUBSPOT_TOKEN']}"},
            ).raise_for_status()

    def protected(self) -> Mapping[tuple[str, str], bool]:
        """Return whether each record is protected according to state, by object type and key."""
        document = json.loads(self.run("state", "export").out)
        return {(entry["object"], entry["key"]): entry["protected"] for entry in document["owned"]}

    def owned(self) -> Mapping[tuple[str, str], tuple[str, str, Mapping[str, str | None]]]:
        """Return the content of state by object type and key."""
        document = json.loads(self.run("state", "export").out)
        return {
            (entry["object"], entry["key"]): (entry["origin"], entry["record_id"], entry["sent"])
            for entry in document["owned"]
        }

    def owned_pairs(self) -> list[tuple[str, ...]]:
        """Return the associations in state, sorted.

        Each has both keys, the label, and the origin. Ids are as in the portal.
        """
        document = json.loads(self.run("state", "export").out)
        ids = self.ids()
        pairs = []
        for pair in document["pairs"]:
            one, other = (pair["object"], pair["key"]), (pair["target"]["object"], pair["target"]["key"])
            assert (ids[one], ids[other]) == (pair["record_id"], pair["target_id"])
            label = pair["label"]["text"] if pair["label"] else ""
            pairs.append((*one, *other, label, pair["origin"], str(pair["whole"])))
        return sorted(pairs)

    def run(self, *arguments: str) -> Done:
        """Run the command line within this process."""
        return self.project.run(*arguments)

    def _records(self, name: str) -> Iterator[tuple[str | None, ...]]:
        by, names = WATCHED[name]
        for archived in (False, True):
            for record in self._listed(name, archived=archived):
                values = record["properties"]
                yield ("archived" if archived else "live", values.get(by), *map(values.get, names))

    def _associations(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield the keys of companies and tickets that are associated, and the labels."""
        keys = {(name, record_id): key for (name, key), record_id in self.ids().items()}
        companies = [record_id for name, record_id in keys if name == "companies"]
        answer = http().post(
            f"{self.project.environ['RECONCILER_URL']}/crm/v4/associations/companies/tickets/batch/read",
            json={"inputs": [{"id": record_id} for record_id in companies]},
            headers={"Authorization": f"Bearer {self.project.environ['HUBSPOT_TOKEN']}"},
        )
        answer.raise_for_status()
        for page in answer.json()["results"]:
            for to in page["to"]:
                labels = tuple(kind["label"] for kind in to["associationTypes"] if kind["label"])
                company = keys["companies", page["from"]["id"]]
                yield company, keys["tickets", str(to["toObjectId"])], labels

    def _listed(self, name: str, *, archived: bool) -> list[dict[str, Any]]:
        by, names = WATCHED[name]
        answer = http().get(
            f"{self.project.environ['RECONCILER_URL']}/crm/v3/objects/{name}",
            params={"properties": ",".join([by, *names]), "limit": "100", "archived": str(archived).lower()},
            headers={"Authorization": f"Bearer {self.project.environ['HUBSPOT_TOKEN']}"},
        )
        answer.raise_for_status()
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


@cache
def http() -> httpx.Client:
    """Return the HTTP client of the tests, which is shared because creating one takes longer than a call."""
    return httpx.Client()


def clean_environment() -> dict[str, str]:
    """Return the environment without variables that this program reads."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RECONCILER_", "HUBSPOT_")) and name != "CI"
    }


@contextmanager
def world(
    folder: Path,
    state: str,
    portal_file: Path | None,
    seed: Mapping[str, Any] = SEED,
    allowed: tuple[str, ...] = APPLY,
) -> Iterator[World]:
    """Yield a new world in ``folder``; its portal is in a file, or in memory for None."""
    portal = Recorder(portal_file)
    portal.ensure_portal(PORTAL, seed)
    try:
        with running(portal) as url:
            project = Project(
                folder,
                {"RECONCILER_STATE": state, "RECONCILER_URL": url, "HUBSPOT_TOKEN": portal.token(PORTAL)}
                | ({KEY_VARIABLE: "k" * 44} if state.startswith("git:") else {}),
            )
            project.write("reconciler.yaml", SETTINGS)
            yield World(project, portal, state, allowed)
    finally:
        portal.close()


@dataclass(frozen=True)
class Beginning:
    """Portal and state after ``BEFORE`` was applied, and the result of applying ``AFTER`` without a kill."""

    folder: Path
    export: str
    records: Mapping[str, Any]
    owned: Mapping[tuple[str, str], tuple[str, Mapping[str, str | None]]]
    protected: Mapping[tuple[str, str], bool]
    older: Mapping[tuple[str, str], str]  # ids of records at the beginning, by their keys at the end
    pairs: list[tuple[str, ...]]
    changes: Counter[tuple[str, str]]
    points: tuple[str, ...]  # names of the points that a run passes, in order
    name = "records"

    @contextmanager
    def again(self, folder: Path, new_database: Callable[[], str] | None = None) -> Iterator[World]:
        """Yield a copy of the portal and state after ``BEFORE``, ready to apply ``AFTER``.

        The state is in PostgreSQL if a database is given.
        """
        with world_again(self.folder, folder, self.export, new_database) as made:
            made.project.write("records.yaml", AFTER)
            yield made

    def check(self, made: World) -> None:
        """Check that the result is the same as without a kill."""
        check(made, self)


@contextmanager
def world_again(
    kept: Path, folder: Path, export: str, new_database: Callable[[], str] | None, **more: Any
) -> Iterator[World]:
    """Yield a world with the kept portal and state; for another database, the state is imported."""
    shutil.copy(kept / "portal.db", folder / "portal.db")
    (folder / ".reconciler").mkdir()
    state = "sqlite:///.reconciler/state.db"
    if new_database is None:
        shutil.copy(kept / "state.db", folder / ".reconciler" / "state.db")
    else:
        state = new_database()
    with world(folder, state, folder / "portal.db", **more) as made:
        if new_database is not None:
            made.project.write("export.json", export)
            done = made.run("state", "import", str(folder / "export.json"))
            assert done.code == 0, done.err
        yield made


def begin(folder: Path) -> Beginning:
    """Apply the story once without a kill, and return its beginning and its result."""
    folder.mkdir(parents=True, exist_ok=True)
    with world(folder, f"sqlite:///{folder}/state.db", folder / "portal.db") as made:
        made.project.write("records.yaml", BEFORE)
        done = made.run("apply", *APPLY)
        assert done.code == 0, done.out + done.err
        made.swap()
        export, there = made.run("state", "export").out, set(made.ids().values())
    start = Beginning(folder, export, {}, {}, {}, {}, [], Counter(), ())
    (folder / "undisturbed").mkdir()
    with start.again(folder / "undisturbed") as made:
        done = made.apply(0)
        assert done.code == 0, done.out + done.err
        assert made.run("plan").out.startswith("No changes.")
        owned = {key: (origin, sent) for key, (origin, _, sent) in made.owned().items()}
        points = points_of(done)
        older = {key: id_ for key, (_, id_, _) in made.owned().items() if id_ in there}
        return Beginning(
            folder,
            export,
            made.records(),
            owned,
            made.protected(),
            older,
            made.owned_pairs(),
            applied(made),
            tuple(points),
        )


def points_of(done: Done) -> list[str]:
    """Return the names of the points that a run has passed."""
    return [line.split(" ", 2)[2] for line in done.err.splitlines() if line.startswith("point ")]


def applied(made: World) -> Counter[tuple[str, str]]:
    """Return how often each change was applied, in all runs since the beginning."""
    counts: Counter[tuple[str, str]] = Counter()
    with closing(open_state(made.state, made.project.folder, PORTAL, made.project.environ)) as store:
        assert store.unfinished() == ()
        for header in store.runs():
            assert header.status in {"finished", "interrupted"}
            run = store.run(header.id)
            accounting = dict(run.accounting())
            assert accounting.pop("planned") == sum(accounting.values())
            assert accounting["unknown"] == 0
            counts.update(
                (
                    row.action,
                    f"{row.address} {row.target.text if row.target else ''} {row.label or ''}".strip(),
                )
                for row in run.rows
                if row.outcome == "applied"
            )
    return counts


def check(made: World, start: Beginning) -> None:
    """Check that nothing was lost or done twice: the result is the same as without a kill."""
    assert made.records() == start.records
    owned = made.owned()
    assert {key: (origin, sent) for key, (origin, _, sent) in owned.items()} == start.owned
    assert made.protected() == start.protected
    assert {key: record_id for key, (_, record_id, _) in owned.items() if key in start.older} == start.older
    assert made.owned_pairs() == start.pairs
    ids = made.ids()
    assert {key: record_id for key, (_, record_id, _) in owned.items()} == {key: ids[key] for key in owned}
    assert +(applied(made) - _FIRST_RUN) == +(start.changes - _FIRST_RUN)
    planned = made.run("plan")
    assert planned.out.startswith("No changes."), planned.out + planned.err
    check_reports(made)


def check_reports(made: World) -> None:
    """Check that every run has a report, even a killed one, and that it agrees with the journal."""
    lacking = []
    ids = [entry["id"] for entry in made.run("runs", "list", "--json").document]
    for run_id in ids:
        report = made.project.folder / ".reconciler" / "reports" / f"{run_id}.json"
        reported = made.run("runs", "show", run_id, "--json", "--values", "show")
        assert reported.code == 0
        if report.exists():
            written = report.read_bytes()
            if is_encrypted(written):
                written = b"".join(decrypt([written], [made.project.environ[KEY_VARIABLE]]))
            assert written.decode() == reported.out
        else:
            lacking.append(run_id)
    # The report of the first run is in another folder (SQLite), or in a folder that was deleted (git).
    elsewhere = ids[-1:] if made.state.startswith(("sqlite", "git")) else []
    assert lacking in ([], elsewhere)


_FIRST_RUN = Counter(
    {("create", f"companies/{kind}-{n}"): 1 for kind in ("changed", "leaving") for n in range(4)}
    | {("create", f"companies/{key}"): 1 for key in ("moved", "stepping", *SWAPPED)}
    | {("associate", f"companies/changed-{n} tickets/ticket-0 Paying"): 1 for n in range(4)}
)
"""Changes that were applied before the story begins; an imported state does not contain them."""


def recover(made: World) -> None:
    """Do what a person does after a kill: unlock and apply again; if state is in git, in a new clone."""
    if made.state.startswith("git:"):
        shutil.rmtree(made.project.folder / ".reconciler")
    assert made.run("unlock").code == 0
    done = made.run("apply", *made.allowed)
    assert done.code == 0, done.out + done.err
