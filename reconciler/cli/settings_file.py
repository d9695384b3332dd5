"""What ``reconciler.yaml`` may say, and what is wrong with one that says something else.

This is what can be told before an environment is chosen and its variables are read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import Field, InstanceOf

from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.manifest.nodes import Blank, MappingNode, SequenceNode
from reconciler.manifest.problems import raise_if_any
from reconciler.manifest.shapes import Shape, read_shape, suggest
from reconciler.manifest.text import Reading, read_nodes
from reconciler.model.records import Drift
from reconciler.source import Place, SourceFiles, SourceRef

FILE_NAME: Final = "reconciler.yaml"
URL_ADVICE: Final = (
    "write it like https://api.hubapi.com; http:// is for this machine only (http://localhost)"
)
VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""How the file refers to an environment variable."""

_FILES: Final = SourceFiles((FILE_NAME,))
_VERSION: Final = 1
_LITERAL_TOKEN: Final = re.compile(r"pat-[a-z]{2}[0-9]+-[0-9A-Za-z-]{4,}")
_ENVIRONMENT_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_TAKES_VARIABLES: Final = frozenset({"token", "base_url", "state"})


class EnvironmentShape(Shape):
    """The keys of one environment."""

    portal: Literal["emulator", ""] = Field("", description="write `portal: emulator`, or remove the line")
    portal_id: str = Field(
        "",
        pattern="^[1-9][0-9]{0,17}$",
        description="write the digits that HubSpot shows as the account's ID",
    )
    token: str = Field("", description="write `token: ${VARIABLE}`, naming the variable that holds the token")
    seed: str = Field("", description="write the path of a JSON file, from the project folder")
    api_version: Literal["v3", "2025-09", "2026-03", "2026-09"] = Field(
        "v3", description="write v3, 2025-09, 2026-03 or 2026-09"
    )
    base_url: str = Field("https://api.hubapi.com", description=URL_ADVICE)
    protected: Literal["true", "false"] = Field("false", description="write true or false")
    drift: Drift = Field(Drift.REVERT, description="write revert or hold")
    manifests: list[str] = Field([], min_length=1, description="write a list of folders, such as [catalogue]")
    owners: dict[str, str] = Field(
        {}, description="write lines such as `ada@acme.example: robot@acme.example`"
    )


class FileShape(Shape):
    """The keys of the file."""

    version: Literal["1"] = Field(description="write `version: 1`")
    manifests: list[str] = Field(["."], min_length=1, description="write a list of folders, such as [.]")
    state: str = Field(
        "sqlite:///.reconciler/state.db",
        description="write sqlite:///FILE, postgresql+psycopg://HOST/NAME or none",
    )
    default: str = Field("", description="write the name of an environment, or remove the line")
    environments: InstanceOf[MappingNode] = Field(
        description="write a mapping such as `environments: {local: {portal: emulator}}`"
    )


