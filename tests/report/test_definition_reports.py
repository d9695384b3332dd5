"""Golden reports of a plan with every action on definitions, and of the run that applies it.

People review each change of the golden files.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.projects import Project

GOLDEN = Path(__file__).parent / "golden"
SETTINGS = "version: 1\nproject: golden\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
FLAGS = ("--allow", "migrate=10", "--allow", "definitions=20", "--skip-invalid")
PORTAL = """\
{"search_lag_ms": 0, "limits": {"tenSecondly": 100000, "searchSecondly": 10000},
 "groups": {"companies": [{"name": "erp", "label": "Old ERP"}, {"name": "gone", "label": "Gone"}]},
 "properties": {"companies": [
  {"name": "tier", "label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": "erp",
   "options": [
    {"label": "Standard", "value": "standard", "displayOrder": 0, "hidden": false},
    {"label": "Gold", "value": "gold", "displayOrder": 1, "hidden": false}]},
  {"name": "size", "label": "Size", "type": "string", "fieldType": "text", "groupName": "erp"},
  {"name": "old_size", "label": "Old size", "type": "string", "fieldType": "text", "groupName": "erp"}]},
 "pipelines": {"deals": [{"id": "p1", "label": "Contracts", "stages": [
   {"id": "s1", "label": "Open", "metadata": {"probability": "0.2"}},
   {"id": "s2", "label": "Won", "metadata": {"probability": "1.0"}},
   {"id": "s3", "label": "Old", "metadata": {"probability": "0.1"}}]}]},
 "records": {
  "companies": [
   {"id": "101", "properties": {"name": "Acme", "tier": "standard", "old_size": "L"}},
   {"id": "102", "properties": {"name": "Beta", "tier": "standard"}}],
  "deals": [{"id": "201", "properties": {"dealname": "One", "pipeline": "p1", "dealstage": "s3"}}]}}
"""
MANIFEST = """\
object: companies
groups:
  erp: {label: ERP}
  gone: {$absent: true}
properties:
  tier:
    label: Level
    type: enumeration
    fieldType: select
    groupName: erp
    options:
      gold: Gold
      silver: {label: Silver, description: from 2024 on}
      basic: {label: Basic, $renamed_from: standard}
  size: {label: Size, groupName: erp}
  region: {label: Region, type: string, fieldType: text, groupName: nowhere}
  old_size: {$absent: true, $moves_to: size}
  margin:
    label: Margin
    type: number
    fieldType: calculation_equation
    groupName: erp
    calculationFormula: annualrevenue / 2
---
object: deals
pipelines:
  Renewals:
    $renamed_from: Contracts
    stages:
      Open: {probability: 0.3}
      Signed: {probability: 1.0, $renamed_from: Won}
      Old: {$absent: true, $moves_to: Open}
  Upsell: {stages: {New: {probability: 0.1}}}
---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
  requiredProperties: [serial_number]
properties:
  serial_number:
    {label: Serial, type: string, fieldType: text, groupName: machines_information, hasUniqueValue: true}
key: serial_number
records:
  M-1: {}
---
object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
key: email
environments: [local]
records:
  ada@acme.example: {$associations: {companies: [{by: record_id, to: "101", label: Billing contact}]}}
"""
_CHANGING = (
    (r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}"),
    (r"\d{8}T\d{6}Z-[0-9a-f]{4}", "RUN"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( to \d\d:\d\d:\d\d)?", "TIME"),
    (r'"(lineage|host|pid|user)": "[^"]*"', r'"\1": "…"'),
    (r"(host|pid|user) [^,\s<]+", r"\1 …"),
    (r'("association_labels/USER_DEFINED)/\d+/\d+"', r'\1/…"'),
)
"""Texts that differ between runs, and their placeholders."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("golden"), {"COLUMNS": "80"})
    project.write("portal.json", PORTAL)
    project.write("reconciler.yaml", SETTINGS)
    project.write("all.yaml", MANIFEST)
    done = project.run("plan", "--out", "plan.json", *FLAGS)
    assert done.code == 0, done.err
    return project


@pytest.fixture(scope="module")
def ran(project: Project) -> Project:
    """The project after its plan was applied."""
    done = project.run("apply", "plan.json", "--auto-approve", "--parallelism", "1", "--report", "run.json")
    assert done.code == 3, done.err  # one definition is left out
    return project


def timeless(text: str) -> str:
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text


def rows_of(page: str) -> str:
    """Return the data of the table in a page, as its script reads it."""
    (table,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.dumps(json.loads(table), indent=1, ensure_ascii=False) + "\n"


def check_forms(project: Project, name: str, golden: Callable[[Path, str], None]) -> None:
    """Compare a plan, or a run, with the golden file of each form."""

    def shown(form: str) -> str:
        return project.run("show", f"{name}.json", "--values", "show", "--format", form).out

    of = {"plan": "definitions", "run": "definitions-run"}[name]
    golden(GOLDEN / f"{of}-80.txt", timeless(shown("terminal")))
    golden(GOLDEN / f"{of}.md", timeless(shown("markdown")))
    golden(GOLDEN / f"{of}.json", timeless(shown("json")))
    golden(GOLDEN / f"{of}.html.json", timeless(rows_of(shown("html"))))


def test_a_plan_of_definitions_looks_as_it_did(project: Project, golden: Callable[[Path, str], None]) -> None:
    check_forms(project, "plan", golden)


def test_a_run_of_definitions_looks_as_it_did(ran: Project, golden: Callable[[Path, str], None]) -> None:
    check_forms(ran, "run", golden)


def test_every_form_has_every_definition(project: Project) -> None:
    plan = json.loads(project.run("show", "plan.json", "--format", "json").out)
    addresses = {each["why"]["address"] for each in plan["changes"] if each["do"]["kind"] == "definition"}
    assert len(addresses) == 16
    for form in ("html", "markdown"):
        text = project.run("show", "plan.json", "--format", form).out
        assert all(address in text for address in addresses)
