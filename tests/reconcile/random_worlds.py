"""Random whole worlds, in which lines, entries in state and people call the same records by many names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Drift, Prune
from reconciler.model.labels import Label
from reconciler.model.owned import Origin, OwnedRecord
from tests.reconcile.whole_world import (
    EMAIL,
    HERE,
    INVERSE,
    KEYS,
    LABELS,
    NUMBER,
    OBJECT,
    SCORE,
    SECOND,
    THERE,
    Ends,
    Line,
    Target,
    World,
)

MAILS = tuple(f"{name}@x.example" for name in ("ada", "bob", "cyd", "dan"))
NUMBERS = ("N1", "N2", "N3", "N4")
SECONDS = ("two@x.example", "too@x.example")
IDS = tuple(map(RecordId, ("501", "502", "503")))
ERASED = RecordId("599")
"""A record that only the state knows."""
ALL: Mapping[str, Sequence[str]] = {EMAIL: (*MAILS, *SECONDS), NUMBER: NUMBERS, RECORD_ID: (*IDS, ERASED)}
NAMES, SCORES = ("Ada", "Bob"), ("1", "2")

rarely = st.integers(0, 4).map(lambda number: number == 0)
mostly = st.integers(0, 3).map(bool)


@dataclass(frozen=True)
class Calling:
    """The names that a record has or had, by property."""

    live: Mapping[RecordId, Mapping[str, str]]
    entries: Sequence[OwnedRecord]

    def names(self, record_id: RecordId, by: str) -> Sequence[str]:
        """Return the values of ``by`` by which a line may name a record; the present one is first."""
        if by == RECORD_ID:
            return [record_id]
        held = self.live.get(record_id, {})
        found = [held[by]] if by in held else []
        if by == EMAIL:
            found += [text.replace("@x", "@X") for text in found] + ([held[SECOND]] if SECOND in held else [])
        for entry in self.entries:
            if entry.record_id == record_id:
                found += [entry.key.value] if entry.key.by == by else []
                found += [text] if (text := entry.sent.get(by)) else []
        return found


@st.composite
def whole_worlds(draw: st.DrawFn) -> World:
    """Return any world of up to three contacts."""
    live = draw(_live())
    entries = draw(_entries(live))
    calling = Calling(live, entries)
    by = draw(st.sampled_from(KEYS))
    lines = draw(_lines(calling, by, HERE)) + draw(_lines(calling, draw(st.sampled_from(KEYS)), THERE))
    labels = draw(_labels(sorted(live)))
    named = [line.address for line in lines if line.where == HERE]
    is_partial = bool(named) and draw(rarely)
    some = tuple(draw(st.lists(st.sampled_from(named), min_size=1, max_size=2))) if is_partial else ()
    is_target = draw(st.booleans())
    return World(
        lines=lines,
        live=live,
        labels=labels,
        entries=entries,
        pairs=draw(_pairs(entries, labels)),
        prune=draw(st.sampled_from(Prune)),
        drift=draw(st.sampled_from(Drift)),
        target=some if is_target else (),
        exclude=() if is_target else some,
        skips_invalid=draw(st.booleans()),
    )


@st.composite
def _live(draw: st.DrawFn) -> Mapping[RecordId, Mapping[str, str]]:
    count = draw(st.integers(1, 3))
    mails, numbers = draw(st.permutations(MAILS)), draw(st.permutations(NUMBERS))
    second = draw(st.sampled_from((*IDS[:count], *IDS[:count], None)))
    live: dict[RecordId, Mapping[str, str]] = {}
    for place, record_id in enumerate(IDS[:count]):
        held = {
            EMAIL: mails[place],
            "firstname": draw(st.sampled_from(NAMES)),
            SCORE: draw(st.sampled_from(SCORES)),
        }
        held |= {NUMBER: numbers[place]} if draw(mostly) else {}
        held |= {SECOND: SECONDS[0]} if record_id == second else {}
        live[record_id] = held
    return live


@st.composite
def _entries(draw: st.DrawFn, live: Mapping[RecordId, Mapping[str, str]]) -> tuple[OwnedRecord, ...]:
    """Return entries in state for some records; their keys and values may be older than the portal's."""
    found: dict[tuple[str, str], OwnedRecord] = {}
    for record_id in (*sorted(live), ERASED):
        if not draw(mostly):
            continue
        by = draw(st.sampled_from((*KEYS, *KEYS, *KEYS, RECORD_ID)))
        known = {
            name: draw(st.sampled_from(ALL[name])) if draw(rarely) or not held else held
            for name in KEYS
            for held in [live.get(record_id, {}).get(name)]
        }
        sent: dict[str, str | None] = {
            "firstname": draw(st.sampled_from(NAMES)),
            SCORE: draw(st.sampled_from(SCORES)),
        }
        sent |= {name: text for name, text in known.items() if name != by and draw(st.booleans())}
        key = record_id if by == RECORD_ID else known[by]
        if (by, key) not in found:
            address = RecordAddress(OBJECT, by, key)
            origin = draw(st.sampled_from((Origin.CREATED, Origin.CREATED, Origin.ADOPTED)))
            found[by, key] = OwnedRecord(address, record_id, origin, sent, {}, draw(rarely) and draw(rarely))
    return tuple(found[each] for each in sorted(found))


