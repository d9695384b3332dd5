"""Old definitions that reads still show after a write, as HubSpot's reads do for seconds or minutes.

Source: the HubSpot notes of github.com/scopiousdigital/kalup. Reads show old definitions only if the setting
``settling`` says for how long; writes, and checks of values, always use the new ones.
"""

import json
from typing import TYPE_CHECKING

from reconciler.emulator.standard import Body

if TYPE_CHECKING:
    from reconciler.emulator.request_context import Work

KEYS = ("definitions_ms", "schemas_ms", "names_ms", "limits_ms", "left_out_ms")
"""Names of the delays in the setting ``settling``, which ``docs/emulator.md`` explains."""

Row = tuple[str, str, Body]
"""Object type, name and body of a definition."""


def remember(work: "Work", kind: str, type_id: str, name: str) -> None:
    """Store the present version of a definition before it changes, if the setting ``settling`` needs it.

    With this setting, reads still return the old version for a while.
    """
    if not any(work.settings["settling"].values()):
        return
    row = work.storage.row(
        "SELECT body FROM definitions WHERE portal_id = ? AND kind = ? AND object_type = ? AND name = ?",
        work.portal_id,
        kind,
        type_id,
        name,
    )
    work.storage.run(
        "INSERT INTO former (portal_id, kind, object_type, name, at_ms, body) VALUES (?, ?, ?, ?, ?, ?)",
        work.portal_id,
        kind,
        type_id,
        name,
        work.at_ms,
        row[0] if row else None,
    )


def as_of(work: "Work", kind: str, lag_ms: int) -> list[Row]:
    """Return the stored definitions of one kind as they were ``lag_ms`` milliseconds ago."""
    found: dict[tuple[str, str], str | None] = {
        (type_id, name): body
        for type_id, name, body in work.storage.rows(
            "SELECT object_type, name, body FROM definitions WHERE portal_id = ? AND kind = ? ORDER BY rowid",
            work.portal_id,
            kind,
        )
    }
    changed = work.storage.rows(
        "SELECT object_type, name, body FROM former WHERE portal_id = ? AND kind = ? AND at_ms > ? "
        "ORDER BY serial DESC",
        work.portal_id,
        kind,
        work.at_ms - lag_ms,
    )
    for type_id, name, body in changed if lag_ms else ():
        found[type_id, name] = body
    return [(type_id, name, json.loads(body)) for (type_id, name), body in found.items() if body is not None]


def lag(work: "Work", key: str) -> int:
    """Return the delay ``key`` of the portal's setting ``settling`` in milliseconds; 0 if it is not set."""
    return int(work.settings["settling"].get(key, 0))
