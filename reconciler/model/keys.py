"""Properties that can recognise records, with the number of records that have a value in them."""

from dataclasses import dataclass

from reconciler.model.definitions import ObjectSchema, PropertyDef


@dataclass(frozen=True, slots=True)
class KeyCandidate:
    """One property, and how well it tells the records of a type apart."""

    name: str
    label: str
    is_usable: bool  # HubSpot takes it as a key, and people can fill it
    why_not: str | None  # the reason, if it is not usable
    filled: int  # records with a value
    empty: int  # records without one
    repeated: int  # records whose value another record has too

    @property
    def is_complete(self) -> bool:
        """Whether this property can recognise every record of the type."""
        return self.is_usable and not self.empty and not self.repeated


@dataclass(frozen=True, slots=True)
class KeysFound:
    """The key candidates of one object type."""

    object: str
    records: int  # live records of the type
    candidates: tuple[KeyCandidate, ...]  # usable properties first, then by name
    others: tuple[str, ...]  # text properties that were not counted


def why_no_key(schema: ObjectSchema, definition: PropertyDef) -> str | None:
    """Return the reason why a property cannot be a key in manifests; None if it can be one."""
    if not schema.can_identify(definition.name):
        return "not unique in HubSpot"
    if definition.is_calculated:
        return "calculated by HubSpot"
    if definition.is_read_only:
        return "filled by HubSpot alone"
    return "hidden in HubSpot's pages" if definition.is_hidden else None
