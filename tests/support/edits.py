"""Edits by other people in a project's embedded portal."""

from typing import Any

import httpx

from tests.support.projects import PORTAL, Project

ADA = {"type": "CRM_UI", "id": "userId:8100001", "userId": 8100001}
FILLER = {"type": "AUTOMATION_PLATFORM", "id": "55", "label": "Fill names"}
_EDITS = f"/_emulator/portals/{PORTAL}/edits"


def edit(project: Project, key: str, **what: Any) -> None:
    """Change a company of the example as another person."""
    with project.portal() as http:
        answer = http.post(_EDITS, json={"object": "companies", "id": company(http, key), **what})
        assert answer.status_code == 200, answer.text


def company(http: httpx.Client, key: str) -> str:
    """Return a company's record id."""
    body = {"inputs": [{"id": key}], "idProperty": "external_id", "properties": []}
    return str(http.post("/crm/v3/objects/companies/batch/read", json=body).json()["results"][0]["id"])
