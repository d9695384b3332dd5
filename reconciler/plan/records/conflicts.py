"""Leaving out changes that HubSpot would refuse because another record has their unique value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.model.addresses import RecordId
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change
from reconciler.plan.file.sequences import SpooledChanges, Workspace
from reconciler.plan.records.unique_values import Giver, KeyLine, Value, contradictions, has_claims


class WithoutConflicts(NamedTuple):
    """The changes without conflicts of unique values, and the problems of those left out."""

    changes: SpooledChanges
    left_out: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()  # problems of the records left out


@dataclass(frozen=True, slots=True)
class UniqueValues:
    """Facts for checking the values of unique properties that a plan writes."""

    objects: Mapping[str, ObjectSchema] = field(default_factory=dict)
    holders: Mapping[Value, RecordId] = field(default_factory=dict)  # the record that has the value now
    # unselected records that have such a value now and would give it up, by value
    left_behind: Mapping[Value, Giver] = field(default_factory=dict)
    # keys in lines that no record may get as a value
    lines: Mapping[Value, KeyLine] = field(default_factory=dict)

    def without_conflicts(
        self, changes: SpooledChanges, workspace: Workspace, faulty: Sequence[Change] = ()
    ) -> WithoutConflicts:
        """Return the ``changes`` without conflicts of unique values, and the problems of the others.

        The values of ``faulty`` changes, which have other problems, are checked too.
        """
        checked = with_faulty(changes, workspace, faulty)
        if not has_claims(checked, self.objects):
            return WithoutConflicts(changes)
        refused = contradictions(
            checked, self.objects, self.holders, self.left_behind, faulty=len(faulty), lines=self.lines
        )
        if not refused:
            return WithoutConflicts(changes)
        numbers = count()
        return WithoutConflicts(
            changes.kept(workspace, lambda change: None if next(numbers) in refused else change),
            tuple(checked[number] for number in refused),
            tuple(problem for problems in refused.values() for problem in problems),
        )


def with_faulty(changes: SpooledChanges, workspace: Workspace, faulty: Sequence[Change]) -> SpooledChanges:
    """Return ``changes``, followed by ``faulty`` ones."""
    if not faulty:
        return changes
    checked = changes.kept(workspace, lambda change: change)
    checked.extend(faulty)
    return checked
