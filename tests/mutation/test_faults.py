"""The faults that are put into a module, and whether tests in a copy of the repository notice them."""

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutation.__main__ import main
from tests.mutation.faults import faults_of
from tests.mutation.modules import MODULES
from tests.mutation.trial import ROOT, Copy, copy_of_tree, opened

MODULE = '''"""What it does."""


def may(age: int, names: list[str]) -> bool:
    """Whether it may."""
    if age < 18 and not names:
        raise ValueError(f"{age + 1} is too young")
    for name in names:
        if name is None:
            continue
        print(name)
    return any(name in {"ada", "bob"} for name in names if name)
'''


def changed_lines(text: str) -> set[tuple[str, str]]:
    """Return every fault as its description and the changed line."""
    return {(fault.what, fault.text.splitlines()[fault.line - 1].strip()) for fault in faults_of(text)}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("lt becomes lte", "if (age <= 18) and not names:"),
        ("18 becomes 19", "if age < (19) and not names:"),
        ("and becomes or", "if (age < 18 or not names):"),
        ("forget a condition", "if (age < 18):"),
        ("forget a condition", "if (not names):"),
        ("forget the not", "if age < 18 and (names):"),
        ("turn the condition round", "if (not (age < 18 and (not names))):"),
        ("always", "if True:"),
        ("never", "if False:"),
        ("leave the step out", "pass"),
        ("stop instead of going on", "break"),
        ("is becomes isnot", "if (name is not None):"),
        ("any becomes all", "return (all((name in {'ada', 'bob'} for name in names if name)))"),
        ("in becomes notin", 'return any((name not in {"ada", "bob"}) for name in names if name)'),
        ("forget a member", "return any(name in ({'ada'}) for name in names if name)"),
        ("always", 'return any(name in {"ada", "bob"} for name in names if True)'),
    ],
)
def test_these_faults_are_planted(what: str, line: str) -> None:
    found = changed_lines(MODULE)
    assert (what, line.replace('{"ada", "bob"}', "{'ada', 'bob'}")) in {
        (reported, left.replace('{"ada", "bob"}', "{'ada', 'bob'}")) for reported, left in found
    }


def test_messages_and_docstrings_are_left_alone() -> None:
    for fault in faults_of(MODULE):
        assert ast.get_docstring(ast.parse(fault.text)) == "What it does."
        if "raise" in fault.text:
            assert 'raise ValueError(f"{age + 1} is too young")' in fault.text
        assert "def may(age: int, names: list[str]) -> bool:" in fault.text


def test_letters_beyond_ascii_move_no_place() -> None:
    found = changed_lines('x = "Zoë"; y = "é" == z and 1\n')
    assert ("eq becomes noteq", "x = \"Zoë\"; y = ('é' != z) and 1") in found


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_its_tests_exist(module: str) -> None:
    for path in (module, *MODULES[module]):
        assert (ROOT / path).exists(), path


def test_each_fault_of_a_module_is_another_one() -> None:
    faults = faults_of((ROOT / "reconciler/plan/guards.py").read_text())
    assert len(faults) > 20
    assert len({fault.text for fault in faults}) == len(faults)


TESTS = """
from toy import grown
def test_it() -> None:
    assert grown(18)
    assert not grown(17)
"""
TOY = "def grown(age: int) -> bool:\n    while age < 18 and age > 99:\n        pass\n    return age >= 18\n"


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    (tmp_path / "toy.py").write_text(TOY)
    (tmp_path / "test_toy.py").write_text(TESTS)
    with opened(tmp_path) as made:
        yield made


def test_a_fault_is_noticed_or_survives_and_leaves_nothing_behind(copy: Copy) -> None:
    assert copy.notices("toy.py", TOY.replace(">= 18", "> 18"), ["test_toy.py"], 60)
    assert not copy.notices("toy.py", TOY.replace("> 99", ">= 99"), ["test_toy.py"], 60)
    assert (copy.root / "toy.py").read_text() == TOY
    assert copy.notices("toy.py", TOY.replace(">= 18", "> 17 "), ["test_toy.py"], 60) is False
    # Text of the same length, written within the same second: Python must not use the cached bytecode.
    assert copy.notices("toy.py", TOY.replace(">= 18", "> 16 "), ["test_toy.py"], 60)


def test_a_fault_that_hangs_is_noticed(copy: Copy) -> None:
    began = time.monotonic()
    assert copy.notices(
        "toy.py", TOY.replace("while age < 18 and age > 99", "while True"), ["test_toy.py"], 3
    )
    assert time.monotonic() - began < 50


def test_tests_that_fail_anyway_notice_nothing(copy: Copy) -> None:
    (copy.root / "toy.py").write_text(TOY.replace(">= 18", "> 18"))
    with pytest.raises(SystemExit, match="fail without any fault"):
        copy.timeout_s(["test_toy.py"])


PLACE = """
import os, subprocess, sys
import reconciler
def test_place() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    assert reconciler.__file__.startswith(here)
    code = "import reconciler; print(reconciler.__file__)"
    found = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert found.stdout.startswith(here)
"""


def test_a_copy_holds_the_tree_and_its_own_package(tmp_path: Path) -> None:
    with copy_of_tree(tmp_path) as copy:
        values = Path("reconciler", "model", "canonical.py")
        assert (copy.root / values).read_text() == (ROOT / values).read_text()
        (copy.root / "test_place.py").write_text(PLACE)
        assert copy.run(["test_place.py"]), copy.log()


def test_a_module_that_is_not_listed_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["reconciler/nowhere.py"])
    assert refused.value.code == 2
    assert "is not among reconciler/model/canonical.py" in capsys.readouterr().err
