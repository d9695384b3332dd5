"""The display name of a record: its name on HubSpot's pages, from its type's primary display property."""

from collections.abc import Mapping

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.object_types import object_type
from reconciler.model.owned import OwnedRecord

_TITLES = ("name", "dealname", "subject", "hs_name", "hs_title")
_PEOPLE = (("firstname", "lastname"), ("hs_given_name", "hs_family_name"))


def display_properties(schema: ObjectSchema) -> tuple[str, ...]:
    """Return the properties whose values form the display name of records of a type; perhaps none.

    The schema of a custom type names its primary display property. The schemas of HubSpot's own types do not;
    for these, the properties with usual names are taken.
    """
    known = schema.properties
    if schema.primary_display is not None and schema.primary_display in known:
        return (schema.primary_display,)
    if object_type(schema.name).has_people:
        for names in _PEOPLE:
            if found := tuple(name for name in names if name in known):
                return found
    required = (name for name in schema.required if name in known and known[name].kind is Kind.TEXT)
    return tuple(name for name in (*_TITLES, *required) if name in known)[:1]


def display_name(names: tuple[str, ...], values: Mapping[str, str | None]) -> str | None:
    """Return the display name: the ``values`` of the properties ``names``, joined; None if all are empty.

    >>> display_name(("firstname", "lastname"), {"firstname": "Ada", "lastname": "Lovelace"})
    'Ada Lovelace'
    """
    return " ".join(filter(None, map(values.get, names))) or None


def remembered_name(schema: ObjectSchema | None, owned: OwnedRecord | None) -> str | None:
    """Return the display name of a record from the last applied values in state; None if that is unknown."""
    if schema is None or owned is None:
        return None
    return display_name(display_properties(schema), {name: owned.expected_live(name) for name in owned.sent})
