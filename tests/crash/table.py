"""The effects that an apply may have on a portal, written only from the documented table of verdicts.

The contents of a portal before an apply and after it may differ only as the table allows. See
``docs/verdicts.md``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from reconciler.model.associations import OwnedAssociation
from reconciler.model.owned import Origin, OwnedRecord

Name: TypeAlias = tuple[str, str]
"""Object type and key of a record."""

Id: TypeAlias = tuple[str, str]
"""Object type and id of a record."""

Held: TypeAlias = Mapping[str, str | None]
"""Contents of a record: its key as ``key``, and its properties by name."""

KEPT: Final[Mapping[str, Mapping[str, str]]] = {
    "city": {"red": "red", " red": "red", "green  ": "green", " blü ": "blü"},
    "about": {
        "<p>one</p>": "<p>one</p>",
        "<p onclick='x()'>one</p>": "<p>one</p>",
        "<P class=b>two &amp; <script>x()</script>two</P>": '<p class="b">two &amp; two</p>',
        "<script>x()</script>": "",
    },
    "mobilephone": {
        "+493055501": "+493055501",
        "+49 (30) 555-01": "+493055501",
        "+49 30 55502 ext. 7": "+4930555027",
    },
}
"""Texts that manifests may contain, by property, each with the text that HubSpot stores instead."""


class Look(NamedTuple):
    """The contents of a portal at one moment."""

    records: Mapping[Id, Held]
    pairs: frozenset[frozenset[Id]]  # pairs of records that are associated

    @property
    def names(self) -> Mapping[Name, Id]:
        """Object types and ids of records, by object type and key."""
        return {(kind, held["key"] or ""): (kind, id_) for (kind, id_), held in self.records.items()}


@dataclass(frozen=True)
class Wanted:
    """One record as a manifest declares it."""

    values: Held
    is_absent: bool = False
    protect: bool | None = None
    pairs: tuple[str, ...] = ()  # keys of associated records of the other type

    def with_numbered(self, ids: Mapping[str, str]) -> "Wanted":
        """Return a copy whose associations name companies by record id; ``ids`` are by key.

        Associations with companies that have no id are left out. The line for ``globex`` intentionally lacks
        ``by: record_id``, so the plan leaves this association out.
        """
        named = {key: f"{{by: record_id, to: '{each}'}}" for key, each in ids.items()}
        named |= {"globex": ids["globex"]} if "globex" in ids else {}
        return replace(self, pairs=tuple(named[key] for key in self.pairs if key in ids))

    def as_yaml(self, other: str) -> str:
        if self.is_absent:
            return "{$absent: true}"
        parts = [
            f"{name}: {'null' if text is None else json.dumps(text)}" for name, text in self.values.items()
        ]
        parts += [f"$protect: {str(self.protect).lower()}"] if self.protect is not None else []
        parts += [f"$associations: {{{other}: [{', '.join(self.pairs)}]}}"] if self.pairs else []
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True)
class Before:
    """Everything that an apply depends on, at the moment when it begins."""

    live: Look
    wanted: Mapping[Name, Wanted]
    owned: Mapping[Name, OwnedRecord]
    owned_pairs: Mapping[frozenset[Id], OwnedAssociation]
    is_settled: bool  # if not, state lacks some results, and less can be checked
    prune: Mapping[str, str]
    drift: str
    also: frozenset[str] = frozenset()  # ids of companies that a manifest names by id
    elsewhere: frozenset[Name] = frozenset()  # records that manifests name for another environment

    def forbidden(self, after: Look) -> Iterator[str]:
        """Yield descriptions of changes in the portal that the apply should not have made."""
        for (kind, record_id), held in after.records.items():
            name = (kind, held["key"] or "")
            if (kind, record_id) not in self.live.records:
                yield from self._forbidden_in_new(name, held)
                continue
            before = self.live.records[kind, record_id]
            for prop in before:
                if before[prop] != held[prop] and not self._may_write(name, prop, before[prop], held[prop]):
                    yield f"{name} {prop}: {before[prop]} became {held[prop]}"
        yield from self._forbidden_removals(after)
        for pair in after.pairs - self.live.pairs:
            if not self._is_named(pair, after) or self._is_held(pair):
                yield f"{pair} was associated"
        for pair in self.live.pairs - after.pairs:
            if pair <= after.records.keys() and not self._may_part(pair, after):
                yield f"{pair} was taken apart"

    def _forbidden_removals(self, after: Look) -> Iterator[str]:
        for (kind, record_id), held in self.live.records.items():
            name = (kind, held["key"] or "")
            if (kind, record_id) not in after.records and not self._may_go(name, record_id):
                yield f"{name} was archived"

    def left_undone(self, after: Look) -> Iterator[str]:
        """Yield descriptions of changes that an undisturbed apply should have made.

        State must have contained the outcomes of all earlier writes when the apply began.
        """
        for name, wanted in self.wanted.items():
            held = after.records.get(after.names.get(name, name))
            was = self.live.records.get(self.live.names.get(name, name))
            if wanted.is_absent:
                if held and not self._is_kept(name, after.names[name]):
                    yield f"{name} is still there"
            elif held is None:
                if name not in self.owned:
                    yield f"{name} is missing"
            else:
                for prop, text in wanted.values.items():
                    is_due = was is None or self._is_written(name, prop, was[prop], text)
                    if is_due and not same(prop, held[prop], text):
                        yield f"{name} {prop}: {held[prop]} is not {text}"
        for pair in self._named(after):
            if pair not in after.pairs and not self._is_held(pair):
                yield f"{pair} is not associated"
        yield from self._still_associated(after)

    def _still_associated(self, after: Look) -> Iterator[str]:
        """Yield descriptions of associations that should have been pruned."""
        here = {name for name in self.wanted if self._is_present(name)}
        for pair in self.owned_pairs.keys() & after.pairs:
            names = {name for name, record in after.names.items() if record in pair}
            if names <= here and self._may_part(pair, after) and not self._is_unsure(pair, after):
                yield f"{pair} is still associated"

    def _forbidden_in_new(self, name: Name, held: Held) -> Iterator[str]:
        wanted = self.wanted.get(name)
        if wanted is None or wanted.is_absent:
            yield f"{name} was created and nobody names it"
            return
        if self.is_settled and name in self.owned and not self._is_of_another_line(name):
            yield f"{name} was gone and is created again"
        for prop, text in held.items():
            if prop != "key" and not same(prop, text, wanted.values.get(prop)):
                yield f"{name} {prop} was created as {text}"

    def _is_of_another_line(self, name: Name) -> bool:
        """Return whether the record in state under ``name`` now has the key of another declared record."""
        held = self.live.records.get((name[0], self.owned[name].record_id))
        other = (name[0], held["key"] or "") if held else name
        return other != name and other in self.wanted and self._is_present(other)

    def _may_write(self, name: Name, prop: str, before: str | None, after: str | None) -> bool:
        wanted = self.wanted.get(name)
        if wanted is None or wanted.is_absent or prop not in wanted.values:
            return False
        text = wanted.values[prop]
        is_due = not self.is_settled or self._is_written(name, prop, before, text)
        return is_due and same(prop, after, text)

    def _is_written(self, name: Name, prop: str, live: str | None, desired: str | None) -> bool:
        """Return whether the table of verdicts says that the property is written."""
        if same(prop, live, desired):
            return False
        owned = self.owned.get(name)
        if owned is None or prop not in owned.sent:  # verdict adopt
            return self.drift == "revert" or live is None
        if same(prop, owned.expected_live(prop), live):  # verdict changed
            return True
        return self.drift == "revert"  # verdicts drift and conflict

    def _may_go(self, name: Name, record_id: str) -> bool:
        wanted = self.wanted.get(name)
        if record_id in self.also or (wanted is None and name in self.elsewhere):
            return False
        if wanted is not None:
            return wanted.is_absent and not self._is_protected(name)
        prune = self.prune[name[0]]
        if prune == "false" or not self.is_settled:
            return prune != "false"
        owned = self.owned.get(name)
        if owned is None or owned.is_protected or owned.record_id != record_id:
            return False
        return prune == "all" or owned.origin is Origin.CREATED

    def _is_kept(self, name: Name, record: Id) -> bool:
        """Return whether the record stays although its line has ``$absent``."""
        return record[1] in self.also or self._is_protected(name) or self._is_known_as_named(name)

    def _is_known_as_named(self, name: Name) -> bool:
        """Return whether manifests name the record by the former key in state, which no record has now."""
        owned = self.owned.get(name)
        known = (name[0], owned.key.value) if owned else name
        is_named = known in self.wanted and self._is_present(known)
        return known != name and is_named and known not in self.live.names

    def _is_protected(self, name: Name) -> bool:
        return name in self.owned and self.owned[name].is_protected

    def _named(self, after: Look) -> Iterator[frozenset[Id]]:
        """Yield the associations that manifests name between records that exist."""
        for (kind, key), wanted in self.wanted.items():
            for other in wanted.pairs:
                names = {(kind, key), (other_of(kind), other)}
                if names <= after.names.keys() and all(self._is_present(name) for name in names):
                    yield frozenset(after.names[name] for name in names)

    def _is_present(self, name: Name) -> bool:
        return name not in self.wanted or not self.wanted[name].is_absent

    def _is_named(self, pair: frozenset[Id], after: Look) -> bool:
        return pair in set(self._named(after))

    def _is_held(self, pair: frozenset[Id]) -> bool:
        """Return whether people removed an owned association, and ``drift: hold`` leaves it removed."""
        return self.is_settled and self.drift == "hold" and pair in self.owned_pairs

    def _is_unsure(self, pair: frozenset[Id], after: Look) -> bool:
        """Return whether a line of one of the two records names a record that is not found.

        Such a line may mean the other record, so nothing is removed.
        """
        names = [name for name, record in after.names.items() if record in pair]
        targets = {(other_of(kind), key) for kind, of in names for key in self.wanted[kind, of].pairs}
        return not targets <= after.names.keys()

    def _may_part(self, pair: frozenset[Id], after: Look) -> bool:
        owned = self.owned_pairs.get(pair)
        if self._is_named(pair, after):
            return False
        if not self.is_settled:
            return any(self.prune[kind] != "false" for kind, _ in pair)
        return (
            owned is not None
            and self.prune[owned.source.address.object] != "false"
            and owned.origin is Origin.CREATED
        )


def same(prop: str, left: str | None, right: str | None) -> bool:
    """Return whether two texts of a property have the same meaning."""
    if prop == "annualrevenue" and left and right:
        return Decimal(left) == Decimal(right)
    return kept(prop, left) == kept(prop, right)


def kept(prop: str, text: str | None) -> str | None:
    """Return the text that HubSpot stores for ``text``."""
    return KEPT.get(prop, {}).get(text or "", text) or None


def other_of(kind: str) -> str:
    """Return the object type with whose records those of ``kind`` are associated."""
    return "contacts" if kind == "companies" else "companies"
