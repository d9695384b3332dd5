"""For any manifests, state and portal, the plan writes what the table of verdicts requires, and no more.

The table is repeated here, from ``docs/verdicts.md`` and not from the code.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest.load import load_manifests
from reconciler.model.desired_records import DesiredRecord, Drift, Ownership, Prune
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.selection import EVERYTHING, Glob
from reconciler.plan.change import Action, Reason
from reconciler.plan.file.format import digest_of
from reconciler.plan.plan import Plan
from tests.plan.worlds import World, worlds

Writes: TypeAlias = dict[tuple[str, str], Mapping[str, str | None]]
"""The written properties, by action and key."""


def same(name: str, left: str | None, right: str | None) -> bool:
    """Return whether HubSpot treats two texts as the same value."""
    if left is None or right is None:
        return left is right
    if name == "annualrevenue":
        return Decimal(left) == Decimal(right)
    if name == "phone":
        return re.sub(r"\D", "", left) == re.sub(r"\D", "", right)
    return left == right


def reported(globs: tuple[Glob, ...], key: str, name: str | None = None) -> bool:
    """Return whether one of the globs matches this record, or this property of it."""
    for glob in globs:
        record, mark, of = glob.text.partition("#")
        if fnmatchcase(f"companies/{key}", record) and (
            not mark or (name is not None and fnmatchcase(name, of))
        ):
            return True
    return False


def is_due(
    world: World, known: OwnedRecord | None, record: DesiredRecord, name: str, live: str | None
) -> bool:
    """Return whether the table of verdicts requires that a property of an existing record is written."""
    desired = values_of(record)[name]
    if record.document.ownership_of(name) is not Ownership.ENFORCE or same(name, live, desired):
        return False
    git_decides = world.drift is Drift.REVERT or reported(world.take, record.key, name)
    if known is None or name not in known.sent:
        return git_decides or live is None  # adopt
    answered = known.answered.get(name, known.sent[name])
    if same(name, live, answered):
        # Nobody changed the value in HubSpot. If the manifest did not change it either, the live value is
        # HubSpot's spelling of it, and nothing is written. Otherwise the verdict is "changed".
        return not same(name, desired, known.sent[name])
    return git_decides  # drift, conflict


def values_of(record: DesiredRecord) -> Mapping[str, str | None]:
    """Return the values of one record in a manifest, by property."""
    pairs = zip(record.names, record.values, strict=True)
    return {name: value for name, value in pairs if not isinstance(value, tuple)}


def expected(world: World) -> Writes:
    """Return the writes that the table of verdicts requires if everything is selected."""
    by_key = {held["external_id"]: (record_id, held) for record_id, held in world.live.items()}
    writes: Writes = {}
    for record in world.records:
        old = record.special.renamed_from or "no such key"
        found, old_found = by_key.get(record.key), by_key.get(old)
        known = [world.owned[key] for key in (record.key, old) if key in world.owned]
        if record.special.is_absent:
            if found and not any(owned.is_protected for owned in known):
                writes["archive", record.key] = {}
        elif found is None and old_found is None:
            if not known or reported(world.recreate, record.key):
                writes["create", record.key] = new_values(record)
        elif found is None or old_found is None:  # otherwise these are two records, which is a problem
            record_id, held = found or old_found or ("", {})
            ours = next((owned for owned in known if owned.record_id == record_id), None)
            due = {n: v for n, v in values_of(record).items() if is_due(world, ours, record, n, held.get(n))}
            due |= {"external_id": record.key} if found is None else {}
            writes |= {("update", record.key): due} if due else {}
    return writes | {("archive", key): {} for key in pruned(world)}


def new_values(record: DesiredRecord) -> Mapping[str, str | None]:
    """Return the values for creating a record: all that are not empty or only observed."""
    rule = record.document.ownership_of
    return {
        name: value
        for name, value in values_of(record).items()
        if value is not None and rule(name) is not Ownership.OBSERVE
    }


def pruned(world: World) -> Iterator[str]:
    """Return the keys of owned records that no manifest names, and that are to be archived."""
    named = {record.key for record in world.records}
    named |= {record.special.renamed_from for record in world.records if record.special.renamed_from}
    for record_id, held in world.live.items():
        owned = world.owned.get(held["external_id"] or "")
        if owned is None or owned.record_id != record_id or owned.key.value in named or owned.is_protected:
            continue
        if world.prune is Prune.ALL or (world.prune is Prune.OURS and owned.origin is Origin.CREATED):
            yield owned.key.value


def planned(plan: Plan) -> Writes:
    """Return the writes in a plan."""
    return {
        (str(change.action), change.record.value): {value.name: value.after for value in change.values}
        if change.action in {Action.CREATE, Action.UPDATE}
        else {}
        for change in plan.changes
        if change.action in {Action.CREATE, Action.UPDATE, Action.ARCHIVE}
    }


@settings(max_examples=300)
@given(worlds())
def test_writes_follow_the_table(world: World) -> None:
    assert planned(world.plan()) == expected(world)


@settings(max_examples=200)
@given(worlds(with_selection=True))
def test_a_selection_writes_the_same_and_only_what_it_selects(world: World) -> None:
    everything = planned(replace(world, selection=EVERYTHING).plan())
    target, exclude = world.selection.target, world.selection.exclude
    for (action, key), values in planned(world.plan()).items():
        assert not reported(tuple(g for g in exclude if g.name is None), key)
        whole = tuple(glob for glob in target if glob.name is None)
        assert action == "update" or not target or reported(whole, key)
        for name, value in values.items():
            assert name == "external_id" or not target or reported(target, key, name)
            assert not reported(exclude, key, name)
            assert everything[action, key][name] == value


@settings(max_examples=200)
@given(worlds())
def test_applying_twice_equals_applying_once(world: World) -> None:
    first = world.plan()
    once = world.after(first)
    second = once.plan()
    assert not second.writes, second.changes
    twice = once.after(second)
    assert (twice.live, twice.plan().changes) == (once.live, ())


@settings(max_examples=60)
@given(worlds(), st.data())
def test_the_order_of_files_and_records_makes_no_difference(world: World, data: st.DataObject) -> None:
    """The distribution of records over files and documents, and the names of files, do not matter."""
    digests = set()
    for _ in range(2):
        files: dict[str, list[str]] = {"a.yaml": [], "z.yaml": [], "m/b.yaml": []}
        for record in data.draw(st.permutations(world.records)):
            files[data.draw(st.sampled_from(list(files)))].append(as_yaml(record))
        with tempfile.TemporaryDirectory() as folder:
            for name, documents in files.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text("---\n".join(documents))
            loaded = load_manifests(Path(folder), ["."], "local", ["local"])
        records = tuple(loaded.records_of("companies", "external_id"))
        digests.add(digest_of(replace(world, records=records, files=loaded.files).plan()))
    assert digests == {digest_of(world.plan())}


def as_yaml(record: DesiredRecord) -> str:
    """Return a YAML document with one record."""
    said = {name: json.dumps(value) for name, value in values_of(record).items()}
    special = record.special
    said |= {"$absent": "true"} if special.is_absent else {}
    said |= {"$renamed_from": special.renamed_from} if special.renamed_from else {}
    said |= {"$protect": json.dumps(special.protect)} if special.protect is not None else {}
    lines = ", ".join(f"{name}: {text}" for name, text in said.items())
    owners = ", ".join(f"{name}: {owner}" for name, owner in record.document.ownership.items())
    head = f"object: companies\nkey: external_id\nownership: {{{owners}}}\n"
    return f"{head}records:\n  {record.key}: {{{lines}}}\n"


@settings(max_examples=100)
@given(worlds(), st.data())
def test_records_that_nobody_names_make_no_difference(world: World, data: st.DataObject) -> None:
    edited = {
        record_id: {**held, "industry": data.draw(st.sampled_from(["SENSORS", "PRINTING", None]))}
        for record_id, held in world.live.items()
    }
    assert digest_of(replace(world, live=edited).plan()) == digest_of(world.plan())


def test_worlds_meet_every_action_and_every_reason() -> None:
    """The random worlds contain every action and every reason."""
    seen: set[str] = set()

    @settings(max_examples=300, database=None, derandomize=True)
    @given(worlds())
    def collect(world: World) -> None:
        for change in world.plan().changes:
            seen.update((change.action, change.reason))
            if change.action is Action.UPDATE:
                seen.update(value.reason for value in change.values)

    collect()
    assert seen >= {Action.CREATE, Action.UPDATE, Action.ARCHIVE, Action.ADOPT, Action.RELEASE}
    assert seen >= {
        Reason.MISSING,
        Reason.CHANGED,
        Reason.DRIFT,
        Reason.CONFLICT,
        Reason.ADOPT,
        Reason.RENAMED,
        Reason.RECREATED,
        Reason.ABSENT,
        Reason.PRUNED,
        Reason.IN_STEP,
    }
