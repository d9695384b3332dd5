"""Which properties hold personal data, and are therefore masked wherever a plan is shown to others."""

from reconciler.model.schema import Kind, PropertyDef

_NAMES = frozenset(
    {
        "firstname",
        "lastname",
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
_PEOPLE = frozenset({"contacts", "leads", "users"})


def is_personal(object_name: str, definition: PropertyDef) -> bool:
    """E-mail addresses, phone numbers, people's names and addresses, and what the portal calls sensitive."""
    if definition.is_sensitive or definition.kind in {Kind.EMAIL, Kind.PHONE}:
        return True
    return object_name in _PEOPLE and definition.name in _NAMES
