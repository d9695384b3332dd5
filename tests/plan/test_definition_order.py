"""Definitions that other definitions need are created first, and removed last."""

from reconciler.model.owned import Origin
from reconciler.model.portal_definitions import definition_id
from reconciler.plan.change import Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import (
    archive_definition,
    create_definition,
    update_definition,
)
from reconciler.plan.definitions.order import turns_of_definitions
from reconciler.plan.file.sequences import spooled
from tests.support.definitions import address

OURS = Owned(Origin.CREATED)


def created(text: str, *paths: str, is_carried: bool = False) -> Change:
    of = address(text)
    values = tuple(ValueChange(path, None, "x", Reason.MISSING) for path in paths)
    details = DefinitionDetails(is_carried=True) if is_carried else None
    return create_definition(of, definition_id(of.section, *of.names), values, None, OURS, details=details)


def updated(text: str, *paths: str, step: int = 1) -> Change:
    of = address(text)
    values = tuple(ValueChange(path, None, "x", Reason.CHANGED) for path in paths)
    return update_definition(
        of, definition_id(of.section, *of.names), values, Reason.CHANGED, source=None, owned=OURS, step=step
    )


def archived(text: str) -> Change:
    of = address(text)
    return archive_definition(
        of, definition_id(of.section, *of.names), Reason.ABSENT, None, owned_before=None
    )


def in_order(*changes: Change) -> list[list[str]]:
    """Return the addresses of ``changes`` in groups that are applied one after the other."""
    turns = turns_of_definitions(spooled(changes))
    by_turn: dict[int, list[str]] = {}
    for number, change in enumerate(changes):
        step = f" ({change.step})" if change.step > 1 else ""
        by_turn.setdefault(turns.get(number, 0), []).append(f"{change.address.thing.text}{step}")
    return [by_turn[turn] for turn in sorted(by_turn)]


def test_what_others_name_is_made_first() -> None:
    changes = [
        created("contacts:association_labels/companies/billing", "label"),
        updated("deals:pipelines/Sales", "stages"),
        created("deals:pipelines/Sales/stages/New"),
        created("deals:pipelines/Renewals/stages/Open", is_carried=True),
        created("deals:pipelines/Renewals"),
        created("companies:properties/margin", "calculationFormula"),
        updated("machines:schema", "primaryDisplayProperty", step=2),
        created("machines:properties/serial"),
        created("machines:groups/tech"),
        created("machines:schema"),
        created("companies:properties/tier"),
        created("companies:groups/erp"),
    ]
    assert in_order(*changes) == [
        ["companies:groups/erp"],
        ["companies:properties/tier"],
        ["machines:schema"],
        ["machines:groups/tech"],
        ["machines:properties/serial"],
        ["machines:schema (2)"],
        ["companies:properties/margin"],
        ["deals:pipelines/Renewals/stages/Open", "deals:pipelines/Renewals"],
        ["deals:pipelines/Sales/stages/New"],
        ["deals:pipelines/Sales"],
        ["contacts:association_labels/companies/billing"],
    ]


def test_removals_have_turns_of_their_own_in_reverse() -> None:
    changes = [
        created("companies:groups/erp"),
        archived("companies:groups/old"),
        archived("companies:properties/old"),
        archived("deals:pipelines/Old"),
        archived("deals:pipelines/Sales/stages/Old"),
        archived("companies:properties/tier#options/standard"),
        archived("contacts:association_labels/companies/billing"),
    ]
    assert in_order(*changes) == [
        ["companies:groups/erp", "contacts:association_labels/companies/billing"],
        ["companies:properties/tier#options/standard"],
        ["deals:pipelines/Sales/stages/Old"],
        ["deals:pipelines/Old"],
        ["companies:properties/old"],
        ["companies:groups/old"],
    ]


def test_steps_of_one_definition_follow_each_other() -> None:
    assert in_order(
        updated("deals:pipelines/A", "label", step=2),
        updated("deals:pipelines/B", "label"),
        updated("deals:pipelines/A", "label"),
    ) == [["deals:pipelines/B", "deals:pipelines/A"], ["deals:pipelines/A (2)"]]
