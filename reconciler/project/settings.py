"""Settings, from ``reconciler.yaml``, flags and environment variables."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.manifest import readable_files
from reconciler.manifest.environments import ListedEnvironment
from reconciler.manifest.load import raise_if_any
from reconciler.manifest.validation_errors import plain, tell
from reconciler.manifest.yaml.nodes import Blank, MappingNode
from reconciler.manifest.yaml.parser import Reading, read_nodes
from reconciler.model.desired import Drift
from reconciler.model.object_types import object_name
from reconciler.model.personal_data import MaskRules
from reconciler.plan.plan import Guard
from reconciler.project.ci_permissions import is_hubspots, permits_of
from reconciler.project.server_addresses import portal_server
from reconciler.project.settings_rules import (
    FILE_NAME,
    FILES,
    STATE_ADVICE,
    TOKEN_ADVICE,
    URL_ADVICE,
    Variables,
    base_url_permit_problems,
    base_url_problems,
    environment_problems,
    file_problems,
    literal_token_problems,
    seed_problems,
    state_permit_problems,
    state_problems,
    state_token_problems,
    state_url,
    variable_of,
    version_problems,
)
from reconciler.source import Place, SourceRef

_EMULATOR_PORTAL_ID: Final = 1_000_000
_ENVIRONMENT_ADVICE: Final = "write `portal: emulator`, or `portal_id:` and `token:`"
_ShapeT = TypeVar("_ShapeT", bound="_Shape")


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """One portal, with its settings."""

    name: str
    portal_id: int
    token: str | None = field(repr=False)  # None for an emulator
    token_variable: str | None  # the variable that contains it
    is_emulator: bool
    seed: Path | None  # the first contents of an emulator
    api_version: str
    base_url: str  # without a slash at the end
    # the environment of the same portal with ``protected: true``; only saved plans are applied
    protected_by: str | None
    drift: Drift
    owners: Mapping[str, str]  # e-mail in the manifests -> e-mail of the replacement here

    @property
    def host(self) -> str | None:
        """The host of the portal, if it is not HubSpot's: a plan shows it."""
        server = None if self.is_emulator else portal_server(self.base_url)
        return server.host if server is not None and not is_hubspots(server.host) else None

    @property
    def is_protected(self) -> bool:
        """Whether only saved plans are applied."""
        return self.protected_by is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of ``reconciler.yaml`` for the selected environment."""

    project: Path  # the folder at which every path in the file starts
    environment: EnvironmentSettings
    environment_names: tuple[str, ...]  # all of them, sorted
    listed: tuple[ListedEnvironment, ...]  # all environments with their portals and folders
    manifests: tuple[str, ...]  # folders; later ones override earlier ones
    state_url: str | None = field(repr=False)  # may contain a password; None keeps no state
    name: str | None = None  # name of the project; None if the file does not set it
    # limits that differ from the defaults: "50%" or "500"
    guards: Mapping[Guard, str] = field(default_factory=dict)
    masks: MaskRules = field(default_factory=MaskRules)  # properties that are masked


class _Shape(BaseModel):
    """The keys of a mapping. The description of a field is the advice for a wrong value."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _FileShape(_Shape):
    version: Literal["1"] = Field(description="write `version: 1`")
    project: str = Field(
        "",
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="write a name such as acme-crm: letters, digits, dots, dashes and underscores",
    )
    manifests: list[str] = Field(["."], min_length=1, description="write a list of folders, such as [.]")
    state: str = Field("sqlite:///.reconciler/state.db", description=STATE_ADVICE)
    drift: Drift = Field(Drift.REVERT, description="write revert or hold")
    default: str = Field("", description="write the name of an environment, or remove the line")
    guards: dict[Guard, Annotated[str, Field(pattern=r"^[0-9]{1,9}%?$")]] = Field(
        {}, description=f"write lines such as `update: 50%` or `archive: 500`; guards are {', '.join(Guard)}"
    )
    values: dict[Literal["mask", "show"], dict[str, list[str]]] = Field(
        {}, description="write `mask:` or `show:`, and below it lines such as `companies: [annualrevenue]`"
    )
    environments: InstanceOf[MappingNode] = Field(
        description="write a mapping such as `environments: {local: {portal: emulator}}`"
    )


