"""The table of the fields of a change: how each one is encoded, decoded, digested, journaled and masked.

A new field of ``Change`` needs one entry in ``FIELDS``. A test fails if the entry is missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from reconciler.json_values import Json, Wrong, as_object, as_text, as_word, inside, part
from reconciler.model.addresses import DefinitionAddress, RecordAddress, thing_address
from reconciler.model.calls import Call, Operation
from reconciler.model.names import NO_DISPLAY_NAMES
from reconciler.model.owned import Origin
from reconciler.plan.change import NO_IDS, Action, Change, Owned, Reason, Remote
from reconciler.plan.file import forms
from reconciler.plan.file.cells import (
    display_names_in,
    display_names_text,
    source_in,
    source_text,
    values_in,
    values_text,
)
from reconciler.plan.file.forms import Form
from reconciler.plan.file.names import DISPLAY_NAMES
from reconciler.plan.kinds import KINDS, KINDS_BY_NAME, ChangeKind, kind_of

Cells: TypeAlias = Mapping[str, Any]
"""One row of the journal, by column."""


class Content(Enum):
    """The personal data that a field may contain: this decides how the field is masked."""

    NOTHING = "nothing"
    ADDRESS = "address"  # keys of records
    VALUES = "values"  # texts of properties of the record
    DISPLAY_NAMES = "display names"  # display names of records


@dataclass(frozen=True, slots=True)
class Kept:
    """The columns of the journal for a field."""

    columns: tuple[str, ...]
    cells: Callable[[Change], Cells]
    value: Callable[[Cells], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a change. If it equals ``default``, the plan file leaves it out."""

    name: str
    description: str  # shown in the JSON Schema and on the page generated from it
    # how the field is written under ``do``, which is part of the digest; None: it is not written there
    does: Form | None
    # how the field is written under ``why``, which is not part of the digest; None: it is not written there
    why: Form | None
    kept: Kept | None  # None: not in the journal
    default: object = None
    content: Content = Content.NOTHING
    is_of_kind: bool = False  # whether each kind has its own form for the field

    def form(self, kind: ChangeKind) -> Form | None:
        """Return how the field is written under ``do`` for ``kind``; None if it is not written there."""
        return getattr(kind, self.name) if self.is_of_kind else self.does


def _column(name: str, to_cell: Callable[[Any], object], to_value: Callable[[Any], Any]) -> Kept:
    """Map the field ``name`` to the journal column of the same name."""
    return Kept(
        (name,), lambda change: {name: to_cell(getattr(change, name))}, lambda row: to_value(row[name])
    )


def _values(name: str, description: str) -> Field:
    """Build the entry of ``FIELDS`` for a field that contains value changes.

    The journal stores before, after, reason and place of each value.
    """
    does = Form(forms.encode_values, as_object, {"$ref": "#/$defs/values"})
    why = Form(forms.encode_reasons, as_object, {"$ref": "#/$defs/reasons"})
    kept = Kept(
        (name,),
        lambda change: {name: values_text(getattr(change, name), change.source)},
        lambda row: values_in(row[name], source_in(row["source"])),
    )
    return Field(name, description, does, why, kept, (), Content.VALUES)


def _owned(name: str, description: str, suffix: str = "") -> Field:
    """Build the entry of ``FIELDS`` for a field that says how a thing is owned.

    The names of its two columns in the journal end in ``suffix``.
    """
    origin, protected = f"origin{suffix}", f"protected{suffix}"

    def cells(change: Change) -> Cells:
        owned: Owned | None = getattr(change, name)
        return {origin: owned and str(owned.origin), protected: owned and int(owned.is_protected)}

    def value(row: Cells) -> Owned | None:
        return Owned(Origin(row[origin]), bool(row[protected])) if row[origin] else None

    return Field(name, description, forms.OWNED, None, Kept((origin, protected), cells, value))


def _moved_from_cells(change: Change) -> Cells:
    key = change.moved_from
    return {"from_by": key and key.by, "from_key": key and key.value}


def _moved_from_in(row: Cells) -> RecordAddress | DefinitionAddress | None:
    return None if row["from_key"] is None else thing_address(row["object"], row["from_by"], row["from_key"])


def _operation_cells(change: Change) -> Cells:
    operation = change.operation
    return {"call": operation and str(operation.call), "id_property": operation and operation.id_property}


