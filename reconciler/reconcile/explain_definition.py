"""Explaining one definition, or some of its values."""

from dataclasses import replace

from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.desired import Desired
from reconciler.model.explanation import Explanation
from reconciler.model.progress import ignore_progress
from reconciler.model.selection import Glob, Selection, glob_of
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.explain import DefinitionFindings, explain_definition, unknown_definition
from reconciler.plan.definitions.match import match_definitions
from reconciler.plan.plan import Plan
from reconciler.reconcile.owned_definitions import live_by_id, types_of
from reconciler.reconcile.plan import plan_changes
from reconciler.state.store import Store


def explain_one_definition(
    address: DefinitionAddress,
    path: str | None,
    desired: Desired,
    reader: PortalReader,
    store: Store,
    *,
    here: PlanContext,
) -> Explanation:
    """Collect everything about one definition, or about its values at ``path``. Writes nothing anywhere.

    Raises:
        UsageError: nothing exists at this address.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    known = store.all_definitions()
    types = {*address.objects, *(name for each in known for name in types_of(each))}
    types |= {name for each in desired.definitions for name in each.objects}
    portal = read_portal(reader, types, here.portal_id, made_later=types)
    names = {name: schema.name for name, schema in portal.objects.items()}
    address, renamed = address.renamed(names), desired.renamed(names)
    of_type = [each for each in renamed.definitions if each.address.object == address.object]
    owned = [each for each in known if each.key.object == address.object]
    wanted = next((each for each in of_type if each.address == address), None)
    mine = next((each for each in owned if each.key == address), None)
    if wanted is None and mine is None:
        raise unknown_definition(
            address, (*(each.address for each in of_type), *(each.key for each in owned))
        )
    live = live_by_id(reader, portal, {address.object: [address]})[address.object]
    sides = next(
        (each for each in match_definitions(of_type, live.values(), owned) if each.wanted is wanted), None
    )
    if sides is not None:
        found, mine = sides.found, sides.owned or mine
    else:
        found = live.get(mine.record_id) if mine else None
    findings = DefinitionFindings(
        wanted=wanted,
        owned=mine,
        live=found,
        plan=_plan(address, desired, reader, store, here),
        applyings=store.last_runs(mine) if mine else {},
        files=desired.files,
        portal_id=here.portal_id,
        environment=here.environment,
    )
    return explain_definition(address, path, findings)


def _plan(
    address: DefinitionAddress, desired: Desired, reader: PortalReader, store: Store, here: PlanContext
) -> Plan:
    """Plan the definition, with the definitions that it needs."""
    globs: tuple[Glob, ...] = (glob_of(address.text),)
    while True:
        plan = plan_changes(
            desired, reader, store, replace(here, selection=Selection(globs)), ignore_progress
        )
        more = {problem.needs for problem in plan.problems if problem.needs}
        added = sorted(more - {glob.text for glob in globs})
        if not added:
            return plan
        globs += tuple(map(glob_of, added))
