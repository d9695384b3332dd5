"""Pipelines and stages.

Source: the HubSpot notes of github.com/scopiousdigital/kalup, unless a test names another source.
"""

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
    """Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide, default stages."""
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


def test_an_id_that_is_too_long_is_a_500_and_makes_nothing(portal: Portal) -> None:
    assert portal.post(DEALS, {**RENEWALS, "pipelineId": "x" * 37}).status_code == 500
    assert portal.post(DEALS, {**RENEWALS, "stages": [stage("A", 0, stageId="x" * 101)]}).status_code == 500
    assert portal.post(f"{DEALS}/default/stages", stage("A", 9, stageId="x" * 101)).status_code == 500
    (default,) = portal.client.get(DEALS).json()["results"]
    assert (default["id"], len(default["stages"])) == ("default", 7)
    longest = {**RENEWALS, "pipelineId": "x" * 36, "stages": [stage("A", 0, stageId="y" * 100)]}
    assert portal.post(DEALS, longest).status_code == 201


def test_ids_that_are_taken_have_four_different_answers(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    same_type = portal.post(DEALS, {**RENEWALS, "label": "Other"})
    assert (same_type.status_code, same_type.json()["message"]) == (
        400,
        "There's another pipeline in this portal with pipelineId renewals",
    )
    closed = {"label": "Done", "displayOrder": 0, "metadata": {"ticketState": "CLOSED"}}
    other_type = portal.post(TICKETS, {**RENEWALS, "label": "Other", "stages": [closed]})
    assert (other_type.status_code, other_type.json()["subCategory"]) == (
        409,
        "PipelineError.STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE",
    )
    (phantoms,) = other_type.json()["context"]["stageIds"]
    assert "r-open" not in phantoms
    stolen = {**RENEWALS, "pipelineId": "more", "label": "More", "stages": [stage("A", 0, stageId="r-open")]}
    in_pipeline = portal.post(DEALS, stolen)
    assert (in_pipeline.status_code, in_pipeline.json()["context"]) == (409, {"stageIds": ["[r-open]"]})
    single = portal.post(f"{DEALS}/default/stages", stage("A", 9, stageId="r-open"))
    assert (single.status_code, "category" in single.json()) == (400, False)
    assert "already using stage id" in single.json()["message"]


def test_stage_ids_may_be_used_again_in_another_type(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    closed = {"label": "Done", "displayOrder": 0, "metadata": {"ticketState": "CLOSED"}, "stageId": "r-open"}
    made = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [closed]})
    assert made.status_code == 201


def test_ids_are_made_up_when_none_are_given(portal: Portal) -> None:
    made = portal.post(DEALS, {"label": "L", "displayOrder": 1, "stages": [stage("S", 0)]}).json()
    assert made["id"].isdigit()
    assert made["stages"][0]["id"].isdigit()


def test_a_write_is_answered_with_the_request_and_only_a_read_tells_what_is_stored(portal: Portal) -> None:
    given = stage("S", 0, "0.50", stageId="s")
    given["metadata"]["colour"] = "red"
    made = portal.post(DEALS, {**RENEWALS, "stages": [given]}).json()
    assert made["stages"][0]["metadata"] == {"isClosed": "false", "probability": "0.50", "colour": "red"}
    path = f"{DEALS}/renewals/stages/s"
    changed = portal.client.patch(path, json={"metadata": {"probability": 1}}).json()
    assert changed["metadata"] == {"isClosed": "false", "probability": "1"}
    assert portal.client.get(path).json()["metadata"] == {"isClosed": "true", "probability": "1.0"}


@pytest.mark.parametrize(
    ("probability", "written", "is_closed"),
    [("0.50", "0.5", "false"), ("1", "1.0", "true"), ("0", "0.0", "true"), ("0.999", "0.999", "false")],
)
def test_probabilities_are_rewritten(portal: Portal, probability: str, written: str, is_closed: str) -> None:
    portal.post(DEALS, {**RENEWALS, "stages": [stage("S", 0, probability, stageId="s")]})
    (stored,) = portal.client.get(f"{DEALS}/renewals").json()["stages"]
    assert stored["metadata"] == {"isClosed": is_closed, "probability": written}


