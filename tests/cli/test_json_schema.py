"""``json-schema`` prints the JSON schema of manifests or settings, also with the definitions of a portal.

``init`` and ``import`` write the schemas into the project; each new file gets a line that names its schema.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import reconciler
from reconciler.cli.exits import ExitCode
from tests.cli.test_import import SEED, SETTINGS
from tests.support.projects import ROOT, Project, example
from tests.support.small_disk import run_on_small_disk


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


def rule(schema: Any, object_name: str) -> Any:
    """Return the part of a schema that is about documents of an object type."""
    (found,) = (each for each in schema["allOf"] if object_name in each["if"]["properties"]["object"]["enum"])
    return found["then"]["properties"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "manifest/manifest.schema.json"),
        (["manifests"], "manifest/manifest.schema.json"),
        (["settings"], "project/settings.schema.json"),
    ],
)
def test_without_an_environment_it_is_the_one_in_the_package(
    tmp_path: Path, words: list[str], name: str
) -> None:
    done = Project(tmp_path).run("json-schema", *words)  # this needs no project
    assert (done.code, done.out) == (ExitCode.OK, (ROOT / "reconciler" / name).read_text())


def test_with_an_environment_it_names_what_the_portal_defines(project: Project) -> None:
    done = project.run("json-schema", "-e", "local")
    assert done.code == ExitCode.OK, done.err
    schema = json.loads(done.out)
    jsonschema.Draft7Validator.check_schema(schema)
    values = schema["definitions"]["companies.values"]["properties"]
    assert values["industry"]["title"] == "Industry"
    assert "MACHINERY" in values["industry"]["enum"]
    assert {"anyOf"} < set(values["product_lines"])
    assert "ada@inntal-sensorik.example" in str(values["hubspot_owner_id"])
    assert "Appointment Scheduled" in schema["definitions"]["deals.values"]["properties"]["dealstage"]["enum"]
    assert {"external_id", "record_id"} <= set(rule(schema, "0-2")["key"]["enum"])
    assert schema == reconciler.Project.open(project.folder).environment("local").json_schema()


DEFINED = """\
object: companies
groups:
  own: {label: Own}
properties:
  account_tier:
    groupName: own
    label: Account tier
    type: enumeration
    fieldType: select
    options: {gold: Gold, silver: Silver}
  erp_no: {groupName: own, label: ERP number, type: string, fieldType: text, hasUniqueValue: true}
---
object: machines
schema: {labels: {singular: Machine, plural: Machines}, primaryDisplayProperty: serial}
groups:
  machines: {label: Machine}
properties:
  serial: {groupName: machines, label: Serial, type: string, fieldType: text, hasUniqueValue: true}
"""


def test_what_the_manifests_define_counts_as_being_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps(SEED))
    project.write("definitions.yaml", DEFINED)
    done = project.run("json-schema", "-e", "local")
    assert done.code == ExitCode.OK, done.err
    schema = json.loads(done.out)
    assert {"gold", "silver"} <= set(
        schema["definitions"]["companies.values"]["properties"]["account_tier"]["enum"]
    )
    assert "erp_no" in rule(schema, "0-2")["key"]["enum"]
    assert "serial" in rule(schema, "machines")["key"]["enum"]


def test_the_object_types_can_be_named(project: Project) -> None:
    schema = json.loads(project.run("json-schema", "-e", "local", "--objects", "contacts,0-2").out)
    assert [each["if"]["properties"]["object"]["enum"][0] for each in schema["allOf"]] == [
        "companies",
        "contacts",
    ]


def test_out_names_a_file(project: Project) -> None:
    done = project.run("json-schema", "--out", ".new/m.json")
    assert (done.code, done.out) == (ExitCode.OK, ".new/m.json written\n")
    assert (project.folder / ".new/m.json").read_text() == reconciler.Project.json_schema()


def test_a_disk_that_cannot_hold_the_schema_leaves_the_earlier_one(project: Project) -> None:
    file = project.write("m.json", "{}")
    done = run_on_small_disk(project, 8, "json-schema", "--out", "m.json")
    assert (done.code, done.out, done.err) == (1, "", "cannot write m.json (File too large)\n")
    assert file.read_text() == "{}"
    assert list(project.folder.glob("*m.json*")) == [file]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["settings", "-e", "local"], "is the same for all portals"),
        (["--objects", "companies"], "choose an environment with -e ENV"),
        (
            ["-e", "local", "--objects", "companies,,deals"],
            'a name is missing at a comma in "companies,,deals"',
        ),
        (["--out", "reconciler.yaml/m.json"], "cannot make the folder reconciler.yaml"),
        (["-e", "local", "--objects", "nothings"], "nothings"),
    ],
)
def test_what_does_not_fit_is_said(project: Project, words: list[str], message: str) -> None:
    done = project.run("json-schema", *words)
    assert done.code == ExitCode.ERROR
    assert message in done.err


def test_init_writes_the_schemas_and_the_line_and_import_writes_the_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.run("init", "--portal-id", "7654321").code == ExitCode.OK
    line = "# yaml-language-server: $schema="
    settings = (tmp_path / "reconciler.yaml").read_text()
    assert settings.startswith(f"{line}.schemas/settings.schema.json\n")
    assert (tmp_path / ".schemas/settings.schema.json").read_text() == reconciler.Project.json_schema(
        "settings"
    )
    project.write("reconciler.yaml", f"{SETTINGS}manifests: [manifests]\n")
    project.write("portal.json", json.dumps(SEED))
    assert project.run("import", "companies", "--filter", "external_id").code == ExitCode.OK
    text = (tmp_path / "manifests/companies.yaml").read_text()
    assert text.startswith(f"{line}../.schemas/manifest.schema.json\nobject: companies\n")
    assert (tmp_path / ".schemas/manifest.schema.json").is_file()
