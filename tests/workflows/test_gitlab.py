"""The example for GitLab CI agrees with GitLab's schema, and its jobs work."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gitlab import (
    CONFIG,
    NOTER,
    PROJECT,
    READER,
    GitLab,
    published,
    run_job,
    running_gitlab,
)
from tests.support.projects import Project, example

KEY = "0123456789abcdef0123456789abcdef0123"
MARK = "<!-- reconciler plan local 1000000 -->\n"


@pytest.fixture
def gitlab(runner: None) -> Iterator[GitLab]:  # noqa: ARG001 - jobs need its programs
    with running_gitlab() as gitlab:
        yield gitlab


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


def run(
    name: str, project: Project, gitlab: GitLab, *, rehearse: str = "false", **more: str
) -> subprocess.CompletedProcess[str]:
    variables = {
        "CI_API_V4_URL": gitlab.url,
        "CI_PROJECT_ID": str(PROJECT),
        "CI_JOB_URL": "https://gitlab.example/jobs/1",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_SHA": "c0ffee",
        "CI_DEFAULT_BRANCH": "main",
        "GITLAB_NOTE_TOKEN": NOTER,
        "GITLAB_READ_TOKEN": READER,
        "RECONCILER_PLAN_KEY": KEY,
    } | more
    local = CONFIG.read_text().replace("RECONCILER_ENV: production", "RECONCILER_ENV: local")
    local = local.replace('REHEARSE: "false"', f'REHEARSE: "{rehearse}"')
    where, commit = published(project.folder.parent)
    local = local.replace("https://github.com/OWNER/REPOSITORY.git", where).replace(
        ": COMMIT #", f": {commit} #"
    )
    return run_job(local, name, project.folder, variables)


def test_the_schema_agrees() -> None:
    schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, CONFIG],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_merge_request_gets_one_note_that_is_kept_up_to_date(project: Project, gitlab: GitLab) -> None:
    gitlab.notes.append({"id": 0, "author": {"id": 1}, "body": f"{MARK}I am a person who quotes"})

    for _ in range(2):
        done = run("plan", project, gitlab)
        assert done.returncode == 0, done.stderr

    assert len(gitlab.notes) == 2
    assert gitlab.notes[1]["body"].startswith(f"{MARK}### Plan: 31 to create, 14 to update")
    assert "Rehearsed" not in gitlab.notes[1]["body"]
    assert (project.folder / "plan.json").read_bytes().startswith(b"reconciler encrypted 1\n")


def test_a_plan_is_also_rehearsed_when_the_pipeline_says_so(project: Project, gitlab: GitLab) -> None:
    done = run("plan", project, gitlab, rehearse="true")

    assert done.returncode == 0, done.stderr
    (note,) = gitlab.notes
    assert "<b>Rehearsed</b>: on a copy of the portal, all 102 changes could be applied" in note["body"]


def test_problems_fail_the_job_and_replace_the_note(project: Project, gitlab: GitLab) -> None:
    run("plan", project, gitlab)
    for name in ("plan.json", "plan.md", "plan.html"):
        (project.folder / name).unlink()
    project.replace("products.yaml", "price: 189.00", "price: ~")

    done = run("plan", project, gitlab)

    assert done.returncode == 1
    (note,) = gitlab.notes
    assert note["body"].splitlines()[1] == "### There is no plan"


@pytest.mark.parametrize("name", ["plan", "plan main", "apply", "drift"])
def test_nothing_runs_without_a_key(project: Project, gitlab: GitLab, name: str) -> None:
    done = run(name, project, gitlab, RECONCILER_PLAN_KEY="")

    assert done.returncode == 1
    assert done.stdout.startswith("set RECONCILER_PLAN_KEY")


def applied_after_the_merge(project: Project, gitlab: GitLab) -> subprocess.CompletedProcess[str]:
    """Run the pipeline of main after a merge request whose pipeline planned the present manifests."""
    run("plan", project, gitlab)
    gitlab.artifacts[502] = (project.folder / "plan.json").read_bytes()
    gitlab.merge_requests += [
        {"iid": 6, "state": "merged", "sha": "bad", "target_branch": "next"},  # merged, and not into main
        {"iid": 7, "state": "merged", "sha": "feed", "target_branch": "main"},
    ]
    gitlab.pipelines += [
        {"id": 300, "sha": "feed", "project_id": 666},  # from a fork, whose contents are not trusted
        {"id": 400, "sha": "0ld", "project_id": PROJECT},
        {"id": 500, "sha": "feed", "project_id": PROJECT},
    ]
    return run("plan main", project, gitlab)


def test_reviewed_changes_are_planned_again_and_applied(project: Project, gitlab: GitLab) -> None:
    planned = applied_after_the_merge(project, gitlab)
    applied = run("apply", project, gitlab)

    assert (planned.returncode, applied.returncode) == (0, 0), planned.stderr + applied.stderr
    (note,) = gitlab.notes
    found = re.search("^Content `(sha256:[0-9a-f]{64})`", note["body"], re.MULTILINE)
    assert found
    assert f"content as planned:  {found[1]}\ncontent as reviewed: {found[1]}\n" in planned.stdout
    assert "102 planned = 102 applied" in applied.stdout
    assert (project.folder / "report.json").read_bytes().startswith(b"reconciler encrypted 1\n")


def test_a_commit_without_a_merge_request_is_not_planned(project: Project, gitlab: GitLab) -> None:
    done = run("plan main", project, gitlab)

    assert done.returncode == 1
    assert "no merge request brought this commit" in done.stdout


def test_drift_opens_updates_and_closes_one_issue(project: Project, gitlab: GitLab) -> None:
    project.run("apply", "--auto-approve")
    change_price(project, "190")
    assert run("drift", project, gitlab).returncode == 0
    change_price(project, "191")
    assert run("drift", project, gitlab).returncode == 0
    (issue,) = gitlab.issues
    assert (issue["title"], issue["state"]) == ("Drift in local", "opened")
    assert "191" in issue["description"]

    change_price(project, "189.00")
    assert run("drift", project, gitlab).returncode == 0

    assert [issue["state"] for issue in gitlab.issues] == ["closed"]


def change_price(project: Project, price: str) -> None:
    with project.portal() as http:
        path = "/crm/v3/objects/products/PT-100?idProperty=hs_sku"
        assert http.patch(path, json={"properties": {"price": price}}).status_code == 200


def test_the_installation_gets_no_secrets(project: Project, gitlab: GitLab) -> None:
    done = run("plan", project, gitlab, HUBSPOT_READ_TOKEN="pat-na1-secret", HTTPS_PROXY="http://proxy:1")

    assert done.returncode == 0, done.stderr
    given = (project.folder.parent / "given").read_text()
    names = {line.partition("=")[0] for line in given.splitlines()}
    assert {"PATH", "HOME", "HTTPS_PROXY"} <= names
    assert not [name for name in names if name.startswith(("GITLAB", "HUBSPOT", "RECONCILER", "CI_"))]
    assert not any(secret in given for secret in ("pat-na1-secret", NOTER, KEY))
    deps, itself = (project.folder.parent / "installed").read_text().splitlines()
    assert "--require-hashes --only-binary :all: --requirement" in deps
    assert "--no-deps --no-index --no-build-isolation" in itself