class _EnvironmentShape(_Shape):
    portal: Literal["emulator", ""] = Field("", description="write `portal: emulator`, or remove the line")
    portal_id: str = Field(
        "", pattern="^[1-9][0-9]{0,17}$", description="write the ID of the account, in digits"
    )
    token: str = Field("", description=TOKEN_ADVICE)
    seed: str = Field("", description="write the path of a JSON file, from the project folder")
    api_version: Literal["v3", "2025-09", "2026-03", "2026-09"] = Field(
        "v3", description="write v3, 2025-09, 2026-03 or 2026-09"
    )
    base_url: str = Field("https://api.hubapi.com", description=URL_ADVICE)
    protected: Literal["true", "false"] = Field("false", description="write true or false")
    drift: Drift | None = Field(None, description="write revert or hold, or remove the line")
    manifests: list[str] = Field([], min_length=1, description="write a list of folders, such as [catalogue]")
    owners: dict[str, str] = Field(
        {}, description="write lines such as `ada@acme.example: robot@acme.example`"
    )


class _Written(NamedTuple):
    """One environment as written in the file."""

    said: _EnvironmentShape
    node: MappingNode


def find_project(start: Path, chosen: Path | None) -> Path:
    """Find the folder with ``reconciler.yaml``.

    Args:
        start: the working directory; its ``manifests/`` is searched too.
        chosen: the folder given by ``-C``, which is searched instead.

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
        "    `reconciler init` makes one; or name the project folder with -C DIR"
    )


def environment_names(project: Path) -> tuple[str, ...]:
    """Return the names of the environments in the ``reconciler.yaml`` of ``project``.

    Raises:
        ManifestError: the file is wrong.
        UsageError: the file cannot be read.
    """
    return tuple(_read_file(project)[2])


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
        chosen_environment: the one given by ``-e``; else ``RECONCILER_ENV``, ``default:`` or the only one.
        said_by: the option or variable that selected it.
        offline: neither portal nor state will be used, so their settings may be missing.
        needs_portal_id: a missing ``portal_id`` is a mistake; otherwise it is 0.

    Raises:
        ManifestError: the file is wrong, or names a variable that is not set; with every problem found.
        UsageError: the file cannot be read; no environment, or an unknown one, is selected.
    """
    file, node, environments = _read_file(project, needs_portal_id=needs_portal_id)
    chosen = ((chosen_environment, said_by), (environ.get("RECONCILER_ENV"), "RECONCILER_ENV"))
    name = _choose(environments, file.default, chosen)
    said, own = environments[name]
    permits = permits_of(environ)
    variables = Variables(name, environ, permits)
    token = variables.fill(said.token, own, "token")
    base_url = variables.fill(said.base_url, own, "base_url").rstrip("/")
    state = variables.fill(file.state, node, "state")
    seed = project / said.seed if said.seed else None
    problems = [
        *(() if offline else variables.problems),
        *(seed_problems(seed, project, own) if seed else ()),
    ]
    if not variables.problems:
        problems += [
            *base_url_problems(base_url, own),
            *state_problems(state, node),
            *state_token_problems(state, token, node),
        ]
    if not variables.problems and not offline:
        problems += [
            *base_url_permit_problems(base_url, own, permits),
            *state_permit_problems(state, project, node, permits),
        ]
    raise_if_any(problems)
    return Settings(
        project=project,
        environment=EnvironmentSettings(
            name=name,
            portal_id=_portal_id(said),
            token=token or None,
            token_variable=variable_of(said.token),
            is_emulator=bool(said.portal),
            seed=seed,
            api_version=said.api_version,
            base_url=base_url,
            protected_by=_protected_by(name, environments),
            drift=said.drift or file.drift,
            owners=said.owners,
        ),
        environment_names=tuple(environments),
        listed=tuple(
            ListedEnvironment(each, _portal_id(of.said), tuple(of.said.manifests or file.manifests))
            for each, of in environments.items()
        ),
        manifests=tuple(said.manifests or file.manifests),
        name=file.project or None,
        state_url=None if variables.problems else state_url(state, project),
        guards=file.guards,
        masks=MaskRules(mask=_by_object(file, "mask"), show=_by_object(file, "show")),
    )


