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
    """The kinds of facts.

    The comment of a kind says which fields of the ``Fact`` are filled besides ``kind``. If a kind has no
    comment, no other field is filled.
    """

    # Facts about a record that is not found by its key. The first five kinds have the same texts as the
    # members of MissingReason.
    ARCHIVED = "archived"  # Fact.record_id is the id of the archived record
    # HubSpot merged the record Fact.record_id into the record Fact.other_id. Fact.key is the key of the
    # second record, or None if it is unknown.
    MERGED = "merged"
    REKEYED = "rekeyed"  # Fact.record_id is the id of the record; Fact.key is its present key, or None
    ERASED = "erased"  # Fact.record_id is the id of the erased record
    NOT_FOUND = "not found"  # Fact.record_id is the id of the record that is not found
    KEY_TAKEN = "key taken"  # Fact.record_id is the id of the record that has the key now
    RENAME_OR_CORRECT = "rename or correct"
    NOT_CREATED_AGAIN = "not created again"

    # HubSpot does not have a definition any more.
    DEFINITION_ARCHIVED = "definition archived"
    DEFINITION_REMOVED = "definition removed"

    NEVER_COMES_BACK = "never comes back"
    IN_USE = "in use"  # Fact.names contains up to three parts of the definition, such as stages
    # Records use the definition, and the run did not write the values by which they use it. Fact.count is the
    # number of these records.
    HELD_BY_OTHERS = "held by others"

    # Reasons why the plan does not touch a thing, although the manifests ask for a change or do not name it.
    PROTECTED_STILL = "protected still"
    WHOLE_RECORD_ONLY = "whole record only"
    CONTESTED = "contested"  # Fact.count is the number of applies whose value an automation overwrote
    # The property depends on another one, which is in Fact.names. The plan changes neither of the two.
    GOES_WITH = "goes with"
    OTHER_END_GONE = "other end gone"  # Fact.key is the key of the other record
    OTHER_LABEL_STAYS = "other label stays"

    # A rollback does not take back a change of a run.
    RESTORED_BY_HAND_ONLY = "restored by hand only"  # Fact.record_id is the id of the archived record
    OTHER_RECORD_NOW = "other record now"  # Fact.record_id is the id of the record that has the key now
    NO_LONGER_THERE = "no longer there"  # Fact.record_id is the id of the record that HubSpot no longer has
    THERE_BEFORE = "there before"
    PROTECTED = "protected"
    CHANGED_SINCE = "changed since"  # Fact.names contains the properties or attributes that changed
    CHANGED_IN_HUBSPOT = "changed in HubSpot"
    WRITTEN_LATER = "written later"
    NO_SUCH_PROPERTY = "no such property"
    NOT_WRITABLE = "not writable"
    NO_SUCH_CHOICE = "no such choice"  # Fact.value is the text; Fact.word is "option", "pipeline" or "stage"
    REQUIRED = "required"
    # A rollback cannot restore one of two properties, because the stage would not be in the pipeline.
    # Fact.names contains the other one of the two properties.
    STAGE_OF_OTHER_PIPELINE = "stage of other pipeline"
    LABELLED_NOW = "labelled now"
    NOT_ASSOCIATED_SO = "not associated so"
    NO_ROOM = "no room"  # Fact.count is the portal's limit
    NOT_JOURNALED = "not journaled"
    LABEL_IN_USE = "label in use"  # Fact.count is the number of associations with the label
    LABEL_TAKEN = "label taken"  # Fact.word is HubSpot's id of the definition that has the label

    # A change differs from the reviewed change.
    PROPERTIES = "properties"  # Fact.names contains the properties that the change writes
    LABEL = "label"  # Fact.word is the text of the association's label
    REVIEWED_TO = "reviewed to"  # Fact.word is the action of the reviewed change
    ANOTHER_RECORD_HAS_KEY = "another record has key"
    OTHER_CALL = "other call"
    OTHER_FORMER_KEY = "other former key"
    ANOTHER_RECORD_LOST = "another record lost"
    OTHER_PROTECTION = "other protection"
    # Fact.names contains the property that this change writes and the reviewed change does not write
    WRITE_NOT_REVIEWED = "write not reviewed"
    OTHER_VALUE = "other value"  # Fact.names contains the property that gets a value without a review
    EDITED_SINCE = "edited since"  # Fact.names contains the property that was edited after the review
    # Fact.names contains the property for which the state would store a value without a review
    MEMORY_NOT_REVIEWED = "memory not reviewed"
    VALUE_MISSING = "value missing"  # Fact.names contains the property that the reviewed plan would write


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; the object that contains it (a held change, for example) names the record or property."""

    kind: FactKind
    record_id: RecordId | None = None
    other_id: RecordId | None = None  # id of another record
    # key of another record; with REKEYED, the key that the record itself has now; may be personal
    key: RecordAddress | None = None
    names: tuple[str, ...] = ()  # names of properties, attributes or definitions
    value: str | None = None  # value of the property that the fact is about; masked if the property is masked
    word: str | None = None  # a constant, or a name, label or id of a definition; never personal
    count: int | None = None
