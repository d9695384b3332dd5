"""The CI job in which the program runs."""

from collections.abc import Mapping


def ci_run_url(environ: Mapping[str, str]) -> str | None:
    """Return the URL of the CI job's page, on GitHub Actions and GitLab CI; None elsewhere."""
    if "GITHUB_RUN_ID" in environ:
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return environ.get("CI_JOB_URL")
