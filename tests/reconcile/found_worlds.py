"""Worlds that random search has found, each with a fault that is mended since."""

from dataclasses import replace
from typing import Final

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Drift, Prune
from reconciler.model.owned import Origin, OwnedRecord
from tests.reconcile.whole_world import EMAIL, NUMBER, OBJECT, SECOND, THERE, Line, Target, World

ADA, BOB, CYD = map(RecordId, ("501", "502", "503"))


def _owned(record_id: RecordId, by: str, key: str, **sent: str) -> OwnedRecord:
    return OwnedRecord(RecordAddress(OBJECT, by, key), record_id, Origin.CREATED, sent, {})


def _pair(one: OwnedRecord, other: OwnedRecord) -> OwnedAssociation:
    source, target = (RecordRef(each.key, each.record_id) for each in (one, other))
    return OwnedAssociation(Association(source, target), Origin.CREATED, is_whole=True)


_ADA = _owned(ADA, EMAIL, "ada@x.example")
_BOB_BY_NUMBER = _owned(BOB, NUMBER, "N1")
_BOB = replace(_owned(BOB, EMAIL, "bob@x.example"), is_protected=True)
_CYD_BY_NUMBER = _owned(CYD, NUMBER, "N1")

UNCLEAR: Final = World(
    lines=(
        Line("record_id", ADA, targets=(Target(NUMBER, "N1"),)),
        Line(EMAIL, "ada@x.example"),
    ),
    live={ADA: {EMAIL: "ada@x.example"}, BOB: {EMAIL: "bob@x.example"}},
    labels={(ADA, BOB): frozenset()},
    entries=(_ADA, _BOB_BY_NUMBER),
    pairs=(_pair(_ADA, _BOB_BY_NUMBER),),
    prune=Prune.OURS,
    skips_invalid=True,
)
"""Two lines name Ada. The one that the state does not use associates her with a number that nobody has."""

EITHER: Final = World(
    lines=(Line(NUMBER, "N3", renamed_from="N1", targets=(Target(NUMBER, "N2"),)),),
    live={
        ADA: {EMAIL: "ada@x.example", NUMBER: "N3"},
        BOB: {EMAIL: "bob@x.example", NUMBER: "N2"},
        CYD: {EMAIL: "cyd@x.example", NUMBER: "N1"},
    },
    labels={(BOB, CYD): frozenset()},
    entries=(_BOB, _CYD_BY_NUMBER),
    pairs=(_pair(_BOB, _CYD_BY_NUMBER),),
    prune=Prune.OURS,
    skips_invalid=True,
)
"""A line names Ada by its key, and Cyd by ``$renamed_from``: its association with Bob may be Cyd's."""

NUMBER_THERE: Final = World(
    lines=(Line(NUMBER, "N1", where=THERE),),
    live={ADA: {EMAIL: "ada@x.example"}},
    labels={},
    entries=(_owned(ADA, EMAIL, "ada@x.example", erp_no="N1"),),
    prune=Prune.OURS,
)
"""The other environment names a number that we wrote and that people have cleared since."""

