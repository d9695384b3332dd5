"""The same work on many environments: in threads, in processes, and on a cluster of Dask."""

import contextlib
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from reconciler import Environment, PlanRefused, Project, UsageError, run_many
from tests.support.fleet import apply_all, fail_with_a_bug
from tests.support.projects import Project as Folder
from tests.support.projects import environment

SETTINGS = """\
version: 1
default: east
environments:
  east: {portal: emulator, portal_id: 1}
  north: {portal: emulator, portal_id: 2}
  west: {portal: emulator, portal_id: 3, protected: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = Folder(tmp_path)
    folder.write("reconciler.yaml", SETTINGS)
    folder.write("products.yaml", "object: products\nkey: hs_sku\nrecords:\n  P-1: {name: Sensor}\n")
    with contextlib.chdir(tmp_path), environment({}):
        yield Project.open()


def processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@contextlib.contextmanager
def dask() -> Iterator[Executor]:
    """A cluster with one worker, which is another process."""
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        yield executor


@pytest.mark.parametrize("executors", [ThreadPoolExecutor, processes, dask])
def test_each_environment_has_its_result_in_order(
    project: Project, executors: Callable[[], contextlib.AbstractContextManager[Executor]]
) -> None:
    environments = [project.environment(name) for name in project.environments]
    with executors() as executor:
        east, north, west = run_many(environments, apply_all, executor=executor)

    assert [(found.environment, found.unwrap()) for found in (east, north)] == [("east", 1), ("north", 1)]
    assert west.value is None
    assert isinstance(west.error, PlanRefused)
    assert "environment west is protected" in str(west.error)
    with pytest.raises(PlanRefused):
        west.unwrap()
    assert [len(environment.runs()) for environment in environments] == [1, 1, 0]


def test_a_bug_is_raised(project: Project) -> None:
    with ThreadPoolExecutor() as executor, pytest.raises(ZeroDivisionError):
        run_many([project.environment("east")], fail_with_a_bug, executor=executor)


def test_an_environment_travels_without_its_token(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Folder(tmp_path).replace(
        "reconciler.yaml", "{portal: emulator, portal_id: 1}", "{portal_id: 1, token: '${HUBSPOT_TOKEN}'}"
    )
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-secret")
    data = pickle.dumps(project.environment("east"))

    assert b"pat-secret" not in data
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-of-the-other-process")
    reopened = pickle.loads(data)
    assert isinstance(reopened, Environment)
    assert reopened.session.environment.token == "pat-of-the-other-process"


def test_a_plan_does_not_travel(project: Project) -> None:
    with project.environment("east").plan() as plan, pytest.raises(UsageError, match="save it"):
        pickle.dumps(plan)
