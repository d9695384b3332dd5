"""Records of a group are one sequence, whether they come from YAML or tables."""

from dataclasses import replace

from reconciler.model.desired import ListedRecords, MergedRecords
from reconciler.model.desired_records import DesiredAssociation
from tests.support.nouns import at, desired


def test_records_from_several_places_come_in_one_order_with_all_they_name() -> None:
    wanted = DesiredAssociation("contacts", None, "ada@acme.example", None, at(12))
    linked = replace(desired("b", {}), associations=(wanted,))
    records = MergedRecords(
        (ListedRecords((linked, desired("d", {}))), ListedRecords((desired("a", {}), desired("c", {}))))
    )
    assert [record.key for record in records] == ["a", "b", "c", "d"]
    assert (len(records), list(records.associating())) == (4, [linked])
    assert (records.find("b"), records.find("x")) == (linked, None)
    renamed = records.renamed({"companies": "p1_company", "contacts": "people"})
    assert {record.document.object for record in renamed} == {"p1_company"}
    assert next(iter(renamed.associating())).associations[0].object == "people"
