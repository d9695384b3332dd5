"""Selecting the part of the manifests to plan, and finding globs (as in ``--target``) that match nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import TypeAlias

from reconciler.errors import UsageError
from reconciler.model.addresses import ThingAddress
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.object_references import Direction
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import EVERYTHING, Glob, Selection

LeftOut: TypeAlias = Sequence[tuple[DesiredRecord, DesiredRecord | None]]
"""Records that are not completely selected, each with its selected part; None if no part is selected."""

_EXAMPLES = (
    "    examples: companies/acme (one record), companies/* (all companies), "
    "companies/acme#phone (a property), companies:properties/* (definitions)"
)


def selected(
    chunks: Iterable[Sequence[DesiredRecord]],
    selection: Selection,
    leave_out: Callable[[LeftOut], None],
    size: int,
) -> Iterator[Sequence[DesiredRecord]]:
    """Return the selected records of ``chunks`` in new chunks of ``size``; other records then cost no calls.

    ``leave_out`` is called with the records that are not completely selected.
    """
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
    owned: Iterable[OwnedRecord], selection: Selection, unmatched: "UnmatchedGlobs"
) -> Iterator[OwnedRecord]:
    """Return the selected owned records, each with its selected values."""
    if not selection.is_partial:
        yield from owned
        return
    for entry in owned:
        unmatched.check(entry.key, entry.sent)
        kept = {name: text for name, text in entry.sent.items() if selection.has(entry.key, name)}
        if kept or selection.has_record(entry.key):
            yield replace(entry, sent=kept)


def selected_pairs(
    pairs: Iterable[OwnedAssociation],
    types: Direction,
    selection: Selection,
    unmatched: "UnmatchedGlobs",
) -> list[OwnedAssociation]:
    """Return the selected owned associations from one object type to the other."""
    directed = [pair for pair in pairs if pair.direction == types]
    for pair in directed:
        unmatched.check(pair.source.address, [pair.target.address.text])
    return [pair for pair in directed if selection.has(pair.source.address, pair.target.address.text)]


class UnmatchedGlobs:
    """Globs of flags that have matched nothing yet.

    A glob that matches nothing is most likely mistyped, and nobody would notice: with a mistyped
    ``--target`` nothing seems to change, with a mistyped ``--exclude`` too much is written. So such
    a glob is an error, and all such errors are reported together.

    Globs of the flags ``within`` a selection (such as ``--take``) have an effect only on selected things, so
    they must match one of these.
    """

    def __init__(
        self,
        given: Mapping[str, Iterable[Glob]],
        within: Mapping[str, Iterable[Glob]] | None = None,
        selection: Selection = EVERYTHING,
    ) -> None:
        self._within = within or {}
        self._selection = selection
        both = {**given, **self._within}
        self._left = [(flag, glob) for flag, globs in both.items() for glob in globs]
        self._left_out: set[tuple[str, Glob]] = set()  # globs that matched things that are not selected

    def check_all(self, records: Iterable[DesiredRecord]) -> None:
        """Note which globs match the records that manifests name, or their properties and associations."""
        for record in records if self._left else ():
            others = [wanted.address for wanted in record.associations]
            self.check(record.address, (*record.names, *others))
            if not self._left:
                return

    def passing(self, owned: Iterable[OwnedRecord]) -> Iterator[OwnedRecord]:
        """Yield the ``owned`` records unchanged, and note which globs match each of them."""
        for entry in owned:
            self.check(entry.key, ())
            yield entry

    def refuse(self, among: str) -> None:
        """Report the globs that have matched nothing.

        ``among`` completes the message "no record or property that … has such an address"; for example, it is
        "reconciler owns".

        Raises:
            UsageError: a glob has matched nothing.
        """
        nothing = [each for each in self._left if each not in self._left_out]
        lines = [f"{flag} {quote(glob.text)} matches nothing" for flag, glob in nothing]
        if nothing:
            lines += [f"    no record or property that {among} has such an address", _EXAMPLES]
        for flag, glob in self._left:
            if (flag, glob) in self._left_out:
                lines += [
                    f"{flag} {quote(glob.text)} matches only what --target or --exclude leaves out",
                    f"    change --target or --exclude, or leave out this {flag}",
                ]
        if lines:
            raise UsageError("\n".join(lines))

    def check(self, key: ThingAddress, names: Iterable[str]) -> None:
        """Note which globs match a record or definition, or one of its properties or associations.

        ``names`` are the names of its properties, and the addresses of its associated records.
        """
        if not self._left:
            return
        names = tuple(names)
        touching = [each for each in self._left if each[1].touches(key, names)]
        for flag, glob in touching:
            if flag in self._within and not self._is_selected(glob, key, names):
                self._left_out.add((flag, glob))
            else:
                self._left.remove((flag, glob))

    def _is_selected(self, glob: Glob, key: ThingAddress, names: Sequence[str]) -> bool:
        """Return whether the selection has something of a thing that the glob matches."""
        has = self._selection
        if glob.means(key):
            return has.has_record(key) or any(has.has(key, name) for name in names)
        return any(glob.means(key, name) and has.has(key, name) for name in names)
