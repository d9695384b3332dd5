"""The job of a CI system that runs us."""

from collections.abc import Mapping


def ci_run_url(environ: Mapping[str, str]) -> str | None:
    """Return the page of the CI job, on GitHub Actions and GitLab CI."""
    if "GITHUB_RUN_ID" in environ:
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return environ.get("CI_JOB_URL")
