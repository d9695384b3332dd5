"""The environments to which a document of a manifest applies.

A document must name environments that exist. Environments with the same portal must use the same documents.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ManifestError, Severity
from reconciler.manifest.documents import read_manifest
from reconciler.manifest.environments import ListedEnvironment, glob_problems, holds_in
from reconciler.manifest.load import load_manifests
from reconciler.model.desired import Desired
from tests.manifest.reading import FILES, HEAD, load, project, refused, reported, wanted

COMPANIES = HEAD + "records:\n  acme: {name: Acme}\n"
DEALS = "object: deals\nkey: external_id\nrecords:\n  d1: {amount: 12.10}\n"
ONE_PORTAL = "environments a and b have the same portal: each would undo the changes of the other"
NAMES = ("local", "prod-eu", "prod-us")


@pytest.mark.parametrize(
    ("globs", "places"),
    [
        ("[lcoal]", ["5:16"]),
        ("[LOCAL]", ["5:16"]),
        ('["staging*", "prod"]', ["5:16", "5:28"]),
        ("[prod-]", ["5:16"]),
    ],
)
def test_a_document_that_holds_nowhere_is_an_error_at_its_line(
    tmp_path: Path, globs: str, places: list[str]
) -> None:
    project(tmp_path, {"a.yaml": f"{COMPANIES}environments: {globs}\n", "b.yaml": DEALS})
    problems = refused(tmp_path)
    assert [str(problem.source).removeprefix("a.yaml:") for problem in problems] == places
    assert all("this document would never be used" in problem.message for problem in problems)
    assert all("known here: local, prod-eu, prod-us" in (problem.advice or "") for problem in problems)


def test_a_mistyped_environment_is_told_which_one_was_meant(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": f"{COMPANIES}environments: [lcoal]\n"})
    (problem,) = refused(tmp_path)
    assert problem.advice == 'did you mean "local"? known here: local, prod-eu, prod-us'


@pytest.mark.parametrize("globs", ["[local, lcoal]", '["stag*", "prod-*"]', "[prod-eu, local, PROD-US]"])
def test_a_glob_that_matches_nothing_beside_others_that_do_is_a_warning(tmp_path: Path, globs: str) -> None:
    project(tmp_path, {"a.yaml": f"{COMPANIES}environments: {globs}\n"})
    (warning,) = load(tmp_path).problems
    assert (warning.severity, warning.source and warning.source.line) == (Severity.WARNING, 5)
    assert warning.message.endswith("matches no environment of reconciler.yaml")


def test_a_warning_is_told_beside_what_is_wrong(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": f"{HEAD}environments: [local, x]\nrecords: {{acme: {{Name: x}}}}\n"})
    assert reported(refused(tmp_path)) == [
        'a.yaml:3:23: "x" matches no environment of reconciler.yaml',
        'a.yaml:4:18: "Name" is a label, not a property name',
    ]


def test_a_record_id_in_a_document_that_holds_nowhere_is_told_once(tmp_path: Path) -> None:
    text = "object: deals\nenvironments: [x]\nkey: record_id\nrecords: {1: {}}\n"
    project(tmp_path, {"a.yaml": text})
    (problem,) = refused(tmp_path)
    assert "matches no environment" in problem.message


_GLOBS = st.lists(
    st.text("lprod-eusca*?[]", min_size=1, max_size=8) | st.sampled_from(NAMES), min_size=1, max_size=4
)


@given(_GLOBS)
def test_whether_a_document_holds_nowhere_decides_how_much_an_idle_glob_weighs(globs: list[str]) -> None:
    listed = ", ".join(f"'{glob}'" for glob in globs)
    read = read_manifest(f"{COMPANIES}environments: [{listed}]\n".encode(), FILES, 0)
    (document,) = read.documents
    problems = tuple(glob_problems(document, NAMES, FILES))
    if any(holds_in(document, name) for name in NAMES):
        assert all(problem.severity is Severity.WARNING for problem in problems)
        assert len(problems) < len(globs)
    else:
        assert len(problems) == len(globs)
        assert all(problem.severity is Severity.ERROR for problem in problems)


def shared(
    folder: Path,
    one: tuple[str, ...],
    other: tuple[str, ...],
    environments: tuple[str, ...] = ("a", "b", "c"),
) -> Desired:
    """Load the manifests for ``a``, which has the same portal as ``b``."""
    listed = (
        ListedEnvironment("a", 1, one),
        ListedEnvironment("b", 1, other),
        ListedEnvironment("c", 2, one),
    )
    return load_manifests(folder, one, "a", environments, listed)


def refused_to_share(folder: Path, one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        shared(folder, one, other)
    assert all("--target" in (problem.advice or "") for problem in caught.value.problems)
    return reported(caught.value.problems)


def test_environments_of_one_portal_with_other_folders_are_refused(tmp_path: Path) -> None:
    project(tmp_path, {"x/a.yaml": COMPANIES, "y/b.yaml": DEALS, "both/c.yaml": DEALS})
    assert refused_to_share(tmp_path, ("both", "x"), ("both", "y")) == [
        f"x/a.yaml:1:1: {ONE_PORTAL}, and only a has the documents of this file"
    ]
    assert refused_to_share(tmp_path, ("both",), ("both", "y")) == [
        f"y/b.yaml:1:1: {ONE_PORTAL}, and only b has the documents of this file"
    ]


def test_environments_of_one_portal_with_folders_in_another_order_are_refused(tmp_path: Path) -> None:
    project(tmp_path, {"x/a.yaml": COMPANIES, "y/b.yaml": DEALS})
    assert refused_to_share(tmp_path, ("x", "y"), ("y", "x")) == [
        f"None: {ONE_PORTAL}, and their `manifests:` differ: [x, y] and [y, x]"
    ]


@pytest.mark.parametrize(
    ("globs", "only"),
    [("[a]", "a"), ("[b]", "b"), ('["[ac]"]', "a"), ("[c, b]", "b")],
)
def test_environments_of_one_portal_with_a_document_that_only_one_has_are_refused(
    tmp_path: Path, globs: str, only: str
) -> None:
    project(tmp_path, {"a.yaml": f"{COMPANIES}---\n{DEALS}environments: {globs}\n"})
    assert refused_to_share(tmp_path, (".",), (".",))[0] == (
        f"a.yaml:6:1: {ONE_PORTAL}, and only {only} has this document"
    )


@pytest.mark.parametrize("globs", ['["*"]', "[a, b]", "[b, a, c]", '["[ab]"]', "[c]"])
def test_environments_of_one_portal_with_the_same_documents_are_taken(tmp_path: Path, globs: str) -> None:
    project(tmp_path, {"a.yaml": COMPANIES, "b.yaml": f"{DEALS}environments: {globs}\n"})
    assert "companies/acme" in wanted(shared(tmp_path, (".",), ("./",)))


@pytest.mark.parametrize("environment", ["a", "b", "c"])
def test_record_ids_hold_in_all_environments_of_one_portal(tmp_path: Path, environment: str) -> None:
    text = "object: deals\nenvironments: [a, b]\nkey: record_id\nrecords: {1: {}}\n"
    project(tmp_path, {"a.yaml": text})
    listed = tuple(ListedEnvironment(name, portal, (".",)) for name, portal in (("a", 1), ("b", 1), ("c", 2)))
    desired = load_manifests(tmp_path, ["."], environment, ["a", "b", "c"], listed)
    assert wanted(desired) == ({"deals/=1": {}} if environment != "c" else {})


def test_record_ids_do_not_hold_in_two_portals(tmp_path: Path) -> None:
    text = "object: deals\nenvironments: [a, c]\nkey: record_id\nrecords: {1: {}}\n"
    project(tmp_path, {"a.yaml": text})
    listed = (ListedEnvironment("a", 1, (".",)), ListedEnvironment("c", 2, (".",)))
    with pytest.raises(
        ManifestError, match=("can be used in only one environment, but this document is for a, c")
    ):
        load_manifests(tmp_path, ["."], "a", ["a", "c"], listed)
