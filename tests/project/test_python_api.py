"""The Python API: the page about it runs word for word, and its promises hold."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import (
    Environment,
    ManifestError,
    Notice,
    Plan,
    PlanRefused,
    Project,
    Refusal,
    UsageError,
)
from tests.support.projects import ROOT, environment
from tests.support.projects import Project as Folder

SETTINGS = """\
version: 1
default: sandbox
environments:
  sandbox: {portal: emulator, seed: portal.json}
  careful: {portal: emulator, portal_id: 2, seed: portal.json, protected: true}
"""
SEED = """\
{"version": 1, "properties": {"companies": [
    {"name": "erp_no", "label": "ERP", "type": "string", "fieldType": "text",
     "groupName": "companyinformation", "hasUniqueValue": true}]},
 "records": {"companies": [{"id": "901", "properties": {"erp_no": "old", "name": "Old"}}]}}
"""
COMPANIES = "object: companies\nkey: erp_no\nrecords:\n  old: {name: New}\n  acme: {name: Acme}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A folder ``crm`` in the working directory."""
    folder = Folder(tmp_path / "crm")
    folder.write("reconciler.yaml", SETTINGS)
    folder.write("portal.json", SEED)
    folder.write("companies.yaml", COMPANIES)
    with contextlib.chdir(tmp_path), environment({}):
        yield folder


@pytest.fixture
def sandbox(folder: Folder) -> Environment:
    return Project.open(folder.folder).environment("sandbox")


@pytest.fixture
def careful(folder: Folder) -> Environment:
    return Project.open(folder.folder).environment("careful")


