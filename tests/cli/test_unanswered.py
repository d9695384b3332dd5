"""Records that HubSpot's answers leave out are unknown: they are not gone, new or released."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.calls import Answer, Request
from reconciler.hubspot.records import missing
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

KEY = {
    "name": "erp_no",
    "label": "ERP",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
    "hasUniqueValue": True,
}
SEED = {"version": 1, "properties": {"companies": [KEY]}}
COUNT = 40
SILENT = "C-032"


def manifest(*more: str, count: int = COUNT, name: str = "A", head: str = "") -> str:
    lines = [f"  C-{number:03}: {{name: {name}}}\n" for number in range(count)]
    return f"object: companies\nkey: erp_no\n{head}records:\n" + "".join((*lines, *more))


class Silence:
    """Removes records from every answer to batch/read, as if nobody had asked for them."""

    def __init__(self, portal: Recorder, keys: set[str]) -> None:
        self.keys = keys
        self._portal = portal
        self._answer: Callable[[Request], Answer] = portal.answer
        portal.answer = self.answer  # type: ignore[method-assign]  # so that every caller gets it

    def answer(self, request: Request) -> Answer:
        answer = self._answer(request)
        if not request.path.endswith("/companies/batch/read") or answer.status >= 300:
            return answer
        body = json.loads(answer.content)
        kept = [each for each in body["results"] if each["properties"].get("erp_no") not in self.keys]
        body["results"] = kept
        content = json.dumps(body).encode()
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Answer(answer.status, headers, content)


@contextmanager
def world(folder: Path, text: str) -> Iterator[tuple[Project, Recorder]]:
    with served(folder, {"companies.yaml": text}, SEED) as (project, portal):
        yield project, portal


def people(portal: Recorder, method: str, path: str, body: object = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    answer = Recorder.answer(portal, Request(method, path, {}, {}, content, portal_id=PORTAL))
    assert answer.status < 300, answer.content
    return json.loads(answer.content) if answer.content else None


def applied(project: Project) -> None:
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err


def left_out(document: Any) -> list[str]:
    return [each["address"] for each in document["problems"] if each["severity"] == "left out"]


@pytest.mark.parametrize("head", ["", "prune: true\n"])
def test_a_record_of_ours_that_answers_leave_out_is_a_problem_of_that_record(
    tmp_path: Path, head: str
) -> None:
    with world(tmp_path, manifest(head=head)) as (project, portal):
        applied(project)
        Silence(portal, {SILENT})

        planned = project.run("plan", "--json", "--detailed-exitcode")

        assert planned.code == 2
        assert left_out(planned.document) == [f"companies/{SILENT}"]
        assert (planned.document["changes"], planned.document["held"]) == ([], [])
        assert "companies.yaml" in planned.document["problems"][0]["source"]["file"]


def test_a_record_that_nobody_knows_is_not_planned_as_new(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        (tmp_path / ".reconciler" / "state.db").unlink()
        Silence(portal, {SILENT})
        document = project.run("plan", "--json").document
        assert left_out(document) == [f"companies/{SILENT}"]
        assert document["summary"]["create"] == 0
        assert document["summary"]["adopt"] == COUNT - 1


def test_the_rest_is_applied_and_apply_ends_with_3(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        silence = Silence(portal, {SILENT})
        project.write("companies.yaml", manifest(name="B"))

        done = project.run("apply", "--auto-approve", "--allow", "update=99")

        assert done.code == 3
        assert f"{COUNT - 1} planned = {COUNT - 1} applied" in " ".join(done.out.split())
        silence.keys.clear()
        document = project.run("plan", "--json").document
        assert [change["address"] for change in document["changes"]] == [f"companies/{SILENT}"]
        assert document["changes"][0]["action"] == "update"


@pytest.mark.parametrize("prune", ["true", "all"])
def test_a_pruned_record_that_answers_leave_out_is_not_forgotten(tmp_path: Path, prune: str) -> None:
    head = f"prune: {prune}\n"
    with world(tmp_path, manifest(head=head)) as (project, portal):
        applied(project)
        project.write("companies.yaml", manifest(count=COUNT - 1, head=head))
        gone = f"C-{COUNT - 1:03}"
        silence = Silence(portal, {gone})

        document = project.run("plan", "--json").document

        actions = [change["action"] for change in document["changes"]]
        assert actions == ["archive"]  # reading it alone, by record id, shows that it exists
        silence.keys.clear()
        assert project.run("plan", "--json").document["changes"][0]["address"] == f"companies/{gone}"


def test_an_absent_record_that_answers_leave_out_is_not_released(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        project.replace("companies.yaml", f"{SILENT}: {{name: A}}", f"{SILENT}: {{$absent: true}}")
        Silence(portal, {SILENT})
        document = project.run("plan", "--json").document
        assert (document["changes"], left_out(document)) == ([], [f"companies/{SILENT}"])


@pytest.mark.parametrize("is_new", [True, False])
def test_associations_with_a_record_that_answers_leave_out_wait(tmp_path: Path, is_new: bool) -> None:
    plain = manifest(head="prune: true\n")
    associated = plain.replace(
        "C-000: {name: A}", f"C-000: {{name: A, $associations: {{companies: [{SILENT}]}}}}"
    )
    with world(tmp_path, plain if is_new else associated) as (project, portal):
        applied(project)
        project.write("companies.yaml", associated)
        Silence(portal, {SILENT})
        document = project.run("plan", "--json").document
        assert document["changes"] == []
        assert left_out(document) == [f"companies/C-000#companies/{SILENT}", f"companies/{SILENT}"]


@pytest.mark.parametrize("silent", ["new", "old", "new and old"])
def test_a_renamed_record_that_answers_leave_out_is_not_created(tmp_path: Path, silent: str) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        project.replace(
            "companies.yaml", f"{SILENT}: {{name: A}}", f"new: {{name: A, $renamed_from: {SILENT}}}"
        )
        Silence(portal, {SILENT, "new"} if "old" in silent else {"new"})
        document = project.run("plan", "--json").document
        if silent == "new":  # a record with this key does not exist, and HubSpot reports that
            assert [(change["address"], change["action"]) for change in document["changes"]] == [
                ("companies/new", "update")
            ]
        else:
            assert (document["changes"], left_out(document)) == ([], ["companies/new"])


def test_recreate_does_not_double_a_record_that_answers_leave_out(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        Silence(portal, {SILENT})
        document = project.run("plan", "--json", "--recreate", f"companies/{SILENT}").document
        assert (document["changes"], left_out(document)) == ([], [f"companies/{SILENT}"])


def test_a_saved_plan_leaves_a_record_that_answers_leave_out_as_stale(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        project.write("companies.yaml", manifest("  new: {name: N}\n", name="B"))
        assert project.run("plan", "--out", "plan.json", "--allow", "update=99").code == 0
        body = {"properties": {"erp_no": "new", "name": "Theirs"}}
        people(portal, "POST", "/crm/v3/objects/companies", body)
        silence = Silence(portal, {"new"})
        done = project.run("apply", "plan.json")
        assert done.code == 3
        assert "1 stale" in done.out
        silence.keys.clear()
        found = people(
            portal,
            "POST",
            "/crm/v3/objects/companies/batch/read",
            {"idProperty": "erp_no", "inputs": [{"id": "new"}], "properties": ["name"]},
        )
        assert found["results"][0]["properties"]["name"] == "Theirs"


def test_a_type_of_which_too_much_is_unanswered_stops_the_plan(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        silence = Silence(portal, {f"C-{number:03}" for number in range(COUNT // 10)})
        assert len(left_out(project.run("plan", "--json").document)) == COUNT // 10
        silence.keys.add(SILENT)

        done = project.run("plan")

        assert done.code == 1
        assert f"HubSpot leaves {COUNT // 10 + 1} of {COUNT} companies out of its answers" in done.err


def test_drift_is_not_told_where_records_are_unanswered(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        Silence(portal, {SILENT})
        done = project.run("drift")
        assert done.code == 1
        assert "HubSpot leaves 1 records out of its answers" in done.err


def test_a_record_that_was_archived_is_gone_whatever_answers_leave_out(tmp_path: Path) -> None:
    with world(tmp_path, manifest()) as (project, portal):
        applied(project)
        (found,) = [
            line.split()[1]
            for line in project.run("state", "list").out.splitlines()
            if line.startswith(f"companies/{SILENT}")
        ]
        people(portal, "DELETE", f"/crm/v3/objects/companies/{found}")
        Silence(portal, {"C-000"})
        document = project.run("plan", "--json").document
        assert left_out(document) == ["companies/C-000"]
        assert [(each["address"], each["reason"]) for each in document["held"]] == [
            (f"companies/{SILENT}", "gone")
        ]


def test_many_gone_records_are_looked_up_a_hundred_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 250
    with world(tmp_path, manifest(count=count)) as (project, portal):
        assert project.run("apply", "--auto-approve", "--allow", "create=999").code == 0
        ids = [line.split()[1] for line in project.run("state", "list").out.splitlines()]
        for start in range(0, count, 100):
            body = {"inputs": [{"id": record_id} for record_id in ids[start : start + 100]]}
            people(portal, "POST", "/crm/v3/objects/companies/batch/archive", body)

        def calls() -> tuple[Any, int]:
            before = len(portal.requests)
            document = project.run("plan", "--json", "--allow", "update=999").document
            return document, len(portal.requests) - before

        few, made = calls()
        assert few["budget"]["missing_calls"] == 3 + 3 + count
        assert few["budget"]["read_calls"] == made
        monkeypatch.setattr(missing, "GONE_ASKED_ALONE", 200)
        monkeypatch.setattr("reconciler.plan.records.unanswered.GONE_ASKED_ALONE", 200)

        many, made = calls()

        assert many["budget"]["missing_calls"] == 3 + 3
        assert len(many["held"]) == count
        (warning,) = many["problems"]
        assert warning["message"] == (
            "250 companies that reconciler owns are gone: 250 were archived, 0 were merged or erased"
        )
        assert "reconciler explain ADDRESS" in warning["advice"]
        assert "(6 of them to look for missing records)" in " ".join(project.run("plan").out.split())
        explained = project.run("explain", "companies/C-001")
        assert explained.code == 0
        assert "archived in HubSpot" in " ".join(explained.out.split())
