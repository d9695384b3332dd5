"""The properties whose values are masked in output: those with personal data, and those in the settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.model.object_references import ObjectProperty
from reconciler.model.object_types import object_type

_NAMES = frozenset(
    {
        "firstname",
        "lastname",
        "hs_given_name",
        "hs_family_name",
        "hs_lead_name",
        "salutation",
        "date_of_birth",
        "gender",
        "marital_status",
        "address",
        "address2",
        "street",
        "hs_street_address_1",
        "hs_street_address_2",
        "hs_persona",
        "twitterhandle",
        "hs_linkedin_url",
    }
)


Globs: TypeAlias = Mapping[str, Iterable[str]]
"""Keys: globs that match object types. Values: globs that match properties of these object types."""


@dataclass(frozen=True, slots=True)
class MaskRules:
    """The rules that decide which properties are masked.

    Properties with personal data are masked by default. The project's settings add and remove properties.
    """

    mask: Globs = field(default_factory=dict)  # masked in addition to the default properties
    show: Globs = field(default_factory=dict)  # shown although masked by default

    def masked_properties(
        self, schemas: Mapping[str, ObjectSchema], pairs: Iterable[ObjectProperty]
    ) -> tuple[ObjectProperty, ...]:
        """Return the ``pairs`` of object type and property whose values are masked, sorted."""
        return tuple(
            sorted(
                ObjectProperty(object_name, name)
                for object_name, name in set(pairs)
                if self._hides(object_name, name, _definition(schemas.get(object_name), name))
            )
        )

    def named(self, pairs: Iterable[ObjectProperty]) -> frozenset[ObjectProperty]:
        """Return the ``pairs`` that the project masks explicitly."""
        return frozenset(pair for pair in pairs if _matches(self.mask, *pair))

    def _hides(self, object_name: str, name: str, definition: PropertyDef | None) -> bool:
        """Return whether the values of a property are masked.

        The values are masked if ``mask`` matches the property, or if the property is personal. If ``show``
        matches a personal property, its values are masked only if the property is sensitive.
        """
        if _matches(self.mask, object_name, name):
            return True
        if definition is None or not is_personal(object_name, definition):
            return False
        return definition.is_sensitive or not _matches(self.show, object_name, name)


def _definition(schema: ObjectSchema | None, name: str) -> PropertyDef | None:
    """Return the definition of a property, also of a property that the plan archives."""
    return (schema.properties.get(name) or schema.removed.get(name)) if schema else None


def is_personal(object_name: str, definition: PropertyDef) -> bool:
    """Return whether a property has addresses, phone numbers, names of people, or sensitive data."""
    if definition.is_sensitive or definition.kind in {Kind.EMAIL, Kind.PHONE}:
        return True
    return object_type(object_name).has_people and definition.name in _NAMES


def _matches(globs: Globs, object_name: str, name: str) -> bool:
    return any(
        fnmatchcase(object_name, of_objects) and any(fnmatchcase(name, glob) for glob in of_names)
        for of_objects, of_names in globs.items()
    )
