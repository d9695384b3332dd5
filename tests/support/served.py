"""Projects whose portal is on a port, like a real one."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.emulator.serve import running
from tests.support.projects import PORTAL, Project, Recorder


@contextlib.contextmanager
def served(
    folder: Path,
    manifests: Mapping[str, str],
    seed: Mapping[str, object],
    *,
    api_version: str = "v3",
    scopes: tuple[str, ...] | None = None,
    more: str = "",
) -> Iterator[tuple[Project, Recorder]]:
    """Create a project with ``manifests`` and a recorded portal from ``seed``; the token has ``scopes``."""
    with contextlib.closing(Recorder(None)) as portal, running(portal) as url:
        portal.ensure_portal(PORTAL, seed)
        project = Project(folder, {"HUBSPOT_ACCESS_TOKEN": portal.token(PORTAL, scopes)})
        settings = (
            f"    portal_id: {PORTAL}\n    token: ${{HUBSPOT_ACCESS_TOKEN}}\n"
            f'    base_url: {url}\n    api_version: "{api_version}"\n'
        )
        project.write(
            "reconciler.yaml", f"version: 1\nmanifests: [.]\nenvironments:\n  real:\n{settings}{more}"
        )
        for name, text in manifests.items():
            project.write(name, text)
        yield project, portal
