"""Records are added below existing ones; no character of the old text changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.manifest.edit.add_records import add_records
from reconciler.manifest.write import WrittenRecord
from reconciler.manifest.yaml.content import content_of
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.source import SourceFiles
from tests.manifest.test_edit_anything import manifests
from tests.manifest.test_write import KEYS, VALUES

FILES = SourceFiles(("companies.yaml",))
VALUES_OF_ONE = st.dictionaries(st.sampled_from(["name", "city", "tier"]), VALUES, max_size=2)
NEW = st.dictionaries(KEYS.map("new {}".format), VALUES_OF_ONE, min_size=1, max_size=2)


@settings(deadline=None)
@given(manifests(), NEW)
def test_any_manifest_takes_records_and_keeps_its_text(
    data: bytes, new: dict[str, dict[str, object]]
) -> None:
    records = [WrittenRecord(key, values) for key, values in new.items()]  # type: ignore[arg-type]  # texts are values
    before = list(content_of(read_nodes(data, FILES, 0)))
    try:
        added = add_records(data, "companies.yaml", 0, records)
    except UsageError:
        return  # nothing is written, and an error is reported
    assert is_insertion(data.decode(), added.decode())
    (first, *others) = content_of(read_nodes(added, FILES, 0))
    assert others == before[1:]
    assert isinstance(first, dict)
    listed = first["records"]
    assert isinstance(listed, dict)
    assert {key: listed[key] for key in new} == new


def is_insertion(old: str, new: str) -> bool:
    """Return whether ``new`` is ``old`` with one text inserted."""
    start = 0
    while start < len(old) and old[start] == new[start]:
        start += 1
    return any(new.endswith(old[at:]) and new.startswith(old[:at]) for at in range(start + 1))


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ("records: {a: {name: x}}\n", "the records are written in braces"),
        ("records: &A\n  a: {name: x}\nall: {b: c}\n", None),
        ("source: {csv: a.csv}\n", "the document has no `records:`"),
        ("records: {}   # none yet\n", None),
        ("records:\n  a: {name: x}  # the last one", None),
        ("records:\n  a:\n    text: |+\n      x\n\n\n", "would not have exactly the intended"),
    ],
)
def test_where_records_cannot_be_added_safely_it_says_so(records: str, why: str | None) -> None:
    data = f"object: companies\nkey: external_id\n{records}".encode()
    if why is None:
        added = add_records(data, "companies.yaml", 0, [WrittenRecord("new", {"name": "New"})])
        assert is_insertion(data.decode(), added.decode()) or b"{}" in data
        return
    with pytest.raises(UsageError, match=why):
        add_records(data, "companies.yaml", 0, [WrittenRecord("new", {"name": "New"})])
