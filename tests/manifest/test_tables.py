"""Rows of CSV, Parquet and JSON lines become the records that the same manifest in YAML would give."""

import builtins
import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ManifestError
from reconciler.manifest.tables.sorted_rows import SortedRows
from reconciler.model.desired_records import DesiredRecord, Prune, Write
from tests.manifest.reading import HEAD, load, project, properties, refused, reported, wanted

CSV = HEAD + "source: {csv: companies.csv}\n"
JSONL = HEAD + "source: {jsonl: companies.jsonl}\n"
PARQUET = HEAD + "source: {parquet: companies.parquet}\n"


def of_csv(folder: Path, text: str | bytes, manifest: str = CSV) -> dict[str, dict[str, Any]]:
    return wanted(load(project(folder, {"a.yaml": manifest, "companies.csv": text})))


def csv_faults(folder: Path, text: str | bytes, manifest: str = CSV) -> list[str]:
    return reported(refused(project(folder, {"a.yaml": manifest, "companies.csv": text})))


def jsonl_faults(folder: Path, text: str, manifest: str = JSONL) -> list[str]:
    return reported(refused(project(folder, {"a.yaml": manifest, "companies.jsonl": text})))


def records(folder: Path, files: Mapping[str, str | bytes]) -> list[DesiredRecord]:
    (group,) = load(project(folder, files)).groups
    return list(group.records)


def write_parquet(folder: Path, select: str) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY ({select}) TO '{folder / 'companies.parquet'}' (FORMAT parquet)")


def test_cells_keep_their_text(tmp_path: Path) -> None:
    cells = ["007", "1e3", "12.10", "+4915", "no", " two  blanks ", "123456789012345678901234567890", "NULL"]
    text = "external_id,name\n" + "".join(f"{index},{cell}\n" for index, cell in enumerate(cells))
    assert [values["name"] for values in of_csv(tmp_path, text).values()] == cells


def test_an_empty_cell_is_left_alone_and_the_text_for_clearing_clears(tmp_path: Path) -> None:
    manifest = HEAD + "source: {csv: companies.csv, clear: '\\N'}\n"
    found = of_csv(tmp_path, 'external_id,name,phone,city\nacme,,"",\\N\n', manifest)
    assert found == {"companies/acme": {"city": None}}


def test_columns_are_renamed_or_left_out(tmp_path: Path) -> None:
    manifest = (
        HEAD + "source: {csv: companies.csv, columns: {No.: external_id, Company: name, Notes: null}}\n"
    )
    found = of_csv(tmp_path, "No.,Company,Notes\nacme,Acme,secret\n", manifest)
    assert found == {"companies/acme": {"name": "Acme"}}


@pytest.mark.parametrize(
    "column", ["name ", "Phone Number", "Size: XL", "Street, No.", "{x}", "#", 'an "inch"', "Straße", "* x"]
)
def test_the_advice_that_leaves_a_column_out_can_be_pasted(tmp_path: Path, column: str) -> None:
    quoted = '"' + column.replace('"', '""') + '"'
    files = {"a.yaml": CSV, "companies.csv": f"external_id,name,{quoted}\na,A,x\n"}
    (problem,) = refused(project(tmp_path, files))
    _, advised, _ = str(problem.advice).split("`")
    assert of_csv(tmp_path, files["companies.csv"], CSV.replace("}", f", {advised}}}")) == {
        "companies/a": {"name": "A"}
    }


def test_values_from_all_fill_empty_cells(tmp_path: Path) -> None:
    manifest = CSV + "all: {city: Bremen, country: Germany, phone: null}\n"
    found = of_csv(tmp_path, "external_id,name,city\na,A,\nb,B,Kiel\n", manifest)
    assert found == {
        "companies/a": {"city": "Bremen", "country": "Germany", "name": "A", "phone": None},
        "companies/b": {"city": "Kiel", "country": "Germany", "name": "B", "phone": None},
    }


def test_a_document_with_a_table_says_all_that_documents_say(tmp_path: Path) -> None:
    manifest = CSV + "write: upsert\nprune: all\nownership: {name: initial}\n"
    (group,) = load(
        project(tmp_path, {"a.yaml": manifest, "companies.csv": "external_id,name\na,A\n"})
    ).groups
    (record,) = group.records
    assert (group.prune, record.document.write) == (Prune.ALL, Write.UPSERT)
    assert record.document.ownership_of("name") == "initial"


