"""Choosing the key and the properties of an import."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model.addresses import RECORD_ID
from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.model.desired import Desired
from reconciler.model.desired_records import Ownership
from reconciler.model.display_names import display_properties
from reconciler.model.imports import Choice, ImportRequest
from reconciler.model.keys import why_no_key
from reconciler.model.object_references import ObjectProperty
from reconciler.model.object_types import object_type
from reconciler.model.personal_data import MaskRules
from reconciler.suggestions import did_you_mean

_MOVED = frozenset({"lifecyclestage", "hs_lead_status"})
_MOVED_KINDS = frozenset({Kind.OWNER, Kind.OWNERS, Kind.PIPELINE, Kind.STAGE})
"""Kinds of properties that people and automation change often."""

_OF_THE_SYSTEM = frozenset({"createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"})
"""Dates that HubSpot sets by itself, although programs may write them in some types."""


@dataclass(frozen=True, slots=True)
class ChosenProperties:
    """The properties to import, and the properties that were left out before reading any record."""

    names: tuple[str, ...]  # in the order of the manifest lines
    observed: frozenset[str]  # the ``names`` with ``ownership: observe``, because people change their values
    read_only: tuple[str, ...]
    personal: tuple[str, ...]


def is_moved(definition: PropertyDef) -> bool:
    """Guess from name and kind whether people and automation often change values of this property."""
    return definition.name in _MOVED or definition.kind in _MOVED_KINDS


def choose_key(schema: ObjectSchema, desired: Desired, asked: str | None) -> str:
    """Return the key of an import: the requested key, the key of the manifests, or the only usable key.

    Raises:
        UsageError: the requested property cannot be the key; or none is requested, and the type has no usable
            property or more than one.
    """
    named = [group.key for group in desired.groups if group.object == schema.name and group.key != RECORD_ID]
    if asked is None and named:
        return named[0]
    if asked is None:
        return _only_key(schema)
    if asked == RECORD_ID:
        return asked
    definition = schema.properties.get(asked)
    if definition is None:
        advice = did_you_mean(asked, schema.properties)
        raise UsageError(f'{schema.name} has no property "{asked}"' + (f"\n    {advice}" if advice else ""))
    if not schema.can_identify(asked):
        raise UsageError(
            f"{asked} of {schema.name} cannot be a key: {why_no_key(schema, definition)}\n"
            f"    `reconciler keys list {schema.name}` shows which properties can be a key"
        )
    if named and asked != named[0]:
        raise UsageError(
            f"the manifests recognise {schema.name} by {named[0]}: a type has one key\n"
            f"    leave out --key, or change `key:` first"
        )
    return asked


def _only_key(schema: ObjectSchema) -> str:
    usable = schema.advisable_keys()
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise UsageError(
            f"several properties can be the key of {schema.name}: {', '.join(usable)}\n"
            f"    choose one with --key; `reconciler keys list {schema.name}` counts the "
            "records that have a value"
        )
    raise UsageError(
        f"no property of {schema.name} can be a key: a key must be unique in HubSpot\n"
        "    create a property with unique values and fill it; or use --key record_id, which "
        "works for this portal only"
    )


def choose_properties(
    schema: ObjectSchema, request: ImportRequest, key: str, masks: MaskRules, existing: Iterable[str] = ()
) -> ChosenProperties:
    """Choose the properties to import.

    ``existing`` are the properties of the document to which the imported records are added.

    Raises:
        UsageError: a property does not exist; ``--enforce`` names a property that is not imported; or none of
            the requested properties can be written.
    """
    known = schema.properties
    named = _named(schema, request, tuple(existing))
    for name in (*named, *request.enforce):
        if name not in known:
            advice = did_you_mean(name, known)
            raise UsageError(
                f'{schema.name} has no property "{name}"' + (f"\n    {advice}" if advice else "")
            )
    is_by_name = bool(named) or request.choice is Choice.NAMED
    candidates = [
        name for name in (named if is_by_name else _candidates(schema, request.choice)) if name != key
    ]
    fixed = {name for name in candidates if known[name].is_read_only or known[name].is_calculated}
    personal = (
        _personal(schema, masks, candidates) if not (is_by_name or request.takes_personal) else frozenset()
    )
    names = [name for name in candidates if name not in fixed and name not in personal]
    if is_by_name and not names and candidates:
        raise UsageError("none of these properties can be written: there is nothing to import")
    unknown = sorted(set(request.enforce) - set(names))
    if unknown:
        raise UsageError(f"--enforce {unknown[0]}: this property is not imported")
    observed = frozenset(name for name in names if is_moved(known[name]) and name not in request.enforce)
    return ChosenProperties(
        names=tuple(names),
        observed=observed,
        read_only=tuple(sorted(fixed)) if is_by_name else (),
        personal=tuple(sorted(personal - fixed)),
    )


def _named(schema: ObjectSchema, request: ImportRequest, existing: tuple[str, ...]) -> tuple[str, ...]:
    if request.choice is Choice.NAMED:
        return tuple(dict.fromkeys(request.properties))
    return (
        tuple(name for name in existing if name in schema.properties) if request.choice is Choice.USED else ()
    )


def _candidates(schema: ObjectSchema, choice: Choice) -> list[str]:
    """Return visible properties (with ``CUSTOM``, only custom ones), first those of the display name."""
    titles = display_properties(schema)
    found = [
        name
        for name, known in schema.properties.items()
        if not (known.is_hidden or name in _OF_THE_SYSTEM)
        and (choice is not Choice.CUSTOM or known.is_custom)
    ]
    return sorted(found, key=lambda name: (name not in titles, name))


def _personal(schema: ObjectSchema, masks: MaskRules, names: Collection[str]) -> frozenset[str]:
    pairs = (ObjectProperty(schema.name, name) for name in names)
    return frozenset(name for _, name in masks.masked_properties({schema.name: schema}, pairs))


def has_personal_key(schema: ObjectSchema, key: str, masks: MaskRules) -> bool:
    """Return whether keys reveal a person: keys of contacts, e-mail addresses and phone numbers."""
    if key == RECORD_ID:
        return False
    return object_type(schema.name).has_people or bool(_personal(schema, masks, [key]))


def written_ownership(chosen: ChosenProperties, names: Collection[str]) -> Mapping[str, Ownership]:
    """Return the contents of ``ownership:`` for the written properties ``names``."""
    return {name: Ownership.OBSERVE for name in chosen.names if name in chosen.observed and name in names}
