"""``drift --accept``: changes that people made in HubSpot are written into the manifests."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import PORTAL, Done, Project, applied_example

DEAL, COMPANY = "R-2027-011", "K-10023"  # associated in the example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The example project, applied, in a git repository."""
    project = applied_example(tmp_path)
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-qm", "as applied")
    return project


def git(project: Project, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=project.folder, capture_output=True, text=True, check=True)
    return done.stdout


def change(project: Project, address: str, *, archive: bool = False, **properties: str) -> None:
    """Change a record of the example as another person."""
    object_name, _, key = address.partition("/")
    by = {"products": "hs_sku"}.get(object_name, "external_id")
    with project.portal() as http:
        record_id = found(http, object_name, key, by)
        edit = {"object": object_name, "id": record_id, "archive": archive, "properties": properties}
        answer = http.post(f"/_emulator/portals/{PORTAL}/edits", json=edit)
        assert answer.status_code == 200, answer.text


def found(http: httpx.Client, object_name: str, key: str, by: str = "external_id") -> str:
    """Return the record's id."""
    body = {"inputs": [{"id": key}], "idProperty": by, "properties": []}
    results = http.post(f"/crm/v3/objects/{object_name}/batch/read", json=body).json()["results"]
    return str(results[0]["id"])


def owner_id(project: Project, email: str) -> str:
    with project.portal() as http:
        owners = http.get("/crm/v3/owners").json()["results"]
    return str(next(owner["id"] for owner in owners if owner["email"] == email))


def accept(project: Project, *addresses: str, code: ExitCode = ExitCode.OK) -> Done:
    done = project.run("drift", "--accept", *addresses)
    assert done.code == code, done.out + done.err
    return done


def diff(project: Project) -> list[str]:
    """Return the lines that were removed from the manifests or added to them."""
    lines = git(project, "diff", "-U0").splitlines()
    return [line for line in lines if line[0] in "+-" and line[:3] not in {"+++", "---"}]


def assert_nothing_to_write(project: Project) -> None:
    done = project.run("plan", "--detailed-exitcode")
    assert done.code == ExitCode.OK, done.out


def test_the_next_plan_has_nothing_to_write_and_after_an_apply_there_is_no_drift(project: Project) -> None:
    change(project, "companies/K-10012", name="Alpenrand: die Molkerei", debtor_number="")
    done = accept(project, "companies/K-10012")
    assert diff(project) == [
        "-    name: Alpenrand Molkerei GmbH",
        '+    name: "Alpenrand: die Molkerei"',
        "-    debtor_number: 007  # this is text too; it is our oldest account",
        "+    debtor_number: null  # this is text too; it is our oldest account",
    ]
    assert "companies.yaml:17" in done.out
    assert done.out.startswith("companies/K-10012 (Alpenrand: die Molkerei)\n")
    assert "  ~ Company name (name)" in done.out
    assert done.out.endswith("Accepted: 2 values written into 1 file.\n")
    assert_nothing_to_write(project)
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("drift").code == ExitCode.OK


def test_only_what_was_named_is_accepted(project: Project) -> None:
    change(project, "companies/K-10012", name="A", city="B")
    change(project, "companies/K-10017", name="C")
    accept(project, "companies/K-10012#city", "companies/K-10017")
    assert diff(project) == [
        "-    city: Kempten",
        "+    city: B",
        "-    name: Brauhaus Sankt Leonhard KG",
        "+    name: C",
    ]
    changes = project.run("plan", "--json", "--values", "show").document["changes"]
    writes = {c["address"]: list(c["properties"]) for c in changes if c["action"] == "update"}
    assert writes == {"companies/K-10012": ["name"]}


def test_globs_may_follow_each_other_and_mean_properties_of_all_records(project: Project) -> None:
    change(project, "companies/K-10012", name="A", city="B")
    change(project, "companies/K-10017", city="C")
    done = project.run("drift", "--accept", "companies/*#city", "--accept", "*#name", "--json")
    assert done.code == ExitCode.OK
    assert [entry["address"] for entry in done.document["accepted"]] == [
        "companies/K-10012#city",
        "companies/K-10012#name",
        "companies/K-10017#city",
    ]
    assert done.document["accepted"][0]["source"] == {"column": 1, "file": "companies.yaml", "line": 22}


