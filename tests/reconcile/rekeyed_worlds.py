"""Random worlds whose manifests name the records of the state by new keys, while people change some keys."""

from dataclasses import replace

from hypothesis import strategies as st

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Drift, Prune
from reconciler.model.labels import Label
from reconciler.model.owned import Origin, OwnedRecord
from tests.reconcile.random_worlds import IDS, MAILS, NUMBERS, mostly, rarely
from tests.reconcile.whole_world import (
    EMAIL,
    INVERSE,
    KEYS,
    LABELS,
    NUMBER,
    OBJECT,
    SECOND,
    THERE,
    Ends,
    Line,
    Target,
    World,
)

LATER = {EMAIL: "late@x.example", NUMBER: "N9"}
"""Keys that no record has had so far."""


@st.composite
def rekeyed_worlds(draw: st.DrawFn) -> World:
    """Return a world in which everything is as the last run left it, except for new keys on both sides."""
    former, main = draw(st.sampled_from(KEYS)), draw(st.sampled_from(KEYS))
    wrote = {
        record_id: {EMAIL: mail, NUMBER: number}
        for record_id, mail, number in zip(IDS, MAILS, NUMBERS, strict=False)
    }
    entries = tuple(
        OwnedRecord(
            RecordAddress(OBJECT, former, keys[former]),
            record_id,
            Origin.CREATED,
            {name: text for name, text in keys.items() if name != former and draw(mostly)},
            {},
        )
        for record_id, keys in wrote.items()
    )
    edited = draw(st.sampled_from((None, *IDS)))
    changes = draw(st.sampled_from(((EMAIL,), (NUMBER,), KEYS)))
    live = {
        record_id: keys | ({name: f"people.{keys[name]}" for name in changes} if record_id == edited else {})
        for record_id, keys in wrote.items()
    }
    one, other = draw(st.sampled_from([(one, other) for one in IDS for other in IDS if one != other]))
    label = draw(st.sampled_from((None, *INVERSE)))
    later = draw(st.sampled_from((None, *IDS)))
    lines = []
    for record_id, keys in wrote.items():
        is_later = record_id == later
        by = "email" if main == NUMBER else NUMBER
        value = draw(st.sampled_from((keys[by], keys[by], LATER[by], wrote[other][by])))
        targets: tuple[Target, ...] = ()
        if record_id == one and draw(mostly):
            is_later_too = other == later
            targets = (Target(main, LATER[main] if is_later_too else wrote[other][main], label),)
        line = Line(main, keys[main], ((by, value),) if draw(st.booleans()) else (), targets=targets)
        if is_later:
            line = replace(line, key=LATER[main], renamed_from=keys[main])
        if not draw(rarely):
            lines.append(line)
    return World(
        lines=tuple(lines),
        live=live,
        labels={_ends(one, other): frozenset({_seen(label, one, other)} if label else ())},
        entries=tuple(sorted(entries, key=lambda entry: entry.key)),
        pairs=(_pair(entries, one, other, label),),
        prune=draw(st.sampled_from((Prune.OFF, Prune.OURS, Prune.ALL))),
        drift=draw(st.sampled_from(Drift)),
        skips_invalid=True,
    )


@st.composite
def worlds_elsewhere(draw: st.DrawFn) -> World:
    """Return a world with one owned record, which only the other environment names, by one of its names."""
    record_id = IDS[0]
    keys = {EMAIL: MAILS[0], NUMBER: NUMBERS[0]}
    held = {**keys, SECOND: "two@x.example"} | ({EMAIL: MAILS[1]} if draw(st.booleans()) else {})
    by, former = draw(st.sampled_from(KEYS)), draw(st.sampled_from(KEYS))
    names = [keys[by], held[by]] + ([held[SECOND], held[EMAIL].replace("@x", "@X")] if by == EMAIL else [])
    line = Line(by, draw(st.sampled_from(names)), where=THERE)
    if draw(st.booleans()):
        line = replace(line, key=LATER[by], renamed_from=line.key)
    sent = {each: text for each, text in keys.items() if each != former and draw(st.booleans())}
    key = draw(st.sampled_from((keys[former], held[former])))
    return World(
        lines=(line,),
        live={record_id: held},
        labels={},
        entries=(OwnedRecord(RecordAddress(OBJECT, former, key), record_id, Origin.CREATED, sent, {}),),
        prune=draw(st.sampled_from((Prune.OURS, Prune.ALL))),
    )


def _ends(one: RecordId, other: RecordId) -> Ends:
    return min(one, other), max(one, other)


def _seen(label: str, one: RecordId, other: RecordId) -> str:
    """Return a label as the record with the lower id sees it."""
    return label if one < other else INVERSE[label]


def _pair(
    entries: tuple[OwnedRecord, ...], one: RecordId, other: RecordId, text: str | None
) -> OwnedAssociation:
    refs = {entry.record_id: RecordRef(entry.key, entry.record_id) for entry in entries}
    label = Label("USER_DEFINED", LABELS[text], text) if text else None
    return OwnedAssociation(Association(refs[one], refs[other], label), Origin.CREATED, is_whole=True)
