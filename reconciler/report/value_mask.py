"""Masking addresses, values, names and texts: equal personal values get equal pseudonyms."""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar

from reconciler.model.addresses import RecordAddress, ThingAddress, split_address
from reconciler.model.desired_records import ManifestValue
from reconciler.model.facts import Fact
from reconciler.model.names import NO_NAMES, DisplayNames, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.sentences import Value
from reconciler.source import SourceRef

MaskedProperties: TypeAlias = Iterable[ObjectProperty]
"""Pairs of object type and property whose values are personal."""

AddressT = TypeVar("AddressT", bound=ThingAddress)

_DIGITS = 8
"""Hexadecimal digits of a pseudonym: of 100,000 values, about two have the same one by accident."""

_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


class ValueMask:
    """Replaces personal addresses, values, names and texts."""

    def __init__(
        self,
        key: bytes,
        masked_properties: MaskedProperties,
        plain_objects: Iterable[str] = (),
        names: Names = NO_NAMES,
        *,
        shows_manifests: bool = False,
    ) -> None:
        self._key = key
        self._names = names
        self._shows_manifests = shows_manifests  # whether values from manifests are shown
        self._masked_properties = frozenset(masked_properties)
        self._objects = frozenset(object_name for object_name, _ in self._masked_properties)
        self._plain_objects = frozenset(plain_objects)

    def is_personal(self, object_name: str, name: str) -> bool:
        """Return whether values of the property are masked."""
        return (object_name, name) in self._masked_properties

    def names(self) -> Names:
        """Return the display names for the report, without names of personal values."""
        return self._names.without_values(self._masked_properties.__contains__)

    def is_said(self, source: SourceRef | None) -> bool:
        """Return whether to show a value because readers can see it in the manifest at ``source``."""
        return self._shows_manifests and source is not None

    def record(self, key: AddressT) -> AddressT:
        """Mask the key of a record, if its key property is personal; definitions are never personal."""
        return replace(key, value=self.pseudonym(key.value)) if self.is_personal(*key.key_property) else key

    def value(self, object_name: str, name: str, text: str | None) -> str | None:
        """Mask a value if its property is personal; None stays None: an empty value reveals nothing."""
        return self.pseudonym(text) if text is not None and self.is_personal(object_name, name) else text

    def version(self, object_name: str, name: str, version: ValueVersion) -> ValueVersion:
        """Mask a version of a value; its author stays visible if that is a person."""
        by = version.by if version.via is ChangeSource.PERSON else self.text(version.by, [])
        return replace(version, by=by, value=self.value(object_name, name, version.value))

    def facts(self, object_name: str, name: str, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Mask facts about property ``name``; if ``name`` is empty, about the whole record.

        A value in a fact about a whole record counts as personal.
        """

        def value(text: str | None) -> str | None:
            return self.value(object_name, name, text) if name or text is None else self.pseudonym(text)

        return tuple(
            replace(
                fact,
                key=fact.key and self.record(fact.key),
                value=value(fact.value),
            )
            for fact in facts
        )

    def display_names(self, names: DisplayNames, records: Iterable[ThingAddress]) -> DisplayNames:
        """Mask the display names ``names`` of ``records``, as ``display_name`` masks one of them."""
        masked = (
            self.display_name(record.object, name) for name, record in zip(names, records, strict=False)
        )
        return DisplayNames(*masked)

    def display_name(self, object_name: str, name: str | None) -> str | None:
        """Mask the display name of a record, if one of the properties that form it is personal.

        The name is also masked if it is not known which properties form it.
        """
        made_of = self._names.display(object_name)
        is_personal = not made_of or any(self.is_personal(object_name, of) for of in made_of)
        return self.pseudonym(name) if name and is_personal else name

    def address(self, address: str) -> str:
        """Mask the key in the text of an address, or of a glob over addresses."""
        object_name, _, key, name = taken_apart(address)
        record = address.partition("#")[0]
        if self.hides_key(address):
            record = RecordAddress(object_name, "", self.pseudonym(key)).text
        if name:
            other = self.address(name) if "/" in name else name
            record = f"{record}#{other}"
        return self.text(record if object_name else address, [])

    def other(self, key: RecordAddress) -> RecordAddress:
        """Mask the key of an associated record. In a key that is not personal, mask only e-mail addresses."""
        displayed = self.record(key)
        return replace(displayed, value=self.text(displayed.value, []))

    def text(self, text: str, hidden: Iterable[str], people: Iterable[str] = ()) -> str:
        """Replace the values in ``hidden`` in ``text``, ignoring case, and all e-mail addresses.

        The addresses of ``people`` stay, unless they are also in ``hidden``.
        """
        known = {value.casefold(): value for value in hidden if value}
        displayed = {email.casefold() for email in people} - known.keys()

        def masked(found: re.Match[str]) -> str:
            matched = found[0].casefold()
            return found[0] if matched in displayed else self.pseudonym(known.get(matched, found[0]))

        for pattern in (_any_of(known.values()), _EMAIL):
            if pattern:
                text = pattern.sub(masked, text)
        return text

    def pseudonym(self, value: str) -> str:
        """Return the pseudonym of a value: equal for equal values."""
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"\u2039{digest.hex()[:_DIGITS]}\u203a"

    def written(self, object_name: str, name: str, written: ManifestValue) -> ManifestValue:
        """Mask a manifest value.

        If the property is not personal, only e-mail addresses are masked, except those in the display names
        of the property's values.
        """
        if isinstance(written, tuple):
            return tuple(self._said(object_name, name, item) for item in written)
        return None if written is None else self._said(object_name, name, written)

    def _said(self, object_name: str, name: str, text: str) -> str:
        if self.is_personal(object_name, name):
            return self.pseudonym(text)
        return self.text(text, [], _EMAIL.findall(" ".join(self._names.texts(object_name, name))))

    def hides(self, value: Value) -> bool:
        """Return whether to mask a value in a text.

        A value of an unknown property is masked if its object type has masked properties. If the object type
        is unknown, too, the value is masked if there are any masked properties.
        """
        if value.object and value.name:
            return self.is_personal(value.object, value.name)
        return value.object in self._objects if value.object else bool(self._masked_properties)

    def hides_key(self, address: str | None) -> bool:
        """Return whether to mask the key of an address.

        If an object type has personal properties, its keys are masked unless its key property is known to be
        not personal.
        """
        object_name, is_record_id, key, _ = taken_apart(address)
        is_plain = object_name not in self._objects or object_name in self._plain_objects
        return not is_plain and not is_record_id and key != "*"

    def hidden(self, key: ThingAddress, values: Mapping[str, Iterable[str | None]]) -> list[str]:
        """Return the personal values that texts about a record may repeat, from its key and ``values``."""
        hidden = [key.value] if self.is_personal(*key.key_property) else []
        for name, texts in values.items():
            if self.is_personal(key.object, name):
                hidden.extend(text for text in texts if text)
        return hidden


def taken_apart(address: str | None) -> tuple[str, bool, str, str]:
    """Split an address into object type, whether the key is a record id, key, and property.

    Missing parts are empty; all parts are empty if the address is invalid.
    """
    try:
        object_name, is_record_id, key, name = split_address(address or "")
    except ValueError:
        return "", False, "", ""
    return object_name, is_record_id, key, name or ""


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """Build a pattern that matches ``values`` as whole words, the longest first."""
    ordered = sorted(values, key=len, reverse=True)
    if not ordered:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)
