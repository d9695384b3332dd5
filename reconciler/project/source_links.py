"""Links to the pages on GitHub and GitLab that show manifests at the commit of a job."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.project.git_checkout import folder_in_repository
from reconciler.report.view import SourceLinks


def source_links(environ: Mapping[str, str], project: Path) -> SourceLinks | None:
    """Return links to the pages that show files; None outside of CI jobs.

    The links are made from variables that GitHub and GitLab set in every job.
    Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
    https://docs.gitlab.com/ci/variables/predefined_variables/.
    """
    if repository := environ.get("GITHUB_REPOSITORY"):
        files = f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/blob/"
    else:
        files = f"{environ.get('CI_PROJECT_URL', '')}/-/blob/"
    if urlsplit(files).scheme not in {"https", "http"}:
        return None
    folder = folder_in_repository(project)
    return None if folder is None else SourceLinks(files, folder)
