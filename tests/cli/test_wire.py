"""The exact calls that commands make to HubSpot."""

from typing import Any

from tests.support.projects import Project, Recorder


def inputs(portal: Recorder, path: str) -> list[dict[str, Any]]:
    return [row for _, body in portal.asked(path) for row in body["inputs"]]


def test_the_five_documented_calls(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err

    by_key = {row["id"]: row for row in inputs(portal, "/crm/v3/objects/0-3/batch/update")}
    assert by_key["P-2026-031"]["idProperty"] == "external_id"
    assert set(by_key["P-2026-031"]["properties"]) == {"dealstage"}
    assert "idProperty" not in by_key["52000000101"]

    companies = inputs(portal, "/crm/v3/objects/companies/batch/update")
    assert companies
    for row in companies:
        assert row.get("idProperty") == "external_id" or row["id"].isdigit()
    assert inputs(portal, "/crm/v3/objects/tickets/batch/update")

    for object_name in ("postal_mail", "goal_targets"):
        rows = inputs(portal, f"/crm/v3/objects/{object_name}/batch/upsert")
        assert rows
        assert {row["idProperty"] for row in rows} == {"external_id"}

    created = inputs(portal, "/crm/v3/objects/products/batch/upsert")
    updated = inputs(portal, "/crm/v3/objects/products/batch/update")
    assert {row["idProperty"] for row in created} == {"hs_sku"}
    assert updated
    assert all("idProperty" not in row and row["id"].isdigit() for row in updated)


def test_every_input_carries_a_trace_id_of_its_own(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    written = [body for kind in ("batch/update", "batch/upsert") for _, body in portal.asked(kind)]
    assert written
    for body in written:
        traces = [row["objectWriteTraceId"] for row in body["inputs"]]
        assert len(set(traces)) == len(traces)


def test_a_plan_reads_by_key_and_sends_nothing_else(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("plan").code == 0
    for request in portal.requests:
        assert request.method == "GET" or request.path.endswith("/batch/read"), request.path
        assert not request.path.endswith("/search")
    reads = portal.asked("/crm/v3/objects/companies/batch/read")
    assert {body.get("idProperty") for _, body in reads} >= {"external_id"}
    assert all(body.get("idProperty") in {"external_id", None} for _, body in reads)


def test_a_cleared_property_is_sent_as_empty_text(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    assert "" in {
        value
        for kind in ("batch/update", "batch/upsert")
        for _, body in portal.asked(kind)
        for row in body["inputs"]
        for value in row["properties"].values()
    }


def test_a_hundred_records_a_call(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    records = "\n".join(f"  BULK-{number:03}:\n    name: Part {number}" for number in range(250))
    project.write("bulk.yaml", f"object: products\nkey: hs_sku\nrecords:\n{records}\n")
    assert project.run("apply", "--auto-approve").code == 0
    sizes = [len(body["inputs"]) for _, body in portal.asked("/crm/v3/objects/products/batch/upsert")]
    assert sorted(sizes, reverse=True)[:2] == [100, 100]
    assert max(len(body["inputs"]) for _, body in portal.asked("batch/read")) <= 100
