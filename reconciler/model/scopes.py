"""The scopes that a token needs: a plan names those that its apply needs, ``init`` all that a project needs.

Source: https://developers.hubspot.com/docs/guides/apps/authentication/scopes. If HubSpot also accepts an
older scope (``e-commerce``), this module names the narrower scope.
"""

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

from reconciler.model.new_project import NeededScopes
from reconciler.model.object_types import object_name, object_type, standard_names

OWNERS = "crm.objects.owners.read"
_LISTS = "crm.lists.read"


def needed_scopes(objects: Iterable[str]) -> NeededScopes:
    """Return the scopes for working with records of these types, by purpose: see ``NeededScopes``.

    Planning always needs the scope for owners: manifests name owners by e-mail address, and reports name the
    people who changed a value.
    """
    names = {object_name(written) for written in objects}
    return NeededScopes(
        plan=read_scopes(names),
        begin={"import --list": (_LISTS,)},
        apply=tuple(sorted(set(write_scopes(names)) - set(read_scopes(names)))),
    )


def read_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes for reading records and definitions of these types, and owners. Sorted."""
    names = {object_name(written) for written in objects}
    return tuple(sorted({OWNERS, *(scope for name in names for scope in _read_scopes(name))}))


def is_held(scope: str, held: Container[str]) -> bool:
    """Return whether a token with the scopes ``held`` has the permissions of ``scope``."""
    return scope in held or any(other in held for other in _instead().get(scope, ()))


@lru_cache(maxsize=1)
def _instead() -> Mapping[str, tuple[str, ...]]:
    """Return the scopes that HubSpot accepts instead of a scope, by that scope."""
    return {
        scope: object_type(name).also_permitted_by
        for name in standard_names()
        for scope in (*_read_scopes(name), *_write_scopes(name))
        if object_type(name).also_permitted_by
    }


def write_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes for writing records of these types, without the scopes for reading. Sorted."""
    names = {name for written in objects if not object_type(name := object_name(written)).is_read_only}
    return tuple(sorted({scope for name in names for scope in _write_scopes(name)}))


def definition_scopes(objects: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes for writing definitions of these types. Sorted.

    Source: https://developers.hubspot.com/docs/guides/apps/authentication/scopes.
    """
    return tuple(sorted({_definition_scope(object_name(written)) for written in objects}))


def _definition_scope(name: str) -> str:
    row = object_type(name)
    if row.has_one_scope:
        return row.scope
    return f"crm.schemas.{'custom' if row.number is None else name}.write"


def _write_scopes(name: str) -> tuple[str, ...]:
    row = object_type(name)
    if row.has_one_scope:
        return (row.scope,)
    if row.number is None:
        return ("crm.objects.custom.write",)
    return (f"{row.scope or f'crm.objects.{name}'}.write", *row.further_scopes)


def _read_scopes(name: str) -> tuple[str, ...]:
    row = object_type(name)
    if row.has_one_scope:
        return (row.scope,)
    if row.number is None:
        return ("crm.objects.custom.read", "crm.schemas.custom.read")
    return (f"{row.scope or f'crm.objects.{name}'}.read", *row.further_scopes)
