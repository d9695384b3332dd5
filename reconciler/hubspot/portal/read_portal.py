"""Reading from a portal what planning needs besides records: object types and definitions."""

import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from reconciler.errors import ManifestError, Problem, RequestRejected, UsageError
from reconciler.hubspot.portal.definitions import pipeline, property_def
from reconciler.hubspot.portal.responses import AccountBody, SchemaBody
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import Account, Kind, ObjectSchema, Pipeline, PortalSchema, PropertyDef
from reconciler.model.object_types import (
    object_name,
    object_type,
    standard_names,
)
from reconciler.source import SourceRef
from reconciler.suggestions import did_you_mean

_THREADS = 8
_UNKNOWN_NUMBER = re.compile(r"0-\d+")
"""Form of the number of a standard type, also of a new one that our table lacks.

HubSpot accepts it in paths.
"""

_UI_DOMAIN = re.compile(r"[a-z0-9-]+\.hubspot\.com", re.ASCII)
"""Form of the hosts of HubSpot's pages: reports link to no other host, whatever the API names."""


@dataclass(frozen=True, slots=True)
class _Type:
    """An object type that the portal has."""

    name: str
    path: str
    required: tuple[str, ...] = ()  # of a custom type: properties that its schema requires
    primary_display: str | None = None  # of a custom type: the property that HubSpot shows as the name


def begin_portal(reader: PortalReader, objects: Collection[str]) -> None:
    """Start the first calls of ``read_portal`` for standard types, so that other work can go on meanwhile."""
    names = {object_name(written) for written in objects}
    reader.begin([object_type(name).path for name in sorted(names) if _is_standard(name)])


def read_portal(
    reader: PortalReader,
    objects: Collection[str],
    portal_id: int | None = None,
    asked_at: Mapping[str, SourceRef] = MappingProxyType({}),
    lacking: list[Problem] | None = None,
    *,
    made_later: Collection[str] = (),
) -> PortalSchema:
    """Read the portal's account, and the types in ``objects`` with everything that belongs to them.

    ``objects`` names standard types by path name or number, custom types by name, qualified name or number;
    the result contains each type under all of its names. ``portal_id`` is the portal to which the token must
    belong; None accepts any. ``asked_at`` has the place that needs each type, for messages. Types that the
    portal does not have are left out, and are reported in ``lacking`` if it is given; types in
    ``made_later``, which the plan itself creates, are not reported.

    Raises:
        UsageError: the token belongs to another portal.
        ManifestError: the portal lacks types, and ``lacking`` is None; the error names all of them.
        HubSpotError: the portal cannot be read.
    """
    names = sorted({object_name(written) for written in objects})
    with ThreadPoolExecutor(_THREADS) as pool:
        reading_account = pool.submit(reader.account)
        customs = () if all(_is_standard(name) for name in names) else reader.schemas()
        types = {name: found for name in names if (found := _type(name, customs))}
        problems = _not_there(reader, names, types, customs, asked_at)
        problems = {name: each for name, each in problems.items() if name not in made_later}
        if problems:
            _refuse_other_portal(reading_account.result(), portal_id)
            if lacking is None:
                raise ManifestError(tuple(problems.values()))
            lacking += problems.values()
            types = {name: found for name, found in types.items() if name not in problems}
        distinct = sorted(set(types.values()), key=lambda found: found.name)
        reading_properties = pool.map(reader.properties, [found.path for found in distinct])
        account = reading_account.result()  # before the properties, so that a wrong portal is reported first
        _refuse_other_portal(account, portal_id)
        definitions = [
            {body.name: property_def(found.name, body) for body in bodies if not body.archived}
            for found, bodies in zip(distinct, reading_properties, strict=True)
        ]
        reading_pipelines = pool.map(partial(_read_pipelines, reader), distinct, definitions)
        schemas = {
            found: _schema(reader.version, found, known, pipelines)
            for found, known, pipelines in zip(distinct, definitions, reading_pipelines, strict=True)
        }
    named = {name: schemas[found] for name, found in types.items()}
    return PortalSchema(_account(account), reader.version, _by_all_names(schemas, customs) | named)


