"""The public API is complete and sorted, and ``import reconciler`` is fast."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import reconciler

DOOR = Path(reconciler.__file__)


def imported_for_types() -> dict[str, str]:
    """Return the public names as type checkers see them, with the modules that define them."""
    return {
        alias.name: str(node.module)
        for node in ast.walk(ast.parse(DOOR.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("reconciler.")
        for alias in node.names
    }


def test_the_list_of_names_is_sorted_and_complete() -> None:
    assert reconciler.__all__ == sorted(reconciler.__all__)
    assert set(reconciler.__all__) == {*imported_for_types(), "__version__"}


@pytest.mark.parametrize("name", reconciler.__all__)
def test_a_name_leads_to_what_type_checkers_see(name: str) -> None:
    value = getattr(reconciler, name)
    if name == "__version__":
        return
    defining = sys.modules[imported_for_types()[name]]
    assert value is getattr(defining, name)
    assert getattr(value, "__module__", defining.__name__) in {defining.__name__, "types", "typing"}


def test_every_class_and_function_of_the_door_has_a_docstring() -> None:
    for name in reconciler.__all__:
        value = getattr(reconciler, name)
        if isinstance(value, type) or callable(value):
            assert (value.__doc__ or "").strip(), name


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Projekt'"):
        reconciler.Projekt  # noqa: B018 - that there is none is the test


def test_passing_the_door_imports_nothing_else() -> None:
    code = "import reconciler, sys; print([name for name in sys.modules if name.startswith('reconciler.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_opening_a_project_imports_neither_network_nor_state(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\nenvironments: {it: {portal: emulator}}\n")
    (tmp_path / "a.yaml").write_text("object: products\nkey: hs_sku\nrecords:\n  P-1: {name: Sensor}\n")
    code = (
        "import sys; from reconciler import Project; Project.open().environment().validate(); "
        "print(sorted({'httpx', 'sqlalchemy', 'click', 'rich', 'werkzeug'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
