"""No path in a pull request leads out of the project folder, or to anything hidden."""

from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\nenvironments:\n  local: {portal: emulator}\n"
SECRET = "aws-5eCr3t"
HEAD = "object: companies\nkey: external_id\n"
MANIFEST = f"{HEAD}records: {{}}\n"
OUTSIDE = "is outside the project folder"
HIDDEN = "is hidden, or is in a hidden folder"
ADVICE = "put the file into the folder of reconciler.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Create a project among other files, in a folder below a hidden one."""
    for name in ("other/secret.yaml", "other/secret.csv", "other/secret.json", "shared/a.yaml"):
        (tmp_path / ".home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".home" / name).write_text(f"{SECRET}: {SECRET}\n")
    made = Project(tmp_path / ".home" / "project")
    made.write("reconciler.yaml", SETTINGS)
    made.write("a.yaml", MANIFEST)
    for name in (".env", ".git/config", ".secret/x.csv", ".secret/x.yaml", ".secret/x.json"):
        made.write(name, f"{SECRET}={SECRET}\n")
    return made


def refused(project: Project, *faults: str) -> None:
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        done = project.run(*command)
        assert done.code == 1
        assert all(fault in done.err for fault in faults), done.err
        assert ADVICE in done.err
        assert SECRET not in done.err + done.out


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (".env", HIDDEN),
        (".git/config", HIDDEN),
        ("./.env", HIDDEN),
        ("data/../.env", HIDDEN),
        (".secret/x.csv", HIDDEN),
        ("data/.hidden/x.csv", HIDDEN),
        ("{folder}/.env", HIDDEN),
        ("../other/secret.csv", OUTSIDE),
        ("data/../../other/secret.csv", OUTSIDE),
        ("{folder}/../other/secret.csv", OUTSIDE),
        ("/proc/self/environ", OUTSIDE),
        ("/dev/stdin", OUTSIDE),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_rows_come_from_the_project_alone(project: Project, path: str, fault: str, kind: str) -> None:
    (project.folder / "data" / ".hidden").mkdir(parents=True)
    (project.folder / "data" / ".hidden" / "x.csv").write_text("external_id\na\n")
    written = path.format(folder=project.folder)
    project.write("a.yaml", f"{HEAD}source: {{{kind}: '{written}'}}\n")

    named = written.removeprefix("./")
    refused(project, fault, f'"{named[:40]}')  # a temporary folder's long name is cut short in messages


@pytest.mark.parametrize(
    ("leads", "fault"),
    [
        (".env", HIDDEN),
        (".git/config", HIDDEN),
        ("../other/secret.csv", OUTSIDE),
        ("/proc/self/environ", OUTSIDE),
        ("step", OUTSIDE),
        ("into/secret.csv", OUTSIDE),
    ],
)
def test_rows_behind_a_link_come_from_the_project_alone(project: Project, leads: str, fault: str) -> None:
    (project.folder / "into").symlink_to("../other")
    (project.folder / "step").symlink_to("into/secret.csv")
    (project.folder / "rows.csv").symlink_to(leads)
    project.write("manifests/a.yaml", f"{HEAD}source: {{csv: rows.csv}}\n")
    project.write("reconciler.yaml", f"{SETTINGS}manifests: [manifests]\n")

    refused(project, f'"rows.csv" {fault}')


@pytest.mark.parametrize(
    ("folder", "fault"),
    [
        ("../shared", OUTSIDE),
        ("..", OUTSIDE),
        ("/", OUTSIDE),
        ("/etc", OUTSIDE),
        ("./../shared", OUTSIDE),
        (".secret", HIDDEN),
        (".git", HIDDEN),
        ("sub/.secret", HIDDEN),
        ("away", OUTSIDE),
        ("within", HIDDEN),
    ],
)
@pytest.mark.parametrize("place", ["manifests: ['{}']\n", None])
def test_manifests_come_from_the_project_alone(
    project: Project, folder: str, fault: str, place: str | None
) -> None:
    (project.folder / "away").symlink_to("../shared")
    (project.folder / "within").symlink_to(".secret")
    (project.folder / "sub" / ".secret").mkdir(parents=True)
    of_project = SETTINGS + (place or "").format(folder)
    of_environment = SETTINGS.replace("emulator}", f"emulator, manifests: ['{folder}']}}")
    project.write("reconciler.yaml", of_project if place else of_environment)

    refused(project, f'the folder "{folder}" {fault}')


@pytest.mark.parametrize(
    ("name", "leads", "fault"),
    [
        ("b.yaml", "../other/secret.yaml", OUTSIDE),
        ("b.yaml", ".secret/x.yaml", HIDDEN),
        ("b.yaml", ".env", HIDDEN),
        ("b.yaml", "/proc/self/environ", OUTSIDE),
        ("b.yaml", "chain", OUTSIDE),
        ("b.yml", "../other/secret.yaml", OUTSIDE),
        ("deep/b.yaml", "../../other/secret.yaml", OUTSIDE),
        ("sub", "../other", OUTSIDE),
        ("sub", ".secret", HIDDEN),
        ("deep/sub", "../..", OUTSIDE),
        ("sub\nb", "../other", OUTSIDE),
    ],
)
def test_linked_manifests_come_from_the_project_alone(
    project: Project, name: str, leads: str, fault: str
) -> None:
    (project.folder / "deep").mkdir()
    (project.folder / "chain").symlink_to("../other/secret.yaml")
    (project.folder / name).symlink_to(leads)

    shown = name if name.isprintable() else ascii(name)
    refused(project, f"{shown} is a link, and its target {fault}")


@pytest.mark.parametrize(
    ("seed", "fault"),
    [
        ("../other/secret.json", OUTSIDE),
        ("/proc/self/environ", OUTSIDE),
        (".env", HIDDEN),
        (".secret/x.json", HIDDEN),
        ("link.json", OUTSIDE),
    ],
)
def test_a_seed_comes_from_the_project_alone(project: Project, seed: str, fault: str) -> None:
    (project.folder / "link.json").symlink_to("../other/secret.json")
    project.write("reconciler.yaml", SETTINGS.replace("emulator}", f"emulator, seed: '{seed}'}}"))

    refused(project, f"{seed} {fault}")


@pytest.mark.parametrize(
    ("leads", "fault"), [("../other/secret.yaml", OUTSIDE), (".env", HIDDEN), ("/proc/self/environ", OUTSIDE)]
)
def test_the_project_file_is_the_projects_own(project: Project, leads: str, fault: str) -> None:
    (project.folder / "reconciler.yaml").unlink()
    (project.folder / "reconciler.yaml").symlink_to(leads)

    done = project.run("plan")

    assert (done.code, done.err) == (
        1,
        f"reconciler.yaml is a link, and its target {fault}\n    put the file itself in place of the link\n",
    )


def test_links_within_the_project_and_a_link_to_the_project_are_followed(
    project: Project, tmp_path: Path
) -> None:
    project.write("data/rows.csv", "external_id,name\na,Acme\n")
    (project.folder / "rows.csv").symlink_to("data/rows.csv")
    project.write("b.yaml", f"{HEAD}source: {{csv: rows.csv}}\n")
    project.write("clients/acme/c.yaml", MANIFEST)
    (project.folder / "acme").symlink_to("clients/acme")
    (tmp_path / "way").symlink_to(project.folder)

    assert Project(tmp_path / "way").run("validate").code == 0
    assert project.run("validate").code == 0
    assert project.run("-C", str(tmp_path / "way"), "validate").code == 0
