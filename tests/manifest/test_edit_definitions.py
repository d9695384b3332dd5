"""A value of a definition is edited in its line, and nothing else changes."""

from difflib import unified_diff

import pytest

from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.manifest.edit.edit_manifest import Edited, edit_manifest
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import parse_definition_address
from reconciler.model.portal_definitions import DesiredDefinition
from tests.manifest.reading import FILES, manifest

TEXT = """\
object: companies
properties:
  tier:
    label: Tier  # as sales say
    type: enumeration
    options:
      gold: Gold
      silver: {label: Silver, description: from 2024 on}
      $0-$50k: Small  # comes last
  own: {label: Own, hidden: true}
groups: {erp: {label: ERP}}
association_labels:
  0-1:
    billing: {label: Bills, inverseLabel: Billing contact}
---
object: deals
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.20}
      Won: {}
---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  searchableProperties: [serial_number, name]
"""


def definition(text: str, address: str) -> DesiredDefinition:
    """Return the definition at ``address`` in a text."""
    found, _ = merge_definitions(
        [[each for part in manifest(text).documents for each in part.definitions]], FILES
    )
    return next(each for each in found if each.address.text == address)


def edited(*wishes: tuple[str, str | None], text: str = TEXT) -> Edited:
    """Edit the values at the addresses in ``wishes``, and return the result."""
    read = manifest(text)
    assert read.problems == ()
    found, _ = merge_definitions([[each for part in read.documents for each in part.definitions]], FILES)
    definitions = {each.address: each for each in found}
    edits = []
    for where, after in wishes:
        address, path = parse_definition_address(where)
        definition = definitions[address]
        source = FILES.ref(definition.place_of(path or ""))
        is_gone = after is None and (path or "").endswith("label")
        edits.append(
            Edit(address, path or "", definition.value(path or ""), after, source, takes_out=is_gone)
        )
    return edit_manifest(text.encode(), edits)


def diff(done: Edited, text: str = TEXT) -> list[str]:
    """Return the removed and the added lines."""
    lines = unified_diff(text.splitlines(), done.data.decode().splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:3] not in {"---", "+++"} and not line.startswith("@@")]


@pytest.mark.parametrize(
    ("address", "after", "expected"),
    [
        ("companies:properties/tier#label", "Level", "    label: Level  # as sales say"),
        ("companies:properties/own#hidden", "false", "  own: {label: Own, hidden: false}"),
        (
            "companies:properties/own#description",
            "x: y",
            '  own: {label: Own, hidden: true, description: "x: y"}',
        ),
        ("companies:properties/tier#options/gold/label", "Golden", "      gold: Golden"),
        (
            "companies:properties/tier#options/silver/label",
            "S",
            "      silver: {label: S, description: from 2024 on}",
        ),
        ("companies:properties/tier#options/$0-$50k/label", "Tiny", "      $0-$50k: Tiny  # comes last"),
        ("companies:groups/erp#label", "Our ERP", "groups: {erp: {label: Our ERP}}"),
        (
            "companies:association_labels/contacts/billing#inverseLabel",
            "Payer",
            "    billing: {label: Bills, inverseLabel: Payer}",
        ),
        ("deals:pipelines/Renewals/stages/Open#probability", "0.3", "      Open: {probability: 0.3}"),
        ("deals:pipelines/Renewals/stages/Won#label", "Signed", "      Won: {label: Signed}"),
        ("deals:pipelines/Renewals#label", "Renewal", "    label: Renewal"),
        ("machines:schema#labels/plural", "Gear", "  labels: {singular: Machine, plural: Gear}"),
        ("machines:schema#searchableProperties", '["name"]', "  searchableProperties: [name]"),
    ],
)
def test_the_line_says_the_new_value(address: str, after: str, expected: str) -> None:
    done = edited((address, after))
    assert done.problems == ()
    assert [line[1:] for line in diff(done) if line.startswith("+")] == [expected]
    (place,) = done.places.values()
    assert done.data.decode().splitlines()[place.line - 1] == expected


def test_an_option_that_somebody_added_comes_last() -> None:
    done = edited(
        ("companies:properties/tier#options", '["gold","silver","$0-$50k","007"]'),
        ("companies:properties/tier#options/007/label", "Bond"),
    )
    assert done.problems == ()
    assert diff(done) == ["+      007: Bond"]
    assert len(done.places) == 2


LISTED = """\
object: companies
properties:
  tier:
    options:
      # what we earn most with
      gold: Gold  # since 2020
      silver:
        label: Silver

      # may go soon
      basic: Basic
      old: {$absent: true, $moves_to: basic}
      # below all of them
    label: Tier
  size: {options_include: {s: Small, m: Medium, l: Large}}
---
object: deals
pipelines:
  Renewals: {stages: {Open: {probability: 0.2}, Won: {}}}
"""


