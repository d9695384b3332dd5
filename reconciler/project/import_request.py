"""The arguments of an import in Python, and the request that is made from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

from reconciler.errors import UsageError
from reconciler.model.addresses import Section
from reconciler.model.imports import Choice, DefinitionsRequest, ImportRequest, ImportTarget, Scope
from reconciler.suggestions import suggest


@dataclass(frozen=True, slots=True)
class Destination:
    """The place where an import will write, as far as it is known before anything is read."""

    target: ImportTarget
    out: Path | None  # None means the default file


class ImportArguments(TypedDict, total=False):
    """Arguments of ``Environment.import_records``: which records and properties, and the file to write."""

    key: (
        str | None
    )  # the property that recognises records; None: that of the manifests, or the only usable one
    properties: Iterable[str]  # properties to write, even personal ones
    custom: bool  # write the properties that were created in this portal
    personal: bool  # also write personal properties, and keys that are personal data
    enforce: Iterable[str]  # properties to enforce although people and automation change them often
    filters: Iterable[str]  # PROPERTY=VALUE, PROPERTY!=VALUE, PROPERTY or !PROPERTY; records must pass all
    in_list: str | None  # name or id of a list in HubSpot: only its members
    ids: Iterable[str] | None  # record ids: only these records
    limit: int | None  # maximum number of records
    associations: Iterable[str]  # object types: associations with their records are written, too
    factor: bool  # move values that all records share to ``all:``
    out: str | Path | None  # file to write, from the working directory; its ending tells the form
    # ``new``: the file must not exist; ``add``: add to the file the records that no manifest names;
    # ``replace``: write the file again, and keep a copy in ``.reconciler/replaced/``
    target: ImportTarget | Literal["new", "add", "replace"]
    restart: bool  # read everything again instead of continuing an interrupted import


def import_request(
    object_type: str,
    *,
    key: str | None = None,
    properties: Iterable[str] = (),
    custom: bool = False,
    personal: bool = False,
    enforce: Iterable[str] = (),
    filters: Iterable[str] = (),
    in_list: str | None = None,
    ids: Iterable[str] | None = None,
    limit: int | None = None,
    associations: Iterable[str] = (),
    factor: bool = False,
    out: str | Path | None = None,
    target: ImportTarget | Literal["new", "add", "replace"] = "new",
    restart: bool = False,
) -> tuple[ImportRequest, Destination]:
    """Return the request for the arguments, and where it will write.

    Raises:
        UsageError: the arguments contradict each other.
    """
    named = tuple(properties)
    if named and custom:
        raise UsageError("either name the properties or choose all custom properties, not both")
    wanted = None if ids is None else tuple(ids)
    request = ImportRequest(
        scope=Scope(object_type, tuple(filters), in_list, wanted, limit),
        key=key,
        choice=Choice.NAMED if named else Choice.CUSTOM if custom else Choice.USED,
        properties=named,
        takes_personal=personal,
        enforce=tuple(enforce),
        associations=tuple(associations),
        factors=factor,
        restarts=restart,
    )
    return request, Destination(ImportTarget(target), Path(out) if out is not None else None)


SECTIONS = (Section.GROUPS, Section.PROPERTIES, Section.PIPELINES, Section.SCHEMA, Section.LABELS)
"""The sections that an import can write.

Stages are written with their pipeline, options with their property.
"""


def definitions_request(
    object_type: str,
    *,
    sections: Iterable[str],
    properties: Iterable[str],
    associations: Iterable[str],
    out: str | Path | None,
    target: ImportTarget | Literal["new", "replace"],
) -> tuple[DefinitionsRequest, Destination]:
    """Return the request for definitions, and where it will write.

    Raises:
        UsageError: there is no such section.
    """
    named = tuple(sections)
    for name in named:
        if name not in SECTIONS:
            raise UsageError(f'"{name}" is not a section of definitions\n    {suggest(name, SECTIONS)}')
    wanted = tuple(map(Section, named)) or SECTIONS
    request = DefinitionsRequest(object_type, wanted, tuple(properties), tuple(associations))
    return request, Destination(ImportTarget(target), Path(out) if out is not None else None)
