"""requirements.lock contains exactly the packages that CI installs, with versions and hashes."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.projects import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = {
    canonicalize_name(found[1]): found[2]
    for found in re.finditer(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE)
}
EXTRAS = PROJECT["project"]["optional-dependencies"]
WANTED = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["build-system"]["requires"],
    *EXTRAS["postgres"],
    *EXTRAS["tables"],
]


@pytest.mark.parametrize("wanted", WANTED)
def test_every_dependency_is_locked_to_an_allowed_version(wanted: str) -> None:
    requirement = Requirement(wanted)
    assert requirement.specifier.contains(LOCKED[canonicalize_name(requirement.name)])


def locked(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("wanted", [*EXTRAS["release"], *PROJECT["build-system"]["requires"]])
def test_what_makes_a_release_is_locked(wanted: str) -> None:
    requirement = Requirement(wanted)
    found = re.search(
        rf"^{re.escape(requirement.name)}==([^ ;\\]+)", locked(".ci/release.lock"), flags=re.MULTILINE
    )
    assert found
    assert requirement.specifier.contains(found[1])


@pytest.mark.parametrize("lock", ["requirements.lock", ".ci/release.lock"])
def test_nothing_stands_there_but_versions_and_hashes(lock: str) -> None:
    line = r"#.*|[A-Za-z0-9._-]+==[^ ;\\]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
    for text in locked(lock).splitlines():
        assert re.fullmatch(line, text), text
    assert "://" not in locked(lock)
    assert "index" not in locked(lock)
    for block in re.split(r"^(?=[A-Za-z0-9])", locked(lock), flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block


def test_only_what_is_needed_is_locked() -> None:
    only_for_tests = {"pytest", "hypothesis", "mypy", "ruff", "bandit", "zizmor", "hubspot-api-client"}
    assert not only_for_tests & LOCKED.keys()


@pytest.mark.parametrize(
    ("name", "hole"),
    [("waitress", "3.0.0"), ("Jinja2", "3.1.5"), ("werkzeug", "3.0.5"), ("deepdiff", "8.6.0")],
)
def test_versions_with_known_holes_are_refused(name: str, hole: str) -> None:
    bounds = {
        Requirement(text).name: Requirement(text).specifier for text in PROJECT["project"]["dependencies"]
    }
    assert not bounds[name].contains(hole)


def test_nothing_is_installed_by_a_name_that_nobody_owns() -> None:
    """The project is not published on PyPI, so another person could register its name there."""
    texts = [
        path
        for folder in ("reconciler", "docs", ".github", ".ci", "manifests")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".md", ".yml", ".yaml", ".sh", ""}
    ]
    for path in [*texts, ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / ".pre-commit-hooks.yaml"]:
        assert not re.search(
            r"hubspot-reconciler\s*(\[|[=<>~]=|['\"`]?\s*$)", path.read_text(), flags=re.MULTILINE
        ), path
        assert not re.search(r"(pip|uv|pipx)[^\n]* install[^\n]*hubspot-reconciler", path.read_text()), path
