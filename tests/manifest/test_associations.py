"""Reading ``$associations``, and its problems."""

from pathlib import Path

import pytest

from reconciler.errors import ManifestError
from reconciler.manifest.load import load_manifests
from reconciler.model.desired import ListedRecords
from reconciler.model.desired_records import DesiredAssociation
from tests.manifest.reading import FILES, HEAD, manifest, project, reported

RECORD = HEAD + "records:\n  acme:\n    $associations:\n"


def associations(text: str) -> list[tuple[str, str | None, str, str | None]]:
    read = manifest(RECORD + text)
    assert read.problems == ()
    ((record,),) = (document.records for document in read.documents)
    return [(a.object, a.by, a.value, a.label) for a in record.associations]


def test_records_are_named_by_key_with_a_label_and_by_another_property() -> None:
    text = (
        "      deals: [{by: external_id, to: D-1}]\n"
        "      0-1: [ada@acme.example, {to: bob@acme.example, label: Billing}]\n"
        "      companies: []\n"
    )
    assert associations(text) == [
        ("contacts", None, "ada@acme.example", None),
        ("contacts", None, "bob@acme.example", "Billing"),
        ("deals", "external_id", "D-1", None),
    ]


def test_each_knows_its_place() -> None:
    (document,) = manifest(RECORD + "      contacts:\n        - ada\n        - {to: bob}\n").documents
    places = [str(FILES.ref(wanted.place)) for wanted in document.records[0].associations]
    assert places == ["a.yaml:7:11", "a.yaml:8:11"]


def test_a_record_may_say_nothing_but_associations() -> None:
    (document,) = manifest(RECORD + "      contacts: [ada]\n").documents
    assert document.records[0].names == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[ada]", "a.yaml:5:20: $associations must map object types to lists"),
        ("", "a.yaml:5:19: $associations must map object types to lists"),
        ("{contacts: ada}", 'a.yaml:5:31: "contacts" must be a list'),
        ("{contacts: {to: ada}}", 'a.yaml:5:31: "contacts" must be a list'),
        ('{"con tacts": [ada]}', 'a.yaml:5:21: "con tacts" is not an object type'),
        ("{contacts: [ada], contact: [bob]}", "a.yaml:5:21: contacts are listed twice"),
        ("{contacts: [ada, bob, ada]}", "a.yaml:5:42: contacts/ada is listed twice"),
        (
            "{contacts: [{to: ada, label: X}, {label: X, to: ada}]}",
            "a.yaml:5:53: contacts/ada is listed twice",
        ),
        ("{contacts: [null]}", "a.yaml:5:32: an association names another record by its key"),
        ("{contacts: [[ada]]}", "a.yaml:5:32: an association names another record by its key"),
        ("{contacts: [{}]}", "a.yaml:5:32: an association needs `to`"),
        ("{contacts: [{label: X}]}", "a.yaml:5:32: an association needs `to`"),
        ("{contacts: [{to: ada, lable: X}]}", 'a.yaml:5:42: unknown key "lable"'),
        ("{contacts: [{to: null}]}", 'a.yaml:5:37: "to" must be text'),
        ('{contacts: [{to: ada, label: ""}]}', 'a.yaml:5:49: "label" must be text'),
        ("{contacts: [{to: ada, label: [X]}]}", 'a.yaml:5:49: "label" must be text'),
        ("{contacts: [{to: ada, by: Key}]}", 'a.yaml:5:46: "Key" is a label, not a property name'),
        ("{contacts: [{to: ada, by: hs_object_id}]}", "a.yaml:5:46: hs_object_id is not a unique property"),
        ("{contacts: [{to: ada, by: record_id}]}", 'a.yaml:5:37: "ada" is not a record id'),
        ("{contacts: [{to: 0123, by: record_id}]}", 'a.yaml:5:37: "0123" is not a record id'),
    ],
)
def test_problems_have_their_place(text: str, problem: str) -> None:
    read = manifest(f"{HEAD}records:\n  acme:\n    $associations: {text}\n")
    assert reported(read.problems) == [problem]
    assert all(each.advice for each in read.problems)


def test_a_record_that_must_not_exist_is_associated_with_nothing() -> None:
    read = manifest(f"{HEAD}records:\n  acme: {{$absent: true, $associations: {{contacts: [ada]}}}}\n")
    assert reported(read.problems) == ["a.yaml:4:19: `$absent: true` cannot be combined with other lines"]


def test_they_cannot_stand_under_all() -> None:
    read = manifest(f"{HEAD}all: {{$associations: {{contacts: [ada]}}}}\nrecords: {{}}\n")
    assert reported(read.problems) == ['a.yaml:3:7: "$associations" is not allowed under `all`']


def loaded(folder: Path, first: str, second: str) -> tuple[DesiredAssociation, ...]:
    files = {
        f"{name}/a.yaml": f"object: companies\nkey: external_id\nrecords:\n  acme: {record}\n"
        for name, record in (("base", first), ("client", second))
    }
    desired = load_manifests(project(folder, files), ["base", "client"], "local", ["local"])
    ((records,),) = ([group.records] for group in desired.groups)
    assert isinstance(records, ListedRecords)
    return records.records[0].associations


def test_a_later_folder_replaces_the_lists_of_the_object_types_that_it_names(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "{$associations: {contacts: [ada, bob], deals: [D-1], tickets: [T-1]}}",
        "{name: Acme, $associations: {contacts: [eve], deals: []}}",
    )
    assert [(a.object, a.value) for a in found] == [("contacts", "eve"), ("tickets", "T-1")]


def test_a_later_folder_that_names_none_keeps_them(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{$associations: {contacts: [ada]}}", "{name: Acme}")
    assert [a.value for a in found] == ["ada"]


@pytest.mark.parametrize(
    ("environments", "is_right"),
    [("environments: [local]\n", True), ("environments: ['l*']\n", False), ("", False)],
)
def test_record_ids_mean_something_in_one_environment_only(
    tmp_path: Path, environments: str, is_right: bool
) -> None:
    associated = "$associations: {contacts: [{by: record_id, to: 9001}]}"
    text = f"{HEAD}{environments}records:\n  acme: {{{associated}}}\n"
    folder = project(tmp_path, {"a.yaml": text})
    if is_right:
        load_manifests(folder, ["."], "local", ["local", "live"])
        return

    with pytest.raises(ManifestError) as raised:
        load_manifests(folder, ["."], "local", ["local", "live"])
    (problem,) = raised.value.problems
    assert (
        "an association by record id can be used in only one environment, but this document is for"
    ) in problem.message
    assert problem.source is not None
