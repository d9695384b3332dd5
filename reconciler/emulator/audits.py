"""Audit log of pipelines and stages: who changed them, and how.

Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3
"""

import json

from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body


def add(work: Work, object_type: ObjectType, identifier: str, action: str, body: Body) -> None:
    """Store one entry of the log."""
    work.storage.run(
        "INSERT INTO audits (portal_id, object_type, identifier, at_ms, action, body) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        work.portal_id,
        object_type.type_id,
        identifier,
        work.at_ms,
        action,
        json.dumps(body),
    )


def listing(work: Work, object_type: ObjectType, identifier: str) -> list[Json]:
    """List the entries about one pipeline or stage, newest first."""
    rows = work.storage.rows(
        "SELECT at_ms, action, body FROM audits WHERE portal_id = ? AND object_type = ? AND identifier = ? "
        "ORDER BY serial DESC",
        work.portal_id,
        object_type.type_id,
        identifier,
    )
    return [
        {
            "portalId": work.portal_id,
            "identifier": identifier,
            "action": action,
            "timestamp": iso(at_ms),
            "message": "",
            "rawObject": json.loads(body),
        }
        for at_ms, action, body in rows
    ]
