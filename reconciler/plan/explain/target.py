"""Which record somebody asks about: what is known of it before anybody looks at the portal."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import UsageError
from reconciler.model.addresses import RECORD_ID, RecordKey, split_address
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired, DesiredRecord, Prune
from reconciler.model.explanation import RecordTrace
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import Glob, glob_of
from reconciler.source import SourceFiles
from reconciler.suggestions import did_you_mean, nearest

_UNTRACED = RecordTrace((), {}, {})


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What somebody wants to know about."""

    object: str
    is_record_id: bool  # ``value`` is HubSpot's own id
    value: str
    name: str | None  # the property; None: the whole record

    @property
    def address(self) -> str:
        """Of the record."""
        return RecordKey(self.object, RECORD_ID if self.is_record_id else "", self.value).address


@dataclass(frozen=True, slots=True)
class ExplainTarget:
    """One record, as manifests and state know it."""

    key: RecordKey
    name: str | None  # the property that was asked about
    record: DesiredRecord | None  # as manifests name it
    owned: OwnedRecord | None
    files: SourceFiles
    prune: Prune
    trace: RecordTrace = _UNTRACED

    def traced(self, trace: RecordTrace) -> "ExplainTarget":
        """The same, with the lines that say something of it."""
        return replace(self, trace=trace)

    def owned_as(self, entry: OwnedRecord | None) -> "ExplainTarget":
        """The same, with what state knows of the record that is live at its key, under whatever key."""
        return replace(self, owned=entry) if entry else self

    @property
    def keys(self) -> Sequence[str]:
        """Its key, and the one that it had before."""
        old = self.record.special.renamed_from if self.record else None
        return [self.key.value, old] if old else [self.key.value]

    @property
    def glob(self) -> Glob:
        """Of this record alone."""
        return glob_of(self.key.address)

    def live_among(self, live: Mapping[str, LiveRecord]) -> LiveRecord | None:
        """The live record, under whichever of its keys."""
        return next((live[key] for key in self.keys if key in live), None)

    def is_planned(self, desired: Desired) -> bool:
        """Whether a plan would look at it: it is named, or something becomes of what no longer is."""
        is_left_over = self.prune is not Prune.OFF or desired.is_for_other_environment(self.key)
        return self.record is not None or (self.owned is not None and is_left_over)

    def names(self, schema: ObjectSchema) -> Sequence[str]:
        """The properties to tell of, sorted.

        Raises:
            UsageError: the one that was asked about is nowhere.
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
    """What an address means.

    Raises:
        UsageError: it is none.
    """
    try:
        return ParsedAddress(*split_address(address))
    except ValueError as error:
        raise UsageError(str(error)) from error


def refuse_unknown_type(
    asked: ParsedAddress, desired: Desired, owned: Iterable[tuple[str, str, int]]
) -> None:
    """There is nothing to say of a type that neither manifests nor state know.

    Raises:
        UsageError: it is one.
    """
    known = {group.object for group in desired.groups} | {object_name for object_name, _, _ in owned}
    if asked.object not in known:
        message = f'neither manifests nor state know records of type "{asked.object}"'
        near = did_you_mean(asked.object, known) or f"they know {', '.join(sorted(known)) or 'none at all'}"
        raise UsageError(f"{message}\n    {near}")


def find_subject(
    asked: ParsedAddress,
    desired: Desired,
    owned_under: Callable[[str], Sequence[OwnedRecord]],
    rules: Mapping[tuple[str, str], Prune],
    personal: Container[tuple[str, str]],
) -> ExplainTarget:
    """The record that is meant, of those that manifests name and those that state knows at the address.

    ``owned_under`` gives what state knows under a key, or a record id where that was asked for; ``personal``
    are pairs of object and key property whose keys are told to nobody who did not type them.

    Raises:
        UsageError: there is none.
    """
    groups = [
        group
        for group in desired.groups
        if group.object == asked.object and (group.key == RECORD_ID) == asked.is_record_id
    ]
    named = next((found for group in groups if (found := group.records.find(asked.value))), None)
    owned = list(owned_under(asked.value))
    if named is None and not owned:
        told = [group for group in groups if (group.object, group.key) not in personal]
        raise UsageError(_unknown(asked, (record.key for group in told for record in group.records)))
    key = named.record_key if named else owned[0].key
    record = named or desired.records_of(key.object, key.by).find(key.value)
    if record and record.special.renamed_from:
        owned += owned_under(record.special.renamed_from)
    return ExplainTarget(
        key=key,
        name=asked.name,
        record=record,
        owned=next((entry for entry in owned if entry.key.by == key.by), None),
        files=desired.files,
        prune=rules.get((key.object, key.by), Prune.OFF),
    )


def _unknown(asked: ParsedAddress, keys: Iterable[str]) -> str:
    near = nearest(asked.value, keys)
    addresses = [replace(asked, value=key).address for key in near]
    advice = "`reconciler state list` tells what is owned"
    if near:
        advice = f"did you mean {' or '.join(addresses)}?"
    elif "*" in asked.value:
        advice = "one record is asked about, not several: * stands for itself here"
    return f"no manifest names {asked.address}, and state does not know it\n    {advice}"
