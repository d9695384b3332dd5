import json
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import StateError
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.state.export_format import Export, export_lines
from reconciler.state.export_reader import parse_export
from reconciler.state.store import Store
from tests.support.journals import key, owned, ownership, start, writer
from tests.support.states import open_state

PORTAL = 7654321
ALL_COMPANIES = PruneRule("companies", "external_id", Prune.ALL)


def remember(store: Store, *records: OwnedRecord) -> None:
    with writer(store) as pen:
        pen.record_uncalled(pen.begin_run(start(0)), [], ownership(records))


def exported(store: Store) -> str:
    return "".join(store.export())


def test_an_export_is_sorted_json_with_a_record_a_line(store: Store) -> None:
    globex = owned("globex", "9002", {"b": "2", "a": None}, {"b": "two"})
    remember(store, replace(globex, is_protected=True), owned("acme", "9001"))
    with writer(store) as pen:
        pen.remember_pruning([PruneRule("tickets", "code", Prune.OURS), ALL_COMPANIES])

    text = exported(store)

    assert text == (
        f'{{"lineage":"{store.version().lineage}",\n'
        '"owned":[\n'
        '{"answered":{},"by":"external_id","key":"acme","object":"companies","origin":"created",'
        '"protected":false,"record_id":"9001","sent":{}},\n'
        '{"answered":{"b":"two"},"by":"external_id","key":"globex","object":"companies","origin":"created",'
        '"protected":true,"record_id":"9002","sent":{"a":null,"b":"2"}}\n'
        "],\n"
        '"pairs":[\n'
        "],\n"
        f'"portal_id":{PORTAL},\n'
        '"prune_rules":[\n'
        '{"by":"external_id","object":"companies","prune":"all"},\n'
        '{"by":"code","object":"tickets","prune":"true"}\n'
        "],\n"
        '"serial":1,\n'
        '"version":3}\n'
    )
    assert text == exported(store)


def test_an_empty_state_is_exported_and_imported(store: Store) -> None:
    text = exported(store)

    with writer(store) as pen:
        pen.import_state(parse_export(text))

    assert json.loads(text)["owned"] == []
    assert exported(store) == text


