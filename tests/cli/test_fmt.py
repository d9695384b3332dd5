"""``fmt`` writes, checks or shows one standard layout, which our own commands use as well."""

import json
import os
from pathlib import Path

import pytest

import reconciler
from reconciler.cli.exits import ExitCode
from tests.cli.test_import import SEED, SETTINGS
from tests.support.projects import Project, example

MANIFEST = "object: companies\nkey:  external_id\nrecords:\n    acme: {name:  Acme}\n"
LAID_OUT = "object: companies\nkey: external_id\nrecords:\n  acme: {name: Acme}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write(
        "reconciler.yaml", "version:   1\nenvironments: {local: {portal: emulator, manifests: [mine]}}\n"
    )
    made.write("mine/companies.yaml", MANIFEST)
    made.write("other/deals.yaml", "a:   1\n")
    return made


def test_it_lays_out_the_files_of_the_project(project: Project) -> None:
    done = project.run("fmt")
    assert (done.code, done.out.split()) == (ExitCode.OK, ["reconciler.yaml", "mine/companies.yaml"])
    assert done.err == "2 files, 2 formatted\n"
    assert (project.folder / "mine/companies.yaml").read_text() == LAID_OUT
    assert (project.folder / "other/deals.yaml").read_text() == "a:   1\n"  # no environment uses this folder
    again = project.run("fmt", "--check")
    assert (again.code, again.out, again.err) == (ExitCode.OK, "", "2 files: nothing to change\n")


def test_paths_need_no_project(project: Project) -> None:
    (project.folder / "reconciler.yaml").unlink()
    done = project.run("fmt", "other", "other/deals.yaml")
    assert (done.code, done.out) == (ExitCode.OK, "other/deals.yaml\n")
    assert (project.folder / "other/deals.yaml").read_text() == "a: 1\n"


def test_check_lists_files_writes_nothing_and_exits_with_2(project: Project) -> None:
    done = project.run("fmt", "--check", "mine")
    assert (done.code, done.out) == (ExitCode.CHANGES, "mine/companies.yaml\n")
    assert (project.folder / "mine/companies.yaml").read_text() == MANIFEST


def test_diff_prints_a_unified_diff_and_writes_nothing(project: Project) -> None:
    done = project.run("fmt", "--diff", "mine")
    assert done.code == ExitCode.OK
    assert done.out.startswith("--- a/mine/companies.yaml\n+++ b/mine/companies.yaml\n@@ -1,4 +1,4 @@\n")
    assert "-    acme: {name:  Acme}\n+  acme: {name: Acme}\n" in done.out
    assert (project.folder / "mine/companies.yaml").read_text() == MANIFEST
    assert project.run("fmt", "--diff", "--check", "mine").code == ExitCode.CHANGES


def test_as_json_it_is_one_document(project: Project) -> None:
    assert project.run("fmt", "--check", "--json", "mine").document == {
        "files": 1,
        "changed": ["mine/companies.yaml"],
        "written": False,
    }


def test_one_bad_file_and_nothing_is_written(project: Project) -> None:
    project.write("mine/bad.yaml", "a:  1\nb: [1\n")
    project.write("mine/worse.yaml", "a: !x 1\n")
    done = project.run("fmt", "mine")
    assert (done.code, done.out) == (ExitCode.ERROR, "")
    assert "mine/bad.yaml:2:4: " in done.err
    assert "mine/worse.yaml:1:4: " in done.err
    assert done.err.endswith("2 problems\n")
    assert (project.folder / "mine/companies.yaml").read_text() == MANIFEST


@pytest.mark.parametrize("path", ["missing.yaml", "missing"])
def test_a_path_that_is_not_there_is_named(project: Project, path: str) -> None:
    done = project.run("fmt", path)
    assert done.code == ExitCode.ERROR
    assert f"there is no file or folder {path}" in done.err


def test_mode_and_link_of_a_file_stay(project: Project) -> None:
    target = project.folder / "mine/companies.yaml"
    target.chmod(0o640)
    (project.folder / "mine/link.yaml").symlink_to("companies.yaml")
    assert project.run("fmt").code == ExitCode.OK
    assert target.stat().st_mode & 0o777 == 0o640
    assert os.path.islink(project.folder / "mine/link.yaml")  # noqa: PTH114 - as the other tests ask
    assert target.read_text() == LAID_OUT


def test_from_python_it_is_a_value(project: Project) -> None:
    result = reconciler.Project.format(folder=project.folder, write=False)
    assert [Path(file.name).name for file in result.changed] == ["reconciler.yaml", "companies.yaml"]
    assert result.changed[1].after == LAID_OUT
    assert not result.is_written


def test_it_leaves_alone_what_import_writes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps(SEED))
    assert project.run("import", "companies", "--filter", "external_id").code == ExitCode.OK
    assert project.run("fmt", "--check", "companies.yaml").code == ExitCode.OK


def test_it_leaves_alone_what_keys_create_writes(tmp_path: Path) -> None:
    project = example(tmp_path)
    done = project.run("keys", "create", "contacts", "crm_key", "--from", "record_id", "--out", "plan.json")
    assert done.code == ExitCode.OK, done.err
    assert project.run("fmt", "--check", "contacts-crm_key.yaml").code == ExitCode.OK


@pytest.mark.parametrize("options", [[], ["--portal-id", "7654321"], ["--example"]])
def test_it_leaves_alone_what_init_writes(tmp_path: Path, options: list[str]) -> None:
    project = Project(tmp_path)
    assert project.run("init", *options).code == ExitCode.OK
    done = project.run("fmt", "--check", ".")
    assert (done.code, done.out) == (ExitCode.OK, ""), done.err


def test_it_leaves_alone_what_drift_accept_writes(tmp_path: Path) -> None:
    project = example(tmp_path)
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    address = "companies/K-10031"
    edited = project.run("emulator", "edit", address, "country=a country with a long name", "city=Linz: 4020")
    assert edited.code == ExitCode.OK, edited.err
    assert project.run("drift", "--accept", f"{address}*").code == ExitCode.OK
    assert "country: a country with a long name" in (project.folder / "companies.yaml").read_text()
    assert project.run("fmt", "--check").code == ExitCode.OK
