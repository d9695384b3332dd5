"""Allowed imports between the packages, and the modules that may use a library."""

import ast
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))

BASE = {"source", "errors", "sentences", "invisible_characters", "hosts", "json_values"}
KINDS = {"plan.kinds", "plan.records.changes", "plan.associations.changes", "plan.definitions.changes"}
"""Modules that define the kinds of changes, and functions for the changes of each kind."""

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
    "temporary": BASE,
    "spool": BASE | {"encryption", "temporary"},
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
    "manifest": BASE | {"model", "suggestions", "temporary"},
    "hubspot": BASE | {"model", "suggestions"},
    "probes": BASE | {"model", "hubspot"},
    "state": BASE
    | {"encryption", "git_program", "temporary"}
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
    # types that commands pass on
    | {"plan.plan", "plan.rehearsal", "plan.file.format", "apply.options"},
}
"""Packages and modules that each package may import besides itself; the standard library is open to all."""

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
"""Modules and packages that may import each library."""

TEMPORARY = {"temporary.py", "project/files.py", "project/rehearse.py", "state/git/seen.py"}
"""Modules that may make temporary files themselves: they explain the errors of those files."""

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
"""Modules of the standard library that packages without side effects do not need."""


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


@cache
def imports() -> list[tuple[str, str, str]]:
    """Return every import of the package: importing package, module, and imported name."""
    return [
        (room_of(module), module.relative_to(PACKAGE).as_posix(), name)
        for module in MODULES
        for name in imported(module)
    ]


def is_inside(name: str, places: Collection[str], separator: str) -> bool:
    return any(name == place or name.startswith(f"{place}{separator}") for place in places)


def test_a_room_knows_only_its_neighbours() -> None:
    forbidden = [
        f"{where}: {name}"
        for room, where, name in imports()
        if room not in {"__init__", "__main__"}
        and name.startswith("reconciler.")
        and not is_inside(name.removeprefix("reconciler."), ROOMS[room] | {room}, ".")
    ]
    assert len(imports()) > 5_000
    assert forbidden == []


def test_a_library_is_met_only_at_its_door() -> None:
    libraries = [
        (where, name, top)
        for _, where, name in imports()
        if (top := name.partition(".")[0]) != "reconciler" and top not in sys.stdlib_module_names
    ]
    assert len(libraries) > 50
    strangers = [(where, name) for where, name, top in libraries if not is_inside(where, DOORS[top], "/")]
    assert strangers == []


def test_errors_of_temporary_files_are_explained() -> None:
    assert {where for _, where, name in imports() if name.partition(".")[0] == "tempfile"} == TEMPORARY


def test_pure_rooms_do_not_touch_the_world() -> None:
    rooms = {room for room, _, _ in imports()}
    assert rooms >= PURE
    assert [
        f"{where}: {name}"
        for room, where, name in imports()
        if room in PURE and name.partition(".")[0] in WORLD
    ] == []
