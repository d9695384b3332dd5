"""The JSON Schema of plan files describes every key of every plan, and a page shows it."""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from reconciler.errors import Severity
from reconciler.model.calls import Call
from reconciler.model.desired_records import Prune
from reconciler.model.facts import FactKind
from reconciler.model.owned import Origin
from reconciler.model.property_history import ChangeSource
from reconciler.plan.change import Action, Reason
from reconciler.plan.file.fields import change_schema
from reconciler.plan.file.format import FORMAT_VERSION, digests_of, plan_as_document
from reconciler.plan.kinds import Verb
from reconciler.plan.plan import DifferenceKind, Guard, Plan
from reconciler.plan.stages import StageName
from tests.support.example_plan import ADOPTING, CONVERGED, EVERYTHING, FEW
from tests.support.plan_files import file_of, parts_of, plan_to_text
from tests.support.plans import plans
from tests.support.projects import ROOT, example

SCHEMA = json.loads(resources.files("reconciler.plan").joinpath("plan.schema.json").read_text("utf-8"))
PAGE = ROOT / "docs" / "plan-file.md"
GOLDEN = sorted((ROOT / "tests" / "report" / "golden").glob("*.json"))

WORDS: dict[str, type[StrEnum]] = {
    "action": Action,
    "verb": Verb,
    "reason": Reason,
    "guard": Guard,
    "kind": FactKind,
    "call": Call,
    "origin": Origin,
    "prune": Prune,
    "severity": Severity,
    "difference": DifferenceKind,
    "changed_via": ChangeSource,
    "name": StageName,
    "propertyNames": Guard,  # allowances have guards as keys
}
"""Enumerations whose members are values in plan files, by the key of such values."""


def closed(schema: Any) -> Any:
    """Return a copy of ``schema`` that forbids keys that it does not describe.

    The header still allows other keys, because the JSON document has all keys of the header and some more.
    """
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    is_object = isinstance(schema.get("properties"), dict)
    is_header = "environment" in schema.get("required", ())
    word = "unevaluatedProperties" if "$ref" in schema else "additionalProperties"
    return {name: closed(part) for name, part in schema.items()} | (
        {word: False} if is_object and not is_header else {}
    )


def described_as(name: str) -> Draft202012Validator:
    """Return a validator for the definition ``name`` in the schema."""
    shape = {"$ref": f"#/$defs/{name}", "unevaluatedProperties": False}
    return Draft202012Validator({"$defs": closed(SCHEMA["$defs"])} | shape)


DOCUMENT = described_as("document")
LINES = {"do": described_as("change"), "held": described_as("held_line"), "end": described_as("end_line")}
HEADER = described_as("header")


def complaints(text: str) -> list[str]:
    """Return the errors of the validator about a document, or about the lines of a plan file."""
    if text.startswith("{\n"):
        found = [(DOCUMENT, json.loads(text))]
    else:
        lines = map(json.loads, text.splitlines())
        found = [(LINES.get(next(iter(line)), HEADER), line) for line in lines]
    errors = (error for validator, value in found for error in validator.iter_errors(value))
    return [f"{error.json_path}: {error.message}" for error in errors]


def enumerations(schema: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Return every enumeration in the schema, with its key."""
    if isinstance(schema, dict):
        if "enum" in schema:
            yield name, {word for word in schema["enum"] if word is not None}
        for key, part in schema.items():
            yield from enumerations(part, key)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@given(plans)
def test_every_plan_is_described(plan: Plan) -> None:
    assert complaints(plan_to_text(plan)) == []


@pytest.mark.parametrize("plan", [EVERYTHING, FEW, ADOPTING, CONVERGED])
def test_masked_plans_are_described(plan: Plan) -> None:
    assert complaints(plan_as_document(plan, digests_of(plan))) == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_plan_is_described(path: Path) -> None:
    if "changes" in (document := json.loads(path.read_bytes())) and "manifests" in document:
        assert complaints(path.read_text()) == []


def test_the_plan_of_the_example_is_described(tmp_path: Path) -> None:
    project = example(tmp_path)
    project.run("plan", "--out", "plan.json", "--json-into", "masked.json")

    for name in ("plan.json", "masked.json"):
        assert complaints((project.folder / name).read_text()) == []


def test_closed_sets_of_words_are_complete() -> None:
    found = list(enumerations(SCHEMA))

    assert {name for name, _ in found} == WORDS.keys()
    for name, words in found:
        assert words == set(WORDS[name]), name


def test_the_summary_counts_every_action() -> None:
    assert set(SCHEMA["$defs"]["header"]["properties"]["summary"]["properties"]) == {*Verb, "no_op", "held"}


def test_changes_are_described_by_the_table_of_their_fields() -> None:
    described = change_schema()

    assert {name: SCHEMA["$defs"][name] for name in described} == described


def test_it_is_of_the_version_that_is_written() -> None:
    Draft202012Validator(SCHEMA["$defs"]["header"]["properties"]["format_version"]).validate(FORMAT_VERSION)


def test_a_plan_of_another_shape_is_not_described() -> None:
    parts = parts_of(plan_to_text(FEW))
    del parts["end"]["digest"]
    parts["header"]["weather"] = "fine"
    parts["changes"][0]["do"]["action"] = "destroy"

    assert len(complaints(file_of(parts))) == 3


def tables() -> Iterator[str]:
    """Return the descriptions in the schema as Markdown tables."""
    for name, part in SCHEMA["$defs"].items():
        if "properties" in part:
            yield from _table(f"`{name}`", part)


def _table(title: str, schema: Any) -> Iterator[str]:
    yield f"\n### {title}\n\n{schema['description']}\n\n| key | holds | is |\n|---|---|---|\n"
    yield from _rows(schema, "")


def _rows(schema: Any, above: str) -> Iterator[str]:
    for name, part in sorted(schema["properties"].items()):
        yield f"| `{above}{name}` | {_kind(part)} | {part['description']} |\n"
        if "properties" in part:
            yield from _rows(part, f"{above}{name}.")


def _kind(part: Any) -> str:
    if "anyOf" in part:
        return " or ".join(map(_kind, part["anyOf"]))
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        meant = SCHEMA["$defs"][name]
        return f"[{name}](#{name})" if "properties" in meant else _kind(meant)
    if "$ref" in part.get("additionalProperties", {}):
        return f"object of {_kind(part['additionalProperties'])}"
    if "enum" in part:
        return _words(part["enum"])
    if part.get("type") == "array":
        items = part["items"]
        return f"list of {_kind(items) if '$ref' in items else items['type']}"
    if "const" in part:
        return json.dumps(part["const"])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return " or ".join(kinds)


def _words(words: list[str | None]) -> str:
    return ", ".join("null" if word is None else f"`{word}`" for word in words)


def test_the_page_tells_what_the_schema_says(golden: Callable[[Path, str], None]) -> None:
    head, mark, _ = PAGE.read_text().partition("<!-- written from the schema -->\n")
    golden(PAGE, head + mark + "".join(tables()))
