"""Looking up the owners that manifests name; owners are read only when a manifest names one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.reader import PortalReader
from reconciler.model.desired_records import DesiredRecord
from reconciler.plan.values.resolve import Resolver


@dataclass(slots=True)
class OwnerLookup:
    """Adds owners to resolvers when they are needed."""

    reader: PortalReader
    stand_ins: Mapping[str, str]  # e-mail of an absent owner -> e-mail of the replacement
    _named: set[str] = field(default_factory=set)

    def resolver_for(self, resolver: Resolver, records: Iterable[DesiredRecord]) -> Resolver:
        """Return ``resolver``, with owners added if ``records`` name some.

        Raises:
            NotAllowed: a record names an owner, and the token lacks the scope for owners.
            HubSpotError: the portal cannot be read.
        """
        return self.resolver_knowing(resolver, resolver.owners_named(records))

    def resolver_knowing(self, resolver: Resolver, named: Iterable[str]) -> Resolver:
        """Return ``resolver``, with owners added if any are ``named`` (by e-mail address or id)."""
        lowered = {absent.lower(): present for absent, present in self.stand_ins.items()}
        wanted = {lowered.get(name.strip().lower(), name) for name in named if name.strip()}
        is_known = wanted <= self._named and (resolver.owner_ids or resolver.deactivated)
        if not wanted or is_known:
            return resolver
        self._named.update(wanted)
        return resolver.knowing(read_owners(self.reader, self._named), self.stand_ins)
