"""Environments of ``reconciler.yaml``: globs without a match, and two environments for one portal."""

import json
from pathlib import Path

import pytest

from tests.support.projects import Project

COMPANIES = "object: companies\nkey: domain\nprune: true\nrecords:\n  acme.example: {name: Acme}\n"
CONTACTS = "object: contacts\nkey: email\nprune: true\nrecords:\n  ada@acme.example: {firstname: Ada}\n"
TWO = """\
version: 1
default: a
environments:
  a: {portal: emulator, manifests: [FIRST]}
  b: {portal: emulator, manifests: [SECOND]}
"""


def project(folder: Path, settings: str, **files: str) -> Project:
    made = Project(folder)
    made.write("reconciler.yaml", settings)
    for name, text in files.items():
        made.write(f"{name}.yaml", text)
    return made


def two(folder: Path, first: str, second: str) -> Project:
    made = project(folder, TWO.replace("FIRST", first).replace("SECOND", second))
    made.write("x/companies.yaml", CONTACTS)
    made.write("y/contacts.yaml", CONTACTS)
    return made


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--auto-approve")])
def test_a_mistyped_environment_of_a_document_is_an_error_and_nothing_is_released(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    made = project(tmp_path, "version: 1\nenvironments: {local: {portal: emulator}}\n", contacts=CONTACTS)
    assert made.run("apply", "--auto-approve").code == 0
    made.write("contacts.yaml", CONTACTS + "environments: [lcoal]\n")

    done = made.run(*command)

    assert done.code == 1
    assert 'contacts.yaml:6:16: "lcoal" matches no environment of reconciler.yaml' in done.err
    assert 'did you mean "local"?' in done.err
    made.write("contacts.yaml", CONTACTS)
    assert "No changes." in made.run("plan").out


def test_a_glob_that_matches_nothing_beside_others_is_a_warning_of_validate_and_plan(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        "version: 1\nenvironments: {local: {portal: emulator}}\n",
        contacts=CONTACTS + 'environments: [local, "prod*"]\n',
    )
    for command in ("validate", "plan"):
        done = made.run(command)
        assert done.code == 0
        assert 'contacts.yaml:6:23: warning: "prod*" matches no environment' in done.out
        (problem,) = json.loads(made.run(command, "--json").out)["problems"]
        assert problem["severity"] == "warning"
    assert made.run("apply", "--auto-approve").code == 0


@pytest.mark.parametrize("environment", ["a", "b"])
@pytest.mark.parametrize("command", ["validate", "plan", "explain", "apply"])
def test_two_environments_of_one_portal_with_other_documents_are_refused(
    tmp_path: Path, command: str, environment: str
) -> None:
    made = two(tmp_path, "x", "y")
    more = {"apply": ["--auto-approve"], "explain": ["contacts/ada@acme.example"]}.get(command, [])

    done = made.run(command, *more, "-e", environment)

    assert done.code == 1
    one, other = environment, "b" if environment == "a" else "a"
    assert f"x/companies.yaml:1:1: environments {one} and {other} have the same portal" in done.err
    assert "only a has the documents of this file" in done.err
    assert "--target" in done.err
    assert "portal_id" in done.err


@pytest.mark.parametrize("second", ["y", "x"])
def test_they_are_refused_whichever_environment_is_chosen(tmp_path: Path, second: str) -> None:
    made = two(tmp_path, "x", second)
    made.write("x/more.yaml", COMPANIES + "environments: [b]\n")
    made.write("z/contacts.yaml", CONTACTS)
    made.replace("reconciler.yaml", "default: a", "default: c")
    settings = (made.folder / "reconciler.yaml").read_text()
    made.write("reconciler.yaml", settings + "  c: {portal: emulator, portal_id: 9, manifests: [z]}\n")

    done = made.run("plan")

    assert done.code == 1
    assert "environments a and b have the same portal" in done.err
    assert ("only b has this document" in done.err) is (second == "x")


def test_two_environments_of_one_portal_with_the_same_documents_work(tmp_path: Path) -> None:
    made = two(tmp_path, "x", "x/")
    assert made.run("apply", "--auto-approve", "-e", "a").code == 0
    assert "No changes." in made.run("plan", "-e", "b").out


def test_two_emulators_with_portals_of_their_own_have_documents_of_their_own(tmp_path: Path) -> None:
    made = two(tmp_path, "x", "y")
    made.replace("reconciler.yaml", "b: {portal: emulator", "b: {portal: emulator, portal_id: 7")
    for environment in ("a", "b"):
        assert made.run("apply", "--auto-approve", "-e", environment).code == 0
        assert "No changes." in made.run("plan", "-e", environment).out


@pytest.mark.parametrize("environment", ["a", "b"])
def test_a_document_for_one_of_two_environments_of_one_portal_is_refused(
    tmp_path: Path, environment: str
) -> None:
    made = two(tmp_path, "x", "x")
    made.write("x/more.yaml", COMPANIES + "environments: [a]\n")

    done = made.run("plan", "-e", environment)

    assert done.code == 1
    assert "x/more.yaml:1:1: environments " in done.err
    assert "only a has this document" in done.err
