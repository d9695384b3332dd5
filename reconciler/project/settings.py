"""Settings from ``reconciler.yaml``, command line and environment variables."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple

from reconciler.errors import UsageError
from reconciler.manifest.environments import ListedEnvironment
from reconciler.manifest.load import raise_if_any
from reconciler.manifest.yaml.nodes import MappingNode
from reconciler.model.desired_records import Drift
from reconciler.model.object_types import object_name
from reconciler.model.personal_data import MaskRules
from reconciler.plan.plan import Guard
from reconciler.project.ci_permissions import is_hubspots, permits_of
from reconciler.project.server_addresses import portal_server
from reconciler.project.settings_copies import originals, state_of_copies, with_originals
from reconciler.project.settings_file import (
    EnvironmentShape,
    FileShape,
    WrittenEnvironment,
    read_settings_file,
)
from reconciler.project.settings_rules import (
    FILE_NAME,
    Variables,
    base_url_permit_problems,
    base_url_problems,
    emulator_file_problems,
    state_permit_problems,
    state_problems,
    state_token_problems,
    state_url,
    variable_of,
)

_EMULATOR_PORTAL_ID: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """The settings of one environment, which is one portal."""

    name: str
    portal_id: int
    token: str | None = field(repr=False)  # None for an emulator
    token_variable: str | None  # the variable that contains the token
    is_emulator: bool
    seed: Path | None  # file with the first contents of an emulator
    observations: Path | None  # file of observed behaviour of HubSpot, for an emulator and rehearsals
    api_version: str
    base_url: str  # without a slash at the end
    # name of the environment that protects this portal (``protected: true``); only saved plans are applied
    protected_by: str | None
    drift: Drift
    owners: Mapping[str, str]  # e-mail in the manifests -> e-mail of the owner to use instead
    copy_of: str | None = None  # name of the environment of which this is a copy

    @property
    def documents_of(self) -> str:
        """The name of the environment whose documents in the manifests are used: for a copy, its original."""
        return self.copy_of or self.name

    @property
    def host(self) -> str | None:
        """The host of the portal, which a plan shows; None if it is HubSpot's."""
        server = None if self.is_emulator else portal_server(self.base_url)
        return server.host if server is not None and not is_hubspots(server.host) else None

    @property
    def has_pages(self) -> bool:
        """Whether HubSpot's pages show the portal's records, so that reports can link to them."""
        return not self.is_emulator and self.host is None

    @property
    def is_protected(self) -> bool:
        """Whether only saved plans may be applied."""
        return self.protected_by is not None


