"""An error in one place of a file does not hide problems elsewhere, and is reported once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest.documents import read_manifest
from reconciler.source import SourceFiles
from tests.manifest.reading import HEAD, project, refused, reported

BROKEN = {
    "a list": ("name: [x", '"," or "]" is missing'),
    "a quote": ('name: "x', "this quoted text has no closing quote"),
    "a colon": ("name: a: b", "is not allowed here"),
    "a tab": ("\tname: x", "tab"),
    "a brace": ("{name: x", '"," or "}" is missing'),
}
EMPTY = '"phone" has no value'


@pytest.mark.parametrize("kind", BROKEN)
def test_the_records_before_and_after_a_fault_are_looked_at(tmp_path: Path, kind: str) -> None:
    text, message = BROKEN[kind]
    records = f"records:\n  a: {{phone: }}\n  b:\n    {text}\n  c: {{phone: }}\n"
    first, fault, last = reported(refused(project(tmp_path, {"a.yaml": HEAD + records})))
    assert (first, last) == (f"a.yaml:4:14: {EMPTY}", f"a.yaml:7:14: {EMPTY}")
    assert fault.startswith(("a.yaml:5", "a.yaml:6", "a.yaml:7"))
    assert message in fault


@pytest.mark.parametrize("kind", BROKEN)
def test_the_documents_before_and_after_a_fault_are_looked_at(tmp_path: Path, kind: str) -> None:
    text, message = BROKEN[kind]
    sound = HEAD + "records:\n  a: {phone: }\n"
    broken = f"{HEAD}all:\n  {text}\nrecords:\n  b: {{phone: 1}}\n"
    problems = reported(refused(project(tmp_path, {"a.yaml": f"{sound}---\n{broken}---\n{sound}"})))
    assert (problems[0], problems[-1]) == (f"a.yaml:4:14: {EMPTY}", f"a.yaml:16:14: {EMPTY}")
    assert any(message in problem for problem in problems[1:-1])
    assert not any("is missing" in problem and "records" in problem for problem in problems)


def test_other_files_are_looked_at(tmp_path: Path) -> None:
    files = {"a.yaml": "object: [", "b.yaml": HEAD + "records:\n  a: {phone: }\n"}
    assert [line.split(":")[0] for line in reported(refused(project(tmp_path, files)))] == [
        "a.yaml",
        "b.yaml",
    ]


def test_a_fault_in_the_only_record_is_all_that_is_told(tmp_path: Path) -> None:
    (only,) = reported(refused(project(tmp_path, {"a.yaml": HEAD + "records:\n  a: {name: [x}\n"})))
    assert only.startswith("a.yaml:4")


lines = st.sampled_from(
    [
        "object: companies",
        "key: external_id",
        "records:",
        "  a: {name: x}",
        "  b:",
        "    name: [x",
        '    name: "y',
        "   city: z",
        "---",
        "all: {a: b",
        "\tc: d",
        "- e",
        "]",
        "# f",
        "",
        "  records:",
    ]
)


@given(st.lists(lines, max_size=14), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=300)
def test_any_text_is_read_to_its_end_and_no_document_has_two_faults(chosen: list[str], end: str) -> None:
    manifest = read_manifest(end.join(chosen).encode(), SourceFiles(("a.yaml",)), 0)
    assert all(problem.source is not None for problem in manifest.problems)
    assert all(1 <= problem.source.line <= len(chosen) + 1 for problem in manifest.problems if problem.source)
