"""The project of a state: the first run stores it, and only a command changes it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.state.export_reader import parse_export
from reconciler.state.store import Store
from tests.state.conftest import PORTAL
from tests.support.journals import Clock, start, writer
from tests.support.states import open_state


def begin(store: Store, project: str | None) -> None:
    with writer(store) as pen:
        pen.begin_run(replace(start(0), project=project))


def test_the_state_of_nobody_is_that_of_whoever_applies_first(
    store: Store, reopened: Callable[[], Store]
) -> None:
    assert store.project() is None
    begin(store, "acme-crm")
    assert reopened().project() == "acme-crm"


@pytest.mark.parametrize("later", ["globex", None, "acme-crm"])
def test_later_runs_leave_the_name_that_the_state_has(store: Store, later: str | None) -> None:
    begin(store, "acme-crm")
    begin(store, later)
    assert store.project() == "acme-crm"
    assert store.version().serial == 2


def test_a_project_that_gets_a_name_later_gives_it_to_its_state(store: Store) -> None:
    begin(store, None)
    assert store.project() == ""
    begin(store, "acme-crm")
    assert store.project() == "acme-crm"


@pytest.mark.parametrize("name", ["globex", None])
def test_a_state_is_adopted_by_a_persons_word(store: Store, name: str | None) -> None:
    begin(store, "acme-crm")
    with writer(store) as pen:
        pen.adopt_project(name)
    assert store.project() == (name or "")


def test_each_portal_of_a_database_is_of_its_own_project(url: str, tmp_path: Path, store: Store) -> None:
    begin(store, "acme-crm")
    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        begin(other, "globex")
        assert (store.project(), other.project()) == ("acme-crm", "globex")


def test_an_exported_state_takes_its_project_along(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    begin(store, "acme-crm")
    export = parse_export("".join(store.export()))
    with closing(open_state("sqlite:///new.db", tmp_path_factory.mktemp("new"), PORTAL)) as new:
        with writer(new) as pen:
            pen.import_state(export)
        assert new.project() == "acme-crm"
        later = Clock()
        later.sleep(60)
        with writer(new, later) as pen:
            pen.adopt_project("globex")
            pen.import_state(export)
        assert new.project() == "globex"


def test_a_state_that_is_dropped_is_nobodys(store: Store) -> None:
    begin(store, "acme-crm")
    with writer(store) as pen:
        pen.drop()
    assert store.project() is None
