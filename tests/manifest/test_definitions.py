"""Definitions in manifests, and every mistake that can be made in them."""

import json
from pathlib import Path

import pytest

from reconciler.errors import Problem
from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.model.addresses import parse_definition_address
from reconciler.model.definition_attributes import FORMULA
from reconciler.model.portal_definitions import DefinitionDirectives, DesiredDefinition
from tests.manifest.reading import FILES, load, manifest, project, refused, reported

PROPERTY = "object: companies\nproperties:\n  tier: {label: Tier, type: enumeration, fieldType: select, "
FORMULAS = "object: companies\nproperties:\n"
STAGES = "object: deals\npipelines:\n  Renewals:\n    stages:\n"


def definitions(text: str) -> tuple[dict[str, DesiredDefinition], tuple[Problem, ...]]:
    """Return the definitions in a text by address, and the problems of the text."""
    read = manifest(text)
    found, between = merge_definitions(
        [[each for document in read.documents for each in document.definitions]], FILES
    )
    return {each.address.text: each for each in found}, (*read.problems, *between)


def only(text: str) -> DesiredDefinition:
    found, problems = definitions(text)
    assert problems == ()
    (definition,) = found.values()
    return definition


def said(definition: DesiredDefinition) -> dict[str, str | None]:
    return dict(zip(definition.paths, definition.values, strict=True))


def faults(text: str) -> list[str]:
    return [each.removeprefix("a.yaml:") for each in reported(definitions(text)[1])]


def test_every_section_is_read() -> None:
    found, problems = definitions(
        """\
object: company
groups:
  erp: {label: ERP}
properties:
  external_id: {label: ERP number, type: string, fieldType: text, groupName: erp, hasUniqueValue: true}
  margin:
    label: Margin
    type: number
    fieldType: calculation_equation
    calculationFormula: revenue - cost
association_labels:
  contact:
    billing: {label: Bills to, inverseLabel: Billing contact}
---
object: deal
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.20}
      Old: {$absent: true, $moves_to: Open}
---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
  secondaryDisplayProperties: [b, a]
  requiredProperties: [b, a]
  associatedObjects: [company, "0-1"]
"""
    )
    assert problems == ()
    assert {address: said(definition) for address, definition in found.items()} == {
        "companies:association_labels/contacts/billing": {
            "inverseLabel": "Billing contact",
            "label": "Bills to",
        },
        "companies:groups/erp": {"label": "ERP"},
        "deals:pipelines/Renewals": {"label": "Renewals", "stages": '["Open"]'},
        "deals:pipelines/Renewals/stages/Old": {},
        "deals:pipelines/Renewals/stages/Open": {"label": "Open", "probability": "0.2"},
        "companies:properties/external_id": {
            "fieldType": "text",
            "groupName": "erp",
            "hasUniqueValue": "true",
            "label": "ERP number",
            "type": "string",
        },
        "companies:properties/margin": {
            "calculationFormula": "revenue - cost",
            "fieldType": "calculation_equation",
            "label": "Margin",
            "type": "number",
        },
        "machines:schema": {
            "associatedObjects": '["companies","contacts"]',
            "labels/plural": "Machines",
            "labels/singular": "Machine",
            "primaryDisplayProperty": "serial_number",
            "requiredProperties": '["a","b"]',
            "secondaryDisplayProperties": '["b","a"]',
        },
    }
    old = found["deals:pipelines/Renewals/stages/Old"]
    assert old.special == DefinitionDirectives(is_absent=True, moves_to="Open")
    assert str(FILES.ref(old.place)) == "a.yaml:20:7"
    assert list(found) == [str(each) for each in sorted(parse_definition_address(text)[0] for text in found)]


def test_options_are_in_the_order_of_the_file_and_have_their_values_as_labels() -> None:
    tier = only(
        f"{PROPERTY}\n"
        "    options: {zeta: Zeta, alpha: {description: first}, $0-$50k: {}, true: yes,\n"
        "    a:b#c: {hidden: true}}}\n"
    )
    assert json.loads(tier.value("options") or "") == ["zeta", "alpha", "$0-$50k", "true", "a:b#c"]
    assert said(tier) | {"options": None} == {
        "fieldType": "select",
        "label": "Tier",
        "options": None,
        "options/$0-$50k/label": "$0-$50k",
        "options/a:b%23c/hidden": "true",
        "options/a:b%23c/label": "a:b#c",
        "options/alpha/description": "first",
        "options/alpha/label": "alpha",
        "options/true/label": "yes",
        "options/zeta/label": "Zeta",
        "type": "enumeration",
    }
    assert tier.has_all_options
    assert str(FILES.ref(tier.options[1].place)) == "a.yaml:4:27"


