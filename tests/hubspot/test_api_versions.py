"""Each version of the API keeps its endpoints where HubSpot documents them."""

import pytest

from reconciler.errors import UsageError
from reconciler.hubspot.transport.api_versions import API_VERSIONS, paths_of
from reconciler.model.calls import Call
from reconciler.model.object_types import object_type, standard_names

DOCUMENTED = [
    ("tickets", Call.UPDATE, "/crm/v3/objects/tickets/batch/update"),
    ("deals", Call.UPDATE, "/crm/v3/objects/0-3/batch/update"),
    ("companies", Call.UPDATE, "/crm/v3/objects/companies/batch/update"),
    ("postal_mail", Call.UPSERT, "/crm/v3/objects/postal_mail/batch/upsert"),
    ("goal_targets", Call.UPSERT, "/crm/v3/objects/goal_targets/batch/upsert"),
    ("services", Call.ARCHIVE, "/crm/v3/objects/0-162/batch/archive"),
    ("courses", Call.CREATE, "/crm/v3/objects/0-410/batch/create"),
    ("listings", Call.UPDATE, "/crm/v3/objects/0-420/batch/update"),
]


@pytest.mark.parametrize(("name", "call", "path"), DOCUMENTED)
def test_v3_calls_go_where_hubspot_documents_them(name: str, call: Call, path: str) -> None:
    assert paths_of("v3").batch(object_type(name).path, call) == path


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
def test_dated_versions_stand_behind_the_family(version: str) -> None:
    paths = paths_of(version)

    assert paths.batch("0-3", Call.UPDATE) == f"/crm/objects/{version}/0-3/batch/update"
    assert paths.batch_read("2-77") == f"/crm/objects/{version}/2-77/batch/read"
    assert paths.properties("tickets") == f"/crm/properties/{version}/tickets"
    assert paths.pipelines("tickets") == f"/crm/pipelines/{version}/tickets"
    assert paths.schemas == f"/crm-object-schemas/{version}/schemas"
    assert paths.owners == f"/crm/owners/{version}"
    assert paths.account == f"/account-info/{version}/details"


def test_v3_keeps_its_other_endpoints_where_it_always_had_them() -> None:
    paths = paths_of("v3")

    assert paths.batch_read("companies") == "/crm/v3/objects/companies/batch/read"
    assert paths.properties("0-3") == "/crm/v3/properties/0-3"
    assert paths.pipelines("0-3") == "/crm/v3/pipelines/0-3"
    assert paths.schemas == "/crm-object-schemas/v3/schemas"
    assert paths.owners == "/crm/v3/owners"
    assert paths.account == "/account-info/v3/details"


def test_an_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="use one of v3, 2025-09, 2026-03, 2026-09"):
        paths_of("v4")


def test_goal_targets_lose_their_upsert_in_the_newest_version() -> None:
    assert [version for version in API_VERSIONS if not object_type("goal_targets").has_upsert(version)] == [
        "2026-09"
    ]


def test_only_feedback_cannot_be_written_at_all() -> None:
    assert [name for name in standard_names() if not object_type(name).has_upsert("v3")] == [
        "feedback_submissions"
    ]
