"""All problems are reported at once: no problem hides another one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import Project
from tests.support.served import served

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED = {"version": 1, "properties": {"companies": [KEY | {"groupName": "companyinformation"}]}}
HEAD = "object: companies\nkey: external_id\n"
TABLE = HEAD + "source: {csv: t.csv}\n"


def reported(folder: Path, manifests: Mapping[str, str]) -> Sequence[str]:
    """Return place and message of each reported problem."""
    with served(folder, manifests, SEED) as (project, _):
        done = project.run("plan")
        assert done.code == ExitCode.ERROR, done.out
        lines = (done.out + done.err).splitlines()
        also = [line.removeprefix("    ") for line in lines if line.startswith("    also in ")]
        return [line for line in lines if line.split(":")[0] in manifests] + also


def assert_told(folder: Path, manifests: Mapping[str, str], *beginnings: str) -> None:
    found = reported(folder, manifests)
    left = [line for line in found if not line.startswith(beginnings)]
    lacking = [beginning for beginning in beginnings if not any(line.startswith(beginning) for line in found)]
    assert (left, lacking) == ([], [])


def test_an_unknown_type_in_an_association_hides_nothing_of_its_record(tmp_path: Path) -> None:
    records = "  a: {nmae: x, name: A, $associations: {widgets: [x], contacts: [nobody]}}\n  b: {nmae: y}\n"
    assert_told(
        tmp_path,
        {"c.yaml": f"{HEAD}records:\n{records}"},
        'c.yaml:4:13: companies has no property "nmae"',
        'c.yaml:4:51: the portal has no object type "widgets"',
        "c.yaml:4:66: the portal has no record of contacts whose email is nobody",
        "c.yaml:5:3: a new record of companies needs name or domain",
        "also in c.yaml:5:13",
    )


def test_an_unknown_type_hides_nothing_of_other_documents(tmp_path: Path) -> None:
    manifests = {
        "a.yaml": "object: gadgets\nkey: id\nprune: true\nrecords: {g: {}}\n",
        "b.yaml": "object: appointments\nkey: id\nrecords: {p: {}}\n",
        "c.yaml": f"{HEAD}records:\n  a: {{nmae: x, name: A, $associations: {{gadgets: [g]}}}}\n",
    }
    assert_told(
        tmp_path,
        manifests,
        'a.yaml:1:1: the portal has no object type "gadgets"',
        "b.yaml:2:6: appointments has no property",
        'c.yaml:4:13: companies has no property "nmae"',
    )


def test_a_column_that_is_no_property_hides_nothing_of_its_rows(tmp_path: Path) -> None:
    rows = "external_id,name,nmae,annualrevenue\na,A,1,1e3\nb,B,1,2\n"
    assert_told(
        tmp_path,
        {"t.yaml": TABLE, "t.csv": rows},
        't.csv:1:3: companies has no property "nmae"',
        "t.csv:2:4: annualrevenue takes a number",
    )


@pytest.mark.parametrize(
    ("key", "told_of_key"),
    [("extrnal_id", 'companies has no property "extrnal_id"'), ("name", "name of companies is not unique")],
)
def test_a_wrong_key_hides_nothing_of_its_records(tmp_path: Path, key: str, told_of_key: str) -> None:
    records = (
        "  a: {nmae: x, annualrevenue: much}\n  b: {industry: BAKING, hubspot_owner_id: nobody@x.example}\n"
        "  c: {annualrevenue: '3', industry: BANKING}\n"
    )
    assert_told(
        tmp_path,
        {"c.yaml": f"object: companies\nkey: {key}\nrecords:\n{records}"},
        f"c.yaml:2:6: {told_of_key}",
        'c.yaml:4:13: companies has no property "nmae"',
        "c.yaml:4:31: annualrevenue takes a number",
        'c.yaml:5:17: industry has no option "BAKING"',
        'c.yaml:5:43: the portal has no owner "nobody@x.example"',
    )


def test_a_wrong_key_hides_nothing_of_the_rows_of_a_table(tmp_path: Path) -> None:
    rows = "extrnal_id,name,nmae,annualrevenue\na,A,1,1e3\nb,B,1,2\n"
    table = "object: companies\nkey: extrnal_id\nsource: {csv: t.csv}\n"
    assert_told(
        tmp_path,
        {"t.yaml": table, "t.csv": rows},
        't.yaml:2:6: companies has no property "extrnal_id"',
        't.csv:1:3: companies has no property "nmae"',
        "t.csv:2:4: annualrevenue takes a number",
    )


def test_faulty_lines_of_json_hide_nothing_of_others(tmp_path: Path) -> None:
    lines = [
        '{"external_id": "a", "name": "A", "annualrevenue": "much"}',
        '{"external_id": "b", ',
        '{"external_id": "c", "name": "C", "nmae": 1, "name": 2}',
        '{"external_id": "d", "name": {}}',
        '{"external_id": "e", "name": "E", "nmae": 1}',
        '{"external_id": "e", "name": "E"}',
        '{"name": "F"}',
    ]
    assert_told(
        tmp_path,
        {"t.yaml": f"{HEAD}source: {{jsonl: t.jsonl}}\n", "t.jsonl": "\n".join([*lines, ""])},
        't.jsonl:1:1: companies has no property "nmae"',
        "t.jsonl:1:1: annualrevenue takes a number",
        "t.jsonl:2:1: this line is not JSON",
        "t.jsonl:3:1: the object in this line has the same name twice",
        't.jsonl:4:1: "name" is an object',
        "t.jsonl:6:1: companies/e is declared twice",
        "t.jsonl:7:1: this row has no key",
    )


def test_lines_of_json_that_are_all_faulty_are_told_alone(tmp_path: Path) -> None:
    lines = "{\n[]\n"
    assert_told(
        tmp_path,
        {"t.yaml": f"{HEAD}source: {{jsonl: t.jsonl}}\n", "t.jsonl": lines},
        "t.jsonl:1:1: this line is not JSON",
        "t.jsonl:2:1: this line is not an object",
    )


def test_characters_that_do_not_fit_hide_nothing_of_their_file(tmp_path: Path) -> None:
    records = (
        "  a: {name: A\x07, annualrevenue: much}\n  b: {name: B, nmae: x} # \x85\n\ufeff  c: {name: [x}\n"
        "  d: {name: D, phone: }\n"
    )
    assert_told(
        tmp_path,
        {"c.yaml": f"{HEAD}records:\n{records}", "d.yaml": f"{HEAD}records:\n  d2: {{nmae: x, name: D}}\n"},
        "c.yaml:4:14: the character U+0007",
        "c.yaml:4:32: annualrevenue takes a number",
        'c.yaml:5:22: companies has no property "nmae"',
        "c.yaml:5:27: the character U+0085",
        "c.yaml:6:1: the character U+FEFF",
        "c.yaml:6:",
        'c.yaml:7:23: "phone" has no value',
        'd.yaml:4:14: companies has no property "nmae"',
    )


@pytest.mark.parametrize("flag", ["--skip-invalid", "--json"])
def test_a_type_that_the_portal_lacks_keeps_a_plan_from_being_applied(tmp_path: Path, flag: str) -> None:
    manifests = {"c.yaml": f"{HEAD}records:\n  a: {{name: A, $associations: {{gadgets: [g]}}}}\n"}
    with served(tmp_path, manifests, SEED) as (project, portal):
        assert isinstance(project, Project)
        assert project.run("apply", "--auto-approve", flag).code == ExitCode.ERROR
        assert not portal.asked("/batch/upsert")


def test_ragged_rows_hide_nothing_that_the_portal_says_of_others(tmp_path: Path) -> None:
    rows = "external_id,name,nmae,annualrevenue\na,A,1,1e3\nb,B\nc,C,1,2\nc,C,1,x\n"
    more = f"{HEAD}records:\n  d: {{name: D, nmae: x, $associations: {{companies: [b]}}}}\n"
    assert_told(
        tmp_path,
        {"t.yaml": TABLE, "t.csv": rows, "c.yaml": more},
        'c.yaml:4:22: companies has no property "nmae"',
        't.csv:1:3: companies has no property "nmae"',
        "t.csv:2:4: annualrevenue takes a number",
        "t.csv:3:1: this row has 2 cells, and the header 4",
        "t.csv:5:1: companies/c is declared twice in this file",
    )


def test_text_that_is_no_yaml_hides_nothing_that_the_portal_says(tmp_path: Path) -> None:
    """No further problem is reported about ``b``, whose text is no YAML, although ``d`` refers to it."""
    broken = f"{HEAD}records:\n  a: {{nmae: x, name: A}}\n  b: {{name: [x}}\n  c: {{name: C, phone: }}\n"
    sound = f"{HEAD}records:\n  d: {{name: D, nmae: x, $associations: {{companies: [b]}}}}\n"
    assert_told(
        tmp_path,
        {"a.yaml": broken, "b.yaml": sound},
        'a.yaml:4:13: companies has no property "nmae"',
        "a.yaml:5:13:",
        'a.yaml:6:23: "phone" has no value',
        'b.yaml:4:22: companies has no property "nmae"',
    )


def test_without_a_portal_what_is_wrong_with_the_manifests_is_told_alone(tmp_path: Path) -> None:
    manifests = {"a.yaml": f"{HEAD}records:\n  a: {{name: [x}}\n"}
    with served(tmp_path, manifests, SEED) as (project, _):
        alone = Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": "pat-wrong"}).run("plan")
    assert alone.code == ExitCode.ERROR
    assert "a.yaml:4:13" in alone.err
    assert "1 problem" in alone.err


def test_a_plan_is_never_made_of_what_was_left_over(tmp_path: Path) -> None:
    """A record that could not be read does not count as missing in the manifests."""
    head = f"{HEAD}prune: true\nrecords:\n"
    with served(tmp_path, {"a.yaml": f"{head}  a: {{name: A}}\n  b: {{name: B}}\n"}, SEED) as (
        project,
        portal,
    ):
        assert project.run("apply", "--auto-approve").code == ExitCode.OK
        project.write("a.yaml", f"{head}  a: {{name: [A}}\n  b: {{name: B}}\n")
        for more in ([], ["--skip-invalid"]):
            done = project.run("apply", "--auto-approve", *more)
            assert done.code == ExitCode.ERROR
            assert "to archive" not in done.out
        assert not portal.asked("/batch/archive")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("wrte: auto", '3:1: unknown key "wrte"'),
        ("prune: maybe", '3:8: "prune" cannot be "maybe"'),
        ("ownership: {name: sometimes}", '3:19: "ownership.name" cannot be "sometimes"'),
        ("all: x", '3:6: "all" must be a mapping'),
    ],
)
def test_a_wrong_key_of_a_document_hides_nothing_of_its_records(
    tmp_path: Path, wrong: str, told: str
) -> None:
    assert_told(
        tmp_path,
        {
            "a.yaml": f"object: contacts\nkey: email\n{wrong}\nrecords:\n  a@b: {{lastnme: B}}\n",
            "b.yaml": f"{HEAD}{wrong}\nsource: {{csv: t.csv}}\n",
            "t.csv": "external_id,annualrevenue\na,much\nb\n",
        },
        f"a.yaml:{told}",
        "a.yaml:5:3: email takes an e-mail address",
        'a.yaml:5:18: contacts has no property "lastnme"',
        f"b.yaml:{told}",
        "t.csv:2:2: annualrevenue takes a number",
        "t.csv:3:1: this row has 1 cell",
    )


def test_unreadable_text_hides_no_wrong_key_and_no_wrong_label(tmp_path: Path) -> None:
    """All problems are reported except a reference to a record that was not found.

    The unreadable text may declare this record.
    """
    listed = "[{to: bob@x.example, label: Boss}, {by: jobtitle, to: x}, nobody@x.example]"
    assert_told(
        tmp_path,
        {
            "a.yaml": f"{HEAD}records:\n  a: {{name: [}}\n",
            "b.yaml": "object: contacts\nkey: email\nall: {lifecyclestage: nope}\n"
            "records: {bob@x.example: {}, carl@x.example: {}, bob at x: {}}\n",
            "c.yaml": f"{HEAD}records:\n  c: {{name: C, $associations: {{contacts: {listed}}}}}\n",
        },
        "a.yaml:4:",
        'b.yaml:3:23: lifecyclestage has no option "nope"',
        "b.yaml:4:50: email takes an e-mail address",
        'c.yaml:4:43: the portal has no label "Boss"',
        'c.yaml:4:77: "jobtitle" of contacts cannot tell records apart',
    )


def test_a_number_of_no_type_is_told_at_its_lines(tmp_path: Path) -> None:
    assert_told(
        tmp_path,
        {
            "a.yaml": "object: 0-998\nkey: code\nrecords: {a: {}}\n",
            "c.yaml": f"{HEAD}records:\n  c: {{name: C, nmae: C, $associations: {{0-999: [x]}}}}\n",
        },
        'a.yaml:1:1: the portal has no object type "0-998"',
        'c.yaml:4:22: companies has no property "nmae"',
        'c.yaml:4:49: the portal has no object type "0-999"',
    )
