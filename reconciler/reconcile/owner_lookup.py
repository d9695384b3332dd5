"""Whom manifests make owners of records: looked up no earlier than somebody is named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.hubspot.client import PortalReader
from reconciler.hubspot.portal.owners import read_owners
from reconciler.model.desired import DesiredRecord
from reconciler.plan.values.resolve import Resolver


@dataclass(frozen=True, slots=True)
class OwnerLookup:
    """Gives resolvers the owners that they need to know."""

    reader: PortalReader
    stand_ins: Mapping[str, str]  # e-mail of an absent owner -> of the one who stands in
    _named: set[str] = field(default_factory=set)

    def resolver_for(self, resolver: Resolver, records: Iterable[DesiredRecord]) -> Resolver:
        """``resolver``, or one that knows the owners that ``records`` name, too.

        Raises:
            NotAllowed: somebody is named, and the token lacks the scope for owners.
            HubSpotError: the portal cannot be read.
        """
        return self.resolver_knowing(resolver, resolver.owners_named(records))

    def resolver_knowing(self, resolver: Resolver, named: Iterable[str]) -> Resolver:
        """The same, for owners that are ``named`` by e-mail or id."""
        lowered = {absent.lower(): present for absent, present in self.stand_ins.items()}
        wanted = {lowered.get(name.strip().lower(), name) for name in named if name.strip()}
        is_known = wanted <= self._named and (resolver.owner_ids or resolver.departed)
        if not wanted or is_known:
            return resolver
        self._named.update(wanted)
        return resolver.knowing(read_owners(self.reader, self._named), self.stand_ins)