def test_owners_are_called_by_e_mail_and_choices_keep_their_order(project: Project) -> None:
    jonas = owner_id(project, "jonas@inntal-sensorik.example")
    change(project, "companies/K-10012", hubspot_owner_id=jonas, product_lines="PRESSURE;LEVEL;FLOW")
    accept(project, "companies/K-10012")
    assert diff(project) == [
        "-    product_lines: [LEVEL, TEMPERATURE, FLOW]",
        "+    product_lines: [LEVEL, FLOW, PRESSURE]",
        "-    hubspot_owner_id: ada@inntal-sensorik.example",
        "+    hubspot_owner_id: jonas@inntal-sensorik.example",
    ]
    assert_nothing_to_write(project)


def test_a_value_from_all_becomes_a_line_of_the_record_and_stages_follow_pipelines(
    project: Project,
) -> None:
    change(project, "tickets/RMA-26-0118", hs_pipeline="0", hs_pipeline_stage="3")
    accept(project, "tickets/RMA-26-0118")
    assert diff(project) == [
        "-    hs_pipeline_stage: Shipped back",
        "+    hs_pipeline_stage: Waiting on us",
        "+    hs_pipeline: Support Pipeline",
    ]
    assert_nothing_to_write(project)


def test_a_stage_of_another_pipeline_cannot_be_accepted_alone(project: Project) -> None:
    change(project, "tickets/RMA-26-0118", hs_pipeline="0", hs_pipeline_stage="3")
    done = accept(project, "tickets/RMA-26-0118#hs_pipeline_stage", code=ExitCode.ERROR)
    said = " ".join(done.out.split())
    assert '"Waiting on us" is no stage of pipeline "Returns and repairs"' in said
    assert "correct hs_pipeline or hs_pipeline_stage" in said
    assert diff(project) == []


@pytest.mark.parametrize("address", ["deals/R-2027-011", "deals/R-2027-011#companies/K-10023"])
def test_an_association_that_people_removed_is_left_to_the_person(project: Project, address: str) -> None:
    with project.portal() as http:
        deal, company = (found(http, name, key) for name, key in (("deals", DEAL), ("companies", COMPANY)))
        path = f"/crm/v4/objects/deals/{deal}/associations/companies/{company}"
        assert http.delete(path).status_code == 204
    done = accept(project, address, code=ExitCode.ERROR)
    said = " ".join(done.out.split())
    assert "deals.yaml:" in said
    assert "people removed this association in HubSpot: there is no value to write back" in said
    assert "also remove this association from `$associations`; otherwise the next apply creates this" in said
    assert diff(project) == []


def test_a_block_of_text_stays_one(project: Project) -> None:
    change(project, "tickets/RMA-26-0117", content="Zero point 14 mbar off.\r\nSolved.")
    accept(project, "tickets/*")
    assert diff(project) == [
        "-      Zero point 14 mbar off after cleaning in place at 135 °C.",
        "-      Customer asks for the cause in writing, not just a new sensor.",
        "+      Zero point 14 mbar off.",
        "+      Solved.",
    ]
    assert_nothing_to_write(project)


def test_the_folder_whose_value_holds_is_written_to(project: Project) -> None:
    project.write(
        "later/companies.yaml",
        "object: companies\nkey: external_id\nrecords:\n  K-10012: {name: Alpenrand}  # here\n",
    )
    project.replace("reconciler.yaml", "manifests: [.]", "manifests: [., later]")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    change(project, "companies/K-10012", name="Neu, GmbH", city="Bonn")
    accept(project, "companies/K-10012")
    text = (project.folder / "later" / "companies.yaml").read_text()
    assert text.endswith('  K-10012: {name: "Neu, GmbH"}  # here\n')
    assert diff(project)[:2] == ["-    city: Kempten", "+    city: Bonn"]
    assert_nothing_to_write(project)


def test_a_record_that_people_took_away_is_told_what_to_do(project: Project) -> None:
    change(project, "companies/K-10012", archive=True)
    done = accept(project, "companies/K-10012", code=ExitCode.ERROR)
    assert "was archived in HubSpot" in done.out
    assert "`$absent: true`" in " ".join(done.out.split())
    assert done.out.endswith("Accepted: nothing, 1 left to you.\n")
    assert diff(project) == []


