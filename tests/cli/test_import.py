"""``import``: live records become manifests, and the next plan has nothing to write."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import PersonalKeys, Unavailable, UsageError
from reconciler import Project as Opened
from reconciler.emulator.serve import running
from reconciler.manifest.documents import read_manifest
from reconciler.project import import_files, import_records
from reconciler.source import SourceFiles
from tests.support.projects import PORTAL, Project, Recorder, environment

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED: Mapping[str, Any] = {
    "search_lag_ms": 0,
    "owners": [
        {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lindner", "userId": 71},
        {"id": "72", "email": "bob@acme.example", "firstName": "Bob", "userId": 72, "archived": True},
    ],
    "properties": {
        "companies": [
            {**KEY, "groupName": "companyinformation"},
            {
                "name": "tier",
                "label": "Tier",
                "type": "enumeration",
                "fieldType": "checkbox",
                "groupName": "companyinformation",
                "options": [{"label": "Gold", "value": "gold"}, {"label": "Silver", "value": "silver"}],
            },
        ],
        "deals": [{**KEY, "groupName": "dealinformation"}],
    },
    "records": {
        "companies": [
            {
                "id": str(9000 + number),
                "properties": {
                    "external_id": f"K-{number}",
                    "name": f"Acme {number}",
                    "country": "Germany",
                    "city": "Bremen" if number % 2 else "Bonn",
                    "phone": f"+49 30 {number:04}",
                    "tier": "gold;silver" if number == 1 else "",
                    "hubspot_owner_id": "71" if number < 5 else "72",
                    "lifecyclestage": "customer",
                    "description": "First line\nSecond line" if number == 2 else "",
                },
            }
            for number in range(1, 9)
        ]
        + [{"id": "9100", "properties": {"name": "Nobody's"}}],
        "deals": [
            {
                "id": str(8000 + number),
                "properties": {
                    "external_id": f"D-{number}",
                    "dealname": f"Deal {number}",
                    "pipeline": "default",
                    "dealstage": "contractsent",
                },
            }
            for number in range(1, 4)
        ],
        "contacts": [{"id": "7001", "properties": {"email": "eve@acme.example", "firstname": "Eve"}}],
    },
    "associations": [
        {"from": {"type": "companies", "id": "9001"}, "to": {"type": "deals", "id": "8001"}},
        {"from": {"type": "companies", "id": "9001"}, "to": {"type": "contacts", "id": "7001"}},
    ],
    "lists": [{"listId": "5", "name": "Targets", "objectTypeId": "companies", "members": ["9002", "9004"]}],
}
SETTINGS = "version: 1\ndrift: hold\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    return made


def text_of(project: Project, name: str = "companies.yaml") -> str:
    return (project.folder / name).read_text()


def records_of(project: Project, name: str = "companies.yaml") -> Mapping[str, Mapping[str, Any]]:
    manifest = read_manifest((project.folder / name).read_bytes(), SourceFiles((name,)), 0)
    assert manifest.problems == ()
    return {
        record.key: dict(zip(record.names, record.values, strict=True))
        for document in manifest.documents
        for record in document.records
    }


def test_a_portal_becomes_a_manifest_and_nothing_is_to_be_written(project: Project) -> None:
    done = project.run("import", "companies", "--filter", "external_id")
    assert done.code == 0, done.err + done.out
    assert (
        done.out
        == """\
companies: 8 records, 7 properties -> companies.yaml
  left to people (`ownership: observe`): hubspot_owner_id, lifecyclestage
    compared and shown, never written; with --enforce
    hubspot_owner_id,lifecyclestage, git decides about them
  left out, because it is personal data: phone
    --personal imports personal data; git keeps committed values in its history

Planned: 8 records will be taken over (state only); nothing is written.
"""
    )
    assert text_of(project).startswith(
        """\
object: companies
key: external_id

# people and automation change these all day: compared and shown, never written
ownership:
  hubspot_owner_id: observe
  lifecyclestage: observe

