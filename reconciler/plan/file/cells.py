"""Values, places and names as short texts, because the journal may store a million of them."""

import json
from collections.abc import Sequence
from typing import Any

from reconciler.json_values import json_text
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES, DisplayNames, Names
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.file.names import (
    decode_display_names,
    decode_names,
    encode_display_names,
    encode_names,
)
from reconciler.source import SourceRef

_DECODER = json.JSONDecoder()
_REASONS = {str(reason): reason for reason in Reason}


def values_text(values: Sequence[ValueChange], source: SourceRef | None) -> str:
    """Encode before, after, reason and place of each value, by name, as a short text."""
    return json_text(
        {
            value.name: (value.before, value.after, str(value.reason), _place(value.source, source))
            for value in values
        }
    )


def values_in(text: str, source: SourceRef | None) -> tuple[ValueChange, ...]:
    """Read the result of ``values_text``, which contains the values in the order of their names."""
    file = source.file if source else ""
    return tuple(
        ValueChange(name, before, after, _REASONS[reason], _source_at(place, file))
        for name, (before, after, reason, place) in _DECODER.raw_decode(text)[0].items()
    )


def _place(source: SourceRef | None, of_change: SourceRef | None) -> tuple[object, ...] | None:
    """Return line and column of a value; also the file if it is not the file of the change."""
    if source is None:
        return None
    place = (source.line, source.column)
    return place if of_change and source.file == of_change.file else (*place, source.file)


def _source_at(place: Sequence[Any] | None, file: str) -> SourceRef | None:
    if place is None:
        return None
    line, column, *other = place
    return SourceRef(other[0] if other else file, line, column)


def source_text(source: SourceRef | None) -> str:
    """Encode the manifest place of a change: file, line, column."""
    return json_text((source.file, source.line, source.column) if source else None)


def source_in(text: str) -> SourceRef | None:
    """Read the place of a change from the journal."""
    place = _DECODER.raw_decode(text)[0]
    return SourceRef(*place) if place else None


def display_names_text(names: DisplayNames) -> str | None:
    """Encode the known display names; None if there are none."""
    return json_text(encode_display_names(names)) if names != NO_DISPLAY_NAMES else None


def display_names_in(text: str | None) -> DisplayNames:
    """Read the result of ``display_names_text``."""
    return decode_display_names(_DECODER.raw_decode(text)[0]) if text else NO_DISPLAY_NAMES


def names_text(names: Names) -> str | None:
    """Encode the names of properties and values; None if there are none."""
    return json_text(encode_names(names)) if names != NO_NAMES else None


def names_in(text: str | None) -> Names:
    """Read the result of ``names_text``."""
    return decode_names(_DECODER.raw_decode(text)[0]) if text else NO_NAMES
