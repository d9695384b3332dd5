"""Reading ``source:`` of a document, and reporting everything that is not allowed."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.errors import Problem
from reconciler.manifest.property_names import name_fault
from reconciler.manifest.tables.csv_text import codec_of
from reconciler.manifest.tables.sources import Source
from reconciler.manifest.validation_errors import plain, tell
from reconciler.manifest.yaml.nodes import Blank, MappingNode
from reconciler.model.tables import Format, TableForm
from reconciler.source import Place, SourceFiles

_PATH = "write a path that starts at the project folder"
_OF_CSV = ("delimiter", "encoding", "decimal")


class _Source(BaseModel):
    """The keys under ``source:``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    csv: str | None = Field(None, description=_PATH)
    parquet: str | None = Field(None, description=_PATH)
    jsonl: str | None = Field(None, description=_PATH)
    columns: dict[str, str | None] = Field(
        {}, description="write `column: property` lines, or `column: null` to leave the column out"
    )
    clear: str | None = Field(None, description="write the text that clears a property, such as '\\N'")
    delimiter: Literal[",", ";", "\t", "|"] = Field(
        ",", description="""write ',' or ';' or '|' or "\\t", which is a tab"""
    )
    encoding: str = Field(
        "utf-8",
        description="write utf-8, utf-16, cp1252 (Windows, Western Europe) or another encoding of Python",
    )
    decimal: Literal[".", ","] = Field(".", description="write '.' or ','")


def read_source(node: MappingNode, files: SourceFiles, problems: list[Problem]) -> Source | None:
    """Read ``source:`` of the document ``node``; return None if it is missing or wrong."""
    if "source" not in node.names:
        return None
    inner, place = node.mapping("source"), node.place_of("source")
    found = list(_source_problems(inner, place, files))
    problems += found
    try:
        said = _Source.model_validate(plain(inner))
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_context=False)
        descriptions = {name: field.description for name, field in _Source.model_fields.items()}
        problems.extend(tell(complaints, descriptions, inner, place, files))
        return None
    named = [format_ for format_ in Format if format_ in inner.names]
    if found or len(named) != 1:
        return None
    columns = inner.mapping("columns")
    return Source(
        form=TableForm(named[0], said.clear, said.delimiter, said.encoding, said.decimal),
        path=PurePosixPath(_text(inner, named[0])).as_posix(),
        place=inner.place_of(named[0]),
        columns=said.columns,
        column_places={name: columns.name_place(index) for index, name in enumerate(columns.names)},
    )


def _source_problems(node: MappingNode, place: Place, files: SourceFiles) -> Iterator[Problem]:
    named = [format_ for format_ in Format if format_ in node.names]
    if len(named) != 1:
        message = f"`source` names {len(named)} files" if named else "`source` names no file"
        yield Problem(message, "write one of csv, parquet and jsonl", files.ref(place))
    for name in (*named, "clear"):
        if name in node.names and (isinstance(node.get(name), Blank) or node.get(name) == ""):
            yield Problem(f'"{name}" is empty', _advice(name), files.ref(node.place_of(name)))
    columns = node.mapping("columns")
    for name, value, where in zip(columns.names, columns.values, columns.places, strict=True):
        if isinstance(value, Blank):
            yield Problem(f'"{name}" has no value', _advice("columns"), files.ref(where))
        elif isinstance(value, str) and (fault := name_fault(value)):
            yield fault.at(files.ref(where))
    encoding = node.get("encoding")
    if isinstance(encoding, str) and codec_of(encoding) is None:
        source = files.ref(node.place_of("encoding"))
        yield Problem(f'there is no encoding "{encoding}"', _advice("encoding"), source)
    for name in _OF_CSV:
        if name in node.names and "csv" not in node.names:
            source = files.ref(node.place_of(name))
            yield Problem(f'only CSV files have a "{name}"', "remove it", source)


def _advice(name: str) -> str | None:
    return _Source.model_fields[name].description


def _text(node: MappingNode, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
