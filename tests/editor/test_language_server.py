"""Language servers of editors complete, explain and check manifests with our schemas.

The server must be installed before, because tests do not download anything: see "Work on it" in README.md.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editor.language_server import LanguageServer, language_server
from tests.support.projects import Project, example

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules/yaml-language-server/bin/yaml-language-server"
INSTALL = "npm install --no-package-lock --ignore-scripts --no-audit --no-fund --prefix tests/editor"
LINE = "# yaml-language-server: $schema="
MANIFEST = f"""\
{LINE}manifest.schema.json
object: companies
key: external_id
records:
  acme:
    name: Acme
    indstry: MACHINERY
    industry: MACHINES
    numberofemployees: 007
    product_lines: [LEVEL, PRESSURE]
    lifecyclestage: c
"""


def lacking() -> str | None:
    """Return why the server cannot be run here; None if it can. In CI it must be installed."""
    if shutil.which("node") is None:
        return "needs Node 18 or newer (Debian: nodejs, npm)"
    return None if PROGRAM.exists() else f"needs the language server: {INSTALL}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    if reason := lacking():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    project = example(tmp_path_factory.mktemp("editor"))
    done = project.run("json-schema", "-e", "local", "--out", "manifest.schema.json")
    assert done.code == 0, done.err
    assert project.run("json-schema", "settings", "--out", "settings.schema.json").code == 0
    return project


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[LanguageServer]:
    with language_server(PROGRAM, project.folder) as server:
        yield server


def labels(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return [each["label"] for each in found["items"]]


def test_wrong_names_and_values_are_marked_where_they_are(project: Project, server: LanguageServer) -> None:
    found = server.open(project.write("wrong.yaml", MANIFEST))
    lines = sorted({each["range"]["start"]["line"] for each in found})
    assert lines == [6, 7, 10]  # lines counted from 0: indstry, MACHINES, c


def test_names_values_and_labels_are_completed(project: Project, server: LanguageServer) -> None:
    path = project.write("typed.yaml", MANIFEST.replace("    name: Acme\n", "    ci\n"))
    server.open(path)
    assert "city" in labels(server.at("completion", path, 5, 6))
    assert "MACHINERY" in labels(server.at("completion", path, 7, 14))


def test_a_name_is_explained(project: Project, server: LanguageServer) -> None:
    path = project.write("explained.yaml", MANIFEST)
    server.open(path)
    shown = str(server.at("hover", path, 7, 6))
    assert "Industry" in shown
    assert "single choice" in shown


def test_the_example_has_no_mistake(project: Project, server: LanguageServer) -> None:
    for name in ("companies.yaml", "tickets.yaml", "goal_targets.yaml"):
        text = f"{LINE}manifest.schema.json\n{(project.folder / name).read_text()}"
        assert server.open(project.write(f"checked-{name}", text)) == []


def test_settings_are_checked_and_completed(project: Project, server: LanguageServer) -> None:
    text = f"{LINE}settings.schema.json\nversion: 1\ndrift: \nenvironments:\n  local: {{portal: emulater}}\n"
    path = project.write("settings.yaml", text)
    lines = {each["range"]["start"]["line"] for each in server.open(path)}
    assert 4 in lines
    assert {"hold", "revert"} <= set(labels(server.at("completion", path, 2, 7)))
