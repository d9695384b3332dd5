"""An apply of definitions and records dies at any write; the next one goes on, and nothing is made twice."""

from collections import Counter
from pathlib import Path

import pytest

from reconciler.apply.definitions import holders
from reconciler.emulator.app import Emulator
from reconciler.emulator.calls import Answer, Request
from tests.cli.test_definitions_applied import apply, plan_is_empty, renamed, written_project
from tests.support.projects import Project


class Died(BaseException):
    """The end of a process, for its threads."""


def _is_write(request: Request) -> bool:
    return request.method != "GET" and not request.path.endswith(("/search", "/batch/read"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of this portal does not lag behind."""
    monkeypatch.setattr(holders, "INDEX_S", 0.0)


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> "Dying":
    return Dying(monkeypatch)


class Dying:
    """Ends the process at one of its writes, before or after HubSpot has carried it out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.answer = Emulator.answer
        self.writes = 0

    def at(self, number: int, *, is_done: bool) -> None:
        answer = self.answer

        def answer_or_die(emulator: Emulator, request: Request) -> Answer:
            if not _is_write(request):
                return answer(emulator, request)
            self.writes += 1
            if self.writes < number:
                return answer(emulator, request)
            if self.writes == number and is_done:
                answer(emulator, request)
            raise Died

        self.monkeypatch.setattr(Emulator, "answer", answer_or_die)

    def never(self) -> None:
        self.monkeypatch.setattr(Emulator, "answer", self.answer)


def die(project: Project, *more: str) -> None:
    with pytest.raises(Died):
        project.run("apply", "--auto-approve", *more)


def check(project: Project) -> None:
    """Each definition is there once, and ours."""
    plan_is_empty(project)
    with project.portal() as http:
        labels = http.get("/crm/v4/associations/contacts/companies/labels").json()["results"]
        pipelines = http.get("/crm/v3/pipelines/deals").json()["results"]
        types = http.get("/crm-object-schemas/v3/schemas").json()["results"]
    assert Counter(each["label"] for each in labels)["Billing contact"] == 1
    assert len(pipelines) == 2
    assert len(types) == 1
    owned = project.run("state", "list").out
    assert "contacts:association_labels/companies/billing" in owned


@pytest.mark.parametrize(("number", "is_done"), [(1, True), (5, False), (10, True), (12, True)])
def test_killed_while_definitions_are_made_the_next_run_converges(
    tmp_path: Path, dying: Dying, number: int, is_done: bool
) -> None:
    project = written_project(tmp_path)
    dying.at(number, is_done=is_done)
    die(project)
    dying.never()

    apply(project)

    check(project)


@pytest.mark.parametrize(("number", "is_done"), [(2, True), (7, False)])
def test_killed_while_options_and_stages_are_renamed_and_removed_the_next_run_converges(
    tmp_path: Path, dying: Dying, number: int, is_done: bool
) -> None:
    project = written_project(tmp_path)
    apply(project)
    renamed(project)
    dying.at(number, is_done=is_done)
    die(project, "--allow", "migrate=10")
    dying.never()

    apply(project, "--allow", "migrate=10")

    check(project)
