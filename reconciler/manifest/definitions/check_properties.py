"""Checks of desired properties: type and field type, options, and formulas that need each other."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.errors import Problem
from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import FORMULA, OPTIONS
from reconciler.model.field_types import CALCULATED, FIELD_TYPES
from reconciler.model.formulas import circle_of_formulas
from reconciler.model.portal_definitions import DesiredDefinition, DesiredOption
from reconciler.source import SourceFiles

_HAVE_OPTIONS = frozenset({"enumeration", "bool"})
_OF_BOOLEANS = frozenset({"true", "false"})


def property_problems(definitions: Iterable[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report contradictions within properties, and formulas that need each other."""
    properties = [each for each in definitions if each.address.section is Section.PROPERTIES]
    for definition in properties:
        yield from _option_problems(definition, files)
        yield from _form_problems(definition, files)
    by_type: dict[str, list[DesiredDefinition]] = {}
    for definition in properties:
        by_type.setdefault(definition.address.object, []).append(definition)
    for of_type in by_type.values():
        yield from _circles(of_type, files)


def _form_problems(definition: DesiredDefinition, files: SourceFiles) -> Iterator[Problem]:
    """Report a ``fieldType`` that does not fit type or formula, and external options without a source."""
    kind, form = definition.value("type"), definition.value("fieldType")
    address = definition.address.text
    source = files.ref(definition.place_of("fieldType"))
    if definition.value(FORMULA) is not None and form not in {None, CALCULATED}:
        advice = f"write `fieldType: {CALCULATED}`, or remove `{FORMULA}`"
        yield Problem(f"a property with a formula cannot be shown as {form}", advice, source, address)
    elif kind is not None and form is not None and form not in FIELD_TYPES.get(kind, (form,)):
        advice = f"write one of {', '.join(FIELD_TYPES[kind])}"
        yield Problem(f"the fieldType {form} does not go with the type {kind}", advice, source, address)
    if definition.value("externalOptions") == "true" and definition.value("referencedObjectType") is None:
        source = files.ref(definition.place_of("externalOptions"))
        advice = "write `referencedObjectType: OWNER`, or remove the line"
        yield Problem("`externalOptions` needs a `referencedObjectType`", advice, source, address)


def _circles(properties: Sequence[DesiredDefinition], files: SourceFiles) -> Iterator[Problem]:
    """Report formulas of one object type that need each other: HubSpot could create none of them."""
    formulas = {each.address.name: formula for each in properties if (formula := each.value(FORMULA))}
    for definition in properties:
        name = definition.address.name
        circle = circle_of_formulas(name, formulas)
        if circle and name == min(circle):
            names = " needs ".join((*circle[circle.index(name) :], *circle[: circle.index(name)], name))
            message = f"formulas cannot need each other: {names}"
            source = files.ref(definition.place_of(FORMULA))
            yield Problem(message, "change one of the formulas", source, definition.address.text)


def _option_problems(definition: DesiredDefinition, files: SourceFiles) -> Iterator[Problem]:
    kind, is_multiple = definition.value("type"), definition.value("fieldType") == "checkbox"
    address = definition.address.text
    if definition.options and kind is not None and kind not in _HAVE_OPTIONS:
        advice = f"remove them, or write `type: enumeration` instead of `type: {kind}`"
        source = files.ref(definition.place_of(OPTIONS))
        yield Problem(f"properties of the type {kind} have no options", advice, source, address)
    for option in definition.options:
        source = files.ref(option.place)
        if kind == "bool" and option.name not in _OF_BOOLEANS:
            message = f'"{option.name}" is not an option of a bool: a bool has only `true` and `false`'
            advice = "remove it, or write `type: enumeration`"
            yield Problem(message, advice, source, address)
        if is_multiple and ";" in option.name:
            message = f'"{option.name}" contains ";", which separates the values of a multiple choice'
            yield Problem(message, "write another value, and keep the text as its label", source, address)
    yield from _option_moves(definition, files)
    yield from _whole_list_problems(definition, files)


def _whole_list_problems(definition: DesiredDefinition, files: SourceFiles) -> Iterator[Problem]:
    """Report a list under ``options:`` that leaves a property without options.

    Also report the list of a boolean property in which the option ``true`` or ``false`` is missing.
    """
    if not definition.has_all_options or not definition.options:
        return
    kept = {option.name for option in definition.options if not option.special.is_absent}
    source, address = files.ref(definition.place_of(OPTIONS)), definition.address.text
    if not kept:
        advice = "write at least one option, or remove the line to leave the options alone"
        yield Problem("`options` leaves no option", advice, source, address)
    elif definition.value("type") == "bool" and kept < _OF_BOOLEANS:
        lacking = ", ".join(f"`{name}`" for name in sorted(_OF_BOOLEANS - kept))
        advice = f"add {lacking}, or write `options_include` to change only one of the two"
        yield Problem("a bool has both options, `true` and `false`", advice, source, address)


def _option_moves(definition: DesiredDefinition, files: SourceFiles) -> Iterator[Problem]:
    """Report contradictory ``$renamed_from``, and a ``$moves_to`` that names no option that stays."""
    by_name = {option.name: option for option in definition.options}
    sources: dict[str, DesiredOption] = {}
    for option in definition.options:
        where, address = files.ref(option.place), definition.address.text
        before, target = option.special.renamed_from, option.special.moves_to
        if before is not None and before in by_name:
            message = f'"{option.name}" is renamed from "{before}", which is listed as well'
            advice = f'remove "{before}": its records move with the rename'
            yield Problem(message, advice, where, address)
        elif before is not None and sources.setdefault(before, option) is not option:
            message = f'"{option.name}" and "{sources[before].name}" are both renamed from "{before}"'
            yield Problem(message, "keep one of the two lines", where, address)
        if target is not None and not _is_kept(by_name.get(target), is_whole=definition.has_all_options):
            move = f'from "{option.name}" to "{target}"'
            message = f"records cannot move {move}: the property will not have this option"
            advice = "write the value of an option that stays"
            yield Problem(message, advice, where, address)


def _is_kept(option: DesiredOption | None, *, is_whole: bool) -> bool:
    return not option.special.is_absent if option else not is_whole
