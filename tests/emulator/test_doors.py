"""The emulator on a port: allowed clients, required tokens, and attacks by a web page in a browser."""

from collections.abc import Iterator

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running

PORTAL, OTHER = 1, 2
OWNERS = "/crm/v3/owners"
ROOT = "/_emulator"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator(None)
    for portal_id in (PORTAL, OTHER):
        made.ensure_portal(portal_id, {"records": {"companies": [{"id": "5", "properties": {"name": "N"}}]}})
    yield made
    made.close()


@pytest.fixture
def wire(emulator: Emulator) -> Iterator[httpx.Client]:
    with running(emulator) as url, httpx.Client(base_url=url) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil.example", "", "a b"],
)
@pytest.mark.parametrize("path", [OWNERS, ROOT, "/"])
def test_a_name_that_leads_here_all_of_a_sudden_is_refused(
    emulator: Emulator, wire: httpx.Client, host: str, path: str
) -> None:
    answer = wire.get(path, headers={"Host": host, **bearer(emulator.token(PORTAL))})
    assert answer.status_code in {400, 403}
    if answer.status_code == 403:
        assert answer.json()["category"] == "EMULATOR_REFUSES"
        assert "--allow-host" in answer.json()["message"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8765", "192.0.2.7:80"])
def test_addresses_and_localhost_are_answered(emulator: Emulator, wire: httpx.Client, host: str) -> None:
    answer = wire.get(OWNERS, headers={"Host": host, **bearer(emulator.token(PORTAL))})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", OWNERS), ("POST", f"{ROOT}/faults"), ("DELETE", f"{ROOT}/faults")]
)
def test_pages_of_other_sites_are_refused(
    emulator: Emulator, wire: httpx.Client, headers: dict[str, str], method: str, path: str
) -> None:
    body = '{"kind": "locked"}'
    answer = wire.request(method, path, content=body, headers={**headers, **bearer(emulator.token(PORTAL))})
    assert answer.status_code == 403
    assert "other sites" in answer.json()["message"]
    assert wire.get(f"{ROOT}/faults").json() == {"results": []}


def test_a_person_who_opens_the_root_is_told_what_this_is(emulator: Emulator, wire: httpx.Client) -> None:
    page = wire.get("/", headers={"Sec-Fetch-Site": "none", "Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "An emulated HubSpot" in page.text
    assert emulator.token(PORTAL) not in page.text


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "localhost", 200),
        (OWNERS, "localhost", 200),
        ("/crm/v3/owners/9", "localhost", 404),
        (OWNERS, "evil.example", 403),
    ],
)
def test_an_answer_to_head_has_no_body(
    emulator: Emulator, wire: httpx.Client, path: str, host: str, status: int
) -> None:
    headers = {"Host": host, **bearer(emulator.token(PORTAL))}
    for _ in range(2):  # the second call reads what the first one leaves on the connection
        answer = wire.head(path, headers=headers)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["Content-Length"] == wire.get(path, headers=headers).headers["Content-Length"]


HANDS_OUT_OR_DELETES = [
    ("PUT", f"{ROOT}/portals/{PORTAL}", None),
    ("PUT", f"{ROOT}/portals/{PORTAL}", {"tier": "free"}),
    ("POST", f"{ROOT}/portals/{PORTAL}/tokens", {"scopes": ["tickets"]}),
    ("POST", f"{ROOT}/portals/{PORTAL}/tokens", None),
    ("DELETE", f"{ROOT}/portals/{PORTAL}", None),
    ("POST", f"{ROOT}/portals/{PORTAL}/edits", {"object": "companies", "id": "5", "archive": True}),
    ("POST", f"{ROOT}/portals/{PORTAL}/edits", {"object": "companies", "id": "5", "purge": True}),
]


@pytest.mark.parametrize(("method", "path", "body"), HANDS_OUT_OR_DELETES)
def test_creating_tokens_and_deleting_need_the_token_of_the_portal(
    emulator: Emulator, wire: httpx.Client, method: str, path: str, body: object
) -> None:
    token = emulator.token(PORTAL)
    for shown in (
        {},
        bearer("pat-na1-wrong"),
        bearer(emulator.token(PORTAL, ["tickets"])),
        bearer(emulator.token(OTHER)),
    ):
        refused = wire.request(method, path, json=body, headers=shown)
        assert refused.status_code == 401
        assert "`reconciler emulator serve` prints" in refused.json()["message"]
        assert token not in refused.text
        assert wire.get("/crm/v3/objects/companies/5", headers=bearer(token)).status_code == 200
    assert wire.request(method, path, json=body, headers=bearer(token)).is_success


def test_a_portal_that_is_not_there_yet_is_made_with_any_token(
    emulator: Emulator, wire: httpx.Client
) -> None:
    assert wire.put(f"{ROOT}/portals/3").status_code == 401
    assert emulator.portal_ids() == (PORTAL, OTHER)
    made = wire.put(f"{ROOT}/portals/3", headers=bearer(emulator.token(OTHER)))
    assert made.json() == {"created": True, "token": emulator.token(3)}


def test_the_other_control_routes_take_no_token(wire: httpx.Client) -> None:
    edit = {"object": "companies", "id": "5", "properties": {"city": "Ulm"}}
    assert wire.post(f"{ROOT}/portals/{PORTAL}/edits", json=edit).status_code == 200
    assert wire.get(f"{ROOT}/portals/{PORTAL}/settings").status_code == 200
    assert wire.post(f"{ROOT}/faults", json="locked").status_code == 201
    assert wire.delete(f"{ROOT}/faults").status_code == 204
