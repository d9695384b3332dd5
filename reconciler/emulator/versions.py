"""Differences between the versions of HubSpot's API that are served side by side.

Versions: developers.hubspot.com/docs/developer-tooling/platform/versioning. Rules see only one row of this
table; ``routes`` knows the paths of versions.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The behaviour of one version; the defaults belong to v3 (v4 for associations)."""

    name: str
    null_clears: bool = False
    """Whether a property may be written as ``null``: values may be null from 2026-09 on."""
    truncates_dates: bool = False
    """Whether a date with a time is cut to its day and reported in ``warnings``, instead of refused."""
    admin_rules: bool = False
    """Whether the portal's own rules about required properties hold for API writes.

    developers.hubspot.com/changelog/crm-api-write-validation-enforcement
    """
    definitions_created: int = 201
    """Status of properties batch/create and associations batch/create."""
    removal_answers: bool = False
    """Whether associations batch/archive and labels/archive return 200 with a body, instead of 204."""
    purge_answers: bool = False
    """Whether purging an association limit returns 200 with a body, instead of 204."""
    display_hints: bool = True
    """Whether property definitions say how values are to be displayed."""
    withheld: frozenset[tuple[str, str]] = frozenset()
    """(path name, operation) pairs that the version's specification does not have any more."""


VERSIONS = {
    version.name: version
    for version in (
        Version(name="v3"),
        Version(name="2025-09", removal_answers=True),
        Version(name="2026-03", removal_answers=True),
        Version(
            name="2026-09",
            null_clears=True,
            truncates_dates=True,
            admin_rules=True,
            definitions_created=200,
            removal_answers=True,
            purge_answers=True,
            display_hints=False,
            withheld=frozenset({("goal_targets", "batch_upsert")}),
        ),
    )
}
