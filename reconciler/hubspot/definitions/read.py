"""Reading definitions of the portal, as they are now."""

import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.definitions.live import live_group, live_pipeline, live_property, live_schema
from reconciler.hubspot.definitions.live_labels import live_labels, names_between
from reconciler.hubspot.definitions.reader import NOT_SENSITIVE, SENSITIVITIES, DefinitionReader
from reconciler.hubspot.definitions.responses import AssociationName, PropertyDefinition, SchemaDefinition
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import Section
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.object_references import Direction
from reconciler.model.object_types import object_type, standard_names
from reconciler.model.portal_definitions import LiveDefinition

_THREADS = 8

_NUMBER = re.compile(r"\d+-\d+")
"""Form of the number of an object type, such as 2-123."""


def read_definitions(
    reader: PortalReader,
    portal: PortalSchema,
    sections: Mapping[str, Collection[Section]],
    labels: Collection[Direction] = (),
    named: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Mapping[str, tuple[LiveDefinition, ...]]:
    """Read definitions anew, without kept answers; return them by object type, sorted by address.

    ``sections`` gives the sections to read of each type, and ``labels`` the directions whose association
    labels to read; labels are returned with the first type of their direction. ``named`` are the properties
    that matter, by object type: if all of them are active and not sensitive, archived and sensitive
    properties are not read. Otherwise these are read as well, as far as the token may see them. For a type
    that the portal does not have, nothing is returned.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    found: dict[str, list[LiveDefinition]] = {name: [] for name in sections}
    asking = DefinitionsOfPortal(reader.definitions, portal)
    with ThreadPoolExecutor(_THREADS) as pool:
        reading = [
            (name, pool.submit(asking.of_section, name, section, named.get(name)))
            for name, wanted in sections.items()
            for section in sorted(wanted)
        ]
        reading += [(each.object, pool.submit(asking.labels, each)) for each in sorted(labels)]
        for name, future in reading:
            found.setdefault(name, []).extend(future.result())
    return {
        name: tuple(sorted(of_type, key=lambda live: (live.address, live.id)))
        for name, of_type in found.items()
    }


class DefinitionsOfPortal:
    """Reads definitions of one portal, by object type and section.

    Every method may raise ``HubSpotError``.
    """

    def __init__(self, reader: DefinitionReader, portal: PortalSchema) -> None:
        self._reader = reader
        self._portal = portal

    def of_section(
        self, object_name: str, section: Section, named: Collection[str] | None = None
    ) -> tuple[LiveDefinition, ...]:
        """Read the definitions of one section; for an unknown type, there are none.

        ``named`` are the properties that matter; None: all properties.
        """
        schema = self._portal.objects.get(object_name)
        if schema is None:
            return ()
        match section:
            case Section.GROUPS:
                bodies = self._reader.groups(schema.path)
                return tuple(live_group(object_name, body) for body in bodies if not body.archived)
            case Section.PROPERTIES | Section.OPTIONS:
                return self._properties(schema, named)
            case Section.PIPELINES | Section.STAGES:
                return self._pipelines(schema)
            case Section.SCHEMA:
                return self._schema(schema)
            case _:
                return ()

    def labels(self, direction: Direction) -> tuple[LiveDefinition, ...]:
        """Read the labels from records of the first type to records of the other.

        There are none if the portal lacks one of the types.
        """
        if not all(name in self._portal.objects for name in direction):
            return ()
        one, other = self._portal.schemas_of(direction)
        there = self._reader.labels(one.path, other.path)
        is_same = one.path == other.path
        back = there if is_same else self._reader.labels(other.path, one.path)
        numbers = self._number_of(one), self._number_of(other)
        names = self._association_names(one, other)
        return live_labels(
            direction, there, back, names_between(names, *numbers), names_between(names, *reversed(numbers))
        )

    def _association_names(self, *types: ObjectSchema) -> Iterable[AssociationName]:
        """Read internal names of associations, from the first schema in ``types`` that the token may see."""
        for schema in types:
            try:
                return self._reader.schema(self._number_of(schema)).associations
            except (NotAllowed, RequestRejected):
                continue
        return ()

    def _number_of(self, schema: ObjectSchema) -> str:
        number = object_type(schema.name).number
        if number is not None:
            return number
        if _NUMBER.fullmatch(schema.path):
            return schema.path
        body = self._schema_body(schema)
        return body.object_type_id if body else schema.path

    def _properties(self, schema: ObjectSchema, named: Collection[str] | None) -> tuple[LiveDefinition, ...]:
        first, *others = ((each, is_archived) for each in SENSITIVITIES for is_archived in (False, True))
        bodies = list(self._properties_of(schema, *first))
        if named is None or not set(named) <= {body.name for body in bodies}:
            bodies += [body for asked in others for body in self._properties_of(schema, *asked)]
        active = {body.name for body in bodies if not body.archived}
        return tuple(
            live_property(schema.name, body)
            for body in bodies
            if not body.archived or body.name not in active
        )

    def _properties_of(
        self, schema: ObjectSchema, sensitivity: str, is_archived: bool, /
    ) -> tuple[PropertyDefinition, ...]:
        try:
            return self._reader.properties(schema.path, sensitivity, is_archived=is_archived)
        except (NotAllowed, RequestRejected):
            if sensitivity == NOT_SENSITIVE:
                raise
            return ()  # the token may not see such properties, or the portal has none

    def _pipelines(self, schema: ObjectSchema) -> tuple[LiveDefinition, ...]:
        bodies = self._reader.pipelines(schema.path)
        return tuple(
            live for body in bodies if not body.archived for live in live_pipeline(schema.name, body)
        )

    def _schema(self, schema: ObjectSchema) -> tuple[LiveDefinition, ...]:
        return self.schema_among(self._reader.schemas(), schema) if _is_custom(schema) else ()

    def schema_among(
        self, schemas: Iterable[SchemaDefinition], schema: ObjectSchema
    ) -> tuple[LiveDefinition, ...]:
        """Return the definition of ``schema``, a custom object type, from ``schemas``; empty if missing."""
        body = find_schema(schemas, schema)
        return () if body is None else (live_schema(schema.name, body, self._names()),)

    def _schema_body(self, schema: ObjectSchema) -> SchemaDefinition | None:
        return find_schema(self._reader.schemas(), schema) if _is_custom(schema) else None

    def _names(self) -> Mapping[str, str]:
        """Return reconciler's names of object types, by HubSpot's number."""
        standard = {number: name for name in standard_names() if (number := object_type(name).number)}
        return standard | {schema.path: schema.name for schema in self._portal.objects.values()}


def _is_custom(schema: ObjectSchema) -> bool:
    return schema.name not in standard_names()


def find_schema(schemas: Iterable[SchemaDefinition], wanted: ObjectSchema) -> SchemaDefinition | None:
    """Return the entry of ``schemas`` that is the type ``wanted``; None if it is missing.

    Entries are compared by number and by qualified name.
    """
    for body in schemas:
        if wanted.path in {body.object_type_id, body.fully_qualified_name}:
            return body
    return None
