"""Finding the line of a document that sets a value of a definition, for edits."""

from collections.abc import Sequence
from typing import Final

from reconciler.manifest.edit.patches import Unsafe
from reconciler.manifest.yaml.content import Content
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.definition_attributes import (
    OPTIONS,
    Form,
    attribute_of,
    canonical_text,
    list_of,
    list_text,
    option_of,
)
from reconciler.model.desired_records import ManifestValue
from reconciler.model.object_types import object_name

_LABEL: Final = "label"
_LISTS: Final = frozenset({Form.LIST, Form.SET})
_NAMED_BY_LABEL: Final = frozenset({Section.PIPELINES, Section.STAGES})


def definition_line(document: Content, address: DefinitionAddress, path: str) -> tuple[str, ...]:
    """Return the path of keys to a value of a definition in ``document``; the value may be missing.

    ``path`` is the path of the value in the definition, such as ``options/gold/label``.

    Raises:
        Unsafe: the document does not declare the definition, or declares it in a form without that line.
    """
    outer = _definition(document, address)
    option = option_of(path)
    if option is None:
        return (*outer, *path.split("/"))
    line, attribute = (*_options_line(document, outer), option), path.rpartition("/")[2]
    members = _at(document, line)
    if isinstance(members, dict):
        return (*line, attribute)
    if attribute == _LABEL:
        return line  # the short form ``option: label``, or a new option
    raise Unsafe("the option is written in its short form", f"write it as `{option}: {{label: …}}`")


def list_line(document: Content, address: DefinitionAddress, path: str) -> tuple[str, ...]:
    """Return the path of keys to the options of a property, or to the stages of a pipeline.

    Raises:
        Unsafe: the document has no such list.
    """
    outer = _definition(document, address)
    return _options_line(document, outer) if path == OPTIONS else (*outer, path)


def entry_line(document: Content, address: DefinitionAddress, path: str) -> tuple[str, ...]:
    """Return the path of keys to the option in ``path``, or to the definition if ``path`` has no option.

    Raises:
        Unsafe: the document has no such line.
    """
    outer = _definition(document, address)
    option = option_of(path)
    return outer if option is None else (*_options_line(document, outer), option)


def check_before(document: Content, edit: Edit, address: DefinitionAddress, line: Sequence[str]) -> None:
    """Check that the present value in the document is ``edit.before``.

    Raises:
        Unsafe: the document has another value.
    """
    written = _at(document, line)
    is_filled_in = written is None and edit.name == _LABEL and address.section in _NAMED_BY_LABEL
    if is_filled_in and edit.before == address.name:
        return
    attribute = attribute_of(address.section, edit.name)
    form = attribute.form if attribute else Form.TEXT
    said = list_text(map(str, written), form) if isinstance(written, tuple) else written
    if isinstance(said, str):
        said = canonical_text(form, said)
    if said != edit.before:
        raise Unsafe.changed()


def written_value(edit: Edit, address: DefinitionAddress) -> ManifestValue:
    """Return the new value as a manifest value: a tuple if the attribute is a list."""
    attribute = attribute_of(address.section, edit.name)
    if attribute is not None and attribute.form in _LISTS and isinstance(edit.after, str):
        return list_of(edit.after)
    return edit.after


def _options_line(document: Content, outer: tuple[str, ...]) -> tuple[str, ...]:
    for name in (OPTIONS, "options_include"):
        if isinstance(_at(document, (*outer, name)), dict):
            return (*outer, name)
    raise Unsafe.changed()


def _definition(document: Content, address: DefinitionAddress) -> tuple[str, ...]:
    """Return the path of keys from the document's root to a definition.

    Raises:
        Unsafe: the document does not contain the definition.
    """
    names = address.names
    line: tuple[str, ...]
    match address.section:
        case Section.STAGES:
            line = ("pipelines", names[0], "stages", names[1])
        case Section.SCHEMA:
            line = ("schema",)
        case Section.LABELS:
            listed = _at(document, ("association_labels",))
            others = (
                [name for name in listed if object_name(name) == names[0]] if isinstance(listed, dict) else []
            )
            line = ("association_labels", *others[:1], names[1])
        case section:
            line = (str(section), *names)
    if not isinstance(_at(document, line), dict):
        raise Unsafe.changed()
    return line


def _at(content: Content, line: Sequence[str]) -> Content:
    for name in line:
        content = content.get(name) if isinstance(content, dict) else None
    return content
