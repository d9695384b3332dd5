"""Definitions that could not be written, and the changes that depend on them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model.addresses import (
    DefinitionAddress,
    Section,
    definition_address,
)
from reconciler.model.definition_attributes import OPTIONS, list_of, named_properties
from reconciler.plan.change import Action, Change


@dataclass(slots=True)
class Unmade:
    """The definitions that do not exist although later changes of a plan or run may need them."""

    addresses: set[DefinitionAddress] = field(default_factory=set)  # definitions that were not created
    _options: dict[tuple[str, str, str], DefinitionAddress] = field(default_factory=dict)
    _ids: dict[tuple[str, str], DefinitionAddress] = field(default_factory=dict)  # by type and id

    def add(self, change: Change) -> None:
        """Add a definition whose change was not applied."""
        address = change.address
        if not isinstance(address, DefinitionAddress) or change.action not in {Action.CREATE, Action.UPDATE}:
            return
        for value in change.values:
            if value.name == OPTIONS:
                for option in set(list_of(value.after)) - set(list_of(value.before)):
                    self._options[address.object, address.name, option] = address
        if change.action is Action.CREATE:
            self.addresses.add(address)
            own_id = (change.remote.id or "").partition("/")[2]
            if address.section in {Section.PIPELINES, Section.STAGES}:
                self._ids[address.object, own_id] = address

    def blocking(self, change: Change) -> DefinitionAddress | None:
        """Return a definition that ``change`` needs and that was not created, or None.

        A property that lacks a new option counts, too, if ``change`` needs this option.
        """
        if not (self.addresses or self._options):
            return None
        return next((each for each in self._needs(change) if each in self.addresses), None) or next(
            iter(self._values(change)), None
        )

    def _needs(self, change: Change) -> Iterator[DefinitionAddress]:
        address = change.address
        for object_name in address.objects:
            schema = definition_address(object_name, Section.SCHEMA)
            if schema != address or change.step > 1:
                yield schema
        if isinstance(address, DefinitionAddress):
            yield from _needed_by_definition(address, change)
            return
        for record in address.records:
            yield definition_address(record.object, Section.PROPERTIES, record.by)
        if address is change.thing:  # a record, not an association
            for value in change.values:
                yield definition_address(address.object, Section.PROPERTIES, value.name)

    def _values(self, change: Change) -> Iterator[DefinitionAddress]:
        """Return the definitions that a change of a record needs for its values and that were not created.

        These definitions are pipelines, stages, and properties of which an option was not created.
        """
        if change.address is not change.thing or isinstance(change.address, DefinitionAddress):
            return
        for value in change.values:
            for text in (value.after or "").split(";"):
                option = self._options.get((change.object_type, value.name, text))
                found = option or self._ids.get((change.object_type, text))
                if found is not None:
                    yield found


def _needed_by_definition(address: DefinitionAddress, change: Change) -> Iterator[DefinitionAddress]:
    if change.action is Action.UPDATE and change.step > 1:
        yield address
    if address.section is Section.STAGES:
        yield definition_address(address.object, Section.PIPELINES, address.names[0])
    for value in change.values:
        if value.after is None:
            continue
        if value.name == "groupName":
            yield definition_address(address.object, Section.GROUPS, value.after)
        elif value.name == "associatedObjects":
            yield from (definition_address(name, Section.SCHEMA) for name in list_of(value.after))
        else:
            names = named_properties(value.name, value.after)
            yield from (definition_address(address.object, Section.PROPERTIES, name) for name in names)
