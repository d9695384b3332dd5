"""Reading records: developers.hubspot.com/docs/guides/crm/using-object-apis, unless a test says otherwise."""

import pytest

from tests.emulator.portal import Portal

PATH = "/crm/v3/objects/companies"


def test_without_properties_the_default_ones_are_answered(portal: Portal) -> None:
    record_id = portal.create("companies", name="N", city="Berlin")
    body = portal.client.get(f"{PATH}/{record_id}").json()
    assert body["properties"] == {
        "createdate": "2026-11-22T08:00:00.101Z",
        "domain": None,
        "hs_lastmodifieddate": "2026-11-22T08:00:00.101Z",
        "hs_object_id": record_id,
        "name": "N",
    }
    assert (body["createdAt"], body["updatedAt"], body["archived"]) == (
        "2026-11-22T08:00:00.101Z",
        "2026-11-22T08:00:00.101Z",
        False,
    )


def test_asked_properties_come_with_the_systems_own(portal: Portal) -> None:
    """Unknown names are ignored.

    Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    record_id = portal.create("companies", name="N", city="Berlin")
    assert set(portal.read("companies", record_id, "city", "zip", "nope")) == {
        "city",
        "zip",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    }
    assert portal.read("companies", record_id, "zip")["zip"] is None
    assert set(portal.read("companies", record_id, "nope")) == {
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    }


def test_lists_of_names_may_be_repeated_or_joined(portal: Portal) -> None:
    """HubSpot's Python SDK uses both forms."""
    record_id = portal.create("companies", name="N", city="Berlin")
    for query in ("properties=name&properties=city", "properties=name,city", "properties=name%2Ccity"):
        found = portal.client.get(f"{PATH}/{record_id}?{query}").json()["properties"]
        assert (found["name"], found["city"]) == ("N", "Berlin")


def test_pages_go_on_from_the_next_id(portal: Portal) -> None:
    ids = [portal.create("companies", name=f"N{n}") for n in range(12)]
    first = portal.client.get(PATH).json()
    assert [record["id"] for record in first["results"]] == ids[:10]
    rest = portal.client.get(PATH, params={"after": first["paging"]["next"]["after"]}).json()
    assert [record["id"] for record in rest["results"]] == ids[10:]
    assert "paging" not in rest


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 101},
        {"limit": 0},
        {"limit": "many"},
        {"after": "x"},
        {"limit": 51, "propertiesWithHistory": "name"},
    ],
)
def test_a_page_beyond_the_limit_is_refused(portal: Portal, query: dict[str, str]) -> None:
    assert portal.client.get(PATH, params=query).status_code == 400


def test_fifty_records_with_history_are_the_limit_of_a_batch(portal: Portal) -> None:
    inputs = [{"id": str(n)} for n in range(51)]
    assert portal.batch("companies", "read", inputs, propertiesWithHistory=["name"]).status_code == 400


def test_archived_records_are_seen_only_when_asked_for(portal: Portal) -> None:
    record_id = portal.create("companies", name="N", ext_key="k")
    portal.clock.advance(5)
    assert portal.client.delete(f"{PATH}/{record_id}").status_code == 204
    assert portal.client.delete(f"{PATH}/{record_id}").status_code == 204
    assert portal.client.get(f"{PATH}/{record_id}").status_code == 404
    assert portal.client.get(PATH).json()["results"] == []
    archived = portal.client.get(f"{PATH}/{record_id}", params={"archived": "true"}).json()
    assert (archived["archived"], archived["archivedAt"]) == (True, "2026-11-22T08:00:05.101Z")
    (listed,) = portal.client.get(PATH, params={"archived": "True"}).json()["results"]
    assert listed["id"] == record_id
    read = portal.client.post(
        f"{PATH}/batch/read", params={"archived": "true"}, json={"inputs": [{"id": record_id}]}
    )
    assert [record["id"] for record in read.json()["results"]] == [record_id]
    assert portal.client.patch(f"{PATH}/{record_id}", json={"properties": {"name": "M"}}).status_code == 404


def test_an_archived_record_frees_its_unique_values(portal: Portal) -> None:
    """A guess: no documentation says whether archived records keep their unique values."""
    first = portal.create("companies", name="N", ext_key="k")
    portal.client.delete(f"{PATH}/{first}")
    item = {"id": "k", "idProperty": "ext_key", "properties": {"name": "N"}}
    (result,) = portal.batch("companies", "upsert", [item]).json()["results"]
    assert result["new"] is True
    assert result["id"] != first


def test_single_records_are_found_by_a_unique_property(portal: Portal) -> None:
    record_id = portal.create("companies", name="N", ext_key="ü")
    assert portal.client.get(f"{PATH}/nope", params={"idProperty": "ext_key"}).status_code == 404
    assert portal.client.get(f"{PATH}/N", params={"idProperty": "name"}).status_code == 400
    assert portal.client.get(f"{PATH}/ü", params={"idProperty": "ext_key"}).json()["id"] == record_id


def test_write_answers_hold_what_was_written_and_no_more(portal: Portal) -> None:
    """Source: the HubSpot notes of github.com/scopiousdigital/kalup."""
    record_id = portal.create("companies", name="N", city="Berlin")
    body = portal.client.patch(f"{PATH}/{record_id}", json={"properties": {"city": "Bonn"}}).json()
    assert set(body["properties"]) == {"city", "createdate", "hs_lastmodifieddate", "hs_object_id"}
