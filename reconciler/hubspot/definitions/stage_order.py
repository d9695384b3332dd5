"""Putting the stages of a pipeline in order, one request at a time. Pure.

If a stage is written to a position that another stage has, HubSpot puts it right after that other stage, and
numbers all stages again from 0.
Source: the HubSpot notes of https://github.com/scopiousdigital/kalup.
"""

from collections.abc import Iterator, Sequence

from reconciler.model.portal_definitions import LiveDefinition


def moves_to_order(stages: Sequence[LiveDefinition], names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the requests that put ``stages`` in order: the id of a stage, and the ``displayOrder`` to write.

    ``names`` are stages in the wanted order; all other stages come last, in their present order.
    """
    ordered = sorted(stages, key=lambda stage: int(stage.values.get("displayOrder") or 0))
    orders = {_id(stage): int(stage.values.get("displayOrder") or 0) for stage in ordered}
    wanted = _wanted(ordered, names)
    present = [_id(stage) for stage in ordered]

    def put_after(stage_id: str, other: str) -> tuple[str, int]:
        taken = orders[other]
        present.remove(stage_id)
        present.insert(present.index(other) + 1, stage_id)
        orders.update({each: number for number, each in enumerate(present)})
        return stage_id, taken

    for place, stage_id in enumerate(wanted):
        if present[place] == stage_id:
            continue
        if place:
            yield put_after(stage_id, present[place - 1])
        else:
            first = present[0]
            yield put_after(stage_id, first)
            yield put_after(first, stage_id)


def _wanted(ordered: Sequence[LiveDefinition], names: Sequence[str]) -> list[str]:
    by_label = {_plain(stage.values.get("label")): _id(stage) for stage in ordered}
    named = [by_label[_plain(name)] for name in names if _plain(name) in by_label]
    return list(dict.fromkeys((*named, *map(_id, ordered))))


def _id(stage: LiveDefinition) -> str:
    return stage.id.partition("/")[2]


def _plain(label: str | None) -> str:
    return (label or "").strip().casefold()
