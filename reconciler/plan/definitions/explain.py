"""Explaining one definition, or some of its values, from manifests, state, portal and a plan of it alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.desired_records import Ownership, Prune
from reconciler.model.explanation import Explanation, ManifestLine, NextAction, PropertyExplained
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.model.runs import RunHeader
from reconciler.plan.change import Action, Change, Reason
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.explain.explain import last_applied, planned_action, step_of_thing
from reconciler.plan.plan import Plan
from reconciler.source import SourceFiles
from reconciler.suggestions import did_you_mean, nearest


@dataclass(frozen=True, slots=True)
class DefinitionFindings:
    """Everything known about one definition."""

    wanted: DesiredDefinition | None  # the desired definition
    owned: OwnedDefinition | None
    live: LiveDefinition | None
    plan: Plan  # a plan of only this definition and the definitions that it needs
    applyings: Mapping[str, RunHeader]  # by path, the run that last applied the value
    files: SourceFiles
    portal_id: int
    environment: str


def explain_definition(
    address: DefinitionAddress, path: str | None, found: DefinitionFindings
) -> Explanation:
    """Build the explanation of a definition or, with ``path``, of one value or all values of one option.

    Raises:
        UsageError: the definition has no such value.
    """
    owned, live = found.owned, found.live
    paths = tuple(_paths(address, path, found))
    asked = {address.text, *map(address.property_address, paths)}
    gone = _removed_option(found.plan, address, path)
    return Explanation(
        key=address,
        name=path,
        environment=found.environment,
        portal_id=found.portal_id,
        record_id=live.id if live else owned.record_id if owned else None,
        is_live=live is not None,
        origin=owned.origin if owned else None,
        is_protected=owned is not None and owned.is_protected,
        declared=(found.files.ref(found.wanted.place),) if found.wanted else (),
        prune=Prune.OFF,
        step=step_of_thing(found.plan, address if gone is None else gone.definition),
        properties=tuple(_value(address, each, found) for each in paths),
        pairs=(),
        problems=tuple(problem for problem in found.plan.problems if problem.address in asked),
        moves_to=_moves_to(found.wanted, gone),
        moves_from=owned.key if owned and owned.key != address else None,
    )


def _removed_option(plan: Plan, address: DefinitionAddress, path: str | None) -> Change | None:
    """Return the change that removes the option at ``path``; None if none does."""
    if path is None or address.section is not Section.PROPERTIES:
        return None
    asked = address.property_address(path)
    gone = (each for each in plan.changes if each.action is Action.ARCHIVE)
    return next((each for each in gone if each.thing.text == asked), None)


def _moves_to(wanted: DesiredDefinition | None, gone: Change | None) -> str | None:
    if gone is not None:
        return details_of(gone).moves_to
    return wanted.special.moves_to if wanted else None


def unknown_definition(address: DefinitionAddress, known: Iterable[DefinitionAddress]) -> UsageError:
    """Return the error about a definition that neither manifests nor state know."""
    near = nearest(address.text, dict.fromkeys(each.text for each in known))
    advice = f"did you mean {' or '.join(near)}?" if near else "`reconciler state list` tells what is owned"
    return UsageError(f"no manifest names {address.text}, and it is not in the state\n    {advice}")


def _paths(address: DefinitionAddress, path: str | None, found: DefinitionFindings) -> Iterator[str]:
    named = {*(found.wanted.paths if found.wanted else ()), *(found.owned.sent if found.owned else ())}
    if path is None:
        yield from sorted(named)
        return
    known = named | (found.live.values.keys() if found.live else set())
    asked = [each for each in sorted(known) if each == path or each.startswith(f"{path}/")]
    if not asked:
        near = did_you_mean(path, known)
        raise UsageError(f'{address.text} has no value "{path}"' + (f"\n    {near}" if near else ""))
    yield from asked


def _value(address: DefinitionAddress, path: str, found: DefinitionFindings) -> PropertyExplained:
    wanted, owned, live = found.wanted, found.owned, found.live
    is_managed = wanted is not None and path in wanted.paths
    step = planned_action(found.plan, address, path)
    if step is None:
        is_in_step = is_managed and live is not None
        step = NextAction("nothing", Reason.IN_STEP) if is_in_step else NextAction("nothing")
    return PropertyExplained(
        name=path,
        statements=_statements(wanted, path, found.files) if wanted and is_managed else (),
        unmanaged_at=None,
        ownership=Ownership.ENFORCE if is_managed else None,
        last=last_applied(owned, found.applyings, path),
        live=live.values.get(path) if live else None,
        versions=(),
        step=step,
    )


def _statements(wanted: DesiredDefinition, path: str, files: SourceFiles) -> tuple[ManifestLine, ...]:
    return (ManifestLine(wanted.value(path), files.ref(wanted.place_of(path))),)
