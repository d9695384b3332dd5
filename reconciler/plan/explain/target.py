"""The record to explain: everything that manifests and state say about it, before the portal is read."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import UsageError
from reconciler.model.addresses import RECORD_ID, RecordAddress, split_address
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord, Prune
from reconciler.model.explanation import RecordTrace
from reconciler.model.live import LiveRecord
from reconciler.model.object_references import GroupKey, ObjectProperty
from reconciler.model.owned import OwnedRecord
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.model.selection import Glob, glob_of
from reconciler.source import SourceFiles
from reconciler.suggestions import did_you_mean, nearest

_UNTRACED = RecordTrace((), {}, {})


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """The parts of the address that the user wants explained."""

    object: str
    is_record_id: bool  # whether ``value`` is HubSpot's own id
    value: str
    name: str | None  # the property; None: the whole record

    @property
    def address(self) -> str:
        """Address of the record."""
        return RecordAddress(self.object, RECORD_ID if self.is_record_id else "", self.value).text


@dataclass(frozen=True, slots=True)
class ExplainTarget:
    """The record to explain, with its entries in manifests and state."""

    key: RecordAddress
    name: str | None  # the requested property
    record: DesiredRecord | None  # record in the manifests
    owned: OwnedRecord | None
    files: SourceFiles
    prune: Prune
    trace: RecordTrace = _UNTRACED

    def traced(self, trace: RecordTrace) -> "ExplainTarget":
        """Return the target with its manifest lines."""
        return replace(self, trace=trace)

    def owned_as(self, entry: OwnedRecord | None) -> "ExplainTarget":
        """Return the target with ``entry``, the live record's entry in state, perhaps under another key."""
        return replace(self, owned=entry) if entry else self

    @property
    def keys(self) -> Sequence[str]:
        """The record's key and, if it has one, its key before a rename."""
        old = self.record.special.renamed_from if self.record else None
        return [self.key.value, old] if old else [self.key.value]

    @property
    def glob(self) -> Glob:
        """Glob for this record alone."""
        return glob_of(self.key.text)

    def live_among(self, live: Mapping[str, LiveRecord]) -> LiveRecord | None:
        """Return the live record from ``live`` (by key), under the present or the previous key."""
        return next((live[key] for key in self.keys if key in live), None)

    def is_planned(self, desired: Desired) -> bool:
        """Return whether a plan would include the record.

        A plan includes each record that manifests name. It also includes an owned record that it would prune
        or release.
        """
        is_left_over = self.prune is not Prune.OFF or desired.is_for_other_environment(self.key)
        return self.record is not None or (self.owned is not None and is_left_over)

    def names(self, schema: ObjectSchema) -> Sequence[str]:
        """Return the properties to explain, sorted.

        Raises:
            UsageError: the requested property does not exist anywhere.
        """
        known = {*(self.record.names if self.record else ()), *(self.owned.sent if self.owned else ())}
        known |= self.trace.unmanaged.keys()
        if self.name is None:
            return sorted(known)
        if self.name not in known and self.name not in schema.properties:
            near = did_you_mean(self.name, known | schema.properties.keys())
            advice = f"\n    {near}" if near else ""
            raise UsageError(f'{self.key.object} have no property "{self.name}"{advice}')
        return [self.name]


def parse_explain_address(address: str) -> ParsedAddress:
    """Parse an address.

    Raises:
        UsageError: it is not the address of a record.
    """
    try:
        return ParsedAddress(*split_address(address))
    except ValueError as error:
        raise UsageError(str(error)) from error


def refuse_unknown_type(
    asked: ParsedAddress, desired: Desired, owned: Iterable[tuple[str, str, int]]
) -> None:
    """Refuse an object type that neither manifests nor state contain.

    Raises:
        UsageError: neither contains the type.
    """
    known = {group.object for group in desired.groups} | {object_name for object_name, _, _ in owned}
    known |= {each.address.object for each in desired.definitions if each.moves_records}
    if asked.object not in known:
        message = f'neither manifests nor state contain records of type "{asked.object}"'
        near = (
            did_you_mean(asked.object, known)
            or f"types in manifests and state: {', '.join(sorted(known)) or 'none'}"
        )
        raise UsageError(f"{message}\n    {near}")


def find_subject(
    asked: ParsedAddress,
    desired: Desired,
    owned_under: Callable[[str], Sequence[OwnedRecord]],
    rules: Mapping[GroupKey, Prune],
    masked_properties: Container[ObjectProperty],
) -> ExplainTarget:
    """Find the record at the address, among manifests and state.

    ``owned_under`` returns the entries in state for a key; if ``asked`` has a record id, for a record id.
    ``masked_properties`` are pairs of object type and key property; messages show such a key only if the
    user typed it.

    Raises:
        UsageError: neither manifests nor state contain such a record.
    """
    groups = [
        group
        for group in desired.groups
        if group.object == asked.object and (group.key == RECORD_ID) == asked.is_record_id
    ]
    named = next((found for group in groups if (found := group.records.find(asked.value))), None)
    owned = list(owned_under(asked.value))
    moves = asked.is_record_id and any(definitions_that_move(desired, asked.object))
    if named is None and not owned and moves:
        key = RecordAddress(asked.object, RECORD_ID, asked.value)
        return ExplainTarget(key, asked.name, None, None, desired.files, Prune.OFF)
    if named is None and not owned:
        shown = [group for group in groups if group.key_property not in masked_properties]
        raise UsageError(_unknown(asked, (record.key for group in shown for record in group.records)))
    key = named.address if named else owned[0].key
    record = named or desired.records_of(*key.group).find(key.value)
    if record and record.special.renamed_from:
        owned += owned_under(record.special.renamed_from)
    return ExplainTarget(
        key=key,
        name=asked.name,
        record=record,
        owned=next((entry for entry in owned if entry.key.by == key.by), None),
        files=desired.files,
        prune=rules.get(key.group, Prune.OFF),
    )


def definitions_that_move(desired: Desired, object_name: str) -> Iterator[DesiredDefinition]:
    """Return the definitions of an object type whose changes give records another value.

    An example is the definition of a property with a removed option that has ``$moves_to``. Records that no
    manifest names get another value, too.
    """
    return (each for each in desired.definitions if each.address.object == object_name and each.moves_records)


def unknown_record(asked: RecordAddress) -> UsageError:
    """Return the error for a record that a plan does not touch.

    No manifest names the record, reconciler does not own it, and no ``$moves_to`` gives it another value.
    """
    return UsageError(
        _unknown(ParsedAddress(asked.object, is_record_id=True, value=asked.value, name=None), ())
    )


def _unknown(asked: ParsedAddress, keys: Iterable[str]) -> str:
    near = nearest(asked.value, keys)
    addresses = [replace(asked, value=key).address for key in near]
    advice = "`reconciler state list` tells what is owned"
    if near:
        advice = f"did you mean {' or '.join(addresses)}?"
    elif "*" in asked.value:
        advice = "name one record, not several: here, * is an ordinary character"
    return f"no manifest names {asked.address}, and it is not in the state\n    {advice}"