@dataclass(frozen=True, slots=True)
class Webhook:
    """The webhook to which notices are sent."""

    variable: str  # the variable that contains the address
    url: str = field(repr=False)  # secret: everybody who knows the address can send to it


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of ``reconciler.yaml`` for the selected environment."""

    project: Path  # the project folder; paths in the file start here
    environment: EnvironmentSettings
    environment_names: tuple[str, ...]  # names of all environments, sorted
    listed: tuple[ListedEnvironment, ...]  # all environments, each with its portal and folders
    manifests: tuple[str, ...]  # folders with manifests; later ones override earlier ones
    state_url: str | None = field(repr=False)  # may contain a password; None if no state is kept
    name: str | None = None  # name of the project; None if the file does not set it
    # limits of guards that differ from the defaults: "50%" or "500"
    guards: Mapping[Guard, str] = field(default_factory=dict)
    masks: MaskRules = field(default_factory=MaskRules)  # which properties are masked
    emulators: Mapping[str, int] = field(
        default_factory=dict
    )  # portal ids of all emulators, by name of the environment
    # None if ``notify:`` is missing, or its variable is not set: then no notices are sent
    webhook: Webhook | None = None


def find_project(start: Path, chosen: Path | None, *, said_by: str = "-C DIR") -> Path:
    """Find the folder with ``reconciler.yaml``.

    Args:
        start: the working directory; its ``manifests/`` is searched as well.
        chosen: the folder that the user named; it is searched instead of ``start``.
        said_by: what messages call the argument or option that names the folder.

    Raises:
        UsageError: there is no ``reconciler.yaml``.
    """
    base = start / chosen if chosen else start
    for folder in (base, base / "manifests"):
        if os.path.isfile(folder / FILE_NAME):  # noqa: PTH113 - Path.is_file raises where it may not look
            return folder
    where = f"{chosen} or {chosen / 'manifests'}" if chosen else "the working directory or its manifests/"
    raise UsageError(
        f"there is no {FILE_NAME} in {where}\n"
        f"    `reconciler init` makes one; or name the project folder with {said_by}"
    )


def load_settings(
    project: Path,
    environ: Mapping[str, str],
    chosen_environment: str | None,
    *,
    said_by: str = "-e",
    offline: bool = False,
    needs_portal_id: bool = True,
) -> Settings:
    """Read ``reconciler.yaml`` in ``project``.

    Args:
        project: the folder found by ``find_project``.
        environ: the environment variables, read only for the selected environment.
        chosen_environment: the name given by ``-e``; None: ``RECONCILER_ENV``, ``default:`` or the only one.
        said_by: how messages name the source of ``chosen_environment``.
        offline: whether neither portal nor state will be used; then their variables may be unset.
        needs_portal_id: whether a missing ``portal_id`` is an error; otherwise it becomes 0.

    Raises:
        ManifestError: the file is wrong, or names a variable that is not set; it contains every problem.
        UsageError: the file cannot be read; no environment, or an unknown one, is selected.
    """
    file, node, written_ones = read_settings_file(project, needs_portal_id=needs_portal_id)
    environments = with_originals(written_ones)
    chosen = ((chosen_environment, said_by), (environ.get("RECONCILER_ENV"), "RECONCILER_ENV"))
    name = _choose(environments, file.default, chosen)
    written = environments[name]
    variables = Variables(name, environ, permits_of(environ))
    filled = _fill(project, file, node, written, variables, offline=offline)
    said = written.said
    return Settings(
        project=project,
        environment=_environment(name, file, said, filled, _protected_by(name, environments)),
        environment_names=tuple(environments),
        listed=tuple(
            ListedEnvironment(each, _portal_id(of.said), tuple(of.said.manifests or file.manifests))
            for each, of in originals(environments).items()
        ),
        manifests=tuple(said.manifests or file.manifests),
        name=file.project or None,
        state_url=state_of_copies(project) if said.copy_of and filled.state_url else filled.state_url,
        guards=file.guards,
        webhook=None if said.copy_of else filled.webhook,
        masks=MaskRules(mask=_by_object(file, "mask"), show=_by_object(file, "show")),
        emulators={each: _portal_id(of.said) for each, of in environments.items() if of.said.portal},
    )


def _environment(
    name: str, file: FileShape, said: EnvironmentShape, filled: "_Filled", protected_by: str | None
) -> EnvironmentSettings:
    return EnvironmentSettings(
        name=name,
        portal_id=_portal_id(said),
        token=filled.token or None,
        token_variable=variable_of(said.token),
        is_emulator=bool(said.portal),
        seed=filled.seed,
        observations=filled.observations,
        api_version=said.api_version,
        base_url=filled.base_url,
        protected_by=protected_by,
        drift=said.drift or file.drift,
        owners=said.owners,
        copy_of=said.copy_of or None,
    )


class _Filled(NamedTuple):
    """Settings of an environment after variables and relative paths in them have been resolved."""

    token: str
    base_url: str
    state_url: str | None
    seed: Path | None
    webhook: Webhook | None
    observations: Path | None


def _fill(
    project: Path,
    file: FileShape,
    node: MappingNode,
    written: WrittenEnvironment,
    variables: Variables,
    *,
    offline: bool,
) -> _Filled:
    """Replace the variables in the settings of an environment, and check the result.

    Raises:
        ManifestError: a variable is not set, or a value is wrong or not permitted; it contains every problem.
    """
    said, own = written
    token = variables.fill(said.token, own, "token")
    base_url = variables.fill(said.base_url, own, "base_url").rstrip("/")
    state = variables.fill(file.state, node, "state")
    webhook = _webhook(file, node, variables)
    seed, observations = (project / name if name else None for name in (said.seed, said.observations))
    problems = [
        *(() if offline else variables.problems),
        *(emulator_file_problems("seed", seed, project, own) if seed else ()),
        *(emulator_file_problems("observations", observations, project, own) if observations else ()),
    ]
    if not variables.problems:
        problems += [
            *base_url_problems(base_url, own),
            *state_problems(state, node),
            *state_token_problems(state, token, node),
        ]
    if not variables.problems and not offline:
        problems += [
            *base_url_permit_problems(base_url, own, variables.permits),
            *state_permit_problems(state, project, node, variables.permits),
        ]
    raise_if_any(problems)
    url = None if variables.problems else state_url(state, project)
    return _Filled(token, base_url, url, seed, webhook, observations)


def _webhook(file: FileShape, node: MappingNode, variables: Variables) -> Webhook | None:
    """Return the webhook for notices; None if ``notify:`` is missing or its variable is not set.

    A job without this variable sends no notices, and this is not an error.
    """
    variable = variable_of(file.notify)
    url = variables.held_by(variable, node, "notify") if variable else ""
    return Webhook(variable, url) if variable and url else None


def _protected_by(name: str, environments: Mapping[str, WrittenEnvironment]) -> str | None:
    """Return the environment that protects the portal of ``name``: itself or another; None if none does."""
    portal_id = _portal_id(environments[name].said)
    if environments[name].said.copy_of:
        return None
    for other in (name, *sorted(originals(environments))):
        said = environments[other].said
        if said.protected == "true" and _portal_id(said) == portal_id:
            return other
    return None


def _portal_id(said: EnvironmentShape) -> int:
    return int(said.portal_id or (_EMULATOR_PORTAL_ID if said.portal else 0))


def _by_object(file: FileShape, what: Literal["mask", "show"]) -> Mapping[str, tuple[str, ...]]:
    """Return globs over properties, by object type (as plans call it) or by glob over object types."""
    by_object: dict[str, tuple[str, ...]] = {}
    for written, names in file.values.get(what, {}).items():
        name = object_name(written)
        by_object[name] = (*by_object.get(name, ()), *names)
    return by_object


def _choose(names: Collection[str], default: str, chosen: Iterable[tuple[str | None, str]]) -> str:
    """Return the first name in ``chosen`` that is set, or else the default or the only environment."""
    listed, chosen = ", ".join(names), tuple(chosen)
    for name, said_by in chosen:
        if name and name not in names:
            raise UsageError(f'unknown environment "{name}" ({said_by})\n    {FILE_NAME} has: {listed}')
        if name:
            return name
    if default:
        return default
    if len(names) > 1:
        raise UsageError(
            f"there are several environments: {listed}\n"
            f"    choose one with {chosen[0][1]}, or write `default: NAME` into {FILE_NAME}"
        )
    return next(iter(names))
