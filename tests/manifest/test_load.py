"""Loading folders of manifests into the desired records of one environment."""

import gc
import random
import tempfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ManifestError
from reconciler.model.desired_records import NO_DIRECTIVES, Ownership, RecordDirectives, Write
from tests.manifest.reading import HEAD, load, project, refused, reported, wanted
from tests.support.people import as_nobody

COMPANIES = HEAD + "records:\n  acme: {name: Acme}\n"
DEALS = "object: deals\nkey: external_id\nrecords:\n  d1: {amount: 12.10}\n"


def test_records_are_grouped_by_object_and_key_and_sorted(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "a.yaml": DEALS + "---\n" + HEAD + "records: {b: {}, B: {}}\n",
            "b.yaml": HEAD + "records: {a: {}}\n",
            "c.yaml": "object: company\nkey: record_id\nenvironments: [local]\nrecords: {12: {name: x}}\n",
        },
    )
    desired = load(tmp_path)
    assert [(group.object, group.key) for group in desired.groups] == [
        ("companies", "external_id"),
        ("companies", "record_id"),
        ("deals", "external_id"),
    ]
    assert list(wanted(desired)) == ["companies/B", "companies/a", "companies/b", "companies/=12", "deals/d1"]
    assert desired.record_count == 5


def test_places_name_files_from_the_project_folder(tmp_path: Path) -> None:
    project(tmp_path, {"sub/a.yaml": COMPANIES, "b.yaml": DEALS})
    desired = load(tmp_path)
    record = next(iter(desired.groups[0].records))
    assert str(desired.files.ref(record.place)) == "sub/a.yaml:4:3"
    assert str(desired.files.ref(record.places[0])) == "sub/a.yaml:4:16"
    assert str(desired.files.ref(record.document.place)) == "sub/a.yaml:1:1"


@pytest.mark.parametrize(
    ("globs", "environment", "holds"),
    [
        ("[local]", "local", True),
        ("[local]", "prod-eu", False),
        ('["prod*"]', "prod-us", True),
        ("[prod-?s, x]", "prod-us", True),
        ("[x, prod-?s]", "prod-eu", False),
        ("[LOCAL, prod-eu]", "local", False),
    ],
)
def test_a_document_holds_where_its_environments_say(
    tmp_path: Path, globs: str, environment: str, holds: bool
) -> None:
    project(tmp_path, {"a.yaml": f"{COMPANIES}environments: {globs}\n"})
    assert load(tmp_path, environment=environment).record_count == int(holds)


def test_a_document_for_another_environment_is_checked_all_the_same(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": HEAD + "environments: [prod-eu]\nrecords: {acme: {Name: x}}\n"})
    assert reported(refused(tmp_path)) == ['a.yaml:4:18: "Name" is a label, not a property name']


def test_one_record_may_differ_between_environments(tmp_path: Path) -> None:
    text = "".join(
        f"---\n{HEAD}environments: [{name}]\nrecords: {{acme: {{tier: {name}}}}}\n"
        for name in ("local", "prod-eu")
    )
    project(tmp_path, {"a.yaml": text})
    assert wanted(load(tmp_path)) == {"companies/acme": {"tier": "local"}}
    assert wanted(load(tmp_path, environment="prod-eu")) == {"companies/acme": {"tier": "prod-eu"}}


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("", "all environments"),
        ('environments: ["prod*"]\n', "prod-eu, prod-us"),
        ("environments: [local, prod-eu]\n", "local, prod-eu"),
    ],
)
def test_record_ids_hold_in_exactly_one_environment(tmp_path: Path, line: str, where: str) -> None:
    project(tmp_path, {"a.yaml": f"object: deals\n{line}key: record_id\nrecords: {{1: {{}}}}\n"})
    (problem,) = refused(tmp_path)
    number = 3 if line else 2
    assert reported([problem]) == [
        (
            f"a.yaml:{number}:6: `key: record_id` can be used in only one environment, but this "
            f"document is for {where}"
        )
    ]
    assert problem.advice == "write `environments:` so that it matches exactly one of local, prod-eu, prod-us"


def test_record_ids_are_wanted_in_their_environment(tmp_path: Path) -> None:
    text = 'object: deals\nenvironments: ["*-eu"]\nkey: record_id\nrecords: {1: {a: b}}\n'
    project(tmp_path, {"a.yaml": text})
    assert wanted(load(tmp_path, environment="prod-eu")) == {"deals/=1": {"a": "b"}}
    assert wanted(load(tmp_path)) == {}


