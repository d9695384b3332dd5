"""What an apply may do to a portal, written from the table of verdicts and from nothing else.

Two looks at a portal, right before an apply and right after it, must differ by nothing that the table does
not allow. See ``docs/verdicts.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from reconciler.model.owned import Origin, OwnedRecord

Name: TypeAlias = tuple[str, str]
"""Object type and key of a record."""

Records: TypeAlias = Mapping[tuple[str, str], Mapping[str, str | None]]
"""By object type and record id, what a record holds: its ``key``, and properties by their names."""


@dataclass(frozen=True)
class Wanted:
    """What a manifest says of one record."""

    values: Mapping[str, str | None]
    is_absent: bool = False
    protect: bool | None = None

    def as_yaml(self) -> str:
        if self.is_absent:
            return "{$absent: true}"
        parts = [f"{name}: {'null' if text is None else text}" for name, text in self.values.items()]
        parts += [f"$protect: {str(self.protect).lower()}"] if self.protect is not None else []
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True)
class Before:
    """What was so when an apply began."""

    live: Records
    wanted: Mapping[Name, Wanted]
    owned: Mapping[Name, OwnedRecord]
    is_settled: bool  # else state does not tell all that was done, and less can be said
    prune: Mapping[str, str]
    drift: str

    def forbidden(self, after: Records) -> Iterator[str]:
        """Everything that an apply did to the portal and should not have."""
        for (kind, record_id), held in after.items():
            name = (kind, held["key"] or "")
            if (kind, record_id) not in self.live:
                yield from self._forbidden_in_new(name, held)
                continue
            before = self.live[kind, record_id]
            for prop in before:
                if before[prop] != held[prop] and not self._may_write(name, prop, before[prop], held[prop]):
                    yield f"{name} {prop}: {before[prop]} became {held[prop]}"
        for (kind, record_id), held in self.live.items():
            name = (kind, held["key"] or "")
            if (kind, record_id) not in after and not self._may_go(name, record_id):
                yield f"{name} was archived"

    def left_undone(self, after: Records) -> Iterator[str]:
        """What an apply that nothing disturbed should have done and did not; state was settled before it."""
        live = {(kind, held["key"] or ""): held for (kind, _), held in after.items()}
        before = {(kind, held["key"] or ""): held for (kind, _), held in self.live.items()}
        for name, wanted in self.wanted.items():
            held, was = live.get(name), before.get(name)
            if wanted.is_absent:
                if held and not self._is_protected(name):
                    yield f"{name} is still there"
            elif held is None:
                if name not in self.owned:
                    yield f"{name} is missing"
            else:
                for prop, text in wanted.values.items():
                    is_due = was is None or self._is_written(name, prop, was[prop], text)
                    if is_due and not same(prop, held[prop], text):
                        yield f"{name} {prop}: {held[prop]} is not {text}"

    def _forbidden_in_new(self, name: Name, held: Mapping[str, str | None]) -> Iterator[str]:
        wanted = self.wanted.get(name)
        if wanted is None or wanted.is_absent:
            yield f"{name} was created and nobody names it"
            return
        if self.is_settled and name in self.owned:
            yield f"{name} was gone and is created again"
        for prop, text in held.items():
            if prop != "key" and not same(prop, text, wanted.values.get(prop)):
                yield f"{name} {prop} was created as {text}"

    def _may_write(self, name: Name, prop: str, before: str | None, after: str | None) -> bool:
        wanted = self.wanted.get(name)
        if wanted is None or wanted.is_absent or prop not in wanted.values:
            return False
        text = wanted.values[prop]
        return same(prop, after, text) and (not self.is_settled or self._is_written(name, prop, before, text))

    def _is_written(self, name: Name, prop: str, live: str | None, desired: str | None) -> bool:
        """The table."""
        if same(prop, live, desired):
            return False
        owned = self.owned.get(name)
        if owned is None or prop not in owned.sent:  # adopt
            return self.drift == "revert" or live is None
        if same(prop, owned.live_since(prop), live):  # changed
            return True
        return self.drift == "revert"  # drift, conflict

    def _may_go(self, name: Name, record_id: str) -> bool:
        wanted = self.wanted.get(name)
        if wanted is not None:
            return wanted.is_absent and not self._is_protected(name)
        prune = self.prune[name[0]]
        if prune == "false" or not self.is_settled:
            return prune != "false"
        owned = self.owned.get(name)
        if owned is None or owned.is_protected or owned.record_id != record_id:
            return False
        return prune == "all" or owned.origin is Origin.CREATED

    def _is_protected(self, name: Name) -> bool:
        return name in self.owned and self.owned[name].is_protected


def same(prop: str, left: str | None, right: str | None) -> bool:
    """Whether two texts of a property mean the same."""
    if prop == "annualrevenue" and left and right:
        return Decimal(left) == Decimal(right)
    return left == right
