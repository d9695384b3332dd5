"""A CSV file that a German Excel exported.

It is refused, and the message says which line to add. Then it is planned and applied, and drift is accepted.
"""

from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.cli.test_accept import change
from tests.support.projects import Project, example

TABLE = (
    "sep=;\r\n"
    "external_id;name;city;annualrevenue;description\r\n"
    'K-1;Müller GmbH;Köln;1200000,5;"Zwei\r\nZeilen"\r\n'
    'K-2;"Höfer; Söhne";Füssen;75,25;3,5 t\r\n'
    "K-3;Weiß & Co.;;;\r\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = example(tmp_path)
    for manifest in ("deals.yaml", "tickets.yaml"):  # they refer to companies of the example
        (project.folder / manifest).unlink()
    project.write("companies.yaml", "object: companies\nkey: external_id\nsource: {csv: Kunden.csv}\n")
    (project.folder / "Kunden.csv").write_bytes(TABLE.encode("cp1252"))
    return project


def test_a_german_export_goes_all_the_way(project: Project) -> None:
    table = project.folder / "Kunden.csv"
    refused = project.run("validate")
    assert refused.code == ExitCode.ERROR
    line = "source: {csv: Kunden.csv, delimiter: ';', encoding: cp1252, decimal: ','}"
    assert f"write `{line}`" in refused.out + refused.err
    project.replace("companies.yaml", "source: {csv: Kunden.csv}", line)

    plan = project.run("plan", "--target", "companies/*", "--json").document
    revenue = {
        change["address"]: change["properties"]["annualrevenue"]["after"]
        for change in plan["changes"]
        if "annualrevenue" in change["properties"]
    }
    assert revenue == {"companies/K-1": "1200000.5", "companies/K-2": "75.25"}
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK

    change(project, "companies/K-1", annualrevenue="1300000.75", name="Müller & Söhne")
    change(project, "companies/K-2", city="Lindau; Bodensee", description="4 t")
    change(project, "companies/K-3", name="Łódź")
    assert project.run("drift").code == ExitCode.CHANGES
    done = project.run("drift", "--accept", "companies/*")
    assert done.code == ExitCode.ERROR
    assert "cp1252 has no 'Ł'" in " ".join(done.out.split())
    assert table.read_bytes().decode("cp1252") == (
        TABLE.replace("1200000,5", "1300000,75")
        .replace("Müller GmbH", "Müller & Söhne")
        .replace("Füssen", '"Lindau; Bodensee"')
        .replace("3,5 t", "4 t")
    )
    assert project.run("apply", "--auto-approve").code == ExitCode.OK  # K-3 gets its name again
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK
    assert project.run("drift").code == ExitCode.OK


def test_numbers_that_nobody_can_be_sure_of_are_told_with_their_lines(project: Project) -> None:
    form = "delimiter: ';', encoding: cp1252, decimal: ','"
    project.replace("companies.yaml", "Kunden.csv", f"Kunden.csv, {form}")
    table = TABLE.replace("1200000,5", "1.200.000,50").replace("75,25", "1 200")
    (project.folder / "Kunden.csv").write_bytes(table.encode("cp1252"))
    done = project.run("plan", "--values", "show")
    assert done.code == ExitCode.ERROR
    reported = " ".join(done.out.split())
    assert "Kunden.csv:3:4" in reported
    assert "remove the thousands separators: 1200000,50" in reported
    assert "Kunden.csv:5:4" in reported
