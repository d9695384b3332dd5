"""The only module with the sentences for facts.

Facts are masked before they are passed to this module. A sentence begins with a lower-case letter and has no
full stop.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import ThingAddress
from reconciler.model.facts import Fact, FactKind
from reconciler.plan.plan import Held, ReviewDifference
from reconciler.sentences import counted


class FactSubject(NamedTuple):
    """The subject of facts: a record, or one property or association of it."""

    key: ThingAddress
    address: str


Phrase: TypeAlias = Callable[[Fact, FactSubject], str]


def _always(sentence: str) -> Phrase:
    return lambda _fact, _subject: sentence


def _of_names(end: str) -> Phrase:
    return lambda fact, _subject: f"{', '.join(fact.names)} {end}"


def _record(fact: Fact) -> str:
    return f"record {fact.record_id}"


def _new_key(fact: Fact) -> str:
    return fact.key.value if fact.key else "empty"


SENTENCES: Mapping[FactKind, Phrase] = {
    FactKind.ARCHIVED: lambda fact, _: (
        f"{_record(fact)} was archived in HubSpot, which can restore it for 90 days"
    ),
    FactKind.MERGED: lambda fact, of: (
        f"{_record(fact)} was merged into record {fact.other_id}, whose {of.key.by} is {_new_key(fact)}"
    ),
    FactKind.REKEYED: lambda fact, of: (
        f"{_record(fact)} still exists, but its {of.key.by} is now {_new_key(fact)}"
    ),
    FactKind.ERASED: lambda fact, _: f"{_record(fact)} is not in the portal, not even among archived records",
    FactKind.NOT_FOUND: lambda fact, of: (
        f"{_record(fact)} was merged or erased; too many records are gone to look for each: "
        f"`reconciler explain {of.key.text}` looks for this one"
    ),
    FactKind.KEY_TAKEN: lambda fact, of: f"{_record(fact)} now has the {of.key.by} {of.key.value}",
    FactKind.DEFINITION_ARCHIVED: _always(
        "it was archived in HubSpot; creating it again brings its old values back"
    ),
    FactKind.DEFINITION_REMOVED: _always("it was removed in HubSpot"),
    FactKind.IN_USE: lambda fact, _: f"it stays, because it still contains {', '.join(fact.names)}",
    FactKind.NEVER_COMES_BACK: _always("HubSpot cannot bring it back"),
    FactKind.HELD_BY_OTHERS: lambda fact, _: (
        f"it stays, because {counted(fact.count or 0, 'record')} have values that the run did not write"
    ),
    FactKind.RENAME_OR_CORRECT: _always("correct the key in HubSpot, or write the new key in the manifest"),
    FactKind.NOT_CREATED_AGAIN: lambda _, of: f"only --recreate {of.key.text} creates it again",
    FactKind.PROTECTED_STILL: _always("the record stays until `$protect: false` has been applied to it"),
    FactKind.WHOLE_RECORD_ONLY: lambda _, of: f"--target {of.key.text} selects the whole record",
    FactKind.CONTESTED: lambda fact, of: (
        f"the automation has overwritten what {fact.count} applies wrote: change the automation or the "
        f"manifest; --take {of.address} writes the value of the manifest once more"
    ),
    FactKind.GOES_WITH: lambda fact, _: f"it depends on {', '.join(fact.names)}, which is left as it is",
    FactKind.OTHER_END_GONE: lambda fact, _: f"{_address(fact)} is gone; the entry of that record says why",
    FactKind.OTHER_LABEL_STAYS: _always(
        "it stays, because archiving it would also remove a label that reconciler does not own"
    ),
    FactKind.RESTORED_BY_HAND_ONLY: lambda fact, _: (
        f"HubSpot's API restores nothing; people can restore {_record(fact)} on HubSpot's "
        "website within 90 days"
    ),
    FactKind.OTHER_RECORD_NOW: lambda fact, _: f"this is now {_record(fact)}",
    FactKind.NO_LONGER_THERE: lambda fact, _: f"{_record(fact)} is no longer there",
    FactKind.THERE_BEFORE: _always(
        "it existed in HubSpot before the run, and its earlier values are unknown"
    ),
    FactKind.PROTECTED: _always("it is protected: apply `$protect: false` first"),
    FactKind.CHANGED_SINCE: _of_names("changed since then, and archiving the record would lose the change"),
    FactKind.CHANGED_IN_HUBSPOT: _always("changed in HubSpot"),
    FactKind.WRITTEN_LATER: _always("a later apply wrote it"),
    FactKind.NO_SUCH_PROPERTY: _always("HubSpot has no such property any more"),
    FactKind.NOT_WRITABLE: _always("it is read-only in HubSpot now"),
    FactKind.NO_SUCH_CHOICE: lambda fact, _: f'HubSpot has no {fact.word} "{fact.value}" any more',
    FactKind.REQUIRED: lambda _, of: (
        f"rolling back would empty the property, and {of.key.object} require a value"
    ),
    FactKind.STAGE_OF_OTHER_PIPELINE: lambda fact, _: (
        f"it would not fit {', '.join(fact.names)}: a stage belongs to one pipeline"
    ),
    FactKind.LABELLED_NOW: _always(
        "the association has a label now, and removing the association would remove the label, too"
    ),
    FactKind.NOT_ASSOCIATED_SO: _always("no longer associated in HubSpot"),
    FactKind.NO_ROOM: lambda fact, _: (
        "one of the two records has other associations now, and the portal allows "
        f"{fact.count or 0:,} at most"
    ),
    FactKind.NOT_JOURNALED: _always("its earlier values are not in the journal"),
    FactKind.LABEL_IN_USE: lambda fact, _: f"{fact.count or 0:,} other associations have this label now",
    FactKind.LABEL_TAKEN: lambda fact, _: f"{fact.word} has this label now",
    FactKind.PROPERTIES: lambda fact, _: ", ".join(fact.names),
    FactKind.LABEL: lambda fact, _: fact.word or "",
    FactKind.REVIEWED_TO: lambda fact, _: f"the reviewed action was {fact.word}",
    FactKind.ANOTHER_RECORD_HAS_KEY: _always("another record has this key now"),
    FactKind.OTHER_CALL: _always("the new plan makes this change with another call of HubSpot's API"),
    FactKind.OTHER_FORMER_KEY: _always("its former key differs"),
    FactKind.ANOTHER_RECORD_LOST: _always(
        "the record replaces a different missing record than in the reviewed plan"
    ),
    FactKind.OTHER_PROTECTION: _always("its protection differs"),
    FactKind.WRITE_NOT_REVIEWED: _of_names("is not written by the reviewed plan"),
    FactKind.OTHER_VALUE: _of_names("gets a value that was not reviewed"),
    FactKind.EDITED_SINCE: _of_names("was changed in HubSpot"),
    FactKind.MEMORY_NOT_REVIEWED: _of_names("gets an unreviewed value in the state"),
    FactKind.VALUE_MISSING: _of_names("would be missing"),
}
"""One sentence for each kind of fact."""


_WAYS_OUT = {FactKind.RENAME_OR_CORRECT}
"""Kinds of advice that belong to the previous fact, and are separated from it by a colon."""


def _address(fact: Fact) -> str:
    return fact.key.text if fact.key else "the other record"


def facts_text(facts: Iterable[Fact], key: ThingAddress, address: str = "") -> str:
    """Format facts about the thing ``key``, or about its property at ``address``; may be empty."""
    subject = FactSubject(key, address or key.text)
    text = ""
    for fact in facts:
        text += (": " if fact.kind in _WAYS_OUT else "; ") if text else ""
        text += SENTENCES[fact.kind](fact, subject)
    return text


def note_of(held: Held) -> str:
    """Format facts and advice about a held value; may be empty."""
    return facts_text(held.facts, held.key, held.address)


def difference_text(difference: ReviewDifference) -> str:
    """Format a difference from the review; for an association, also the other record."""
    text = facts_text(difference.facts, difference.key)
    return ": ".join(part for part in (difference.target and difference.target.text, text) if part)
