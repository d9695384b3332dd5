"""The table of output formats: after a row is added, every command that shows something offers it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.report.renderers import RENDERERS, cannot_show
from tests.support.projects import ROOT, Project, example

ONE_ROW_MORE = """
import sys
from reconciler.report import renderers

def lines(view, *sizes):
    return "".join(f"{name}={size}\\n" for name, size in (*sizes, ("masks", view.masking.is_on)))

TOY = renderers.Renderer(
    "toy",
    "a toy",
    plan=lambda plan, view: lines(view, ("changes", len(plan.changes))),
    drift=lambda found, view: lines(view, ("drifted", len(found.values))),
    run=lambda run, view: lines(view, *run.accounting().items(), ("rows", len(run.rows))),
    file_option=renderers.FileOption("--toy", "Write a toy too.", "Write a toy of drift too."),
)
renderers.RENDERERS += (TOY,)

from reconciler.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


def with_a_toy(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command after adding a row to the table of forms."""
    return run_python(project, ONE_ROW_MORE, *arguments)


def run_python(project: Project, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in the folder of the project, in another process."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=project.folder,
        env=inherited | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def numbers(text: str) -> dict[str, str]:
    return dict(line.split("=") for line in text.splitlines())


def test_a_new_form_is_one_row_and_every_command_has_it(project: Project) -> None:
    planned = with_a_toy(project, "plan", "--format", "toy", "--toy", "plan.toy", "--out", "plan.json")
    shown = with_a_toy(project, "show", "plan.json", "--format", "toy", "--values", "show")
    applied = with_a_toy(project, "apply", "--auto-approve", "--format", "toy", "--report", "run.json")
    report = with_a_toy(project, "show", "run.json", "--format", "toy")
    drifted = with_a_toy(project, "drift", "--format", "toy", "--toy", "drift.toy")

    count = numbers(planned.stdout)["changes"]
    assert int(count) > 0
    assert (project.folder / "plan.toy").read_text() == planned.stdout
    assert numbers(shown.stdout) == {"changes": count, "masks": "False"}
    run = numbers(applied.stdout)
    assert (run["planned"], run["applied"], run["rows"], run["masks"]) == (count, count, count, "True")
    assert numbers(report.stdout) == run
    assert numbers(drifted.stdout) == {"drifted": "0", "masks": "True"}
    assert (project.folder / "drift.toy").read_text() == drifted.stdout


@pytest.mark.parametrize("command", ["plan", "rollback", "drift"])
def test_the_help_lists_the_new_form_and_the_option_that_writes_it(project: Project, command: str) -> None:
    reported = " ".join(with_a_toy(project, command, "--help").stdout.split())

    assert "[terminal|markdown|json|html|csv|toy]" in reported
    assert "JSON, a page, CSV for spreadsheets, or a toy." in reported
    assert f"--toy FILE Write a toy {'of drift ' if command == 'drift' else ''}too." in reported


def test_a_run_has_a_page_and_a_comment(project: Project) -> None:
    applied = project.run("apply", "--auto-approve", "--report", "run.json", "--format", "html")
    assert applied.code == 0
    assert applied.out.startswith("<!doctype html>")
    assert "102 planned = 102 applied." in applied.out

    shown = project.run("show", "run.json", "--html", "run.html", "--markdown", "run.md")
    assert shown.code == 0
    page, comment = (project.folder / "run.html").read_text(), (project.folder / "run.md").read_text()
    assert "102 planned = 102 applied." in page
    assert comment.startswith("<!-- reconciler run local 1000000 -->\n### Run: 102 planned = 102 applied\n")


def test_csv_is_written_by_every_command_that_shows_values(project: Project) -> None:
    planned = project.run("plan", "--csv", "plan.csv", "--out", "plan.json")
    shown = project.run("show", "plan.json", "--csv", "shown.csv", "--values", "show")
    applied = project.run("apply", "--auto-approve", "--report", "run.json")
    report = project.run("show", "run.json", "--csv", "run.csv")
    project.run("emulator", "edit", "companies/K-10012", "city=-1+1")
    drifted = project.run("drift", "--csv", "drift.csv")
    unnamed = project.run("import", "companies", "--check", "--csv", "unnamed.csv")
    codes = [done.code for done in (planned, shown, applied, report, drifted, unnamed)]
    assert codes == [0, 0, 0, 0, 2, 2], unnamed.err
    for name in ("plan", "shown", "run", "drift", "unnamed"):
        data = (project.folder / f"{name}.csv").read_bytes()
        assert data.startswith(b'\xef\xbb\xbf"address","name","link","property"'), name
        assert data.count(b"\n") == data.count(b"\r\n") > 1 or name != "drift"
    assert '"\'-1+1"' in (project.folder / "drift.csv").read_text()


def test_csv_of_an_import_lists_what_nobody_has_named(project: Project) -> None:
    refused = project.run("import", "companies", "--csv", "unnamed.csv", "--out", "x.yaml")
    assert refused.code == 1
    assert "give --check, or --out FILE.csv" in refused.err


def test_apply_prints_one_document_of_the_form_that_was_asked_for(project: Project) -> None:
    applied = project.run("apply", "--auto-approve", "--format", "markdown")

    assert applied.code == 0
    assert applied.out.startswith("<!-- reconciler run local 1000000 -->\n### Run: ")
    assert applied.out.count("<!-- reconciler") == 1


def test_a_plan_on_a_terminal_loads_no_other_form(project: Project) -> None:
    code = (
        "import sys; from reconciler.cli.main import main\n"
        "try: main(['plan'])\n"
        "finally: print(*sorted(name for name in sys.modules if name.startswith('reconciler.report.')))"
    )
    done = run_python(project, code)

    loaded = done.stdout.splitlines()[-1].split()
    assert "reconciler.report.terminal" in loaded
    assert [name for name in loaded if any(form in name for form in ("html", "markdown", "csv"))] == []


def test_every_form_and_every_option_has_a_name_of_its_own() -> None:
    names = [form.name for form in RENDERERS]
    options = [form.file_option.name for form in RENDERERS if form.file_option]

    assert len({*names}) == len(names)
    assert len({*options}) == len(options)
    assert {"terminal", "json"} <= {form.name for form in RENDERERS if form.acceptance is not cannot_show}
