"""A protected environment also protects its portal in other environments."""

from pathlib import Path

from tests.support.projects import Project

SETTINGS = """\
version: 1
default: open
environments:
  open: {portal: emulator}
  careful: {portal: emulator, portal_id: 1000000, protected: true}
  other: {portal: emulator, portal_id: 2}
"""
MANIFEST = "object: products\nkey: hs_sku\nrecords:\n  P-1: {name: Sensor}\n"


def test_the_same_portal_by_another_name_takes_a_saved_plan_only(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("products.yaml", MANIFEST)

    refused = project.run("apply", "--auto-approve")
    by_name = project.run("-e", "careful", "apply", "--auto-approve")

    assert (refused.code, by_name.code) == (4, 4)
    assert refused.err.startswith(
        "environment open is protected, like careful, which is the same portal: only saved plans "
        "can be applied here\n"
    )
    assert by_name.err.startswith("environment careful is protected: only saved plans can be applied here\n")
    assert project.run("-e", "other", "apply", "--auto-approve").code == 0
    assert project.run("plan", "--out", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