FIELDS: tuple[Field, ...] = (
    Field(
        "address",
        "The record, the two records of an association, or the definition.",
        does=None,
        why=None,
        kept=Kept(
            ("object", "by", "key", "to_object", "to_by", "to_key", "label"),
            lambda change: kind_of(change).address_cells(change.address),
            lambda row: KINDS_BY_NAME[row["kind"]].address_in(row),
        ),
        content=Content.ADDRESS,
        is_of_kind=True,
    ),
    Field(
        "action",
        "The action. For associations, reports show create as associate, and archive as dissociate.",
        does=Form(str, as_word(Action), {"$ref": "#/$defs/action"}),
        why=None,
        kept=_column("action", str, Action),
    ),
    Field(
        "reason",
        "The reason why the change is in the plan.",
        does=None,
        why=forms.REASON,
        kept=_column("reason", str, Reason),
    ),
    _values("values", "Values to write, by property."),
    _values(
        "remembered",
        "Values that are stored in the state, but not written to HubSpot. Each key is a property.",
    ),
    _values(
        "forgotten",
        "For each property whose value is removed from the state: the value in HubSpot's form, and in the "
        "form that was sent.",
    ),
    Field(
        "rests_on",
        "Values that apply reads right before the call: if HubSpot has other values then, the change is "
        "stale. Each key is a property, or the address of an associated record.",
        does=forms.READ,
        why=None,
        kept=None,
        default=(),
        content=Content.VALUES,
    ),
    Field(
        "moved_from",
        "The key of the record, or the name of the definition, before the change.",
        does=forms.FORMER_KEY,
        why=None,
        kept=Kept(
            ("from_by", "from_key"),
            _moved_from_cells,
            _moved_from_in,
        ),
        content=Content.ADDRESS,
    ),
    Field(
        "remote",
        "The ids that HubSpot gave to the records or to the definition.",
        does=forms.REMOTE,
        why=None,
        kept=Kept(
            ("record_id", "to_id"),
            lambda change: {"record_id": change.remote.id, "to_id": change.remote.target_id},
            lambda row: Remote(row["record_id"], row["to_id"]),
        ),
        default=NO_IDS,
    ),
    Field(
        "operation",
        "The call that carries the change; absent if the change affects only the state.",
        does=forms.OPERATION,
        why=None,
        kept=Kept(
            ("call", "id_property"),
            _operation_cells,
            lambda row: Operation(Call(row["call"]), row["id_property"]) if row["call"] else None,
        ),
    ),
    _owned("owned", "The ownership after the change; absent if we do not own the thing after the change."),
    _owned(
        "owned_before",
        "The ownership before the change; present only if the change ends the ownership.",
        "_before",
    ),
    Field(
        "source",
        "The manifest line that asks for the change.",
        does=None,
        why=forms.SOURCE,
        kept=Kept(
            ("source",),
            lambda change: {"source": source_text(change.source)},
            lambda row: source_in(row["source"]),
        ),
    ),
    Field(
        "details",
        "Further facts about the change. Records, associations and definitions have different keys here.",
        does=None,
        why=None,
        kept=Kept(
            ("replaces", "whole", "details"),
            lambda change: kind_of(change).details_cells(change),
            lambda row: KINDS_BY_NAME[row["kind"]].details_in(row),
        ),
        is_of_kind=True,
    ),
    Field(
        "step",
        "The number of this change, if one thing has several changes; absent for the first change.",
        does=forms.STEP,
        why=None,
        kept=_column("step", int, int),
        default=1,
    ),
    Field(
        "display_names",
        "The display name of the record, and of the other record of an association.",
        does=None,
        why=DISPLAY_NAMES,
        kept=_column("display_names", display_names_text, display_names_in),
        default=NO_DISPLAY_NAMES,
        content=Content.DISPLAY_NAMES,
    ),
)
"""All fields of a change, in the order of display."""

REQUIRED = ("address", "action", "reason")
"""Fields without a default."""


