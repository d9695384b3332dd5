"""The documentation describes what the program does."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from reconciler.cli.exits import PRECEDENCE, ExitCode
from reconciler.cli.main import COMMANDS, module_name
from reconciler.manifest.load import load_manifests
from reconciler.model.definition_attributes import ATTRIBUTES
from reconciler.project.settings import load_settings
from tests.support.projects import ROOT, Project, example

README = (ROOT / "README.md").read_text()
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "manifests" / "README.md", *ROOT.glob("docs/**/*.md")]
)


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_in_the_table_is_the_help_of_the_command(name: str) -> None:
    command = import_module(f"reconciler.cli.{module_name(name)}").command
    assert command.get_short_help_str(150) == COMMANDS[name]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_overview_and_has_a_section(name: str) -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    assert re.search(rf"^\| \[`{name}`\]\(#{name}\) \|", page, flags=re.MULTILINE)
    assert f"\n## {name}\n" in page


def test_every_command_module_is_a_command() -> None:
    folder = ROOT / "reconciler" / "cli"
    modules = {path.stem for path in folder.glob("*.py") if "\ndef command(" in path.read_text()}
    assert modules == set(map(module_name, COMMANDS))


def test_the_table_of_exit_codes_is_complete() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}
    ordered = re.search(r"order is ([\d, ]+)\.", page)
    assert ordered
    assert [int(code) for code in re.findall(r"\d+", ordered[1])] == [int(code) for code in PRECEDENCE[:-1]]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


def test_the_manifest_and_the_settings_that_are_documented_are_understood(tmp_path: Path) -> None:
    (manifest,) = fenced((ROOT / "docs" / "manifests.md").read_text(), "yaml")
    (settings,) = fenced((ROOT / "docs" / "settings.md").read_text(), "yaml")
    project = Project(tmp_path)
    project.write("catalogue/companies.yaml", manifest)
    project.write("clients/acme/.keep", "")
    project.write("portal.json", "{}")
    project.write("observations.json", "{}")
    project.write("reconciler.yaml", settings)
    read = load_settings(tmp_path, {"HUBSPOT_ACCESS_TOKEN": "pat-na1-x"}, "production")
    desired = load_manifests(tmp_path, read.manifests, "production", read.environment_names)
    assert desired.record_count == 2
    assert load_settings(tmp_path, {}, None).environment.is_emulator


@pytest.mark.parametrize("page", ["guards", "protection", "pruning"])
def test_the_files_of_small_pages_are_understood(page: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for number, text in enumerate(fenced((ROOT / "docs" / f"{page}.md").read_text(), "yaml")):
        if text.startswith("version:"):
            project.write("reconciler.yaml", text)
            load_settings(tmp_path, {"HUBSPOT_ACCESS_TOKEN": "pat-na1-x"}, None)
        else:
            project.write(f"{number}/products.yaml", text)
            assert load_manifests(tmp_path, [str(number)], "local", ["local"]).record_count == 1


def test_the_definitions_that_are_documented_are_understood(tmp_path: Path) -> None:
    base, overlay = fenced((ROOT / "docs" / "definitions.md").read_text(), "yaml")
    project = Project(tmp_path)
    project.write("base/portal.yaml", base)
    project.write("production/portal.yaml", overlay)
    desired = load_manifests(tmp_path, ["base", "production"], "production", ["local", "production"])
    options = {each.address.text: each.value("options") for each in desired.definitions}
    assert options["companies:properties/tier"] == '["gold","silver","basic","platinum"]'
    assert len(options) == 12


def test_every_member_of_a_definition_is_documented() -> None:
    page = (ROOT / "docs" / "definitions.md").read_text()
    for members in ATTRIBUTES.values():
        for path in members:
            assert f"`{path.rpartition('/')[2]}`" in page


def test_the_table_that_is_documented_is_understood(tmp_path: Path) -> None:
    (manifest,) = fenced((ROOT / "docs" / "tables.md").read_text(), "yaml")
    project = Project(tmp_path)
    project.write("companies.yaml", manifest)
    project.write("data/companies.csv", "Customer no.,name,Remarks\n007,Bond,secret\n")
    assert load_manifests(tmp_path, ["."], "local", ["local"]).record_count == 1


def test_the_examples_in_the_readme_are_understood(tmp_path: Path) -> None:
    manifest, settings = fenced(README, "yaml")
    project = Project(tmp_path)
    project.write("companies.yaml", manifest)
    project.write("reconciler.yaml", settings)
    read = load_settings(tmp_path, {"HUBSPOT_ACCESS_TOKEN": "pat-na1-x"}, None)
    assert load_manifests(tmp_path, read.manifests, "production", ("production",)).record_count == 1


def test_ci_runs_the_test_command_of_the_readme_word_for_word() -> None:
    (command,) = re.findall(r"<!-- test -->\n```console\n(.*?)\n```", README)
    script = (ROOT / ".ci" / "run").read_text()
    sed = re.search(r"sed -n '(.*)' README.md", script)
    assert sed
    assert "eval" in script
    assert command.endswith("pytest -n auto")


def test_the_command_to_try_is_one_line() -> None:
    (command,) = re.findall(r"<!-- try -->\n```console\n(.*?)\n```", README)
    assert command.startswith("python3 -m venv")
    assert command.endswith("reconciler apply --auto-approve")


def test_the_first_minutes_are_as_the_readme_tells_them(tmp_path: Path) -> None:
    (first,) = re.findall(r"<!-- try -->\n```console\n(.*?)\n```", README)
    program, printed = re.findall(
        r"^```console\n\$ (\S+) plan\n(.*?)\n```", README, flags=re.MULTILINE | re.DOTALL
    )[0]
    assert f"{program} apply" in first  # the first command, which creates what the next ones use

    project = example(tmp_path)
    applied = " ".join(project.run(*first.partition(f"{program} ")[2].split()).out.split())
    reported = README[README.index("The command shows the plan first") : README.index("Now there is")]
    numbers = re.findall(r"`([^`]*\d[^`]*)`", reported)
    assert len(numbers) == 3
    for number in numbers:
        assert number in applied
    assert project.run("plan").out.startswith(f"{printed}\n")


def test_the_project_of_ones_own_says_where_its_state_lives() -> None:
    _, settings = fenced(README, "yaml")
    assert re.search("^state: sqlite:///", settings, flags=re.MULTILINE)
    section = README[README.index("## A project of your own") : README.index("## Work on it")]
    assert "postgresql+psycopg://" in section


def test_skipped_tests_say_why() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert "-rs" in options["addopts"].split()