records:
  K-1:
    name: Acme 1
    city: Bremen
    country: Germany
    hubspot_owner_id: ada@acme.example
    lifecyclestage: customer
    tier: [gold, silver]

  K-2:
    name: Acme 2
    city: Bonn
    country: Germany
    description: |-
      First line
      Second line
"""
    )
    assert "hubspot_owner_id: bob@acme.example" in text_of(project)
    assert project.run("state", "list").out == ""
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert not list((project.folder / ".reconciler" / "import").iterdir())


def test_what_people_move_the_day_after_is_not_written_back(project: Project) -> None:
    project.run("import", "companies", "--filter", "external_id")
    project.run("apply", "--auto-approve")
    project.run("emulator", "edit", "companies/K-1", "lifecyclestage=lead", "city=Ulm")
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "Ulm" in planned.out


def test_records_without_a_key_go_to_a_file_with_links(project: Project) -> None:
    done = project.run("import", "companies", "--properties", "name,city")
    assert done.code == 3
    assert "1 record left out: 1 without external_id" in done.out
    left_out = (project.folder / ".reconciler/import/companies-left-out.csv").read_text()
    assert left_out == (
        "why,external_id,record_id,name,link\n"
        f"no external_id,,9100,Nobody's,https://app.hubspot.com/contacts/{PORTAL}/record/0-2/9100\n"
    )


def test_records_that_manifests_name_by_id_are_not_left_out(project: Project) -> None:
    project.write(
        "by_id.yaml",
        "object: companies\nkey: record_id\nenvironments: [local]\nrecords: {9100: {city: Ulm}}\n",
    )
    done = project.run("import", "companies", "--properties", "name,city")
    assert done.code == 0, done.err
    assert "1 record already in manifests, left as they are" in done.out
    assert "left out: 1 without" not in done.out
    assert not (project.folder / ".reconciler/import/companies-left-out.csv").exists()


def test_repeated_keys_are_listed_side_by_side(project: Project) -> None:
    """Two different texts can be the same number; HubSpot's check for unique values does not notice that."""
    number = {
        **KEY,
        "name": "number",
        "type": "number",
        "fieldType": "number",
        "groupName": "productinformation",
    }
    products = [
        {"id": str(600 + place), "properties": {"name": f"P{text}", "number": text}}
        for place, text in enumerate(["7", "8", "7.0", "9"])
    ]
    seed = {"properties": {"products": [number]}, "records": {"products": products}}
    project.write("portal.json", json.dumps(seed))
    done = project.run("import", "products", "--key", "number")
    assert done.code == 3, done.err
    assert "2 records left out: 2 with the same number as another record" in done.out
    left_out = (project.folder / ".reconciler/import/products-left-out.csv").read_text()
    assert [line.split(",")[:3] for line in left_out.splitlines()[1:]] == [
        ["repeated", "7", "600"],
        ["repeated", "7.0", "602"],
    ]
    assert records_of(project, "products.yaml").keys() == {"8", "9"}


def test_nothing_is_overwritten(project: Project) -> None:
    project.write("companies.yaml", "object: companies\nkey: external_id\nrecords: {}\n")
    refused = project.run("import", "companies")
    assert refused.code == 1
    assert "companies.yaml exists already, and nothing is overwritten\n    --add adds records" in refused.err
    assert text_of(project) == "object: companies\nkey: external_id\nrecords: {}\n"


def test_a_replaced_file_is_kept(project: Project) -> None:
    before = "object: companies\nkey: external_id\nrecords:\n  K-1: {name: Old}\n"
    project.write("companies.yaml", before)
    done = project.run("import", "companies", "--replace", "--filter", "external_id")
    assert done.code == 0, done.out
    (copy,) = (project.folder / ".reconciler" / "replaced").iterdir()
    assert copy.read_text() == before
    assert len(records_of(project)) == 8


