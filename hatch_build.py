"""Metadata of a release that only the workflow knows: the address of the repository that it runs in."""

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_VARIABLE = "RECONCILER_REPOSITORY_URL"


class RepositoryUrls(MetadataHookInterface):
    """Adds the addresses of repository, changelog and issues; without the variable there are none."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add ``urls`` to the metadata of the project."""
        url = os.environ.get(_VARIABLE, "").rstrip("/")
        metadata["urls"] = (
            {
                "Repository": url,
                "Documentation": f"{url}/tree/v{metadata['version']}/docs",
                "Changelog": f"{url}/blob/v{metadata['version']}/CHANGELOG.md",
                "Issues": f"{url}/issues",
            }
            if url
            else {}
        )
