"""What there is to know of something that a plan shows and leaves alone, as facts and never as sentences.

Whoever finds something out says what it is and about which record, property or value. Sentences are made by
renderers alone, after what is personal was replaced: ``report/fact_sentences.py`` holds one sentence for each
kind.

A new kind is a word in ``FactKind``, its sentence in that table, and, only where none of the fields of
``Fact`` can carry it, a field more.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.addresses import RecordId, RecordKey


class FactKind(StrEnum):
    """What a fact says; behind each word, the fields that it needs."""

    # what became of a record that its key no longer leads to: the words of FateKind
    ARCHIVED = "archived"  # record_id
    MERGED = "merged"  # record_id, other_id; key: the other record's, where it has one
    REKEYED = "rekeyed"  # record_id; key: the one that it has now, where it has one
    ERASED = "erased"  # record_id
    NOT_FOUND = "not found"  # record_id
    KEY_TAKEN = "key taken"  # record_id: of the record that has its key now
    RENAME_OR_CORRECT = "rename or correct"
    NOT_CREATED_AGAIN = "not created again"

    # why something that is named, or named no more, is left alone
    PROTECTED_STILL = "protected still"
    WHOLE_RECORD_ONLY = "whole record only"
    CONTESTED = "contested"  # count: of applies that were overwritten
    GOES_WITH = "goes with"  # names: the property beside it that is left
    OTHER_END_GONE = "other end gone"  # key: of the other record
    OTHER_LABEL_STAYS = "other label stays"

    # why what a run did is not taken back
    RESTORED_BY_HAND_ONLY = "restored by hand only"  # record_id
    OTHER_RECORD_NOW = "other record now"  # record_id
    NO_LONGER_THERE = "no longer there"  # record_id
    THERE_BEFORE = "there before"
    PROTECTED = "protected"
    CHANGED_SINCE = "changed since"  # names: of properties
    CHANGED_IN_HUBSPOT = "changed in HubSpot"
    WRITTEN_LATER = "written later"
    NO_SUCH_PROPERTY = "no such property"
    NOT_WRITABLE = "not writable"
    NO_SUCH_CHOICE = "no such choice"  # value; word: what it was: an option, a pipeline, a stage
    REQUIRED = "required"
    STAGE_OF_OTHER_PIPELINE = "stage of other pipeline"  # names: the property that it would not fit
    LABELLED_NOW = "labelled now"
    NOT_ASSOCIATED_SO = "not associated so"
    NO_ROOM = "no room"  # count: the limit

    # how a change differs from the one that was reviewed
    PROPERTIES = "properties"  # names: of properties that it is about
    LABEL = "label"  # word: the label's text
    REVIEWED_TO = "reviewed to"  # word: the action that was reviewed
    ANOTHER_RECORD_HAS_KEY = "another record has key"
    OTHER_CALL = "other call"
    OTHER_FORMER_KEY = "other former key"
    ANOTHER_RECORD_LOST = "another record lost"
    OTHER_PROTECTION = "other protection"
    WRITE_NOT_REVIEWED = "write not reviewed"  # names
    OTHER_VALUE = "other value"  # names
    EDITED_SINCE = "edited since"  # names
    MEMORY_NOT_REVIEWED = "memory not reviewed"  # names
    VALUE_MISSING = "value missing"  # names


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know of the record, property or association that it is kept beside."""

    kind: FactKind
    record_id: RecordId | None = None
    other_id: RecordId | None = None  # of another record
    key: RecordKey | None = None  # of another record, or the one that this record has now; may be personal
    names: tuple[str, ...] = ()  # of properties
    value: str | None = None  # of the property that it is kept beside; as personal as that
    word: str | None = None  # of ours or of the portal's definitions; never personal
    count: int | None = None
