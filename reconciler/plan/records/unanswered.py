"""Problems about records that HubSpot's answers leave out, and about types with many gone records."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress
from reconciler.model.live import GONE_ASKED_ALONE, MissingReason
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.sides import RecordSides
from reconciler.source import SourceRef

_MOST = 10
"""At most one in this many records of a type may be unanswered; otherwise planning stops."""


def is_unanswered(parts: RecordSides, unanswered: Collection[str], policy: Policy) -> bool:
    """Return whether it is unknown if the record exists, and no later look-up will find out.

    A record in state is looked up later by its record id.
    """
    record = parts.record
    old = record.special.renamed_from
    is_open = (parts.live is None and record.key in unanswered) or (
        parts.live is None and parts.old_live is None and old is not None and old in unanswered
    )
    if not is_open:
        return False
    is_looked_for = (parts.owned or parts.old_owned) and not (
        parts.old_live or record.special.is_absent or policy.recreates(record)
    )
    return not is_looked_for


def unanswered_problem(key: RecordAddress, source: SourceRef | None) -> Problem:
    """Report a record that is left out of the plan because it is unknown whether it exists."""
    return Problem(
        "HubSpot leaves this record out of its answers, even when reconciler asks for this record alone",
        "the record is left out of this plan: plan again later",
        source,
        key.text,
        Severity.LEFT_OUT,
    )


def is_too_much(asked: int, unanswered: int) -> bool:
    """Return whether too many records of a type are unanswered; a single one is never too many."""
    return unanswered > 1 and unanswered * _MOST > asked


def many_gone(gone: Mapping[str, Counter[MissingReason]]) -> Iterator[Problem]:
    """Warn about each type with so many gone records that they were not read one by one."""
    for object_name, kinds in sorted(gone.items()):
        if kinds.total() > GONE_ASKED_ALONE:
            archived = kinds[MissingReason.ARCHIVED]
            yield Problem(
                f"{kinds.total():,} {object_name} that reconciler owns are gone: {archived:,} were archived, "
                f"{kinds.total() - archived:,} were merged or erased",
                "reconciler did not look up these records one by one: `reconciler explain ADDRESS` looks up "
                "one record",
                severity=Severity.WARNING,
            )
