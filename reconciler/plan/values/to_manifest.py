"""Writing live values as manifest values: the reverse of ``resolve.py``.

An owner is written by e-mail, a pipeline or stage by label, a set of choices as a list, if the manifest does
so. The resolver checks whether the result leads back to the live value.
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, PropertyDef
from reconciler.model.desired import ManifestValue
from reconciler.plan.values.resolve import Resolver

_SETS = frozenset({Kind.CHOICES, Kind.FILES})
_NORMAL = frozenset({Kind.TEXT, Kind.HTML, Kind.DATE})
"""Kinds whose canonical form is what a person would write; other canonical forms remove spaces and case."""


def wordings(
    resolver: Resolver, definition: PropertyDef, live: str | None, before: ManifestValue
) -> Iterator[ManifestValue]:
    """Return ways to write ``live``, the best first, for a manifest that contains ``before``."""
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
        if before not in names:  # a value that was written as an id stays an id
            yield from names.get(live, ())
        yield live


def _choices(live: str, before: ManifestValue) -> ManifestValue:
    """Keep the place of previous choices, and append new ones."""
    chosen = [choice for choice in live.split(";") if choice]
    if isinstance(before, str):
        return ";".join(_in_order(chosen, before.split(";")))
    return tuple(_in_order(chosen, before or ()))


def _in_order(chosen: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    yield from (choice for choice in before if choice in chosen)
    yield from (choice for choice in chosen if choice not in before)


def _names(resolver: Resolver, kind: Kind) -> Mapping[str, Sequence[str]]:
    """Return the names of things that are referred to by id, by id."""
    names: dict[str, list[str]] = {}
    pipelines = resolver.schema.pipelines
    if kind in {Kind.OWNER, Kind.OWNERS}:
        for email, owner_id in resolver.owner_ids.items():
            names.setdefault(owner_id, []).append(email)
    elif kind is Kind.PIPELINE:
        names |= {pipeline.id: [pipeline.label] for pipeline in pipelines}
    elif kind is Kind.STAGE:
        names |= {stage.id: [stage.label] for pipeline in pipelines for stage in pipeline.stages}
    return names