def change_schema() -> Json:
    """Build the JSON Schema definitions of encoded changes."""
    does = {field.name: _described(field, field.does) for field in FIELDS if field.does or field.is_of_kind}
    why = {field.name: _described(field, field.why) for field in FIELDS if field.why}
    kind: Json = {
        "description": "What changes: a record, an association or a definition.",
        "type": "string",
    }
    address: Json = {
        "description": "The name of the record, association or definition in flags, plans and reports.",
        "type": "string",
    }
    return {
        "do": {
            "description": "The effect of a change. Keys without content are left out.",
            "type": "object",
            "properties": {"kind": kind} | does,
            "required": ["kind", *(name for name in REQUIRED if name in does)],
        },
        "why": {
            "description": "The reason for a change. Keys without content are left out.",
            "type": "object",
            "properties": {"address": address} | why,
            "required": ["address", *(name for name in REQUIRED if name in why)],
        },
    }


def _described(field: Field, form: Form | None) -> Json:
    of_kinds: Json = {"anyOf": [found.schema for kind in KINDS.values() if (found := field.form(kind))]}
    return {"description": field.description} | (form.schema if form else of_kinds)


def encode_change(change: Change) -> tuple[Json, Json]:
    """Encode ``change`` as plain JSON values: its effect, which the digest covers, and its reason."""
    why: Json = {"address": str(change.address)}  # only for people: decoding ignores it
    for name, default, encode in _WHY_ENCODERS:
        value = getattr(change, name)
        if value != default:
            why[name] = encode(value)
    return encode_what_it_does(change), why


def encode_what_it_does(change: Change) -> Json:
    """Encode the part of ``encode_change`` that the digest covers."""
    kind = kind_of(change)
    does: Json = {"kind": kind.name}
    for name, default, encode in _ENCODERS[kind.name]:
        value = getattr(change, name)
        if value != default:
            does[name] = encode(value)
    return does


def decode_change(does: object, why: object) -> Change:
    """Decode the result of ``encode_change``; ignore members that a newer version added.

    Raises:
        Wrong: this version cannot apply such a change.
    """
    done, said = as_object(does), as_object(why)
    kind = KINDS_BY_NAME.get(inside(".do", lambda _: part(done, "kind", as_text), None))
    if kind is None:
        raise Wrong(".do.kind", f"is none of {', '.join(KINDS_BY_NAME)}")
    found: dict[str, Any] = {}
    for name, decode in _DECODERS[kind.name]:
        if name in done or name in said or name in REQUIRED:
            found[name] = decode(done, said)
    change = Change(**found)
    if what := kind.flaw(change):
        raise Wrong(".do", what)
    return change


def change_cells(change: Change) -> dict[str, object]:
    """Return the value of each journal column that stores a part of ``change``."""
    cells: dict[str, object] = dict.fromkeys(COLUMNS)
    cells["kind"] = kind_of(change).name
    for kept in _KEPT.values():
        cells.update(kept.cells(change))
    return cells


def change_in(row: Cells) -> Change:
    """Build the change from a row of the journal, which must not be a row with erased values."""
    return Change(**{name: kept.value(row) for name, kept in _KEPT.items()})


_KEPT = {field.name: field.kept for field in FIELDS if field.kept}

COLUMNS = ("kind", *(column for kept in _KEPT.values() for column in kept.columns))
"""Columns of the journal that describe a change."""


def _decoder(field: Field, kind: ChangeKind) -> Callable[[Json, Json], Any]:
    """Build the function that decodes one field of a change of ``kind``."""
    does, why, name = field.form(kind), field.why, field.name
    step, form = (".do", does) if does else (".why", why)

    def decode_values(done: Json, said: Json) -> Any:
        reasons = said.get(name)
        return inside(f".do.{name}", lambda texts: forms.decode_values(texts, reasons), done.get(name))

    def decode(done: Json, said: Json) -> Any:
        try:
            return part(done if does else said, name, form.decode) if form else None
        except Wrong as wrong:
            raise Wrong(step + wrong.path, wrong.what) from None

    return decode_values if does and why else decode


_ENCODERS = {
    kind.name: tuple(
        (field.name, field.default, form.encode) for field in FIELDS if (form := field.form(kind))
    )
    for kind in KINDS.values()
}
_WHY_ENCODERS = tuple((field.name, field.default, field.why.encode) for field in FIELDS if field.why)
_DECODERS = {
    kind.name: tuple((field.name, _decoder(field, kind)) for field in FIELDS) for kind in KINDS.values()
}
