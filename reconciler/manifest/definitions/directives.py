"""The ``$`` keys of definitions and options, with the rules of each section."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.refusals import refusal_within
from reconciler.manifest.yaml.nodes import Blank, EntryNode, MappingNode
from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.portal_definitions import NO_DEFINITION_DIRECTIVES, DefinitionDirectives
from reconciler.source import Place
from reconciler.suggestions import suggest

ABSENT: Final = "$absent"
PROTECT: Final = "$protect"
RENAMED_FROM: Final = "$renamed_from"
MOVES_TO: Final = "$moves_to"
ID: Final = "$id"

_FORMS: Final = {
    ABSENT: (re.compile("true"), "write `$absent: true`, or remove the line"),
    PROTECT: (re.compile("true|false"), "write `$protect: true` or `$protect: false`"),
    RENAMED_FROM: (re.compile(".+", re.DOTALL), "write its former name"),
    MOVES_TO: (re.compile(".+", re.DOTALL), "write the name of the target to which the records move"),
    ID: (re.compile(r"[^\s/]+"), "write its id in HubSpot, as the API shows it"),
}
_BY_ID: Final = (ABSENT, PROTECT, RENAMED_FROM, MOVES_TO, ID)
KNOWN_DIRECTIVES: Final[Mapping[Section, tuple[str, ...]]] = {
    Section.GROUPS: (ABSENT, PROTECT),
    Section.PROPERTIES: (ABSENT, PROTECT, MOVES_TO),
    Section.PIPELINES: _BY_ID,
    Section.STAGES: _BY_ID,
    Section.SCHEMA: (ABSENT, PROTECT),
    Section.LABELS: (ABSENT, PROTECT, RENAMED_FROM),
    Section.OPTIONS: (ABSENT, RENAMED_FROM, MOVES_TO),
}
_ELSEWHERE: Final = {
    PROTECT: "only a whole property can be protected: write the line for the property, not for an option",
    RENAMED_FROM: "such a name can never change in HubSpot: change `label`, the displayed name",
    MOVES_TO: f"remove the line: `{MOVES_TO}` is only for properties, options, pipelines and stages",
    ID: f"remove the line: `{ID}` is only for pipelines and stages",
}


def is_directive(name: str) -> bool:
    """Return whether ``name`` is a directive: it begins with ``$``."""
    return name.startswith("$")


def read_directives(
    node: MappingNode, section: Section, name: str, about: About, address: DefinitionAddress
) -> DefinitionDirectives:
    """Read the ``$`` keys of one definition, or of an option of the property at ``address``.

    Args:
        node: the lines of the definition or option.
        section: section of the definition or option; it decides which keys are allowed.
        name: name of the definition or option.
        about: the document, which collects the problems.
        address: address of the definition; of the property for an option.
    """
    said: dict[str, str] = {}
    places: dict[str, Place] = {}
    for entry in node.in_order():
        if is_directive(entry.name) and _is_right(entry, section, about, address):
            said[entry.name], places[entry.name] = str(entry.value), entry.place
    if not said:
        return NO_DEFINITION_DIRECTIVES
    is_absent = ABSENT in said
    if is_absent and (others := _others(node.names)):
        message = f"`{ABSENT}: true` cannot be combined with other lines, such as `{others[0]}`"
        about.report(message, "remove them, or this line", places[ABSENT], address)
    if MOVES_TO in said and not is_absent:
        message = (
            f"`{MOVES_TO}` needs `{ABSENT}: true`: records only move away from something that is removed"
        )
        about.report(message, "write both, or remove the line", places[MOVES_TO], address)
    if said.get(MOVES_TO) == name:
        message = f'records cannot move from "{name}" to "{name}"'
        about.report(message, _FORMS[MOVES_TO][1], places[MOVES_TO], address)
    if said.get(RENAMED_FROM) == name:
        message = f'"{name}" cannot be renamed from itself'
        advice = "write its former name, or remove the line"
        about.report(message, advice, places[RENAMED_FROM], address)
    return DefinitionDirectives(
        is_absent=is_absent,
        protect=said[PROTECT] == "true" if PROTECT in said else None,
        renamed_from=said.get(RENAMED_FROM),
        moves_to=said.get(MOVES_TO),
        id=said.get(ID),
    )


def _others(names: Iterable[str]) -> list[str]:
    """Return those ``names`` that a definition with ``$absent`` cannot have."""
    return [name for name in names if name not in {ABSENT, MOVES_TO, ID}]


def _is_right(entry: EntryNode, section: Section, about: About, address: DefinitionAddress) -> bool:
    """Return whether a ``$`` key is allowed in this section and has a possible value; report it if not."""
    name, value = entry.name, entry.value
    if name not in _FORMS and (why := refusal_within(name)):
        about.report(why.message, why.advice, entry.name_place, address)
    elif name not in _FORMS:
        advice = suggest(name, KNOWN_DIRECTIVES[section])
        about.report(f'unknown key "{name}"', advice, entry.name_place, address)
    elif name not in KNOWN_DIRECTIVES[section]:
        about.report(f'"{name}" is not allowed here', _ELSEWHERE[name], entry.name_place, address)
    elif isinstance(value, str) and _FORMS[name][0].fullmatch(value):
        return True
    elif value is not Blank.REFUSED:
        about.report(f'"{name}" cannot have this value', _FORMS[name][1], entry.place, address)
    return False


def merged(earlier: DefinitionDirectives, later: DefinitionDirectives) -> DefinitionDirectives:
    """Merge ``$`` keys one by one; ``$absent`` and ``$moves_to`` are taken only from the last folder."""
    if earlier == NO_DEFINITION_DIRECTIVES:
        return later
    known_id = later.id or earlier.id
    if later.is_absent:
        return DefinitionDirectives(is_absent=True, moves_to=later.moves_to, id=known_id)
    return DefinitionDirectives(
        protect=earlier.protect if later.protect is None else later.protect,
        renamed_from=later.renamed_from or earlier.renamed_from,
        id=known_id,
    )
