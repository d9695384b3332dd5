"""``explain``: one record or property, with its manifests, state and live value."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import PORTAL, Done, Project, applied_example, example

ADA = {"type": "CRM_UI", "id": "userId:8100001", "userId": 8100001}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The example project, applied."""
    return applied_example(tmp_path)


def edit(project: Project, key: str, **what: Any) -> None:
    """Change a company as Ada, a person in HubSpot."""
    with project.portal() as http:
        body = {"inputs": [{"id": key}], "idProperty": "external_id", "properties": []}
        found = http.post("/crm/v3/objects/companies/batch/read", json=body).json()["results"]
        answer = http.post(
            f"/_emulator/portals/{PORTAL}/edits",
            json={"object": "companies", "id": found[0]["id"], "source": ADA, **what},
        )
        assert answer.status_code == 200, answer.text


def explain(project: Project, address: str, *flags: str) -> Any:
    done = project.run("explain", address, "--json", "--values", "show", *flags)
    assert done.code == ExitCode.OK, done.err
    return done.document


def of_property(project: Project, address: str) -> Any:
    return explain(project, address)["properties"][address.partition("#")[2]]


def following(
    action: str, reason: str, *steps: str, after: str | None = None, number: int = 1, of: int = 1
) -> dict[str, Any]:
    """Return the next action without notes; ``steps`` are the names of its steps, from ``number`` on."""
    named = [{"name": name, "number": number + index, "of": of} for index, name in enumerate(steps)]
    return {"action": action, "after": after, "note": "", "reason": reason, "steps": named}


def reported(project: Project, address: str) -> str:
    """Return the text that is printed at 80 columns, with line breaks replaced by blanks."""
    done: Done = project.run("explain", address, "--values", "show")
    assert done.code == ExitCode.OK, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    return " ".join(done.out.split())


def lines_of(explained: Any) -> list[tuple[str, int, Any, bool]]:
    """Return the manifest lines about the value; the last one is used."""
    return [
        (said["source"]["file"], said["source"]["line"], said["value"], said["all"])
        for said in explained["statements"]
    ]


def test_a_property_in_step_names_its_line_its_run_and_that_there_is_nothing_to_do(project: Project) -> None:
    document = explain(project, "companies/K-10012#city")
    city = document["properties"]["city"]
    assert lines_of(city) == [("companies.yaml", 22, "Kempten", False)]
    assert city["live"] == "Kempten"
    (run,) = project.run("runs", "list", "--json").document
    assert city["last_applied"]["run"]["id"] == run["id"]
    assert city["last_applied"]["sent"] == "Kempten"
    assert city["next"] == following("nothing", "in step")
    assert document["origin"] == "adopted"
    assert document["declared"] == [{"column": 3, "file": "companies.yaml", "line": 16}]
    assert list(document["properties"]) == ["city"]


def test_drift_is_told_with_the_hands_and_what_the_next_apply_does(project: Project) -> None:
    edit(project, "K-10012", properties={"city": "Füssen"})
    city = of_property(project, "companies/K-10012#city")
    assert city["versions"][-1]["by"] == "Ada Lindner <ada@inntal-sensorik.example>"
    assert city["versions"][-1]["value"] == city["live"] == "Füssen"
    assert city["next"] == following("write", "drift", "records", after="Kempten")
    text = reported(project, "companies/K-10012#city")
    assert "writes Kempten; drift: people changed HubSpot since the last apply" in text
    assert "Ada Lindner <ada@inntal-sensorik.example>" in text


def test_explain_says_what_hold_leaves_alone(project: Project) -> None:
    project.replace("reconciler.yaml", "    portal: emulator\n", "    portal: emulator\n    drift: hold\n")
    edit(project, "K-10012", properties={"city": "Füssen"})
    assert of_property(project, "companies/K-10012#city")["next"]["action"] == "leave"
    assert "leaves it; drift: people changed HubSpot" in reported(project, "companies/K-10012#city")


