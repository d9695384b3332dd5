"""HubSpot with many failures: finished changes are recorded, and the next run continues."""

from pathlib import Path

from tests.support.projects import Project
from tests.support.served import served

COUNT = 350
RECORDS = "".join(f"  A-{number:03}: {{name: Part}}\n" for number in range(COUNT))
MANIFEST = f"object: products\nkey: hs_sku\nrecords:\n{RECORDS}"

WITHDRAWN = "pat-na1-00000000-0000-0000-0000-000000000000"


def apply(project: Project, *arguments: str) -> tuple[int, dict[str, int]]:
    done = project.run("apply", "--auto-approve", "--json", *arguments)
    return done.code, done.document["accounting"]


def test_the_daily_limit_stops_the_run_with_everything_recorded(tmp_path: Path) -> None:
    with served(tmp_path, {"products.yaml": MANIFEST}, {}) as (project, portal):
        portal.add_fault_text("rate_limited:path=*/batch/upsert,policy=DAILY,probability=0.5,seed=2")
        code, first = apply(project, "--parallelism", "1")
        assert code == 3
        assert 0 < first["applied"] < COUNT
        assert first["applied"] + first["skipped"] == first["planned"] == COUNT
        assert len(project.run("state", "list", "--json").document) == first["applied"]
        portal.clear_faults()
        code, second = apply(project)
        assert (code, second["planned"]) == (0, COUNT - first["applied"])
        assert project.run("plan").out.startswith("No changes.")


def test_a_token_that_is_withdrawn_stops_the_run_at_once(tmp_path: Path) -> None:
    with served(tmp_path, {"products.yaml": MANIFEST}, {}) as (project, _):
        assert project.run("plan", "--out", "plan.json").code == 0
        stranger = Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": WITHDRAWN})
        refused = stranger.run("apply", "plan.json")
    assert refused.code == 1
    assert "token" in refused.err
    assert "00000000-0000" not in refused.err


def test_one_poisoned_record_costs_one_record(tmp_path: Path) -> None:
    with served(tmp_path, {"products.yaml": MANIFEST}, {}) as (project, portal):
        portal.add_fault_text("poisoned_record:value=A-123,status=400")
        code, counts = apply(project)
        assert code == 3
        assert (counts["applied"], counts["rejected"]) == (COUNT - 1, 1)
        portal.clear_faults()
        assert apply(project)[0] == 0
        assert project.run("plan").out.startswith("No changes.")
