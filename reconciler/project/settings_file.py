"""Reading ``reconciler.yaml``: its keys, and the errors that do not depend on an environment."""

from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.manifest import readable_files
from reconciler.manifest.load import raise_if_any
from reconciler.manifest.validation_errors import plain, tell
from reconciler.manifest.yaml.nodes import Blank, MappingNode
from reconciler.manifest.yaml.parser import Reading, read_nodes
from reconciler.model.desired_records import Drift
from reconciler.plan.plan import Guard
from reconciler.project.settings_rules import (
    FILE_NAME,
    FILES,
    NOTIFY_ADVICE,
    STATE_ADVICE,
    TOKEN_ADVICE,
    URL_ADVICE,
    environment_problems,
    file_problems,
    literal_token_problems,
    version_problems,
)
from reconciler.source import Place, SourceRef

_ENVIRONMENT_ADVICE: Final = "write `portal: emulator`, or `portal_id:` and `token:`"
_ShapeT = TypeVar("_ShapeT", bound="_Shape")


class _Shape(BaseModel):
    """The base class for mappings in ``reconciler.yaml``: each field is an allowed key.

    The ``description`` of a field is the advice that is shown if its value is wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileShape(_Shape):
    """The keys of the file."""

    version: Literal["1"] = Field(description="write `version: 1`")
    project: str = Field(
        "",
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="write a name such as acme-crm: letters, digits, dots, dashes and underscores",
    )
    manifests: list[str] = Field(["."], min_length=1, description="write a list of folders, such as [.]")
    state: str = Field("sqlite:///.reconciler/state.db", description=STATE_ADVICE)
    drift: Drift = Field(Drift.REVERT, description="write revert or hold")
    notify: str = Field("", description=NOTIFY_ADVICE)
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


class EnvironmentShape(_Shape):
    """The keys of an environment."""

    portal: Literal["emulator", ""] = Field("", description="write `portal: emulator`, or remove the line")
    copy_of: str = Field("", description="write the name of the environment that is copied")
    portal_id: str = Field(
        "", pattern="^[1-9][0-9]{0,17}$", description="write the ID of the account, in digits"
    )
    token: str = Field("", description=TOKEN_ADVICE)
    seed: str = Field("", description="write the path of a JSON file, relative to the project folder")
    observations: str = Field("", description="write the path of a JSON file, relative to the project folder")
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


class WrittenEnvironment(NamedTuple):
    """One environment as it is written in the file, before variables are replaced."""

    said: EnvironmentShape
    node: MappingNode


def environment_names(project: Path) -> tuple[str, ...]:
    """Return the names of the environments in the ``reconciler.yaml`` of ``project``.

    Raises:
        ManifestError: the file is wrong.
        UsageError: the file cannot be read.
    """
    return tuple(read_settings_file(project)[2])


def manifest_folders(project: Path) -> tuple[str, ...]:
    """Return the folders with manifests of all environments, each once.

    Raises:
        ManifestError: the file is wrong.
        UsageError: the file cannot be read.
    """
    file, _, environments = read_settings_file(project, needs_portal_id=False)
    listed = [folder for each in environments.values() for folder in each.said.manifests or file.manifests]
    return tuple(dict.fromkeys(listed))


def read_settings_file(
    project: Path, *, needs_portal_id: bool = True
) -> tuple[FileShape, MappingNode, dict[str, WrittenEnvironment]]:
    """Read the file and its environments; report the errors that do not depend on the chosen environment.

    Raises:
        ManifestError: the file has problems; the error contains all of them.
        UsageError: the file cannot be read.
    """
    refused = readable_files.fault_of(project / FILE_NAME, project)
    if refused is not None:
        raise UsageError(
            f"{FILE_NAME} is a link, and its target {refused}\n    put the file itself in place of the link"
        )
    try:
        data = (project / FILE_NAME).read_bytes()
    except OSError as error:
        raise UsageError(f"{FILE_NAME} cannot be read: {error.strerror}") from error
    # Look for tokens before anything else: another message might quote the line with the token.
    raise_if_any(literal_token_problems(data))
    reading = read_nodes(data, FILES, 0)
    node, place = _only_document(reading)
    raise_if_any(version_problems(node))
    problems = list(reading.problems)
    file = _validated(FileShape, node, place, problems)
    problems += file_problems(node)
    environments = _read_environments(node.mapping("environments"), problems, needs_portal_id=needs_portal_id)
    raise_if_any(problems)
    return file, node, environments


def _only_document(reading: Reading) -> tuple[MappingNode, Place]:
    documents = [document for document in reading.documents if document.node is not Blank.EMPTY]
    if len(documents) > 1:
        source = FILES.ref(documents[1].place)
        raise ManifestError(
            (Problem("settings are one document", "remove everything after the line ---", source),)
        )
    if documents and isinstance(documents[0].node, MappingNode):
        return documents[0].node, documents[0].place
    raise_if_any(reading.problems)
    advice = "begin with `version: 1` and `environments:`"
    raise ManifestError((Problem("settings must be a mapping", advice, SourceRef(FILE_NAME, 1, 1)),))


def _read_environments(
    listed: MappingNode, problems: list[Problem], *, needs_portal_id: bool
) -> dict[str, WrittenEnvironment]:
    environments = {}
    for name, node, place in zip(listed.names, listed.values, listed.places, strict=True):
        if isinstance(node, MappingNode):
            environments[name] = WrittenEnvironment(_validated(EnvironmentShape, node, place, problems), node)
            problems += environment_problems(name, node, FILES.ref(place), needs_portal_id=needs_portal_id)
        elif node is not Blank.REFUSED:
            message = f'the environment "{name}" must be a mapping'
            problems.append(Problem(message, _ENVIRONMENT_ADVICE, FILES.ref(place)))
    return environments


def _validated(model: type[_ShapeT], node: MappingNode, place: Place, problems: list[Problem]) -> _ShapeT:
    """Validate ``node``, and add its faults to ``problems``; if there are some, return the defaults."""
    try:
        return model.model_validate(plain(node, kept={"environments"}))
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_context=False)
    descriptions = {name: field.description for name, field in model.model_fields.items()}
    problems += tell(complaints, descriptions, node, place, FILES)
    return model.model_construct()