def test_the_page_runs_word_for_word(folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    names: dict[str, object] = {}

    exec(compile(examples[0], "docs/python.md", "exec"), names)
    assert capfd.readouterr() == ("", "")
    for example in examples[1:]:
        exec(compile(example, "docs/python.md", "exec"), names)

    assert getattr(names["result"], "accounting")()["applied"] == 2  # noqa: B009 - an object of the page
    assert "sandbox 0 None" in capfd.readouterr().out
    assert folder.run("plan").out.startswith("No changes.")


def test_a_plan_can_be_walked_through_again_until_it_is_closed(sandbox: Environment) -> None:
    with sandbox.plan() as plan:
        first = [change.record.text for change in plan.changes]
        assert first == [change.record.text for change in plan.changes]
        assert sorted(first) == ["companies/acme", "companies/old"]
        assert list(plan.problems) == []
        assert list(plan.held) == []

    assert plan.summary["create"] == plan.summary["update"] == 1
    assert plan.header.environment == "sandbox"
    with pytest.raises(UsageError, match="closed"):
        list(plan.changes)
    with pytest.raises(UsageError, match="closed"):
        sandbox.apply(plan)


def test_a_saved_plan_is_read_back(sandbox: Environment, tmp_path: Path) -> None:
    with sandbox.plan() as plan:
        plan.save(tmp_path / "plan.json")
        with Project.read_plan(tmp_path / "plan.json") as read:
            assert (read.digest, read.summary, read.header) == (plan.digest, plan.summary, plan.header)
            assert list(read.changes) == list(plan.changes)
            assert sandbox.apply(read).is_complete


def test_advice_for_python_names_no_flag_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Project.open(tmp_path)
    assert "name the project folder with Project.open(FOLDER)" in str(caught.value)
    assert "-C" not in str(caught.value)


def test_state_and_emulator_are_at_hand(sandbox: Environment, tmp_path: Path) -> None:
    assert sandbox.apply(confirm=lambda _plan: True).is_complete
    with sandbox.state.owned() as owned:
        addresses = [record.key.text for record in owned]
    exported = tmp_path / "exported.json"
    exported.write_text("".join(sandbox.state.export()))

    assert sandbox.state.remove(addresses).counts == dict.fromkeys(addresses, 1)
    assert sandbox.state.import_from(exported).owned == len(addresses)
    assert sandbox.state.unlock() is None
    sandbox.emulator.edit(addresses[0], {"name": "Edited"}, person="Ada")
    assert [value.live for value in sandbox.drift().values] == ["Edited"]
    assert sandbox.emulator.reset() == len(addresses)


def test_without_a_plan_somebody_has_to_be_asked(sandbox: Environment) -> None:
    asked: list[Plan] = []

    def refuse(plan: Plan) -> bool:
        asked.append(plan)
        return False

    with pytest.raises(UsageError, match="needs a confirmation"):
        sandbox.apply()
    with pytest.raises(UsageError, match="declined"):
        sandbox.apply(confirm=refuse)
    assert asked[0].summary["create"] == 1
    assert sandbox.runs() == ()
    assert sandbox.apply(confirm=lambda _plan: True).is_complete
    assert sandbox.apply(confirm=refuse).run is None
    assert len(asked) == 1


def test_a_protected_environment_takes_a_plan_only_that_was_read_from_a_file(
    careful: Environment, tmp_path: Path
) -> None:
    with careful.plan() as plan, pytest.raises(PlanRefused) as caught:
        careful.apply(plan)
    assert caught.value.refusal is Refusal.PROTECTED
    with pytest.raises(PlanRefused):
        careful.apply(confirm=lambda _plan: True)

    with careful.plan() as plan:
        plan.save(tmp_path / "plan.json")
    assert careful.apply(Project.read_plan(tmp_path / "plan.json")).is_complete


def test_a_plan_of_another_environment_is_refused(sandbox: Environment, careful: Environment) -> None:
    with careful.plan() as plan, pytest.raises(PlanRefused) as caught:
        sandbox.apply(plan)
    assert caught.value.refusal is Refusal.FOREIGN


def test_a_plan_with_problems_or_above_a_guard_is_refused(folder: Folder, sandbox: Environment) -> None:
    folder.write("companies.yaml", COMPANIES.replace("name: New", "nane: New"))
    with sandbox.plan() as plan:
        assert not plan.is_appliable
        (problem,) = plan.problems
        assert problem.address == "companies/old#nane"
        with pytest.raises(UsageError, match="problems"):
            sandbox.apply(plan)

    folder.write("companies.yaml", "object: companies\nkey: erp_no\nrecords:\n  old: {$absent: true}\n")
    with sandbox.plan() as plan:
        assert [refusal.guard for refusal in plan.refusals] == ["absent"]
        with pytest.raises(PlanRefused) as caught:
            sandbox.apply(plan)
    assert caught.value.refusal is Refusal.GUARD
    with sandbox.plan(allow={"absent": 1}) as plan:
        assert sandbox.apply(plan).is_complete
    with pytest.raises(UsageError, match="there is no guard 'absence'"):
        sandbox.plan(allow={"absence": 1})


def test_progress_is_told_of_all_the_work(sandbox: Environment) -> None:
    reported: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        reported.append((done, total))

    with sandbox.plan(progress=progress) as plan:
        assert reported[-1] == (2, 2)
        reported.clear()
        sandbox.apply(plan, progress=progress)
    assert reported[-1] == (2, 2)
    reported.clear()
    sandbox.drift(progress=progress)
    assert reported[-1] == (2, 2)


def test_an_apply_that_is_stopped_says_so_and_the_next_goes_on(sandbox: Environment) -> None:
    with sandbox.plan() as plan:
        stopped = sandbox.apply(plan, should_stop=lambda: True)
    assert stopped.is_interrupted
    assert not stopped.is_complete
    assert stopped.accounting()["skipped"] == 2
    with sandbox.plan() as plan:
        assert sandbox.apply(plan).is_complete


def test_the_rest_of_a_plan_is_planned_again(sandbox: Environment, folder: Folder) -> None:
    with sandbox.plan() as plan:
        assert sandbox.apply(plan, verifies=True).is_complete
        assert sandbox.plan_what_is_left(plan).is_empty
        with folder.portal() as http:
            body = {"properties": {"name": "Others"}}
            http.patch("/crm/v3/objects/companies/901", json=body).raise_for_status()
        (left,) = sandbox.plan_what_is_left(plan).changes
    assert left.record.text == "companies/old"


def test_drift_is_found_accepted_explained_and_rolled_back(sandbox: Environment, folder: Folder) -> None:
    with sandbox.plan() as plan:
        sandbox.apply(plan)
    with folder.portal() as http:
        body = {"properties": {"name": "Others"}}
        http.patch("/crm/v3/objects/companies/901", json=body).raise_for_status()

    (difference,) = sandbox.drift(target=["companies/*"]).differences
    assert difference.address == "companies/old#name"
    explained = sandbox.explain("companies/old#name")
    assert [of.live for of in explained.properties] == ["Others"]
    (edit,) = sandbox.accept_drift(["companies/old"]).edits
    assert edit.after == "Others"
    assert "Others" in (folder.folder / "companies.yaml").read_text()

    with sandbox.rollback("last", allow={"archive": 1}) as plan:
        assert plan.header.rolls_back == sandbox.runs()[0].header.id
        assert sandbox.apply(plan).is_complete
    assert [run.header.rolls_back is not None for run in sandbox.runs()] == [True, False]
    assert {row.outcome for row in sandbox.run().rows} == {"applied"}


def test_manifests_are_checked_without_token_and_network(folder: Folder) -> None:
    seeded = "portal: emulator, seed: portal.json}\n  careful"
    folder.replace("reconciler.yaml", seeded, "portal_id: 7, token: '${HUBSPOT_TOKEN}'}\n  careful")
    with pytest.raises(ManifestError, match="HUBSPOT_TOKEN"):
        Project.open("crm").environment()
    found = Project.open("crm").environment(offline=True).validate()
    assert (found.records, found.files, found.problems, found.is_sound) == (2, 1, (), True)

    folder.write("more.yaml", "object: companies\nkey: erp_no\nrecords:\n  acme: {name: ~}\n")
    with pytest.raises(ManifestError) as caught:
        Project.open("crm").environment(offline=True).validate()
    assert str(caught.value.problems[0].source).startswith("crm/more.yaml:4")


@pytest.mark.usefixtures("folder")
def test_notices_go_to_whoever_opened_the_project() -> None:
    notices: list[Notice] = []
    sandbox = Project.open("crm", notify=notices.append).environment()
    with sandbox.plan() as plan:
        sandbox.apply(plan, report="no-such-folder/report.json")
    assert [notice.is_advice for notice in notices] == [True, False]
    assert str(notices[0]).startswith("this project has no name")
    assert "no-such-folder" in str(notices[1])


def test_a_project_knows_its_environments(folder: Folder) -> None:
    project = Project.open("crm")
    assert project.environments == ("careful", "sandbox")
    assert [project.environment(name).is_protected for name in project.environments] == [True, False]
    with pytest.raises(UsageError, match='unknown environment "prod"'):
        project.environment("prod")
    with pytest.raises(UsageError, match=r"no reconciler\.yaml"):
        Project.open()
    assert folder.folder.name == "crm"