def test_records_come_by_code_point_and_can_be_found_and_read_again(tmp_path: Path) -> None:
    keys = ["b", "Z", "é", "a", "\U0001f600", "\uffff", "10", "9"]
    text = "external_id,name\n" + "".join(f"{key},{key}\n" for key in keys)
    (group,) = load(project(tmp_path, {"a.yaml": CSV, "companies.csv": text})).groups
    assert [record.key for record in group.records] == sorted(keys)
    assert [record.key for record in group.records] == sorted(keys)
    assert len(group.records) == len(keys)
    found = group.records.find("é")
    assert found is not None
    assert properties(found) == {"name": "é"}
    assert group.records.find("e") is None


def test_a_row_knows_its_line_and_its_columns(tmp_path: Path) -> None:
    text = '\ufeffname,external_id,city\r\n"Two\r\nlines",b,Kiel\r\nOne,a,Bremen\r\n'
    files = project(tmp_path, {"a.yaml": CSV, "companies.csv": text})
    desired = load(files)
    a, b = desired.groups[0].records
    assert [str(desired.files.ref(place)) for place in (a.place, *a.places)] == [
        "companies.csv:4:1",
        "companies.csv:4:3",
        "companies.csv:4:1",
    ]
    assert str(desired.files.ref(b.place)) == "companies.csv:2:1"
    assert properties(b)["name"] == "Two\r\nlines"


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=0, max_size=12
) | st.text('",\r\n ;x', max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(CELLS.filter(bool), st.tuples(CELLS, CELLS), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_csv_is_read_back(rows: dict[str, tuple[str, str]], end: str, quote_all: bool) -> None:
    text = io.StringIO()
    # The csv module does not quote every cell that contains a carriage return.
    quote_all |= any("\r" in cell for key, cells in rows.items() for cell in (key, *cells))
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerow(["external_id", "name", "city"])
    writer.writerows((key, *cells) for key, cells in rows.items())
    with tempfile.TemporaryDirectory() as folder:
        files = {"a.yaml": CSV, "companies.csv": text.getvalue()}
        found = {record.key: properties(record) for record in records(Path(folder), files)}
    assert found == {
        key: {name: cell for name, cell in (("name", name), ("city", city)) if cell}
        for key, (name, city) in rows.items()
    }


_BLANKS = "there are blanks between the quotes of this cell and its comma"


@settings(max_examples=200, deadline=None)
@given(st.text('",\r\n \tx', max_size=24))
def test_accepted_csv_agrees_with_another_reader(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {"a.yaml": CSV, "companies.csv": "external_id,name\nk,v\n" + text}
        try:
            found = {record.key: properties(record) for record in records(Path(folder), files)}
        except ManifestError:
            return
    rows = csv.reader(io.StringIO("k,v\n" + text, newline=""), strict=True)
    expected = {}
    for key, name, *more in filter(None, rows):
        assert not any(more)  # additional empty cells are ignored
        expected[key] = {"name": name} if name else {}
    assert found == expected


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["companies.csv:1:1: the file has no header"]),
        (
            'external_id,"name\n' + "a,A\n" * 5_000,
            ["companies.csv:1:1: the header is not valid CSV: field larger than field limit (10000)"],
        ),
        ('external_id,"a" b\n', ["companies.csv:1:1: the header is not valid CSV: ',' expected after '\"'"]),
        ("external_id;name\na;A\n", ["companies.csv:1:1: the header has cells separated by ';'"]),
        (
            "name,Phone Number,,name\nA,1,2,3\n",
            [
                'companies.csv:1:1: there is no column "external_id", which is the key',
                'companies.csv:1:1: two columns are called "name"',
                'companies.csv:1:2: the column "Phone Number" has a name that no property can have',
                "companies.csv:1:3: column 3 has no name",
            ],
        ),
        (
            "external_id,name\na\nb,B\nc,C,D\n",
            [
                "companies.csv:2:1: this row has 1 cells, and the header 2",
                "companies.csv:4:1: this row has 3 cells, and the header 2",
            ],
        ),
        (
            "external_id,name\n,A\nb,B\nb,C\n,D\nb,E\n",
            [
                "companies.csv:2:1: this row has no key",
                "companies.csv:4:1: companies/b is declared twice in this file: also in companies.csv:3:1",
                "companies.csv:5:1: this row has no key",
                "companies.csv:6:1: companies/b is declared twice in this file: also in companies.csv:3:1",
            ],
        ),
        ("external_id,name\na,A\n\nb,B\n\n\n", ["companies.csv:3:1: this line is blank"]),
        (
            'external_id,name\na,A\nb,"B" C\n',
            ["companies.csv:3:1: this row is not valid CSV: ',' expected after '\"'"],
        ),
        (
            'external_id,name\na,A\nb,"open\nc,C\n',
            ["companies.csv:3:1: this row is not valid CSV: unexpected end of data"],
        ),
        (b"external_id,name\na,A\nb,\xe9\n", ["companies.csv:3:1: this line is not UTF-8"]),
        ('external_id,name\na, "A"\n', ["companies.csv:2:2: " + _BLANKS]),
        ('external_id,name\na,"A" \n', ["companies.csv:2:2: " + _BLANKS]),
        ('external_id,name\n "a",A\n', ["companies.csv:2:1: " + _BLANKS]),
        ('external_id,name\n"a"\t,A\n', ["companies.csv:2:1: " + _BLANKS]),
        (
            'external_id,name\n"a" , "A, B"\nb\nc,"C"  ',
            [
                "companies.csv:2:1: " + _BLANKS,
                "companies.csv:2:2: " + _BLANKS,
                "companies.csv:3:1: this row has 1 cells, and the header 2",
                "companies.csv:4:2: " + _BLANKS,
            ],
        ),
        ('external_id, "name"\na,A\n', ["companies.csv:1:2: " + _BLANKS]),
        ("external_id,name\ra,A\rb,B\r", ["companies.csv:1:1: this line ends in CR alone"]),
        (
            "external_id,name\na,A\r\nb,B\n",
            ["companies.csv:2:1: this line ends in CR LF, and the first one in LF"],
        ),
        (
            "external_id,name\r\na,A\r\nb,B\n",
            ["companies.csv:3:1: this line ends in LF, and the first one in CR LF"],
        ),
        (
            "external_id,name\na,A\rb,B\n",
            ["companies.csv:2:1: this line ends in CR alone, and the first one in LF"],
        ),
        (
            '"external_id";"name"\n"a";"A"\n',
            ["companies.csv:1:1: the header has cells separated by ';'"],
        ),
        ('"external_id"\t"name"\n', ["companies.csv:1:1: the header has cells separated by '\\t'"]),
        ('external_id|"name"\n', ["companies.csv:1:1: the header has cells separated by '|'"]),
        (
            b"external_id,name\na,A\0\n",
            ["companies.csv:2:1: this line contains a NUL, which text cannot contain"],
        ),
    ],
)
def test_errors_of_a_csv_file_are_reported_by_line(
    tmp_path: Path, text: str | bytes, faults: list[str]
) -> None:
    assert csv_faults(tmp_path, text) == faults


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("external_id\na\nb\n\n\n", ["a", "b"]),
        ('external_id\r\n"a\nb"\r\nc\r\n\r\n', ["a\nb", "c"]),
        ("external_id\n\n", []),
    ],
)
def test_blank_lines_at_the_end_are_no_rows_of_a_single_column(
    tmp_path: Path, text: str, keys: list[str]
) -> None:
    found = records(tmp_path, {"a.yaml": CSV, "companies.csv": text})
    assert [record.key for record in found] == keys


