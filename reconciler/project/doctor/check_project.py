"""Checks that need no network: this program, the project, its variables, its git repository."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from reconciler import __version__
from reconciler.errors import ManifestError, Problem, ReconcilerError, Severity
from reconciler.model.diagnosis import CheckResult
from reconciler.project.ci_permissions import permits_of
from reconciler.project.doctor.examined import (
    USUAL_VARIABLE,
    Examined,
    failed,
    from_error,
    passed,
    skipped,
    warned,
)
from reconciler.project.env_file import ENV_FILE, with_env_file
from reconciler.project.git import find_repository
from reconciler.project.settings import Settings, find_project, load_settings
from reconciler.sentences import counted

_EXTRAS = {"postgres": "psycopg", "tables": "duckdb"}
_COMMIT_DIGITS = 12


def check_version(examined: Examined) -> Iterator[CheckResult]:
    """Report the versions of this program and Python, and which extras are installed; it never fails."""
    del examined
    there = [extra for extra, module in _EXTRAS.items() if find_spec(module)]
    lacking = [extra for extra in _EXTRAS if extra not in there]
    finding = f"reconciler {__version__}, Python {platform.python_version()}"
    finding += f", with {' and '.join(there)}" if there else ""
    finding += f", without {' and '.join(lacking)}" if lacking else ""
    yield passed("version", finding)


def check_project(examined: Examined) -> Iterator[CheckResult]:
    """Find the project and read its settings."""
    try:
        examined.project = find_project(Path.cwd(), examined.request.folder)
        examined.environ = with_env_file(examined.environ, examined.project)
    except ReconcilerError as error:
        yield from_error("project", error)
        return
    shown = os.path.relpath(examined.project / "reconciler.yaml")
    try:
        examined.settings = _load(examined, examined.project, needs_portal_id=True)
    except ReconcilerError as error:
        yield _incomplete(examined, examined.project, shown, error)
        return
    examined.knows_portal = True
    yield passed("project", f"{shown}, environment {examined.settings.environment.name}")


def check_manifests(examined: Examined) -> Iterator[CheckResult]:
    """Read the manifests, and report whether they have problems."""
    session = examined.session
    if session is None:
        yield skipped("manifests", "first correct what the check of the project reports")
        return
    if not _has_manifests(session.settings.project, session.settings.manifests):
        folders = ", ".join(session.settings.manifests)
        advice = "begin with `reconciler import companies`, or write a manifest"
        yield warned("manifests", f"there are none in {folders} yet", advice)
        return
    try:
        examined.desired = session.load_manifests()
    except ManifestError as error:
        yield _wrong_manifests(error.problems)
        return
    except ReconcilerError as error:
        yield from_error("manifests", error)
        return
    problems = [each for each in examined.desired.problems if each.severity is Severity.ERROR]
    desired = examined.desired
    what = counted(desired.record_count, "record")
    if desired.definitions:
        what += f" and {counted(len(desired.definitions), 'definition')}"
    about = ", ".join(sorted(examined.desired.objects))
    finding = f"{what} in {counted(len(desired.files.names), 'file')}, about {about}"
    if problems:
        yield _wrong_manifests(problems)
    else:
        yield passed("manifests", finding)


def check_variables(examined: Examined) -> Iterator[CheckResult]:
    """Check that the token and the other variables that the settings name are set."""
    try:
        environ = examined.environ = with_env_file(examined.environ, examined.project)
    except ReconcilerError as error:
        yield from_error("variables", error)
        return
    examined.token_name = examined.request.token_variable or _token_variable(examined)
    if examined.is_emulator:
        examined.has_variables = True
        yield passed("variables", "the embedded portal needs no variables")
        return
    if not examined.request.token_variable:
        # Settings may come from a pull request, so they may only use variables that the job permits.
        refused = permits_of(environ).fault_of_variable(examined.token_name)
        if refused is not None:
            yield failed("variables", refused.message, refused.advice or "")
            return
    examined.token = environ.get(examined.token_name, "").strip() or None
    if examined.token is None:
        advice = f"set it, or write it as a line into a file of mode 0600 that {ENV_FILE} names"
        yield failed("variables", f"{examined.token_name} is not set", advice)
    stands_in = {_token_variable(examined): examined.token or ""} if examined.request.token_variable else {}
    problems = tuple(_missing_variables(examined, {**stands_in, **environ}))
    yield from problems
    examined.has_variables = examined.token is not None and not problems
    if examined.has_variables:
        named = environ.get(ENV_FILE)
        by = f", by {named}" if named and examined.token_name not in os.environ else ""
        yield passed("variables", f"{examined.token_name} is set{by}")


def _missing_variables(examined: Examined, environ: Mapping[str, str]) -> Iterator[CheckResult]:
    """Read the settings with their variables; report missing variables, but not the token."""
    if examined.settings is None or examined.project is None:
        return
    environment, is_known = examined.request.environment, examined.knows_portal
    try:
        examined.settings = load_settings(examined.project, environ, environment, needs_portal_id=is_known)
    except ManifestError as error:
        for problem in error.problems:
            if examined.token is not None or examined.token_name not in str(problem.message):
                yield failed("variables", f"{problem.source}: {problem.message!s}", str(problem.advice or ""))
    except ReconcilerError as error:
        yield from_error("variables", error)


def check_git(examined: Examined) -> Iterator[CheckResult]:
    """Report the git repository of the project."""
    repository = find_repository(examined.project or Path.cwd(), os.environ)
    if repository is None:
        yield warned(
            "git",
            "the project is in no git repository",
            "run `git init`: then plans contain the commit of their manifests",
        )
        return
    if repository.distrust is not None:
        yield failed("git", repository.distrust, f"git config --global --add safe.directory {repository.top}")
        return
    head = repository.ask("rev-parse", "--verify", "HEAD^{commit}")
    branch = repository.ask("symbolic-ref", "--short", "HEAD").out.strip()
    at = f"commit {head.out.strip()[:_COMMIT_DIGITS]}" if head.is_yes else "no commit yet"
    on = f"branch {branch}, {at}" if branch else at
    remotes = repository.ask("remote").out.split()
    if repository.ask("rev-parse", "--is-shallow-repository").out.strip() == "true":
        advice = (
            "fetch the whole history (fetch-depth: 0), so that reconciler can check whether "
            "main contains the last applied commit"
        )
        yield warned("git", f"{on}, a shallow clone", advice)
    else:
        yield passed("git", f"{on}, {f'remote {remotes[0]}' if remotes else 'no remote'}")


def _incomplete(examined: Examined, project: Path, shown: str, complaint: ReconcilerError) -> CheckResult:
    """Return the failed check for incomplete settings; read them if only the portal id is missing.

    ``complaint`` is the error that reading them has raised.
    """
    try:
        examined.settings = _load(examined, project, needs_portal_id=False)
    except ReconcilerError:
        return _complaint("project", complaint)
    name = examined.settings.environment.name
    advice = f"write `portal_id: NUMBER` below `{name}:`; the check of the token shows the number"
    return failed("project", f"{shown} does not say which portal belongs to environment {name}", advice)


def _load(examined: Examined, project: Path, *, needs_portal_id: bool) -> Settings:
    return load_settings(
        project,
        examined.environ,
        examined.request.environment,
        offline=True,
        needs_portal_id=needs_portal_id,
    )


def _token_variable(examined: Examined) -> str:
    settings = examined.settings
    return (settings.environment.token_variable if settings else None) or USUAL_VARIABLE


def _has_manifests(project: Path, folders: tuple[str, ...]) -> bool:
    return any(
        path.name != "reconciler.yaml" and not path.name.startswith(".")
        for folder in folders
        for path in (project / folder).rglob("*.yaml")
    )


def _wrong_manifests(problems: Sequence[Problem]) -> CheckResult:
    """Count the problems; do not show their messages, which contain values that are not masked here."""
    first = next((f", the first at {problem.source}" for problem in problems if problem.source), "")
    return failed(
        "manifests", f"{counted(len(problems), 'problem')}{first}", "`reconciler validate` shows them"
    )


def _complaint(name: str, error: ReconcilerError) -> CheckResult:
    """Return all problems of one file as a single failed check."""
    if not isinstance(error, ManifestError):
        return from_error(name, error)
    first, *others = error.problems
    more = f", and {len(others)} more" if others else ""
    where = f"{first.source}: " if first.source else ""
    return failed(name, f"{where}{first.message!s}{more}", str(first.advice or ""))
