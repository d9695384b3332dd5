"""Differences between the versions of HubSpot's API, which the emulator serves side by side.

Source: developers.hubspot.com/docs/developer-tooling/platform/versioning. Code that answers a request looks
only at the ``Version`` of the request; ``routes`` knows which paths belong to which version.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The behaviour of one version; the defaults are those of v3 (for associations, v4)."""

    name: str
    null_clears: bool = False
    """Whether ``null`` may be written to a property, which clears it; this is so from 2026-09 on."""
    truncates_dates: bool = False
    """Whether a date with a time is cut to its day and reported in ``warnings``; otherwise it is refused."""
    admin_rules: bool = False
    """Whether the portal's own rules about required properties hold for writes by the API.

    Source: developers.hubspot.com/changelog/crm-api-write-validation-enforcement
    """
    definitions_created: int = 201
    """Status of a successful batch/create of properties or of associations."""
    removal_answers: bool = False
    """Whether removals of associations and labels return 200 with a body; otherwise 204."""
    purge_answers: bool = False
    """Whether the removal of an association limit returns 200 with a body; otherwise 204."""
    display_hints: bool = True
    """Whether property definitions have fields about how values are displayed."""
    withheld: frozenset[tuple[str, str]] = frozenset()
    """Operations, as (path of an object type, operation), that this version does not have any more."""


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
