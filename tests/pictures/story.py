"""The plan in the pictures: the example project, after people have worked in HubSpot and on the manifests."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.plan.change import ValueChange
from reconciler.plan.plan import Plan
from reconciler.project.plan_files import read_plan
from tests.support.projects import Project, example

PLANNED_AT = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
EDITED_AT = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)

EDITS = (("companies/K-10012", "phone=+49 89 99998 110", "city=Kempten (Allgäu)"),)
"""Changes that people made in HubSpot: address, then properties."""

REPLACED = (
    ("deals.yaml", "jonas@inntal-sensorik.example", "mira@inntal-sensorik.example"),
    ("companies.yaml", "between 6 and 9 in the morning, gate 3", "between 6 and 8 in the morning, gate 4"),
)
"""Changes that people made in manifests."""

PRODUCT = """
  SV-REMOTE:
    name: Remote calibration
    price: 240.00
"""


def planned(folder: Path) -> Plan:
    """Make the plan in ``folder``; it is the same each time."""
    project = example(folder)
    _do(project, "apply", "--auto-approve")
    for address, *values in EDITS:
        _do(project, "emulator", "edit", address, *values)
    _edit_manifests(project)
    _do(project, "plan", "--out", "plan.json")
    return _at_fixed_times(read_plan(project.folder / "plan.json"))


def _edit_manifests(project: Project) -> None:
    """Jonas leaves, and Mira takes over; a delivery note changes; there is a new product."""
    for name, old, new in REPLACED:
        path = project.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    products = project.folder / "products.yaml"
    products.write_text(products.read_text().rstrip("\n") + "\n" + PRODUCT)


def _do(project: Project, *arguments: str) -> None:
    done = project.run(*arguments)
    assert done.code == 0, f"{arguments}\n{done.out}\n{done.err}"


def _at_fixed_times(plan: Plan) -> Plan:
    return replace(
        plan,
        created_at=PLANNED_AT,
        tool_version="1.0.0",
        changes=tuple(
            replace(change, values=tuple(map(_edited_then, change.values))) for change in plan.changes
        ),
    )


def _edited_then(value: ValueChange) -> ValueChange:
    return replace(value, changed=value.changed and replace(value.changed, at=EDITED_AT))