def test_records_are_added_and_comments_stay(project: Project) -> None:
    before = """\
# ours
object: companies
key: external_id   # the key
all:
  country: Germany
records:
    K-1:   # the first one
        name: Acme 1

    K-9000: {name: New}   # to be made
"""
    project.write("companies.yaml", before)
    done = project.run("import", "companies", "--add", "--filter", "external_id", "--limit", "3")
    assert done.code == 0, done.out + done.err
    assert "1 record already in manifests" in done.out
    assert text_of(
        project
    ) == before + "\n    K-2:\n        name: Acme 2\n\n    K-3:\n        name: Acme 3\n".replace(
        "        name", "      name"
    )
    again = project.run("import", "companies", "--add", "--filter", "external_id", "--limit", "3")
    assert "nothing to import" in again.out


def test_added_records_do_not_get_what_all_says_if_it_is_not_so(project: Project) -> None:
    project.write(
        "companies.yaml",
        "object: companies\nkey: external_id\nall: {country: Germany, description: x}\nrecords: {}\n",
    )
    done = project.run("import", "companies", "--add", "--properties", "name", "--filter", "external_id=K-2")
    assert done.code == 0, done.out
    assert "K-2:\n    name: Acme 2\n" in text_of(project)
    done = project.run("import", "companies", "--add", "--properties", "name", "--filter", "external_id=K-3")
    assert "K-3:\n    name: Acme 3\n    $unmanaged: [description]\n" in text_of(project)


def test_rows_are_added_to_a_table(project: Project) -> None:
    project.write("companies.csv", "external_id,name,tier\nK-1,Acme 1,gold;silver\n")
    project.write("companies.yaml", "object: companies\nkey: external_id\nsource: {csv: companies.csv}\n")
    done = project.run("import", "companies", "--add", "--filter", "external_id", "--limit", "2")
    assert done.code == 0, done.out
    assert text_of(project, "companies.csv").splitlines()[1:] == ["K-1,Acme 1,gold;silver", "K-2,Acme 2,"]


def test_a_replaced_table_keeps_its_form(project: Project) -> None:
    project.run("keys", "list", "companies")  # this creates the portal
    said = "delimiter: ';', encoding: cp1252, decimal: ',', clear: '-'"
    manifest = f"object: companies\nkey: external_id\nsource: {{csv: companies.csv, {said}}}\n"
    project.write("companies.yaml", manifest)
    table = project.folder / "companies.csv"
    table.write_bytes("sep=;\r\nexternal_id;name\r\nK-1;Old\r\n".encode("cp1252"))
    with project.portal() as http:
        values = {"name": "Müller; Söhne", "annualrevenue": "1200.5"}
        http.patch("/crm/v3/objects/companies/9001", json={"properties": values}).raise_for_status()
    columns = ("--properties", "name,annualrevenue", "--filter", "external_id=K-1")
    done = project.run("import", "companies", "--replace", "--out", "companies.csv", *columns)
    assert done.code == 0, done.out + done.err
    rows = 'sep=;\r\nexternal_id;name;annualrevenue\r\nK-1;"Müller; Söhne";1200,5\r\n'
    assert table.read_bytes().decode("cp1252") == rows
    assert "1 record will be taken over" in done.out


