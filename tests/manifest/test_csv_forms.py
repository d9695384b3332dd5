"""CSV files of spreadsheets are read if the manifest describes their form, else the line is reported."""

import contextlib
import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.manifest.reading import HEAD, load, project, properties, refused, reported, wanted

GERMAN = "external_id;name;city;revenue\r\nacme;Müller;Köln;12,50\r\n"


def source(said: str) -> str:
    return HEAD + f"source: {{csv: companies.csv{said}}}\n"


def of_csv(folder: Path, data: str | bytes, said: str = "") -> dict[str, dict[str, Any]]:
    return wanted(load(project(folder, {"a.yaml": source(said), "companies.csv": data})))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (GERMAN.encode("cp1252"), ", delimiter: ';', encoding: cp1252"),
        (GERMAN.encode("cp1252"), ", delimiter: ';', encoding: windows-1252, decimal: ','"),
        (GERMAN.encode("cp850"), ", delimiter: ';', encoding: cp850"),
        (GERMAN.encode("utf-8-sig"), ", delimiter: ';'"),
        (GERMAN.encode("utf-8-sig"), ", delimiter: ';', encoding: utf-8-sig"),
        (("sep=;\r\n" + GERMAN).encode("utf-8-sig"), ", delimiter: ';'"),
        (("sep=;\r\n" + GERMAN).encode("cp1252"), ", delimiter: ';', encoding: cp1252"),
        (GERMAN.replace(";", "\t").encode("utf-16"), ', delimiter: "\\t", encoding: utf-16'),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), ", delimiter: ';', encoding: utf-16"),
        (GERMAN.replace(";", "|"), ", delimiter: '|'"),
        ("sep=,\r\n" + GERMAN.replace(",", '"",').replace(";", ",").replace('12"",50', '"12,50"'), ""),
    ],
)
def test_a_file_is_read_as_the_manifest_says(tmp_path: Path, data: str | bytes, said: str) -> None:
    assert of_csv(tmp_path, data, said) == {
        "companies/acme": {"name": "Müller", "city": "Köln", "revenue": "12,50"}
    }


def test_rows_keep_their_lines_below_the_line_for_excel(tmp_path: Path) -> None:
    data = 'sep=;\r\nexternal_id;name\r\nb;"Two\r\nlines"\r\na;One\r\n'
    desired = load(project(tmp_path, {"a.yaml": source(", delimiter: ';'"), "companies.csv": data}))
    a, b = desired.groups[0].records
    assert [str(desired.files.ref(place)) for place in (a.places[0], b.places[0])] == [
        "companies.csv:5:2",
        "companies.csv:3:2",
    ]


LINE = "write `source: {csv: companies.csv, delimiter: ';', encoding: cp1252, decimal: ','}`"


def faults(folder: Path, data: str | bytes, said: str = "") -> tuple[list[str], set[str | None]]:
    problems = refused(project(folder, {"a.yaml": source(said), "companies.csv": data}))
    return reported(problems), {problem.advice for problem in problems}


def test_all_faults_of_a_form_are_told_at_once_with_the_line_to_paste(tmp_path: Path) -> None:
    assert faults(tmp_path, GERMAN.encode("cp1252")) == (
        [
            "companies.csv:1:1: the header has cells separated by ';'",
            "companies.csv:2:1: this line is not UTF-8",
            "companies.csv:2:4: this looks like a number with a decimal comma",
        ],
        {LINE},
    )
    said = LINE.removeprefix("write `source: {csv: companies.csv").removesuffix("}`")
    assert of_csv(tmp_path, GERMAN.encode("cp1252"), said)


