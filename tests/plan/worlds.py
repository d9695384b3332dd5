"""Random small worlds of one object type: manifests, state and portal, and their changes by apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hypothesis import strategies as st

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.desired import Desired, DesiredGroup, ListedRecords
from reconciler.model.desired_records import DesiredRecord, Drift, Ownership, Prune, RecordDirectives
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.selection import EVERYTHING, Glob, Selection, glob_of
from reconciler.plan.change import Action
from reconciler.plan.drift.provenance import NOBODY_KNOWS
from reconciler.plan.plan import Plan
from reconciler.plan.records.decisions import explain_gone, settle_identities
from reconciler.plan.records.planner import Known, RecordPlanner
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.prune import not_in_manifests
from reconciler.plan.targeting import LeftOut, selected
from reconciler.plan.values.resolve import Resolver, keys_and_names
from reconciler.source import SourceFiles
from reconciler.state.records.updates import disowned_by, owned_after
from reconciler.state.rival_names import in_the_way
from tests.support.nouns import COMPANIES, FILES, PORTAL, definition, desired, document
from tests.support.plans import assembled

SCHEMA = replace(
    COMPANIES,
    required=(),
    properties={**COMPANIES.properties, "erp_no": definition("erp_no", is_unique=True)},
)
KEYS = ("a", "b", "c", "d")
OLD = "old"
"""The key that ``b`` may have had before."""
NUMBERS = ("n1", "n2", "n3", "n4", "n5")
"""Values of another key property, ``erp_no``, for records."""

POOL: Mapping[str, Sequence[str]] = {
    "annualrevenue": ("1.5", "1.50", "2", "3"),
    "name": ("ann", "bob", "cyd"),
    "phone": ("+49 30 1", "+49301", "+49302"),
    "tier": ("gold", "silver"),
}

texts = {name: st.none() | st.sampled_from(pool) for name, pool in POOL.items()}
some_values = st.fixed_dictionaries(
    {name: texts[name] for name in ("name", "tier")},
    optional={name: texts[name] for name in ("annualrevenue", "phone")},
)
often = st.integers(0, 3).map(bool)


@dataclass(frozen=True)
class World:
    """Everything that a plan depends on.

    Attributes:
        records: records that the manifests name by ``external_id``, sorted by key.
        numbered: records that the manifests name by ``erp_no``, sorted by key.
        live: properties of the live records, with their keys, by record id.
        owned: the owned records in state, by key.
        is_shouted: HubSpot writes every name in capitals.
    """

    records: tuple[DesiredRecord, ...]
    live: Mapping[RecordId, Mapping[str, str | None]]
    owned: Mapping[str, OwnedRecord]
    drift: Drift = Drift.REVERT
    prune: Prune = Prune.OFF
    take: tuple[Glob, ...] = ()
    recreate: tuple[Glob, ...] = ()
    selection: Selection = EVERYTHING
    is_shouted: bool = False
    files: SourceFiles = FILES
    numbered: tuple[DesiredRecord, ...] = ()

    def by_key(self, by: str = "external_id") -> Mapping[str, LiveRecord]:
        """Return the live records by key."""
        records = (LiveRecord(record_id, held) for record_id, held in self.live.items())
        return {key: record for record in records if (key := record.properties.get(by))}

    def groups(self) -> tuple[DesiredGroup, ...]:
        """Return the records in manifests, grouped by key property; records may have ``$renamed_from``."""
        named = {"external_id": self.records, "erp_no": self.numbered}
        return tuple(
            DesiredGroup("companies", by, ListedRecords(records), ())
            for by, records in named.items()
            if records or by == "external_id"
        )

    def plan(self) -> Plan:
        """Plan the world."""
        groups = self.groups()
        desired_ = Desired(groups, self.files, "sha256:0")
        by_id: dict[str, LiveRecord] = {
            record_id: LiveRecord(record_id, held) for record_id, held in self.live.items()
        }
        ours = {entry.record_id: entry for entry in self.owned.values()}
        planner = RecordPlanner(Policy(self.drift, self.take, self.recreate), selection=self.selection)
        resolver = Resolver(SCHEMA, self.files, {})
        for group in groups:
            live, owned = self.by_key(group.key), self.owned_by(group.key)
            named = group.records if len(groups) == 1 else None
            keys, _ = keys_and_names(SCHEMA, list(group.records))
            unfound = set(keys) - live.keys() - owned.keys()
            lost = {key: entry for key, entry in self.once_known_as(group.key).items() if key in unfound}
            leave_out = partial(_leave_out, planner, owned, lost)
            for chunk in selected([tuple(group.records)], self.selection, leave_out, 2):
                planner.add_chunk(resolver, chunk, live, owned, named, known=Known(ours, (), lost))
        planner.decide_edited(NOBODY_KNOWS)
        planner.decide_lost()
        for by in ("erp_no", "external_id"):
            entries = self.owned_by(by)
            left = not_in_manifests(
                [entries[key] for key in sorted(entries)], desired_.records_of("companies", by)
            )
            for entry in left if self.prune is not Prune.OFF else ():
                if self.selection.has_record(entry.key):
                    planner.add_leftovers(SCHEMA, [entry], by_id, desired_, self.prune)
        planner.decide_displaced(SCHEMA, by_id, desired_)
        settle_identities(planner.findings)
        explain_gone(planner.findings, {})
        return assembled(planner.findings, PORTAL, len(self.records), skips_invalid=True)

    def owned_by(self, by: str) -> Mapping[str, OwnedRecord]:
        """Return the owned records that state has under the key property ``by``, by key."""
        return {key: entry for key, entry in self.owned.items() if entry.key.by == by}

    def once_known_as(self, by: str) -> Mapping[str, OwnedRecord]:
        """Return the owned records under the other key property, by their last applied value of ``by``."""
        others = (entry for entry in self.owned.values() if entry.key.by != by)
        return {key: entry for entry in others if (key := entry.sent.get(by))}

    def after(self, plan: Plan) -> "World":
        """Return the world after ``plan`` was applied without a failure."""
        live = {record_id: dict(held) for record_id, held in self.live.items()}
        owned = {entry.record_id: entry for entry in self.owned.values()}
        crowded = {record_id for _, record_id in in_the_way(plan.changes)}
        for number, change in enumerate(plan.changes):
            if change.action is Action.CREATE:
                record_id = RecordId(str(70000 + number))
                live[record_id] = {change.record.by: change.record.value}
            else:
                record_id = change.known_id
            answered = {value.name: self._made_of(value.name, value.after) for value in change.values}
            if change.action is Action.ARCHIVE:
                del live[record_id]
            elif change.action is not Action.RELEASE:
                live[record_id] |= answered
            if gone := disowned_by(change):
                owned.pop(gone[1], None)
            if change.action in {Action.CREATE, Action.UPDATE, Action.ADOPT}:
                before = owned.get(record_id)
                for other in [known for known, entry in owned.items() if entry.key == change.record]:
                    if other not in crowded:
                        del owned[other]
                owned[record_id] = owned_after(change, Applied(record_id, answered, None), before)
        return replace(self, live=live, owned={entry.key.value: entry for entry in owned.values()})

    def _made_of(self, name: str, text: str | None) -> str | None:
        return text.upper() if self.is_shouted and text and name == "name" else text


def _leave_out(
    planner: RecordPlanner,
    owned: Mapping[str, OwnedRecord],
    lost: Mapping[str, OwnedRecord],
    left_out: LeftOut,
) -> None:
    keys, _ = keys_and_names(SCHEMA, [record for record, part in left_out if part is None])
    planner.leave_out(SCHEMA, left_out, owned, [lost[key] for key in keys if key in lost])


@st.composite
def rekeyed_worlds(draw: st.DrawFn) -> World:
    """Return worlds whose records have exchanged keys or are named by another key property, or both.

    State has some of these records under that key property; some records are gone.
    """
    world = draw(worlds(with_selection=draw(st.booleans())))
    ids = sorted(world.live)
    keys = [world.live[record_id]["external_id"] for record_id in ids]
    exchanged = draw(st.permutations(keys)) if draw(often) else keys
    numbers = draw(st.permutations(NUMBERS))
    live: dict[RecordId, Mapping[str, str | None]] = {
        record_id: {**world.live[record_id], "external_id": key, "erp_no": number}
        for record_id, key, number in zip(ids, exchanged, numbers, strict=False)
    }
    named = draw(st.sets(st.sampled_from(NUMBERS), max_size=3))
    by_number = document(key="erp_no")
    numbered = tuple(desired(number, draw(some_values), by_number) for number in sorted(named))
    is_renamed = draw(st.booleans())
    if numbered and is_renamed:
        before = draw(st.sampled_from(NUMBERS))
        special = RecordDirectives(renamed_from=None if before in named else before)
        numbered = (replace(numbered[0], special=special), *numbered[1:])
    records = world.records if draw(often) else ()
    owned, once = dict(world.owned), draw(st.permutations(NUMBERS))
    for key, written in zip(sorted(owned), once, strict=False):
        number = live.get(owned[key].record_id, {}).get("erp_no")
        if number and draw(st.booleans()):
            entry = owned.pop(key)
            named_before = {"external_id": key} if draw(st.booleans()) else {}
            sent = {**entry.sent, **named_before}
            owned[number] = replace(entry, key=RecordAddress("companies", "erp_no", number), sent=sent)
        elif draw(st.booleans()):  # gone from the portal perhaps, or called otherwise there since
            owned[key] = replace(owned[key], sent={**owned[key].sent, "erp_no": written})
    return replace(world, live=live, owned=owned, records=records, numbered=numbered)


@st.composite
def worlds(draw: st.DrawFn, *, with_selection: bool = False) -> World:
    """Return any world: which records are in manifests, state and portal is random."""
    ownership = draw(st.dictionaries(st.sampled_from(list(POOL)), st.sampled_from(Ownership), max_size=3))
    within = document(ownership={n: o for n, o in ownership.items() if o is not Ownership.ENFORCE})
    records = []
    for key in draw(st.sets(st.sampled_from(KEYS), min_size=2)):
        special = RecordDirectives(
            is_absent=draw(st.integers(0, 9)) == 0,
            protect=draw(st.sampled_from([None, None, True, False])),
            renamed_from=draw(st.sampled_from([None, OLD])) if key == "b" else None,
        )
        values = {} if special.is_absent else draw(some_values)
        if special.is_absent:
            special = RecordDirectives(is_absent=True)
        records.append(replace(desired(key, values, within), special=special))
    live: dict[RecordId, Mapping[str, str | None]] = {}
    owned: dict[str, OwnedRecord] = {}
    for number, key in enumerate((*KEYS, OLD)):
        record_id = RecordId(str(9000 + number))
        if draw(often):
            live[record_id] = {**draw(some_values), "external_id": key}
        if draw(often):
            sent = draw(some_values)
            known_id = draw(st.sampled_from([record_id, record_id, record_id, RecordId(str(8000 + number))]))
            answered = {"name": "THEIRS"} if sent["name"] and draw(st.booleans()) else {}
            if known_id == record_id and record_id in live and draw(st.booleans()):
                live[record_id] = {**live[record_id], **sent, **answered}
            owned[key] = OwnedRecord(
                RecordAddress("companies", "external_id", key),
                known_id,
                draw(st.sampled_from(Origin)),
                sent,
                answered,
                draw(st.integers(0, 3)) == 0,
            )
    globs = st.sampled_from(
        ["companies/a", "companies/[ab]", "companies/*", "companies/*#name", "companies/b#tier", "*#phone"]
    ).map(glob_of)
    few = st.lists(globs, max_size=2).map(tuple)
    return World(
        records=tuple(sorted(records, key=lambda record: record.key)),
        live=live,
        owned=owned,
        drift=draw(st.sampled_from(Drift)),
        prune=draw(st.sampled_from(Prune)),
        take=draw(few),
        recreate=draw(few),
        selection=Selection(draw(few), draw(few)) if with_selection else EVERYTHING,
        is_shouted=draw(st.booleans()),
    )