def test_other_lines_without_a_key_stay_errors_of_a_single_column(tmp_path: Path) -> None:
    assert csv_faults(tmp_path, 'external_id\na\n""\n\nb\n\n') == [
        "companies.csv:3:1: this row has no key",
        "companies.csv:4:1: this line is blank",
    ]


def test_many_faults_of_one_kind_are_counted(tmp_path: Path) -> None:
    faults = csv_faults(tmp_path, "external_id,name\n" + ",A\n" * 250)
    assert len(faults) == 101
    assert faults[0] == "companies.csv:1:1: 150 more rows have the same mistake"


def test_keys_that_are_record_ids_are_digits(tmp_path: Path) -> None:
    manifest = "object: companies\nkey: record_id\nenvironments: [local]\nsource: {csv: companies.csv}\n"
    faults = csv_faults(tmp_path, "record_id,name\n9001,A\n09,B\n", manifest)
    assert faults == ['companies.csv:3:1: "09" is not a record id']


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("source: {csv: gone.csv}", '3:15: "gone.csv" does not exist'),
        ("source: {csv: folder}", '3:15: "folder" is a folder'),
        ("source: {csv: ../outside.csv}", '3:15: "../outside.csv" is outside the project folder'),
        ("source: {csv: /etc/hosts}", '3:15: "/etc/hosts" is outside the project folder'),
        (f"source: {{csv: {'n' * 300}}}", f'3:15: "{"n" * 100}…" is too long for the name of a file'),
        ("source: {parquet: loop.csv}", '3:19: "loop.csv" is a link that leads back to itself'),
        ('source: {jsonl: "a\\0b"}', '3:17: "a\\0b" contains a NUL, which a path cannot contain'),
        ("source: {csv: link.csv}", '3:15: "link.csv" is outside the project folder'),
        ("source: {}", "3:9: `source` names no file"),
        ("source: {csv: a.csv, jsonl: b.jsonl}", "3:9: `source` names 2 files"),
        ("source: {csv: a.csv, delim: x}", '3:22: unknown key "delim"'),
        ("source: {csv: }", '3:15: "csv" is empty'),
        ("source: companies.csv", '3:9: "source" must be a mapping'),
        ("source: {csv: a.csv, clear: ''}", '3:29: "clear" is empty'),
        ("source: {csv: a.csv, columns: {A: Name}}", '3:35: "Name" is a label, not a property name'),
        ("source: {csv: a.csv, columns: {A: }}", '3:35: "A" has no value'),
        ("source: {csv: a.csv}\nrecords: {}", "3:9: `source` and `records` cannot be in one document"),
        ("prune: true", '1:1: "records" is missing'),
    ],
)
def test_errors_of_a_source_have_their_place(tmp_path: Path, said: str, fault: str) -> None:
    inside = project(tmp_path / "project", {"a.yaml": HEAD + said + "\n", "folder/x": ""})
    project(tmp_path, {"outside.csv": "external_id\na\n"})
    (inside / "link.csv").symlink_to(tmp_path / "outside.csv")
    (inside / "loop.csv").symlink_to("loop.csv")
    assert f"a.yaml:{fault}" in reported(refused(inside))