@pytest.mark.parametrize(
    ("data", "said", "fault", "advice"),
    [
        (
            "sep=;\nexternal_id;name\n",
            "",
            "1:1: the first line says that the cells are separated by ';'",
            "; ",
        ),
        (GERMAN.encode("utf-16"), "", "1:1: the first bytes show that the file is UTF-16", "utf-16"),
        (
            GERMAN.encode(),
            ", delimiter: ';', encoding: cp1252",
            "1:1: the file is UTF-8, so `encoding: cp1252` would give wrong letters",
            "write `source: {csv: companies.csv, delimiter: ';', decimal: ','}`",
        ),
        (
            GERMAN.encode("utf-8-sig"),
            ", delimiter: ';', encoding: cp1252, decimal: ','",
            "1:1: the first bytes show that the file is UTF-8",
            "write `source: {csv: companies.csv, delimiter: ';', decimal: ','}`",
        ),
        (
            "external_id;name\nacme;ü".encode("cp850"),
            ", delimiter: ';', encoding: cp1252",
            "2:1: this line is not cp1252",
            "write `source: {csv: companies.csv, delimiter: ';', encoding: cp850}`",
        ),
        (
            "external_id,name\na,A\n",
            ", delimiter: ';'",
            "1:1: the header has cells separated by ','",
            "write `source: {csv: companies.csv}`",
        ),
        (
            "No.;name\na;A\n",
            ", columns: {No.: external_id}",
            "1:1: the header has cells separated by ';'",
            "under `source:`, next to `csv:`, write `delimiter: ';'`",
        ),
    ],
)
def test_a_form_that_is_said_wrongly_is_told(
    tmp_path: Path, data: str | bytes, said: str, fault: str, advice: str
) -> None:
    messages, advices = faults(tmp_path, data, said)
    assert messages[0] == f"companies.csv:{fault}"
    assert advice.strip() in (advices.pop() or "")


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("utf-8", b"PK\x03\x04\x14\0\xe9"),  # a spreadsheet, which is a zip file
        ("utf-8", "\ufeffexternal_id\na\n".encode() + b"\xe9\n"),
        ("utf-16", "\ufeffexternal_id\na\n".encode("utf-16-le") + b"b"),
    ],
)
def test_a_file_that_is_damaged_or_no_text_gets_no_other_encoding(
    tmp_path: Path, encoding: str, data: bytes
) -> None:
    (tmp_path / "companies.csv").write_bytes(data)
    (problem,) = refused(project(tmp_path, {"a.yaml": source(f", encoding: {encoding}")}))
    assert problem.advice == f"save the file again as text in {encoding}"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("csv: a.csv, delimiter: x", '3:33: "delimiter" cannot be "x"'),
        ("csv: a.csv, encoding: klingon", '3:32: there is no encoding "klingon"'),
        ('csv: a.csv, encoding: "a\\0"', '3:32: there is no encoding "a\0"'),
        ("csv: a.csv, encoding: idna", '3:32: there is no encoding "idna"'),
        ("csv: a.csv, decimal: ';'", '3:31: "decimal" cannot be ";"'),
        ("jsonl: a.jsonl, decimal: ','", '3:35: only CSV files have a "decimal"'),
    ],
)
def test_wrong_words_about_a_form_have_their_place(tmp_path: Path, said: str, fault: str) -> None:
    files = {"a.yaml": HEAD + f"source: {{{said}}}\n", "a.csv": "external_id\n", "a.jsonl": ""}
    problems = refused(project(tmp_path, files))
    assert f"a.yaml:{fault}" in reported(problems)
    assert all(problem.advice for problem in problems)


def test_all_wrong_words_about_a_form_are_told_at_once(tmp_path: Path) -> None:
    said = "csv: [a.csv], delimiter: x, encoding: klingon, decimal: 5, clear: ''"
    problems = reported(refused(project(tmp_path, {"a.yaml": HEAD + f"source: {{{said}}}\n"})))
    names = [problem.split('"')[1] for problem in problems]
    assert sorted(names) == ["clear", "csv", "decimal", "delimiter", "klingon"]


def test_faults_of_rows_have_their_lines_in_any_form(tmp_path: Path) -> None:
    data = 'sep=;\r\nexternal_id;name\r\na;ö\r\nb\r\nc; "x"\r\n'.encode("cp1252")
    problems = refused(
        project(
            tmp_path,
            {"a.yaml": source(", delimiter: ';', encoding: cp1252"), "companies.csv": data},
        )
    )
    assert reported(problems) == [
        "companies.csv:4:1: this row has 1 cells, and the header 2",
        "companies.csv:5:2: there are blanks between the quotes of this cell and its semicolon",
    ]
    assert problems[0].advice == "give it a cell for every column, and quote cells that hold a semicolon"


CELLS = st.text(
    st.characters(codec="cp1252", exclude_characters="\0\r", exclude_categories=["Cc"]), max_size=12
) | st.text('",;\n\t |x', max_size=8)


def is_utf8(data: bytes) -> bool:
    with contextlib.suppress(UnicodeDecodeError):
        data.decode()
        return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(CELLS.filter(bool), CELLS, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["cp1252", "utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_any_file_is_read_back(
    rows: dict[str, str], end: str, delimiter: str, encoding: str, is_for_excel: bool
) -> None:
    text = io.StringIO()
    text.write(f"sep={delimiter}{end}" if is_for_excel else "")
    writer = csv.writer(text, lineterminator=end, delimiter=delimiter)
    writer.writerow(["external_id", "name"])
    writer.writerows(rows.items())
    spelling = '"\\t"' if delimiter == "\t" else f"'{delimiter}'"
    with tempfile.TemporaryDirectory() as folder:
        data = text.getvalue().encode(encoding)
        assume(encoding != "cp1252" or data.isascii() or not is_utf8(data))
        said = f", delimiter: {spelling}, encoding: {encoding}"
        (group,) = load(project(Path(folder), {"a.yaml": source(said), "companies.csv": data})).groups
        found = {record.key: properties(record) for record in group.records}
    assert found == {key: {"name": name} if name else {} for key, name in rows.items()}