def _by_all_names(
    schemas: Mapping[_Type, ObjectSchema], customs: Iterable[SchemaBody]
) -> dict[str, ObjectSchema]:
    """Return each type under its name; a custom type also under its number and its qualified name."""
    by_name = {found.name: schema for found, schema in schemas.items()}
    by_path = {found.path: schema for found, schema in schemas.items()}
    for custom in customs:
        if custom.object_type_id in by_path:
            for name in (custom.object_type_id, custom.fully_qualified_name):
                by_name[name] = by_path[custom.object_type_id]
    return by_name


def _account(body: AccountBody) -> Account:
    account = Account(body.portal_id, body.account_type)
    is_hubspots = body.ui_domain is not None and _UI_DOMAIN.fullmatch(body.ui_domain) is not None
    return replace(account, ui_domain=body.ui_domain) if body.ui_domain and is_hubspots else account


def _is_standard(name: str) -> bool:
    return name in standard_names() or _UNKNOWN_NUMBER.fullmatch(name) is not None


def _type(name: str, customs: Iterable[SchemaBody]) -> _Type | None:
    """Return the type called ``name``; None if the portal does not have it."""
    if _is_standard(name):
        return _Type(name, object_type(name).path)
    for custom in customs:
        if name in {custom.name, custom.fully_qualified_name, custom.object_type_id}:
            return _Type(
                custom.name,
                custom.object_type_id,
                custom.required_properties,
                custom.primary_display_property,
            )
    return None


def _refuse_other_portal(account: AccountBody, portal_id: int | None) -> None:
    if portal_id not in {None, account.portal_id}:
        raise UsageError(
            f"the token belongs to portal {account.portal_id}, and this environment is portal {portal_id}\n"
            "    correct portal_id or the token; nothing was changed"
        )


def _not_there(
    reader: PortalReader,
    names: Iterable[str],
    types: Container[str],
    customs: Iterable[SchemaBody],
    asked_at: Mapping[str, SourceRef],
) -> Mapping[str, Problem]:
    """Report types that the portal does not have, or has not activated."""
    known = (*standard_names(), *(custom.name for custom in customs))
    problems = {name: _unknown(name, known, asked_at.get(name)) for name in names if name not in types}
    for name in filter(_UNKNOWN_NUMBER.fullmatch, names):
        if not _has_type(reader, name):
            problems[name] = _unknown(name, known, asked_at.get(name))
    for name in names:
        row = object_type(name)
        number = row.number if row.is_switched_on_by_hand else None
        if number is not None and not reader.is_enabled(number):
            advice = "activate it in HubSpot, under Settings, Objects"
            message = f"the portal has not activated {name}"
            problems[name] = Problem(message, advice, asked_at.get(name))
    return problems


def _has_type(reader: PortalReader, number: str) -> bool:
    """Return whether the portal has the object type ``number``; our table of types has no such number.

    The portal has the type if its properties can be read. The reader keeps them for later.
    """
    try:
        reader.properties(number)
    except RequestRejected:
        return False
    return True


def _unknown(name: str, known: Sequence[str], source: SourceRef | None) -> Problem:
    advice = did_you_mean(name, known) or f"it has {', '.join(sorted(known))}"
    return Problem(f'the portal has no object type "{name}"', advice, source)


def _any_kind(kind: Kind, definitions: Iterable[Mapping[str, PropertyDef]]) -> bool:
    return any(definition.kind is kind for known in definitions for definition in known.values())


def _read_pipelines(
    reader: PortalReader, found: _Type, known: Mapping[str, PropertyDef]
) -> tuple[Pipeline, ...]:
    if not _any_kind(Kind.PIPELINE, [known]):
        return ()
    return tuple(pipeline(body) for body in reader.pipelines(found.path) if not body.archived)


def _schema(
    version: str, found: _Type, known: Mapping[str, PropertyDef], pipelines: tuple[Pipeline, ...]
) -> ObjectSchema:
    row = object_type(found.name)
    required = found.required or row.required_properties(len(pipelines))
    return ObjectSchema(
        name=found.name,
        path=found.path,
        properties=known,
        pipelines=pipelines,
        required=tuple(name for name in required if name in known),
        one_of=row.one_of,
        default_key=row.default_key,
        primary_display=found.primary_display,
        has_upsert=row.has_upsert(version),
        is_read_only=row.is_read_only,
    )