def test_added_rows_keep_the_form_of_the_table(project: Project) -> None:
    project.run("keys", "list", "companies")  # this creates the portal
    said = "delimiter: ';', encoding: cp1252, decimal: ','"
    manifest = f"object: companies\nkey: external_id\nsource: {{csv: companies.csv, {said}}}\n"
    project.write("companies.yaml", manifest)
    table = project.folder / "companies.csv"
    table.write_bytes("sep=;\r\nexternal_id;name;annualrevenue\r\nK-8;Acme 8;".encode("cp1252"))
    with project.portal() as http:
        values = {"name": "Müller; Söhne", "annualrevenue": "1200.5"}
        http.patch("/crm/v3/objects/companies/9001", json={"properties": values}).raise_for_status()
    columns = ("--properties", "name,annualrevenue")
    done = project.run("import", "companies", "--add", *columns, "--filter", "external_id=K-1")
    assert done.code == 0, done.err
    rows = 'sep=;\r\nexternal_id;name;annualrevenue\r\nK-8;Acme 8;\r\nK-1;"Müller; Söhne";1200,5\r\n'
    assert table.read_bytes() == rows.encode("cp1252")
    with project.portal() as http:
        http.patch("/crm/v3/objects/companies/9002", json={"properties": {"name": "Łódź"}}).raise_for_status()
    refused = project.run("import", "companies", "--add", *columns, "--filter", "external_id=K-2")
    assert (refused.code, table.read_bytes()) == (1, rows.encode("cp1252"))
    assert "companies.csv is cp1252, which has no 'Ł': nothing was written" in refused.err


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_ending_says_the_form(project: Project, ending: str) -> None:
    done = project.run(
        "import", "companies", "--out", f"data/rows.{ending}", "--filter", "external_id", "--factor"
    )
    assert done.code == 0, done.out + done.err
    assert f"-> data/rows.{ending}, data/rows.yaml" in done.out
    assert "8 records will be taken over (state only); nothing is written" in done.out
    assert f"source:\n  {ending}: data/rows.{ending}\n" in text_of(project, "data/rows.yaml")
    assert "all:\n  country: Germany\n  lifecyclestage: customer\n" in text_of(project, "data/rows.yaml")


@pytest.mark.parametrize("ending", ["", "csv", "jsonl", "parquet", "yaml"])
def test_many_records_become_a_table_that_is_compared_without_calls(
    project: Project, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    for module in (import_files, import_records):
        monkeypatch.setattr(module, "MOST_IN_YAML", 5)
    out = ("--out", f"companies.{ending}") if ending else ()
    done = project.run("import", "companies", "--filter", "external_id", "--personal", "--factor", *out)
    assert done.code == 0, done.out
    assert f"-> companies.{ending or 'csv'}" in done.out
    compared = "Compared with HubSpot: 8 records will be taken over (state only); nothing is written."
    assert compared in " ".join(done.out.split())
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_named_properties_are_taken_personal_or_not_and_others_are_told_of(project: Project) -> None:
    names = "name,phone,hs_object_id,industry"
    done = project.run("import", "companies", "--properties", names, "--filter", "name!=Nobody's")
    assert done.code == 0
    assert "left out, because HubSpot alone writes it: hs_object_id" in done.out
    assert "left out, because no record has a value: industry" in done.out
    assert records_of(project)["K-1"] == {"name": "Acme 1", "phone": "+49 30 0001"}


def test_properties_of_the_portal_alone(project: Project) -> None:
    assert project.run("import", "companies", "--custom", "--filter", "external_id").code == 0
    assert records_of(project)["K-1"] == {"tier": ("gold", "silver")}


def test_what_people_move_can_be_enforced(project: Project) -> None:
    project.run(
        "import", "companies", "--enforce", "lifecyclestage,hubspot_owner_id", "--filter", "external_id"
    )
    assert "ownership" not in text_of(project)


def test_stages_are_said_by_label_and_left_to_people(project: Project) -> None:
    done = project.run("import", "deals", "--associations", "companies", "--associations", "contacts")
    assert done.code == 0, done.out + done.err
    assert "pipeline: Sales Pipeline\n" in text_of(
        project, "deals.yaml"
    ) or "dealstage: Contract Sent" in text_of(project, "deals.yaml")
    assert "dealstage: observe" in text_of(project, "deals.yaml")


def test_associations_are_said_by_key(project: Project) -> None:
    project.run("import", "deals")
    done = project.run(
        "import",
        "companies",
        "--filter",
        "external_id",
        "--associations",
        "0-3",
        "--associations",
        "contacts",
    )
    assert done.code == 0, done.out + done.err
    assert "1 association with deals" in done.out
    assert "$associations:\n      contacts: [eve@acme.example]\n      deals: [D-1]\n" in text_of(
        project
    ) or "$associations:\n      deals: [D-1]\n      contacts: [eve@acme.example]\n" in text_of(project)
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["city=Bonn"], {"K-2", "K-4", "K-6", "K-8"}),
        (["city!=Bonn", "external_id"], {"K-1", "K-3", "K-5", "K-7"}),
        (["hubspot_owner_id=ada@acme.example", "city=Bonn"], {"K-2", "K-4"}),
        (["tier=Silver"], {"K-1"}),
        (["!tier", "external_id", "city=Bremen"], {"K-3", "K-5", "K-7"}),
        (["lifecyclestage=Customer", "phone=+49 (30) 0003"], {"K-3"}),
    ],
)
def test_filters_choose_records(project: Project, filters: list[str], keys: set[str]) -> None:
    flags = [part for each in filters for part in ("--filter", each)]
    assert project.run("import", "companies", "--properties", "name", *flags).code == 0
    assert records_of(project).keys() == keys