def test_a_record_declared_twice_in_one_folder_is_told_with_both_places(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": COMPANIES, "sub/b.yaml": COMPANIES})
    (problem,) = refused(tmp_path)
    assert reported([problem]) == [
        "sub/b.yaml:4:3: companies/acme is declared twice in this folder: also in a.yaml:4:3"
    ]
    assert problem.address == "companies/acme"


def test_one_object_written_in_two_ways_is_one(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": COMPANIES, "b.yaml": COMPANIES.replace("companies", "0-2")})
    assert reported(refused(tmp_path)) == [
        "b.yaml:4:3: companies/acme is declared twice in this folder: also in a.yaml:4:3"
    ]


def test_later_folders_override_earlier_ones_property_by_property(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "base/a.yaml": HEAD
            + "all: {country: Germany}\nrecords:\n  acme: {name: Acme, tier: gold}\n  b: {}\n",
            "over/a.yaml": HEAD + "records:\n  acme: {tier: null, phone: '1'}\n  c: {name: C}\n",
        },
    )
    desired = load(tmp_path, ["base", "over"])
    assert wanted(desired) == {
        "companies/acme": {"country": "Germany", "name": "Acme", "phone": "1", "tier": None},
        "companies/b": {"country": "Germany"},
        "companies/c": {"name": "C"},
    }
    acme = next(iter(desired.groups[0].records))
    assert [str(desired.files.ref(place)) for place in (acme.place, *acme.places)] == [
        "over/a.yaml:4:3",
        "base/a.yaml:3:16",
        "base/a.yaml:5:16",
        "over/a.yaml:4:29",
        "over/a.yaml:4:16",
    ]


def test_the_order_of_folders_decides(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            name: HEAD + f"records: {{acme: {{name: {name[0]}}}}}\n"
            for name in ("x/a.yaml", "y/a.yaml", "z/a.yaml")
        },
    )
    assert wanted(load(tmp_path, ["x", "y", "z"])) == {"companies/acme": {"name": "z"}}
    assert wanted(load(tmp_path, ["z", "y", "x"])) == {"companies/acme": {"name": "x"}}


def test_a_folder_inside_another_overrides_it(tmp_path: Path) -> None:
    project(tmp_path, {"a.yaml": COMPANIES, "overrides/a.yaml": COMPANIES.replace("Acme", "Other")})
    assert wanted(load(tmp_path, [".", "overrides"])) == {"companies/acme": {"name": "Other"}}


def test_write_and_ownership_come_from_the_later_folder_where_it_says_something(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "1/a.yaml": HEAD
            + "write: update\nownership: {a: initial, b: observe}\nrecords: {x: {a: 1}, y: {a: 1}}\n",
            "2/a.yaml": HEAD + "ownership: {a: enforce, c: observe}\nrecords: {x: {a: 2}}\n",
            "3/a.yaml": HEAD + "write: auto\nrecords: {y: {a: 3}}\n",
        },
    )
    desired = load(tmp_path, ["1", "2", "3"])
    x, y = (record.document for record in desired.groups[0].records)
    assert (x.write, x.ownership) == (Write.UPDATE, {"b": Ownership.OBSERVE, "c": Ownership.OBSERVE})
    assert (y.write, y.ownership) == (Write.AUTO, {"a": Ownership.INITIAL, "b": Ownership.OBSERVE})


def test_a_later_folder_can_leave_a_property_unmanaged(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "base/a.yaml": HEAD + "records: {acme: {name: Acme, tier: gold}}\n",
            "over/a.yaml": HEAD + "all: {name: X}\nrecords: {acme: {$unmanaged: [tier, name], phone: '1'}}\n",
        },
    )
    assert wanted(load(tmp_path, ["base", "over"])) == {"companies/acme": {"phone": "1"}}


@pytest.mark.parametrize(
    ("earlier", "later", "special"),
    [
        ("$protect: true", "$renamed_from: old", RecordDirectives(protect=True, renamed_from="old")),
        ("$protect: true", "$protect: false", RecordDirectives(protect=False)),
        ("$renamed_from: older", "$renamed_from: old", RecordDirectives(renamed_from="old")),
        ("$protect: true", "name: Acme", RecordDirectives(protect=True)),
        ("name: Acme", "$absent: true", RecordDirectives(is_absent=True)),
        ("$absent: true", "name: Acme", NO_DIRECTIVES),
        ("name: Acme", "name: Other", NO_DIRECTIVES),
    ],
)
def test_later_folders_override_special_words_one_by_one(
    tmp_path: Path, earlier: str, later: str, special: RecordDirectives
) -> None:
    files = {
        f"{folder}/a.yaml": HEAD + f"records: {{acme: {{{said}}}}}\n"
        for folder, said in (("base", earlier), ("over", later))
    }
    project(tmp_path, files)
    (group,) = load(tmp_path, ["base", "over"]).groups
    assert [record.special for record in group.records] == [special]


def test_leaving_unmanaged_what_nobody_manages_is_told(tmp_path: Path) -> None:
    project(
        tmp_path, {"a.yaml": HEAD + "all: {country: x}\nrecords: {acme: {$unmanaged: [country, county]}}\n"}
    )
    (problem,) = refused(tmp_path)
    assert reported([problem]) == ['a.yaml:4:40: "county" is not set by `all`, nor by an earlier folder']
    assert problem.address == "companies/acme"