@st.composite
def _lines(draw: st.DrawFn, calling: Calling, main: str, where: str) -> tuple[Line, ...]:
    """Return lines of one environment, mostly about known records, each by one of its many names."""
    found: dict[tuple[str, str], Line] = {}
    for _ in range(draw(st.integers(0, 4 if where == HERE else 3))):
        by = RECORD_ID if where == HERE and draw(rarely) else main
        ids = sorted(calling.live)
        about = draw(
            st.sampled_from(ids if by == RECORD_ID or where == THERE else (*ids, *ids, ERASED, None))
        )
        key = draw(_name(calling, about, by))
        kind = draw(st.integers(0, 7 if where == HERE else 1))
        renamed = draw(_name(calling, about, by)) if kind == 0 and by != RECORD_ID else None
        if renamed is not None and draw(st.booleans()):
            key = draw(st.sampled_from(ALL[by]))
        line = Line(by, key, where=where)
        if kind in {1, 2} and where == HERE:
            line = Line(by, key, is_absent=True)
        else:
            values = draw(_values(calling, about, by))
            targets = draw(_targets(calling, about, main)) if where == HERE else ()
            line = Line(
                by,
                key,
                values,
                renamed_from=None if renamed == key else renamed,
                targets=targets,
                where=where,
            )
        found.setdefault((by, key), line)
    return tuple(found.values())


@st.composite
def _name(draw: st.DrawFn, calling: Calling, about: RecordId | None, by: str) -> str:
    names = calling.names(about, by) if about else ()
    return draw(st.sampled_from(names or ALL[by]))


@st.composite
def _values(
    draw: st.DrawFn, calling: Calling, about: RecordId | None, by: str
) -> tuple[tuple[str, str | None], ...]:
    """Return values of a line, among them perhaps a value of another key property."""
    said: dict[str, str | None] = {"firstname": draw(st.sampled_from(NAMES))}
    if draw(st.booleans()):
        said[SCORE] = draw(st.sampled_from(SCORES))
    for name in KEYS:
        if name != by and draw(rarely if by == RECORD_ID else st.booleans()):
            present = calling.live.get(about or ERASED, {}).get(name)
            others = [*ALL[name][:4], None] if name == NUMBER else ALL[name][:4]
            said[name] = present if present and draw(st.booleans()) else draw(st.sampled_from(others))
    return tuple(sorted(said.items()))


@st.composite
def _targets(draw: st.DrawFn, calling: Calling, about: RecordId | None, main: str) -> tuple[Target, ...]:
    found: dict[str, Target] = {}
    for _ in range(draw(st.integers(0, 2))):
        others = [each for each in (*sorted(calling.live), ERASED) if each != about]
        other = draw(st.sampled_from(others if draw(rarely) else others[:-1] or others))
        by = main if draw(mostly) else draw(st.sampled_from(KEYS))
        value = draw(_name(calling, other, by))
        found.setdefault(value, Target(by, value, draw(st.sampled_from((None, None, *INVERSE)))))
    return tuple(found.values())


@st.composite
def _labels(draw: st.DrawFn, ids: Sequence[RecordId]) -> Mapping[Ends, frozenset[str]]:
    """Return live associations."""
    ends = [(one, other) for one in ids for other in ids if one < other]
    if not ends:
        return {}
    labels = st.frozensets(st.sampled_from(sorted(INVERSE)), max_size=1)
    return draw(st.dictionaries(st.sampled_from(ends), labels))


@st.composite
def _pairs(
    draw: st.DrawFn, entries: Sequence[OwnedRecord], labels: Mapping[Ends, frozenset[str]]
) -> tuple[OwnedAssociation, ...]:
    """Return owned associations between owned records, mostly live ones."""
    found: dict[object, OwnedAssociation] = {}
    refs = {entry.record_id: RecordRef(entry.key, entry.record_id) for entry in entries}
    ends = [each for each in labels if refs.keys() >= set(each)]
    for one, other in ends:
        if not draw(mostly):
            continue
        is_turned = draw(st.booleans())
        texts: list[str | None] = [*sorted(labels[one, other]), None]
        text = draw(st.sampled_from(texts))
        text = INVERSE[text] if text and is_turned else text
        label = Label("USER_DEFINED", LABELS[text], text) if text else None
        source, target = (refs[other], refs[one]) if is_turned else (refs[one], refs[other])
        origin = draw(st.sampled_from((Origin.CREATED, Origin.CREATED, Origin.ADOPTED)))
        pair = OwnedAssociation(Association(source, target, label), origin, draw(mostly))
        found[one, other] = pair
    return tuple(found.values())