def test_lines_that_are_overridden_are_told_those_that_hold_come_last(project: Project) -> None:
    project.write(
        "later/companies.yaml",
        "object: 0-2\nkey: external_id\nall: {country: Italy}\nrecords:\n  K-10012: {country: Spain}\n"
        "  K-10017: {$unmanaged: [country]}\n  K-10023: {}\n",
    )
    project.replace("reconciler.yaml", "manifests: [.]", "manifests: [., later]")
    assert lines_of(of_property(project, "companies/K-10012#country")) == [
        ("companies.yaml", 12, "Germany", True),
        ("later/companies.yaml", 3, "Italy", True),
        ("later/companies.yaml", 5, "Spain", False),
    ]
    taken_out = of_property(project, "companies/K-10017#country")
    assert taken_out["statements"] == []
    assert taken_out["unmanaged"]["line"] == 6
    assert "left out by `$unmanaged`" in reported(project, "companies/K-10017#country")
    text = reported(project, "companies/K-10012")
    assert "named companies.yaml:16 later/companies.yaml:5" in text
    assert "overrides Italy later/companies.yaml:3 (all) overrides Germany companies.yaml:12 (all)" in text


def test_documents_for_other_environments_say_nothing_here(project: Project) -> None:
    project.write(
        "elsewhere.yaml",
        "object: companies\nkey: external_id\nenvironments: [sandbox]\nrecords:\n  K-10012: {city: Wien}\n",
    )
    assert lines_of(of_property(project, "companies/K-10012#city")) == [
        ("companies.yaml", 22, "Kempten", False)
    ]


def test_a_record_may_be_asked_for_by_its_id(project: Project) -> None:
    record_id = explain(project, "companies/K-10012")["record_id"]
    assert explain(project, f"companies/={record_id}")["key"] == {
        "property": "external_id",
        "value": "K-10012",
    }


def test_a_changed_manifest_and_an_observed_property(project: Project) -> None:
    project.replace("companies.yaml", "city: Kempten", "city: Füssen")
    project.replace(
        "companies.yaml", "key: external_id  ", "ownership: {name: observe, zip: initial}\nkey: external_id  "
    )
    edit(project, "K-10012", properties={"name": "Other", "zip": "1"})
    properties = explain(project, "companies/K-10012")["properties"]
    assert properties["city"]["next"]["reason"] == "changed"
    assert properties["name"]["next"]["reason"] == "observed"
    assert properties["name"]["ownership"] == "observe"
    assert properties["zip"]["next"] == following("leave", "initial")
    assert "leaves it to people" in reported(project, "companies/K-10012#zip")


def test_a_record_that_is_gone_and_one_that_is_new(project: Project) -> None:
    edit(project, "K-10012", archive=True)
    document = explain(project, "companies/K-10012")
    assert (document["is_live"], document["next"]["reason"]) == (False, "gone")
    assert "was archived in HubSpot" in document["next"]["note"]
    project.write("new.yaml", "object: companies\nkey: external_id\nrecords:\n  new: {name: New}\n")
    document = explain(project, "companies/new#name")
    assert document["next"] == following("create", "missing", "records")
    assert document["properties"]["name"]["next"]["after"] == "New"
    assert document["properties"]["name"]["last_applied"] is None
    assert document["record_id"] is None


def test_each_change_is_told_with_its_step_of_the_plan(project: Project) -> None:
    project.write(
        "new.yaml",
        "object: companies\nkey: external_id\nrecords:\n"
        "  new: {name: New, $associations: {companies: [K-10012]}}\n",
    )
    document = explain(project, "companies/new")
    assert document["next"] == following("create", "missing", "records", of=2)
    (pair,) = document["associations"]
    assert pair["next"] == following("associate", "missing", "associations", number=2, of=2)
    text = reported(project, "companies/new")
    assert "sent in step 1 of 2: records" in text
    assert "companies/K-10012 next apply: associate, sent in step 2 of 2: associations" in text
    project.replace("companies.yaml", "    city: Kempten\n", "")
    assert "made in step 1 of 1: state" in reported(project, "companies/K-10012")  # this step makes no call
    assert " step " not in reported(project, "companies/K-10017")


def test_a_line_that_is_gone_is_forgotten(project: Project) -> None:
    project.replace("companies.yaml", "    city: Kempten\n", "")
    document = explain(project, "companies/K-10012")
    assert document["properties"]["city"]["next"]["action"] == "forget"
    assert document["next"] == following("adopt", "unmanaged", "state")
    assert "removes it from the state: no manifest enforces it any more" in reported(
        project, "companies/K-10012#city"
    )


