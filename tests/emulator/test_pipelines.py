"""Pipelines and stages: github.com/scopiousdigital/kalup, HubSpot notes, unless a test says otherwise."""

from typing import Any

import pytest

from tests.emulator.portal import Portal

DEALS = "/crm/v3/pipelines/deals"
TICKETS = "/crm/v3/pipelines/tickets"


def stage(label: str, order: int, probability: str = "0.5", **more: Any) -> dict[str, Any]:
    return {"label": label, "displayOrder": order, "metadata": {"probability": probability}, **more}


RENEWALS = {
    "pipelineId": "renewals",
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [stage("Open", 0, stageId="r-open"), stage("Won", 1, "1", stageId="r-won")],
}


def test_a_new_portal_has_hubspots_pipelines(portal: Portal) -> None:
    """developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide, default stages."""
    (deals,) = portal.client.get(DEALS).json()["results"]
    assert deals["id"] == "default"
    assert deals["createdAt"] == "1970-01-01T00:00:00.000Z"
    probabilities = {item["id"]: item["metadata"]["probability"] for item in deals["stages"]}
    assert probabilities["appointmentscheduled"] == "0.2"
    assert (probabilities["closedwon"], probabilities["closedlost"]) == ("1.0", "0.0")
    (tickets,) = portal.client.get(TICKETS).json()["results"]
    assert (tickets["id"], [item["id"] for item in tickets["stages"]]) == ("0", ["1", "2", "3", "4"])


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_contacts_and_companies_show_their_lifecycle(portal: Portal, object_type: str) -> None:
    (shown,) = portal.client.get(f"/crm/v3/pipelines/{object_type}").json()["results"]
    assert "customer" in {item["id"] for item in shown["stages"]}
    assert portal.post(f"/crm/v3/pipelines/{object_type}", RENEWALS).status_code == 400


def test_ids_of_the_client_are_kept(portal: Portal) -> None:
    made = portal.post(DEALS, RENEWALS)
    assert made.status_code == 201
    assert made.json()["id"] == "renewals"
    assert [item["id"] for item in made.json()["stages"]] == ["r-open", "r-won"]
    assert portal.post(DEALS, {**RENEWALS, "label": "Other"}).status_code == 409
    assert portal.post(TICKETS, {**RENEWALS, "label": "Other"}).status_code == 409
    assert portal.post(DEALS, {**RENEWALS, "pipelineId": "x" * 37, "label": "Y"}).status_code == 400


def test_ids_are_made_up_when_none_are_given(portal: Portal) -> None:
    made = portal.post(DEALS, {"label": "L", "displayOrder": 1, "stages": [stage("S", 0)]}).json()
    assert made["id"].isdigit()
    assert made["stages"][0]["id"].isdigit()


@pytest.mark.parametrize(
    ("probability", "written", "is_closed"),
    [("0.50", "0.5", "false"), ("1", "1.0", "true"), ("0", "0.0", "true"), ("0.999", "0.999", "false")],
)
def test_probabilities_are_rewritten(portal: Portal, probability: str, written: str, is_closed: str) -> None:
    made = portal.post(DEALS, {**RENEWALS, "stages": [stage("S", 0, probability, stageId="s")]}).json()
    assert made["stages"][0]["metadata"] == {"isClosed": is_closed, "probability": written}


@pytest.mark.parametrize(
    ("changes", "sub_category"),
    [
        ({"stages": []}, None),
        ({"displayOrder": -1}, None),
        ({"label": " sales PIPELINE "}, None),
        ({"stages": [stage("A", 0), stage("a ", 1)]}, "PipelineError.STAGE_LABEL_EXISTS"),
        ({"stages": [stage("A", 0, "2")]}, "INVALID_PIPELINE_STAGE_METADATA"),
        ({"stages": [stage("A", 0, "high")]}, "INVALID_PIPELINE_STAGE_METADATA"),
        ({"stages": [stage("A", 0, stageId="closedwon")]}, "STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE"),
        ({"stages": [stage(str(n), n) for n in range(101)]}, None),
    ],
)
def test_invalid_pipelines_are_refused(
    portal: Portal, changes: dict[str, Any], sub_category: str | None
) -> None:
    refused = portal.post(DEALS, {**RENEWALS, **changes})
    assert refused.status_code == 400
    assert refused.json().get("subCategory") == sub_category


def test_a_stage_id_that_is_too_long_is_a_500(portal: Portal) -> None:
    assert portal.post(DEALS, {**RENEWALS, "stages": [stage("A", 0, stageId="x" * 101)]}).status_code == 500