def test_an_address_that_means_no_drift_is_an_error_and_nothing_is_written(project: Project) -> None:
    change(project, "companies/K-10012", name="A")
    done = accept(project, "companies/*", "companies/nobody", code=ExitCode.ERROR)
    assert "--accept companies/nobody matches no change by people" in done.err
    assert diff(project) == []


def test_an_address_without_accept_is_an_error(project: Project) -> None:
    done = project.run("drift", "companies/K-10012")
    assert done.code == ExitCode.ERROR
    assert "companies/K-10012: write an address after --accept" in done.err


def test_a_value_that_the_manifest_has_already_needs_no_edit(project: Project) -> None:
    change(project, "companies/K-10012", name="A")
    accept(project, "companies/K-10012")
    done = accept(project, "companies/K-10012")
    assert "has this value already" in done.out
    assert done.out.endswith("Accepted: 1 already there.\n")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    city: Kempten\n", "", "no manifest sets this property"),
        (
            "key: external_id  ",
            "ownership: {city: observe}\nkey: external_id  ",
            "the manifest leaves it to people",
        ),
        ("    city: Kempten", "    city: &k Kempten", "the value has the anchor &k"),
    ],
)
def test_values_that_cannot_be_written_are_reported(
    project: Project, old: str, new: str, message: str
) -> None:
    project.replace("companies.yaml", old, new)
    text = (project.folder / "companies.yaml").read_text()
    change(project, "companies/K-10012", city="Bonn")
    done = accept(project, "companies/K-10012", code=ExitCode.ERROR)
    assert message in " ".join(done.out.split())
    assert (project.folder / "companies.yaml").read_text() == text


def test_a_record_for_other_environments_is_left_alone(project: Project) -> None:
    project.replace("companies.yaml", "key: external_id  ", "environments: [sandbox]\nkey: external_id  ")
    change(project, "companies/K-10012", city="Bonn")
    done = accept(project, "companies/K-10012", code=ExitCode.ERROR)
    assert "for other environments only" in " ".join(done.out.split())


def test_cells_of_a_csv_file_are_written(project: Project) -> None:
    manifest = "object: companies\nkey: external_id\nall: {country: Austria}\nsource: {csv: companies.csv}\n"
    project.write("companies.yaml", manifest)
    project.write("companies.csv", 'external_id,city,"country"\nK-10012,"Kiel",\n"K-10023",Ulm,Italy\n')
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    change(project, "companies/K-10012", city="Bad Tölz, Süd", country="Italy")
    done = accept(project, "companies/K-10012")
    assert "companies.csv:2" in done.out
    assert (project.folder / "companies.csv").read_text() == (
        'external_id,city,"country"\nK-10012,"Bad Tölz, Süd",Italy\n"K-10023",Ulm,Italy\n'
    )
    assert project.run("plan", "--detailed-exitcode", "--target", "companies/*").code == ExitCode.OK


def test_rows_in_json_lines_are_left_to_whoever_makes_them(project: Project) -> None:
    manifest = "object: companies\nkey: external_id\nsource: {jsonl: companies.jsonl}\n"
    project.write("companies.yaml", manifest)
    project.write("companies.jsonl", '{"external_id": "K-10012", "city": "Kiel"}\n')
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    change(project, "companies/K-10012", city="Bonn")
    change(project, "tickets/RMA-26-0117", subject="Solved")
    done = project.run("drift", "--accept", "*", "--json")
    assert done.code == ExitCode.ERROR
    (problem,) = done.document["problems"]
    assert problem["address"] == "companies/K-10012#city"
    assert problem["message"].startswith("the table cannot be edited: the file is JSON lines")
    assert "Solved" in (project.folder / "tickets.yaml").read_text()


def test_the_mode_of_a_file_and_the_link_to_it_stay(project: Project) -> None:
    real = project.folder / "there.txt"
    link = project.folder / "companies.yaml"
    link.rename(real)
    link.symlink_to(real)
    real.chmod(0o664)
    change(project, "companies/K-10012", city="Bonn")
    accept(project, "companies/K-10012")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert "city: Bonn" in real.read_text()


