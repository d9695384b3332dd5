"""Rows of owned definitions, which share the table of owned records: finding and removing them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from reconciler.model.addresses import SECTION_MARK, DefinitionAddress, RecordId, Section
from reconciler.model.owned import OwnedDefinition
from reconciler.model.references import RecordIdentity
from reconciler.state.row_codec import OWNED_COLUMNS, definition_of
from reconciler.state.tables import owned

_DEFINITIONS = select(*(owned.c[name] for name in OWNED_COLUMNS))

IS_DEFINITION: ColumnElement[bool] = owned.c.by.startswith(SECTION_MARK)
"""The condition that a row of the table ``owned`` is about a definition, not a record."""


@dataclass(frozen=True, slots=True)
class DefinitionRows:
    """The rows of one portal's owned definitions; all methods run in the caller's transaction."""

    connection: Connection
    portal_id: int

    def of_type(self, object_name: str) -> tuple[OwnedDefinition, ...]:
        """Return the owned definitions of an object type, sorted by address."""
        return tuple(self._select(owned.c.object == object_name))

    def all(self) -> tuple[OwnedDefinition, ...]:
        """Return all owned definitions, sorted by address."""
        return tuple(self._select())

    def of_ids(self, object_name: str, ids: Sequence[RecordId]) -> Iterator[OwnedDefinition]:
        """Return the owned definitions with these ids, whatever their names are now."""
        return self._select(owned.c.object == object_name, owned.c.record_id.in_(ids))

    def at(self, address: DefinitionAddress) -> tuple[OwnedDefinition, ...]:
        """Return the owned definition at ``address``; an empty tuple if it is not owned."""
        object_name, by = address.group
        return tuple(
            self._select(owned.c.object == object_name, owned.c.by == by, owned.c.key == address.value)
        )

    def written_since(self, serial: int) -> frozenset[RecordIdentity]:
        """Return the definitions whose row was written after serial ``serial`` of the state."""
        query = select(owned.c.object, owned.c.record_id).where(
            self._ours(), IS_DEFINITION, owned.c.serial > serial
        )
        return frozenset(RecordIdentity(*row) for row in self.connection.execute(query))

    def remove_within(self, addresses: Iterable[DefinitionAddress]) -> None:
        """Remove all definitions that are parts of these ones.

        A pipeline contains its stages, and a custom object type everything that is defined for it.
        """
        for address in addresses:
            here = and_(self._ours(), IS_DEFINITION, owned.c.object == address.object)
            if address.section is Section.SCHEMA:
                label = and_(owned.c.by == f"{SECTION_MARK}{Section.LABELS}", self._names(address.object))
                self.connection.execute(delete(owned).where(or_(here, and_(self._ours(), label))))
            elif address.section is Section.PIPELINES:
                is_stage = owned.c.by == f"{SECTION_MARK}{Section.STAGES}"
                self.connection.execute(delete(owned).where(here, is_stage, self._names(address.value)))

    def _names(self, outer: str) -> ColumnElement[bool]:
        return owned.c.key.startswith(f"{outer}/", autoescape=True)

    def _select(self, *conditions: ColumnElement[bool]) -> Iterator[OwnedDefinition]:
        query = _DEFINITIONS.where(self._ours(), IS_DEFINITION, *conditions).order_by(
            owned.c.object, owned.c.by, owned.c.key
        )
        return map(definition_of, self.connection.execute(query).all())

    def _ours(self) -> ColumnElement[bool]:
        return owned.c.portal_id == self.portal_id