@pytest.mark.parametrize("named", ["Targets", "targets", "5"])
def test_members_of_a_list(project: Project, named: str) -> None:
    assert project.run("import", "companies", "--properties", "name", "--list", named).code == 0
    assert records_of(project).keys() == {"K-2", "K-4"}


def test_ids_of_a_file(project: Project) -> None:
    project.write("ids.csv", "Record ID,Name\n9003,x\n9001,y\n9999,z\n")
    done = project.run("import", "companies", "--properties", "name", "--ids", "ids.csv")
    assert done.code == 3
    assert "1 record left out: 1 not found" in done.out
    assert records_of(project).keys() == {"K-1", "K-3"}


def test_record_ids_can_be_the_key_of_one_environment(project: Project) -> None:
    done = project.run("import", "companies", "--key", "record_id", "--properties", "name")
    assert done.code == 0, done.out + done.err
    assert "environments: [local]" in text_of(project)
    assert records_of(project)["9100"] == {"name": "Nobody's"}


def test_keys_of_people_need_a_word(project: Project) -> None:
    refused = project.run("import", "contacts")
    assert refused.code == 1
    assert (
        "the keys of contacts (email) are personal data, and would stay in the history of git"
    ) in refused.err
    assert "--out private/contacts.csv" in refused.err
    assert project.run("import", "contacts", "--personal").code == 0
    assert records_of(project, "contacts.yaml") == {"eve@acme.example": {"firstname": "Eve"}}


def test_a_person_is_asked_about_personal_keys(project: Project) -> None:
    with environment({}):
        local = Opened.open(project.folder).environment()
        asked: list[PersonalKeys] = []

        def refuse(keys: PersonalKeys) -> bool:
            asked.append(keys)
            return False

        with pytest.raises(UsageError, match="declined: nothing was written"):
            local.import_records("contacts", confirm=refuse)
        assert asked == [PersonalKeys("contacts", "email", 1)]
        assert not list((project.folder / ".reconciler" / "import").iterdir())
        assert not (project.folder / "contacts.yaml").exists()
        assert local.import_records("contacts", confirm=lambda _keys: True).records == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["companies", "--key", "domain"], "domain of companies cannot be a key: not unique in HubSpot"),
        (["companies", "--key", "externalid"], 'no property "externalid"\n    did you mean "external_id"?'),
        (["companies", "--properties", "nam"], 'companies has no property "nam"\n    did you mean "name"?'),
        (["companies", "--properties", "name", "--custom"], "--properties and --custom contradict"),
        (["companies", "--add", "--replace"], "--add and --replace contradict"),
        (["companies", "--add"], "--add: no manifest names companies yet"),
        (["companies", "--enforce", "name2"], 'no property "name2"'),
        (["companies", "--filter", "city<5"], "is not a filter"),
        (["companies", "--filter", "ctiy=5"], 'did you mean "city"?'),
        (["companies", "--filter", "city="], "names no value"),
        (["companies", "--list", "Nothing"], 'the portal has no list "Nothing" of companies'),
        (["companies", "--out", "x.txt"], "the name must end in"),
        (["companies", "--out", "../x.yaml"], "is outside the project folder"),
        (["companies", "--out", "x.csv", "--associations", "deals"], "rows of a table have no associations"),
        (["companies", "--check", "--out", "x.yaml"], "--check writes no manifests"),
        (["notes"], "no property of notes can be a key"),
        (["companys"], 'no object type "companys"'),
    ],
)
def test_a_wrong_request_is_explained_and_nothing_is_written(
    project: Project, arguments: list[str], says: str
) -> None:
    refused = project.run("import", *arguments)
    assert refused.code == 1
    assert says in refused.err
    assert {path.name for path in project.folder.iterdir()} <= {
        "reconciler.yaml",
        "portal.json",
        ".reconciler",
    }


