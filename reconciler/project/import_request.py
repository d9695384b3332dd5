"""The arguments of an import from Python, and the request that they make."""

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
    """The place where an import writes, as far as it is known before anything is read."""

    target: ImportTarget
    out: Path | None  # None: the default file


class ImportArguments(TypedDict, total=False):
    """The records and properties of ``Environment.import_records``, and the file that they go to."""

    key: (
        str | None
    )  # the property that recognises records; None: that of the manifests, or the only usable one
    properties: Iterable[str]  # properties to take, personal or not
    custom: bool  # take the properties that were made in this portal
    personal: bool  # take personal properties too, and write keys that are personal data
    enforce: Iterable[str]  # properties to enforce although people and automation change them all day
    filters: Iterable[str]  # PROPERTY=VALUE, PROPERTY!=VALUE, PROPERTY or !PROPERTY; all must hold
    in_list: str | None  # name or id of a list in HubSpot: only its members
    ids: Iterable[str] | None  # record ids: only these records
    limit: int | None  # maximum number of records
    associations: Iterable[str]  # object types: associations with their records are written, too
    factor: bool  # move values that all records share to ``all:``
    out: str | Path | None  # file to write, from the working directory; its ending says the form
    # ``new``: the file must not exist; ``add``: put records that no manifest names into it; ``replace``:
    # write it anew, and keep a copy in ``.reconciler/replaced/``
    target: ImportTarget | Literal["new", "add", "replace"]
    restart: bool  # read everything again, even if an earlier import was interrupted


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
    """Make a request out of the arguments, and the place where it writes.

    Raises:
        UsageError: they contradict each other.
    """
    named = tuple(properties)
    if named and custom:
        raise UsageError("properties are named one by one, or chosen as a group: use only one of them")
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
"""The sections that an import can write; stages and options come with their pipeline or property."""


def definitions_request(
    object_type: str,
    *,
    sections: Iterable[str],
    properties: Iterable[str],
    associations: Iterable[str],
    out: str | Path | None,
    target: ImportTarget | Literal["new", "replace"],
) -> tuple[DefinitionsRequest, Destination]:
    """Make a request for definitions out of the arguments, and the place where it writes.

    Raises:
        UsageError: there is no such section.
    """
    named = tuple(sections)
    for name in named:
        if name not in SECTIONS:
            raise UsageError(f'"{name}" is no section of definitions\n    {suggest(name, SECTIONS)}')
    wanted = tuple(map(Section, named)) or SECTIONS
    request = DefinitionsRequest(object_type, wanted, tuple(properties), tuple(associations))
    return request, Destination(ImportTarget(target), Path(out) if out is not None else None)
