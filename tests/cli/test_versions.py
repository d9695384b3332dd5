"""The example project works with every version of HubSpot's API, on the paths of that version."""

from pathlib import Path

import orjson
import pytest

from tests.support.projects import EXAMPLE
from tests.support.served import served

SEED = orjson.loads((EXAMPLE / "portal.json").read_bytes())
MANIFESTS = {
    path.name: path.read_text().replace("environments: [local]", "environments: [real]")
    for path in EXAMPLE.glob("*.yaml")
    if path.name != "reconciler.yaml"
}


@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-03", "2026-09"])
def test_the_example_converges_on_every_version(tmp_path: Path, version: str) -> None:
    root = "/crm/v3/objects" if version == "v3" else f"/crm/objects/{version}"
    with served(tmp_path, MANIFESTS, SEED, api_version=version) as (project, portal):
        done = project.run("apply", "--auto-approve")
        assert done.code == 0, done.out + done.err
        assert portal.asked(f"{root}/0-3/batch/update")
        assert portal.asked(f"{root}/postal_mail/batch/upsert")
        goals = "batch/create" if version == "2026-09" else "batch/upsert"
        assert portal.asked(f"{root}/goal_targets/{goals}")
        assert project.run("plan").out.startswith("No changes.")


def test_types_without_upsert_are_created_with_their_key_among_the_properties(tmp_path: Path) -> None:
    with served(tmp_path, MANIFESTS, SEED, api_version="2026-09") as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        ((_, body),) = portal.asked("/goal_targets/batch/create")
        keys = {row["properties"]["external_id"] for row in body["inputs"]}
        assert keys == {f"QUOTA-{year}-Q{quarter}" for year in (2026, 2027) for quarter in (1, 2, 3, 4)}
