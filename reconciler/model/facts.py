"""Facts about things that a plan shows and leaves alone, as values instead of sentences.

The code that finds a fact records its kind, and the record, property or value. Only renderers make sentences,
after masking personal values: ``report/fact_sentences.py`` has one sentence for each kind.

A new kind needs a word in ``FactKind``, its sentence in that table and, only if no field of ``Fact`` fits, a
new field.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.addresses import RecordAddress, RecordId


class FactKind(StrEnum):
    """The kinds of facts, with the fields that each kind needs."""

    # facts about a record that is not found by its key; the first five have words of MissingReason
    ARCHIVED = "archived"  # record_id
    MERGED = "merged"  # record_id, other_id; key: key of the other record, if there is one
    REKEYED = "rekeyed"  # record_id; key: present key of the record, if there is one
    ERASED = "erased"  # record_id
    NOT_FOUND = "not found"  # record_id
    KEY_TAKEN = "key taken"  # record_id: id of the record that has the key now
    RENAME_OR_CORRECT = "rename or correct"
    NOT_CREATED_AGAIN = "not created again"

    # facts about a definition that HubSpot has no longer
    DEFINITION_ARCHIVED = "definition archived"
    DEFINITION_REMOVED = "definition removed"

    NEVER_COMES_BACK = "never comes back"
    IN_USE = "in use"  # names: some of the things that use the definition
    HELD_BY_OTHERS = "held by others"  # count: records whose values the run did not write

    # why the plan does not change a thing that manifests name, or no longer name
    PROTECTED_STILL = "protected still"
    WHOLE_RECORD_ONLY = "whole record only"
    CONTESTED = "contested"  # count: number of applies that were overwritten
    GOES_WITH = "goes with"  # names: the other property, which is not changed either
    OTHER_END_GONE = "other end gone"  # key: key of the other record
    OTHER_LABEL_STAYS = "other label stays"

    # why a change of a run is not rolled back
    RESTORED_BY_HAND_ONLY = "restored by hand only"  # record_id
    OTHER_RECORD_NOW = "other record now"  # record_id
    NO_LONGER_THERE = "no longer there"  # record_id
    THERE_BEFORE = "there before"
    PROTECTED = "protected"
    CHANGED_SINCE = "changed since"  # names: the properties
    CHANGED_IN_HUBSPOT = "changed in HubSpot"
    WRITTEN_LATER = "written later"
    NO_SUCH_PROPERTY = "no such property"
    NOT_WRITABLE = "not writable"
    NO_SUCH_CHOICE = "no such choice"  # value; word: an option, a pipeline or a stage
    REQUIRED = "required"
    STAGE_OF_OTHER_PIPELINE = "stage of other pipeline"  # names: the property that does not fit
    LABELLED_NOW = "labelled now"
    NOT_ASSOCIATED_SO = "not associated so"
    NO_ROOM = "no room"  # count: the limit
    NOT_JOURNALED = "not journaled"
    LABEL_IN_USE = "label in use"  # count: associations
    LABEL_TAKEN = "label taken"  # word: HubSpot's id of the other definition

    # how a change differs from the reviewed one
    PROPERTIES = "properties"  # names: the properties
    LABEL = "label"  # word: text of the label
    REVIEWED_TO = "reviewed to"  # word: the reviewed action
    ANOTHER_RECORD_HAS_KEY = "another record has key"
    OTHER_CALL = "other call"
    OTHER_FORMER_KEY = "other former key"
    ANOTHER_RECORD_LOST = "another record lost"
    OTHER_PROTECTION = "other protection"
    WRITE_NOT_REVIEWED = "write not reviewed"  # names: the properties
    OTHER_VALUE = "other value"  # names: the properties
    EDITED_SINCE = "edited since"  # names: the properties
    MEMORY_NOT_REVIEWED = "memory not reviewed"  # names: the properties
    VALUE_MISSING = "value missing"  # names: the properties


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; the object that contains it (a held change, for example) names the record or property."""

    kind: FactKind
    record_id: RecordId | None = None
    other_id: RecordId | None = None  # id of another record
    key: RecordAddress | None = None  # key of another record, or the present key of this one; may be personal
    names: tuple[str, ...] = ()  # names of properties
    value: str | None = None  # value of the property that the fact is about; masked if the property is masked
    word: str | None = None  # a fixed word, or a word of the portal's definitions; never personal
    count: int | None = None