@pytest.mark.parametrize(
    ("changes", "sub_category", "said"),
    [
        ({"stages": []}, None, "Pipeline must have at least one stage"),
        ({"stages": None}, None, "Pipeline must have at least one stage"),
        ({"displayOrder": -1}, None, "must not be negative"),
        (
            {"label": " sales PIPELINE "},
            None,
            "An active pipeline with label  sales PIPELINE  already exists.",
        ),
        ({"stages": [stage("A", 0), stage("a ", 1)]}, None, "has the label"),
        ({"stages": [stage("A", 0, "2")]}, "INVALID_PIPELINE_STAGE_METADATA", "from 0 to 1"),
        ({"stages": [stage("A", 0, "high")]}, "INVALID_PIPELINE_STAGE_METADATA", "from 0 to 1"),
        (
            {"stages": [{"label": "A", "displayOrder": 0, "metadata": {}}]},
            None,
            "must specify probability when writing a dealstage",
        ),
        ({"stages": [stage("A", 0, stageId="s"), stage("B", 1, stageId="s")]}, None, "using stage id s"),
        ({"stages": [stage(str(n), n) for n in range(101)]}, None, "at most 100"),
    ],
)
def test_invalid_pipelines_are_refused(
    portal: Portal, changes: dict[str, Any], sub_category: str | None, said: str
) -> None:
    refused = portal.post(DEALS, {**RENEWALS, **changes})
    assert refused.status_code == 400
    assert refused.json().get("subCategory") == sub_category
    assert said in refused.json()["message"]


def test_a_ticket_pipeline_needs_a_closed_stage(portal: Portal) -> None:
    opened = {"label": "Open", "displayOrder": 0, "metadata": {"colour": "red"}}
    refused = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [opened]})
    assert refused.json()["subCategory"] == "PipelineError.MISSING_CLOSED_STAGE"
    closed = {"label": "Done", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}}
    wrong = {**closed, "metadata": {"ticketState": "closed"}}
    refused = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [opened, wrong]})
    assert refused.json()["subCategory"] == "INVALID_PIPELINE_STAGE_METADATA"
    made = portal.post(TICKETS, {"label": "T", "displayOrder": 1, "stages": [opened, closed]}).json()
    path = f"{TICKETS}/{made['id']}"
    assert [item["metadata"] for item in portal.client.get(path).json()["stages"]] == [
        {"isClosed": "false", "ticketState": "OPEN"},
        {"isClosed": "true", "ticketState": "CLOSED"},
    ]
    last = f"{path}/stages/{made['stages'][1]['id']}"
    for refused in (
        portal.client.delete(last),
        portal.client.patch(last, json={"metadata": {"ticketState": "OPEN"}}),
    ):
        assert refused.json()["subCategory"] == "PipelineError.MISSING_CLOSED_STAGE"


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
        assert refused.json()["subCategory"] == "PipelineError.STAGE_ID_IN_USE"
        assert refused.json()["context"] == {"stageIds": ["[r-open]"], "objectIds": [f"[{record_id}]"]}
    portal.client.delete(f"/crm/v3/objects/deals/{record_id}")
    assert portal.client.delete(f"{DEALS}/renewals").status_code == 204
    assert portal.client.get(f"{DEALS}/renewals").status_code == 404
    assert portal.post(DEALS, RENEWALS).status_code == 201
    assert portal.client.delete(f"{DEALS}/default").status_code == 204
    assert [p["id"] for p in portal.client.get(DEALS).json()["results"]] == ["renewals"]


def orders(portal: Portal, pipeline: str = "renewals") -> list[tuple[str, int]]:
    """Return the ids of the stages with their ``displayOrder``."""
    stages = portal.client.get(f"{DEALS}/{pipeline}").json()["stages"]
    return [(item["id"], item["displayOrder"]) for item in stages]


def test_a_stage_at_a_taken_place_comes_after_its_holder_and_all_are_numbered_anew(portal: Portal) -> None:
    stages = [stage("Open", 3, stageId="r-open"), stage("Won", 7, "1", stageId="r-won")]
    portal.post(DEALS, {**RENEWALS, "stages": stages})
    portal.post(f"{DEALS}/renewals/stages", stage("Next", 3, stageId="r-next"))
    assert orders(portal) == [("r-open", 0), ("r-next", 1), ("r-won", 2)]
    portal.client.patch(f"{DEALS}/renewals/stages/r-won", json={"displayOrder": 0})
    assert orders(portal) == [("r-open", 0), ("r-won", 1), ("r-next", 2)]
    portal.client.patch(f"{DEALS}/renewals/stages/r-won", json={"displayOrder": 1, "label": "Same"})
    assert orders(portal) == [("r-open", 0), ("r-won", 1), ("r-next", 2)]