ADDRESS_THERE: Final = World(
    lines=(Line(EMAIL, "two@x.example", where=THERE),),
    live={ADA: {EMAIL: "ada@x.example", SECOND: "two@x.example", NUMBER: "N1"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N1"),),
    prune=Prune.ALL,
)
"""The other environment names a second address, and the state has the record by its number."""

LEFT_OUT: Final = World(
    lines=(Line("record_id", BOB), Line(NUMBER, "N1", is_absent=True)),
    live={BOB: {EMAIL: "bob@x.example"}},
    labels={},
    entries=(_BOB_BY_NUMBER,),
    exclude=(f"{OBJECT}/={BOB}",),
)
"""A record shall not exist by its key in the state, which it has lost; a left-out line names it by its id."""

STRANGER: Final = World(
    lines=(Line(NUMBER, "N1", is_absent=True),),
    live={ADA: {EMAIL: "ada@x.example", NUMBER: "N1"}},
    labels={},
    entries=(_BOB_BY_NUMBER,),
)
"""The record that shall not exist is not ours: the state has a record that is gone by its key."""

LEFT_OUT_ABSENT: Final = World(
    lines=(Line(EMAIL, "cyd@X.example"), Line("record_id", CYD, is_absent=True)),
    live={CYD: {EMAIL: "cyd@x.example"}},
    labels={},
    exclude=("contacts/cyd@X.example",),
)
"""One line names Cyd in other letters, and the plan leaves it out. By another line, Cyd must not exist."""

ABSENT_FIRST: Final = World(
    lines=(Line(EMAIL, "ada@X.example", is_absent=True), Line(EMAIL, "two@x.example")),
    live={ADA: {EMAIL: "ada@x.example", SECOND: "two@x.example"}},
    labels={},
    skips_invalid=True,
)
"""The first of two lines that name Ada says that she must not exist, and the second line is a problem."""

ABSENT_BY_BOTH_KEYS: Final = World(
    lines=(Line(NUMBER, "N2", is_absent=True), Line(NUMBER, "N3", is_absent=True)),
    live={ADA: {EMAIL: "ada@x.example", NUMBER: "N2"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N3"),),
)
"""People changed the key of Ada. By two lines, neither the old nor the new key must exist."""

NEW_BESIDE_KEPT: Final = World(
    lines=(
        Line("record_id", ADA),
        Line(NUMBER, "N3", is_absent=True),
        Line(NUMBER, "N4", values=(("firstname", "Ada"),)),
    ),
    live={ADA: {EMAIL: "ada@x.example", NUMBER: "N3"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N3"),),
    skips_invalid=True,
)
"""By one line Ada must not exist, another one names her, and a third line creates a record without an id."""


LEFT_OUT_BY_OTHER_ADDRESS: Final = World(
    lines=(Line("record_id", ADA, is_absent=True), Line(EMAIL, "two@x.example")),
    live={ADA: {EMAIL: "ada@x.example", SECOND: "two@x.example"}},
    labels={},
    entries=(_ADA, _owned(RecordId("599"), EMAIL, "two@x.example")),
    exclude=("contacts/two@x.example",),
    skips_invalid=True,
)
"""The plan leaves out a line that names Ada by another address. State knows a gone record by this address."""

HELD_FORMER_KEY: Final = World(
    lines=(Line(EMAIL, "bob@x.example", values=((NUMBER, "N1"),)),),
    live={BOB: {EMAIL: "bob@x.example"}},
    labels={},
    entries=(_owned(BOB, NUMBER, "N2"),),
    drift=Drift.HOLD,
    skips_invalid=True,
)
"""A line names Bob by his e-mail address. People took away the number by which the state knows him."""

ABSENT_AND_GIVEN: Final = World(
    lines=(Line("record_id", ADA, values=((NUMBER, "N1"),)), Line(NUMBER, "N1", is_absent=True)),
    live={ADA: {EMAIL: "ada@x.example"}},
    labels={},
    skips_invalid=True,
)
"""One line gives Ada a number. According to the other line, no record may have it."""

STAYS_UNDER_ITS_KEY: Final = World(
    lines=(Line("record_id", BOB, values=((EMAIL, "ada@x.example"),)), Line(NUMBER, "N4")),
    live={ADA: {EMAIL: "ada@x.example"}, BOB: {EMAIL: "bob@x.example"}},
    labels={},
    entries=(_owned(BOB, NUMBER, "N4"),),
    skips_invalid=True,
)
"""The line that names Bob by his id has a problem. The other line is about a new record with his number."""

NAMED_BY_A_GONE_RECORD: Final = World(
    lines=(
        Line(NUMBER, "N3", targets=(Target(NUMBER, "N4", "Friend"),)),
        Line(NUMBER, "N4", where=THERE),
    ),
    live={ADA: {EMAIL: "ada@x.example"}, BOB: {EMAIL: "bob@x.example", NUMBER: "N4"}},
    labels={(ADA, BOB): frozenset()},
    entries=(_BOB, _owned(ADA, NUMBER, "N3")),
    pairs=(_pair(_BOB, _owned(ADA, NUMBER, "N3")),),
    prune=Prune.ALL,
)
"""People took away Ada's number, by which a line names her, and Bob, whom the state knows by his address."""

ABSENT_BY_FORMER_KEY: Final = World(
    lines=(Line(NUMBER, "N4", is_absent=True), Line(NUMBER, "N3")),
    live={ADA: {EMAIL: "ada@x.example", NUMBER: "N3"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N4"),),
    target=("contacts/N4",),
)
"""People gave Ada another number, by which a line names her that the plan leaves out."""

GIVEN_THE_KEY_OF_A_GONE_RECORD: Final = World(
    lines=(Line(NUMBER, "N1"), Line("record_id", ADA, values=((NUMBER, "N1"),))),
    live={ADA: {EMAIL: "ada@x.example"}},
    labels={},
    entries=(_owned(RecordId("599"), NUMBER, "N1"),),
    skips_invalid=True,
)
"""One line names a record that is gone by a number; the other line gives Ada this number."""

RECREATED_BESIDE_ITSELF: Final = World(
    lines=(Line(NUMBER, "N3", (("firstname", "Ada"),)), Line(NUMBER, "N9")),
    live={ADA: {EMAIL: "ada@x.example", NUMBER: "N9"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N3"),),
    target=("contacts/N3",),
    recreate=("contacts/N3",),
)
"""As before, but the line with her former number asks for a new record."""

GIVEN_A_FORMER_KEY: Final = World(
    lines=(
        Line("record_id", ADA, values=((NUMBER, "N1"),)),
        Line(NUMBER, "N2", (("firstname", "Bob"),), renamed_from="N1"),
    ),
    live={ADA: {EMAIL: "ada@x.example"}},
    labels={},
)
"""One line gives Ada a number that is a former key in the other line."""

ABSENT_AND_RENAMED: Final = World(
    lines=(
        Line(NUMBER, "N4", is_absent=True),
        Line(NUMBER, "N2", (("firstname", "Ada"),), renamed_from="N4"),
    ),
    live={ADA: {EMAIL: "ada@x.example"}},
    labels={},
    entries=(_owned(ADA, NUMBER, "N4"),),
)
"""People took away Ada's number. One line gives her another one; no record may have the former one."""

_CYD = _owned(CYD, EMAIL, "cyd@x.example")
NAMED_BY_A_REFUSED_VALUE: Final = World(
    lines=(
        Line("record_id", BOB, values=((NUMBER, "N1"),)),
        Line("record_id", CYD, targets=(Target(NUMBER, "N1"),)),
    ),
    live={
        ADA: {EMAIL: "ada@x.example", NUMBER: "N1"},
        BOB: {EMAIL: "bob@x.example"},
        CYD: {EMAIL: "cyd@x.example"},
    },
    labels={(ADA, CYD): frozenset()},
    entries=(_ADA, _CYD),
    pairs=(_pair(_CYD, _ADA),),
    prune=Prune.OURS,
    skips_invalid=True,
)
"""A line gives Bob the number of Ada, which is refused. The other line associates Cyd with this number."""