def test_an_object_has_one_key_besides_the_record_id(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "a.yaml": COMPANIES,
            "b.yaml": "object: companies\nkey: domain\nrecords: {acme.example: {}}\n",
            "c.yaml": "object: companies\nkey: record_id\nenvironments: [local]\nrecords: {1: {}}\n",
            "d.yaml": "object: companies\nkey: other\nenvironments: [prod-eu]\nrecords: {}\n",
        },
    )
    assert reported(refused(tmp_path)) == [
        'b.yaml:2:6: companies are recognised by "domain" here and by "external_id" in a.yaml:2:6'
    ]


def test_no_manifests_at_all_is_a_problem(tmp_path: Path) -> None:
    project(tmp_path, {"reconciler.yaml": ""})
    (problem,) = refused(tmp_path)
    assert problem.message == "there are no manifests in ."


def test_all_problems_are_told_in_order_of_file_and_line(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "b.yaml": HEAD + "records:\n  acme: {Bad: 1, x: }\n  b: {}\n  b: {}\n",
            "a.yaml": "object: [\n",
            "c.yml": "",
            "d.yaml": COMPANIES,
            "e.yaml": COMPANIES,
        },
    )
    assert reported(refused(tmp_path, [".", "nowhere"])) == [
        'None: the folder "nowhere" does not exist',
        "a.yaml:2:1: the file ends inside a list or mapping",
        'b.yaml:4:10: "Bad" is a label, not a property name',
        'b.yaml:4:21: "x" has no value',
        'b.yaml:6:3: "b" is declared twice',
        "c.yml:1:1: the name of a manifest ends in .yaml",
        "d.yaml:4:3: companies/acme is declared twice in this folder: also in b.yaml:4:3",
        "e.yaml:4:3: companies/acme is declared twice in this folder: also in b.yaml:4:3",
    ]


def test_files_and_folders_that_may_not_be_read_are_told() -> None:
    with tempfile.TemporaryDirectory() as name:  # tmp_path is in a folder that other users cannot enter
        folder = Path(name)
        folder.chmod(0o755)
        project(folder, {"a.yaml": COMPANIES, "b/c.yaml": DEALS})
        (folder / "a.yaml").chmod(0)
        (folder / "b").chmod(0)

        def look() -> None:
            assert reported(refused(folder)) == [
                "None: a.yaml cannot be read: Permission denied",
                "None: b cannot be read: Permission denied",
            ]

        as_nobody(look)


def test_the_digest_is_that_of_names_and_contents(tmp_path: Path) -> None:
    first = load(project(tmp_path / "1", {"a.yaml": COMPANIES, "b.yaml": DEALS})).digest
    same = load(project(tmp_path / "2", {"b.yaml": DEALS, "a.yaml": COMPANIES, "README.md": "x"})).digest
    others = [
        load(project(tmp_path / f"{number}", files)).digest
        for number, files in enumerate(
            [
                {"a.yaml": DEALS, "b.yaml": COMPANIES},
                {"a.yaml": COMPANIES, "c.yaml": DEALS},
                {"a.yaml": COMPANIES, "b.yaml": DEALS + "# x\n"},
                {"a.yaml": COMPANIES + "---\n" + DEALS},
                {"a.yaml": COMPANIES},
            ],
            start=3,
        )
    ]
    assert first == same
    assert first.startswith("sha256:")
    assert len({first, *others}) == 6


@pytest.mark.parametrize("is_on", [True, False])
def test_the_cyclic_garbage_collector_is_left_as_it_was(tmp_path: Path, is_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        load(project(tmp_path, {"a.yaml": COMPANIES}))
        assert gc.isenabled() is is_on
        with pytest.raises(ManifestError):
            load(project(tmp_path, {"a.yaml": "["}))
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if before else gc.disable)()


NAMES = st.sampled_from(["a", "b", "c"])
RECORDS = st.dictionaries(
    st.text("abAB1é😀 ", min_size=1, max_size=3),
    st.dictionaries(NAMES, st.sampled_from(["x", "12.10", "no", None, "null"]), max_size=3),
    max_size=8,
)


def written(records: dict[str, dict[str, str | None]], order: random.Random) -> str:
    """Return a document with the records, and their properties, in random order."""
    lines = []
    for key, values in order.sample(list(records.items()), len(records)):
        pairs = order.sample(list(values.items()), len(values))
        flow = ", ".join(f"{name}: {'null' if value is None else repr(value)}" for name, value in pairs)
        lines.append(f"  '{key}': {{{flow}}}\n")
    return f"{HEAD}records:{' {}' if not lines else ''}\n{''.join(lines)}"


@given(RECORDS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_files_and_records_never_matters(
    records: dict[str, dict[str, str | None]], order: random.Random, parts: int
) -> None:
    expected = {f"companies/{key}": dict(sorted(values.items())) for key, values in records.items()}
    files = {}
    for part in range(parts):
        some = {key: values for index, (key, values) in enumerate(records.items()) if index % parts == part}
        files[f"{order.randrange(10**6)}-{part}.yaml"] = written(some, order)
    with TemporaryDirectory() as folder:
        desired = load(project(Path(folder), files))
    found = {
        f"companies/{record.key}": dict(zip(record.names, record.values, strict=True))
        for group in desired.groups
        for record in group.records
    }
    assert found == expected
    assert list(found) == sorted(found)
