"""Collecting the properties and values that a plan, drift or an explanation shows, and their display names.

Display names are found only for what is shown: a portal may have thousands of properties and options. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.model.display_names import display_properties
from reconciler.model.names import NO_DISPLAY_NAMES, TYPE_NUMBER, Names, ObjectNames, PropertyNames
from reconciler.model.object_references import ObjectProperty
from reconciler.model.object_types import type_number
from reconciler.plan.change import Change
from reconciler.plan.plan import Held

_OWNERS = frozenset({Kind.OWNER, Kind.OWNERS})
_LISTS = frozenset({Kind.OWNERS, Kind.CHOICES})
_NAMED = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.OWNER, Kind.OWNERS, Kind.PIPELINE, Kind.STAGE})
"""Kinds of values for which HubSpot's pages show a name instead of the value."""


@dataclass(slots=True)
class ShownThings:
    """The properties and values that a plan, drift or an explanation shows."""

    objects: Mapping[str, ObjectSchema]  # by name of the object type
    # includes key properties, and properties that form display names
    properties: set[ObjectProperty] = field(default_factory=set)
    _values: dict[ObjectProperty, set[str]] = field(default_factory=dict)
    _displayed: set[str] = field(default_factory=set)  # types whose records are shown with display names

    def add(self, object_name: str, name: str, *texts: str | None) -> None:
        """Add a property, and ``texts``, which are shown values of this property."""
        shown = ObjectProperty(object_name, name)
        self.properties.add(shown)
        definition = self._definition(shown)
        if definition is not None and definition.kind in _NAMED:
            self._values.setdefault(shown, set()).update(text for text in texts if text)

    def add_display_name(self, object_name: str) -> None:
        """Add the properties that form the display names of records of the object type."""
        if object_name in self._displayed:
            return
        self._displayed.add(object_name)
        schema = self.objects.get(object_name)
        names = display_properties(schema) if schema else ()
        self.properties.update(ObjectProperty(object_name, name) for name in names)

    def add_change(self, change: Change) -> None:
        """Add the properties and values that reports of ``change`` show."""
        former = [change.former_record] if change.former_record else []
        self.properties.update(key.key_property for key in (*change.address.records, *former))
        object_name = change.object_type
        if change.address.records:
            for value in change.values:
                self.add(object_name, value.name, value.before, value.after)
        unwritten = (*change.remembered, *change.forgotten, *change.rests_on)
        self.properties.update(ObjectProperty(object_name, value.name) for value in unwritten)
        if change.display_names != NO_DISPLAY_NAMES:
            for key in change.address.records:
                self.add_display_name(key.object)

    def add_held(self, held: Held) -> None:
        """Add the properties, values and display names of a held difference, which reports show."""
        if held.name:
            self.add(held.key.object, held.name, held.live, held.desired)
        keys = (held.key, held.target, *(fact.key for fact in held.facts))
        self.properties.update(key.key_property for key in keys if key)
        if held.display_names != NO_DISPLAY_NAMES:
            for record in held.records:
                self.add_display_name(record.object)

    def owner_ids(self) -> set[str]:
        """Return the ids of all owners that are shown."""
        values = (texts for shown, texts in self._values.items() if self._kind(shown) in _OWNERS)
        return {owner_id for texts in values for text in texts for owner_id in text.split(";") if owner_id}

    def names(self, owners: Mapping[str, str], pages: str | None) -> Names:
        """Return the names of everything that is shown.

        Args:
            owners: the name of each owner, by id.
            pages: the beginning of the URL of a record's page; None: there are no pages.
        """
        by_object: dict[str, dict[str, PropertyNames]] = {}
        for shown in sorted(self.properties):
            definition = self._definition(shown)
            if definition is not None:
                named = self._property_names(shown, definition, owners)
                by_object.setdefault(shown.object, {})[shown.name] = named
        return Names(
            pages,
            {
                name: ObjectNames(_number(self.objects[name]), display_properties(self.objects[name]), named)
                for name, named in by_object.items()
            },
        )

    def _property_names(
        self, shown: ObjectProperty, definition: PropertyDef, owners: Mapping[str, str]
    ) -> PropertyNames:
        is_list = definition.kind in _LISTS
        texts = self._values.get(shown, set())
        seen = {part for text in texts for part in (text.split(";") if is_list else [text])} | texts
        schema = self.objects[shown.object]
        return PropertyNames(
            definition.label, _told_apart(_labels(schema, definition, owners), seen), is_list
        )

    def _definition(self, shown: ObjectProperty) -> PropertyDef | None:
        schema = self.objects.get(shown.object)
        return schema.properties.get(shown.name) if schema else None

    def _kind(self, shown: ObjectProperty) -> Kind | None:
        definition = self._definition(shown)
        return definition.kind if definition else None


@dataclass(frozen=True, slots=True)
class Naming:
    """The shown things of a plan, drift or an explanation, and the names of owners in the shown values."""

    shown: ShownThings
    owners: Mapping[str, str] = field(default_factory=dict)  # by id

    def names(self, pages: str | None) -> Names:
        """Return the display names of all shown object types, properties and values."""
        return self.shown.names(self.owners, pages)


def shown_things(
    changes: Iterable[Change], held: Iterable[Held], objects: Mapping[str, ObjectSchema]
) -> ShownThings:
    """Collect the properties and values that reports of these changes and held differences show."""
    shown = ShownThings(objects)
    for change in changes:
        shown.add_change(change)
    for entry in held:
        shown.add_held(entry)
    return shown


def _labels(
    schema: ObjectSchema, definition: PropertyDef, owners: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Return all values of a property that have a display name, each with that name."""
    match definition.kind:
        case Kind.OWNER | Kind.OWNERS:
            yield from owners.items()
        case Kind.PIPELINE:
            yield from ((pipeline.id, pipeline.label) for pipeline in schema.pipelines)
        case Kind.STAGE:
            yield from ((stage.id, stage.label) for pipeline in schema.pipelines for stage in pipeline.stages)
        case _:
            yield from ((option.value, option.label) for option in definition.options)


def _told_apart(labels: Iterable[tuple[str, str]], seen: set[str]) -> dict[str, str]:
    """Return a name for each value in ``seen`` that has one.

    If two values have equal names, the value is added in brackets to each of the two. If this does not make
    all names different, the result is empty, so that the values themselves are shown.
    """
    known = {value: label for value, label in labels if label}
    used = Counter([*known.values(), *(seen - known.keys())])
    of_seen = {value: known[value] for value in seen & known.keys()}
    with_value = {value: f"{label} ({value})" for value, label in of_seen.items()}
    mixed = {value: label if used[label] == 1 else with_value[value] for value, label in of_seen.items()}
    for named in (mixed, with_value):
        if len({named.get(value, value) for value in seen}) == len(seen):
            return {value: text for value, text in sorted(named.items()) if text != value}
    return {}


def _number(schema: ObjectSchema) -> str | None:
    """Return HubSpot's number of a type; None for a type that the plan makes itself."""
    number = type_number(schema.name) or schema.path
    return number if TYPE_NUMBER.fullmatch(number) and not schema.is_new else None
