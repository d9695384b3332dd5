"""Writing whole new manifests. Only this module uses ruamel.yaml.

ruamel.yaml gets a resolver that treats every scalar as text: ``true``, ``007`` and ``2026-11-22`` get no
quotes, because our reader also reads them as text. No rules decide which texts need quotes. Instead, the
result is read again, and texts that were read as something else are written in double quotes.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.resolver import BaseResolver
from ruamel.yaml.tag import Tag

from reconciler.errors import UsageError
from reconciler.manifest.definitions.read import SECTIONS
from reconciler.manifest.yaml import nodes
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.model.desired_records import ManifestValue, Ownership
from reconciler.source import SourceFiles

_Content: TypeAlias = "str | tuple[_Content, ...] | dict[str, _Content] | None"
"""The contents of a document: texts, lists, mappings, and the plain ``null``."""

_FILES: Final = SourceFiles(("",))
_WIDEST: Final = 1 << 30  # columns; so many that no line is folded
_LONGEST_NAME: Final = 1_000  # maximum characters of a name on one line with its value; YAML allows 1,024
_BLOCK: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\xa0\ufeff][^\r\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]*"
)
"""Texts of several lines that are readable as a block: no leading blanks, no invisible characters."""
_BLANK_AT_END: Final = re.compile(r"[ \t](\n|$)|\n\n$")
_WRITE_A_TABLE: Final = "write a table: --out FILE.csv"
_RECORD: Final = re.compile(r"(?m)^  (?=[^ \n])(?!: )")
"""Start of a record. A line that begins with ``: `` has the value of the name in a line ``? name``."""
_OWNERSHIP: Final = "# people and automation change these all day: compared and shown, never written\n"


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """The content of one record to be written."""

    key: str
    values: Mapping[str, ManifestValue]  # in the order of the lines
    unmanaged: tuple[str, ...] = ()
    associations: Mapping[str, Sequence["WrittenAssociation"]] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """The lines of the record, as nested data for the writer."""
        lines: dict[str, Any] = dict(self.values)
        if self.unmanaged:
            lines["$unmanaged"] = self.unmanaged
        if self.associations:
            lines["$associations"] = {
                name: tuple(entry.content for entry in entries) for name, entries in self.associations.items()
            }
        return lines


@dataclass(frozen=True, slots=True, order=True)
class WrittenAssociation:
    """An entry of ``$associations``."""

    value: str
    by: str = ""  # "": the key property that the manifests use for the other record's type
    label: str = ""  # "": the unlabelled association

    @property
    def content(self) -> str | dict[str, str]:
        """The entry for the writer: a text, or a mapping if ``by`` or ``label`` is needed."""
        if not self.by and not self.label:
            return self.value
        by = {"by": self.by} if self.by else {}
        return {**by, "to": self.value, **({"label": self.label} if self.label else {})}


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """The content of a document to be written, without its records."""

    object: str
    key: str
    ownership: Mapping[str, Ownership]
    shared: Mapping[str, ManifestValue] = field(default_factory=dict)  # the values under ``all:``
    environments: tuple[str, ...] = ()  # empty: all environments
    source: Mapping[str, str] | None = None  # the lines under ``source:``, for records in a table


def document_text(document: WrittenDocument, records: Iterable[WrittenRecord] = ()) -> str:
    """Return the text of a new manifest with one document.

    Raises:
        UsageError: a text cannot be written in YAML.
    """
    head: dict[str, Any] = {"object": document.object, "key": document.key}
    if document.environments:
        head["environments"] = document.environments
    sections: list[dict[str, Any]] = [head]
    if document.ownership:
        sections.append({"ownership": {name: str(owner) for name, owner in document.ownership.items()}})
    if document.shared:
        sections.append({"all": dict(document.shared)})
    if document.source:
        sections.append({"source": dict(document.source)})
    else:
        sections.append({"records": {record.key: record.content for record in records}})
    return yaml_text(sections, _polished)


def record_lines(records: Sequence[WrittenRecord], indent: str) -> str:
    """Return the lines of records below ``records:``, indented, with a blank line between two records.

    Raises:
        UsageError: a text cannot be written in YAML.
    """
    text = yaml_text([{"records": {record.key: record.content for record in records}}], _polished)
    lines = text.partition("\n")[2].split("\n")
    return "\n".join(indent + line[2:] if line else "" for line in lines)


class Inline(dict[str, Any]):
    """A mapping that is written on one line, in braces."""


def yaml_text(
    sections: Sequence[Mapping[str, Any]], polished: Callable[[str], str], advice: str = _WRITE_A_TABLE
) -> str:
    """Return a document's sections as YAML, separated by blank lines; reading it gives the same contents.

    Args:
        sections: texts, tuples of texts, mappings of these, and None for the plain ``null``.
        polished: a function that adds comments and blank lines to the text.
        advice: for the error if a text cannot be written in YAML.

    Raises:
        UsageError: a text cannot be written in YAML.
    """
    quoted: Collection[str] = _QUOTED
    for _ in range(3):
        text = polished(_dumped(sections, quoted))
        misread = _misread(text, sections)
        if misread is not None and not misread:
            return text
        quoted = _EVERYTHING if misread is None or quoted is not _QUOTED else _QUOTED.union(misread)
    raise UsageError(f"a name or a value cannot be written in YAML\n    {advice}")


class _Everything(Collection[str]):
    """A collection that contains every text."""

    def __contains__(self, _text: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_EVERYTHING: Final = _Everything()
_QUOTED: Final = frozenset({"<<"})  # always in quotes: other programs read it as a merge key


def _dumped(sections: Sequence[Mapping[str, Any]], quoted: Collection[str]) -> str:
    parts = []
    for section in sections:
        out = StringIO()
        pairs = [(ScalarNode(_STR, name), _node(content, quoted)) for name, content in section.items()]
        _writer().serialize(MappingNode(_MAP, pairs, flow_style=False), out)
        parts.append(out.getvalue())
    return "\n".join(parts)


def _polished(text: str) -> str:
    """Put a comment before ``ownership:``, and a blank line between records."""
    before, name, records = text.partition("records:\n")
    before = before.replace("ownership:\n", f"{_OWNERSHIP}ownership:\n", 1)
    return before + name + _RECORD.sub("\n  ", records).removeprefix("\n") if name else before


def _writer() -> Any:
    """Return a new ruamel.yaml writer, to be used once."""
    writer = YAML(typ="rt", pure=True)
    writer.Resolver, writer.Emitter = _Resolver, _Emitter
    writer.width = _WIDEST
    writer.brace_single_entry_mapping_in_flow_sequence = True
    return writer


def _node(content: Any, quoted: Collection[str], *, in_flow: bool = False) -> Any:
    if isinstance(content, Mapping):
        in_flow = in_flow or isinstance(content, Inline)
        pairs = [
            (_scalar(name, quoted, is_name=True), _node(value, quoted, in_flow=in_flow))
            for name, value in content.items()
        ]
        return MappingNode(_MAP, pairs, flow_style=in_flow or not pairs)
    if isinstance(content, tuple):
        return SequenceNode(_SEQ, [_node(item, quoted, in_flow=True) for item in content], flow_style=True)
    if content is None:
        return ScalarNode(_STR, "null")
    return _scalar(content, quoted, is_name=in_flow)


def _scalar(text: str, quoted: Collection[str], *, is_name: bool = False) -> Any:
    """Return a text for ruamel.yaml: as a block, in double quotes, or with the style left to ruamel.yaml."""
    style = None
    if text in quoted or text in _NOTHING:
        style = '"'
    elif "\n" in text:
        is_block = not is_name and _BLOCK.fullmatch(text) and not _BLANK_AT_END.search(text)
        style = "|" if is_block else '"'
    return ScalarNode(_STR, text, style=style)


_NOTHING: Final = frozenset({"null", *(blank.value for blank in nodes.Blank)})
"""Texts that are written in quotes, because reconciler would otherwise not read them as text."""

_STR, _MAP, _SEQ = (Tag(suffix=f"tag:yaml.org,2002:{name}") for name in ("str", "map", "seq"))
_TAGS: Final = {ScalarNode: _STR, MappingNode: _MAP, SequenceNode: _SEQ}


class _Resolver(BaseResolver):
    """Resolves every scalar as text."""

    processing_version = (1, 2)

    def __init__(self, version: object = None, loader: object = None, loadumper: object = None) -> None:
        del version
        super().__init__(loader or loadumper)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node, which depends only on its kind."""
        del value, implicit
        return _TAGS[kind]

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing on entering a node, because the path to a node does not affect its tag."""

    def ascend_resolver(self) -> None:
        """Do nothing on leaving a node."""


class _Emitter(Emitter):
    MAX_SIMPLE_KEY_LENGTH = _LONGEST_NAME


def _misread(text: str, sections: Iterable[Mapping[str, Any]]) -> Collection[str] | None:
    """Return the texts in ``sections`` for which our reader finds another value in ``text``.

    Return None if ``text`` cannot be read.
    """
    try:
        reading = read_nodes(text.encode(), _FILES, 0, whole=SECTIONS)
    except UnicodeEncodeError:
        return None
    if reading.problems or len(reading.documents) != 1:
        return None
    meant: dict[str, Any] = {}
    for section in sections:
        meant |= section
    return set(_differences(meant, reading.documents[0].node))


def _differences(meant: Any, read: nodes.Node) -> Iterator[str]:
    if isinstance(meant, Mapping):
        found = dict(zip(read.names, read.values, strict=True)) if isinstance(read, nodes.MappingNode) else {}
        for name, value in meant.items():
            if name in found:
                yield from _differences(value, found[name])
            else:
                yield name
    elif isinstance(meant, tuple):
        items = read.items if isinstance(read, nodes.SequenceNode) else ()
        if len(items) == len(meant):
            for item, found_item in zip(meant, items, strict=True):
                yield from _differences(item, found_item)
        else:
            yield from (item for item in meant if isinstance(item, str))
    elif meant != read:
        yield "" if meant is None else meant