def test_a_stage_at_a_free_place_leaves_the_others_where_they_are(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    portal.client.patch(f"{DEALS}/renewals/stages/r-open", json={"displayOrder": 9})
    assert orders(portal) == [("r-won", 1), ("r-open", 9)]


def test_equal_places_of_one_request_follow_its_order(portal: Portal) -> None:
    stages = [stage(label, 0, stageId=label) for label in "abc"]
    portal.post(DEALS, {**RENEWALS, "stages": stages})
    assert orders(portal) == [("a", 0), ("c", 1), ("b", 2)]


def test_pipelines_may_share_a_place_and_are_not_sorted(portal: Portal) -> None:
    portal.post(DEALS, {**RENEWALS, "displayOrder": 0})
    portal.client.patch(f"{DEALS}/default", json={"displayOrder": 5})
    shown = portal.client.get(DEALS, params={"limit": 1, "archived": "true"}).json()["results"]
    assert [(p["id"], p["displayOrder"]) for p in shown] == [("default", 5), ("renewals", 0)]
    portal.client.patch(f"{DEALS}/default", json={"displayOrder": 0})
    shown = portal.client.get(DEALS).json()["results"]
    assert [p["displayOrder"] for p in shown] == [0, 0]


def test_changing_a_pipeline_moves_the_date_of_its_stages(portal: Portal) -> None:
    made = portal.post(DEALS, RENEWALS).json()
    portal.clock.advance(60)
    portal.client.patch(f"{DEALS}/renewals", json={"label": "R"})
    now = portal.client.get(f"{DEALS}/renewals").json()
    assert {item["updatedAt"] for item in now["stages"]} == {now["updatedAt"]}
    assert now["updatedAt"] > made["updatedAt"]


def test_a_pipeline_keeps_one_stage(portal: Portal) -> None:
    portal.post(DEALS, {**RENEWALS, "stages": [stage("Open", 0, stageId="r-open")]})
    refused = portal.client.delete(f"{DEALS}/renewals/stages/r-open")
    assert (refused.status_code, refused.json()["message"]) == (400, "Pipeline must have at least one stage")


def test_a_stage_deleted_through_the_wrong_pipeline_stays(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    assert portal.client.delete(f"{DEALS}/default/stages/r-open").status_code == 204
    assert portal.client.get(f"{DEALS}/renewals/stages/r-open").status_code == 200


def test_labels_differ_in_more_than_case_and_blanks(portal: Portal) -> None:
    portal.post(DEALS, {**RENEWALS, "label": " Renewals "})
    assert portal.client.get(f"{DEALS}/renewals").json()["label"] == " Renewals "
    refused = portal.post(f"{DEALS}/renewals/stages", stage(" OPEN", 5))
    assert refused.json()["subCategory"] == "PipelineError.STAGE_LABEL_EXISTS"
    assert portal.client.patch(f"{DEALS}/default", json={"label": "renewals"}).status_code == 400
    closed = {"label": "Done", "displayOrder": 0, "metadata": {"ticketState": "CLOSED"}}
    same = {"label": "Renewals", "displayOrder": 1, "stages": [closed]}
    assert portal.post(TICKETS, same).status_code == 201


def test_metadata_is_merged_and_a_probability_cannot_be_removed(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    path = f"{DEALS}/renewals/stages/r-open"
    portal.client.patch(path, json={"metadata": {}})
    assert portal.client.get(path).json()["metadata"]["probability"] == "0.5"
    portal.client.put(path, json={"label": "Open", "displayOrder": 0})
    assert portal.client.get(path).json()["metadata"]["probability"] == "0.5"
    refused = portal.client.patch(path, json={"metadata": {"probability": None}})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "must specify probability when writing a dealstage",
    )


def test_missing_pipelines_and_stages_have_several_404s(portal: Portal) -> None:
    for path in (f"{DEALS}/nothing", f"{DEALS}/default/stages/nothing"):
        assert (portal.client.get(path).status_code, portal.client.get(path).content) == (404, b"")
        assert portal.client.patch(path, json={"label": "L"}).content == b""
    stages = portal.client.get(f"{DEALS}/nothing/stages")
    assert (stages.status_code, "category" in stages.json()) == (404, False)
    assert portal.client.delete(f"{DEALS}/nothing").json()["category"] == "OBJECT_NOT_FOUND"


def test_stages_one_by_one(portal: Portal) -> None:
    portal.post(DEALS, RENEWALS)
    path = f"{DEALS}/renewals/stages"
    assert portal.post(path, stage("Lost", 2, "0", stageId="r-lost")).status_code == 201
    assert portal.post(path, stage("Lost again", 3, "0", stageId="r-lost")).status_code == 400
    portal.client.patch(f"{path}/r-lost", json={"metadata": {"probability": "0.1"}})
    changed = portal.client.get(f"{path}/r-lost").json()
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
