"""A process is killed before or after a create, and a person creates a record with the same key.

A record counts as created by reconciler only if reconciler's call created it. A record of the person is
adopted, and never archived.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from reconciler.cli.exits import ExitCode
from tests.crash.world import World, recover, world

MANIFEST = (
    "object: companies\nkey: external_id\nprune: true\n"
    "records:\n  new: {name: Ours, phone: 030 1234567, city: Bonn}\n"
)
EQUAL = {"name": "Ours", "phone": "030 1234567", "city": "Bonn"}
OTHER = {"name": "Theirs", "phone": "030 1234567", "city": "Bonn"}


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the names of the points that an apply of the manifest passes, in order."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with world(folder, f"sqlite:///{folder}/state.db", None) as made:
        made.project.write("records.yaml", MANIFEST)
        done = made.apply(0)
    assert done.code == ExitCode.OK, done.err
    return [line.split(" ", 2)[2] for line in done.err.splitlines() if line.startswith("point ")]


def at(points: list[str], place: str) -> int:
    """Return the number of a point around the only write call, which is the last of all calls."""
    call = len(points) - points[::-1].index("before call")
    if place == "intended":
        return len(points[: call - 1]) - points[: call - 1][::-1].index("after commit")
    return call if place == "before call" else call + 1 + points[call:].index(place)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, f"sqlite:///{tmp_path}/state.db", None) as made:
        made.project.write("records.yaml", MANIFEST)
        yield made


def create(made: World, values: Mapping[str, str]) -> str:
    answer = httpx.post(
        f"{made.project.environ['RECONCILER_URL']}/crm/v3/objects/companies",
        json={"properties": {"external_id": "new", **values}},
        headers={"Authorization": f"Bearer {made.project.environ['HUBSPOT_TOKEN']}"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def assert_converged_as(made: World, origin: str) -> None:
    assert made.owned()["companies", "new"][0] == origin
    assert made.run("plan").out.startswith("No changes.")
    made.project.write("records.yaml", "object: companies\nkey: external_id\nprune: true\nrecords: {}\n")
    planned = made.run("plan", "--json", "--allow", "empty=1").document
    actions = [change["action"] for change in planned["changes"]]
    assert actions == (["archive"] if origin == "created" else ["release"])


@pytest.mark.parametrize("values", [EQUAL, OTHER], ids=["equal values", "other values"])
@pytest.mark.parametrize("place", ["intended", "before call"])
def test_a_record_is_the_persons_if_our_call_never_left(
    made: World, points: list[str], place: str, values: Mapping[str, str]
) -> None:
    assert made.apply(at(points, place)).code != ExitCode.OK
    record_id = create(made, values)

    recover(made)

    assert made.ids()["companies", "new"] == record_id
    assert_converged_as(made, "adopted")


def test_a_record_with_other_values_is_the_persons_although_our_call_was_leaving(
    made: World, points: list[str]
) -> None:
    assert made.apply(at(points, "after commit")).code != ExitCode.OK
    create(made, OTHER)

    recover(made)

    assert_converged_as(made, "adopted")


@pytest.mark.parametrize("place", ["sent, no answer", "answered, unread", "answer read"])
def test_a_record_of_our_call_is_ours_without_a_read_answer(
    made: World, points: list[str], place: str
) -> None:
    assert made.apply(at(points, place)).code != ExitCode.OK

    recover(made)

    assert_converged_as(made, "created")


def test_an_intent_that_never_left_is_told_as_not_sent(made: World, points: list[str]) -> None:
    made.apply(at(points, "before call"))

    recover(made)

    first = made.run("runs", "list", "--json").document[-1]["id"]
    (row,) = made.run("runs", "show", first, "--json").document["changes"]
    assert (row["outcome"], row["detail"]["message"]) == (
        "skipped",
        "not sent: the run ended before the call",
    )