def test_an_export_moves_a_state_into_another_database(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    remember(store, owned("acme", "9001", {"name": "Ä \u0000"}), owned("ключ", by="code"))
    with writer(store) as pen:
        pen.remember_pruning([ALL_COMPANIES])
    text = exported(store)

    with closing(open_state("sqlite:///new.db", tmp_path_factory.mktemp("new"), PORTAL)) as new:
        with writer(new) as pen:
            pen.import_state(parse_export(text))

        assert exported(new) == text
        assert new.version() == store.version()
        assert new.prune_rules() == (ALL_COMPANIES,)


def test_importing_an_edited_export_replaces_what_is_owned_and_is_newer(
    store: Store, reopened: Callable[[], Store]
) -> None:
    remember(store, owned("acme", "9001"), owned("globex", "9002"))
    text = exported(store).replace('"9001"', '"9009"')
    remember(store, owned("initech", "9003"))

    with writer(store) as pen:
        pen.import_state(parse_export(text))

    later = reopened()
    assert later.version() == StateVersion(store.version().lineage, 3)
    assert [record.record_id for record in later.owned_in_order("companies", "external_id", None, 9)] == [
        "9009",
        "9002",
    ]


def test_an_export_with_two_entries_of_one_record_is_not_imported(store: Store) -> None:
    remember(store, owned("acme", "9001"), owned("globex", "9002"))
    before = exported(store)
    twice = (
        "contains record 9001 of companies twice, as companies/acme and as companies/globex: keep one of them"
    )

    with writer(store) as pen, pytest.raises(StateError, match=twice):
        pen.import_state(parse_export(before.replace('"9002"', '"9001"')))

    assert exported(store) == before


def test_a_state_of_another_lineage_or_portal_is_not_imported(store: Store) -> None:
    remember(store, owned("acme"))
    foreign = Export(PORTAL, StateVersion("another", 7), (), (owned("globex"),))
    elsewhere = Export(PORTAL + 1, StateVersion("another", 7), (), ())
    before = exported(store)

    with writer(store) as pen:
        with pytest.raises(StateError, match=r"has lineage another, but the present state has .*"):
            pen.import_state(foreign)
        with pytest.raises(StateError, match=f"exported from portal {PORTAL + 1}, not {PORTAL}: choose the"):
            pen.import_state(elsewhere)

    assert exported(store) == before


def test_removed_records_are_no_longer_owned_and_the_others_are(store: Store) -> None:
    remember(store, owned("acme"), owned("globex"))

    with writer(store) as pen:
        pen.remove([key("acme"), key("never there")])

    assert sorted(store.owned("companies", "external_id", ["acme", "globex"])) == ["globex"]
    assert store.version().serial == 2


def test_surgery_on_a_file_leaves_a_private_copy_of_before(tmp_path: Path) -> None:
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as store:
        remember(store, owned("acme"))
        before = exported(store)
        with writer(store) as pen:
            removed = pen.remove([key("acme")])
        with closing(open_state(f"sqlite:///{removed}", tmp_path, PORTAL)) as copy:
            assert exported(copy) == before

    assert removed == tmp_path / "state.db.20261122T164500000000Z.backup"
    assert stat.S_IMODE(removed.stat().st_mode) == 0o600


def test_a_copy_is_never_overwritten(tmp_path: Path) -> None:
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as store, writer(store) as pen:
        first = pen.remove([])
        assert first is not None
        before = first.read_bytes()

        with pytest.raises(StateError, match="file exists: check the folder"):
            pen.remove([])

    assert first.read_bytes() == before


def test_a_refused_import_leaves_no_copy(tmp_path: Path) -> None:
    with closing(open_state("sqlite:///state.db", tmp_path, PORTAL)) as store, writer(store) as pen:
        with pytest.raises(StateError):
            pen.import_state(Export(1, StateVersion(None, 0), (), ()))

        assert list(tmp_path.glob("*.backup")) == []


RECORD = (
    '{"answered":{},"by":"b","key":"k","object":"o","origin":"created","protected":true,"record_id":"1",'
    '"sent":{"name":"A"}}'
)


def document(
    owned_text: str = f"[{RECORD}]",
    *,
    serial: str = "1",
    version: str = "1",
    lineage: str = '"x"',
    rules: str = "[]",
) -> str:
    return (
        f'{{"lineage":{lineage},"owned":{owned_text},"portal_id":1,"prune_rules":{rules},'
        f'"serial":{serial},"version":{version}}}'
    )


def changed(old: str, new: str) -> str:
    return document(f"[{RECORD.replace(old, new)}]")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", r"this is not an exported state: it is not JSON \(line 1, column 2: Expecting"),
        ("[]", "this is not an exported state: an object is expected, not a list"),
        ("{}", "has format version None, but this reconciler reads format version 3: export the state again"),
        (document(version="4"), "has format version 4, but this reconciler reads format version 3"),
        (document(serial='"1"'), 'serial: a count is expected, not "1"'),
        (document(serial="true"), "serial: a count is expected, not true"),
        (document(lineage="null"), "lineage: text is expected, not null"),
        (document("{}"), "owned: a list is expected, not an object"),
        (document(rules="null"), "prune_rules: a list is expected, not null"),
        (document(rules="[7]"), r"prune_rules\[0\]: an object is expected, not this number"),
        (
            document(rules='[{"by":"b","object":"o","prune":true}]'),
            r"prune_rules\[0\]\.prune: text is expected, not true",
        ),
        (
            document(rules='[{"by":"b","object":"o","prune":"some"}]'),
            r'prune_rules\[0\]\.prune: "some" is none of false, true, all',
        ),
        (changed("true", '"yes"'), r"owned\[0\]\.protected: must be true or false"),
        (changed('"protected":true,', ""), r"owned\[0\]\.protected: is missing"),
        (document("[7]"), r"owned\[0\]: an object is expected, not this number"),
        (document(f"[{RECORD},{{}}]"), r"owned\[1\]\.object: is missing"),
        (
            changed("created", "found"),
            r'owned\[0\]\.origin: "found" is none of created, adopted',
        ),
        (changed(":{}", ":[]"), r"owned\[0\]\.answered: an object is expected, not a list"),
        (changed('"A"', "7"), r"owned\[0\]\.sent\.name: text is expected, not this number"),
        (changed('"k"', '""'), r"owned\[0\]\.key: must not be empty"),
        (document(f"[{RECORD},{RECORD}]"), "names o/k twice: keep one of them"),
    ],
)
def test_invalid_exports_name_the_place(text: str, complaint: str) -> None:
    with pytest.raises(StateError, match=complaint):
        parse_export(text)


names = st.text(min_size=1, max_size=8)
properties = names.filter(lambda name: not name.startswith(":"))  # ":" begins a section of definitions
values = st.dictionaries(names, st.none() | st.text(), max_size=4)


records = st.builds(
    OwnedRecord,
    key=st.builds(RecordAddress, names, properties, names),
    record_id=names.map(RecordId),
    origin=st.sampled_from(Origin),
    sent=values,
    answered=values,
    is_protected=st.booleans(),
)
rules = st.builds(PruneRule, names, names, st.sampled_from(Prune))


@given(
    version=st.builds(StateVersion, names, st.integers(min_value=0)),
    prune_rules=st.lists(rules),
    owned_records=st.lists(records, unique_by=lambda record: record.key),
)
def test_export_and_import_round_trip(
    version: StateVersion, prune_rules: list[PruneRule], owned_records: list[OwnedRecord]
) -> None:
    text = "".join(export_lines(7, version, prune_rules, owned_records))

    export = parse_export(text)

    assert (export.portal_id, export.version, export.prune_rules) == (7, version, tuple(prune_rules))
    assert list(export.owned) == owned_records