def test_a_part_of_the_options_says_nothing_of_the_others() -> None:
    tier = only("object: companies\nproperties: {tier: {options_include: {gold: Gold}}}\n")
    assert (tier.has_all_options, said(tier)) == (
        False,
        {"options": '["gold"]', "options/gold/label": "Gold"},
    )


def test_an_option_that_moves_or_goes_is_no_value_of_the_list() -> None:
    tier = only(f"{PROPERTY}options: {{b: {{$renamed_from: a}}, c: {{$absent: true, $moves_to: b}}}}}}\n")
    assert said(tier)["options"] == '["b"]'
    assert {option.name: option.special for option in tier.options} == {
        "b": DefinitionDirectives(renamed_from="a"),
        "c": DefinitionDirectives(is_absent=True, moves_to="b"),
    }


def test_null_clears_and_a_property_may_say_nothing() -> None:
    cleared = only("object: companies\nproperties: {tier: {description: null}}\n")
    assert said(cleared) == {"description": None}
    assert said(only("object: companies\nproperties: {tier: {$protect: true}}\n")) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # members
        (f"{PROPERTY}fieldTyp: x}}\n", '3:61: unknown key "fieldTyp"'),
        (f"{PROPERTY}hidden: yes}}\n", '3:69: "hidden" cannot be "yes"'),
        (f"{PROPERTY}displayOrder: first}}\n", '3:75: "displayOrder" cannot be "first"'),
        (f"{PROPERTY}dataSensitivity: high}}\n", '3:78: "dataSensitivity" cannot be "high"'),
        (f"{PROPERTY}description: }}\n", '3:74: "description" has no value'),
        (f'{PROPERTY}description: ""}}\n', '3:74: "description" is an empty text'),
        (f"{PROPERTY}description: ~}}\n", '3:74: "description" is set to ~, but only null clears a value'),
        (f"{PROPERTY}description: [a]}}\n", '3:74: "description" must be a text'),
        (f"{PROPERTY}groupName: null}}\n", '3:72: "groupName" cannot be cleared'),
        (f"{PROPERTY}createdAt: 1}}\n", '3:61: "createdAt": HubSpot alone sets this value'),
        # texts that are refused
        (
            f"{PROPERTY}validationRules: []}}\n",
            '3:61: "validationRules": validation rules of properties are not managed yet',
        ),
        (
            f"{PROPERTY}conditional_options: []}}\n",
            '3:61: "conditional_options": conditional fields cannot be managed',
        ),
        (
            "object: companies\nproperties: {a: {fieldType: calculation_rollup}}\n",
            '2:29: "fieldType" cannot be "calculation_rollup": rollups cannot be managed',
        ),
        (
            "object: companies\nproperties: {a: {fieldType: calculation_score}}\n",
            '2:29: "fieldType" cannot be "calculation_score": scores cannot be managed',
        ),
        (
            "object: deals\npipelines: {a: {rules: {}}}\n",
            '2:17: "rules": rules of pipelines are not managed yet',
        ),
        (
            "object: deals\npipeline_rules: {}\nproperties: {}\n",
            '2:1: "pipeline_rules": rules of pipelines are not managed yet',
        ),
        (
            "object: deals\nassociation_labels: {companies: {a: {label: A, limits: 1}}}\n",
            '2:48: "limits": limits of associations are not managed yet',
        ),
        # options
        (f"{PROPERTY}options: {{a: A}}, options_include: {{b: B}}}}\n", "3:95: `options` is the whole list"),
        (f"{PROPERTY}options_include: {{}}}}\n", '3:78: "options_include" is empty'),
        (f"{PROPERTY}options: [a]}}\n", '3:70: "options" must be a mapping'),
        (f"{PROPERTY}options: {{a: }}}}\n", '3:74: the option "a" must be a mapping'),
        (f"{PROPERTY}options: {{a: {{displayOrder: 1}}}}}}\n", "3:75: the order of the file is the order"),
        (f"{PROPERTY}options: {{a: {{$protect: true}}}}}}\n", '3:75: "$protect" is not allowed here'),
        (f'{PROPERTY}options: {{" ": A}}}}\n', "3:71: a name cannot be empty"),
        (f'{PROPERTY}options: {{"": A}}}}\n', "3:71: a name cannot be empty"),
        (f"{PROPERTY}options: {{a: A, a: B}}}}\n", '3:77: "a" is declared twice'),
        (
            "object: companies\nproperties: {a: {fieldType: checkbox, options: {x;y: XY}}}\n",
            '2:49: "x;y" contains ";", which separates',
        ),
        (
            "object: companies\nproperties: {a: {type: bool, options: {true: Yes, no: No}}}\n",
            '2:51: "no" is not an option of a bool',
        ),
        (
            "object: companies\nproperties: {a: {type: string, options: {x: X}}}\n",
            "2:41: properties of the type string have no options",
        ),
        (f"{PROPERTY}options: {{a: {{$absent: true}}}}}}\n", "3:70: `options` leaves no option"),
        (
            "object: companies\nproperties: {a: {type: bool, options: {false: No}}}\n",
            "2:39: a bool has both options, `true` and `false`",
        ),
        # type and form
        (
            "object: companies\nproperties: {a: {type: number, fieldType: text}}\n",
            "2:43: the fieldType text does not go with the type number",
        ),
        (
            "object: companies\nproperties: {a: {type: bool, fieldType: checkbox}}\n",
            "2:41: the fieldType checkbox does not go with the type bool",
        ),
        (
            "object: companies\nproperties: {a: {type: date, fieldType: text, calculationFormula: '1'}}\n",
            "2:41: a property with a formula cannot be shown as text",
        ),
        (f"{PROPERTY}externalOptions: true}}\n", "3:78: `externalOptions` needs a `referencedObjectType`"),
        # formulas
        (
            f"object: companies\nproperties: {{a: {{{FORMULA}: a + 1}}}}\n",
            "2:38: formulas cannot need each other: a needs a",
        ),
        (
            f"{FORMULAS}  b: {{{FORMULA}: c}}\n  c: {{{FORMULA}: a}}\n  a: {{{FORMULA}: b}}\n",
            "5:27: formulas cannot need each other: a needs b needs c needs a",
        ),
        (
            f"{PROPERTY}options: {{a: A, b: {{$renamed_from: a}}}}}}\n",
            '3:77: "b" is renamed from "a", which is listed as well',
        ),
        (
            f"{PROPERTY}options: {{a: {{$renamed_from: x}}, b: {{$renamed_from: x}}}}}}\n",
            '3:94: "b" and "a" are both renamed from "x"',
        ),
        (
            f"{PROPERTY}options: {{a: {{$absent: true, $moves_to: b}}}}}}\n",
            '3:71: records cannot move from "a" to "b": the property will not have this option',
        ),
        (f"{PROPERTY}options: {{a: {{$renamed_from: a}}}}}}\n", '3:90: "a" cannot be renamed from itself'),
        # directives
        (f"{PROPERTY}$absent: true}}\n", "3:70: `$absent: true` cannot be combined with other lines"),
        (f"{PROPERTY}$absent: false}}\n", '3:70: "$absent" cannot have this value'),
        (f"{PROPERTY}$moves_to: other}}\n", "3:72: `$moves_to` needs `$absent: true`"),
        (f"{PROPERTY}$renamed_from: other}}\n", '3:61: "$renamed_from" is not allowed here'),
        (f"{PROPERTY}$id: 1}}\n", '3:61: "$id" is not allowed here'),
        (f"{PROPERTY}$absnt: true}}\n", '3:61: unknown key "$absnt"'),
        (
            "object: companies\nproperties: {a: {$absent: true, $moves_to: b}, b: {$absent: true}}\n",
            "2:14: its records would move to companies:properties/b, which is also marked `$absent`",
        ),
        # names
        ("object: companies\nproperties: {Tier: {}}\n", '2:14: "Tier" is a label, not a property name'),
        ("object: companies\nproperties: {$absent: true}\n", '2:14: "$absent" is not a property name'),
        ("object: companies\nproperties: {tier: Tier}\n", '2:20: the property "tier" must be a mapping'),
        ("object: companies\nproperties: [tier]\n", '2:13: "properties" must be a mapping'),
        ("object: companies\ngroups: {erp: ERP}\n", '2:15: the group "erp" must be a mapping'),
        # pipelines
        (f"{STAGES}      Open: 0.2\n", '5:13: the stage "Open" must be a mapping'),
        (f"{STAGES}      Open: {{probability: 20}}\n", '5:27: "probability" cannot be "20"'),
        (
            f"{STAGES}      Open: {{metadata: {{probability: 1}}}}\n",
            '5:14: "metadata" cannot be used',
        ),
        (f"{STAGES}      Open: {{ticketState: OPEN}}\n", '5:14: unknown key "ticketState"'),
        (
            "object: 0-5\npipelines: {A: {stages: {B: {probability: 1}}}}\n",
            '2:30: unknown key "probability"',
        ),
        (
            "object: gears\npipelines: {A: {stages: {B: {ticketState: OPEN}}}}\n",
            '2:30: unknown key "ticketState"',
        ),
        (f"{STAGES}      Open: {{displayOrder: 1}}\n", "5:14: the order of the file is the order of display"),
        (
            f"{STAGES}      Won: {{}}\n      ' won ': {{}}\n",
            '6:7: for HubSpot, the label " won " is the same',
        ),
        (
            f"{STAGES}      A: {{label: X}}\n      B: {{label: x}}\n",
            '6:18: for HubSpot, the label "x" is the same as the label',
        ),
        (f"{STAGES}      A: {{$absent: true, $moves_to: A}}\n", '5:37: records cannot move from "A" to "A"'),
        (f"{STAGES}\n", '4:12: "stages" must be a mapping'),
        ("object: deals\npipelines: {A: {stages: {}}}\n", '2:25: "stages" is empty'),
        ("object: deals\npipelines: {A: {}, a: {}}\n", '2:20: for HubSpot, the label "a" is the same'),
        # keys that only records may have
        (
            "object: x\nproperties: {a: {ownership: observe}}\n",
            '2:18: "ownership": `ownership` applies only to values',
        ),
        (
            "object: x\nproperties: {a: {$ownership: x}}\n",
            "2:18: `ownership` applies only to values of records",
        ),
        (
            "object: x\nproperties: {a: {$unmanaged: x}}\n",
            ("2:18: only the attributes that a manifest sets are managed"),
        ),
        (
            "object: x\ngroups: {a: {$prune: true}}\n",
            ("2:14: a definition is not archived when its lines are removed"),
        ),
        # schemas and labels
        (
            "object: Gear\nschema: {}\n---\nobject: gear\nschema: {}\n",
            '5:9: for HubSpot, the name "gear" is the same as "Gear"',
        ),
        ("object: deals\nschema: {}\n", "2:9: deals are in every portal, and HubSpot defines their schema"),
        ("object: m\nschema: {name: m}\n", '2:10: "name" is not allowed under `schema`'),
        ("object: m\nschema: {labels: M}\n", '2:18: "labels" must be a mapping'),
        ("object: m\nschema: {labels: {one: M}}\n", '2:19: unknown key "one"'),
        ("object: m\nschema: {requiredProperties: a}\n", '2:30: "requiredProperties" must be a list'),
        ("object: m\nschema: {requiredProperties: [a, a]}\n", '2:34: "a" is listed twice'),
        (
            "object: contacts\nassociation_labels: {0-2: {}, companies: {}}\n",
            "2:31: companies are listed twice",
        ),
        ("object: contacts\nassociation_labels: {a b: {}}\n", '2:22: "a b" is not an object type'),
        (
            "object: contacts\nassociation_labels: {companies: {a: A}}\n",
            '2:37: the label "a" must be a mapping',
        ),
        # documents
        ("object: companies\nall: {a: b}\nproperties: {}\n", '1:1: "records" is missing'),
        ("object: companies\nrecords: {}\nproperties: {}\n", '1:1: "key" is missing'),
        ("object: companies\n", '1:1: "records" is missing'),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, expected: str) -> None:
    first = faults(text)
    assert first
    assert first[0].startswith(expected), first