def test_json_has_everything(project: Project) -> None:
    done = project.run("import", "companies", "--json")
    assert done.code == 3
    found = json.loads(done.out)
    assert (found["records"], found["files"], found["is_complete"]) == (8, ["companies.yaml"], False)
    assert found["proof"]["to_take_over"] == 8


def test_an_interrupted_import_goes_on(project: Project) -> None:
    """The first page is kept; the second run reads only the rest."""
    many = [
        {"id": str(number), "properties": {"external_id": f"M-{number:04}", "name": f"N{number}"}}
        for number in range(1, 1200)
    ]
    project.write(
        "portal.json", json.dumps({**SEED, "records": {"companies": many}, "associations": [], "lists": []})
    )
    reported: list[str] = []
    with environment({}):
        local = Opened.open(project.folder, notify=lambda notice: reported.append(str(notice))).environment()

        def interrupt(done: int, _total: int) -> None:
            if done >= 300:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            local.import_records("companies", properties=["name"], progress=interrupt)
        assert not (project.folder / "companies.yaml").exists()
        steps: list[int] = []
        result = local.import_records(
            "companies", properties=["name"], progress=lambda done, _total: steps.append(done)
        )
    assert result.records == 1199
    assert steps[0] > 300
    assert any("continuing an interrupted import" in text for text in reported)
    assert len(records_of(project)) == 1199


def test_an_error_on_the_way_says_that_it_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise Unavailable("HubSpot cannot be reached", method="GET", path="/")

    with monkeypatch.context() as patched:
        patched.setattr(import_records, "read_into", fail)
        failed = project.run("import", "companies")
    assert failed.code == 1
    assert failed.err.startswith(
        "the records read so far are kept: run the same command again to continue\nHubSpot cannot"
    )
    assert project.run("import", "companies", "--filter", "external_id").code == 0