def test_options_in_another_order_take_their_comments_along() -> None:
    done = edited(("companies:properties/tier#options", '["basic","silver","gold"]'), text=LISTED)
    assert done.problems == ()
    assert done.data.decode().partition("    options:\n")[2].partition("    label: Tier")[0] == (
        "      # what we earn most with\n"
        "\n      # may go soon\n      basic: Basic\n"
        "      silver:\n        label: Silver\n"
        "      gold: Gold  # since 2020\n"
        "      old: {$absent: true, $moves_to: basic}\n"
        "      # below all of them\n"
    )
    assert [place.line for place in done.places.values()] == [4]


def test_an_option_that_is_gone_leaves_the_lines_above_it() -> None:
    tier = "companies:properties/tier"
    done = edited(
        (f"{tier}#options/gold/label", None),
        (f"{tier}#options/basic/label", None),
        (f"{tier}#options/silver/label", "Argent"),
        (f"{tier}#options", '["silver"]'),
        text=LISTED,
    )
    assert done.problems == ()
    assert diff(done, LISTED) == [
        "-      gold: Gold  # since 2020",
        "-        label: Silver",
        "+        label: Argent",
        "-      basic: Basic",
    ]
    lines = done.data.decode().splitlines()
    places = {edit.address: lines[place.line - 1].strip() for edit, place in done.places.items()}
    assert places[f"{tier}#options/silver/label"] == "label: Argent"
    assert places[f"{tier}#options/gold/label"] == "options:"


def test_new_gone_and_moved_options_are_one_edit_of_the_list() -> None:
    tier = "companies:properties/tier"
    done = edited(
        (f"{tier}#options", '["new","basic","gold"]'),
        (f"{tier}#options/silver/label", None),
        (f"{tier}#options/new/label", "New"),
        text=LISTED,
    )
    assert done.problems == ()
    names = [each.name for each in definition(done.data.decode(), tier).options]
    assert names == ["new", "basic", "old", "gold"]


def test_lists_in_braces_stay_in_braces() -> None:
    done = edited(
        ("companies:properties/size#options/m/label", None),
        ("deals:pipelines/Renewals#stages", '["Won","Open"]'),
        text=LISTED,
    )
    assert done.problems == ()
    assert [line for line in diff(done, LISTED) if line.startswith("+")] == [
        "+  size: {options_include: {s: Small, l: Large}}",
        "+  Renewals: {stages: {Won: {}, Open: {probability: 0.2}}}",
    ]


def test_a_stage_that_is_gone_leaves_its_pipeline() -> None:
    done = edited(("deals:pipelines/Renewals/stages/Won#label", None), text=LISTED)
    assert done.problems == ()
    assert [line for line in diff(done, LISTED) if line.startswith("+")] == [
        "+  Renewals: {stages: {Open: {probability: 0.2}}}"
    ]


def test_the_last_stage_does_not_leave_its_pipeline() -> None:
    stages = "deals:pipelines/Renewals/stages"
    done = edited((f"{stages}/Won#label", None), (f"{stages}/Open#label", None), text=LISTED)
    assert [str(problem.message) for problem in done.problems] == ["the list in the manifest would be empty"]
    assert len(definition(done.data.decode(), "deals:pipelines/Renewals").paths) == 2


@pytest.mark.parametrize(
    ("address", "after", "message"),
    [
        (
            "companies:properties/tier#options",
            '["silver","gold"]',
            ("the lists in the manifest and in HubSpot have different entries"),
        ),
        (
            "companies:properties/tier#options",
            '["gold","silver","$0-$50k","x"]',
            "the lists in the manifest and in HubSpot have different entries",
        ),
        ("companies:properties/tier#options/gold/hidden", "true", "the option is written in its short form"),
        (
            "companies:properties/tier#type",
            None,
            "the edited file would not have exactly the intended contents",
        ),
    ],
)
def test_what_cannot_be_edited_safely_is_told(address: str, after: str | None, message: str) -> None:
    done = edited((address, after))
    assert done.data == TEXT.encode()
    assert done.places == {}
    assert [str(problem.message)[: len(message)] for problem in done.problems] == [message]


def test_a_file_that_changed_meanwhile_is_left_alone() -> None:
    (address, path) = parse_definition_address("companies:properties/tier#label")
    edit = Edit(address, path or "", "Other", "Level", FILES.ref(manifest(TEXT).documents[0].document.place))
    done = edit_manifest(TEXT.encode(), [edit])
    assert [str(problem.message) for problem in done.problems] == ["the file has changed since it was read"]


def test_what_cannot_be_written_does_not_stop_the_others() -> None:
    done = edited(
        ("deals:pipelines/Renewals#label", "Renewal"),
        ("companies:properties/tier#type", None),
        ("companies:groups/erp#label", "Our ERP"),
    )
    assert [problem.address for problem in done.problems] == ["companies:properties/tier#type"]
    lines = done.data.decode().splitlines()
    assert {edit.address: lines[place.line - 1] for edit, place in done.places.items()} == {
        "companies:groups/erp#label": "groups: {erp: {label: Our ERP}}",
        "deals:pipelines/Renewals#label": "    label: Renewal",
    }