def test_a_label_is_declared_at_one_end() -> None:
    text = (
        "object: contacts\nassociation_labels:\n"
        "  companies: {bills: {label: Billing, inverseLabel: Bills to}}\n"
        "---\n"
        "object: companies\nassociation_labels:\n  contacts: {x: {label: Bills to, inverseLabel: Billing}}\n"
    )
    (fault,) = faults(text)
    assert fault == (
        "7:14: this label is declared at both ends: "
        "also contacts:association_labels/companies/bills in a.yaml:3:15"
    )


def test_labels_may_swap_and_be_passed_on() -> None:
    assert faults(f"{STAGES}      A: {{label: B}}\n      B: {{label: A}}\n") == []
    assert faults(f"{STAGES}      A: {{$renamed_from: B}}\n      B: {{}}\n") == []
    assert faults(f"{STAGES}      A: {{$renamed_from: B}}\n      B: {{$renamed_from: C}}\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{STAGES}      A: {{$renamed_from: B}}\n      B: {{$renamed_from: ' a'}}\n",
            '5:7: "A", "B" exchange their names by `$renamed_from`',
        ),
        (
            "object: 0-3\npipelines: {A: {$renamed_from: C}, B: {$renamed_from: A}, C: {$renamed_from: B}}\n",
            '2:13: "A", "C", "B" exchange their names by `$renamed_from`',
        ),
        (
            "object: contacts\nassociation_labels: {deals: {a: {$renamed_from: b}, b: {$renamed_from: a}}}\n",
            '2:30: "a", "b" exchange their names by `$renamed_from`',
        ),
    ],
)
def test_renaming_in_a_circle_cannot_be_told_from_what_is_done(text: str, expected: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(expected)


def test_a_document_with_definitions_only_has_no_records_and_no_group(tmp_path: Path) -> None:
    desired = load(project(tmp_path, {"a.yaml": "object: machines\nschema: {}\n"}))
    assert (desired.groups, desired.record_count, len(desired.definitions)) == ((), 0, 1)
    assert {name: str(place) for name, place in desired.first_mentions().items()} == {
        "machines": "a.yaml:2:9"
    }


def test_environments_hold_for_definitions(tmp_path: Path) -> None:
    text = 'object: companies\nenvironments: ["prod-*"]\nproperties: {a: {}}\n'
    folder = project(tmp_path, {"a.yaml": text})
    assert len(load(folder, environment="prod-eu").definitions) == 1
    assert load(folder).definitions == ()


def test_two_names_of_one_type_are_merged_before_anything_is_decided(tmp_path: Path) -> None:
    text = "object: machines\nproperties: {a: {}}\n---\nobject: 2-7\nproperties: {a: {}}\n"
    desired = load(project(tmp_path, {"a.yaml": text}))
    assert [str(each.address) for each in desired.definitions] == [
        "2-7:properties/a",
        "machines:properties/a",
    ]
    with pytest.raises(Exception, match="machines:properties/a is declared twice in this folder"):
        desired.renamed({"2-7": "machines"})


def test_a_wrong_name_is_told_with_the_nearest_one_and_all_others(tmp_path: Path) -> None:
    folder = project(tmp_path, {"a.yaml": "object: a\nproperties: {a: {hiden: 1, lable: x}}\n"})
    first, second = (problem.advice or "" for problem in refused(folder))
    assert first.startswith('did you mean "hidden"? known here: calculationFormula, currencyPropertyName, ')
    assert second.startswith('did you mean "label"? known here: ')


def test_custom_objects_that_a_schema_names_are_looked_for(tmp_path: Path) -> None:
    text = "object: machines\nschema: {associatedObjects: [parts, companies]}\n"
    desired = load(project(tmp_path, {"a.yaml": text}))
    assert desired.objects == {"machines", "parts"}
    assert str(desired.first_mentions()["parts"]) == "a.yaml:2:9"
    (schema,) = desired.renamed({"parts": "p1_parts"}).definitions
    assert schema.value("associatedObjects") == '["companies","p1_parts"]'
