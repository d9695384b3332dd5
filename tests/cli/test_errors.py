"""Wrong use of any command gives one clear message with advice, and changes nothing."""

import contextlib
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from reconciler.emulator.serve import running
from tests.support.projects import EXAMPLE, PORTAL, Done, Project, Recorder, example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


def assert_told(done: Done, *parts: str) -> None:
    """Check that there is one message on stderr, exit code 1, and no traceback."""
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    for part in parts:
        assert part in done.err


def test_no_project_at_all(tmp_path: Path) -> None:
    assert_told(Project(tmp_path).run("plan"), "reconciler.yaml")


def test_an_unknown_environment_lists_those_there_are(project: Project) -> None:
    assert_told(project.run("plan", "-e", "prod"), "prod", "local", "sandbox")


def test_an_unset_token_names_the_variable(project: Project) -> None:
    assert_told(project.run("plan", "-e", "sandbox"), "HUBSPOT_SANDBOX_TOKEN", "sandbox")


def test_a_wrong_manifest_shows_all_its_problems_with_their_places(project: Project) -> None:
    project.write(
        "bad.yaml", "object: companies\nkey: external_id\nrecords:\n  a:\n    name:\n    Bad Name: x\n"
    )
    project.write("worse.yaml", "object: companies\nkye: external_id\nrecords: {}\n")
    done = project.run("plan")
    assert_told(done, "bad.yaml:5:", "bad.yaml:6:", "worse.yaml:2:", "4 problems")


def test_problems_against_the_portal_come_all_at_once(project: Project) -> None:
    project.replace("products.yaml", "    price: 189.00", "    price: 1,890\n    pricee: 2")
    done = project.run("plan")
    assert done.code == 1
    assert 'products has no property "pricee"' in done.out
    assert 'did you mean "price"?' in done.out
    assert 'price takes a number such as 1200000.50, not "1,890"' in done.out
    refused = project.run("apply", "--auto-approve")
    assert refused.code == 1
    assert project.run("runs", "list", "--json").document == []


def test_problems_as_one_json_document(project: Project) -> None:
    project.write("bad.yaml", "object: companies\nkey: external_id\nrecords:\n  a:\n    name:\n")
    (problem,) = project.run("validate", "--json").document["problems"]
    assert problem["source"] == {"file": "bad.yaml", "line": 5, "column": 10}


def test_problems_as_annotations_in_github_actions(project: Project) -> None:
    project.write("bad.yaml", "object: companies\nkey: external_id\nrecords:\n  a:\n    name:\n")
    done = Project(project.folder, {"GITHUB_ACTIONS": "true"}).run("validate")
    assert "::error file=bad.yaml,line=5,col=10::" in done.err


def test_validate_online_finds_what_only_the_portal_knows(project: Project) -> None:
    assert project.run("validate").code == 0
    assert "no problems in portal 1000000" in project.run("validate", "--online").out
    project.replace("products.yaml", "    price: 189.00", "    pricee: 189.00")
    assert project.run("validate").code == 0
    done = project.run("validate", "--online")
    assert done.code == 1
    assert "products.yaml:" in done.out


def test_skip_invalid_leaves_out_the_bad_record_and_says_so(project: Project) -> None:
    project.replace("products.yaml", "    price: 189.00", "    price: 1,890")
    done = project.run("apply", "--auto-approve", "--skip-invalid")
    assert done.code == 3
    assert "left out" in done.out
    assert "PT-100" not in project.run("state", "list").out
    assert "products/FM-25" in project.run("state", "list").out


def test_an_unreachable_host(project: Project) -> None:
    project.replace(
        "reconciler.yaml",
        "    portal_id: 1234567",
        "    portal_id: 1234567\n    base_url: http://127.0.0.1:9",
    )
    done = Project(project.folder, {"HUBSPOT_SANDBOX_TOKEN": "pat-na1-secret"}).run("plan", "-e", "sandbox")
    assert_told(done, "127.0.0.1")
    assert "pat-na1-secret" not in done.out + done.err


