"""Records are checked against the definitions as they will be after the plan."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.addresses import Section
from reconciler.model.definitions import Kind, ObjectSchema, PortalSchema
from reconciler.model.desired_records import Drift
from reconciler.model.portal_definitions import DefinitionDirectives, DesiredDefinition, LiveDefinition
from reconciler.model.selection import EVERYTHING, Selection, glob_of
from reconciler.plan.definitions.context import DefinitionContext
from reconciler.plan.definitions.planned_schema import planned_schema
from reconciler.plan.definitions.planner import TypeDefinitions, decide_type, match_type
from reconciler.plan.records.policy import Policy
from reconciler.plan.values.not_made import not_made_of
from tests.support.definitions import live_definition, option, wanted
from tests.support.nouns import FILES, PORTAL

GROUP = live_definition("companies:groups/erp", {"label": "ERP"})
TIER = {"label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": "erp"}


def planned(
    desired: Sequence[DesiredDefinition],
    live: Sequence[LiveDefinition] = (),
    selection: Selection = EVERYTHING,
    portal: PortalSchema = PORTAL,
) -> PortalSchema:
    name = desired[0].address.object
    context = DefinitionContext(7, Policy(Drift.REVERT), FILES, selection.has_record)
    known = TypeDefinitions(name, tuple(desired), (GROUP, *live), ())
    return planned_schema(portal, [decide_type(match_type(known, selection), context)])


def companies(*desired: DesiredDefinition, live: Sequence[LiveDefinition] = ()) -> ObjectSchema:
    return planned(desired, live).objects["companies"]


def test_a_new_property_has_everything_that_was_said_about_it() -> None:
    schema = companies(
        wanted("companies:properties/tier", TIER, ["gold"]),
        wanted(
            "companies:properties/erp_id",
            {
                "label": "ERP",
                "type": "string",
                "fieldType": "text",
                "groupName": "erp",
                "hasUniqueValue": "true",
            },
        ),
    )
    assert schema.properties["tier"].kind is Kind.CHOICE
    assert [each.value for each in schema.properties["tier"].options] == ["gold"]
    assert schema.can_identify("erp_id")
    assert schema.finds_nobody_by("erp_id")
    assert not schema.finds_nobody_by("external_id")


def test_a_changed_property_keeps_what_hubspot_says_about_it() -> None:
    live = live_definition("companies:properties/name", {"label": "Name", "type": "string"})
    before = PORTAL.objects["companies"].properties["name"]
    sensitive = replace(before, is_sensitive=True, is_custom=False)
    objects = {
        **PORTAL.objects,
        "companies": replace(
            PORTAL.objects["companies"],
            properties={**PORTAL.objects["companies"].properties, "name": sensitive},
        ),
    }
    (after,) = (
        planned(
            [wanted("companies:properties/name", {"label": "Firm"})],
            [live],
            portal=replace(PORTAL, objects=objects),
        )
        .objects["companies"]
        .properties[name]
        for name in ["name"]
    )
    assert after.label == "Firm"
    assert after.is_sensitive
    assert not after.is_custom


def test_an_option_that_moves_away_is_no_option_any_more() -> None:
    live = live_definition(
        "companies:properties/tier", {**TIER, "hasUniqueValue": "false"}, options=["standard"]
    )
    desired = wanted("companies:properties/tier", {}, [option("basic", renamed_from="standard")])
    schema = companies(desired, live=[live])
    assert [each.value for each in schema.properties["tier"].options] == ["basic"]


def test_pipelines_are_known_by_the_ids_that_they_will_have() -> None:
    schema = planned(
        [
            wanted("deals:pipelines/Renewals", {"label": "Renewals", "stages": '["Open"]'}),
            wanted("deals:pipelines/Renewals/stages/Open", {"label": "Open", "probability": "0.2"}),
        ],
        portal=replace(
            PORTAL, objects={**PORTAL.objects, "deals": ObjectSchema("deals", "0-3", {}, pipelines=())}
        ),
    ).objects["deals"]
    (pipeline,) = schema.pipelines
    assert pipeline.id.startswith("Renewals_")
    assert [stage.label for stage in pipeline.stages] == ["Open"]
    assert pipeline.stages[0].id.startswith("Open_")


def test_a_new_type_has_the_properties_that_hubspot_adds() -> None:
    schema = planned(
        [
            wanted(
                "machines:schema",
                {
                    "labels/singular": "Machine",
                    "labels/plural": "Machines",
                    "primaryDisplayProperty": "serial",
                    "requiredProperties": '["serial"]',
                },
            ),
            wanted(
                "machines:groups/machines_information",
                {"label": "Machine information"},
            ),
            wanted(
                "machines:properties/serial",
                {
                    "label": "Serial",
                    "type": "string",
                    "fieldType": "text",
                    "groupName": "machines_information",
                    "hasUniqueValue": "true",
                },
            ),
        ]
    ).objects["machines"]
    assert schema.path == f"p{PORTAL.account.portal_id}_machines"
    assert schema.is_new
    assert schema.required == ("serial",)
    assert {"hs_object_id", "hs_pipeline", "serial"} <= schema.properties.keys()
    assert schema.finds_nobody_by("serial")


def test_what_a_selection_leaves_out_is_not_there_and_its_address_is_known() -> None:
    desired = [
        wanted("companies:properties/grade", TIER, ["gold"]),
        wanted("companies:properties/rank", TIER, ["gold"]),
    ]
    only = Selection(target=(glob_of("companies:properties/rank"),))
    schema = planned(desired, selection=only).objects["companies"]
    assert "grade" not in schema.properties
    grade = not_made_of(schema, Section.PROPERTIES, "grade")
    assert grade is not None
    assert grade.advice == "this plan leaves it out: add --target companies:properties/grade"
    assert not_made_of(schema, Section.PROPERTIES, "rank") is None


def test_a_property_that_goes_away_is_none_for_records() -> None:
    live = live_definition("companies:properties/name", {"label": "Name"})
    absent = wanted("companies:properties/name", special=DefinitionDirectives(is_absent=True))
    assert "name" not in companies(absent, live=[live]).properties
