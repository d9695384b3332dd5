"""Finding out which declared definitions a plan does not create, and why. Pure."""

from collections.abc import Collection, Iterator, Mapping

from reconciler.errors import Severity
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definitions import ObjectSchema
from reconciler.model.not_made import NotMade, WhyNotMade
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import DefinitionDecision
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.plan.values.not_made import name_of

_LABELLED = frozenset({Section.PIPELINES, Section.STAGES})
"""Sections whose definitions can be named by label in records of manifests."""


def not_made(decided: DecidedDefinitions, address: DefinitionAddress, kept: Collection[Change]) -> NotMade:
    """Return why the plan, whose changes are ``kept``, does not create the definition at ``address``."""
    unselected = decided.matched.unselected.get(address)
    if unselected is not None:
        return NotMade(address.text, unselected)
    decision = decided.decisions.get(address, DefinitionDecision())
    wrong = [problem for problem in decision.problems if problem.severity is Severity.ERROR]
    if wrong:
        return NotMade(
            address.text, WhyNotMade.WRONG, next((each.needs for each in wrong if each.needs), None)
        )
    is_reviewed = all(change in kept for change in decision.changes)
    return NotMade(address.text, WhyNotMade.HELD if is_reviewed else WhyNotMade.UNREVIEWED)


def all_not_made(
    decided: DecidedDefinitions, kept: Collection[Change], after: ObjectSchema
) -> Mapping[tuple[str, ...], NotMade]:
    """Return, by name, why declared definitions are missing in the schema ``after``.

    ``after`` is the schema that the portal will have when the changes in ``kept`` are applied.
    """
    lacking: dict[tuple[str, ...], NotMade] = {}
    there = {change.definition for change in kept if change.action in {Action.CREATE, Action.UPDATE}}
    there |= decided.matched.present.keys()
    name_of_type = decided.matched.known.object
    there |= {definition_address(name_of_type, Section.PROPERTIES, name) for name in after.properties}
    for wanted in decided.matched.known.wanted:
        address = wanted.address
        if wanted.special.is_absent:
            continue
        if address not in there:
            why = not_made(decided, address, kept)
            lacking |= {name_of(address.section, *names): why for names in _names_of(wanted)}
            continue
        for option in _options_not_there(wanted, after):
            of = definition_address(address.object, Section.OPTIONS, address.name, option)
            lacking[name_of(of.section, *of.names)] = _option_not_made(decided, of, address, kept)
    return lacking


def _names_of(wanted: DesiredDefinition) -> Iterator[tuple[str, ...]]:
    """Return the names by which records of manifests may refer to a definition."""
    yield wanted.address.names
    label = wanted.value("label")
    if label and wanted.address.section in _LABELLED:
        yield (*wanted.address.names[:-1], label)


def _options_not_there(wanted: DesiredDefinition, after: ObjectSchema) -> Iterator[str]:
    known = after.properties.get(wanted.address.name)
    there = {option.value for option in known.options} if known else set[str]()
    for option in wanted.options:
        if not option.special.is_absent and option.name not in there:
            yield option.name


def _option_not_made(
    decided: DecidedDefinitions, option: DefinitionAddress, of: DefinitionAddress, kept: Collection[Change]
) -> NotMade:
    """Return why the plan does not create an ``option`` of an existing property."""
    selected = (each.wanted.options for each in decided.matched.sides if each.address == of)
    if any(option.name == each.name for options in selected for each in options):
        return NotMade(option.text, not_made(decided, of, kept).why)
    return NotMade(option.text, decided.matched.unselected.get(of, WhyNotMade.UNSELECTED))
