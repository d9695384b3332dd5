"""A new project: which files init writes, which it does not change, and what it prints."""

import json
import os
import pty
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from reconciler import Project as PythonProject
from reconciler.cli.main import COMMANDS
from reconciler.project.help_pages import HELP_PAGES
from reconciler.project.init.shipped_files import EXAMPLE_FILES, GITLAB, WORKFLOWS, InstalledFrom
from reconciler.project.init.workflows import Surroundings, github_workflows, gitlab_pipeline
from tests.support.projects import ROOT, Project
from tests.support.small_disk import run_on_small_disk

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Project:
    return Project(tmp_path, {"HOME": str(tmp_path)})


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def contents(folder: Path) -> Mapping[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_new_project_has_one_protected_environment_that_holds_drift(folder: Project) -> None:
    done = folder.run("init", "--portal-id", "7654321")
    assert done.code == 0, done.err
    assert set(contents(folder.folder)) == {
        "reconciler.yaml",
        ".gitignore",
        "manifests/.gitkeep",
        ".schemas/manifest.schema.json",
        ".schemas/settings.schema.json",
    }
    settings = (folder.folder / "reconciler.yaml").read_text()
    for line in ("portal_id: 7654321", "token: ${HUBSPOT_ACCESS_TOKEN}", "protected: true", "drift: hold"):
        assert line in settings
    assert "hubspot_owner" not in settings
    folder.write("manifests/a.yaml", "object: products\nkey: hs_sku\nrecords: {a: {name: A}}\n")
    checked = folder.run("validate")  # without -e, because there is only one environment
    assert (checked.code, checked.err) == (0, "")


@pytest.mark.parametrize(
    ("remotes", "state"),
    [
        ([], "sqlite:///.reconciler/state.db"),
        (["upstream"], "git:upstream:refs/reconciler"),
        (["upstream", "origin"], "git:refs/reconciler"),
    ],
)
def test_state_is_in_git_where_other_machines_reach_the_repository(
    folder: Project, remotes: list[str], state: str
) -> None:
    git(folder.folder, "init", "-q")
    for remote in remotes:
        git(folder.folder, "remote", "add", remote, f"https://github.com/acme/{remote}.git")
    done = folder.run("init", "--portal-id", "7654321")
    assert f"\nstate: {state}\n" in (folder.folder / "reconciler.yaml").read_text()
    assert ("this machine only" in done.out) == (not remotes)
    assert ("RECONCILER_PLAN_KEY" in done.out) == bool(remotes)


@pytest.mark.parametrize("name", ["plan.json", "key.json", "rollback.json"])
def test_git_ignores_the_plans_that_the_pages_save(folder: Project, name: str) -> None:
    git(folder.folder, "init", "-q")
    folder.run("init", "--portal-id", "7654321")
    folder.write(name, "{}")
    git(folder.folder, "check-ignore", "--quiet", name)  # fails where git does not ignore it


def test_it_can_be_run_again_and_overwrites_nothing(folder: Project) -> None:
    folder.write(".gitignore", "/build")
    folder.run("init", "--portal-id", "7654321", "--github")
    assert (folder.folder / ".gitignore").read_text().startswith("/build\n\n# reconciler")
    folder.replace("reconciler.yaml", "drift: hold", "drift: revert")
    before = contents(folder.folder)
    again = folder.run("init", "--portal-id", "1", "--github")
    assert contents(folder.folder) == before
    assert again.out.startswith(
        "Everything is there already.\nThese files existed already and were not changed: reconciler.yaml.\n"
    )


def test_agents_are_told_once_what_they_may_run(folder: Project) -> None:
    folder.write("AGENTS.md", "# Agents\n\nBe brief.")
    done = folder.run("init", "--example", "--agents")
    assert done.code == 0, done.err
    text = (folder.folder / "AGENTS.md").read_text()
    assert text.startswith("# Agents\n\nBe brief.\n\n## reconciler\n")
    assert "AGENTS.md" in done.out
    folder.run("init", "--example", "--agents")
    assert (folder.folder / "AGENTS.md").read_text() == text
    may, only_people = " ".join(text.split()).split("Only a person runs")
    named = {half: set(re.findall(r"`reconciler ([a-z-]+)", half)) for half in (may, only_people)}
    assert named[may] | named[only_people] >= set(COMMANDS)
    assert named[may] & named[only_people] == {"drift", "keys", "state"}  # commands that can read or change
    assert {"apply", "rollback", "import", "unlock"} <= named[only_people] - named[may]


def test_without_a_portal_id_the_settings_say_what_is_missing(folder: Project) -> None:
    folder.run("init")
    wrong = folder.run("validate")
    assert wrong.code == 1
    assert '"portal_id" is missing in the environment "production"' in wrong.err
    assert "doctor" in wrong.err


def test_from_python_it_is_a_value(tmp_path: Path) -> None:
    made = PythonProject.init(tmp_path / "crm", portal_id=7654321, objects=["deal"])
    assert (made.portal_id, made.objects, made.is_shared) == (7654321, ("deals",), False)
    assert made.scopes.plan == ("crm.objects.deals.read", "crm.objects.owners.read")
    assert PythonProject.open(tmp_path / "crm").environments == ("production",)


def test_a_place_that_cannot_hold_files_is_an_error(folder: Project) -> None:
    folder.write("file", "")
    done = folder.run("init", "file/crm")
    assert (done.code, done.out) == (1, "")
    assert "cannot make the folder file/crm (Not a directory)\n    existing files are unchanged" in done.err


@pytest.mark.parametrize("kib", [0, 1, 4, 8])
@pytest.mark.parametrize(
    "options", [["--github", "--gitlab", "--agents"], ["--example", "--agents"]], ids=" ".join
)
def test_what_does_not_fit_on_the_disk_is_whole_after_the_next_run(
    tmp_path: Path, options: list[str], kib: int
) -> None:
    mine = {".gitignore": b"/mine\r\n/own", "AGENTS.md": b"# Agents\r\n"}
    for there in ("narrow", "wide"):
        (tmp_path / there / "crm").mkdir(parents=True)
        for name, text in mine.items():
            (tmp_path / there / "crm" / name).write_bytes(text)
    narrow, wide = (Project(tmp_path / there, {"HOME": str(tmp_path)}) for there in ("narrow", "wide"))
    assert wide.run("init", "crm", *options).code == 0

    refused = run_on_small_disk(narrow, kib, "init", "crm", *options)

    lines = refused.err.splitlines()
    assert (refused.code, refused.out, len(lines)) == (1, "", 2)
    assert re.fullmatch(r"cannot write crm/\S+ \(File too large\)", lines[0])
    whole = contents(wide.folder)
    for name, text in contents(narrow.folder).items():
        assert text == whole[name] or text == mine[Path(name).name]

    done = narrow.run("init", "crm", *options)

    assert done.code == 0, done.err
    assert contents(narrow.folder) == whole


def test_it_lists_the_scopes_by_what_they_are_for(folder: Project) -> None:
    made = json.loads(folder.run("init", "--objects", "companies,tickets,machines", "--json").out)
    assert made["objects"] == ["companies", "tickets", "machines"]
    assert made["scopes"]["plan"] == [
        "crm.objects.companies.read",
        "crm.objects.custom.read",
        "crm.objects.owners.read",
        "crm.schemas.custom.read",
        "tickets",
    ]
    assert made["scopes"]["apply"] == ["crm.objects.companies.write", "crm.objects.custom.write"]
    assert made["scopes"]["begin"]["import --list"] == ["crm.lists.read"]


def test_what_it_says_fits_a_terminal(folder: Project) -> None:
    done = folder.run("init", "new place", "--github", "--gitlab")
    assert max(map(len, done.out.splitlines())) <= 80
    for needed in (
        "RECONCILER_ENV_FILE",
        "cd 'new place'",
        "doctor --objects companies,deals",
        "deals.write",
    ):
        assert needed in done.out


def test_a_missing_project_names_init(folder: Project) -> None:
    done = folder.run("plan")
    assert done.code == 1
    assert "`reconciler init` makes one" in done.err


@pytest.mark.parametrize("where", [".", "crm/north"])
def test_workflows_go_to_the_root_of_the_repository_and_fit_the_folder(folder: Project, where: str) -> None:
    git(folder.folder, "init", "-q", "-b", "trunk")
    done = folder.run("init", where, "--portal-id", "7654321", "--github", "--gitlab")
    assert done.code == 0, done.err
    for name in WORKFLOWS:
        text = (folder.folder / name).read_text()
        words = set(re.findall(r"[a-z]+", text))
        assert not {"sandbox", "local", "emulator"} & words
        runs = len(re.findall(r"command: (?!install)\w+\n", text))
        assert text.count(f"project: {where}\n") == (runs if where != "." else 0)
        assert "OWNER/REPOSITORY/.github/actions/reconcile@COMMIT" in text
    assert "branches: [trunk]" in (folder.folder / ".github/workflows/apply.yml").read_text()
    pipeline = (folder.folder / ".gitlab-ci.yml").read_text()
    assert ("reconciler -C crm/north plan" in pipeline) == (where != ".")
    assert '"<!-- reconciler plan $RECONCILER_ENV "' in pipeline
    assert "In the workflows, replace OWNER/REPOSITORY and COMMIT by" in " ".join(done.out.split())


def test_jobs_get_what_a_state_in_git_needs() -> None:
    around = Surroundings(
        ".", "production", "main", InstalledFrom("acme/reconciler", COMMIT), has_git_state=True
    )
    for name, text in github_workflows(around).items():
        jobs = yaml.safe_load(text)["jobs"]
        steps = [
            step
            for job in jobs.values()
            for step in job["steps"]
            if "HUBSPOT_ACCESS_TOKEN" in step.get("env", {})
        ]
        assert steps, name
        for step in steps:
            assert {"RECONCILER_GIT_TOKEN", "RECONCILER_PLAN_KEY"} <= step["env"].keys(), name
        may_write = [job for job in jobs if jobs[job]["permissions"].get("contents") == "write"]
        assert may_write == (["apply"] if name.endswith("apply.yml") else [])


def test_jobs_do_not_get_what_only_a_state_in_git_needs() -> None:
    around = Surroundings(".", "production", "main", InstalledFrom("acme/reconciler", COMMIT))
    for text in (*github_workflows(around).values(), *gitlab_pipeline(around).values()):
        assert "RECONCILER_GIT_TOKEN" not in text
        assert "contents: write" not in text


@pytest.mark.parametrize("has_git_state", [False, True])
def test_workflows_agree_with_their_schemas(tmp_path: Path, has_git_state: bool) -> None:
    origin = InstalledFrom("acme/reconciler", COMMIT)
    around = Surroundings("crm north", "production", "release/1.x", origin, has_git_state=has_git_state)
    texts = {**github_workflows(around), **gitlab_pipeline(around)}
    for name, text in texts.items():
        assert "OWNER/REPOSITORY" not in text
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema")
    workflows = [tmp_path / name for name in WORKFLOWS]
    subprocess.run([*check, "vendor.github-workflows", *workflows], check=True, capture_output=True)
    gitlab = ("vendor.gitlab-ci", "--data-transform", "gitlab-ci", tmp_path / ".gitlab-ci.yml")
    subprocess.run([*check, *gitlab], check=True, capture_output=True)


def test_the_example_alone_brings_a_portal_of_its_own(folder: Project) -> None:
    done = folder.run("init", "--example", "try")
    assert done.code == 0, done.err
    assert {path.name for path in (folder.folder / "try").iterdir()} == {*EXAMPLE_FILES, ".gitignore"}
    planned = folder.run("-C", "try", "plan")
    assert "Plan: 31 to create, 14 to update, 0 to archive, 1 to associate, " in planned.out
    refused = folder.run("init", "--example", "--github", "other")
    assert refused.code == 1
    assert not (folder.folder / "other").exists()


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "init"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, b"seven\n7654321\ntickets\n")
        out, err = process.communicate(timeout=30)
    assert "write digits only" in err
    assert "portal_id: 7654321" in (tmp_path / "reconciler.yaml").read_text()
    assert "tickets" in out


def test_a_wheel_ships_everything_that_init_writes(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path)
    done = subprocess.run([*build, ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    shipped = tmp_path / "installed" / "reconciler" / "shipped"
    pages = (f"docs/{topic}.md" for topic in HELP_PAGES)
    for name in (*(f"manifests/{name}" for name in EXAMPLE_FILES), *WORKFLOWS, GITLAB, *pages):
        assert (shipped / name).read_bytes() == (ROOT / name).read_bytes()
    subprocess.run(
        [sys.executable, "-m", "reconciler", "init", "--example", "try"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "try" / "portal.json").exists()
