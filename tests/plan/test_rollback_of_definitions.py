"""Rolling back the definition changes of a run: which are rolled back, which are not, and why."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordId
from reconciler.model.definition_attributes import OPTIONS, list_of, list_text
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.model.selection import EVERYTHING, Selection, glob_of
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import (
    archive_definition,
    create_definition,
    lost_values,
    update_definition,
)
from reconciler.plan.definitions.context import DefinitionDecision, Holding
from reconciler.plan.definitions.rollback import DefinitionsNow, roll_back_definitions
from reconciler.plan.definitions.rollback_created import Uses, remove_created
from reconciler.plan.definitions.run_effects import RunEffect, run_effects
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.report.fact_sentences import note_of
from tests.support.definitions import address, live_definition, owned_definition, stage

OURS = Owned(Origin.CREATED)
TIER = {"label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": "erp"}
NAMES = ("pipeline", "dealstage")


def written(values: Mapping[str, tuple[str | None, str | None]]) -> tuple[ValueChange, ...]:
    return tuple(ValueChange(path, *texts, Reason.CHANGED) for path, texts in sorted(values.items()))


def update(text: str, values: Mapping[str, tuple[str | None, str | None]], *ids: str) -> Change:
    of = address(text)
    known = definition_id(of.section, *(ids or of.names))
    return update_definition(of, known, written(values), Reason.CHANGED, source=None, owned=OURS)


def create(text: str, values: Mapping[str, str], *ids: str) -> Change:
    of = address(text)
    made = tuple(ValueChange(path, None, value, Reason.MISSING) for path, value in sorted(values.items()))
    return create_definition(of, definition_id(of.section, *(ids or of.names)), made, None, OURS)


def effects_of(*changes: Change, selection: Selection = EVERYTHING) -> Sequence[RunEffect]:
    done = [(change, Applied(change.known_id, {})) for change in changes]
    by_type = run_effects(done, selection, UnmatchedGlobs({}))
    return [effect for of_type in by_type.values() for effect in of_type]


def now(live: Sequence[LiveDefinition], owned: Sequence[OwnedDefinition] = ()) -> DefinitionsNow:
    return DefinitionsNow({each.id: each for each in live}, {each.record_id: each for each in owned})


def told(decisions: Sequence[DefinitionDecision]) -> list[str]:
    """Return a line of text for each decision."""
    lines: list[str] = []
    for decision in decisions:
        for change in decision.changes:
            values = [f"{value.name}={value.after}" for value in change.values]
            lines.append(" ".join([f"{change.action} {change.address}", *values]))
        lines += [f"hold {held.address} ({held.reason}): {note_of(held)}" for held in decision.held]
    return lines


def back(effects: Sequence[RunEffect], at_present: DefinitionsNow) -> list[str]:
    return told(list(roll_back_definitions(effects, at_present).values()))


def removed(
    effects: Sequence[RunEffect],
    at_present: DefinitionsNow,
    records: Mapping[Holding, int] | None = None,
    labels: Mapping[Label, int] | None = None,
) -> list[str]:
    return told(list(remove_created(effects, at_present, Uses(NAMES, records or {}, labels or {}))))


@pytest.mark.parametrize(
    ("live", "line"),
    [
        ("Level", "update companies:properties/tier label=Tier"),
        ("Grade", "hold companies:properties/tier#label (superseded): changed in HubSpot"),
        ("Tier", None),
    ],
)
def test_a_value_goes_back_unless_it_was_changed_since(live: str, line: str | None) -> None:
    effects = effects_of(update("companies:properties/tier", {"label": ("Tier", "Level")}))
    found = back(effects, now([live_definition("companies:properties/tier", TIER | {"label": live})]))
    assert found == ([line] if line else [])


def test_several_steps_go_back_as_one() -> None:
    first = update("deals:pipelines/Sales", {"label": ("Sales", "between")}, "p1")
    effects = effects_of(first, update("deals:pipelines/Sales", {"label": ("between", "Deals")}, "p1"))
    live = live_definition("deals:pipelines/Sales", {"label": "Deals"}, "p1")
    assert back(effects, now([live])) == ["update deals:pipelines/Sales label=Sales"]


NAME = st.sampled_from("abcdefgh")


@given(
    st.lists(NAME, unique=True, min_size=1),
    st.lists(NAME, unique=True),
    st.lists(st.sampled_from("xyz"), unique=True),
    st.randoms(use_true_random=False),
)
def test_options_have_their_order_again_whatever_people_added(
    before: list[str], added: list[str], others: list[str], random: object
) -> None:
    after = list(dict.fromkeys([*before, *added]))
    random.shuffle(after)  # type: ignore[attr-defined]
    live = live_definition("companies:properties/tier", TIER, options=[*after, *others])
    options = {OPTIONS: (list_text(before), list_text(after))}
    effects = effects_of(update("companies:properties/tier", options))

    decided = roll_back_definitions(effects, now([live]))

    values = {
        value.name: value.after for each in decided.values() for c in each.changes for value in c.values
    }
    listed = list_of(values.get(OPTIONS, live.values[OPTIONS]))
    assert [name for name in listed if name in before] == before
    assert set(listed) == {*after, *others}
    gone = removed(effects, now([live]))
    assert len(gone) == len(set(after) - set(before))


def test_a_removed_option_has_its_members_and_its_place_again() -> None:
    live = live_definition("companies:properties/tier", TIER, options=["a", "b", "c"])
    owned = owned_definition("companies:properties/tier", {"label": "Tier"}, options=["a", "b", "c"])
    option = address("companies:properties/tier#options/b")
    gone = archive_definition(
        option,
        RecordId("options/tier/b"),
        Reason.CHANGED,
        None,
        owned_before=None,
        lost=lost_values(live, owned, "b"),
    )
    left = live_definition("companies:properties/tier", TIER, options=["a", "c"])

    assert back(effects_of(gone), now([left], [owned])) == [
        'update companies:properties/tier options=["a","b","c"] options/b/label=b'
    ]


def archived(live: LiveDefinition) -> Change:
    return archive_definition(
        live.address, live.id, Reason.ABSENT, None, owned_before=OURS, lost=lost_values(live, None)
    )


def test_what_was_archived_comes_back_as_far_as_hubspot_lets_it() -> None:
    known = {"label": "Note", "type": "string", "hidden": "false"}
    note = live_definition("companies:properties/note", known)
    whole = live_definition("companies:properties/note", known | {"fieldType": "text", "groupName": "erp"})
    won = stage("Sales", "Won", "s2", "p1")
    assert back(effects_of(archived(whole)), now([])) == [
        "create companies:properties/note fieldType=text groupName=erp label=Note type=string"
    ]
    assert back(effects_of(archived(note)), now([])) == [
        "hold companies:properties/note (final): its earlier values are not in the journal"
    ]
    assert back(effects_of(archived(won)), now([])) == [
        "hold deals:pipelines/Sales/stages/Won (final): HubSpot cannot bring it back"
    ]


def test_labels_that_were_swapped_are_swapped_back() -> None:
    effects = effects_of(
        update("deals:pipelines/A", {"label": ("B", "A")}, "p1"),
        update("deals:pipelines/B", {"label": ("A", "B")}, "p2"),
    )
    live = [
        live_definition("deals:pipelines/A", {"label": "A"}, "p1"),
        live_definition("deals:pipelines/B", {"label": "B"}, "p2"),
    ]
    found = back(effects, now(live))
    assert len(found) == 3  # one has a temporary label in between
    taken = [*live, live_definition("deals:pipelines/C", {"label": "Sales"}, "p3")]
    one = effects_of(update("deals:pipelines/A", {"label": ("Sales", "A")}, "p1"))
    assert back(one, now(taken)) == ["hold deals:pipelines/A#label (superseded): p3 has this label now"]


GROUP = live_definition("companies:groups/erp", {"label": "ERP"})
NOTE = live_definition("companies:properties/note", {"label": "Note", "groupName": "erp"})
OTHER = live_definition("companies:properties/other", {"label": "Other", "groupName": "erp"})
MADE = (
    create("companies:groups/erp", {"label": "ERP"}),
    create("companies:properties/note", {"label": "Note", "groupName": "erp"}),
)
HELD = Holding("companies", "note")


@pytest.mark.parametrize(
    ("live", "records", "lines"),
    [
        ([GROUP, NOTE], {}, ["archive companies:properties/note", "archive companies:groups/erp"]),
        (
            [GROUP, NOTE, OTHER],
            {},
            [
                "archive companies:properties/note",
                "hold companies:groups/erp (superseded): it stays, because it still contains other",
            ],
        ),
        (
            [GROUP, NOTE],
            {HELD: 2},
            [
                (
                    "hold companies:properties/note (superseded): "
                    "it stays, because 2 records have values that the run did not write"
                ),
                "hold companies:groups/erp (superseded): it stays, because it still contains note",
            ],
        ),
        ([], {}, []),
    ],
)
def test_what_a_run_created_goes_while_nothing_else_is_in_it(
    live: Sequence[LiveDefinition], records: Mapping[Holding, int], lines: Sequence[str]
) -> None:
    assert sorted(removed(effects_of(*MADE), now(live), records)) == sorted(lines)


def test_stages_go_and_stay_with_the_pipeline_that_the_run_created() -> None:
    made = (
        create("deals:pipelines/Sales", {"label": "Sales"}, "p1"),
        create("deals:pipelines/Sales/stages/Open", {"label": "Open"}, "s1"),
    )
    live = [
        live_definition("deals:pipelines/Sales", {"label": "Sales"}, "p1"),
        stage("Sales", "Open", "s1", "p1"),
    ]
    effects = effects_of(*made)
    effects[1].parent_id = "p1"
    assert removed(effects, now(live)) == ["archive deals:pipelines/Sales"]
    held = {Holding("deals", "dealstage", "s1"): 1}
    assert removed(effects, now(live), held) == [
        "hold deals:pipelines/Sales (superseded): it stays, because it still contains Open"
    ]


def test_a_label_stays_while_other_associations_have_it() -> None:
    made = create("contacts:association_labels/companies/billing", {"label": "B"}, "USER_DEFINED", "7", "8")
    live = live_definition(
        "contacts:association_labels/companies/billing", {"label": "B"}, "USER_DEFINED", "7", "8"
    )
    in_use = {Label("USER_DEFINED", 8, "B"): 3}
    assert removed(effects_of(made), now([live]), labels=in_use) == [
        (
            "hold contacts:association_labels/companies/billing (superseded): "
            "3 other associations have this label now"
        )
    ]
    assert len(removed(effects_of(made), now([live]))) == 1


def test_one_option_of_several_can_be_targeted() -> None:
    options = {OPTIONS: ('["a"]', '["a","b","c"]')}
    selection = Selection(target=(glob_of("companies:properties/tier#options/b"),))
    effects = effects_of(update("companies:properties/tier", options), selection=selection)
    live = live_definition("companies:properties/tier", TIER, options=["a", "b", "c"])
    assert back(effects, now([live])) == []
    assert removed(effects, now([live])) == ["archive companies:properties/tier#options/b"]
