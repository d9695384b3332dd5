"""Writing definitions of the portal as a manifest.

Attributes have HubSpot's names, and attributes with default values are left out. Short mappings are written
on one line.

The order of display is written only for options and stages, as the order of the lines. For other definitions,
it is a number that differs between portals.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from reconciler.manifest.write import Inline, yaml_text
from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTION_ATTRIBUTES,
    OPTIONS,
    STAGE_NAMES,
    Attribute,
    Form,
    list_of,
    option_path,
)
from reconciler.model.portal_definitions import LiveDefinition

_Content: TypeAlias = dict[str, Any]

_NOT_WRITTEN: Final = frozenset({"displayOrder"})
_NO_LIST: Final = "[]"
_LISTS: Final = frozenset({Form.LIST, Form.SET})
_LONGEST_LINE: Final = 90  # maximum characters of a mapping that is written in braces, on one line


def definitions_text(
    object_name: str, definitions: Iterable[LiveDefinition], environments: Sequence[str] = ()
) -> str:
    """Write a new manifest with these definitions of one object type.

    Stages are written below their pipelines, in the pipeline's order. Globs in ``environments`` are written
    under the key ``environments:``. Without globs, the manifest does not have this key.

    Raises:
        UsageError: a name or a text cannot be written in YAML.
    """
    head: _Content = {"object": object_name}
    if environments:
        head["environments"] = tuple(environments)
    by_section: dict[Section, list[LiveDefinition]] = {}
    for definition in sorted(definitions, key=lambda each: each.address):
        by_section.setdefault(definition.address.section, []).append(definition)
    sections: list[_Content] = [head]
    for section, content_of in _CONTENT.items():
        if content := content_of(by_section, by_section.get(section, [])):
            sections.append({str(section): content})
    return yaml_text(sections, str, "leave the definition out")


_Sections: TypeAlias = Mapping[Section, Sequence[LiveDefinition]]


def _schema(_: _Sections, schemas: Sequence[LiveDefinition]) -> _Content:
    content: _Content = {}
    for schema in schemas:
        members = _members(ATTRIBUTES[Section.SCHEMA], schema.values)
        labels = {path: members.pop(path) for path in list(members) if path.startswith("labels/")}
        if labels:
            content["labels"] = Inline({path.partition("/")[2]: text for path, text in labels.items()})
        content |= members
    return content


def _groups(_: _Sections, groups: Sequence[LiveDefinition]) -> _Content:
    return {
        group.address.name: _short(_members(ATTRIBUTES[Section.GROUPS], group.values)) for group in groups
    }


def _properties(_: _Sections, properties: Sequence[LiveDefinition]) -> _Content:
    return {each.address.name: _property(each.values) for each in properties}


def _property(values: Mapping[str, str | None]) -> _Content:
    members = _members(ATTRIBUTES[Section.PROPERTIES], values)
    has_options = values.get("type") in {"enumeration", "bool"} and values.get("externalOptions") != "true"
    if not has_options:
        return _short(members)
    return {**members, OPTIONS: dict(_options(values))}


def _options(values: Mapping[str, str | None]) -> Iterator[tuple[str, str | _Content]]:
    for name in list_of(values.get(OPTIONS)):
        said = {attribute: values.get(option_path(name, attribute)) for attribute in OPTION_ATTRIBUTES}
        members = _members(OPTION_ATTRIBUTES, said)
        if list(members) == ["label"]:
            yield name, members["label"]
        else:
            if said["label"] == name:
                del members["label"]
            yield name, _short(members)


def _pipelines(by_section: _Sections, pipelines: Sequence[LiveDefinition]) -> _Content:
    content: _Content = {}
    for pipeline in pipelines:
        name = pipeline.address.name
        stages = {
            stage.address.name: stage.values
            for stage in by_section.get(Section.STAGES, ())
            if stage.address.names[0] == name
        }
        order = [each for each in list_of(pipeline.values.get(STAGE_NAMES)) if each in stages]
        content[name] = _named_by_label(name, Section.PIPELINES, pipeline.values)
        content[name] |= (
            {"stages": {each: _short(_stage(each, stages[each])) for each in order}} if order else {}
        )
    return content


def _stage(name: str, values: Mapping[str, str | None]) -> _Content:
    return _named_by_label(name, Section.STAGES, values)


def _named_by_label(name: str, section: Section, values: Mapping[str, str | None]) -> _Content:
    """Return the lines of a pipeline or stage, without a label that equals its name."""
    members = _members(ATTRIBUTES[section], values)
    if members.get("label") == name:
        del members["label"]
    return members


def _labels(_: _Sections, labels: Sequence[LiveDefinition]) -> _Content:
    content: _Content = {}
    for label in labels:
        other, name = label.address.names
        members = _members(ATTRIBUTES[Section.LABELS], label.values)
        if members.get("name") == name:
            del members["name"]
        content.setdefault(other, {})[name] = _short(members)
    return content


def _members(attributes: Mapping[str, Attribute], values: Mapping[str, str | None]) -> _Content:
    """Return the attributes that are neither empty nor as HubSpot would set them by default."""
    content: _Content = {}
    for path, attribute in attributes.items():
        text = values.get(path)
        if path in _NOT_WRITTEN or text is None or text in {attribute.default, _NO_LIST}:
            continue
        content[path] = list_of(text) if attribute.form in _LISTS else text
    return content


def _short(members: _Content) -> _Content:
    """Return the mapping in one-line form if that is short and has no line breaks."""
    texts = [*members, *(text for text in members.values() if isinstance(text, str))]
    is_long = sum(map(len, texts)) > _LONGEST_LINE or any("\n" in text for text in texts)
    return members if is_long else Inline(members)


_CONTENT: Final[Mapping[Section, Callable[[_Sections, Sequence[LiveDefinition]], _Content]]] = {
    Section.SCHEMA: _schema,
    Section.GROUPS: _groups,
    Section.PROPERTIES: _properties,
    Section.PIPELINES: _pipelines,
    Section.LABELS: _labels,
}
