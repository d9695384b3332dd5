"""``reconciler.yaml``, flags and environment variables become settings.

Secrets come from variables, which are read for the chosen environment alone. What they hold appears
in no message.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from re import Match
from typing import Final
from urllib.parse import urlsplit

from reconciler.cli.settings_file import FILE_NAME, URL_ADVICE, VARIABLE, place_ref, read_settings_file
from reconciler.errors import Problem, UsageError
from reconciler.manifest.nodes import MappingNode
from reconciler.manifest.problems import raise_if_any
from reconciler.model.records import Drift

_EMULATOR_PORTAL_ID: Final = 1_000_000
_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Environment:
    """One portal, and how it is treated."""

    name: str
    portal_id: int
    token: str | None = field(repr=False)  # None for an emulator
    is_emulator: bool
    seed: Path | None  # what a fresh emulator begins with
    api_version: str
    base_url: str  # without a slash at the end
    is_protected: bool  # takes a saved plan only
    drift: Drift
    owners: Mapping[str, str]  # e-mail in the manifests -> e-mail of who stands in here


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``reconciler.yaml`` says for the chosen environment."""

    project: Path  # the folder that every path in the file starts from
    environment: Environment
    environment_names: tuple[str, ...]  # all of them, sorted
    manifests: tuple[str, ...]  # folders; later ones override earlier ones
    state_url: str | None = field(repr=False)  # may hold a password; None keeps no state


def find_project(start: Path, chosen: Path | None) -> Path:
    """The folder that holds ``reconciler.yaml``.

    Args:
        start: the working directory, which is looked into together with its ``manifests/``.
        chosen: the folder given by ``-C``, which is looked into instead.

    Raises:
        UsageError: there is no ``reconciler.yaml``.
    """
    base = start / chosen if chosen else start
    for folder in (base, base / "manifests"):
        if os.path.isfile(folder / FILE_NAME):  # noqa: PTH113 - Path.is_file raises where it may not look
            return folder
    where = f"{chosen} or {chosen / 'manifests'}" if chosen else "the working directory or its manifests/"
    raise UsageError(f"there is no {FILE_NAME} in {where}\n    name the project folder with -C DIR")


def load_settings(project: Path, environ: Mapping[str, str], chosen_environment: str | None) -> Settings:
    """Read ``reconciler.yaml`` in ``project``.

    Args:
        project: the folder found by ``find_project``.
        environ: the environment variables.
        chosen_environment: the one given by ``-e``; else ``RECONCILER_ENV``, ``default:`` or the only one.

    Raises:
        ManifestError: the file is wrong, or names a variable that is not set; with every problem found.
        UsageError: the file cannot be read; no environment, or an unknown one, is chosen.
    """
    file = read_settings_file(project)
    name = _choose(file.environments, file.said.default, environ, chosen_environment)
    said, node = file.environments[name]
    variables = _Variables(name, environ)
    token = variables.fill(said.token, node, "token")
    base_url = variables.fill(said.base_url, node, "base_url").rstrip("/")
    state = variables.fill(file.said.state, file.node, "state")
    seed = project / said.seed if said.seed else None
    problems = [
        *variables.problems,
        *_seed_problems(seed, said.seed, node),
        *([] if variables.problems else _base_url_problems(base_url, node)),
        *([] if variables.problems else _state_problems(state, file.node)),
    ]
    raise_if_any(problems)
    return Settings(
        project=project,
        environment=Environment(
            name=name,
            portal_id=int(said.portal_id or _EMULATOR_PORTAL_ID),
            token=token or None,
            is_emulator=bool(said.portal),
            seed=seed,
            api_version=said.api_version,
            base_url=base_url,
            is_protected=said.protected == "true",
            drift=said.drift,
            owners=said.owners,
        ),
        environment_names=tuple(file.environments),
        manifests=tuple(said.manifests or file.said.manifests),
        state_url=_state_url(state, project),
    )


def _choose(names: Collection[str], default: str, environ: Mapping[str, str], chosen: str | None) -> str:
    """The name of the environment to use."""
    listed = ", ".join(names)
    for name, said_by in ((chosen, "-e"), (environ.get("RECONCILER_ENV"), "RECONCILER_ENV")):
        if name and name not in names:
            raise UsageError(
                f'{said_by} names "{name}", which is no environment\n    {FILE_NAME} has: {listed}'
            )
        if name:
            return name
    if default:
        return default
    if len(names) > 1:
        raise UsageError(
            f"there are several environments: {listed}\n"
            f"    choose one with -e NAME, or write `default: NAME` into {FILE_NAME}"
        )
    return next(iter(names))


class _Variables:
    """Replaces variables by what they hold.

    Attributes:
        problems: those that hold nothing.
    """

    def __init__(self, environment: str, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._environment = environment
        self._environ = environ

    def fill(self, text: str, node: MappingNode, key: str) -> str:
        """``text``, which is the value of ``key`` or its default, with what its variables hold."""

        def held(variable: Match[str]) -> str:
            value = self._environ.get(variable[1], "").strip()
            if not value:
                fault = "is empty" if variable[1] in self._environ else "is not set"
                message = (
                    f'the variable {variable[1]} {fault}; the environment "{self._environment}" needs it'
                )
                self.problems.append(
                    Problem(message, "set it, or choose another with -e", place_ref(node, key))
                )
            return value

        return VARIABLE.sub(held, text)


def _seed_problems(seed: Path | None, written: str, node: MappingNode) -> Iterator[Problem]:
    if seed and not os.path.isfile(seed):  # noqa: PTH113 - Path.is_file raises where it may not look
        yield Problem(
            f"there is no file {written}", "write it from the project folder", place_ref(node, "seed")
        )


def _base_url_problems(url: str, node: MappingNode) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.query or parts.fragment:
        yield Problem("this is not the address of a server", URL_ADVICE, place_ref(node, "base_url"))
    elif parts.scheme == "http" and not _is_loopback(host):
        yield Problem(
            "http:// would send the token for everybody to read", URL_ADVICE, place_ref(node, "base_url")
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _state_problems(state: str, node: MappingNode) -> Iterator[Problem]:
    advice = "write sqlite:///FILE, postgresql+psycopg://HOST/NAME or none"
    if state.startswith("git:"):
        yield Problem("state in git is not supported yet", advice, place_ref(node, "state"))
    elif state.startswith("sqlite"):
        if not state.startswith(_SQLITE) or state.removeprefix(_SQLITE) in {"", ":memory:"}:
            yield Problem("this names no file for the state", advice, place_ref(node, "state"))
    elif state != "none" and "://" not in state:
        yield Problem("this is no place for state", advice, place_ref(node, "state"))


def _state_url(state: str, project: Path) -> str | None:
    if state == "none":
        return None
    if state.startswith(_SQLITE):
        return _SQLITE + str(project.absolute() / state.removeprefix(_SQLITE))
    return state
