"""What of the manifests a plan looks at, and flags that mean nothing of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import TypeAlias

from reconciler.errors import UsageError
from reconciler.model.addresses import RecordKey
from reconciler.model.associations import OwnedPair
from reconciler.model.desired import DesiredRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import Glob, Selection

LeftOut: TypeAlias = Sequence[tuple[DesiredRecord, DesiredRecord | None]]
"""Records that are not selected as they are, each with what is selected of it, if anything."""


def selected(
    chunks: Iterable[Sequence[DesiredRecord]],
    selection: Selection,
    leave_out: Callable[[LeftOut], None],
    size: int,
) -> Iterator[Sequence[DesiredRecord]]:
    """What is selected of ``chunks``, ``size`` records at a time, so that the others cost no call."""
    if not selection.is_partial:
        yield from chunks
        return
    waiting: list[DesiredRecord] = []
    for chunk in chunks:
        pairs = [(record, selection.narrowed(record)) for record in chunk]
        waiting += [narrowed for _, narrowed in pairs if narrowed is not None]
        leave_out([pair for pair in pairs if pair[0] is not pair[1]])
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting


def selected_owned(
    owned: Iterable[OwnedRecord], selection: Selection, unmet: "UnmatchedGlobs"
) -> Iterator[OwnedRecord]:
    """What is selected of records that we own, each with those of its values that are."""
    if not selection.is_partial:
        yield from owned
        return
    for entry in owned:
        unmet.meet(entry.key, entry.sent)
        kept = {name: text for name, text in entry.sent.items() if selection.has(entry.key, name)}
        if kept or selection.has_record(entry.key):
            yield replace(entry, sent=kept)


def selected_pairs(
    pairs: Iterable[OwnedPair], types: tuple[str, str], selection: Selection, unmet: "UnmatchedGlobs"
) -> list[OwnedPair]:
    """What is selected of associations that we own, of those from one of two object types to the other."""
    directed = [pair for pair in pairs if (pair.key.object, pair.target.object) == types]
    for pair in directed:
        unmet.meet(pair.key, [pair.target.address])
    return [pair for pair in directed if selection.has(pair.key, pair.target.address)]


class UnmatchedGlobs:
    """Globs of flags that have met nothing they mean yet.

    One that meets nothing is most likely a slip, whose consequence would be silence: a mistyped
    ``--target`` would show that nothing changes, a mistyped ``--exclude`` would write what was to be
    left alone. So it is an error, told with all others of its kind.
    """

    def __init__(self, given: Mapping[str, Iterable[Glob]]) -> None:
        self._left = [(flag, glob) for flag, globs in given.items() for glob in globs]

    def meet_all(self, records: Iterable[DesiredRecord]) -> None:
        """Records that the manifests name: whatever means one of them, or a property of it, is met."""
        for record in records if self._left else ():
            others = [wanted.address for wanted in record.associations]
            self.meet(record.record_key, (*record.names, *others))
            if not self._left:
                return

    def passing(self, owned: Iterable[OwnedRecord]) -> Iterator[OwnedRecord]:
        """Records that no manifest names any more, as they go by: whatever means one of them is met."""
        for entry in owned:
            self.meet(entry.key, ())
            yield entry

    def refuse(self, among: str) -> None:
        """Say which are left; ``among`` says what there was to mean.

        Raises:
            UsageError: some are.
        """
        if self._left:
            told = [f"{flag} {quote(glob.text)} matches nothing" for flag, glob in self._left]
            raise UsageError(
                "\n".join(told) + f"\n    no record or property that {among} is called so:\n"
                "    companies/acme is one record, companies/* are all of a type, companies/acme#phone is a "
                "property"
            )

    def meet(self, key: RecordKey, names: Iterable[str]) -> None:
        """Whatever means this record, or one of its properties ``names``, is met."""
        self._left = [(flag, glob) for flag, glob in self._left if not glob.touches(key, names)]
