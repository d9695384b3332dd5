"""Editing lists of options and stages: removing entries, or changing their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.manifest.edit.definition_lines import entry_line, list_line
from reconciler.manifest.edit.list_patches import Moved, rewrite_entries
from reconciler.manifest.edit.patches import AnyKey, Patcher, Unsafe
from reconciler.manifest.yaml.content import Content
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_of, option_of

_LISTS = frozenset({OPTIONS, STAGE_NAMES})


class ListPlace(NamedTuple):
    """A list in a file: the number of its document, and the path of keys to the list."""

    document: int
    line: tuple[str, ...]


def is_order(edit: Edit) -> bool:
    """Return whether an edit changes the order of options or stages."""
    return isinstance(edit.key, DefinitionAddress) and edit.name in _LISTS


@dataclass(slots=True)
class ListEditor:
    """Edits the lists of one file; ``text`` must already contain all other edits of the file."""

    text: str
    meant: Sequence[Content]  # intended contents of the documents, updated with each list
    problems: list[Problem] = field(default_factory=list)
    # the names in each list after the edit, in order
    orders: dict[ListPlace, tuple[str, ...]] = field(default_factory=dict)
    places: dict[Edit, int] = field(default_factory=dict)  # offsets of the lists
    _moves: list[Moved] = field(default_factory=list)

    def edit(self, edits: Iterable[Edit], documents: Mapping[Edit, int]) -> None:
        """Make ``edits``; rewrite each list once, with all edits of this list.

        ``documents`` has the number of the document for each edit.
        """
        of_list: dict[ListPlace, list[Edit]] = {}
        for edit in edits:
            try:
                line = self._line(documents[edit], edit)
            except Unsafe as unsafe:
                self.problems.append(unsafe.at(edit.source, edit.address))
            else:
                of_list.setdefault(ListPlace(documents[edit], line), []).append(edit)
        for place, together in of_list.items():
            try:
                self._rewrite(place, together)
            except Unsafe as unsafe:
                self.problems += [unsafe.at(edit.source, edit.address) for edit in together]
        self._find_places(of_list)

    def moved(self, offset: int) -> int:
        """Convert an offset in the original text to an offset in the edited text."""
        for move in self._moves:
            offset = move(offset)
        return offset

    def is_in_order(self) -> bool:
        """Return whether each edited list of the text has the intended names in the intended order."""
        patcher = Patcher(self.text.encode(), AnyKey())
        return all(_names_at(patcher, place) == names for place, names in self.orders.items())

    def _line(self, document: int, edit: Edit) -> tuple[str, ...]:
        key = edit.key
        if not isinstance(key, DefinitionAddress):
            raise Unsafe.changed()
        if edit.takes_out:
            return entry_line(self.meant[document], key, edit.name)[:-1]
        return list_line(self.meant[document], key, edit.name)

    def _rewrite(self, place: ListPlace, edits: Sequence[Edit]) -> None:
        listed = _list_at(self.meant[place.document], place.line)
        gone = {_name_of(edit) for edit in edits if edit.takes_out}
        if missing := gone - set(listed):
            raise Unsafe(f"{min(missing)} is not in this list", "remove its line by hand")
        patcher = Patcher(self.text.encode(), AnyKey())
        before = _names_at(patcher, place)
        names = [name for name in before if name not in gone]
        for edit in edits:
            if is_order(edit):
                names = _in_order(listed, names, list_of(str(edit.after or "")))
        if tuple(names) != before:
            mark = len(patcher.mark)
            text, moved = rewrite_entries(patcher, place.document, place.line, names)
            self.text = f"{patcher.mark}{text}"
            self._moves.append(lambda offset: moved(offset - mark) + mark)
        kept = {name: listed[name] for name in names}
        listed.clear()
        listed.update(kept)
        self.orders[place] = tuple(names)

    def _find_places(self, of_list: Mapping[ListPlace, Sequence[Edit]]) -> None:
        patcher = Patcher(self.text.encode(), AnyKey())
        for place, edits in of_list.items():
            if place in self.orders:
                *outer, name = place.line
                entry = patcher.mapping(place.document, outer).entry(name)
                start = entry.name_span.start + len(patcher.mark) if entry else 0
                self.places.update((edit, start) for edit in edits)


def _names_at(patcher: Patcher, place: ListPlace) -> tuple[str, ...]:
    return tuple(entry.name for entry in patcher.mapping(place.document, place.line).entries)


def _in_order(listed: Mapping[str, Content], names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Sort ``names`` in the order of ``wanted``; names of entries with ``$absent`` keep their positions.

    Raises:
        Unsafe: ``names`` and ``wanted`` are not the same names.
    """
    present = [name for name in names if not _is_absent(listed[name])]
    if set(present) != set(wanted):
        raise Unsafe("the lists in the manifest and in HubSpot have different entries", "write it by hand")
    following = iter(wanted)
    return [name if _is_absent(listed[name]) else next(following) for name in names]


def _is_absent(member: Content) -> bool:
    return isinstance(member, dict) and member.get("$absent") == "true"


def _name_of(edit: Edit) -> str:
    option = option_of(edit.name)
    if option is not None:
        return option
    return edit.key.name if isinstance(edit.key, DefinitionAddress) else ""


def _list_at(document: Content, line: Sequence[str]) -> dict[str, Content]:
    """Return the list at the path of keys ``line``; a list of options or stages is a mapping.

    Raises:
        Unsafe: there is no such list.
    """
    content: Content = document
    for name in line:
        content = content.get(name) if isinstance(content, dict) else None
    if not isinstance(content, dict):
        raise Unsafe.changed()
    return content