def test_a_renamed_column_must_be_there(tmp_path: Path) -> None:
    manifest = HEAD + "source: {csv: companies.csv, columns: {Nmae: name}}\n"
    files = project(tmp_path, {"a.yaml": manifest, "companies.csv": "external_id,Name\na,A\n"})
    problems = refused(files)
    assert reported(problems)[0] == 'a.yaml:3:46: the file has no column "Nmae"'
    assert "Name" in (problems[0].advice or "")


def test_a_file_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert csv_faults(tmp_path, "external_id\na\n") == [
        'a.yaml:3:15: "companies.csv" cannot be read: permission denied'
    ]


def test_a_missing_extra_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name == "duckdb":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    (problem,) = refused(project(tmp_path, {"a.yaml": CSV, "companies.csv": "external_id\na\n"}))
    assert problem.message == "rows of a file are read by DuckDB, which is not installed"
    assert problem.advice == "run `pip install '.[tables]'` in a clone of reconciler"


def test_names_of_files_are_taken_as_they_are(tmp_path: Path) -> None:
    files = {"a.yaml": HEAD + 'source: {csv: "it\'s [a] *.csv"}\n', "it's [a] *.csv": "external_id\na\n"}
    files |= {"it's [a] x.csv": "external_id\nb\n"}
    assert [record.key for record in records(tmp_path, files)] == ["a"]


def test_several_tables_and_yaml_name_one_group_together(tmp_path: Path) -> None:
    files = {
        "a.yaml": CSV + "---\n" + HEAD + "source: {csv: more.csv}\n",
        "b.yaml": HEAD + "records:\n  b: {$protect: true}\n",
        "companies.csv": "external_id,name\nc,C\na,A\n",
        "more.csv": "external_id,city\nd,Kiel\n",
    }
    (group,) = load(project(tmp_path, files)).groups
    assert [record.key for record in group.records] == ["a", "b", "c", "d"]
    assert len(group.records) == 4
    assert group.records.find("d") == [*group.records][3]
    renamed = group.records.renamed({"companies": "p1_companies"})
    assert {record.document.object for record in renamed} == {"p1_companies"}


