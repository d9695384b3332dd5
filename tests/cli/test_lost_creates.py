"""A create whose answer was lost, in a portal that rewrites values: done, ours, and nothing left to do."""

import json
from pathlib import Path

import pytest

from reconciler.cli.exits import Exit
from tests.support.served import served

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
STORY = {"name": "story", "label": "Story", "type": "string", "fieldType": "html"}
TRIMMED = {"name": "trimmed", "label": "Trimmed", "type": "string", "fieldType": "text"}
SEED = {
    "properties": {
        "companies": [{"groupName": "companyinformation"} | each for each in (KEY, STORY, TRIMMED)],
        "tickets": [KEY | {"groupName": "ticketinformation"}],
    },
    "validations": {
        "companies": {
            "trimmed": [
                {"ruleType": "WHITESPACE", "ruleArguments": ["TRIM"], "shouldApplyNormalization": True}
            ]
        }
    },
    "records": {"tickets": [{"properties": {"external_id": "t", "subject": "T", "hs_pipeline_stage": "1"}}]},
}
MANIFEST = """object: companies
key: external_id
prune: true
records:
  new:
    name: New
    story: '<p onclick="x()">Hi<script>x()</script></p>'
    trimmed: "  blanks around  "
    annualrevenue: "12.10"
    domain: HTTPS://New.Example/
    $associations: {tickets: [{by: external_id, to: t}]}
  other: {name: Other}
"""


@pytest.mark.parametrize(
    "loss", ["drop_after:", "cut_body:", "server_error:status=502,", "result_left_out:", "malformed_body:"]
)
def test_it_is_ours_with_its_associations_and_nothing_is_left_to_do(tmp_path: Path, loss: str) -> None:
    with served(tmp_path, {"companies.yaml": MANIFEST}, SEED) as (project, portal):
        portal.add_fault_text(f"{loss}path=*/companies/batch/upsert,count=1")

        done = project.run("apply", "--auto-approve", "--json")

        assert done.code == Exit.OK, done.out
        outcomes = {(row["address"], row["action"]): row["outcome"] for row in done.document["changes"]}
        assert outcomes == {
            ("companies/new", "create"): "applied",
            ("companies/other", "create"): "applied",
            ("companies/new", "associate"): "applied",
        }
        owned = json.loads(project.run("state", "export").out)["owned"]
        assert {entry["key"]: entry["origin"] for entry in owned} == {"new": "created", "other": "created"}
        assert project.run("plan").out.startswith("No changes.")
        assert project.run("drift").code == Exit.OK
