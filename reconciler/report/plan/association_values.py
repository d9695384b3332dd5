"""Associations as reports tell them: like a property that is called by the address of the other record."""

from collections.abc import Iterator
from typing import assert_never

from reconciler.model.associations import Label
from reconciler.plan.change import (
    AdoptPair,
    Associate,
    Change,
    Dissociate,
    PairChange,
    ReleasePair,
    ValueChange,
    moved_from,
    values_of,
)
from reconciler.plan.plan import ASSOCIATED


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """What a change does, value by value; equal values before and after are nothing that is written."""
    if isinstance(change, PairChange):
        before, after = _ends(change)
        return (ValueChange(change.target.address, before, after, change.reason, change.source),)
    return (*_known_as(change), *values_of(change))


def _known_as(change: Change) -> Iterator[ValueChange]:
    """The key that the record had until now, where no value that is written says so."""
    former = moved_from(change)
    if former is not None and all(value.name != change.key.by for value in values_of(change)):
        before, after = (f"{key.by} {key.value}" for key in (former, change.key))
        yield ValueChange("known as", before, after, change.reason, change.source)


def _ends(change: PairChange) -> tuple[str | None, str | None]:
    match change:
        case Associate():
            return None, association_text(change.label, is_whole=change.is_whole)
        case Dissociate():
            return association_text(change.label, is_whole=change.is_whole), None
        case AdoptPair() | ReleasePair():
            text = association_text(change.label, is_whole=False)
            return text, text
        case _:
            assert_never(change)


def association_text(label: Label | None, *, is_whole: bool) -> str:
    """``associated``, its label, or both where the two come or go together."""
    if label is None:
        return ASSOCIATED
    return f"{ASSOCIATED}, {label.text}" if is_whole else label.text