class WrittenEnvironment(NamedTuple):
    """One environment as the file has it."""

    said: EnvironmentShape
    node: MappingNode


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The file, free of every mistake that can be told without an environment."""

    said: FileShape
    node: MappingNode
    environments: Mapping[str, WrittenEnvironment]  # sorted by name


def read_settings_file(project: Path) -> SettingsFile:
    """Read ``reconciler.yaml`` in ``project``.

    Raises:
        ManifestError: the file is wrong; with every problem found.
        UsageError: it cannot be read.
    """
    try:
        data = (project / FILE_NAME).read_bytes()
    except OSError as error:
        raise UsageError(f"{FILE_NAME} cannot be read: {error.strerror}") from error
    raise_if_any(_literal_tokens(data))  # alone, since other messages may repeat what they complain about
    reading = read_nodes(data, _FILES, 0)
    node, place = _only_document(reading)
    raise_if_any(_version_problems(node))
    said, wrong = read_shape(FileShape, node, place, _FILES)
    environments, wrong_inside = _read_environments(node.mapping("environments"))
    problems = [*reading.problems, *wrong, *wrong_inside, *_variable_problems(node)]
    problems += _listing_problems(node)
    raise_if_any(problems)
    if said is None:
        raise ManifestError(wrong)
    return SettingsFile(said, node, environments)


def place_ref(node: MappingNode, name: str) -> SourceRef:
    """Where the value of ``name`` stands in the file."""
    return _FILES.ref(node.place_of(name))


def _literal_tokens(data: bytes) -> Iterator[Problem]:
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        for found in _LITERAL_TOKEN.finditer(line):
            message = "a token stands here, for everybody to see who can read the repository"
            advice = "revoke it in HubSpot, and write `token: ${VARIABLE}`"
            yield Problem(message, advice, SourceRef(FILE_NAME, number, found.start() + 1))


def _only_document(reading: Reading) -> tuple[MappingNode, Place]:
    if reading.documents:
        (node, place), *others = reading.documents
        raise_if_any(
            Problem("settings are one document", "remove what follows the line ---", _FILES.ref(other.place))
            for other in others
            if other.node is not Blank.EMPTY
        )
        if isinstance(node, MappingNode):
            return node, place
    raise_if_any(reading.problems)
    advice = "begin with `version: 1` and `environments:`"
    raise ManifestError(
        (Problem("settings are a mapping, which this is not", advice, SourceRef(FILE_NAME, 1, 1)),)
    )


def _version_problems(node: MappingNode) -> Iterator[Problem]:
    version = node.get("version")
    if isinstance(version, str) and version.isdecimal() and int(version) > _VERSION:
        message = f"version {version} of this file is newer than this program knows, which is {_VERSION}"
        yield Problem(message, "upgrade reconciler", place_ref(node, "version"))


def _listing_problems(node: MappingNode) -> Iterator[Problem]:
    listed = node.get("environments")
    if not isinstance(listed, MappingNode):
        return
    if not listed.names:
        advice = "write one, such as `local: {portal: emulator}`"
        yield Problem("there are no environments", advice, place_ref(node, "environments"))
    default = node.get("default")
    if listed.names and isinstance(default, str) and default not in listed.names:
        advice = suggest(default, listed.names)
        yield Problem(f'there is no environment "{default}"', advice, place_ref(node, "default"))


def _variable_problems(node: MappingNode | SequenceNode) -> Iterator[Problem]:
    """Variables that nobody would read, or that are written wrongly."""
    names = node.names if isinstance(node, MappingNode) else ()
    children = node.values if isinstance(node, MappingNode) else node.items
    for index, (child, place) in enumerate(zip(children, node.places, strict=True)):
        if isinstance(child, MappingNode | SequenceNode):
            yield from _variable_problems(child)
        elif isinstance(child, str) and "${" in child:
            if not names or names[index] not in _TAKES_VARIABLES:
                advice = f"variables are read for {', '.join(sorted(_TAKES_VARIABLES))} only"
                yield Problem("no variable is read here", advice, _FILES.ref(place))
            elif "${" in VARIABLE.sub("", child):
                yield Problem("this is no variable", "write it like ${HUBSPOT_TOKEN}", _FILES.ref(place))


def _read_environments(listed: MappingNode) -> tuple[dict[str, WrittenEnvironment], list[Problem]]:
    environments: dict[str, WrittenEnvironment] = {}
    problems: list[Problem] = []
    for index, (name, node, place) in enumerate(zip(listed.names, listed.values, listed.places, strict=True)):
        if not _ENVIRONMENT_NAME.fullmatch(name):
            advice = "use letters, digits, dots, dashes and underscores"
            source = _FILES.ref(listed.name_place(index))
            problems.append(Problem(f'an environment cannot be called "{name}"', advice, source))
        if isinstance(node, MappingNode):
            said, wrong = read_shape(EnvironmentShape, node, place, _FILES)
            problems += wrong
            if said:
                environments[name] = WrittenEnvironment(said, node)
                problems += _contradictions(name, environments[name], _FILES.ref(place))
        elif node is not Blank.REFUSED:
            advice = "write `portal: emulator`, or `portal_id:` and `token:`"
            problems.append(Problem(f'the environment "{name}" must be a mapping', advice, _FILES.ref(place)))
    return environments, problems


def _contradictions(name: str, environment: WrittenEnvironment, begins: SourceRef) -> Iterator[Problem]:
    """What each key may say alone, but not together with the others."""
    said, node = environment
    if said.portal:
        for key in ("token", "base_url"):
            if key in node.names:
                yield Problem(f'an emulator has no "{key}"', "remove the line", place_ref(node, key))
        return
    for key, advice in (
        ("portal_id", "write the ID of the HubSpot account, or `portal: emulator`"),
        ("token", "write `token: ${VARIABLE}`, naming the variable that holds the token"),
    ):
        if key not in node.names:
            yield Problem(f'"{key}" is missing in the environment "{name}"', advice, begins)
    if "seed" in node.names:
        yield Problem("only an emulator begins with a seed", "remove the line", place_ref(node, "seed"))
    if said.token and not VARIABLE.fullmatch(said.token):
        advice = "write `token: ${VARIABLE}`, and put the token into that variable"
        yield Problem("a token does not belong into a file", advice, place_ref(node, "token"))
