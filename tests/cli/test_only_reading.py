"""Commands that only read never write: checked with the recorded requests of the portal."""

import re

import httpx

from reconciler.cli.exits import ExitCode
from reconciler.emulator.inprocess import EmulatorTransport
from tests.support.projects import PORTAL, Project, Recorder


def written(portal: Recorder) -> list[tuple[str, str]]:
    """Return the requests that may change something."""
    return [
        (request.method, request.path)
        for request in portal.requests
        if request.method != "GET" and not request.path.endswith("/batch/read")
    ]


def test_plan_show_and_validate_never_write(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    for arguments in (
        ("plan", "--out", "saved.json"),
        ("plan", "--detailed-exitcode", "--json"),
        ("show", "saved.json"),
        ("validate",),
        ("validate", "--online"),
        ("state", "list"),
        ("runs", "list"),
    ):
        done = project.run(*arguments)
        assert done.code in {ExitCode.OK, ExitCode.CHANGES}, done.out + done.err
        assert written(portal) == []
    assert len(portal.requests) > 10
    assert not (project.folder / ".reconciler" / "state.db").exists()


def test_drift_and_explain_never_write(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    portal.requests.clear()
    for arguments in (
        ("drift",),
        ("drift", "--json"),
        ("explain", "companies/K-10012"),
        ("explain", "companies/K-10012#phone", "--json"),
    ):
        assert project.run(*arguments).code == ExitCode.OK
    assert len(portal.requests) > 10
    assert written(portal) == []


def test_accepting_drift_writes_to_manifests_alone(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    state = (project.folder / ".reconciler" / "state.db").read_bytes()
    with httpx.Client(transport=EmulatorTransport(portal, PORTAL), base_url="https://api.hubapi.com") as http:
        body = {"inputs": [{"id": "K-10012"}], "idProperty": "external_id", "properties": []}
        found = http.post("/crm/v3/objects/companies/batch/read", json=body).json()["results"][0]
        http.patch(f"/crm/v3/objects/companies/{found['id']}", json={"properties": {"city": "Bonn"}})
    portal.requests.clear()

    assert project.run("drift", "--accept", "companies/*").code == ExitCode.OK
    assert written(portal) == []
    assert (project.folder / ".reconciler" / "state.db").read_bytes() == state
    assert "city: Bonn" in (project.folder / "companies.yaml").read_text()


def test_apply_writes_only_what_the_plan_lists(
    wire: tuple[Project, Recorder],
) -> None:
    project, portal = wire
    plan = project.run("plan", "--json", "--values", "show").document
    listed = {name for change in plan["changes"] for name in change.get("properties", ())}
    keys = {"external_id", "hs_sku"}
    assert project.run("apply", "--auto-approve").code == ExitCode.OK

    paths = {path for _, path in written(portal) if path.startswith("/crm/v3/objects/")}
    assert {path.rpartition("/")[2] for path in paths} <= {"upsert", "update"}
    rows = [row for path in paths for _, body in portal.asked(path) for row in body["inputs"]]
    writing = [change for change in plan["changes"] if change["action"] in {"create", "update"}]
    assert len(rows) == len(writing)
    assert {name for row in rows for name in row["properties"]} <= listed | keys
    definitions = [path for _, path in written(portal) if re.match(r"/crm/v3/(properties|pipelines)/", path)]
    made = [change["address"] for change in plan["changes"] if change["action"].endswith("_definition")]
    # The call that creates a pipeline creates its stages, too.
    carried = [each for each in made if "pipelines/Renewals/stages/" in each]
    assert len(definitions) == len(made) - len(carried) > 0
    pairs = [pair for _, body in portal.asked("/0-3/companies/batch/create") for pair in body["inputs"]]
    planned = [change for change in plan["changes"] if change["action"] == "associate"]
    assert [pair["to"]["id"] for pair in pairs] == [each["association"]["record_id"] for each in planned]
    for pair, change in zip(pairs, planned, strict=True):
        assert change["record_id"] in {pair["from"]["id"], None}  # None if the plan creates the record
