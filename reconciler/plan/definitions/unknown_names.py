"""Names of properties in formulas and in display fields of schemas: HubSpot refuses unknown ones. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.definition_attributes import FORMULA, named_properties
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change
from reconciler.plan.definitions.context import DefinitionDecision
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.suggestions import did_you_mean


def without_unknown_names(
    decided: Iterable[DecidedDefinitions], kept: Collection[Change], after: Mapping[str, ObjectSchema]
) -> Iterator[DecidedDefinitions]:
    """Report changes among ``kept`` that name a property which their type lacks ``after`` the plan.

    In a display field, an unknown name is an error that replaces the change. In a formula it is a warning,
    because not all of the grammar is documented.
    """
    for each in decided:
        schema = after.get(each.matched.known.object)
        wrong = {} if schema is None else _wrong(each, kept, schema)
        yield replace(each, decisions={**each.decisions, **wrong}) if wrong else each


def _wrong(
    decided: DecidedDefinitions, kept: Collection[Change], after: ObjectSchema
) -> dict[DefinitionAddress, DefinitionDecision]:
    found: dict[DefinitionAddress, DefinitionDecision] = {}
    for address, decision in decided.decisions.items():
        own = (change for change in decision.changes if change in kept)
        problems = tuple(problem for change in own for problem in _problems(change, after))
        if problems:
            is_wrong = any(problem.severity is Severity.ERROR for problem in problems)
            changes = () if is_wrong else decision.changes
            found[address] = DefinitionDecision(changes, decision.held, (*decision.problems, *problems))
    return found


def _problems(change: Change, after: ObjectSchema) -> Iterator[Problem]:
    for value in change.values:
        for name in named_properties(value.name, value.after):
            if name not in after.properties:
                message = f'{value.name} names "{name}", and {after.name} has no such property'
                advice = did_you_mean(name, after.properties) or "correct the name, or declare the property"
                address = change.definition.property_address(value.name)
                severity = Severity.WARNING if value.name == FORMULA else Severity.ERROR
                yield Problem(message, advice, value.source or change.source, address, severity)
