"""Which scopes a token needs, so that a plan can say what apply will want.

Source: https://developers.hubspot.com/docs/guides/apps/authentication/scopes. Where HubSpot takes an
older name as well (``e-commerce``), the narrower one is given.
"""

from collections.abc import Iterable

from reconciler.model.objects import object_name, type_number

_ACTIVITY = ("crm.objects.contacts",)
_LINE_ITEM = ("crm.objects.line_items",)
_STEMS = {
    "communications": _ACTIVITY,
    "tasks": _ACTIVITY,
    "notes": _ACTIVITY,
    "meetings": _ACTIVITY,
    "calls": _ACTIVITY,
    "emails": _ACTIVITY,
    "postal_mail": _ACTIVITY,
    "goal_targets": ("crm.objects.goals",),
    "discounts": _LINE_ITEM,
    "fees": _LINE_ITEM,
    "taxes": _LINE_ITEM,
    "commerce_payments": ("crm.objects.commercepayments",),
}
_WHOLE = {"tickets": ("tickets",)}  # one scope for both
_BESIDES = {"emails": ("sales-email-read",)}
_READ_ONLY = frozenset({"feedback_submissions"})


def read_scopes(objects: Iterable[str], *, names_owners: bool) -> tuple[str, ...]:
    """Scopes for planning records of these types: records, definitions and pipelines, and owners. Sorted."""
    names = {object_name(name) for name in objects}
    scopes = {scope for name in names for scope in _scopes(name, "read")}
    if any(type_number(name) is None for name in names):
        scopes.add("crm.schemas.custom.read")
    return tuple(sorted(scopes | ({"crm.objects.owners.read"} if names_owners else set())))


def write_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Scopes for writing records of these types, over those for reading them. Sorted."""
    names = {object_name(name) for name in objects} - _READ_ONLY
    return tuple(sorted({scope for name in names for scope in _scopes(name, "write")}))


def _scopes(name: str, access: str) -> tuple[str, ...]:
    if name in _WHOLE:
        return _WHOLE[name]
    if type_number(name) is None:
        return (f"crm.objects.custom.{access}",)
    stems = _STEMS.get(name, (f"crm.objects.{name}",))
    return tuple(f"{stem}.{access}" for stem in stems) + _BESIDES.get(name, ())
