"""Writing live values as manifest values: the reverse of ``resolve.py``.

An owner is written by e-mail, a pipeline or stage by label, several choices as a list, if the present
manifest value has this form. The resolver checks that the result gives the live value again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema, Pipeline, PipelineStage, PropertyDef
from reconciler.model.desired_records import ManifestValue
from reconciler.plan.values.checks import is_plain_number
from reconciler.plan.values.resolve import Resolver

_SETS = frozenset({Kind.CHOICES, Kind.FILES})
_NORMAL = frozenset({Kind.TEXT, Kind.HTML, Kind.DATE})
"""Kinds whose canonical form is what a person would write; that of other kinds loses spaces or case."""


def wordings(
    resolver: Resolver, definition: PropertyDef, live: str | None, before: ManifestValue
) -> Iterator[ManifestValue]:
    """Return manifest values that may express ``live``, best first.

    ``before`` is the value that the manifest contains now.
    """
    if live is None:
        yield None
        return
    kind = definition.kind
    if kind is Kind.OWNERS:
        names = _names(resolver, kind)
        ids = [owner_id for owner_id in live.split(";") if owner_id]
        yield tuple(next(iter(names.get(owner_id, ())), owner_id) for owner_id in ids)
        yield tuple(ids)
    elif kind in _SETS:
        yield _choices(live, before)
        yield live
    elif kind is Kind.DATETIME:
        yield (canonical(kind, live) or live).replace(".000Z", "Z")
    elif kind in _NORMAL:
        yield canonical(kind, live)
    else:
        names = _names(resolver, kind)
        if before not in names:  # the manifest does not have an id now, so prefer the name
            yield from names.get(live, ())
        yield live


def _choices(live: str, before: ManifestValue) -> ManifestValue:
    """Return the choices of ``live``: previous ones in their old order, then new ones."""
    chosen = [choice for choice in live.split(";") if choice]
    if isinstance(before, str):
        return ";".join(_in_order(chosen, before.split(";")))
    return tuple(_in_order(chosen, before or ()))


def _in_order(chosen: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    yield from (choice for choice in before if choice in chosen)
    yield from (choice for choice in chosen if choice not in before)


def _names(resolver: Resolver, kind: Kind) -> Mapping[str, Sequence[str]]:
    """Return the names of owners, pipelines or stages, by id."""
    names: dict[str, list[str]] = {}
    pipelines = resolver.schema.pipelines
    if kind in {Kind.OWNER, Kind.OWNERS}:
        for email, owner_id in (*resolver.owner_ids.items(), *resolver.deactivated.items()):
            names.setdefault(owner_id, []).append(email)
    elif kind is Kind.PIPELINE:
        names |= {pipeline.id: [pipeline.label] for pipeline in pipelines}
    elif kind is Kind.STAGE:
        names |= {stage.id: [stage.label] for pipeline in pipelines for stage in pipeline.stages}
    return names


@dataclass(frozen=True)  # without slots, because it caches results
class Wording:
    """Converts live values to values of new manifests, in the form that people would write.

    A resolver turns the manifest value into the live value again. If no name leads back to the live value,
    the live text itself is the manifest value: for example the id of an erased owner.
    """

    schema: ObjectSchema
    emails: Mapping[str, str]  # by owner id; only addresses that identify one owner

    def written(self, definition: PropertyDef, live: str, pipeline_id: str | None = None) -> ManifestValue:
        """Return the manifest value for ``live``; ``pipeline_id`` is the pipeline of the record."""
        kind = definition.kind
        if kind in _NORMAL:
            return canonical(kind, live)
        match kind:
            case Kind.DATETIME:
                return (canonical(kind, live) or live).replace(".000Z", "Z")
            case Kind.NUMBER:
                plain = canonical(kind, live) or live
                return live if is_plain_number(live) or not is_plain_number(plain) else plain
            case Kind.OWNER:
                return self.emails.get(live, live)
            case Kind.OWNERS:
                named = tuple(self.emails.get(owner_id, "") for owner_id in _items(live))
                return named if named and all(named) else live
            case Kind.CHOICES:
                return self._choices(definition, live)
            case Kind.FILES:
                return _items(live) if ";" in live and all(map(str.strip, _items(live))) else live
            case Kind.PIPELINE:
                return self._pipelines.get(live, live)
            case Kind.STAGE:
                return self._stages.get((pipeline_id, live), live)
        return live

    def _choices(self, definition: PropertyDef, live: str) -> ManifestValue:
        items = _items(live)
        known = {option.value for option in definition.options}
        is_sound = all(item == item.strip() and item for item in items)
        return items if is_sound and items and (not known or known.issuperset(items)) else live

    @cached_property
    def _pipelines(self) -> Mapping[str, str]:
        return _labels_of(self.schema.pipelines)

    @cached_property
    def _stages(self) -> Mapping[tuple[str | None, str], str]:
        return {
            (pipeline.id, stage_id): label
            for pipeline in self.schema.pipelines
            for stage_id, label in _labels_of(pipeline.stages).items()
        }


def _items(live: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in live.split(";") if item))


def _labels_of(things: Sequence[Pipeline] | Sequence[PipelineStage]) -> Mapping[str, str]:
    """Return the labels, by id, of those pipelines or stages whose label no other one has."""
    counts = Counter(thing.label.strip().casefold() for thing in things)
    ids = {thing.id for thing in things}
    return {
        thing.id: thing.label
        for thing in things
        if thing.label.strip() and counts[thing.label.strip().casefold()] == 1 and thing.label not in ids
    }
