"""Comparing which options a property has, and their order.

New options are added by the change of their property, which writes the whole list. Options are removed by
separate changes at the very end of a plan, because records may have them as values until then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.addresses import escaped
from reconciler.model.definition_attributes import OPTIONS, list_of, option_of
from reconciler.model.desired_records import Drift
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DesiredDefinition, DesiredOption, LiveDefinition
from reconciler.plan.change import Reason
from reconciler.source import Place


class Difference(NamedTuple):
    """A difference of an option, or of the order of options, that is left alone."""

    path: str
    reason: Reason


class Removal(NamedTuple):
    """An option that is removed."""

    name: str
    reason: Reason
    moves_to: str | None  # the option that records get instead; None: no option
    place: Place


@dataclass(frozen=True, slots=True)
class ComparedOptions:
    """The result of comparing the options of one property."""

    live: tuple[str, ...]
    after: tuple[str, ...]  # the new list, still with the options that are removed later
    added: tuple[str, ...] = ()
    reason: Reason = Reason.IN_STEP  # why the list is written
    is_learned: bool = False  # True: the list is not written, but stored in state
    held: tuple[Difference, ...] = ()
    removed: tuple[Removal, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether the plan writes the list."""
        return self.after != self.live


_WEIGHT = (Reason.CONFLICT, Reason.DRIFT, Reason.CHANGED, Reason.ADOPT)
"""Reasons by weight: the first that occurs becomes the reason for writing the list."""


def compare_options(
    wanted: DesiredDefinition, live: LiveDefinition, owned: OwnedDefinition | None, drift: Drift
) -> ComparedOptions:
    """Compare the named options of ``wanted`` with the options of ``live`` and of state."""
    comparing = _Comparing(
        wanted,
        desired=tuple(option.name for option in wanted.options if not option.special.is_absent),
        live=list_of(live.values.get(OPTIONS)),
        sent=known_options(owned.sent) if owned else None,
        knows_list=owned is not None and OPTIONS in owned.sent,
        drift=drift,
    )
    return comparing.result()


def known_options(sent: Mapping[str, str | None]) -> tuple[str, ...] | None:
    """Return the options that state has for a property; None: it has none. ``sent`` are the values in state.

    If the manifest declares only some options, state has no list of options, but the label of each declared
    one.
    """
    if OPTIONS in sent:
        return list_of(sent[OPTIONS])
    return tuple(dict.fromkeys(option for path in sent if (option := option_of(path)) is not None)) or None


@dataclass(frozen=True, slots=True)
class _Comparing:
    wanted: DesiredDefinition
    desired: tuple[str, ...]
    live: tuple[str, ...]
    sent: tuple[str, ...] | None  # the options in state; None: state has none
    knows_list: bool  # whether state has the whole list
    drift: Drift

    def result(self) -> ComparedOptions:
        added = {name: self._why_added(name) for name in self.desired if name not in self.live}
        written = {
            name: why for name, why in added.items() if why is not Reason.DRIFT or self.drift is Drift.REVERT
        }
        held = [Difference(option_part(name), why) for name, why in added.items() if name not in written]
        there = {*self.live, *written}
        after = (*self.live, *written)
        reasons = set(written.values())
        if self.wanted.has_all_options:
            ordered = tuple(name for name in self.desired if name in there)
            others = tuple(name for name in self.live if name not in self.desired)
            why = self._why_ordered(ordered)
            if why is Reason.IN_STEP or why is Reason.CHANGED or self.drift is Drift.REVERT:
                after = (*ordered, *others)
                reasons.add(why)
            else:
                held.append(Difference(OPTIONS, why))
        removed, left = self._removals(there)
        return ComparedOptions(
            live=self.live,
            after=self.live if set(after) == set(self.live) and not reasons - {Reason.IN_STEP} else after,
            added=tuple(written),
            reason=next((why for why in _WEIGHT if why in reasons), Reason.IN_STEP),
            is_learned=after == self.live and self._is_news(),
            held=(*held, *left),
            removed=removed,
        )

    def _why_added(self, name: str) -> Reason:
        if self.sent is None:
            return Reason.ADOPT
        return Reason.DRIFT if name in self.sent else Reason.CHANGED

    def _why_ordered(self, ordered: Sequence[str]) -> Reason:
        """Return why the options must be reordered; ``IN_STEP`` if they need not."""
        live = [name for name in self.live if name in ordered]
        if live == [name for name in ordered if name in self.live]:
            return Reason.IN_STEP
        if self.sent is None:
            return Reason.ADOPT
        if in_same_order(self.sent, live):
            return Reason.CHANGED
        return Reason.DRIFT if in_same_order(self.sent, ordered) else Reason.CONFLICT

    def _is_news(self) -> bool:
        """Return whether the list in state differs from the list that is desired and live."""
        if not self.wanted.has_all_options:
            return False  # state has no list, only labels of single options
        if self.sent is None or not self.knows_list:
            return True
        known = [name for name in self.sent if name in self.desired or name in self.live]
        return [name for name in known if name in self.desired] != list(self.desired)

    def _removals(self, there: Collection[str]) -> tuple[tuple[Removal, ...], list[Difference]]:
        named = {each.name: each for each in self._named_removals(there)}
        left: list[Difference] = []
        for name in self.live if self.wanted.has_all_options else ():
            if name in self.desired or name in named:
                continue
            why = Reason.ADOPT if self.sent is None else Reason.DRIFT
            if self.sent is not None and name in self.sent:
                why = Reason.CHANGED
            if why is Reason.CHANGED or self.drift is Drift.REVERT:
                named[name] = Removal(name, why, None, self.wanted.place_of(OPTIONS))
            else:
                left.append(Difference(option_part(name), why))
        return tuple(named[name] for name in self.live if name in named), left

    def _named_removals(self, there: Collection[str]) -> Iterator[Removal]:
        """Return the options that manifests remove with ``$absent`` or ``$renamed_from``."""
        for option in self.wanted.options:
            old, target = option.special.renamed_from, option.special.moves_to
            if option.special.is_absent and option.name in self.live:
                yield _absent(option, target if target in there else None)
            elif old in self.live and old not in self.desired and option.name in there:
                yield Removal(str(old), Reason.MIGRATED, option.name, option.place)


def _absent(option: DesiredOption, target: str | None) -> Removal:
    return Removal(option.name, Reason.MIGRATED if target else Reason.ABSENT, target, option.place)


def option_part(name: str) -> str:
    """Return the path of a whole option: ``options/gold``."""
    return f"{OPTIONS}/{escaped(name)}"


def in_same_order(known: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether the names that are in both lists have the same order in both."""
    both = set(known).intersection(names)
    return [name for name in known if name in both] == [name for name in names if name in both]
