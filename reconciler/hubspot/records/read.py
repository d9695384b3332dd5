"""Reading records by key: never by search, which does not see the latest changes, and never by listing all.

An answer is matched to the requested keys by its content, never by position. HubSpot reports the keys that do
not exist. A key that it neither answers nor reports is requested once more, then alone, and then counts as
unanswered. If it wrongly counted as missing, the record would be planned as new, or as gone.

HubSpot may find a number or a time only as it is spelled in HubSpot. So a missing key such as ``7.0`` is
requested once more in its canonical form, ``7``. Otherwise another spelling would look like another record.
"""

from collections.abc import Iterable, Sequence

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.responses import Record
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.live import LiveRecord, LiveRecords
from reconciler.model.object_types import object_type

_MOST_UNANSWERED = 10
"""Once this many keys got no answer although each was requested alone, no more keys are requested alone."""


def read_records(
    reader: PortalReader,
    schema: ObjectSchema,
    by: str,
    keys: Sequence[str],
    properties: Sequence[str],
    *,
    archived: bool = False,
) -> LiveRecords:
    """Read the records with ``keys``.

    Return them by key as requested, with ``properties`` and the property ``by``.

    The result also contains the unanswered keys. ``by`` is a unique property or ``RECORD_ID``. ``keys`` are
    at most 100; two spellings of one key return the same record twice. With ``archived``, only archived
    records are found, otherwise only live ones.

    Raises:
        HubSpotError: HubSpot does not answer, or refuses the call.
    """
    if schema.finds_nobody_by(by):
        return LiveRecords({}, ())
    question = _Question(reader, schema, by, properties, archived=archived)
    answered, named = question.ask(keys)

    def doubtful(asked: Sequence[str]) -> list[str]:
        return [key for key in asked if key not in answered and question.spelling(key) not in named]

    def take(answer: tuple[dict[str, LiveRecord], set[str]]) -> None:
        answered.update(answer[0])
        named.update(answer[1])

    left = doubtful(keys)
    if left:
        take(question.ask(left))
        left = doubtful(left)
    unanswered: list[str] = []
    for key in left:
        if len(unanswered) < _MOST_UNANSWERED:
            take(question.ask_alone(key))
        unanswered += doubtful([key])
    answered |= question.ask_canonical([key for key in keys if key not in answered and key not in unanswered])
    return LiveRecords(answered, unanswered)


class _Question:
    """The contents of a read: object type, key property and properties to read."""

    def __init__(
        self,
        reader: PortalReader,
        schema: ObjectSchema,
        by: str,
        properties: Sequence[str],
        *,
        archived: bool,
    ) -> None:
        self._reader = reader
        self._path = schema.path
        self._id_property = None if by == RECORD_ID else by
        self._archived = archived
        self._kind = schema.kind_of(by)
        known = tuple(name for name in properties if name not in schema.new_properties)
        self._names = known if by == RECORD_ID else (*known, by)
        secondary = object_type(schema.name).secondary_keys.get(by)
        self._besides = (secondary,) if secondary else ()

    def spelling(self, key: str) -> str:
        """Return the canonical form of a key: HubSpot treats keys with the same form as equal."""
        return canonical(self._kind, key) or ""

    def ask(self, keys: Sequence[str]) -> tuple[dict[str, LiveRecord], set[str]]:
        """Make the call; return the records by key, and the canonical forms of missing keys."""
        # HubSpot may refuse an e-mail address that it gets twice, in two spellings
        asked = {self.spelling(key) if self._kind is Kind.EMAIL else key: key for key in keys}
        found = self._reader.batch_read(
            self._path,
            tuple(asked.values()),
            properties=sorted({*self._names, *self._besides}),
            id_property=self._id_property,
            is_archived=self._archived,
        )
        named = {self.spelling(key) for key in found.missing}
        return self._join(keys, found.records, named), named

    def ask_alone(self, key: str) -> tuple[dict[str, LiveRecord], set[str]]:
        """Read one record by the most reliable call; a merged id counts as not existing."""
        if self._id_property or self._archived:
            return self.ask([key])
        record = self._reader.record(self._path, key, sorted(self._names))
        if record is None or record.id != key:
            return {}, {self.spelling(key)}
        return self._join([key], [record], set()), set()

    def ask_canonical(self, keys: Iterable[str]) -> dict[str, LiveRecord]:
        """Read missing records by the canonical form of their keys; return them by key.

        No call is made for keys in canonical form. E-mail addresses are never asked again, because HubSpot
        itself ignores their letter case.
        """
        forms = {key: self.spelling(key) for key in keys} if self._kind is not Kind.EMAIL else {}
        asked = sorted({form for key, form in forms.items() if form not in {key, ""}})
        found = self.ask(asked)[0] if asked else {}
        return {key: found[form] for key, form in forms.items() if form in found}

    def _join(self, keys: Sequence[str], records: Iterable[Record], named: set[str]) -> dict[str, LiveRecord]:
        """Match records to keys by the key itself, or else by its canonical form.

        A key without a match is compared with further values, such as a contact's second email address, and
        then with all keys of records, ignoring capital letters and outer blanks.
        """
        same: dict[str, LiveRecord] = {}
        exact: dict[str, LiveRecord] = {}
        second: dict[str, LiveRecord] = {}
        for record in records:
            key = record.properties.get(self._id_property) if self._id_property else record.id
            live = LiveRecord(
                RecordId(record.id),
                {name: record.properties.get(name) or None for name in self._names},
                record.created_at,
            )
            same[key or ""] = exact[self.spelling(key or "")] = live
            for name in self._besides:
                addresses = (record.properties.get(name) or "").split(";")
                second |= {self.spelling(address): live for address in addresses}
        asked = {self.spelling(key) for key in keys}
        loose = {_loosened(spelling): live for spelling, live in exact.items() if spelling not in asked}
        joined: dict[str, LiveRecord] = {}
        for key in keys:
            spelling = self.spelling(key)
            live_or_none = same.get(key) or exact.get(spelling) or second.get(spelling)
            if live_or_none is None and spelling not in named:
                live_or_none = loose.get(_loosened(spelling))
            if live_or_none is not None:
                joined[key] = live_or_none
        return joined


def _loosened(spelling: str) -> str:
    return spelling.strip().casefold()
