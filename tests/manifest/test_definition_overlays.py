"""Later folders override the definitions of earlier ones, member by member."""

from pathlib import Path

from reconciler.model.portal_definitions import DefinitionDirectives, DesiredDefinition
from tests.manifest.reading import load, project, refused, reported

BASE = """\
object: companies
properties:
  tier:
    label: Tier
    type: enumeration
    $protect: true
    options: {gold: Gold, silver: {label: Silver, description: from 2024 on}}
"""
PIPELINE = """\
object: deals
pipelines:
  Renewals: {stages: {Open: {probability: 0.2}, Won: {probability: 1}}}
"""


def merged(folder: Path, base: str, later: str) -> dict[str, DesiredDefinition]:
    project(folder, {"base/a.yaml": base, "later/a.yaml": later})
    return {each.address.text: each for each in load(folder, ["base", "later"]).definitions}


def tier(folder: Path, lines: str) -> DesiredDefinition:
    later = f"object: companies\nproperties:\n  tier: {lines}\n"
    return merged(folder, BASE, later)["companies:properties/tier"]


def pipeline(folder: Path, lines: str) -> dict[str, DesiredDefinition]:
    later = f"object: deals\npipelines:\n  Renewals: {lines}\n"
    found = merged(folder, PIPELINE, later)
    return {address.removeprefix("deals:pipelines/"): each for address, each in found.items()}


def test_members_are_overridden_one_by_one(tmp_path: Path) -> None:
    found = tier(tmp_path, "{label: Level, description: of service}")
    assert (found.value("label"), found.value("description"), found.value("type")) == (
        "Level",
        "of service",
        "enumeration",
    )
    assert found.value("options") == '["gold","silver"]'
    assert (found.has_all_options, found.special.protect) == (True, True)


def test_options_replace_the_list(tmp_path: Path) -> None:
    found = tier(tmp_path, "{options: {silver: {}, basic: Basic}}")
    assert found.value("options") == '["silver","basic"]'
    assert found.value("options/silver/label") == "silver"
    assert found.value("options/silver/description") is None


def test_options_include_adds_to_the_list_and_to_its_options(tmp_path: Path) -> None:
    found = tier(tmp_path, "{options_include: {basic: Basic, silver: {hidden: true}}}")
    assert found.value("options") == '["gold","silver","basic"]'
    assert found.value("options/silver/label") == "Silver"
    assert found.value("options/silver/hidden") == "true"
    assert found.has_all_options


def test_options_include_can_take_an_option_away(tmp_path: Path) -> None:
    found = tier(tmp_path, "{options_include: {silver: {$absent: true, $moves_to: gold}}}")
    assert found.value("options") == '["gold"]'
    assert "options/silver/label" not in found.paths


def test_absent_takes_everything_away(tmp_path: Path) -> None:
    found = tier(tmp_path, "{$absent: true}")
    assert (found.paths, found.options) == ((), ())
    assert found.special == DefinitionDirectives(is_absent=True)


def test_stages_are_added_at_the_end(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "{stages: {Lost: {probability: 0}, Open: {probability: 0.3}}}")
    assert found["Renewals"].value("stages") == '["Open","Won","Lost"]'
    assert found["Renewals/stages/Open"].value("probability") == "0.3"


def test_a_later_folder_that_names_all_stages_decides_their_order(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "{stages: {Won: {}, Lost: {}, Open: {}}}")
    assert found["Renewals"].value("stages") == '["Won","Lost","Open"]'
    assert found["Renewals/stages/Open"].value("probability") == "0.2"


def test_an_absent_pipeline_takes_its_stages_away_and_keeps_its_id(tmp_path: Path) -> None:
    base = PIPELINE.replace("{stages", "{$id: '77', stages")
    later = "object: deals\npipelines:\n  Renewals: {$absent: true}\n"
    found = merged(tmp_path, base, later)
    assert {address: each.special for address, each in found.items()} == {
        "deals:pipelines/Renewals": DefinitionDirectives(is_absent=True, id="77")
    }


def test_a_pipeline_that_says_nothing_of_stages_keeps_them(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "{label: Renewal business}")
    assert found["Renewals"].value("stages") == '["Open","Won"]'
    assert found["Renewals"].value("label") == "Renewal business"


def test_two_documents_of_one_folder_cannot_declare_the_same(tmp_path: Path) -> None:
    folder = project(tmp_path, {"a.yaml": PIPELINE, "b.yaml": PIPELINE})
    assert reported(refused(folder)) == [
        "b.yaml:3:3: deals:pipelines/Renewals is declared twice in this folder: also in a.yaml:3:3"
    ]


def test_what_is_wrong_between_folders_is_found_after_merging(tmp_path: Path) -> None:
    later = "object: companies\nproperties: {tier: {fieldType: checkbox, options_include: {a;b: AB}}}\n"
    folder = project(tmp_path, {"base/a.yaml": BASE, "later/a.yaml": later})
    assert [each[:32] for each in reported(refused(folder, ["base", "later"]))] == [
        'later/a.yaml:2:60: "a;b" contain'
    ]
