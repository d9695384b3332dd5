"""Printed text cannot control terminals or the runners of CI jobs."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.safe_output import harmless, without_commands
from reconciler.emulator.calls import Answer, Request
from reconciler.emulator.serve import running
from reconciler.errors import HubSpotError, NotAllowed, Problem
from reconciler.report.github_annotations import problems_as_annotations
from tests.hubspot.doubles import reader_of, reply
from tests.support.projects import PORTAL, Project, Recorder

COMMANDS = [
    "::stop-commands::x",
    "  ::stop-commands::x",
    "\t::add-mask::5",
    "\u00a0::set-output name=a::b",
    "##[add-mask]5",
    "price ##[add-mask]5",
    "###[error]5",
    "##vso[task.setvariable variable=a]b",
    "told ##vso[task.complete]",
    "##teamcity[buildStop]",
    "\x1b]0;title\x07",
    "\x1b[2J",
    "a\rb",
    "a\u2028::stop-commands::x",
    "\x9b2J",
    "\x1b]8;;https://evil.example\x1b\\",
]


def obeyed(text: str) -> list[str]:
    """Return the lines that a runner or a terminal would take for commands."""
    return [
        line
        for line in re.split(r"\r\n|\n|\r", text)
        if line.lstrip().startswith("::")
        or re.search(r"##(\[|vso\[|teamcity\[)", line)
        or re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", line)
    ]


@pytest.mark.parametrize(
    "line", ["::x::y", " ::x", "a ##[b]", "##vso[x]", "\x1b[2J", "\x9b", "a\x07"], ids=ascii
)
def test_commands_of_runners_are_known(line: str) -> None:
    assert obeyed(f"first\n{line}\nlast") == [line]


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_a_line_for_people_commands_nothing(command: str) -> None:
    reported = harmless(f"first\n{command}\nlast")

    assert obeyed(reported) == []
    assert len(reported.splitlines()) == 3


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_a_document_commands_nothing_and_says_the_same(command: str) -> None:
    text = json.dumps({"value": command, "other": [command]}, indent=2)

    assert obeyed(without_commands(text)) == []
    assert json.loads(without_commands(text)) == json.loads(text)


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_an_annotation_is_the_only_command_in_its_line(command: str) -> None:
    text = problems_as_annotations([Problem(command, command)])

    (line,) = text.splitlines()
    assert line.startswith("::error::")
    assert obeyed(f"-{line}") == []


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_an_error_of_hubspots_stays_in_its_lines(command: str) -> None:
    error = HubSpotError("no", method="GET", path="/x", category=command, correlation_id=command)

    assert len(harmless(str(error)).splitlines()) == 2
    assert obeyed(harmless(str(error))) == []


class Forbidding(Recorder):
    """A portal that answers calls to one path with a 403 and a chosen message."""

    path, error = "", ""

    def answer(self, request: Request) -> Answer:
        if self.path and request.path.endswith(self.path):
            return Answer(403, {"Content-Type": "application/json"}, self.error.encode())
        return super().answer(request)


@pytest.fixture
def forbidding(tmp_path: Path) -> Iterator[tuple[Project, Forbidding]]:
    with closing(Forbidding(None)) as portal, running(portal) as url:
        portal.ensure_portal(PORTAL, None)
        project = Project(tmp_path / "project", {"HUBSPOT_ACCESS_TOKEN": portal.token(PORTAL)})
        real = f"{{portal_id: {PORTAL}, token: '${{HUBSPOT_ACCESS_TOKEN}}', base_url: '{url}'}}"
        project.write("reconciler.yaml", f"version: 1\nmanifests: [.]\nenvironments:\n  real: {real}\n")
        project.write("products.yaml", "object: products\nkey: hs_sku\nrecords:\n  A: {name: Part}\n")
        yield project, portal


@pytest.mark.parametrize("path", ["/account-info/v3/details", "/properties/products", "/products/batch/read"])
@pytest.mark.parametrize(
    "command", ["\n::stop-commands::x", "\x1b]0;x\x07##[add-mask]5", "\r\u2028##vso[task.complete]"]
)
@pytest.mark.parametrize(
    "member", ["message", "category", "correlationId", "requiredScopes", "requiredGranularScopes"]
)
def test_a_refused_call_prints_no_command(
    forbidding: tuple[Project, Forbidding], path: str, command: str, member: str
) -> None:
    project, portal = forbidding
    said = f"crm{command}.read"
    error: dict[str, Any] = {"message": "no", "category": "MISSING_SCOPES", "correlationId": "c0ffee"}
    error |= (
        {"errors": [{"message": "no", "context": {member: [said]}}]} if "Scopes" in member else {member: said}
    )
    portal.path, portal.error = path, json.dumps(error)

    done = project.run("plan")
    as_json = project.run("plan", "--json")

    assert (done.code, as_json.code) == (1, 1)
    assert "crm" in done.err
    assert ".read" in done.err
    assert len(done.err.splitlines()) == len(without_hostility(project, portal, said).splitlines())
    for text in (done.out, done.err, as_json.out, as_json.err):
        assert obeyed(text) == []


def without_hostility(project: Project, portal: Forbidding, said: str) -> str:
    """Return what is printed if ``said`` is replaced by a harmless word."""
    portal.error = portal.error.replace(json.dumps(said), '"crm.read"')
    return project.run("plan").err


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_a_scope_stays_in_its_line(command: str) -> None:
    error = {"errors": [{"context": {"requiredScopes": [f"a{command}", "b"]}}]}

    with pytest.raises(NotAllowed) as caught:
        reader_of(lambda _: reply(403, error)).account()

    assert len(str(caught.value).splitlines()) == 2
    assert "the token lacks a scope: a" in str(caught.value)
    assert str(caught.value).splitlines()[0].endswith(" or b")


def test_a_long_line_is_shortened_and_says_by_how_much() -> None:
    reported = harmless("a" * 5_000 + "\nb")

    assert reported == "a" * 4_000 + "\u2026 (1,000 more characters)\nb"


def test_our_colours_stay() -> None:
    assert without_commands("\x1b[1mcompanies\x1b[0m") == "\x1b[1mcompanies\x1b[0m"
    assert "::" not in without_commands("\x1b[2m  ::stop-commands::x").partition("stop")[0]


@pytest.mark.parametrize("command", ["##[add-mask]5", "::stop-commands::x", "##vso[task.complete]"])
@pytest.mark.parametrize("form", ["terminal", "json", "markdown", "html"])
def test_a_value_commands_nothing_in_any_form(tmp_path: Path, command: str, form: str) -> None:
    project = Project(tmp_path)
    project.write(
        "reconciler.yaml", "version: 1\nmanifests: [.]\nenvironments:\n  local: {portal: emulator}\n"
    )
    values = f'{{name: "{command}", description: "a\\n{command}"}}'
    project.write("products.yaml", f'object: products\nkey: hs_sku\nrecords:\n  "A{command}": {values}\n')

    done = project.run("plan", "--format", form, "--full")

    assert done.code == 0
    assert "products" in done.out
    assert obeyed(done.out + done.err) == []


def test_the_environment_of_a_plan_file_commands_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "reconciler.yaml", "version: 1\nmanifests: [.]\nenvironments:\n  local: {portal: emulator}\n"
    )
    project.write("products.yaml", "object: products\nkey: hs_sku\nrecords:\n  A: {name: Part}\n")
    project.run("plan", "--out", "plan.json")
    project.replace(
        "plan.json", '"environment":"local"', '"environment":"a\\u001b]0;x\\u0007\\n::stop-commands::x"'
    )

    done = project.run("apply", "plan.json")

    assert done.code != 0
    assert done.err
    assert obeyed(done.err) == []
