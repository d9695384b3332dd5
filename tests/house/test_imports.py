"""Allowed imports between the packages, and the modules that may use a library."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))

BASE = {"source", "errors", "sentences", "invisible_characters", "hosts", "json_values"}
KINDS = {"plan.kinds", "plan.records.changes", "plan.associations.changes", "plan.definitions.changes"}
"""The kinds of changes, and what is asked of the changes of each kind."""

ROOMS = {
    "source": set(),
    "hosts": set(),
    "sentences": set(),
    "suggestions": set(),
    "invisible_characters": set(),
    "json_values": set(),
    "errors": {"source", "invisible_characters", "model.object_references"},
    "encryption": BASE,
    "git_program": BASE,
    "spool": BASE | {"encryption"},
    "model": BASE,
    "plan": BASE | {"model", "suggestions"},
    "report": BASE
    | {
        "model",
        "plan.change",
        "plan.plan",
        "plan.rehearsal",
        "plan.summary",
        "plan.needed_definition",
        "plan.file",
    }
    | KINDS,
    "manifest": BASE | {"model", "suggestions"},
    "hubspot": BASE | {"model", "suggestions"},
    "probes": BASE | {"model", "hubspot"},
    "state": BASE
    | {"encryption", "git_program"}
    | {"model", "plan.change", "plan.plan", "plan.file.fields", "plan.file.cells"}
    | KINDS,
    "apply": BASE
    | KINDS
    | {
        "model",
        "plan.change",
        "plan.plan",
        "plan.values.equality",
        "plan.rests_on",
        "plan.batches",
        "plan.stages",
        "plan.definitions.held_values",
        "plan.definitions.unmade",
        "hubspot",
        "state",
    },
    "reconcile": BASE | {"model", "manifest", "hubspot", "plan", "apply", "state", "suggestions"},
    "project": BASE
    | {"model", "manifest", "state", "plan", "apply", "hubspot", "reconcile", "encryption", "suggestions"}
    | {
        "git_program",
        "spool",
        "emulator",
        "probes",
        "report.json_report",
        "report.mask",
        "report.view",
        "report.plan.guard_refusals",
        "report.run_report_reader",
    },
    "emulator": set(),
    "cli": BASE
    | {"project", "report", "emulator", "model", "suggestions"}
    # values that the commands pass on
    | {"plan.plan", "plan.rehearsal", "plan.file.format", "apply.options"},
}
"""What each room may import besides itself. The standard library is open to all."""

DOORS = {
    "click": {"cli"},
    "cryptography": {"encryption.py"},
    "deepdiff": {"plan/values/equality.py"},
    "duckdb": {"manifest/tables/sorted_rows.py"},
    "httpx": {"hubspot", "emulator/inprocess.py", "project/session.py", "project/webhook/send.py"},
    "jinja2": {"report/html/page.py"},
    "msgspec": {"plan/file/lines.py"},
    "orjson": {"hubspot", "emulator", "probes"},
    "pydantic": {
        "manifest/documents.py",
        "manifest/tables/source_settings.py",
        "hubspot/associations/responses.py",
        "hubspot/records/responses.py",
        "hubspot/transport/responses.py",
        "project/settings_file.py",
        "cli/settings_file.py",
    },
    "rich": {"cli"},
    "sqlalchemy": {"state"},
    "waitress": {"emulator/serve.py"},
    "werkzeug": {"emulator"},
    "ruamel": {"manifest/write.py"},
    "yaml": {"manifest/yaml/parser.py", "manifest/yaml/pieces.py", "manifest/yaml/tokens.py"},
}
"""Where each library may be met."""

PURE = {
    "model",
    "plan",
    "report",
    "source",
    "errors",
    "sentences",
    "suggestions",
    "invisible_characters",
    "hosts",
    "json_values",
}
WORLD = {"os", "pathlib", "time", "random", "logging", "socket", "subprocess", "threading", "io"}
"""What the pure rooms have no use for."""


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            yield str(node.module)


def room_of(module: Path) -> str:
    first = module.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_knows_only_its_neighbours(module: Path) -> None:
    room = room_of(module)
    if room in {"__init__", "__main__"}:
        return
    for name in imported(module):
        if name == "reconciler" or not name.startswith("reconciler."):
            continue
        inner = name.removeprefix("reconciler.")
        allowed = ROOMS[room] | {room}
        assert any(inner == other or inner.startswith(f"{other}.") for other in allowed), name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_met_only_at_its_door(module: Path) -> None:
    where = module.relative_to(PACKAGE).as_posix()
    for name in imported(module):
        top = name.partition(".")[0]
        if top == "reconciler" or top in sys.stdlib_module_names:
            continue
        assert any(where == door or where.startswith(f"{door}/") for door in DOORS[top]), f"{where}: {name}"


@pytest.mark.parametrize(
    "module", [m for m in MODULES if room_of(m) in PURE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_pure_rooms_do_not_touch_the_world(module: Path) -> None:
    assert not WORLD & {name.partition(".")[0] for name in imported(module)}