def test_a_table_overrides_nothing_and_nothing_overrides_it(tmp_path: Path) -> None:
    files = {
        "base/a.yaml": HEAD + "source: {csv: a.csv}\n---\n" + HEAD + "source: {csv: b.csv}\n",
        "over/b.yaml": HEAD + "records:\n  x: {name: X}\n",
        "a.csv": "external_id,name\nx,A\ny,B\n",
        "b.csv": "external_id,name\ny,C\n",
    }
    assert reported(refused(project(tmp_path, files), ("base", "over"))) == [
        "a.csv:2:1: companies/x is declared twice: here and in over/b.yaml:4:3",
        "b.csv:2:1: companies/y is declared twice: here and in a.csv:3:1",
    ]


def test_rows_for_other_environments_are_named_elsewhere(tmp_path: Path) -> None:
    files = {
        "a.yaml": CSV + "environments: [prod-eu]\n---\n" + HEAD + "records: {b: {}}\n",
        "companies.csv": "external_id\na\nb\n",
    }
    assert load(project(tmp_path, files)).other_environments == {("companies", "external_id", "a")}


def test_the_digest_covers_what_the_file_holds(tmp_path: Path) -> None:
    digests = set()
    for text in ("external_id,name\na,A\n", "external_id,name\na,B\n"):
        digests.add(load(project(tmp_path, {"a.yaml": CSV, "companies.csv": text})).digest)
    assert len(digests) == 2


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    inside = project(tmp_path / "project", {"a.yaml": CSV, "companies.csv": "external_id\na\n"})
    desired = load(inside)
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    del desired
    assert not list(temporary.iterdir())
    (inside / "companies.csv").write_text("external_id\na\na\n")
    refused(inside)
    assert not list(temporary.iterdir())


def test_numbers_in_json_keep_their_text(tmp_path: Path) -> None:
    text = (
        '{"external_id": "a", "n": 12.10, "e": 1e3, "long": 123456789012345678901234567890, "yes": true}\n\n'
        '{"external_id": 7, "none": null, "empty": "", "list": ["A", "B"], "nothing": []}\n'
    )
    files = project(tmp_path, {"a.yaml": JSONL, "companies.jsonl": text})
    desired = load(files)
    assert wanted(desired) == {
        "companies/7": {"list": "A;B"},
        "companies/a": {
            "e": "1e3",
            "long": "123456789012345678901234567890",
            "n": "12.10",
            "yes": "true",
        },
    }
    seven, _ = desired.groups[0].records
    assert str(desired.files.ref(seven.place)) == "companies.jsonl:3:1"


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(CELLS.filter(bool), CELLS, max_size=5), st.booleans())
def test_any_json_is_read_back(rows: dict[str, str], ascii_only: bool) -> None:
    lines = [
        json.dumps({"external_id": k, "name": v}, ensure_ascii=ascii_only) + "\n" for k, v in rows.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        found = records(Path(folder), {"a.yaml": JSONL, "companies.jsonl": "".join(lines)})
    assert {record.key: properties(record) for record in found} == {
        key: {"name": value} if value else {} for key, value in rows.items()
    }
    assert [record.key for record in found] == sorted(rows)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "2:1: this line is not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("[1]", "2:1: this line is not an object"),
        ('{"external_id": "b", "x": {}}', '2:1: "x" is an object'),
        (
            '{"external_id": "b", "x": [{}]}',
            '2:1: an item of "x" is not a text, is empty or contains ";"',
        ),
        (
            '{"external_id": "b", "x": ["a;b"]}',
            '2:1: an item of "x" is not a text, is empty or contains ";"',
        ),
        ('{"external_id": "b", "x": 1, "x": 2}', "2:1: the object in this line has the same name twice"),
        ('{"external_id": "b", "x": NaN}', "2:1: NaN is not JSON"),
        (
            '{"external_id": "b", "x": ["a", ""]}',
            '2:1: an item of "x" is not a text, is empty or contains ";"',
        ),
        ('{"external_id": "b", "x": "\\u0000"}', '2:1: "x" contains a NUL, which text cannot contain'),
        ('{"external_id": "b", "x": ["\\u0000"]}', '2:1: "x" contains a NUL, which text cannot contain'),
        ('{"external_id": "b\\u0000"}', '2:1: "external_id" contains a NUL, which text cannot contain'),
        (
            '{"external_id": "b", "x": "\\ud800"}',
            '2:1: "x" contains only one half of a surrogate pair, such as \\ud83d',
        ),
        (
            '{"external_id": "b", "x": "\x01"}',
            "2:1: this line is not JSON: Invalid control character at column 28",
        ),
        (
            '{"external_id": "b", "\\ud800": 1}',
            '2:1: "\ud800" contains only one half of a surrogate pair, such as \\ud83d',
        ),
        ('{"external_id": 1.50}', "2:1: the key is neither a text nor a whole number"),
        ('{"external_id": true}', "2:1: the key is neither a text nor a whole number"),
        ('{"name": "B"}', "2:1: this row has no key"),
        ('{"external_id": "b", "Name": 1}', '1:2: the column "Name" has a name that no property can have'),
    ],
)
def test_errors_of_a_json_line_are_reported(tmp_path: Path, line: str, fault: str) -> None:
    faults = jsonl_faults(tmp_path, f'{{"external_id": "a"}}\n{line}\n')
    assert [f"companies.jsonl:{fault}"] == faults


