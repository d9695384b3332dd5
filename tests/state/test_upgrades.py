"""A state of every older version is upgraded to the newest tables, and keeps its contents."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection, create_engine

from reconciler.apply.records.creation_evidence import NO_TIME
from reconciler.model.addresses import RecordId
from reconciler.model.labels import Label
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import is_association_change, is_whole
from reconciler.plan.change import Action, Change, ValueChange
from reconciler.state.store import Store, open_state
from reconciler.state.tables import SCHEMA_VERSION
from tests.state.conftest import PORTAL, new_database
from tests.support.old_states import VERSIONS, restore

Tables: TypeAlias = dict[str, Any]
"""Facts of the database about tables, columns, indexes and constraints, by name."""

WITH_ASSOCIATIONS = [version for version in VERSIONS if version >= 3]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A database: what is tested here is about its tables."""
    return new_database(request)


@pytest.fixture
def upgraded(url: str, tmp_path: Path, version: int) -> Iterator[Store]:
    """Open a state of ``version`` for writing."""
    restore(url, tmp_path, version)
    with closing(open_state(url, tmp_path, PORTAL)) as store:
        yield store


def test_every_version_before_the_present_one_is_kept() -> None:
    assert set(range(1, SCHEMA_VERSION)) <= set(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_upgraded_tables_are_those_of_a_new_state_on_sqlite(tmp_path: Path, version: int) -> None:
    old, new = "sqlite:///old/state.db", "sqlite:///new/state.db"
    restore(old, tmp_path, version)
    (tmp_path / "new").mkdir()

    assert tables_of(old, tmp_path) == tables_of(new, tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_upgraded_tables_are_those_of_a_new_state_on_postgresql(
    request: pytest.FixtureRequest, tmp_path: Path, version: int
) -> None:
    server = request.getfixturevalue("postgres")
    old, new = server.new_database(), server.new_database()
    restore(old, tmp_path, version)

    assert tables_of(old, tmp_path) == tables_of(new, tmp_path)


def test_owned_records_stay_owned_with_one_row_each(upgraded: Store, version: int) -> None:
    owned = {
        str(entry.record_id): (entry.key.text, entry.origin, dict(entry.sent), entry.is_protected)
        for object_name, by, _ in upgraded.owned_groups()
        for entry in upgraded.owned_in_order(object_name, by, "", 100)
    }

    by_id = ("companies/=9005", Origin.CREATED, {"city": "Berlin"}, True)
    by_key = ("companies/initech", Origin.ADOPTED, {"name": "Initech", "note": None}, True)
    hooli = {"external_id": "hooli-xyz", "name": "Hooli XYZ", "tier": "gold"}
    was_double = version < 4
    assert owned == {
        "9001": ("companies/acme", Origin.CREATED, {"name": "Acme SE", "phone": None}, False),
        "9003": ("companies/hooli-xyz", Origin.CREATED, hooli, False),
        "9005": by_id if was_double else by_key,
    } | (
        {"501": ("contacts/ada@acme.example", Origin.ADOPTED, {"firstname": "Ada"}, False)}
        if was_double
        else {}
    )
    assert upgraded.count() == len(owned)
    assert [(rule.object, rule.prune) for rule in upgraded.prune_rules()] == [("companies", "true")]


def test_the_state_of_another_portal_is_upgraded_beside_it(url: str, tmp_path: Path, version: int) -> None:
    restore(url, tmp_path, version)

    with closing(open_state(url, tmp_path, PORTAL + 1)) as other:
        (acme,) = other.owned_by_id("companies", [RecordId("9001")]).values()
        assert (acme.origin, acme.is_protected) == (Origin.ADOPTED, True)
        assert [header.status for header in other.runs()] == ["finished"]


@pytest.mark.parametrize("version", WITH_ASSOCIATIONS, indirect=True)
def test_associations_follow_the_key_that_is_left_of_their_records(upgraded: Store, version: int) -> None:
    found = {
        (
            pair.source.address.text,
            pair.target.address.text,
            pair.label and pair.label.text,
            pair.origin,
            pair.is_whole,
        )
        for pair in upgraded.pairs("companies", "contacts")
    }

    initech = "companies/=9005" if version < 4 else "companies/initech"
    assert found == {
        ("companies/acme", "contacts/ada@acme.example", None, Origin.CREATED, True),
        ("companies/acme", "contacts/bob@acme.example", "Billing", Origin.CREATED, False),
        (initech, "contacts/bob@acme.example", None, Origin.ADOPTED, False),
    }


def test_batches_that_were_open_can_still_be_settled(upgraded: Store, version: int) -> None:
    found = [
        (batch.number, [(number, change.record.text) for number, change in batch.entries])
        for batch in upgraded.unfinished()
    ]

    without_associations = [(0, [(1, "companies/hooli-xyz")]), (1, [(2, "companies/wayne")])]
    associated = [(2, [(3, "companies/hooli-xyz")])] if version in WITH_ASSOCIATIONS else []
    assert found == without_associations + associated


def test_the_journal_keeps_its_runs_with_the_values_from_before(upgraded: Store, version: int) -> None:
    last, *_, second, first = upgraded.runs()
    past = upgraded.past_run(second.id)
    _, (renamed, _) = upgraded.past_run(first.id).applied[0], past.applied[0]

    assert (last.status, first.status, second.status) == ("running", "finished", "interrupted")
    assert last.rolls_back == (None if version == 1 else first.id)
    assert upgraded.last_commit() == (None if version == 1 else "5f0c2e1")
    assert isinstance(renamed, Change)
    assert renamed.action is Action.UPDATE
    assert renamed.moved_from is not None
    assert (renamed.moved_from.by, renamed.moved_from.value) == ("external_id", "hooli")
    assert {(value.name, value.before, value.after) for value in renamed.values} == {
        ("external_id", "hooli", "hooli-xyz"),
        ("name", "Hooli ", "Hooli XYZ"),
    }
    assert past.forgotten == 0


def test_what_state_forgot_is_told_from_what_it_learned(tmp_path: Path) -> None:
    restore("sqlite:///old/state.db", tmp_path, 4)
    both = {"name": ["A", "A", "in step", None], "note": ["1", "2", "unmanaged", None]}
    with closing(sqlite3.connect(tmp_path / "old/state.db")) as connection, connection:
        connection.execute("UPDATE changes SET in_step = ? WHERE action = 'adopt'", [json.dumps(both)])

    with closing(open_state("sqlite:///old/state.db", tmp_path, PORTAL)) as store:
        *_, second, first = store.runs()
        changes = [change for run in (first, second) for change, _ in store.past_run(run.id).applied]

    reported = {
        change.record.value: (names_of(change.remembered), names_of(change.forgotten))
        for change in changes
        if change.action in {Action.ADOPT, Action.RELEASE} and change.details is None
    }
    assert reported == {"initech": (["name"], ["note"]), "vandelay": ([], ["name"])}


@pytest.mark.parametrize("version", WITH_ASSOCIATIONS, indirect=True)
def test_changes_of_associations_are_creates_and_archives_like_all_others(upgraded: Store) -> None:
    *_, second, _ = upgraded.runs()
    changes = [change for change, _ in upgraded.past_run(second.id).applied]

    reported = [
        (change.action, str(change.association), change.association.label, is_whole(change))
        for change in changes
        if is_association_change(change)
    ]
    billing = Label("USER_DEFINED", 7, "Billing")
    assert reported[:3] == [
        (Action.CREATE, "companies/acme#contacts/ada@acme.example", None, True),
        (Action.CREATE, "companies/acme#contacts/bob@acme.example", billing, False),
        (Action.ARCHIVE, "companies/hooli-xyz#contacts/ada@acme.example", billing, True),
    ]
    assert [row.action for row in upgraded.run(second.id).rows if row.target] == [
        "associate",
        "associate",
        "dissociate",
        "adopt",
    ]


def test_of_calls_whose_time_nobody_wrote_down_it_is_known_that_they_may_have_left(
    upgraded: Store, version: int
) -> None:
    sent = {moment for batch in upgraded.unfinished() for moment in batch.sent.values()}

    assert (NO_TIME in sent) is (version < 4)


def names_of(values: tuple[ValueChange, ...]) -> list[str]:
    return [value.name for value in values]


def tables_of(url: str, project: Path) -> Tables:
    """Return the facts about the tables in the database at ``url``, after it was opened for writing."""
    open_state(url, project, PORTAL).close()
    engine = create_engine(url.replace("sqlite:///", f"sqlite:///{project}/"))
    with engine.connect() as connection:
        found = dict(
            _of_sqlite(connection) if engine.dialect.name == "sqlite" else _of_postgresql(connection)
        )
    engine.dispose()
    return found


def _rows(connection: Connection, query: str) -> list[Any]:
    return list(connection.exec_driver_sql(query))


def _of_sqlite(connection: Connection) -> Iterator[tuple[str, Any]]:
    listed = _rows(connection, "SELECT name, type, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_auto%'")
    for name, kind, sql in listed:
        if kind == "index":
            columns = [row[2] for row in _rows(connection, f"PRAGMA index_info({name})")]
            where = sql.partition(" WHERE ")[2]
            yield name, (sql.startswith("CREATE UNIQUE"), columns, where)
            continue
        for _, column, type_name, is_required, default, place in _rows(
            connection, f"PRAGMA table_info({name})"
        ):
            yield f"{name}.{column}", (_affinity(type_name), is_required, default, place)
        keys = _rows(connection, f"PRAGMA foreign_key_list({name})")
        has_rowid = not sql.rstrip().endswith("WITHOUT ROWID")
        yield name, (has_rowid, sorted(tuple(row[2:]) for row in keys))


def _affinity(type_name: str) -> str:
    """Return the affinity that SQLite derives from a type name: only some letters of the name matter."""
    if "INT" in type_name:
        return "integer"
    return "text" if re.search("CHAR|CLOB|TEXT", type_name) else "numeric"


def _of_postgresql(connection: Connection) -> Iterator[tuple[str, Any]]:
    columns = (
        "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public'"
    )
    for table, column, *rest in _rows(connection, columns):
        yield f"{table}.{column}", tuple(rest)
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    yield from (tuple(row) for row in _rows(connection, indexes))
    constraints = (
        "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace"
    )
    yield from (tuple(row) for row in _rows(connection, constraints))