def test_a_foreign_or_wrong_token(project: Project) -> None:
    with contextlib.closing(Recorder(None)) as portal, running(portal) as url:
        portal.ensure_portal(PORTAL, orjson.loads((EXAMPLE / "portal.json").read_bytes()))
        project.replace(
            "reconciler.yaml", "    portal_id: 1234567", f"    portal_id: 1234567\n    base_url: {url}"
        )
        foreign = Project(project.folder, {"HUBSPOT_SANDBOX_TOKEN": portal.token(PORTAL)})
        assert_told(foreign.run("plan", "-e", "sandbox"), "1000000", "1234567")
        assert_told(foreign.run("apply", "--auto-approve", "-e", "sandbox"), "1234567")
        wrong = Project(
            project.folder, {"HUBSPOT_SANDBOX_TOKEN": "pat-na1-11111111-2222-3333-4444-555555555555"}
        )
        done = wrong.run("plan", "-e", "sandbox")
    assert_told(done, "token")
    assert "11111111-2222" not in done.out + done.err


def test_a_plan_that_is_none(project: Project) -> None:
    assert_told(project.run("apply", "nothing.json"), "nothing.json")
    project.write("plan.json", "{}")
    assert_told(project.run("show", "plan.json"), "plan")


def test_an_unknown_command_or_option(project: Project) -> None:
    assert_told(project.run("aply"), "aply")
    assert_told(project.run("plan", "--outt", "x"), "--out")


def test_a_protected_environment_takes_a_saved_plan_only(project: Project) -> None:
    project.replace(
        "reconciler.yaml", "    seed: portal.json\n", "    seed: portal.json\n    protected: true\n"
    )
    refused = project.run("apply", "--auto-approve")
    assert refused.code == 4
    assert "saved plan" in refused.err
    assert project.run("plan", "--out", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0


def test_a_plan_of_another_environment_is_refused(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.replace(
        "reconciler.yaml", "  local:\n", "  other:\n    portal: emulator\n    portal_id: 5\n  local:\n"
    )
    refused = project.run("apply", "plan.json", "-e", "other")
    assert refused.code == 5
    assert "1000000" in refused.err


def test_a_seed_that_is_none(project: Project) -> None:
    project.write("portal.json", "{")
    assert_told(project.run("plan"), "portal.json")


def test_state_show_of_something_unknown(project: Project) -> None:
    assert_told(project.run("state", "show", "companies/nobody"), "companies/nobody")
    assert_told(project.run("state", "show", "nonsense"), "companies/acme")


FOREIGN = """\
version: 1
environments:
  eu: {portal_id: 7, token: "${HUBSPOT_EU_TOKEN}", base_url: "URL"}
  us: {portal_id: 8, token: "${HUBSPOT_US_TOKEN}", base_url: "URL"}
"""


@pytest.mark.parametrize("token", ["", " ", "two words", "a\nb", "ünïcode", "pat-na1-00000000-dead"])
def test_a_bad_token_is_called_by_its_variable(tmp_path: Path, token: str) -> None:
    with contextlib.closing(Recorder(None)) as portal, running(portal) as url:
        made = Project(tmp_path, {"HUBSPOT_EU_TOKEN": token, "HUBSPOT_US_TOKEN": "x"})
        made.write("reconciler.yaml", FOREIGN.replace("URL", url))
        made.write("a.yaml", "object: companies\nkey: domain\nrecords: {acme.example: {name: Acme}}\n")
        done = made.run("plan", "-e", "eu")

    assert_told(done, "HUBSPOT_EU_TOKEN")
    assert not token.strip() or token not in done.err


@pytest.mark.parametrize("arguments", [["plan"], ["apply"], ["state", "list"], ["drift"]])
def test_a_wrong_variable_is_not_blamed_on_a_flag(tmp_path: Path, arguments: list[str]) -> None:
    made = example(tmp_path)
    by_variable = replace(made, environ={"RECONCILER_ENV": "nowhere"})

    assert_told(by_variable.run(*arguments), 'unknown environment "nowhere" (RECONCILER_ENV)')
    by_flag = by_variable.run(*arguments, "-e", "elsewhere")
    assert by_flag.err.startswith('unknown environment "elsewhere" (-e)')
    assert by_variable.run("state", "list", "-e", "local").code == 0
