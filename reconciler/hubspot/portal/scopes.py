"""Scopes that a token needs for writing, so that a plan can name those for apply.

Source: https://developers.hubspot.com/docs/guides/apps/authentication/scopes. If HubSpot also accepts an
older scope (``e-commerce``), this module names the narrower one.
"""

from collections.abc import Iterable

from reconciler.model.object_types import object_name, object_type


def write_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes for writing records of these types, besides those for reading. Sorted."""
    names = {name for written in objects if not object_type(name := object_name(written)).is_read_only}
    return tuple(sorted({scope for name in names for scope in _write_scopes(name)}))


def _write_scopes(name: str) -> tuple[str, ...]:
    row = object_type(name)
    if row.has_one_scope:
        return (row.scope,)
    if row.number is None:
        return ("crm.objects.custom.write",)
    return (f"{row.scope or f'crm.objects.{name}'}.write", *row.further_scopes)
