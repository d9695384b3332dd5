"""Golden scenarios: every folder beside this file is a story with an expected end."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.conftest import Golden
from tests.support.projects import Project

SETTINGS = sorted(Path(__file__).parent.glob("*/reconciler*.yaml"))


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario(settings: Path, tmp_path: Path, golden: Golden) -> None:
    project, scenario = Project(tmp_path), settings.parent
    shutil.copy(settings, tmp_path / "reconciler.yaml")
    shutil.copy(scenario / "portal.json", tmp_path / "portal.json")
    expected = settings.stem.replace("reconciler", "expected")
    watch = json.loads((scenario / "watch.json").read_text())
    for act in sorted(path for path in scenario.iterdir() if path.name.isdigit()):
        _set_stage(project, act)
        _play(project, act, act / expected, watch, golden)


def _set_stage(project: Project, act: Path) -> None:
    for old in _manifests(project.folder):
        if old.name != "reconciler.yaml":
            old.unlink()
    for manifest in _manifests(act):
        project.write(manifest.relative_to(act).as_posix(), manifest.read_text())
    people = act / "people.json"
    if people.exists():
        project.run("emulator", "seed")
        with project.portal() as http:
            for method, path, body in json.loads(people.read_text()):
                answer = http.request(method, path, json=body)
                assert answer.is_success, f"{method} {path}: {answer.text}"


def _manifests(folder: Path) -> Sequence[Path]:
    return [*folder.rglob("*.yaml"), *folder.rglob("*.csv"), *folder.rglob("*.jsonl")]


def _play(
    project: Project, act: Path, expected: Path, watch: Mapping[str, Sequence[str]], golden: Golden
) -> None:
    extra = json.loads((act / "arguments.json").read_text()) if (act / "arguments.json").exists() else []
    planned = project.run("plan", "--values", "show", *extra)
    golden(expected / "plan.txt", _timeless(planned.out + planned.err))
    project.run("apply", "--auto-approve", "--parallelism", "1", *extra)  # for equal ids each time
    with project.portal() as http:
        held: dict[str, object] = {
            object_name: _records(http, object_name, names) for object_name, names in watch.items()
        }
        for one, other in _associated(act.parent):
            held[f"{one} to {other}"] = _pairs(http, one, other)
    golden(expected / "portal.json", _json(held))
    owned = [
        {name: value for name, value in known.items() if value or name != "associations"}
        for entry in project.run("state", "list", "--json", "--values", "show").document
        for known in project.run("state", "show", entry["address"], "--json", "--values", "show").document
    ]
    golden(expected / "state.json", _json(owned))
    again = _timeless(project.run("plan", "--values", "show").out)
    if (expected / "again.txt").exists() or not again.startswith("No changes."):
        golden(expected / "again.txt", again)


def _records(http: httpx.Client, object_name: str, names: Sequence[str]) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for archived in ("false", "true"):
        params = {"properties": ",".join(names), "limit": "100", "archived": archived}
        answer = http.get(f"/crm/v3/objects/{object_name}", params=params).raise_for_status().json()
        mark = {"archived": "true"} if archived == "true" else {}
        found += [
            {"id": record["id"], **{name: record["properties"].get(name) for name in names}, **mark}
            for record in answer["results"]
        ]
    return sorted(found, key=str)


def _associated(scenario: Path) -> Sequence[tuple[str, str]]:
    path = scenario / "associations.json"
    return [(one, other) for one, other in json.loads(path.read_text())] if path.exists() else []


def _pairs(http: httpx.Client, one: str, other: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the labels of associations, by record and associated record."""
    params = {"limit": "100", "archived": "false"}
    answer = http.get(f"/crm/v3/objects/{one}", params=params).raise_for_status().json()
    inputs = [{"id": record["id"]} for record in answer["results"]]
    path = f"/crm/v4/associations/{one}/{other}/batch/read"
    found = http.post(path, json={"inputs": inputs}).raise_for_status().json()["results"]
    return {
        page["from"]["id"]: {
            str(to["toObjectId"]): [kind["label"] for kind in to["associationTypes"] if kind["label"]]
            for to in page["to"]
        }
        for page in found
    }


def _timeless(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME UTC", text)


def _json(value: object) -> str:
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}", "RUN", text)
