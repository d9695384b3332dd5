"""A report that cannot be written is an error before anything is applied."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.projects import ROOT, Project, Recorder
from tests.support.served import served

PRODUCTS = {"products.yaml": "object: products\nkey: hs_sku\nrecords: {P-1: {name: Sensor}}\n"}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    with served(tmp_path, PRODUCTS, {}) as (project, portal):
        yield project, portal


def assert_nothing_was_written(project: Project, portal: Recorder) -> None:
    assert not portal.asked("/batch/upsert")
    assert project.run("runs", "list", "--json").document == []
    assert not [each.name for each in project.folder.rglob("*report*") if each.is_file()]


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ("missing/report.json", "No such file or directory"),
        (".reconciler", "Is a directory"),
        ("products.yaml/report.json", "Not a directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_is_written(
    wire: tuple[Project, Recorder], report: str, reason: str, *, saved: bool
) -> None:
    project, portal = wire
    assert project.run("plan", "--out", "plan.json").code == 0
    (project.folder / ".reconciler").mkdir(exist_ok=True)

    refused = project.run("apply", *(["plan.json"] if saved else ["--auto-approve"]), "--report", report)

    assert refused.code == 1
    assert refused.err == f"cannot write {report} ({reason}): nothing was applied\n"
    assert_nothing_was_written(project, portal)


def test_a_key_that_is_none_is_told_before_anything_is_written(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    short = Project(project.folder, {**project.environ, "RECONCILER_PLAN_KEY": "short"})

    refused = short.run("apply", "--auto-approve")

    assert refused.code == 1
    assert "the key in RECONCILER_PLAN_KEY has fewer than" in refused.err
    assert_nothing_was_written(project, portal)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told_before_anything_is_written(
    wire: tuple[Project, Recorder],
) -> None:
    project, portal = wire
    closed = project.folder / "closed"
    closed.mkdir(mode=0o555)
    mortal = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "apply",
        "--auto-approve",
        "--report",
        "closed/report.json",
    ]

    refused = subprocess.run(
        [*mortal, *command],
        cwd=project.folder,
        env={**os.environ, **project.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert refused.returncode == 1
    assert refused.stderr == "cannot write closed/report.json (Permission denied): nothing was applied\n"
    assert_nothing_was_written(project, portal)


def test_a_report_goes_where_it_was_said_to(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire

    assert project.run("apply", "--auto-approve", "--report", "report.json").code == 0

    (kept,) = (project.folder / ".reconciler" / "reports").iterdir()
    assert (project.folder / "report.json").read_bytes() == kept.read_bytes()
    assert not list(project.folder.glob(".report.json*"))
