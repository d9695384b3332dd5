"""The schemas for editors accept the same manifests and settings as this program does."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from reconciler.errors import ManifestError
from reconciler.manifest.documents import read_manifest
from reconciler.manifest.manifest_schema import manifest_schema
from reconciler.project.settings_file import EnvironmentShape, FileShape, read_settings_file
from reconciler.project.settings_schema import settings_schema
from tests.manifest.reading import FILES
from tests.support.projects import ROOT

MANIFESTS = [
    path
    for folder in (ROOT / "manifests", ROOT / "tests" / "scenarios")
    for path in sorted(folder.rglob("*.yaml"))
    if path.name != "reconciler.yaml" and ".reconciler" not in path.parts
]
SETTINGS = [ROOT / "manifests/reconciler.yaml", *sorted((ROOT / "tests/scenarios").rglob("reconciler.yaml"))]
HEAD = "object: companies\nkey: external_id\n"
WRONG = {
    "unknown key": f"{HEAD}recods: {{}}\n",
    "no object": "key: external_id\nrecords: {}\n",
    "no key": "object: companies\nrecords: {a: {name: x}}\n",
    "key is a label": "object: companies\nkey: External ID\nrecords: {}\n",
    "write": f"{HEAD}write: always\nrecords: {{}}\n",
    "prune": f"{HEAD}prune: maybe\nrecords: {{}}\n",
    "ownership": f"{HEAD}ownership: {{phone: mine}}\nrecords: {{}}\n",
    "environments": f"{HEAD}environments: []\nrecords: {{}}\n",
    "all is a list": f"{HEAD}all: [a]\nrecords: {{}}\n",
    "record is a text": f"{HEAD}records: {{a: x}}\n",
    "label as name": f"{HEAD}records: {{a: {{Company name: x}}}}\n",
    "value is a mapping": f"{HEAD}records: {{a: {{name: {{a: b}}}}}}\n",
    "unknown directive": f"{HEAD}records: {{a: {{$absnt: true}}}}\n",
    "absent false": f"{HEAD}records: {{a: {{$absent: false}}}}\n",
    "protect": f"{HEAD}records: {{a: {{$protect: yes please}}}}\n",
    "associations": f"{HEAD}records: {{a: {{$associations: [b]}}}}\n",
    "association without to": f"{HEAD}records: {{a: {{$associations: {{contacts: [{{label: x}}]}}}}}}\n",
    "association with more": f"{HEAD}records: {{a: {{$associations: {{contacts: [{{to: b, at: c}}]}}}}}}\n",
    "two sources": f"{HEAD}source: {{csv: a.csv, parquet: a.parquet}}\n",
    "no source": f"{HEAD}source: {{clear: x}}\n",
    "source with more": f"{HEAD}source: {{csv: a.csv, sheet: x}}\n",
    "delimiter": f"{HEAD}source: {{csv: a.csv, delimiter: x}}\n",
    "type": "object: companies\nproperties: {tier: {type: text}}\n",
    "member": "object: companies\nproperties: {tier: {lable: Tier}}\n",
    "name": "object: companies\nproperties: {Tier: {label: Tier}}\n",
    "options": "object: companies\nproperties: {tier: {options: [gold]}}\n",
    "no options": "object: companies\nproperties: {tier: {options_include: {}}}\n",
    "hidden": "object: companies\nproperties: {tier: {hidden: maybe}}\n",
    "group": "object: companies\ngroups: {erp: ERP}\n",
    "stages": "object: deals\npipelines: {Renewals: {stages: {}}}\n",
    "order of a stage": "object: deals\npipelines: {Renewals: {stages: {Open: {displayOrder: 1}}}}\n",
    "ticket state": "object: tickets\npipelines: {Help: {stages: {New: {ticketState: NEW}}}}\n",
    "schema": "object: machines\nschema: {name: machines}\n",
    "label": "object: contacts\nassociation_labels: {companies: {billing: Billing}}\n",
}
WRONG_SETTINGS = [
    "environments: {local: {portal: emulator}}\n",
    "version: 2\nenvironments: {local: {portal: emulator}}\n",
    "version: 1\n",
    "version: 1\nenvironments: {local: {portal: other}}\n",
    "version: 1\nenvironments: {local: {portal: emulator, portal_id: 0}}\n",
    "version: 1\nenvironments: {local: {portal: emulator, drift: ignore}}\n",
    "version: 1\nenvironments: {local: {portal: emulator, tokn: x}}\n",
    "version: 1\nguards: {upd: 3}\nenvironments: {local: {portal: emulator}}\n",
    "version: 1\nguards: {update: many}\nenvironments: {local: {portal: emulator}}\n",
    "version: 1\nmanifests: []\nenvironments: {local: {portal: emulator}}\n",
    "version: 1\nvalues: {hide: {}}\nenvironments: {local: {portal: emulator}}\n",
]


def as_editors_read(text: str) -> list[Any]:
    """Return the documents with YAML's own types, reduced to the types of JSON."""
    documents = YAML(typ="safe", pure=True).load_all(text)
    return [json.loads(json.dumps(each, default=str)) for each in documents if each is not None]


def faults(schema: Any, text: str) -> list[str]:
    validator = jsonschema.Draft7Validator(schema)
    return [error.message for each in as_editors_read(text) for error in validator.iter_errors(each)]


def on_pages() -> Iterator[str]:
    """Return the manifests on the pages of ``docs/``."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
        yield from (block for block in blocks if block.startswith("object:"))


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("manifest/manifest.schema.json", manifest_schema()),
        ("project/settings.schema.json", settings_schema()),
    ],
)
def test_the_files_in_the_package_are_schemas(
    name: str, schema: Any, golden: Callable[[Path, str], None]
) -> None:
    jsonschema.Draft7Validator.check_schema(schema)
    golden(ROOT / "reconciler" / name, json.dumps(schema, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_they_agree_about_every_manifest_of_the_tests(path: Path) -> None:
    ours = read_manifest(path.read_bytes(), FILES, 0).problems
    assert bool(faults(manifest_schema(), path.read_text())) == bool(ours)


@pytest.mark.parametrize("text", list(on_pages()))
def test_they_agree_about_the_manifests_on_the_pages(text: str) -> None:
    assert read_manifest(text.encode(), FILES, 0).problems == ()
    assert faults(manifest_schema(), text) == []


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_both_refuse_what_has_the_wrong_form(text: str) -> None:
    assert read_manifest(text.encode(), FILES, 0).problems
    assert faults(manifest_schema(), text)


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_project_file_of_the_tests_has_the_right_form(path: Path) -> None:
    assert faults(settings_schema(), path.read_text()) == []


@pytest.mark.parametrize("text", WRONG_SETTINGS)
def test_both_refuse_settings_of_the_wrong_form(tmp_path: Path, text: str) -> None:
    (tmp_path / "reconciler.yaml").write_text(text)
    with pytest.raises(ManifestError):
        read_settings_file(tmp_path)
    assert faults(settings_schema(), text)


def test_the_schema_knows_all_settings() -> None:
    schema = settings_schema()
    assert set(schema["properties"]) == set(FileShape.model_fields)
    assert set(schema["definitions"]["environment"]["properties"]) == set(EnvironmentShape.model_fields)
