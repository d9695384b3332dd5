"""Random sequences of events in a small project: people edit, answers get lost, applies are killed.

Each sequence begins with a random portal and random manifests. The sequences are the same in every run; with
``RECONCILER_TEST_EXAMPLES=20000``, 20,000 new ones are tried instead. A sequence that breaks a promise is
printed as a script that repeats it.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from reconciler.cli.exits import ExitCode
from reconciler.emulator import faults
from reconciler.model.owned import Origin, OwnedRecord
from tests.crash.lives import BY, CALLED, KEYS, NAMES, OTHERS, PATHS, UNNAMED, Killed, World
from tests.crash.table import KEPT, Before, Held, Id, Look, Name, Wanted, other_of

LOSSES: Final = ("drop_before", "drop_after", "cut_body", "result_left_out", "bad_gateway_html")
CALLS: Final = ("upsert", "update", "archive")
REQUIRED: Final = {"companies": "name", "contacts": "firstname", "car": "colour"}
"""Properties with a value in every declared record, because HubSpot rejects records without one."""

names: Final = st.sampled_from([(kind, key) for kind in BY for key in KEYS[kind]])
cars: Final = st.sampled_from(KEYS["car"])
SPELLINGS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "by its key": lambda _, key: f"'{key}': {{}}",
    "by other letters": lambda kind, key: f"'{key.upper() if kind == 'contacts' else key}': {{}}",
    "renamed": lambda _, key: f"'new-{key}': {{$renamed_from: '{key}'}}",
}
"""Lines by which another environment may name a record; only in e-mail addresses, case does not matter."""

calls: Final = st.permutations(CALLED).map(lambda names: (names[0], names[1]))
"""Names for the custom object type, one for each of the two files with cars."""
texts: Final = st.sampled_from(["red", "green", "blü"])
rewritten: Final = {prop: st.sampled_from(sorted(texts)) for prop, texts in KEPT.items()}
"""Properties for which HubSpot may store another text than was sent."""
numbers: Final = st.sampled_from(["1.50", "1.5", "2"])


def values_of(kind: str) -> st.SearchStrategy[Held]:
    """Generate values of some or all properties that manifests may name."""
    kinds = {"annualrevenue": numbers, **rewritten}
    required = {REQUIRED[kind]: texts}
    said = {prop: kinds.get(prop, texts) for prop in NAMES[kind] if prop not in required}
    everything = st.fixed_dictionaries(required | said)
    optional = {prop: st.none() | values for prop, values in said.items()}
    return everything | st.fixed_dictionaries(required, optional=optional)


def wanted_of(kind: str) -> st.SearchStrategy[Wanted]:
    """Generate a record as a manifest declares it, mostly without special settings."""
    pairs = st.lists(st.sampled_from(KEYS[other_of(kind)]), unique=True, max_size=2).map(tuple)
    plain = st.builds(Wanted, values_of(kind), pairs=pairs)
    protected = st.builds(Wanted, values_of(kind), protect=st.booleans(), pairs=pairs)
    return st.one_of(plain, plain, protected, st.just(Wanted({}, is_absent=True)))


def some_of(kind: str, what: st.SearchStrategy[object]) -> st.SearchStrategy[Mapping[str, object]]:
    return st.dictionaries(st.sampled_from(KEYS[kind]), what)


Portal: TypeAlias = Mapping[str, Mapping[str, Held]]
Manifests: TypeAlias = Mapping[str, Mapping[str, Wanted]]

worlds: Final = st.fixed_dictionaries({kind: some_of(kind, values_of(kind)) for kind in BY})
manifests: Final = st.fixed_dictionaries({kind: some_of(kind, wanted_of(kind)) for kind in BY})


class Lives(RuleBasedStateMachine):
    """Random sequences of events in one project, with checks after each apply."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.typed: set[tuple[Id, str]] = set()  # properties that people changed after our last write
        self.fresh: set[Id] = set()  # records that our runs created and that may not be in state yet

    def teardown(self) -> None:
        self.world.close()

    @initialize(portal=worlds, manifest=manifests, called=calls)
    def begin(self, portal: Portal, manifest: Manifests, called: tuple[str, str]) -> None:
        self.world.called = called
        for kind, records in portal.items():
            for key, values in records.items():
                self.people_create((kind, key), values)
        for kind, named in manifest.items():
            self.world.wanted |= {(kind, key): wanted for key, wanted in named.items()}

    @rule(data=st.data(), name=names)
    def name_it(self, data: st.DataObject, name: Name) -> None:
        """Let a manifest declare a record."""
        self.world.wanted[name] = data.draw(wanted_of(name[0]))

    @rule(name=names)
    def leave_it_out(self, name: Name) -> None:
        """Remove a record from its manifest."""
        self.world.wanted.pop(name, None)

    @rule(name=names, form=st.sampled_from(sorted(SPELLINGS)), is_moved=st.booleans())
    def name_it_in_another_environment(self, name: Name, form: str, is_moved: bool) -> None:
        """Let a manifest of another environment name a record, and apply.

        If ``is_moved``, the manifests of this environment name the record until then, and pruning is on.
        """
        if is_moved:
            self._give_up(name)
        self.world.elsewhere[name] = SPELLINGS[form](*name)
        self._apply_and_compare()

    def _give_up(self, name: Name) -> None:
        """Apply while a manifest names the record; then remove it from the manifest, and prune."""
        if name not in self.world.wanted:
            self.world.wanted[name] = Wanted({REQUIRED[name[0]]: "red"})
        self.world.prune[name[0]] = "true"
        self._apply_and_compare()
        self.leave_it_out(name)

    @rule(name=names)
    def leave_it_out_in_another_environment(self, name: Name) -> None:
        """Remove a record from the manifest of another environment."""
        self.world.elsewhere.pop(name, None)

    @rule(key=st.sampled_from(KEYS["companies"]), is_absent=st.booleans(), is_part=st.booleans())
    def name_it_by_id_too(self, key: str, is_absent: bool, is_part: bool) -> None:
        """Let one more file name a company by its id, and apply.

        ``is_part``: the plan selects only the line that names the company by its key.
        """
        record_id = self._id_of(("companies", key))
        self.world.also = frozenset({record_id} if record_id else ())
        if is_absent:
            self.world.wanted["companies", key] = Wanted({}, is_absent=True)
        self._apply_and_compare(*(("--target", f"companies/{key}") if is_part else ()))

    @rule()
    def name_none_by_id_too(self) -> None:
        """Remove the companies from the file that names them by id."""
        self.world.also = frozenset()

    def _apply_and_compare(self, *options: str) -> None:
        before = self._before()
        self.world.apply(*options)
        self._compare(before)

    @rule(key=cars, called=calls)
    def declare_it_elsewhere(self, key: str, called: tuple[str, str]) -> None:
        """Move a car to the other file; both files get other names for the custom object type."""
        self.world.moved ^= {key}
        self.world.called = called

    @rule(key=cars)
    def declare_it_twice(self, key: str) -> None:
        """Declare a car in both files: apply must refuse this and change nothing."""
        if ("car", key) in self.world.wanted:
            before = self.world.look()
            self.world.twice = frozenset({key})
            assert self.world.apply() == ExitCode.ERROR
            self.world.twice = frozenset()
            assert self.world.look() == before

    @rule(dies_at=st.integers(-40, 40))
    def name_companies_by_id_for_a_while(self, dies_at: int) -> None:
        """Use another key property for a while: owned records must stay owned, with the same origin."""
        prune, also = self.world.prune["companies"], self.world.also
        self.world.also = frozenset()
        names = self.world.look().names
        self.world.prune["companies"] = "false"  # the manifest does not name companies without an id
        self.world.numbered = {
            key: names["companies", key][1] for key in KEYS["companies"] if ("companies", key) in names
        }
        known = self._companies()
        self.apply_and_die(dies_at)
        self._apply_and_follow(known)
        self.world.numbered = None
        known = self._companies()
        self._apply_and_follow(known)
        self.world.prune["companies"], self.world.also = prune, also

    def _companies(self) -> Mapping[Id, OwnedRecord]:
        """Return the companies that a manifest names and that are in state."""
        wanted = {
            key
            for (kind, key), wanted in self.world.wanted.items()
            if kind == "companies" and not wanted.is_absent
        }
        records = self.world.look().records
        owned = self.world.owned_by_id()
        return {
            of: owned[of]
            for of in owned.keys() & records.keys()
            if of[0] == "companies" and records[of]["key"] in wanted
        }

    def _apply_and_follow(self, known: Mapping[Id, OwnedRecord]) -> None:
        before = self._before()
        assert self.world.apply() in {ExitCode.OK, ExitCode.NOT_APPLIED}
        self._compare(before)
        owned = self.world.owned_by_id()
        for of, entry in known.items():
            assert of in owned, "what state knew of a record got lost"
            assert owned[of].origin is entry.origin

    @rule(kind=st.sampled_from(sorted(BY)), prune=st.sampled_from(["false", "true", "all"]))
    def decide_on_pruning(self, kind: str, prune: str) -> None:
        self.world.prune[kind] = prune

    @rule(drift=st.sampled_from(["revert", "hold"]))
    def decide_on_drift(self, drift: str) -> None:
        self.world.drift = drift

    @rule(name=names, index=st.integers(0, 4), text=texts, number=numbers)
    def people_edit(self, name: Name, index: int, text: str, number: str) -> None:
        """Let a person edit a property in HubSpot."""
        props = (*NAMES[name[0]], UNNAMED)
        prop = props[index % len(props)]
        typed = {"annualrevenue": number, "mobilephone": f"+49 40 {ord(text[0]):05}"}
        self._patch(name, {prop: typed.get(prop, text)})

    @rule(name=names, values=st.just({"city": "red"}))
    def people_create(self, name: Name, values: Held) -> None:
        """Let a person create the record if it does not exist."""
        kind, key = name
        if self._id_of(name) is None:
            held = {prop: text for prop, text in values.items() if text is not None}
            properties = {BY[kind]: key, REQUIRED[kind]: "Somebody", UNNAMED: "1"} | held
            with self.world.people() as http:
                http.post(f"v3/objects/{PATHS[kind]}", json={"properties": properties}).raise_for_status()

    @rule(name=names)
    def people_archive(self, name: Name) -> None:
        record_id = self._id_of(name)
        if record_id is not None:
            with self.world.people() as http:
                http.delete(f"v3/objects/{PATHS[name[0]]}/{record_id}").raise_for_status()

    @rule(name=names)
    def people_rekey(self, name: Name) -> None:
        self._patch(name, {BY[name[0]]: f"was-{name[1]}"})

    @rule(kind=st.sampled_from(sorted(BY)), data=st.data())
    def people_exchange_keys(self, kind: str, data: st.DataObject) -> None:
        """Let a person exchange the keys of two records."""
        keys = data.draw(st.permutations(KEYS[kind]))[:2]
        ids = [self._id_of((kind, key)) for key in keys]
        if None in ids:
            return
        between = "between@acme.example" if kind == "contacts" else "between"
        with self.world.people() as http:
            for record_id, key in ((ids[0], between), (ids[1], keys[0]), (ids[0], keys[1])):
                properties = {BY[kind]: key}
                self.typed.add(((kind, record_id or ""), BY[kind]))
                path = f"v3/objects/{PATHS[kind]}/{record_id}"
                http.patch(path, json={"properties": properties}).raise_for_status()

    @rule(
        one=st.sampled_from(KEYS["companies"]),
        other=st.sampled_from([(kind, key) for kind in OTHERS for key in KEYS[kind]]),
        are_parted=st.booleans(),
    )
    def people_associate(self, one: str, other: Name, are_parted: bool) -> None:
        """Let a person associate two records, or remove their association."""
        ids = self._id_of(("companies", one)), self._id_of(other)
        if None not in ids:
            path = f"v4/objects/companies/{ids[0]}/associations/{{}}{PATHS[other[0]]}/{ids[1]}"
            with self.world.people() as http:
                if are_parted:
                    http.delete(path.format("")).raise_for_status()
                else:
                    http.put(path.format("default/")).raise_for_status()

    @rule(kind=st.sampled_from(LOSSES), call=st.sampled_from(CALLS), count=st.integers(1, 4))
    def apply_while_answers_get_lost(self, kind: str, call: str, count: int) -> None:
        """Apply while answers of one call get lost."""
        before = self._before()
        self.world.emulator.add_fault(faults.parse(f"{kind}:path=*/batch/{call},count={count}"))
        assert self.world.apply() in {ExitCode.OK, ExitCode.ERROR, ExitCode.NOT_APPLIED}
        self.world.emulator.clear_faults()
        self._compare(before)

    @rule(dies_at=st.integers(-40, 40))
    def apply_and_die(self, dies_at: int) -> None:
        """Apply, and kill the process before or after a call or a commit."""
        before = self._before()
        try:
            self.world.apply(dies_at=dies_at)
        except Killed:
            self.world.run("unlock")
        self._compare(before)

    @rule(name=names, index=st.integers(0, 4), text=texts)
    def people_edit_between_plan_and_apply(self, name: Name, index: int, text: str) -> None:
        """Let a person edit after the plan was made; apply must not overwrite these values."""
        if self.world.plan("--out", "plan.json").code != ExitCode.OK:
            return
        earlier = self.world.look()
        self.people_edit(name, index, text, "7")
        before = self._before()
        assert self.world.run("apply", "plan.json").code in {ExitCode.OK, ExitCode.NOT_APPLIED}
        after = self._compare(before)
        for record, held in before.live.records.items():
            edited = {prop for prop, text in held.items() if text != earlier.records[record][prop]}
            assert all(
                after.records[record][prop] == held[prop] for prop in edited if record in after.records
            )

    @rule(name=names, act=st.sampled_from(["edit", "rekey", "part"]), prop=st.integers(0, 4), other=names)
    def people_act_between_plan_and_apply(self, name: Name, act: str, prop: int, other: Name) -> None:
        """Let people act after the plan was made; apply must not remove or overwrite their changes."""
        if self.world.plan("--out", "plan.json").code != ExitCode.OK:
            return
        earlier = self.world.look()
        if act == "edit":
            self.people_edit(name, prop, "theirs", "7")
        elif act == "rekey":
            self.people_rekey(name)
        else:
            kind = OTHERS[prop % 2]
            company = self._key_of("companies", name, other)
            self.people_associate(company, (kind, self._key_of(kind, other, name)), True)
        before = self._before()
        known: dict[Id, Held] = {
            (kind, record.record_id): record.sent for (kind, _), record in before.owned.items()
        }
        assert self.world.run("apply", "plan.json").code in {ExitCode.OK, ExitCode.NOT_APPLIED}
        after = self.world.look()
        for record, held in before.live.records.items() if before.is_settled else ():
            was = earlier.records[record]
            moved = {prop for prop, text in held.items() if text != was[prop]}
            if moved & {"key", *known.get(record, moved)}:
                assert record in after.records, "it was edited, and archived all the same"
                assert after.records[record]["key"] == held["key"]
                assert all(after.records[record][prop] == held[prop] for prop in moved)

    def _key_of(self, kind: str, *some: Name) -> str:
        return next((key for of, key in some if of == kind), KEYS[kind][0])

    @rule(option=st.sampled_from(["--target", "--exclude"]), few=st.lists(names, min_size=1, max_size=2))
    def apply_a_part(self, option: str, few: list[Name]) -> None:
        """Apply a plan for a part of the records: what the other lines name must stay."""
        self._apply_and_compare(*(part for name in few for part in (option, "/".join(name))))

    @rule(name=names, is_left_out=st.booleans())
    def forget_between_plan_and_apply(self, name: Name, is_left_out: bool) -> None:
        """Remove a record from the state after the plan was made; apply must not act as its owner."""
        if is_left_out:
            self._give_up(name)
        if self.world.plan("--out", "plan.json").code != ExitCode.OK:
            return
        self.world.run("state", "rm", "/".join(name))
        before = self._before()
        assert self.world.run("apply", "plan.json").code in {ExitCode.OK, ExitCode.NOT_APPLIED}
        self._compare(before)

    @rule()
    def apply_in_peace(self) -> None:
        """Apply undisturbed: everything declared must be done, and the next plan must be empty."""
        before = self._before()
        if not before.is_settled:
            self.world.apply()  # before this, it is not certain what state contains
            self._compare(before)
            before = self._before()
        assert self.world.apply() in {ExitCode.OK, ExitCode.NOT_APPLIED}
        after = self._compare(before)
        assert list(before.left_undone(after)) == []
        again = self.world.plan("--json")
        assert again.document["changes"] == [], again.out
        assert all(counts["unknown"] == 0 for counts in self.world.accounts())
        *_, is_settled = self.world.owned()
        assert is_settled

    def _before(self) -> Before:
        world = self.world
        owned, pairs, is_settled = world.owned()
        live, by_id = world.look(), world.owned_by_id()
        known = {  # without those whose key another record has now
            name: record
            for name, record in owned.items()
            if name not in live.names or live.names[name][1] == record.record_id
        }
        for (kind, record_id), held in live.records.items():
            if (kind, record_id) in by_id:  # the record may have another key now; state finds it by id
                known[kind, held["key"] or ""] = by_id[kind, record_id]
        return Before(
            live,
            dict(world.wanted),
            known,
            pairs,
            is_settled,
            dict(world.prune),
            world.drift,
            world.also,
            frozenset(world.elsewhere),
        )

    def _compare(self, before: Before) -> Look:
        """Check what must be true after every apply, however it ended; return the contents of the portal."""
        after = self.world.look()
        assert list(before.forbidden(after)) == []
        assert len(after.names) == len(after.records), "a key is there once"
        for counts in map(dict, self.world.accounts()):
            assert counts.pop("planned") == sum(counts.values())
        self.fresh |= after.records.keys() - before.live.records.keys()
        self._compare_with_state(after)
        return after

    def _compare_with_state(self, after: Look) -> None:
        """Check that no value that reconciler wrote counts as drift before people edit it.

        HubSpot may store another text than was sent.
        """
        *_, is_settled = self.world.owned()
        if is_settled:
            owned = self.world.owned_by_id()
            touched = {of for of, _ in self.typed}
            for of in (self.fresh & owned.keys()) - touched:
                assert owned[of].origin is Origin.CREATED, "a record that we made is taken for another's"
            self.fresh.clear()
            drifted = {
                (of, prop)
                for of, record in owned.items()
                for prop in record.sent.keys() & after.records.get(of, {}).keys()
                if (record.expected_live(prop) or None) != after.records[of][prop]
            }
            assert drifted <= self.typed, "a write of ours is taken for drift"
            self.typed &= drifted

    def _id_of(self, name: Name) -> str | None:
        found: Id | None = self.world.look().names.get(name)
        return found[1] if found else None

    def _patch(self, name: Name, properties: Mapping[str, str]) -> None:
        record_id = self._id_of(name)
        if record_id is not None:
            self.typed |= {((name[0], record_id), prop) for prop in properties}
            with self.world.people() as http:
                http.patch(
                    f"v3/objects/{PATHS[name[0]]}/{record_id}", json={"properties": properties}
                )  # fails if another record has the key


ON_DEMAND = os.environ.get("RECONCILER_TEST_EXAMPLES")
EXAMPLES = int(ON_DEMAND or "80")  # docs/promises.md says how many
SHARDS = 10
"""Number of parts into which the examples are divided, to run in parallel."""


@pytest.mark.parametrize("shard", range(SHARDS))
def test_lives(shard: int) -> None:
    shard_of_lives = type("Lives", (Lives,), {})
    run_state_machine_as_test(
        shard_of_lives if ON_DEMAND else seed(shard)(shard_of_lives),  # the same examples every time
        settings=settings(
            max_examples=EXAMPLES // SHARDS,
            stateful_step_count=8,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