def test_a_ticket_pipeline_needs_a_closed_stage(portal: Portal) -> None:
    opened = {"label": "Open", "displayOrder": 0, "metadata": {"colour": "red"}}
    refused = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [opened]})
    assert refused.json()["subCategory"] == "PipelineError.MISSING_CLOSED_STAGE"
    closed = {"label": "Done", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}}
    made = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [opened, closed]}).json()
    assert [item["metadata"] for item in made["stages"]] == [
        {"isClosed": "false", "ticketState": "OPEN"},
        {"isClosed": "true", "ticketState": "CLOSED"},
    ]


def test_putting_a_pipeline_deletes_the_stages_left_out(portal: Portal) -> None:
    made = portal.post(DEALS, RENEWALS).json()
    portal.clock.advance(60)
    put = {**RENEWALS, "label": "Again", "stages": [stage("Open", 0, stageId="r-open"), stage("New", 1)]}
    assert portal.client.put(f"{DEALS}/renewals", json=put).status_code == 200
    now = portal.client.get(f"{DEALS}/renewals").json()
    assert (now["label"], now["createdAt"]) == ("Again", made["createdAt"])
    assert now["stages"][0]["id"] == "r-open"
    assert now["stages"][1]["id"].isdigit()
    assert len(now["stages"]) == 2


def test_a_stage_with_records_cannot_go(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    record_id = portal.create("deals", dealname="D", pipeline="renewals", dealstage="r-open")
    put = {**RENEWALS, "stages": [stage("Won", 1, "1", stageId="r-won")]}
    for refused in (
        portal.client.put(f"{DEALS}/renewals", json=put),
        portal.client.delete(f"{DEALS}/renewals", params={"validateReferencesBeforeDelete": "false"}),
        portal.client.delete(f"{DEALS}/renewals/stages/r-open"),
    ):
        assert refused.status_code == 400
        assert refused.json()["subCategory"] == "STAGE_ID_IN_USE"
        assert refused.json()["context"] == {"objectIds": [record_id]}
    portal.client.delete(f"/crm/v3/objects/deals/{record_id}")
    assert portal.client.delete(f"{DEALS}/renewals").status_code == 204
    assert portal.client.get(f"{DEALS}/renewals").status_code == 404
    assert portal.post(DEALS, RENEWALS).status_code == 201
    assert portal.client.delete(f"{DEALS}/default").status_code == 204
    assert [p["id"] for p in portal.client.get(DEALS).json()["results"]] == ["renewals"]


def test_a_place_that_is_taken_moves_the_others_on(portal: Portal) -> None:
    portal.post(DEALS, {**RENEWALS, "displayOrder": 0})
    assert [(p["id"], p["displayOrder"]) for p in portal.client.get(DEALS).json()["results"]] == [
        ("renewals", 0),
        ("default", 1),
    ]
    portal.post(f"{DEALS}/renewals/stages", stage("First", 0, stageId="r-first"))
    stages = portal.client.get(f"{DEALS}/renewals/stages").json()["results"]
    assert [(item["id"], item["displayOrder"]) for item in stages] == [
        ("r-first", 0),
        ("r-open", 1),
        ("r-won", 2),
    ]


def test_stages_one_by_one(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    path = f"{DEALS}/renewals/stages"
    assert portal.post(path, stage("Lost", 2, "0", stageId="r-lost")).status_code == 201
    assert portal.post(path, stage("Lost again", 3, "0", stageId="r-lost")).status_code == 409
    changed = portal.client.patch(f"{path}/r-lost", json={"metadata": {"probability": "0.1"}}).json()
    assert (changed["label"], changed["metadata"]["isClosed"]) == ("Lost", "false")
    assert portal.client.put(f"{path}/r-lost", json=stage("Gone", 2, "0")).json()["label"] == "Gone"
    assert portal.client.delete(f"{path}/r-lost").status_code == 204
    assert portal.client.delete(f"{path}/nothing").status_code == 204
    assert portal.client.delete(f"{DEALS}/nothing/stages/nothing").status_code == 204
    assert portal.client.get(f"{path}/r-lost").status_code == 404


def test_audits_tell_the_newest_first(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    portal.client.patch(f"{DEALS}/renewals", json={"label": "R"})
    portal.client.patch(f"{DEALS}/renewals/stages/r-open", json={"label": "O"})
    audits = portal.client.get(f"{DEALS}/renewals/audit").json()["results"]
    assert [entry["action"] for entry in audits] == ["UPDATE", "CREATE"]
    assert audits[0]["rawObject"]["label"] == "R"
    stage_audits = portal.client.get(f"{DEALS}/renewals/stages/r-open/audit").json()["results"]
    assert [entry["action"] for entry in stage_audits] == ["UPDATE"]


def test_stages_are_the_options_of_the_stage_property(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    options = portal.client.get("/crm/v3/properties/deals/dealstage").json()["options"]
    assert {"r-open", "closedwon"} <= {option["value"] for option in options}
