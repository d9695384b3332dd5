"""Scopes that a token needs, so that a plan can name those for apply.

Source: https://developers.hubspot.com/docs/guides/apps/authentication/scopes. If HubSpot also accepts an
older scope (``e-commerce``), this module names the narrower one.
"""

from collections.abc import Iterable

from reconciler.model.object_types import object_name, object_type, type_number


def read_scopes(objects: Iterable[str], *, names_owners: bool) -> tuple[str, ...]:
    """Return the scopes for planning these types: records, definitions, pipelines, and owners. Sorted."""
    names = {object_name(name) for name in objects}
    scopes = {scope for name in names for scope in _scopes(name, "read")}
    if any(type_number(name) is None for name in names):
        scopes.add("crm.schemas.custom.read")
    return tuple(sorted(scopes | ({"crm.objects.owners.read"} if names_owners else set())))


def write_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes for writing records of these types, besides those for reading. Sorted."""
    names = {name for written in objects if not object_type(name := object_name(written)).is_read_only}
    return tuple(sorted({scope for name in names for scope in _scopes(name, "write")}))


def _scopes(name: str, access: str) -> tuple[str, ...]:
    row = object_type(name)
    if row.has_one_scope:
        return (row.scope,)
    if row.number is None:
        return (f"crm.objects.custom.{access}",)
    return (f"{row.scope or f'crm.objects.{name}'}.{access}", *row.further_scopes)
