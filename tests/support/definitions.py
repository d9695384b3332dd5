"""Short functions that build definitions of the portal."""

from collections.abc import Mapping, Sequence

from reconciler.model.addresses import (
    DefinitionAddress,
    Section,
    definition_address,
    parse_definition_address,
)
from reconciler.model.definition_attributes import OPTIONS, list_text, option_path
from reconciler.model.owned import Origin, OwnedDefinition
from reconciler.model.portal_definitions import (
    NO_DEFINITION_DIRECTIVES,
    DefinitionDirectives,
    DesiredDefinition,
    DesiredOption,
    LiveDefinition,
    definition_id,
)
from tests.support.nouns import at


def address(text: str) -> DefinitionAddress:
    found, path = parse_definition_address(text)
    if path:
        return definition_address(found.object, Section.OPTIONS, found.name, path.partition("/")[2])
    return found


def wanted(
    text: str,
    values: Mapping[str, str | None] | None = None,
    options: Sequence[str | DesiredOption] | None = None,
    *,
    special: DefinitionDirectives = NO_DEFINITION_DIRECTIVES,
    has_all_options: bool = True,
) -> DesiredDefinition:
    """Build a desired definition at line 10; each option is a name, or a ``DesiredOption``."""
    all_values = dict(values or {})
    given = [each if isinstance(each, DesiredOption) else option(each) for each in options or ()]
    for each in given:
        if not each.special.is_absent:
            all_values.setdefault(option_path(each.name, "label"), each.name)
    if given:
        all_values[OPTIONS] = list_text(each.name for each in given if not each.special.is_absent)
    paths = tuple(sorted(all_values))
    return DesiredDefinition(
        address=address(text),
        paths=paths,
        values=tuple(all_values[path] for path in paths),
        places=tuple(at(11 + index, 7) for index in range(len(paths))),
        place=at(10, 3),
        special=special,
        options=tuple(given),
        has_all_options=bool(given) and has_all_options,
    )


def option(
    name: str, *, renamed_from: str | None = None, is_absent: bool = False, moves_to: str | None = None
) -> DesiredOption:
    special = DefinitionDirectives(is_absent=is_absent, renamed_from=renamed_from, moves_to=moves_to)
    return DesiredOption(name, at(12, 7), special)


def live_definition(
    text: str,
    values: Mapping[str, str | None],
    *ids: str,
    options: Sequence[str] = (),
    parent_id: str | None = None,
    is_archived: bool = False,
    is_hubspot_defined: bool = False,
    can_change: bool = True,
    can_archive: bool = True,
) -> LiveDefinition:
    """Build a live definition; without ``ids``, its names are its ids."""
    of = address(text)
    return LiveDefinition(
        address=of,
        id=definition_id(of.section, *(ids or of.names)),
        values={**values, **_option_values(options)},
        parent_id=parent_id,
        is_archived=is_archived,
        is_hubspot_defined=is_hubspot_defined,
        can_change=can_change,
        can_change_options=can_change,
        can_archive=can_archive,
    )


def owned_definition(
    text: str,
    sent: Mapping[str, str | None],
    *ids: str,
    options: Sequence[str] = (),
    is_protected: bool = False,
    origin: Origin = Origin.CREATED,
) -> OwnedDefinition:
    of = address(text)
    return OwnedDefinition(
        key=of,
        record_id=definition_id(of.section, *(ids or of.names)),
        origin=origin,
        sent={**sent, **_option_values(options)},
        answered={},
        is_protected=is_protected,
    )


def stage(pipeline: str, name: str, stage_id: str, pipeline_id: str, **values: str) -> LiveDefinition:
    return live_definition(
        f"deals:{Section.PIPELINES}/{pipeline}/{Section.STAGES}/{name}",
        {"label": name, **values},
        stage_id,
        parent_id=pipeline_id,
    )


def _option_values(options: Sequence[str]) -> dict[str, str | None]:
    if not options:
        return {}
    values: dict[str, str | None] = {option_path(each, "label"): each for each in options}
    return {**values, OPTIONS: list_text(options)}
