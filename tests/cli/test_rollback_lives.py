"""Random runs on random portals are rolled back: old values are restored, and no later edit is lost."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from reconciler.cli.exits import ExitCode
from tests.support.projects import PORTAL, Project

_ON_DEMAND = os.environ.get("RECONCILER_TEST_EXAMPLES")
KEYS = ("acme", "globex", "initech", "umbrella")
TEXTS = ("name", "city", "phone")
NUMBER = "annualrevenue"
KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SETTINGS = f"""version: 1
environments:
  it: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
"""
GUARDS = tuple(f"--allow={guard}=99" for guard in ("update", "create", "archive", "absent", "clear", "empty"))

Values: TypeAlias = dict[str, str | None]
Live: TypeAlias = dict[str, Values]

texts = st.sampled_from(["red", "green", "7", None])
numbers = st.sampled_from(["12.10", "12.1", "13", None])
values = st.fixed_dictionaries(
    {"name": st.sampled_from(["Red", "Green"])}, optional={"city": texts, "phone": texts, NUMBER: numbers}
)
seeds = st.dictionaries(st.sampled_from(KEYS), values, max_size=3)
manifests = st.dictionaries(
    st.sampled_from(KEYS), values | st.none(), min_size=1, max_size=4
)  # None means that the record must not exist
places = st.tuples(st.sampled_from(KEYS), st.sampled_from(TEXTS))
edits = st.dictionaries(places, st.just("people's"), max_size=2)


class Life:
    """A project and its portal, with methods for the events of a test."""

    def __init__(self, folder: Path, seed: Mapping[str, Values]) -> None:
        self.project = Project(folder)
        self.project.write("reconciler.yaml", SETTINGS)
        records = [
            {"properties": {"external_id": key} | {name: text for name, text in of.items() if text}}
            for key, of in seed.items()
        ]
        document = {
            "version": 1,
            "properties": {"companies": [KEY | {"groupName": "companyinformation"}]},
            "records": {"companies": records},
        }
        self.project.write("portal.json", json.dumps(document))
        self.run("emulator", "seed")

    def run(self, *arguments: str) -> str:
        done = self.project.run(*arguments)
        assert done.code == ExitCode.OK, done.out + done.err
        return done.out

    def apply(self, manifest: Mapping[str, Values | None], renamed: Mapping[str, str]) -> None:
        records: dict[str, Any] = {
            key: {"$absent": True} if of is None else dict(of) for key, of in manifest.items()
        }
        for old, new in renamed.items():
            records[new] = dict(records.pop(old)) | {"$renamed_from": old}
        head = {"object": "companies", "key": "external_id", "prune": True, "records": records}
        self.project.write("companies.yaml", json.dumps(head, indent=1))
        self.run("apply", "--auto-approve", *GUARDS)

    def take_back(self) -> None:
        self.run("rollback", "last", "--out", str(self.project.folder / "undo.json"), *GUARDS)
        self.run("apply", "undo.json")

    def live(self) -> Live:
        """Return the records that are not archived, by record id."""
        params = {"properties": ",".join(("external_id", *TEXTS, NUMBER)), "limit": "100"}
        with self.project.portal() as http:
            answer = http.get("/crm/v3/objects/companies", params=params).raise_for_status().json()
        return {
            record["id"]: {
                name: record["properties"].get(name) or None for name in ("external_id", *TEXTS, NUMBER)
            }
            for record in answer["results"]
        }

    def edit(self, record_id: str, name: str, text: str) -> None:
        with self.project.portal() as http:
            path = f"/crm/v3/objects/companies/{record_id}"
            http.patch(path, json={"properties": {name: text}}).raise_for_status()

    def owned(self) -> dict[str, Any]:
        return {entry["key"]: entry for entry in json.loads(self.run("state", "export"))["owned"]}

    def runs(self) -> int:
        return len(json.loads(self.run("runs", "list", "--json")))


@settings(
    max_examples=int(_ON_DEMAND or "10"),
    derandomize=_ON_DEMAND is None,  # the same examples in every run, unless others are requested
    phases=[Phase.generate, Phase.shrink],
)
@given(seeds, manifests, manifests, st.booleans(), edits)
def test_written_values_are_restored_and_later_edits_stay(
    seed: Mapping[str, Values],
    first: Mapping[str, Values | None],
    second: Mapping[str, Values | None],
    renames: bool,
    edited: Mapping[tuple[str, str], str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), seed)
        life.apply({key: of for key, of in first.items() if of is not None}, {})
        before, runs = life.live(), life.runs()
        there = {of["external_id"] for of in before.values()}
        kept = {key for key, of in second.items() if of is not None and key in there}
        renamed = {key: f"{key}-2" for key in kept if renames}
        life.apply(second, renamed)
        if life.runs() == runs:
            event("nothing to do")
            return
        after, state = life.live(), life.owned()
        ids = {of["external_id"]: record_id for record_id, of in after.items()}
        for (key, name), text in edited.items():
            if renamed.get(key, key) in ids:
                life.edit(ids[renamed.get(key, key)], name, text)
        now = life.live()

        life.take_back()

        assert plain(life.live()) == plain(expected(before, after, now, second))
        if now != after:
            event("edited since")
            return
        assert life.project.run("drift").code == ExitCode.OK
        changes = life.project.run("plan", "--json").document["changes"]
        assert {change["reason"] for change in changes}.isdisjoint({"drift", "conflict"})
        event(f"{len(after.keys() - before.keys())} created, {len(before.keys() - after.keys())} archived")

        life.take_back()

        created = after.keys() - before.keys()
        assert plain(life.live()) == plain({key: of for key, of in after.items() if key not in created})
        assert life.owned() == {key: of for key, of in state.items() if of["record_id"] not in created}


def expected(before: Live, after: Live, now: Live, named: Mapping[str, Values | None]) -> Live:
    """Return the portal that must result from rolling back the run that changed ``before`` to ``after``."""
    result: Live = {}
    for record_id, of in now.items():
        made, old = after[record_id], before.get(record_id)
        if old is not None:
            result[record_id] = {name: old[name] if of[name] == made[name] else of[name] for name in of}
        else:
            written = {name for name, text in (named.get(str(made["external_id"])) or {}).items() if text}
            if any(of[name] != made[name] for name in written):
                result[record_id] = of  # archiving this record would lose edits of people
    return result


def plain(live: Live) -> Live:
    """Return ``live`` with numbers in one spelling, because the portal keeps the spelling that was sent."""
    return {
        record_id: of | {NUMBER: of[NUMBER] and str(float(of[NUMBER] or 0))} for record_id, of in live.items()
    }