def test_a_file_that_cannot_be_written_is_a_problem_of_its_values_alone(project: Project) -> None:
    longest = "x" * 250 + ".yaml"  # so long that the name of the temporary file for writing is too long
    (project.folder / "companies.yaml").rename(project.folder / longest)
    change(project, "companies/K-10012", city="Bonn")
    change(project, "tickets/RMA-26-0117", subject="Solved")
    done = project.run("drift", "--accept", "*", "--json")
    assert done.code == ExitCode.ERROR
    assert [entry["address"] for entry in done.document["accepted"]] == ["tickets/RMA-26-0117#subject"]
    (problem,) = done.document["problems"]
    assert problem["address"] == "companies/K-10012#city"
    assert "cannot write" in problem["message"]
    assert "city: Kempten" in (project.folder / longest).read_text()


def test_personal_values_are_written_and_not_shown(project: Project) -> None:
    change(project, "companies/K-10012", phone="+49 30 555-0199")
    jonas = owner_id(project, "jonas@inntal-sensorik.example")
    change(project, "companies/K-10017", hubspot_owner_id=jonas)
    accept = ("drift", "--accept", "companies/*")
    first, second = project.run(*accept, "--json"), project.run(*accept)
    assert (first.code, second.code) == (ExitCode.OK, ExitCode.OK)
    assert "555-0199" not in first.out + second.out
    assert '"jonas@inntal-sensorik.example"' in first.out  # e-mail addresses of owners are not masked
    assert "+    phone: +49 30 555-0199" in diff(project)


def test_broken_manifests_are_told_before_the_portal_is_asked(project: Project) -> None:
    project.write("broken.yaml", "object: [")
    done = accept(project, "companies/*", code=ExitCode.ERROR)
    assert "broken.yaml:2:1" in done.err


def test_any_change_in_the_portal_can_be_accepted(project: Project) -> None:
    """Change every value of every record except keys and stages to another value that HubSpot accepts."""
    changed = change_everything(project)
    assert len(changed) > 300
    done = project.run("drift", "--accept", "*", "--json", "--values", "show")
    assert done.code == ExitCode.OK, done.document["problems"]
    assert {entry["address"] for entry in done.document["accepted"]} == changed
    assert_nothing_to_write(project)
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("drift").code == ExitCode.OK


def change_everything(project: Project) -> set[str]:
    """Edit all owned records in the portal; return the addresses of the changed properties."""
    known_things = json.loads(project.run("state", "export").out)["owned"]
    owned = [each for each in known_things if not each["by"].startswith(":")]  # without definitions
    changed = set()
    with project.portal() as http:
        owners = [owner["id"] for owner in http.get("/crm/v3/owners").json()["results"]]
        definitions = {
            name: {each["name"]: each for each in http.get(f"/crm/v3/properties/{name}").json()["results"]}
            for name in {record["object"] for record in owned}
        }
        for record in owned:
            known = definitions[record["object"]]
            others = {
                name: other(known[name], text, owners)
                for name, text in record["sent"].items()
                if not known[name]["hasUniqueValue"] and "pipeline" not in name and "stage" not in name
            }
            edit = {"object": record["object"], "id": record["record_id"], "properties": others}
            answer = http.post(f"/_emulator/portals/{PORTAL}/edits", json=edit)
            assert answer.status_code == 200, answer.text
            sign = "=" if record["by"] == "record_id" else ""
            changed |= {f"{record['object']}/{sign}{record['key']}#{name}" for name in others}
    return changed


def other(definition: dict[str, Any], text: str | None, owners: list[str]) -> str:
    """Return a value other than ``text``; texts contain characters that YAML must quote."""
    options = [option["value"] for option in definition["options"]] or ["false", "true"]
    if definition["name"] == "hubspot_owner_id":
        options = owners
    if definition["type"] in {"enumeration", "bool"}:
        return str(next(option for option in options if option != text))
    by_type = {"number": "1234.5", "date": "2031-02-03", "datetime": "2031-02-03T04:05:06Z"}
    by_field = {"phonenumber": "+49 30 7654321"}
    return by_field.get(definition["fieldType"]) or by_type.get(definition["type"]) or f"- {text}: # 'neu'"
