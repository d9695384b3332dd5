"""Rules of ``reconciler.yaml``: for one value alone, or for several keys together.

Values of variables may be secret, so no message repeats them.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from re import Match
from typing import Final

from reconciler.errors import Problem, UnplacedProblem
from reconciler.hosts import is_loopback
from reconciler.manifest import readable_files
from reconciler.manifest.yaml.nodes import MappingNode, SequenceNode
from reconciler.project.ci_permissions import ALLOW_HOSTS, Permits
from reconciler.project.server_addresses import (
    POSTGRESQL,
    database_hosts,
    encoded,
    is_database,
    portal_server,
)
from reconciler.source import SourceFiles, SourceRef
from reconciler.state.database_files import PRIVATE_FOLDER
from reconciler.state.git.place import PREFIX as GIT
from reconciler.state.git.place import git_place, host_of
from reconciler.suggestions import suggest

FILE_NAME: Final = "reconciler.yaml"
FILES: Final = SourceFiles((FILE_NAME,))
URL_ADVICE: Final = (
    "write it like https://api.hubapi.com; http:// is for this machine only (http://localhost)"
)
STATE_ADVICE: Final = "write sqlite:///FILE, git:refs/reconciler, postgresql+psycopg://HOST/NAME or none"
GIT_ADVICE: Final = (
    "write `git:REF`, `git:REMOTE:REF` or `git:URL:REF`, such as `git:refs/reconciler`; REF begins with "
    "`refs/`; URL is `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, without a password"
)
DATABASE_ADVICE: Final = (
    "write postgresql+psycopg://USER:${RECONCILER_PASSWORD}@HOST/NAME; if one variable contains the whole "
    "address, write `%40` for `@`, `%3A` for `:` and `%2F` for `/` in the user name and the password"
)
TOKEN_ADVICE: Final = "write `token: ${VARIABLE}`, and put the token into that variable"  # noqa: S105 - no token
NOTIFY_ADVICE: Final = "write `notify: ${RECONCILER_NOTIFY_URL}`, and put the webhook into that variable"

_WHOLE_ADVICE: Final = "put the whole address into one variable: `state: ${RECONCILER_STATE}`"
_VERSION: Final = 1
_SQLITE: Final = "sqlite:///"
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LITERAL_TOKEN: Final = re.compile(r"pat-[a-z]{2}[0-9]+-[0-9A-Za-z-]{4,}")
_ENVIRONMENT_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
NAME_ADVICE: Final = "use letters, digits, dots, dashes and underscores"
_TAKES_VARIABLES: Final = frozenset({"token", "base_url", "state", "notify"})


def literal_token_problems(data: bytes) -> Iterator[Problem]:
    """Report tokens that are written in the file itself, even in a comment."""
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        for found in _LITERAL_TOKEN.finditer(line):
            message = "there is a token here, which everybody who can read the repository can see"
            yield Problem(
                message,
                f"revoke it in HubSpot; {TOKEN_ADVICE}",
                SourceRef(FILE_NAME, number, found.start() + 1),
            )


def version_problems(node: MappingNode) -> Iterator[Problem]:
    """Report a ``version`` that this program does not know."""
    version = node.get("version")
    if isinstance(version, str) and re.fullmatch("[0-9]+", version) and int(version) > _VERSION:
        message = f"version {version} of this file is newer than this program can read (up to {_VERSION})"
        yield Problem(message, "upgrade reconciler", _ref(node, "version"))


def fault_of_name(name: str) -> str | None:
    """Return why an environment cannot have this name; None if it can."""
    return None if _ENVIRONMENT_NAME.fullmatch(name) else f'an environment cannot be called "{name}"'


def file_problems(node: MappingNode) -> Iterator[Problem]:
    """Report problems of ``reconciler.yaml``, except problems inside one environment."""
    yield from _variable_problems(node)
    yield from _text_problems(node, "state", state_problems)
    notify = node.get("notify")
    if isinstance(notify, str) and not _VARIABLE.fullmatch(notify):
        message = (
            "the address of a webhook must not be in a file: everybody who has the address can "
            "write to the channel"
        )
        yield Problem(message, NOTIFY_ADVICE, _ref(node, "notify"))
    listed = node.get("environments")
    if isinstance(listed, MappingNode) and not listed.names:
        advice = "write one, such as `local: {portal: emulator}`"
        yield Problem("there are no environments", advice, _ref(node, "environments"))
    elif isinstance(listed, MappingNode):
        for index, name in enumerate(listed.names):
            fault = fault_of_name(name)
            if fault:
                yield Problem(fault, NAME_ADVICE, FILES.ref(listed.name_place(index)))
        default = node.get("default")
        if isinstance(default, str) and default not in listed.names:
            advice = suggest(default, listed.names)
            yield Problem(f'unknown environment "{default}"', advice, _ref(node, "default"))


def environment_problems(
    name: str, node: MappingNode, begins: SourceRef, *, needs_portal_id: bool
) -> Iterator[Problem]:
    """Report problems of one environment: missing keys, keys that do not fit together, a wrong URL."""
    if node.get("portal") == "emulator":
        for key in ("token", "base_url"):
            if key in node.names:
                yield Problem(f'an emulator has no "{key}"', "remove the line", _ref(node, key))
        yield from _copy_problems(node)
        return
    for key, advice in (
        (
            "portal_id",
            "write the ID of the HubSpot account (`reconciler doctor` says which), or `portal: emulator`",
        ),
        ("token", TOKEN_ADVICE),
    ):
        if key not in node.names and (needs_portal_id or key != "portal_id"):
            yield Problem(f'"{key}" is missing in the environment "{name}"', advice, begins)
    for key, what in (("seed", "have a seed"), ("copy_of", "be a copy")):
        if key in node.names:
            yield Problem(f"only an emulator can {what}", "remove the line", _ref(node, key))
    token = node.get("token")
    if isinstance(token, str) and not _VARIABLE.fullmatch(token):
        yield Problem("a token must not be in a file", TOKEN_ADVICE, _ref(node, "token"))
    yield from _text_problems(node, "base_url", base_url_problems)


def _copy_problems(node: MappingNode) -> Iterator[Problem]:
    """Report keys that a copy must not have, because it takes them from its original."""
    for key in node.names if "copy_of" in node.names else ():
        if key not in {"portal", "copy_of"}:
            yield Problem(
                (f'a copy uses the "{key}" of the copied environment'), "remove the line", _ref(node, key)
            )


class Variables:
    """Replaces variables in texts by their values.

    Attributes:
        problems: variables that are not set, or that this file may not use.
    """

    def __init__(self, environment: str, environ: Mapping[str, str], permits: Permits) -> None:
        self.problems: list[Problem] = []
        self._environment = environment
        self._environ = environ
        self.permits = permits

    def fill(self, text: str, node: MappingNode, key: str) -> str:
        """Replace the variables in ``text``, which is the value of ``key`` or its default.

        In the address of a database, the values are percent-encoded. Otherwise an ``@`` in a password would
        look like the end of the password.
        """
        is_part = text.startswith(POSTGRESQL)

        def held(variable: Match[str]) -> str:
            value = self._value(variable[1], _ref(node, key))
            return encoded(value) if is_part else value

        return _VARIABLE.sub(held, text)

    def held_by(self, name: str, node: MappingNode, key: str) -> str:
        """Return the value of a variable, "" if it is not set; report it if this file may not use it."""
        fault = self.permits.fault_of_variable(name)
        if fault is not None:
            self.problems.append(fault.at(_ref(node, key)))
            return ""
        return self._environ.get(name, "").strip()

    def _value(self, name: str, source: SourceRef) -> str:
        fault = self.permits.fault_of_variable(name)
        if fault is not None:
            self.problems.append(fault.at(source))
            return ""
        value = self._environ.get(name, "").strip()
        if not value:
            fault_of = "is empty" if name in self._environ else "is not set"
            message = f'the variable {name} {fault_of}; the environment "{self._environment}" needs it'
            self.problems.append(Problem(message, "set it, or choose another environment", source))
        return value


def emulator_file_problems(key: str, file: Path, project: Path, node: MappingNode) -> Iterator[Problem]:
    """Report a file of an emulator, such as its seed, that is missing or outside the project."""
    refused = readable_files.fault_of(file, project)
    if refused is not None:
        yield Problem(f"{node.get(key)} {refused}", readable_files.ADVICE, _ref(node, key))
    elif not os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises where it may not look
        message = f"there is no file {node.get(key)}"
        yield Problem(message, "write its path relative to the project folder", _ref(node, key))


def variable_of(written: str) -> str | None:
    """Return the name of the variable if ``written`` is just ``${NAME}``; otherwise None."""
    found = _VARIABLE.fullmatch(written)
    return found[1] if found else None


def base_url_problems(url: str, node: MappingNode) -> Iterator[Problem]:
    """Report an address of a portal that is malformed, or not safe."""
    server = portal_server(url.rstrip("/"))
    if server is None:
        yield Problem("this is not the address of a server", URL_ADVICE, _ref(node, "base_url"))
    elif server.scheme == "http" and not is_loopback(server.host):
        message = "with http://, other people could read the token on the network"
        yield Problem(message, URL_ADVICE, _ref(node, "base_url"))


def state_problems(state: str, node: MappingNode) -> Iterator[Problem]:
    """Report a value of ``state`` at which no state can be kept."""
    fault = state_fault(state)
    if fault is not None:
        yield fault.at(_ref(node, "state"))


def state_fault(state: str) -> UnplacedProblem | None:
    """Return why no state can be kept at ``state``, with advice; None if it can."""
    if state.startswith(GIT):
        return (
            None
            if git_place(state)
            else UnplacedProblem(("state in git cannot be kept in this place"), GIT_ADVICE)
        )
    if state.startswith("sqlite"):
        is_file = state.startswith(_SQLITE) and state.removeprefix(_SQLITE) not in {"", ":memory:"}
        return None if is_file else UnplacedProblem("this address names no SQLite file", STATE_ADVICE)
    if state.startswith(POSTGRESQL):
        return (
            None
            if is_database(state)
            else UnplacedProblem("this is not the address of a database", DATABASE_ADVICE)
        )
    return (
        None
        if state == "none"
        else UnplacedProblem("this is not the address of a place for the state", STATE_ADVICE)
    )


def base_url_permit_problems(url: str, node: MappingNode, permits: Permits) -> Iterator[Problem]:
    """Report the host of a portal to which the token must not be sent."""
    server = portal_server(url)
    if server is None or server.scheme == "http" or permits.allows_portal_at(server.host):
        return
    shown = server.host if server.host in str(node.get("base_url")).lower() else "this host"
    yield Problem(
        f"the token would be sent to {shown}, which is neither a host of HubSpot nor this machine",
        f"write https://api.hubapi.com; or allow the host in `base_url`: set {ALLOW_HOSTS} to its name in "
        "the job that runs reconciler",
        _ref(node, "base_url"),
    )


def state_token_problems(state: str, token: str, node: MappingNode) -> Iterator[Problem]:
    """Report a token in the address of the state: it would be sent to another server, or stored."""
    if (token and token in state) or _LITERAL_TOKEN.search(state):
        message = "the address of the state must not contain a token"
        yield Problem(message, "name the variable that holds the password", _ref(node, "state"))


def state_permit_problems(
    state: str, project: Path, node: MappingNode, permits: Permits
) -> Iterator[Problem]:
    """Report a state address that must not be written in ``reconciler.yaml``.

    If a variable contains the whole address, it is allowed: the job that sets the variable chose it.
    """
    written = str(node.get("state"))
    if _VARIABLE.fullmatch(written):
        return
    if state.startswith(_SQLITE):
        file = Path(os.path.normpath(state.removeprefix(_SQLITE)))
        below = file.relative_to(PRIVATE_FOLDER) if file.is_relative_to(PRIVATE_FOLDER) else file
        refused = None if file.is_absolute() else readable_files.fault_of(project / below, project)
        if refused is not None:
            yield Problem(f"this file {refused}", f"write {_SQLITE}.reconciler/state.db", _ref(node, "state"))
    elif state.startswith(POSTGRESQL):
        hosts = database_hosts(state)
        if hosts is None:
            message = "this address has connection settings that this file must not contain"
            yield Problem(message, _WHOLE_ADVICE, _ref(node, "state"))
        for host in (host for host in hosts or () if not permits.allows_state_at(host)):
            shown = host if host in written.lower() else "this host"
            message = f"the password of the database would be sent to {shown}, which is not this machine"
            advice = f"in the job that runs reconciler, set {ALLOW_HOSTS} to this host; or {_WHOLE_ADVICE}"
            yield Problem(message, advice, _ref(node, "state"))
    elif (place := git_place(state)) is not None and not place.is_named:
        repository = host_of(place.remote)
        if repository is None or not permits.allows_state_at(repository):
            message = (
                "this file must not contain the address of the repository of the state, because the "
                "token would be sent there"
            )
            advice = f"write git:REMOTE:{place.ref} with a remote of the checkout, or {_WHOLE_ADVICE}"
            yield Problem(message, advice, _ref(node, "state"))


def state_url(state: str, project: Path) -> str | None:
    """Return the address of the state, absolute if it is a SQLite file; None for ``none``."""
    if state == "none":
        return None
    if state.startswith(_SQLITE):
        return _SQLITE + str(project.absolute() / state.removeprefix(_SQLITE))
    return state


def _text_problems(
    node: MappingNode, key: str, rule: Callable[[str, MappingNode], Iterator[Problem]]
) -> Iterator[Problem]:
    """Apply ``rule`` to a text without variables; other texts are checked once an environment is chosen."""
    text = node.get(key)
    if isinstance(text, str) and "${" not in text:
        yield from rule(text, node)


def _variable_problems(node: MappingNode | SequenceNode) -> Iterator[Problem]:
    """Report variables at places where they are not allowed, or that are malformed."""
    names = node.names if isinstance(node, MappingNode) else ()
    children = node.values if isinstance(node, MappingNode) else node.items
    for index, (child, place) in enumerate(zip(children, node.places, strict=True)):
        if isinstance(child, MappingNode | SequenceNode):
            yield from _variable_problems(child)
        elif isinstance(child, str) and "${" in child:
            if not names or names[index] not in _TAKES_VARIABLES:
                advice = f"variables are allowed in {', '.join(sorted(_TAKES_VARIABLES))} only"
                yield Problem("variables are not allowed here", advice, FILES.ref(place))
            elif "${" in _VARIABLE.sub("", child):
                yield Problem("this is not a variable", "write it like ${HUBSPOT_TOKEN}", FILES.ref(place))
            elif names[index] == "base_url" and not _VARIABLE.fullmatch(child):
                message = (
                    "the token is sent to this address, so the address must be one variable, or contain none"
                )
                advice = "write the whole address, or one variable that contains the whole address"
                yield Problem(message, advice, FILES.ref(place))


def _ref(node: MappingNode, key: str) -> SourceRef:
    return FILES.ref(node.place_of(key))
