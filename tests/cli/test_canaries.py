"""Secret values are put everywhere, and must not be found in any output."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Answer, Request
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.emulator.serve import running
from tests.support.projects import PORTAL, Done, Project, Recorder

SETTINGS = """\
version: 1
values:
  mask: {companies: [annualrevenue, website], "*": ["*_secret"]}
  show: {contacts: [lastname]}
environments:
  real:
    portal_id: 1000000
    token: ${HUBSPOT_ACCESS_TOKEN}
    base_url: URL
"""
CONTACTS = """\
object: contacts
key: email
records:
  canary.one@acme.example: {firstname: Canaria, phone: "+493012345678", lastname: Lovelace}
  canary.two@acme.example: {firstname: Canaria, jobtitle: CTO}
"""
COMPANIES = """\
object: companies
key: external_id
records:
  acme:
    name: Acme
    annualrevenue: 77123456
    website: canary.acme.example
    pricing_secret: canarymilk
    $associations: {contacts: [canary.one@acme.example]}
"""
CANARIES = ("canary", "canaria", "301234567", "77123456")
TEXT = {"type": "string", "fieldType": "text", "groupName": "companyinformation"}
SEED = {
    "version": 1,
    "properties": {
        "companies": [
            {**TEXT, "name": "external_id", "label": "External id", "hasUniqueValue": True},
            {**TEXT, "name": "pricing_secret", "label": "Pricing"},
        ]
    },
}


class Repeating(Recorder):
    """A portal whose refusals repeat the request."""

    refused: str = ""  # end of the path that is refused; empty: nothing is refused

    def answer(self, request: Request) -> Answer:
        if self.refused and request.path.endswith(self.refused):
            sent = json.loads(request.body)["inputs"][0]
            values = {**sent.get("properties", {}), "key": sent.get("id")}
            said = ", ".join(f'{name} was "{value}"' for name, value in values.items())
            body = {
                "status": "error",
                "message": f"Property values were not valid: {said} ({said.upper()})",
                "correlationId": "c0ffee00-0000-4000-8000-000000000000",
                "category": "VALIDATION_ERROR",
            }
            return Answer(400, {"Content-Type": "application/json"}, json.dumps(body).encode())
        return super().answer(request)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Repeating]]:
    with closing(Repeating(None)) as portal, running(portal) as url:
        portal.ensure_portal(PORTAL, SEED)
        environ = {
            "HUBSPOT_ACCESS_TOKEN": portal.token(PORTAL),
            "RECONCILER_LOG": "debug",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        }
        project = Project(tmp_path / "project", environ)
        project.write("reconciler.yaml", SETTINGS.replace("URL", url))
        project.write("contacts.yaml", CONTACTS)
        project.write("companies.yaml", COMPANIES)
        yield project, portal


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def seen_in(*texts: str) -> list[str]:
    return [bird for bird in CANARIES if any(bird in text.casefold() for text in texts)]


def everything_said(project: Project, *done: Done) -> list[str]:
    """Return everything that was printed, or written to job summaries, job outputs and saved views."""
    folder = project.folder.parent
    reported = [path.read_text() for path in (folder / "summary.md", folder / "output") if path.exists()]
    reported += [path.read_text() for path in project.folder.glob("*.view")]
    return [*reported, *(text for one in done for text in (one.out, one.err))]


VIEWS = ("--markdown", "md.view", "--html", "html.view", "--json-into", "json.view", "--csv", "csv.view")
FORMS = ("terminal", "markdown", "html", "json", "csv")


def test_plans_and_runs_let_no_canary_out(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    done = [
        project.run("plan", "--out", "plan.json", "--full", *VIEWS),
        project.run("plan", "--json"),
        *(project.run("show", "plan.json", "--format", form) for form in FORMS),
        project.run("apply", "plan.json"),
        project.run("plan"),
    ]
    (run,) = json.loads(project.run("runs", "list", "--json").out)
    done += [project.run("runs", "show", run["id"], *more) for more in (["--full"], ["--json"])]
    (report,) = (project.folder / ".reconciler/reports").iterdir()
    done += [project.run("show", f".reconciler/reports/{report.name}", "--format", form) for form in FORMS]
    for address in ("companies/acme", "contacts/canary.one@acme.example"):
        done += [project.run("explain", address, "--full"), project.run("explain", address, "--json")]

    said = everything_said(project, *done)
    assert [one.code for one in done] == [0] * len(done)
    assert seen_in(*said) == []
    assert any("Lovelace" in text for text in said)  # the project's settings show this value
    assert seen_in((project.folder / "plan.json").read_text()) == list(CANARIES)


def test_equal_values_get_equal_marks_and_different_ones_do_not(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    document = project.run("plan", "--json").document

    values: dict[str, Any] = {
        f"{change['object']}.{index}.{name}": value["after"]
        for index, change in enumerate(document["changes"])
        for name, value in change["properties"].items()
    }
    first = [mark for name, mark in values.items() if name.endswith(".firstname")]
    assert first[0] == first[1] != values["companies.0.annualrevenue"]
    assert values["companies.0.name"] == "Acme"


@pytest.mark.parametrize("refused", ["/contacts/batch/upsert", "/companies/batch/upsert"])
def test_values_in_hubspots_messages_about_a_record_are_masked(
    wire: tuple[Project, Repeating], refused: str
) -> None:
    project, portal = wire
    portal.refused = refused

    applied = project.run("apply", "--auto-approve", "--full")
    (run,) = json.loads(project.run("runs", "list", "--json").out)
    done = [applied, *(project.run("runs", "show", run["id"], *more) for more in (["--full"], ["--json"]))]

    assert applied.code == 3
    assert "Property values were not valid" in applied.out
    assert seen_in(*everything_said(project, *done)) == []


def test_values_in_hubspots_messages_about_a_read_are_masked(wire: tuple[Project, Repeating]) -> None:
    project, portal = wire
    portal.refused = "/contacts/batch/read"

    done = project.run("plan")

    assert done.code == 1
    assert "Property values were not valid" in done.err
    assert seen_in(*everything_said(project, done)) == []


def change_as_somebody(portal: Repeating) -> None:
    """Write other secret values into the portal, as another person."""
    for path, by, key, name in (
        ("contacts", "email", "canary.one@acme.example", "firstname"),
        ("companies", "external_id", "acme", "pricing_secret"),
    ):
        row = {"id": key, "idProperty": by, "properties": {name: f"canaria of {path}"}}
        body = json.dumps({"inputs": [row]}).encode()
        headers = {"authorization": f"Bearer {portal.token(PORTAL)}", "content-type": "application/json"}
        request = Request("POST", f"/crm/v3/objects/{path}/batch/upsert", {}, headers, body)
        assert portal.answer(request).status == 200


def test_drift_of_canaries_is_told_without_them(wire: tuple[Project, Repeating]) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    change_as_somebody(portal)

    done = [project.run("plan", *VIEWS), project.run("drift"), project.run("drift", "--json")]

    assert [one.code for one in done] == [0, 2, 2]
    assert "2 to update" in done[0].out
    assert seen_in(*everything_said(project, *done)) == []


def test_readers_of_the_repository_see_what_manifests_say_and_nothing_that_only_hubspot_holds(
    wire: tuple[Project, Repeating],
) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    change_as_somebody(portal)
    git(project.folder, "init", "--quiet")
    git(project.folder, "add", "*.yaml")
    git(project.folder, "commit", "--quiet", "--message", "Begin")

    def said(*arguments: str) -> Done:
        return project.run(*arguments, "--values", "manifest")

    planned = said("plan", "--out", "plan.json", "--full", *VIEWS)
    done = [planned, *(said("show", "plan.json", "--format", form) for form in FORMS)]
    done += [said("drift", "--full", *VIEWS), *(said("drift", "--format", form) for form in FORMS)]
    for address in ("companies/acme", "contacts/canary.one@acme.example"):
        done += [said("explain", address, "--full"), said("explain", address, "--json")]
    done += [said("apply", "plan.json", "--full"), said("runs", "show", "last", "--full")]
    done += [said("runs", "show", "last", "--json"), project.run("runs", "list")]
    report = max((project.folder / ".reconciler/reports").iterdir())
    done += [said("show", f".reconciler/reports/{report.name}", "--format", form) for form in FORMS]

    assert {one.code for one in done} == {0, 2}
    texts = everything_said(project, *done)
    assert [text for text in texts if "canaria of" in text.casefold()] == []
    assert "canarymilk" in planned.out
    assert "contacts/canary.one@acme.example" in planned.out
    assert "canaria of contacts" in (project.folder / "plan.json").read_text()


def test_explaining_and_accepting_lets_no_canary_out(wire: tuple[Project, Repeating]) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    change_as_somebody(portal)

    addresses = ("companies/acme", "contacts/canary.one@acme.example", "companies/acme#pricing_secret")
    done = [project.run("explain", address, *more) for address in addresses for more in ([], ["--json"])]
    done += [project.run("drift", "--accept", "*", *more) for more in ([], ["--json"])]

    assert [one.code for one in done] == [0] * len(done)
    assert seen_in(*everything_said(project, *done)) == []
    assert "canaria of contacts" in (project.folder / "contacts.yaml").read_text()

    unknown = project.run("explain", "contacts/kanary.one@acme.example")
    assert unknown.code == 1
    assert seen_in(unknown.err) == []


WRONG = [  # wrong manifests with secret values: file, text, and what the message must say
    ("companies.yaml", COMPANIES.replace("77123456", "canary 77"), "annualrevenue takes a number"),
    ("companies.yaml", COMPANIES.replace("[canary", "[canary.one@acme.example, canary"), "is listed twice"),
    (
        "companies.yaml",
        COMPANIES.replace("canary.one@", "canaria@"),
        "the portal has no record of contacts whose email is",
    ),
    ("contacts.yaml", CONTACTS + "  canary.three: {firstname: A}\n", "email takes an e-mail address"),
    ("contacts.yaml", CONTACTS + "  canary.four@acme.example:\n", "is empty"),
    ("contacts.yaml", CONTACTS + "  canary.five@acme.example: canary\n", "must be a mapping of properties"),
    ("contacts.yaml", CONTACTS + "  Canary.One@acme.example: {firstname: A}\n", "are the same"),
    (
        "contacts.yaml",
        CONTACTS.replace("phone:", "email: canary.x@acme.example, phone:"),
        "but the record is called",
    ),
]


@pytest.mark.parametrize(("file", "text", "reported"), WRONG, ids=[reported for _, _, reported in WRONG])
def test_problems_are_told_without_values(
    wire: tuple[Project, Repeating], file: str, text: str, reported: str
) -> None:
    project, _ = wire
    project.write(file, text)

    done = [project.run("plan", "--out", "plan.json", *VIEWS), project.run("validate", "--online")]

    assert done[0].code == 1
    words = " ".join(done[0].err.split() + done[0].out.split())
    assert reported in words
    assert "\u2039" in words
    assert seen_in(*everything_said(project, *done)) == []
    if (project.folder / "plan.json").exists():  # without a plan, only e-mail addresses count as personal
        shown = project.run("plan", "--values", "show")
        assert "\u2039" not in shown.out
        assert seen_in(shown.out) != []


def test_wrong_manifests_are_told_without_e_mail_addresses(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.write("more.yaml", CONTACTS.replace("firstname: Canaria", "firstname:"))

    done = [project.run("plan"), project.run("plan", "--json"), project.run("validate")]

    assert done[0].code == 1
    assert "more.yaml:4:" in done[0].err
    assert seen_in(*everything_said(project, *done)) == []


def test_a_rule_holds_for_past_runs_too(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    (run,) = json.loads(project.run("runs", "list", "--json").out)
    assert '"Acme"' in project.run("runs", "show", run["id"], "--json").out

    project.replace("reconciler.yaml", "[annualrevenue, website]", "[annualrevenue, website, name]")

    assert '"Acme"' not in project.run("runs", "show", run["id"], "--json").out


def test_state_is_shown_without_canaries(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    done = [
        project.run("state", "list"),
        project.run("state", "list", "--json"),
        *(
            project.run("state", "show", address, *more)
            for address in ("companies/acme", "contacts/canary.one@acme.example")
            for more in ([], ["--json"])
        ),
    ]
    (by_id,) = [each for each in done[1].document if each["address"] == "companies/acme"]

    assert [one.code for one in done] == [0] * len(done)
    assert seen_in(*(text for one in done for text in (one.out, one.err))) == []
    assert "Lovelace" in done[-1].out  # the project's settings show this value
    assert {'  name: "Acme"', f"companies/acme  {by_id['record_id']}  created"} <= set(
        "\n".join(one.out for one in done).splitlines()
    )
    assert "canary.one@acme.example" in project.run("state", "export").out


def test_owned_values_are_shown_where_somebody_asks_for_them(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    listed = project.run("state", "list", "--json", "--values", "show").document
    shown = project.run("state", "show", "contacts/canary.one@acme.example", "--values", "show")

    assert "contacts/canary.two@acme.example" in [each["address"] for each in listed]
    assert '  phone: "+493012345678"' in shown.out.splitlines()


def test_a_new_rule_holds_for_what_is_owned_already(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    commands = (["list"], ["show", "companies/acme"])
    before = [project.run("state", *command).out for command in commands]
    assert "companies/acme  " in before[0]
    assert "Acme" in before[1]

    project.replace("reconciler.yaml", "[annualrevenue, website]", "[external_id, name]")
    done = [project.run("state", *command) for command in commands]
    said = [each.out for each in done]

    assert [each.code for each in done] == [0, 0]
    assert "companies/" in said[0]
    assert not [text for text in said if "acme  " in text or "Acme" in text]


def test_values_that_no_run_describes_count_as_personal(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    project.write("state.export", project.run("state", "export").out)
    (elsewhere := project.folder / ".reconciler").rename(project.folder / "away")
    assert project.run("state", "import", "state.export").code == 0
    assert elsewhere.exists()

    done = [project.run("state", *command) for command in (["list"], ["show", "companies/acme"])]
    said = [each.out for each in done]

    assert [each.code for each in done] == [0, 0]
    assert "companies/" in said[0]
    assert seen_in(*said) == []
    assert not [text for text in said if "acme  " in text or "Acme" in text]


def test_removing_tells_no_more_than_was_said(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire
    project.run("apply", "--auto-approve")
    listed = project.run("state", "list", "--json").document
    (first, *_) = [each["record_id"] for each in listed if each["address"].startswith("contacts/")]

    done = project.run("state", "rm", f"contacts/={first}")

    assert (done.code, done.out) == (0, f"contacts/={first} is no longer owned\n")
    assert seen_in(done.out, done.err) == []


def test_values_are_shown_where_somebody_asks_for_them(wire: tuple[Project, Repeating]) -> None:
    project, _ = wire

    shown = project.run("plan", "--values", "show")

    assert seen_in(shown.out) == list(CANARIES)


@pytest.mark.parametrize(
    ("rules", "reported"),
    [
        ("{hide: {contacts: [phone]}}", 'unknown name "hide" in "values"'),
        ("{mask: [phone]}", '"values.mask" must be a mapping'),
        ("{mask: {contacts: phone}}", '"values.mask.contacts" must be a list'),
    ],
)
def test_rules_that_are_none_are_told(wire: tuple[Project, Repeating], rules: str, reported: str) -> None:
    project, _ = wire
    text = (project.folder / "reconciler.yaml").read_text()
    start, end = text.index("values:"), text.index("environments:")
    project.write("reconciler.yaml", f"{text[:start]}values: {rules}\n{text[end:]}")

    refused = replace(project, environ=project.environ).run("plan")

    assert refused.code == 1
    assert reported in refused.err
    assert "write `mask:` or `show:`" in refused.err


def test_records_that_no_manifest_names_are_listed_without_canaries(wire: tuple[Project, Repeating]) -> None:
    project, portal = wire
    settings = (project.folder / "reconciler.yaml").read_text()
    project.write("reconciler.yaml", settings.replace("companies: [", "companies: [name, "))
    with httpx.Client(transport=EmulatorTransport(portal, PORTAL), base_url="https://x") as http:
        body = {"properties": {"name": "Canary Holding", "external_id": "k9"}}
        http.post("/crm/v3/objects/companies", json=body).raise_for_status()
    check = ("import", "companies", "--check")
    done = [project.run(*check), project.run(*check, "--json"), project.run(*check, "--csv", "csv.view")]
    assert [one.code for one in done] == [ExitCode.CHANGES] * 3
    assert seen_in(*everything_said(project, *done)) == []
    assert "Canary Holding" in project.run(*check, "--values", "show").out
