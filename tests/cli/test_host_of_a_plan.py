"""A plan for a portal that is not at HubSpot shows the host in every form."""

from dataclasses import replace
from pathlib import Path

from reconciler.plan.file.format import digest_of
from reconciler.project.settings import load_settings
from reconciler.report.markdown.escape import inline_code
from tests.support.plan_files import plan_from_text, plan_to_text
from tests.support.plans import plan_of
from tests.support.projects import Project, Recorder, example


def test_the_host_stands_in_plan_comment_page_and_json(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire
    planned = project.run("plan", "--out", "plan.json", "--markdown", "plan.md", "--html", "plan.html")

    assert planned.code == 0
    assert ", portal 1000000 at 127.0.0.1: " in planned.out
    assert f", portal 1000000 at {inline_code('127.0.0.1')}: " in (project.folder / "plan.md").read_text()
    assert "portal 1000000 at 127.0.0.1" in (project.folder / "plan.html").read_text()
    assert project.run("show", "plan.json", "--json").document["portal"]["host"] == "127.0.0.1"
    assert ", portal 1000000 at 127.0.0.1: " in project.run("show", "plan.json").out
    assert project.run("apply", "plan.json").code == 0
    undone = project.run("rollback", "last", "--out", "undo.json")
    assert ", portal 1000000 at 127.0.0.1: " in undone.out


def test_hubspots_hosts_and_the_embedded_portal_are_not_mentioned(tmp_path: Path) -> None:
    project = example(tmp_path)

    planned = project.run("plan", "--json")

    assert "host" not in planned.document["portal"]
    for url in ("https://api.hubapi.com", "https://api-eu1.hubapi.com", "https://api.hubspot.com"):
        line = f"{{portal_id: 1, token: '${{HUBSPOT_TOKEN}}', base_url: '{url}'}}"
        (tmp_path / "reconciler.yaml").write_text(f"version: 1\nenvironments: {{it: {line}}}\n")
        assert load_settings(tmp_path, {"HUBSPOT_TOKEN": "x"}, None).environment.host is None


def test_another_host_is_another_plan() -> None:
    here, there = plan_of(), replace(plan_of(), host="proxy.acme.example")

    assert digest_of(here) != digest_of(there)
    assert plan_from_text(plan_to_text(there)) == there