def test_a_renamed_record_is_known_by_its_old_key(project: Project) -> None:
    project.replace("companies.yaml", "  K-10012:\n", "  K-10012-B:\n    $renamed_from: K-10012\n")
    document = explain(project, "companies/K-10012-B#city")
    assert document["next"] == following("update", "renamed", "records")
    assert document["origin"] == "adopted"
    assert document["properties"]["city"]["last_applied"]["sent"] == "Kempten"


def test_without_a_state_nothing_was_ever_applied(project: Project) -> None:
    project.write("reconciler.yaml", "state: none\n" + (project.folder / "reconciler.yaml").read_text())
    assert of_property(project, "companies/K-10012#city")["last_applied"] is None


def test_a_record_that_no_manifest_names_any_more(project: Project) -> None:
    text = (project.folder / "companies.yaml").read_text()
    start, end = text.index("  K-10012:"), text.index("  K-10017:")
    project.write("companies.yaml", text[:start] + text[end:])
    document = explain(project, "companies/K-10012")
    assert document["declared"] == []
    assert document["next"]["action"] == "nothing"
    assert document["properties"]["city"]["statements"] == []
    assert "nowhere in the manifests" in reported(project, "companies/K-10012")
    project.replace("companies.yaml", "key: external_id  ", "prune: all\nkey: external_id  ")
    assert explain(project, "companies/K-10012")["next"] == following("archive", "pruned", "removals")


def test_a_property_that_nobody_manages_shows_what_is_live(project: Project) -> None:
    edit(project, "K-10012", properties={"description": "By hand"})
    description = of_property(project, "companies/K-10012#description")
    assert (description["live"], description["statements"]) == ("By hand", [])
    assert description["versions"][-1]["value"] == "By hand"
    assert "no manifest sets it" in reported(project, "companies/K-10012#description")


def test_a_problem_is_told_where_it_is(project: Project) -> None:
    project.replace("companies.yaml", "    industry: DAIRY", "    industry: DAIRIES")
    document = explain(project, "companies/K-10012")
    assert document["properties"]["industry"]["next"]["action"] == "problem"
    (problem,) = document["problems"]
    assert problem["address"] == "companies/K-10012#industry"
    assert 'industry has no option "DAIRIES"' in reported(project, "companies/K-10012")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("companies/K-1001", "no manifest names companies/K-1001, and it is not in the state"),
        ("companies/K-1001", "did you mean companies/K-100"),
        ("companies/=5", "no manifest names companies/=5"),
        ("companies/K-*", "name one record, not several"),
        ("companies/K-10012#citty", 'did you mean "city"?'),
        ("companys/K-10012", 'did you mean "companies"?'),
        (
            "cars/x",
            "types in manifests and state: companies, deals, goal_targets, postal_mail, products, tickets",
        ),
        ("companies", "is not an address such as companies/acme"),
    ],
)
def test_an_unknown_address_is_an_error_with_the_nearest_names(
    project: Project, address: str, message: str
) -> None:
    done = project.run("explain", address)
    assert (done.code, done.out) == (ExitCode.ERROR, "")
    assert message in done.err


def test_personal_values_are_masked_unless_they_are_asked_for(project: Project) -> None:
    edit(project, "K-10012", properties={"phone": "+49 30 555-0199"})
    for flags in ((), ("--json",)):
        done = project.run("explain", "companies/K-10012", *flags)
        assert done.code == ExitCode.OK
        for secret in ("99998 112", "555-0199"):
            assert secret not in done.out
        assert "<ada@" in done.out  # authors of edits, and owners, are not masked
    assert "+49 30 555-0199" in reported(project, "companies/K-10012#phone")


def test_before_the_first_apply_it_says_what_that_would_do(tmp_path: Path) -> None:
    document = explain(example(tmp_path), "companies/K-10012#city")
    assert document["origin"] is None
    assert document["properties"]["city"]["last_applied"] is None
    assert document["next"]["reason"] == "adopt"


def test_a_record_that_stands_in_a_table_is_explained_by_its_row(project: Project) -> None:
    (project.folder / "companies.yaml").write_text(
        "object: companies\nkey: external_id\nall: {country: Austria}\nsource: {csv: companies.csv}\n"
    )
    (project.folder / "companies.csv").write_text("external_id,city\nK-1,Wien\nK-10012,Kiel\n")
    out = project.run("explain", "companies/K-10012", "--values", "show").out
    assert "companies.csv:3" in out
    assert "companies.yaml:3 (all)" in out
    assert "Kiel" in out