def test_another_import_begins_anew(project: Project) -> None:
    with environment({}):
        local = Opened.open(project.folder).environment()

        def interrupt(_done: int, _total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            local.import_records("companies", properties=["name"], progress=interrupt)
        assert local.import_records("companies", properties=["city"], filters=["external_id"]).records == 8
    assert records_of(project)["K-1"] == {"city": "Bremen"}


def test_a_check_lists_records_that_no_manifest_names(project: Project) -> None:
    project.run("import", "companies", "--filter", "external_id", "--limit", "7", "--properties", "name")
    checked = project.run("import", "companies", "--check")
    assert checked.code == 2
    assert "Manifests do not name 2 of 9 companies:" in checked.out
    assert "  K-8  Acme 8" in checked.out
    assert f"https://app.hubspot.com/contacts/{PORTAL}/record/0-2/9008" in checked.out
    assert "1 of them have no external_id" in checked.out
    project.run("import", "companies", "--add", "--filter", "external_id")
    again = project.run("import", "companies", "--check", "--filter", "external_id")
    assert (again.code, again.out) == (0, "Manifests name all 8 companies.\n")


def test_a_check_in_json_masks_people(project: Project) -> None:
    checked = project.run("import", "contacts", "--check", "--json")
    assert checked.code == 2
    assert "eve" not in checked.out.lower()
    assert json.loads(checked.out)["records"][0]["link"].endswith("/record/0-1/7001")


def test_erasing_a_record_erases_what_imports_keep_of_it(project: Project) -> None:
    project.run("import", "companies", "--properties", "name")
    project.run("apply", "--auto-approve")
    project.run("import", "companies", "--properties", "name", "--replace")
    left_out = project.folder / ".reconciler/import/companies-left-out.csv"
    assert left_out.exists()
    erased = project.run("state", "forget", "companies/K-1")
    assert erased.code == 0, erased.err
    assert not left_out.exists()
    assert "a backup may still contain the erased values: .reconciler/replaced/" in erased.err


def test_owners_whom_the_token_may_not_read_are_left_out(project: Project, tmp_path: Path) -> None:
    emulator = Recorder(None)
    emulator.ensure_portal(PORTAL, SEED)
    token = emulator.token(PORTAL, ["crm.objects.companies.read"])
    with running(emulator) as url:
        main = {"portal_id": str(PORTAL), "token": "${HUBSPOT_TOKEN}", "base_url": url}
        project.write("reconciler.yaml", json.dumps({"version": "1", "environments": {"main": main}}))
        other = Project(tmp_path, {"HUBSPOT_TOKEN": token})
        done = other.run("import", "companies", "--filter", "external_id")
        assert done.code == 0, done.err + done.out
        assert "left out, because the token may not read owners: hubspot_owner_id" in done.out
        assert "8 records will be taken over (state only); nothing is written" in done.out
        refused = other.run("import", "companies", "--list", "Targets", "--replace")
        assert "the token lacks a scope: crm.lists.read" in refused.err
    emulator.close()


def test_a_check_says_who_made_a_record(project: Project) -> None:
    project.run("emulator", "seed")
    base = sqlite3.connect(project.folder / ".reconciler" / "portal.db")
    made = "json_set(properties, '$.hs_created_by_user_id', '71', '$.hs_object_source_label', 'CRM_UI')"
    with base:
        base.execute(f"UPDATE records SET properties = {made} WHERE id = 9100")
    base.close()
    checked = project.run("import", "companies", "--check", "--filter", "name=Nobody's", "--values", "show")
    assert checked.code == 2
    assert "Ada Lindner <ada@acme.example>" in checked.out


def test_a_contact_whom_manifests_name_by_another_address_is_named(project: Project) -> None:
    contact = {
        "id": "7001",
        "properties": {"email": "eve@acme.example", "hs_additional_emails": "eva@old.example"},
    }
    project.write("portal.json", json.dumps({"records": {"contacts": [contact]}}))
    project.write("contacts.yaml", "object: contacts\nkey: email\nrecords:\n  Eva@old.example: {}\n")
    assert project.run("import", "contacts", "--check").out == "Manifests name all 1 contacts.\n"
    done = project.run("import", "contacts", "--add", "--personal")
    assert "1 record already in manifests" in done.out


def test_a_row_cannot_say_that_what_all_says_is_not_so(project: Project) -> None:
    project.write("companies.csv", "external_id,name\nK-1,Acme 1\n")
    document = "object: companies\nkey: external_id\nall: {city: Bremen}\nsource: {csv: companies.csv}\n"
    project.write("companies.yaml", document)
    refused = project.run("import", "companies", "--add", "--properties", "name", "--filter", "city=Bonn")
    assert refused.code == 1
    assert "`all:` sets city, and one of the records has another value" in refused.err
    assert text_of(project, "companies.csv") == "external_id,name\nK-1,Acme 1\n"