def test_a_column_that_is_left_out_of_json_lines_may_hold_anything(tmp_path: Path) -> None:
    manifest = HEAD + "source: {jsonl: companies.jsonl, columns: {meta: null}}\n"
    metas = ['{"by": {"id": 1}}', '["a;b", {}, null]', '"\\u0000"', "{}", "1.5"]
    text = "".join(
        f'{{"external_id": "k{number}", "meta": {meta}, "name": "N"}}\n' for number, meta in enumerate(metas)
    )
    found = records(tmp_path, {"a.yaml": manifest, "companies.jsonl": text})
    assert [properties(record) for record in found] == [{"name": "N"}] * len(metas)
    broken = '{"external_id": "a", "meta": {"by": "\\ud800"}}\n'
    assert jsonl_faults(tmp_path, broken, manifest) == [
        "companies.jsonl:1:1: this line contains only one half of a surrogate pair, such as \\ud83d"
    ]


@pytest.mark.parametrize(
    ("ends", "fault"),
    [
        ("\r\r\r", "1:1: this line ends in CR alone"),
        ("\n\r\n\n", "2:1: this line ends in CR LF, and the first one in LF"),
    ],
)
def test_lines_of_json_end_alike(tmp_path: Path, ends: str, fault: str) -> None:
    text = f'{{"external_id": "a"}}{ends[:1]}{{"external_id": "b"}}{ends[1:]}'
    assert jsonl_faults(tmp_path, text) == [f"companies.jsonl:{fault}"]


