"""The random worlds contain each situation that they are for."""

from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, given, settings

from reconciler.model.desired_records import Prune
from tests.reconcile.naming import Naming
from tests.reconcile.random_worlds import whole_worlds
from tests.reconcile.rekeyed_worlds import rekeyed_worlds, worlds_elsewhere
from tests.reconcile.whole_world import EMAIL, NUMBER, SECOND, World


def situations(world: World) -> Iterator[str]:
    """Yield the names of the situations that a world contains."""
    naming = Naming(world)
    for record_id, held in world.live.items():
        entry, here = world.entry_of(record_id), naming.by_any_key(record_id, world.here)
        there = naming.by_any_key(record_id, world.there)
        if any(line.is_absent for line in here) and naming.wanted(record_id):
            yield "unwanted, and wanted by another line"
            if world.selection.is_partial:
                yield "unwanted, and wanted by another line, in a partial plan"
        for line in there if not here and world.prune is not Prune.OFF else ():
            if entry is None:
                continue
            yield "pruned, and named for another environment"
            yield from ["by another property"] if line.by != entry.key.by else []
            yield from ["by $renamed_from"] if line.renamed_from else []
            yield from ["by a second address"] if held.get(SECOND) in line.keys else []
            yield from (
                ["in other letters"] if line.by == EMAIL and line.keys[-1] != line.keys[-1].lower() else []
            )
        for line in naming.wanted(record_id):
            said, former = dict(line.values), entry.key.by if entry else line.by
            if former != line.by and said.get(former, held.get(former)) != held.get(former):
                yield "another value of the former key property"
            others = {each.get(NUMBER) for other, each in world.live.items() if other != record_id}
            yield from ["a value that another record has"] if said.get(NUMBER) in others - {None} else []
    for pair in world.pairs:
        ends = (pair.source.id, pair.target.id)
        is_named = any(naming.targets(*ends))
        gone = [each for each in ends if naming.wanted(each) and not naming.by_live_key(each, world.here)]
        if is_named and gone:
            yield "associated, and gone under a new key"
            yield from ["with a label"] if pair.label else []


def test_random_worlds_meet_what_they_are_for() -> None:
    seen: set[str] = set()

    @settings(
        max_examples=250,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(whole_worlds() | rekeyed_worlds() | worlds_elsewhere())
    def collect(world: World) -> None:
        seen.update(situations(world))

    collect()
    assert seen >= {
        "unwanted, and wanted by another line",
        "unwanted, and wanted by another line, in a partial plan",
        "pruned, and named for another environment",
        "by another property",
        "by $renamed_from",
        "by a second address",
        "in other letters",
        "another value of the former key property",
        "a value that another record has",
        "associated, and gone under a new key",
        "with a label",
    }
