"""``keys create``: the records of a portal without a key property get keys, and are then adopted."""

import csv
import json
from pathlib import Path

import pytest

from tests.support.projects import Project

STOCK = "version: 1\nenvironments: {local: {portal: emulator, seed: portal.json}}\n"
COUNT = 300


def companies(count: int) -> list[dict[str, object]]:
    """Return companies; every tenth has the domain of its neighbour, and every seventh has none."""
    return [
        {
            "id": str(9_000 + number),
            "properties": {
                "name": f"Company {number}",
                "domain": "" if number % 7 == 0 else f"company-{number - (number % 10 == 1)}.example",
                "country": "DE" if number % 2 else "FR",
            },
        }
        for number in range(count)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", STOCK)
    (tmp_path / "manifests").mkdir()
    made.write("portal.json", json.dumps({"records": {"companies": companies(COUNT)}}))
    made.run("emulator", "seed")
    return made


def created(project: Project, *arguments: str) -> str:
    """Make the plan, allowing what its guard asks for; return the printed text."""
    first = project.run("keys", "create", "companies", "erp_no", *arguments, "--out", "key.json")
    assert first.code == 4, first.err + first.out
    count = int(first.out.partition("--allow update=")[2].split()[0])
    done = project.run(
        "keys", "create", "companies", "erp_no", *arguments, "--allow", f"update={count}", "--out", "key.json"
    )
    assert done.code == 0, done.err + done.out
    return done.err


def test_every_company_gets_a_key_and_is_taken_over(project: Project) -> None:
    said = created(project, "--from", "domain", "--from", "record_id")

    assert "companies: 300 records, key erp_no" in said
    assert "without a value" not in said
    assert "values from record_id differ between portals" in said
    assert project.run("apply", "key.json", "--auto-approve").code == 0
    counted = project.run("keys", "list", "companies").out
    assert "recognises every record" in counted
    assert project.run("import", "companies", "--key", "erp_no", "--properties", "name").code == 0
    plan = project.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out
    assert "300 records" in plan.out


def test_the_plan_says_how_people_call_each_record(project: Project) -> None:
    created(project, "--from", "record_id")
    shown = project.run("show", "key.json", "--values", "show", "--full").out
    for number in range(COUNT):
        assert f"~ companies/={9_000 + number} (Company {number})\n" in shown


def test_nothing_but_the_definition_becomes_ours(project: Project) -> None:
    created(project, "--from", "record_id")
    assert project.run("apply", "key.json", "--auto-approve").code == 0

    owned = project.run("state", "list", "--json").document
    assert [entry["address"] for entry in owned] == ["companies:properties/erp_no"]


def test_what_cannot_get_a_value_is_listed_equal_ones_side_by_side(project: Project) -> None:
    said = created(project, "--from", "domain")

    (path,) = (project.folder / ".reconciler" / "import").glob("*.csv")
    assert str(path.relative_to(project.folder)) in said
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    repeated = [row["value"] for row in rows if row["why"] == "repeated"]
    assert repeated
    assert repeated[::2] == repeated[1::2]
    assert {row["why"] for row in rows} == {"repeated", "no value"}
    assert all(row["link"].endswith(row["record_id"]) for row in rows)


def test_a_template_and_a_second_run_for_what_is_left(project: Project) -> None:
    created(project, "--from", "{domain}-{country}")
    assert project.run("apply", "key.json", "--auto-approve").code == 0

    rest = project.run("keys", "create", "companies", "erp_no", "--from", "uuid", "--out", "key.json")

    assert rest.code == 0, rest.out + rest.err  # the rest is below the guard's limit
    assert "filled already" in rest.err
    assert project.run("apply", "key.json", "--auto-approve").code == 0
    assert "recognises every record" in project.run("keys", "list", "companies").out


@pytest.mark.parametrize(
    ("sources", "filled", "differ"),
    [
        (["domain"], 0, []),
        (["domain", "name"], 0, []),
        (["city", "record_id", "uuid"], 5, ["record_id"]),
        (["1{record_id}", "record_id"], 5, ["1{record_id}"]),
    ],
)
def test_a_key_that_is_a_number_gets_numbers_only(
    tmp_path: Path, sources: list[str], filled: int, differ: list[str]
) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", STOCK)
    (tmp_path / "manifests").mkdir()
    key = {"name": "no", "label": "No", "type": "number", "fieldType": "number", "hasUniqueValue": True}
    seed = {
        "properties": {"companies": [key | {"groupName": "companyinformation"}]},
        "records": {"companies": companies(5)},
    }
    project.write("portal.json", json.dumps(seed))

    done = project.run("keys", "create", "companies", "no", *(f"--from={each}" for each in sources))

    assert done.code == 0, done.out + done.err
    assert f"{filled} to update" in done.out
    told = [line.partition(" differ ")[0] for line in done.err.splitlines() if " differ between" in line]
    assert told == [f"values from {each}" for each in differ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["companies", "Erp No", "--from", "domain"], "cannot be the name of a property"),
        (["companies", "hs_key", "--from", "domain"], "cannot be the name of a property"),
        (["companies", "erp_no", "--from", "domian"], 'no property "domian"\n    did you mean "domain"?'),
        (["companies", "erp_no", "--from", "{domain"], "a brace of '{domain' is not closed"),
        (["companies", "name", "--from", "domain"], "it is not unique"),
        (["companies", "record_id", "--from", "domain"], "record_id means HubSpot's own id in manifests"),
        (["companys", "erp_no", "--from", "domain"], "no object type"),
    ],
)
def test_what_cannot_be_is_refused_with_advice(project: Project, arguments: list[str], says: str) -> None:
    refused = project.run("keys", "create", *arguments)

    assert refused.code == 1
    assert says in refused.err
