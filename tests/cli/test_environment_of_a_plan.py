"""A saved plan names its environment; the command line cannot choose another one."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = """\
version: 1
default: local
environments:
  local: {portal: emulator}
  other: {portal: emulator, portal_id: 1000001}
"""
PRODUCTS = "object: products\nkey: hs_sku\nrecords: {P-1: {name: Sensor}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("products.yaml", PRODUCTS)
    assert project.run("plan", "-e", "other", "--out", "plan.json").code == 0
    return project


def runs(project: Project, environment: str) -> list[object]:
    listed: list[object] = project.run("runs", "list", "--json", "-e", environment).document
    return listed


@pytest.mark.parametrize("said", [(), ("-e", "other")])
def test_a_plan_is_applied_where_it_was_made_for(project: Project, said: tuple[str, ...]) -> None:
    assert project.run("apply", "plan.json", *said).code == 0

    assert (len(runs(project, "other")), len(runs(project, "local"))) == (1, 0)


def test_another_environment_is_an_error(project: Project) -> None:
    by_flag = project.run("apply", "plan.json", "-e", "local")
    by_variable = replace(project, environ={"RECONCILER_ENV": "local"}).run("apply", "plan.json")

    for refused in (by_flag, by_variable):
        assert refused.code == 5
        assert (
            "the plan was made for environment other (portal 1000001), but this environment is local"
            in refused.err
        )
    assert runs(project, "local") == []


def test_an_environment_of_that_name_with_another_portal_is_an_error(project: Project) -> None:
    project.replace("reconciler.yaml", "1000001", "1000002")

    refused = project.run("apply", "plan.json")

    assert refused.code == 5
    assert "but this environment is other (portal 1000002)" in refused.err


def test_an_environment_that_is_no_more_is_told(project: Project) -> None:
    project.replace("reconciler.yaml", "  other:", "  third:")

    refused = project.run("apply", "plan.json")

    assert refused.code == 1
    assert 'unknown environment "other" (the plan)' in refused.err


def test_a_plan_is_shown_without_what_opens_its_portal(project: Project) -> None:
    project.replace("reconciler.yaml", "other: {portal: emulator,", 'other: {token: "${UNSET}",')

    assert project.run("show", "plan.json").code == 0
    assert "UNSET" in project.run("apply", "plan.json").err
