"""Decisions about the definitions of one object type, as a table of situations and decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.model.desired_records import Drift
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DefinitionDirectives, DesiredDefinition, LiveDefinition
from reconciler.model.selection import EVERYTHING, Selection, glob_of
from reconciler.plan.change import Action, Change, DefinitionDetails, Reason
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.definitions.context import DefinitionContext, Holding
from reconciler.plan.definitions.planner import (
    DecidedDefinitions,
    TypeDefinitions,
    decide_type,
    match_type,
)
from reconciler.plan.records.policy import Policy
from tests.support.definitions import live_definition, option, owned_definition, stage, wanted
from tests.support.nouns import FILES

TIER = {"label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": "erp"}
GROUP = live_definition("companies:groups/erp", {"label": "ERP"})
SALES = live_definition("deals:pipelines/Sales", {"label": "Sales", "stages": '["Open","Won"]'}, "p1")
OPEN, WON = stage("Sales", "Open", "s1", "p1"), stage("Sales", "Won", "s2", "p1")
ID = {"label": "Record ID", "groupName": "basics"}
ABSENT = DefinitionDirectives(is_absent=True)


def decided(
    desired: Sequence[DesiredDefinition],
    live: Sequence[LiveDefinition] = (),
    owned: Sequence[OwnedDefinition] = (),
    *,
    drift: Drift = Drift.REVERT,
    selection: Selection = EVERYTHING,
    **settings: Any,
) -> DecidedDefinitions:
    known = TypeDefinitions(
        desired[0].address.object if desired else "companies", tuple(desired), tuple(live), tuple(owned)
    )
    context = DefinitionContext(
        portal_id=7,
        policy=settings.pop("policy", Policy(drift)),
        files=FILES,
        is_whole=selection.has_record,
        stage_names=("pipeline", "dealstage"),
        **settings,
    )
    return decide_type(match_type(known, selection), context)


def reported(found: DecidedDefinitions) -> list[str]:
    """Return a line of text for each decision."""
    lines = [_change_line(change) for change in found.changes]
    lines += [f"hold {held.address} ({held.reason})" for held in found.held]
    lines += [f"{problem.severity}: {problem.message}" for problem in found.problems]
    return lines


def _change_line(change: Change) -> str:
    values = [f"{value.name}={value.after}" for value in change.values]
    values += [f"[{value.name}={value.after}]" for value in change.remembered]
    if change.action is not Action.ARCHIVE:  # which keeps all values for a rollback
        values += [f"-{value.name}" for value in change.forgotten]
    values += [f"{value.name}?{value.after}" for value in change.rests_on]
    step = f" step {change.step}" if change.step > 1 else ""
    moved = f" was {change.moved_from}" if change.moved_from else ""
    return " ".join([f"{change.action} {change.address} ({change.reason}){step}{moved}", *values])


def test_what_is_nowhere_is_created_with_everything_that_is_named() -> None:
    found = decided([wanted("companies:properties/tier", TIER, ["gold", "basic"])], [GROUP])
    assert reported(found) == [
        (
            "create companies:properties/tier (missing) fieldType=select groupName=erp label=Tier "
            'options=["gold","basic"] options/basic/label=basic options/gold/label=gold type=enumeration'
        )
    ]


@pytest.mark.parametrize(
    ("address", "live", "group"),
    [
        ("companies:properties/cost", [live_definition("companies:properties/hs_object_id", ID)], "basics"),
        ("machines:properties/cost", [], "machines_information"),
    ],
)
def test_a_new_property_has_the_group_of_the_record_id_unless_it_names_one(
    address: str, live: Sequence[LiveDefinition], group: str
) -> None:
    of = address.partition(":")[0]
    groups = [live_definition(f"{of}:groups/{name}", {"label": name}) for name in (group, "erp")]
    values = {"label": "Cost", "type": "number", "fieldType": "number"}
    for own, reason in ((None, Reason.INITIAL), ("erp", Reason.MISSING)):
        (change,) = decided(
            [wanted(address, values | ({"groupName": own} if own else {}))], [*live, *groups]
        ).changes
        found = [value for value in change.values if value.name == "groupName"]
        assert [(value.after, value.reason) for value in found] == [(own or group, reason)]


def test_a_new_property_names_its_group_where_the_portal_does_not_say_it() -> None:
    found = decided(
        [wanted("companies:properties/cost", {"label": "Cost"})],
        [live_definition("companies:properties/name", {})],
    )
    assert "a new one needs `type`, `fieldType`, `groupName`" in found.problems[0].message


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        (
            "companies:properties/tier",
            {"label": "Tier", "groupName": "erp"},
            "the portal has no such property, and a new one needs `type`, `fieldType`",
        ),
        (
            "companies:properties/hs_tier",
            TIER | {"type": "string", "fieldType": "text"},
            "hs_tier cannot be created: names that begin with hs_ or a123_ are HubSpot's own",
        ),
        (
            "companies:properties/margin",
            TIER | {"type": "number", "fieldType": "calculation_equation"},
            "the portal has no such property, and a new one needs `calculationFormula`",
        ),
        ("companies:properties/tier", TIER, "the portal has no such property, and a new one needs `options`"),
        (
            "companies:properties/tier",
            TIER | {"type": "string", "fieldType": "text", "groupName": "epr"},
            "the portal has no property group epr",
        ),
        (
            "deals:pipelines/Renewals",
            {"label": "Renewals"},
            "the portal has no such pipeline, and a new one needs `stages`",
        ),
    ],
)
def test_what_a_new_definition_lacks_is_a_problem(
    text: str, values: Mapping[str, str | None], message: str
) -> None:
    assert reported(decided([wanted(text, values)], [GROUP])) == [f"error: {message}"]


def test_a_group_of_the_same_plan_is_there() -> None:
    group = wanted("companies:groups/erp", {"label": "ERP"})
    tier = wanted("companies:properties/tier", TIER | {"type": "string", "fieldType": "text"})
    found = decided([group, tier])
    assert [str(change.address) for change in found.changes] == [
        "companies:groups/erp",
        "companies:properties/tier",
    ]
    only = Selection(target=(glob_of("companies:properties/tier"),))
    (problem,) = decided([group, tier], selection=only).problems
    assert problem.message == "the portal has no property group erp"
    assert problem.advice == "this plan leaves it out: add --target companies:groups/erp"


def test_an_archived_property_of_the_name_comes_back_with_its_values() -> None:
    archived = live_definition("companies:properties/tier", {"type": "string"}, is_archived=True)
    found = decided([wanted("companies:properties/tier", TIER, ["gold"])], [GROUP, archived])
    assert [change.action for change in found.changes] == [Action.CREATE]
    assert reported(found)[1:] == [
        (
            "warning: HubSpot has an archived property of this name: making it again brings its old values "
            "back, which were of the type string"
        )
    ]


LIVE = live_definition("companies:properties/tier", {"label": "Level", "description": "x"})


@pytest.mark.parametrize(
    ("sent", "desired", "drift", "line"),
    [
        (None, "Tier", Drift.REVERT, "update companies:properties/tier (adopt) label=Tier"),
        (None, "Tier", Drift.HOLD, "hold companies:properties/tier#label (adopt)"),
        (None, "Level", Drift.HOLD, "adopt companies:properties/tier (adopt) [label=Level]"),
        ("Level", "Tier", Drift.HOLD, "update companies:properties/tier (changed) label=Tier"),
        ("Tier", "Tier", Drift.REVERT, "update companies:properties/tier (drift) label=Tier"),
        ("Tier", "Tier", Drift.HOLD, "hold companies:properties/tier#label (drift)"),
        ("Rank", "Tier", Drift.REVERT, "update companies:properties/tier (conflict) label=Tier"),
        ("Rank", "Tier", Drift.HOLD, "hold companies:properties/tier#label (conflict)"),
        ("Rank", "Level", Drift.HOLD, "adopt companies:properties/tier (in step) [label=Level]"),
        ("Level", "Level", Drift.HOLD, None),
    ],
)
def test_three_values_decide(sent: str | None, desired: str, drift: Drift, line: str | None) -> None:
    owned = [owned_definition("companies:properties/tier", {"label": sent})] if sent else []
    found = decided([wanted("companies:properties/tier", {"label": desired})], [LIVE], owned, drift=drift)
    lines = reported(found)
    if line and line.startswith("hold") and not sent:  # the definition itself is adopted
        assert lines.pop(0) == "adopt companies:properties/tier (adopt)"
    assert lines == ([line] if line else [])
    assert found.in_step(keeps_state=True) == (not line)


def test_take_writes_what_hold_would_leave() -> None:
    owned = owned_definition("companies:properties/tier", {"label": "Tier"})
    policy = Policy(Drift.HOLD, take=(glob_of("companies:properties/tier#label"),))
    found = decided([wanted("companies:properties/tier", {"label": "Tier"})], [LIVE], [owned], policy=policy)
    assert reported(found) == ["update companies:properties/tier (drift) label=Tier"]


def test_numbers_lists_and_defaults_are_compared_by_what_they_mean() -> None:
    schema = live_definition("machines:schema", {"requiredProperties": '["b","a"]'})
    desired = wanted("machines:schema", {"requiredProperties": '["a","b"]'})
    owned = owned_definition("machines:schema", {"requiredProperties": '["a","b"]'})
    assert not reported(decided([desired], [schema], [owned]))
    hidden = wanted("companies:properties/tier", {"hidden": "false"})
    owned = owned_definition("companies:properties/tier", {"hidden": "false"})
    assert not reported(decided([hidden], [LIVE], [owned]))
    open_stage = stage("Sales", "Open", "s1", "p1", probability="0.20")
    named = [
        wanted("deals:pipelines/Sales", {}),
        wanted("deals:pipelines/Sales/stages/Open", {"probability": "0.2"}),
    ]
    known = [
        owned_definition("deals:pipelines/Sales", {}, "p1"),
        owned_definition("deals:pipelines/Sales/stages/Open", {"probability": "0.2"}, "s1"),
    ]
    assert not reported(decided(named, [SALES, open_stage], known))


@pytest.mark.parametrize(
    ("path", "live", "desired", "advice"),
    [
        ("hasUniqueValue", "false", "true", "`reconciler keys create`"),
        ("dataSensitivity", "sensitive", "non_sensitive", "with another name"),
    ],
)
def test_what_hubspot_cannot_change_is_a_problem_with_a_recipe(
    path: str, live: str, desired: str, advice: str
) -> None:
    found = decided(
        [wanted("companies:properties/tier", {path: desired})],
        [live_definition("companies:properties/tier", {path: live})],
    )
    (problem,) = found.problems
    assert problem.message == f"HubSpot cannot change {path} of a property; in HubSpot, it is {live}"
    assert advice in (problem.advice or "")
    assert not found.changes


def test_the_type_changes_only_while_no_record_has_a_value() -> None:
    desired = [wanted("companies:properties/tier", {"type": "number"})]
    live = [live_definition("companies:properties/tier", {"type": "string"})]
    assert [each.action for each in decided(desired, live).changes] == [Action.UPDATE]
    found = decided(desired, live, holders={Holding("companies", "tier"): 3})
    assert reported(found) == [
        "error: the type cannot change while records have values: it is string in HubSpot"
    ]


def test_what_hubspot_defines_is_changed_only_as_far_as_it_lets() -> None:
    own = live_definition("companies:properties/name", {"label": "Name"}, can_change=False)
    (line,) = reported(decided([wanted("companies:properties/name", {"label": "Firm"})], [own]))
    assert line == "error: HubSpot does not let anybody change label of its own definitions"
    kept = live_definition("companies:properties/name", {"label": "Name"}, is_hubspot_defined=True)
    (line,) = reported(decided([wanted("companies:properties/name", special=ABSENT)], [kept]))
    assert line == "error: this property is HubSpot's own: it cannot be removed"


def test_what_is_absent_is_archived_with_the_number_of_its_records() -> None:
    desired = [wanted("companies:properties/tier", special=ABSENT)]
    assert reported(decided(desired, [LIVE])) == ["archive companies:properties/tier (absent)"]
    found = decided(desired, [LIVE], holders={Holding("companies", "tier"): 12})
    assert reported(found) == ["archive companies:properties/tier (absent) records?12"]
    moved = DefinitionDirectives(is_absent=True, moves_to="level")
    found = decided(
        [wanted("companies:properties/tier", special=moved)],
        [LIVE],
        holders={Holding("companies", "tier"): 12},
    )
    assert reported(found) == ["archive companies:properties/tier (migrated)"]
    (change,) = found.changes
    assert details_of(change).moves_to == "level"


def test_what_is_protected_is_never_archived() -> None:
    owned = owned_definition("companies:properties/tier", {"label": "Tier"}, is_protected=True)
    found = decided([wanted("companies:properties/tier", special=ABSENT)], [LIVE], [owned])
    assert reported(found) == ["error: companies:properties/tier is protected and cannot be archived"]
    assert reported(decided([], [LIVE], [owned])) == ["hold companies:properties/tier (pruned)"]


def test_what_no_manifest_names_any_more_is_released_and_stays() -> None:
    owned = owned_definition("companies:properties/tier", {"label": "Tier"})
    assert reported(decided([], [LIVE], [owned])) == ["release companies:properties/tier (unmanaged) -label"]


def test_what_people_removed_is_not_made_again_unless_asked() -> None:
    owned = owned_definition("companies:groups/erp", {"label": "ERP"})
    desired = [wanted("companies:groups/erp", {"label": "ERP"})]
    assert reported(decided(desired, [], [owned])) == ["hold companies:groups/erp (gone)"]
    policy = Policy(Drift.REVERT, recreate=(glob_of("companies:groups/*"),))
    assert reported(decided(desired, [], [owned], policy=policy)) == [
        "create companies:groups/erp (recreated) label=ERP"
    ]


OWNED_TIER = owned_definition("companies:properties/tier", {}, options=["gold", "silver"])


@pytest.mark.parametrize(
    ("sent", "live", "desired", "drift", "lines"),
    [
        ("gold silver", "gold silver", "gold silver", Drift.REVERT, []),
        (
            "gold silver",
            "gold silver",
            "gold silver basic",
            Drift.HOLD,
            [
                (
                    'update companies:properties/tier (changed) options=["gold","silver","basic"] '
                    "options/basic/label=basic"
                )
            ],
        ),
        (
            "gold silver",
            "gold silver",
            "silver gold",
            Drift.HOLD,
            ['update companies:properties/tier (changed) options=["silver","gold"]'],
        ),
        (
            "gold silver",
            "silver gold",
            "gold silver",
            Drift.REVERT,
            ['update companies:properties/tier (drift) options=["gold","silver"]'],
        ),
        (
            "gold silver",
            "silver gold",
            "gold silver",
            Drift.HOLD,
            ["hold companies:properties/tier#options (drift)"],
        ),
        (
            "gold silver",
            "gold",
            "gold silver",
            Drift.HOLD,
            ["hold companies:properties/tier#options/silver (drift)"],
        ),
        (
            "gold silver",
            "gold",
            "gold silver",
            Drift.REVERT,
            [
                (
                    'update companies:properties/tier (drift) options=["gold","silver"] '
                    "options/silver/label=silver"
                )
            ],
        ),
        (
            "gold silver",
            "gold silver",
            "gold",
            Drift.HOLD,
            [
                "adopt companies:properties/tier (unmanaged) -options/silver/label",
                "archive companies:properties/tier#options/silver (changed)",
            ],
        ),
        (
            "gold",
            "gold odd",
            "gold",
            Drift.REVERT,
            ["archive companies:properties/tier#options/odd (drift)"],
        ),
        ("gold", "gold odd", "gold", Drift.HOLD, ["hold companies:properties/tier#options/odd (drift)"]),
        (
            "gold silver",
            "gold",
            "gold",
            Drift.HOLD,
            ["adopt companies:properties/tier (unmanaged) -options/silver/label"],
        ),
    ],
)
def test_options_are_the_whole_list(
    sent: str, live: str, desired: str, drift: Drift, lines: list[str]
) -> None:
    found = decided(
        [wanted("companies:properties/tier", {}, desired.split())],
        [live_definition("companies:properties/tier", {}, options=live.split())],
        [owned_definition("companies:properties/tier", {}, options=sent.split())],
        drift=drift,
    )
    assert reported(found) == lines


def test_included_options_leave_others_and_their_order_alone() -> None:
    live = [live_definition("companies:properties/tier", {}, options=["odd", "silver", "gold"])]
    labels = {"options/gold/label": "gold", "options/silver/label": "silver"}
    known = [owned_definition("companies:properties/tier", labels)]
    desired = wanted("companies:properties/tier", {}, ["gold", "silver"], has_all_options=False)
    assert not reported(decided([desired], live, known))
    whole = [owned_definition("companies:properties/tier", {}, options=["gold", "silver"])]
    assert reported(decided([desired], live, whole)) == [
        "adopt companies:properties/tier (unmanaged) -options"
    ]
    desired = wanted("companies:properties/tier", {}, ["gold", "silver", "new"], has_all_options=False)
    assert reported(decided([desired], live, known)) == [
        (
            'update companies:properties/tier (changed) options=["odd","silver","gold","new"] '
            "options/new/label=new"
        )
    ]
    gone = wanted(
        "companies:properties/tier",
        {},
        ["gold", "silver", option("odd", is_absent=True)],
        has_all_options=False,
    )
    assert reported(decided([gone], live, known)) == [
        "archive companies:properties/tier#options/odd (absent)"
    ]


def test_a_renamed_option_is_added_and_the_old_one_goes_at_the_end() -> None:
    live = [live_definition("companies:properties/tier", {}, options=["gold", "standard"])]
    known = [owned_definition("companies:properties/tier", {}, options=["gold", "standard"])]
    desired = wanted("companies:properties/tier", {}, ["gold", option("basic", renamed_from="standard")])
    found = decided([desired], live, known)
    assert reported(found) == [
        (
            'update companies:properties/tier (changed) options=["gold","basic","standard"] '
            "options/basic/label=basic -options/standard/label"
        ),
        "archive companies:properties/tier#options/standard (migrated)",
    ]
    late = [live_definition("companies:properties/tier", {}, options=["gold", "basic", "standard"])]
    known = [owned_definition("companies:properties/tier", {}, options=["gold", "basic"])]
    assert reported(decided([desired], late, known)) == [
        "archive companies:properties/tier#options/standard (migrated)"
    ]
    done = [live_definition("companies:properties/tier", {}, options=["gold", "basic"])]
    sent = owned_definition(
        "companies:properties/tier",
        {
            "options": '["gold","basic","standard"]',
            "options/gold/label": "gold",
            "options/basic/label": "basic",
        },
    )
    assert not reported(decided([desired], done, [sent]))


def pipeline(stages: str, **values: str) -> DesiredDefinition:
    return wanted("deals:pipelines/Sales", {"label": "Sales", "stages": stages, **values})


def a_stage(name: str, probability: str = "0.5", **special: Any) -> DesiredDefinition:
    return wanted(
        f"deals:pipelines/Sales/stages/{name}",
        {"label": name, "probability": probability},
        special=DefinitionDirectives(**special),
    )


def test_a_new_pipeline_carries_its_stages_under_chosen_ids() -> None:
    found = decided([pipeline('["Open","Won"]'), a_stage("Open"), a_stage("Won")])
    by_address = {str(change.address): change for change in found.changes}
    of_pipeline = by_address["deals:pipelines/Sales"]
    of_stage = by_address["deals:pipelines/Sales/stages/Open"]
    assert of_pipeline.remote.id is not None
    assert of_pipeline.remote.id.startswith("pipelines/Sales_")
    assert of_stage.remote.id is not None
    assert of_stage.remote.id.startswith("stages/Open_")
    assert of_stage.details == DefinitionDetails(
        of_pipeline.remote.id.removeprefix("pipelines/"), is_carried=True
    )
    again = decided([pipeline('["Open","Won"]'), a_stage("Open"), a_stage("Won")])
    assert again.changes == found.changes


def test_stages_are_compared_as_an_order() -> None:
    known = [
        owned_definition("deals:pipelines/Sales", {"label": "Sales", "stages": '["Open","Won"]'}, "p1"),
        *(
            owned_definition(
                f"deals:pipelines/Sales/stages/{name}", {"label": name, "probability": "0.5"}, each
            )
            for name, each in (("Open", "s1"), ("Won", "s2"))
        ),
    ]
    live = [
        SALES,
        *(
            stage("Sales", name, each, "p1", probability="0.5")
            for name, each in (("Open", "s1"), ("Won", "s2"))
        ),
    ]
    stages = [a_stage("Open"), a_stage("Won")]
    assert not reported(decided([pipeline('["Open","Won"]'), *stages], live, known))
    assert reported(decided([pipeline('["Won","Open"]'), *stages], live, known)) == [
        'update deals:pipelines/Sales (changed) stages=["Won","Open"]'
    ]
    added = decided([pipeline('["Open","Lost","Won"]'), *stages, a_stage("Lost")], live, known)
    assert [line.partition(" label=")[0] for line in reported(added)] == [
        "create deals:pipelines/Sales/stages/Lost (missing)",
        'update deals:pipelines/Sales (changed) stages=["Open","Lost","Won"]',
    ]
    at_the_end = decided([pipeline('["Open","Won","Lost"]'), *stages, a_stage("Lost")], live, known)
    assert reported(at_the_end)[1:] == [
        'adopt deals:pipelines/Sales (in step) [stages=["Open","Won","Lost"]]'
    ]


def test_a_renamed_stage_gets_another_label_and_keeps_its_id() -> None:
    renamed = a_stage("Signed", renamed_from="Won")
    known = owned_definition("deals:pipelines/Sales/stages/Won", {"label": "Won", "probability": "0.5"}, "s2")
    live = [SALES, OPEN, stage("Sales", "Won", "s2", "p1", probability="0.5")]
    found = decided([wanted("deals:pipelines/Sales", {}), renamed], live, [known])
    (change,) = [each for each in found.changes if each.action is Action.UPDATE]
    assert _change_line(change) == (
        "update deals:pipelines/Sales/stages/Signed (renamed) was deals:pipelines/Sales/stages/Won "
        "label=Signed"
    )
    assert change.remote.id == "stages/s2"


def test_labels_that_swap_go_by_a_temporary_one() -> None:
    def one(name: str, label: str, of: str) -> DesiredDefinition:
        return wanted(f"deals:pipelines/{name}", {"label": label}, special=DefinitionDirectives(id=of))

    live = [live_definition(f"deals:pipelines/{each}", {"label": each}, f"p{each}") for each in "ABC"]
    swap = decided([one("x", "B", "pA"), one("y", "A", "pB")], live)
    assert [(each.step, str(each.address), each.values[0].after) for each in swap.changes] == [
        (2, "deals:pipelines/x", "B"),
        (1, "deals:pipelines/y", "A (pB)"),
        (3, "deals:pipelines/y", "A"),
    ]
    chain = decided([one("x", "B", "pA"), one("y", "C", "pB"), one("z", "D", "pC")], live)
    assert [(each.step, each.values[0].after) for each in chain.changes] == [(3, "B"), (2, "C"), (1, "D")]
    taken = decided([one("x", "B", "pA")], live)
    assert reported(taken) == ["error: pB has the label B already"]


def test_a_pipeline_keeps_a_stage_and_one_of_tickets_a_closed_one() -> None:
    absent = [a_stage(name, is_absent=True) for name in ("Open", "Won")]
    found = decided([wanted("deals:pipelines/Sales", {}), *absent], [SALES, OPEN, WON])
    assert "error: a pipeline needs at least one stage" in reported(found)
    support = live_definition("tickets:pipelines/Support", {"label": "Support"}, "p1")
    done = live_definition(
        "tickets:pipelines/Support/stages/Done",
        {"label": "Done", "ticketState": "CLOSED"},
        "s1",
        parent_id="p1",
    )
    reopened = decided(
        [
            wanted("tickets:pipelines/Support", {}),
            wanted("tickets:pipelines/Support/stages/Done", {"ticketState": "OPEN"}),
        ],
        [support, done],
    )
    assert "error: a pipeline of tickets needs at least one stage that is CLOSED" in reported(reopened)


def test_the_eleventh_unique_property_is_a_problem() -> None:
    live = [
        live_definition(f"companies:properties/key{number}", {"hasUniqueValue": "true"})
        for number in range(10)
    ]
    key = wanted(
        "companies:properties/erp_id",
        TIER | {"type": "string", "fieldType": "text", "hasUniqueValue": "true"},
    )
    (line,) = reported(decided([key], [GROUP, *live]))
    assert line == "error: a type has 10 unique properties at most, and this property would be one more"
    leaving = wanted("companies:properties/key1", special=ABSENT)
    assert line in reported(decided([key, leaving], [GROUP, *live]))  # a run creates before it removes


def test_a_group_in_use_stays() -> None:
    used = live_definition("companies:properties/tier", {"groupName": "erp"})
    found = decided([wanted("companies:groups/erp", special=ABSENT)], [GROUP, used])
    assert reported(found) == [
        "error: the group still has properties: tier",
    ]


def test_a_read_that_shows_what_was_there_before_our_write_is_settling() -> None:
    owned = owned_definition("companies:properties/tier", {"label": "Tier"})
    desired = [wanted("companies:properties/tier", {"label": "Tier"})]
    (write,) = decided(
        desired, [LIVE], [owned_definition("companies:properties/tier", {"label": "Level"})]
    ).changes
    recent = {write.definition: write}
    assert reported(decided(desired, [LIVE], [owned], recent=recent)) == [
        "hold companies:properties/tier#label (settling)"
    ]
    third = live_definition("companies:properties/tier", {"label": "Third"})
    assert reported(decided(desired, [third], [owned], recent=recent)) == [
        "update companies:properties/tier (drift) label=Tier"
    ]


def test_a_custom_type_gets_its_display_fields_in_a_second_step() -> None:
    schema = wanted(
        "machines:schema",
        {
            "labels/singular": "Machine",
            "labels/plural": "Machines",
            "primaryDisplayProperty": "serial_number",
            "requiredProperties": '["serial_number"]',
        },
    )
    assert reported(decided([schema])) == [
        "create machines:schema (missing) labels/plural=Machines labels/singular=Machine",
        (
            "update machines:schema (missing) step 2 primaryDisplayProperty=serial_number "
            'requiredProperties=["serial_number"]'
        ),
    ]


def test_single_values_are_selected_without_creating_anything() -> None:
    only = Selection(target=(glob_of("companies:properties/tier#label"),))
    desired = [wanted("companies:properties/tier", {"label": "Tier", "description": "y"})]
    found = decided(desired, [LIVE], selection=only)
    assert reported(found) == ["update companies:properties/tier (adopt) label=Tier"]
    assert reported(decided(desired, [], selection=only)) == ["hold companies:properties/tier (missing)"]


def test_reasons_name_the_weightiest_difference() -> None:
    owned = owned_definition("companies:properties/tier", {"label": "Tier", "description": "x"})
    found = decided(
        [wanted("companies:properties/tier", {"label": "Tier", "description": "new"})], [LIVE], [owned]
    )
    (change,) = found.changes
    assert change.reason is Reason.DRIFT
    assert [value.reason for value in change.values] == [Reason.CHANGED, Reason.DRIFT]