def test_an_empty_file_of_json_lines_names_nothing(tmp_path: Path) -> None:
    assert records(tmp_path, {"a.yaml": JSONL, "companies.jsonl": ""}) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("'007'", "007"),
        ("true", "true"),
        ("5::TINYINT", "5"),
        ("12.10::DECIMAL(10, 2)", "12.10"),
        ("5.0::DOUBLE", "5"),
        ("0.1::FLOAT", "0.1"),
        ("DATE '2026-11-22'", "2026-11-22"),
        ("TIME '10:00:00'", "10:00:00"),
        ("TIMESTAMPTZ '2026-11-22 09:30:00+01'", "2026-11-22T08:30:00.000Z"),
        ("TIMESTAMPTZ '2026-11-22 09:30:00.123456+01'", "2026-11-22T08:30:00.123456Z"),
        ("TIMESTAMPTZ '9999-12-31 00:00:00+00'", "9999-12-31T00:00:00.000Z"),
        ("TIMESTAMP_NS '2026-11-22 09:30:00.123456789'", "2026-11-22T09:30:00.123456789"),
        (
            "12345678901234567890123456.123456789012::DECIMAL(38, 12)",
            "12345678901234567890123456.123456789012",
        ),
        ("0.10::DECIMAL(2, 2)", "0.10"),
        ("(-0.05)::DECIMAL(3, 3)", "-0.050"),
        ("(-12.5)::DECIMAL(4, 1)", "-12.5"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("[]::VARCHAR[]", None),
        ("[]::INTEGER[]", None),
        ("NULL::STRUCT(a INTEGER)", None),
        ("MAP([], [])::MAP(VARCHAR, INTEGER)", None),
        ("''::BLOB", None),
        ("NULL::TIMESTAMPTZ", None),
        ("TIMESTAMP '2026-11-22 09:30:00'", "2026-11-22T09:30:00"),
        ("['PRINT', 'CLOUD']", "PRINT;CLOUD"),
        ("'b'::ENUM('a', 'b')", "b"),
        ("'0b0f4a3c-6d2b-4b0e-9d77-1f2a3b4c5d6e'::UUID", "0b0f4a3c-6d2b-4b0e-9d77-1f2a3b4c5d6e"),
        ("NULL::VARCHAR", None),
        ("''", None),
    ],
)
def test_typed_columns_are_written_as_a_manifest_would(tmp_path: Path, value: str, text: str | None) -> None:
    write_parquet(tmp_path, f"SELECT 'a' AS external_id, {value} AS x")
    assert wanted(load(project(tmp_path, {"a.yaml": PARQUET}))) == {
        "companies/a": {} if text is None else {"x": text}
    }


def of_foreign_parquet(folder: Path, name: str) -> Path:
    """Create a project with a Parquet file that DuckDB could not have written."""
    data = (Path(__file__).parent / "parquet" / f"{name}.parquet").read_bytes()
    return project(folder, {"a.yaml": PARQUET, "companies.parquet": data})


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "decimal-of-76-digits",
            '1:2: the column "x" is of type DECIMAL of 76 digits, and 38 are read exactly',
        ),
        (
            "key-of-39-digits",
            '1:1: the column "external_id" is of type DECIMAL of 39 digits, and 38 are read exactly',
        ),
        ("one-name-twice", '1:2: two columns are called "x"'),
    ],
)
def test_a_column_that_would_not_be_read_exactly_is_refused(tmp_path: Path, name: str, fault: str) -> None:
    assert reported(refused(of_foreign_parquet(tmp_path, name))) == [f"companies.parquet:{fault}"]


def test_columns_that_hold_nothing_are_empty_whatever_their_type(tmp_path: Path) -> None:
    found = wanted(load(of_foreign_parquet(tmp_path, "columns-without-type")))
    assert found == {"companies/a": {}, "companies/b": {}}


@pytest.mark.parametrize("column", ["file_row_number", "line", "key", "c1", "text"])
def test_columns_may_be_called_as_we_call_things(tmp_path: Path, column: str) -> None:
    write_parquet(tmp_path, f"SELECT 'a' AS external_id, 'x' AS {column}")
    assert wanted(load(project(tmp_path, {"a.yaml": PARQUET}))) == {"companies/a": {column: "x"}}


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
def test_names_of_folders_say_nothing_about_rows(tmp_path: Path, format_: str) -> None:
    folder = tmp_path / "name=Evil"
    folder.mkdir()
    write_parquet(folder, "SELECT 'a' AS external_id, 'Good' AS name")
    files = {
        "a.yaml": HEAD + f"source: {{{format_}: name=Evil/companies.{format_}}}\n",
        "name=Evil/companies.csv": "external_id,name\na,Good\n",
        "name=Evil/companies.jsonl": '{"external_id": "a", "name": "Good"}\n',
    }
    assert wanted(load(project(tmp_path, files))) == {"companies/a": {"name": "Good"}}


def test_rows_of_parquet_are_numbered_through_all_its_groups(tmp_path: Path) -> None:
    select = "SELECT (9999 - i)::VARCHAR AS external_id, i AS n FROM range(9000) t(i)"
    with duckdb.connect(":memory:") as connection:
        target = tmp_path / "companies.parquet"
        connection.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    desired = load(project(tmp_path, {"a.yaml": PARQUET}))
    for record in desired.groups[0].records:
        assert str(desired.files.ref(record.place)).split(":")[1] == str(
            int(str(properties(record)["n"])) + 1
        )