def _protected_by(name: str, environments: Mapping[str, _Written]) -> str | None:
    """Return the environment that protects the portal of ``name``: itself, or another one of this portal."""
    portal_id = _portal_id(environments[name].said)
    for other in (name, *sorted(environments)):
        said = environments[other].said
        if said.protected == "true" and _portal_id(said) == portal_id:
            return other
    return None


def _portal_id(said: _EnvironmentShape) -> int:
    return int(said.portal_id or (_EMULATOR_PORTAL_ID if said.portal else 0))


def _by_object(file: _FileShape, what: Literal["mask", "show"]) -> Mapping[str, tuple[str, ...]]:
    """Return globs over properties, by object type as plans name it, or by glob over object types."""
    by_object: dict[str, tuple[str, ...]] = {}
    for written, names in file.values.get(what, {}).items():
        name = object_name(written)
        by_object[name] = (*by_object.get(name, ()), *names)
    return by_object


def _choose(names: Collection[str], default: str, chosen: Iterable[tuple[str | None, str]]) -> str:
    """Return the name of the environment to use: the first of ``chosen`` that is set."""
    listed = ", ".join(names)
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
            f"    choose one with -e NAME, or write `default: NAME` into {FILE_NAME}"
        )
    return next(iter(names))


def _read_file(
    project: Path, *, needs_portal_id: bool = True
) -> tuple[_FileShape, MappingNode, dict[str, _Written]]:
    """Read the file and its environments, and report all mistakes that need no selected environment."""
    refused = readable_files.fault_of(project / FILE_NAME, project)
    if refused is not None:
        raise UsageError(f"{FILE_NAME} is a link, and its target {refused}\n    put the file itself there")
    try:
        data = (project / FILE_NAME).read_bytes()
    except OSError as error:
        raise UsageError(f"{FILE_NAME} cannot be read: {error.strerror}") from error
    raise_if_any(literal_token_problems(data))  # alone, since other messages may repeat the text around it
    reading = read_nodes(data, FILES, 0)
    node, place = _only_document(reading)
    raise_if_any(version_problems(node))
    problems = list(reading.problems)
    file = _validated(_FileShape, node, place, problems)
    problems += file_problems(node)
    environments = _read_environments(node.mapping("environments"), problems, needs_portal_id=needs_portal_id)
    raise_if_any(problems)
    return file, node, environments


def _only_document(reading: Reading) -> tuple[MappingNode, Place]:
    documents = [document for document in reading.documents if document.node is not Blank.EMPTY]
    if len(documents) > 1:
        source = FILES.ref(documents[1].place)
        raise ManifestError(
            (Problem("settings are one document", "remove what follows the line ---", source),)
        )
    if documents and isinstance(documents[0].node, MappingNode):
        return documents[0].node, documents[0].place
    raise_if_any(reading.problems)
    advice = "begin with `version: 1` and `environments:`"
    raise ManifestError(
        (Problem("settings are a mapping, which this is not", advice, SourceRef(FILE_NAME, 1, 1)),)
    )


def _read_environments(
    listed: MappingNode, problems: list[Problem], *, needs_portal_id: bool
) -> dict[str, _Written]:
    environments = {}
    for name, node, place in zip(listed.names, listed.values, listed.places, strict=True):
        if isinstance(node, MappingNode):
            environments[name] = _Written(_validated(_EnvironmentShape, node, place, problems), node)
            problems += environment_problems(name, node, FILES.ref(place), needs_portal_id=needs_portal_id)
        elif node is not Blank.REFUSED:
            message = f'the environment "{name}" must be a mapping'
            problems.append(Problem(message, _ENVIRONMENT_ADVICE, FILES.ref(place)))
    return environments


def _validated(model: type[_ShapeT], node: MappingNode, place: Place, problems: list[Problem]) -> _ShapeT:
    """Validate ``node``; return defaults if there are ``problems`` with it."""
    try:
        return model.model_validate(plain(node, kept={"environments"}))
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_context=False)
    descriptions = {name: field.description for name, field in model.model_fields.items()}
    problems += tell(complaints, descriptions, node, place, FILES)
    return model.model_construct()