def test_texts_are_not_squeezed_while_they_are_sorted() -> None:
    rows = SortedRows()
    assert rows.run("SELECT current_setting('disabled_optimizers')") == [("compressed_materialization",)]
    rows.close()


def test_rows_of_parquet_are_numbered(tmp_path: Path) -> None:
    write_parquet(tmp_path, "SELECT * FROM (VALUES (20, 'B'), (3, 'A')) AS t(external_id, name)")
    desired = load(project(tmp_path, {"a.yaml": PARQUET}))
    first, second = desired.groups[0].records
    assert (first.key, second.key) == ("20", "3")
    assert str(desired.files.ref(second.places[0])) == "companies.parquet:2:2"


_LOST = '1:2: an item of this list is empty, or contains ";" or a NUL'


@pytest.mark.parametrize(
    ("select", "fault"),
    [
        ("{'a': 1} AS x", '1:2: the column "x" is of type STRUCT(a INTEGER), which is not text'),
        ("[1] AS x", '1:2: the column "x" is of type INTEGER[], which is not text'),
        ("[1.5] AS x", '1:2: the column "x" is of type DECIMAL(2,1)[], which is not text'),
        ("MAP(['a'], [1]) AS x", '1:2: the column "x" is of type MAP(VARCHAR, INTEGER), which is not text'),
        ("'infinity'::TIMESTAMPTZ AS x", "1:2: infinity is not in the years 1 to 9999"),
        ("'-infinity'::TIMESTAMP AS x", "1:2: -infinity is not in the years 1 to 9999"),
        ("DATE '0044-03-15 (BC)' AS x", "1:2: 0044-03-15 (BC) is not in the years 1 to 9999"),
        (
            "TIMESTAMPTZ '20044-01-01' AS x",
            "1:2: 20044-01-01T00:00:00.000Z is not in the years 1 to 9999",
        ),
        ("'a'::BLOB AS x", '1:2: the column "x" is of type BLOB, which is not text'),
        ("['A', 'B;C'] AS x", _LOST),
        ("['A', NULL] AS x", _LOST),
        ("['A', ''] AS x", _LOST),
        ("['A' || chr(0)] AS x", _LOST),
        ("'A' || chr(0) AS x", "1:2: this cell contains a NUL, which text cannot contain"),
        ("'-inf'::FLOAT AS x", "1:2: -infinity cannot be written in plain digits"),
        ("'nan'::DOUBLE AS x", "1:2: NaN cannot be written in plain digits"),
        ("1e20::DOUBLE AS x", "1:2: 1e+20 cannot be written in plain digits"),
    ],
)
def test_types_without_a_unique_text_are_refused(tmp_path: Path, select: str, fault: str) -> None:
    write_parquet(tmp_path, f"SELECT 'a' AS external_id, {select}")
    assert reported(refused(project(tmp_path, {"a.yaml": PARQUET}))) == [f"companies.parquet:{fault}"]


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (problem,) = refused(project(tmp_path, {"a.yaml": PARQUET, "companies.parquet": "name\n" * 10}))
    (fault,) = reported([problem])
    assert fault.startswith("a.yaml:3:19: companies.parquet cannot be read as parquet: ")
    assert str(tmp_path) not in fault
    assert problem.advice is not None


def test_a_text_of_parquet_that_is_no_text_is_told_without_the_text(tmp_path: Path) -> None:
    assert reported(refused(of_foreign_parquet(tmp_path, "text-not-utf-8"))) == [
        "a.yaml:3:19: companies.parquet cannot be read as parquet: one of its texts is not UTF-8"
    ]


def test_ragged_rows_hide_nothing_that_is_wrong_with_other_rows(tmp_path: Path) -> None:
    text = 'external_id,name\na,A\nb\na,B\n"c\nd",C\n,D\ne,E,F\n'
    assert csv_faults(tmp_path, text) == [
        "companies.csv:3:1: this row has 1 cells, and the header 2",
        "companies.csv:4:1: companies/a is declared twice in this file: also in companies.csv:2:1",
        "companies.csv:7:1: this row has no key",
        "companies.csv:8:1: this row has 3 cells, and the header 2",
    ]
    assert csv_faults(tmp_path, 'external_id,name\na,A\n"b"x,B\na,C\n')[1:] == [
        "companies.csv:4:1: companies/a is declared twice in this file: also in companies.csv:2:1"
    ]
