"""Creating a project folder: settings, a folder for manifests, lines for git, and workflows.

It needs neither network nor token. Existing files are never overwritten, so it can be run again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.model.new_project import NewProject
from reconciler.model.object_types import object_name
from reconciler.model.scopes import needed_scopes
from reconciler.project.editor_line import MANIFEST_SCHEMA, SCHEMAS, SETTINGS_SCHEMA, editor_line
from reconciler.project.files import write_new, write_over
from reconciler.project.git import Repository, find_repository
from reconciler.project.init.agents_text import AGENTS_TEXT, HEADING
from reconciler.project.init.settings_text import (
    ENVIRONMENT,
    SQLITE_STATE,
    git_state,
    is_in_git,
    project_name,
    settings_text,
)
from reconciler.project.init.shipped_files import EXAMPLE, EXAMPLE_FILES, installed_from, shipped_text
from reconciler.project.init.workflows import Surroundings, github_workflows, gitlab_pipeline
from reconciler.project.settings_rules import FILE_NAME
from reconciler.project.shipped_schemas import shipped_schema

MANIFESTS = "manifests"
_IGNORED = (
    "# reconciler: its private folder, and plans and reports, which hold the values of records",
    "/.reconciler/",
    "/plan*.json",
    "/plan*.md",
    "/plan*.html",
    "/key.json",
    "/rollback*.json",
    "/report*.json",
)
_UNCHANGED = "    existing files are unchanged"
_MAIN = "main"
_TRUNK = "refs/remotes/origin/HEAD"


@dataclass(frozen=True, slots=True)
class InitRequest:
    """The options of a new project folder."""

    folder: Path
    portal_id: int | None = None
    objects: tuple[str, ...] = ()
    github: bool = False
    gitlab: bool = False
    example: bool = False
    agents: bool = False


def init_project(asked: InitRequest, environ: Mapping[str, str]) -> NewProject:
    """Create a project folder. Existing files stay, but ``.gitignore`` and ``AGENTS.md`` may get more lines.

    Raises:
        UsageError: the options contradict each other, or a file cannot be written.
    """
    if asked.example and (asked.portal_id or asked.github or asked.gitlab):
        raise UsageError(
            "the example has its own portal, an embedded one, and needs no workflows\n"
            "    use --example alone, or leave out --example"
        )
    made = _Made(Path.cwd())
    repository = find_repository(_nearest_folder(asked.folder), environ)
    objects = tuple(dict.fromkeys(object_name(written) for written in asked.objects))
    state = ""
    if asked.example:
        made.write_all(asked.folder, {name: shipped_text(f"{EXAMPLE}/{name}") for name in EXAMPLE_FILES})
    else:
        state = _state_for(repository)
        name = project_name(Path(os.path.abspath(asked.folder)).name)  # noqa: PTH100 - it may not exist yet
        inner = asked.folder / MANIFESTS / FILE_NAME  # the settings may be in the folder of manifests instead
        settings = inner if inner.exists() else asked.folder / FILE_NAME
        text = settings_text(name, asked.portal_id, state)
        if settings == inner:
            made.write(settings, text)  # it exists, so this only lists it as kept
            state = ""
        else:
            line = editor_line(f"{SCHEMAS}/{SETTINGS_SCHEMA}")
            state = state if made.write(settings, line + text) else ""
            made.write_all(asked.folder / SCHEMAS, _schemas())
        if not (asked.folder / MANIFESTS).is_dir():
            made.write(asked.folder / MANIFESTS / ".gitkeep", "")
    made.add_lines(asked.folder / ".gitignore", _IGNORED)
    if asked.agents:
        made.add_section(asked.folder / "AGENTS.md", HEADING, AGENTS_TEXT)
    placeholders = _write_workflows(made, asked, repository)
    return NewProject(
        folder=made.shown(asked.folder),
        written=tuple(made.written),
        kept=tuple(made.kept),
        objects=objects,
        scopes=needed_scopes(objects),
        state=state,
        is_shared=is_in_git(state),
        portal_id=asked.portal_id,
        is_example=asked.example,
        hosts=(*(["GitHub"] if asked.github else []), *(["GitLab"] if asked.gitlab else [])),
        placeholders=placeholders,
    )


def _schemas() -> Mapping[str, str]:
    """Return the schemas for editors, by file name."""
    return {
        SETTINGS_SCHEMA: shipped_schema(SETTINGS_SCHEMA),
        MANIFEST_SCHEMA: shipped_schema(MANIFEST_SCHEMA),
    }


@dataclass(slots=True)
class _Made:
    """Writes files that do not exist yet, and remembers which were written and which existed."""

    start: Path  # shown paths are relative to this folder
    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def write_all(self, folder: Path, texts: Mapping[str, str]) -> None:
        """Write several files below ``folder``."""
        for name, text in texts.items():
            self.write(folder / name, text)

    def write(self, path: Path, text: str) -> bool:
        """Write a new file; return False if it exists already."""
        if os.path.lexists(path):
            if not _says(path, text):
                self.kept.append(self.shown(path))
            return False
        self._write(write_new, path, text)
        return True

    def add_lines(self, path: Path, lines: tuple[str, ...]) -> None:
        """Append those ``lines`` to a file that it does not contain yet."""
        text = _text(path)
        missing = [line for line in lines if line not in text.splitlines()]
        if missing:
            self._append(path, text, "\n".join(missing) + "\n")

    def add_section(self, path: Path, heading: str, section: str) -> None:
        """Append a section to a file unless the file contains its heading."""
        text = _text(path)
        if heading not in text.splitlines():
            self._append(path, text, section)

    def _append(self, path: Path, text: str, added: str) -> None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        self._write(write_over if os.path.lexists(path) else write_new, path, text + gap + added)

    def _write(self, write: Callable[[Path, Iterable[bytes]], None], path: Path, text: str) -> None:
        """Write a file completely or not at all: the next run would keep half a file."""
        try:
            write(path, [text.encode()])
        except UsageError as error:
            raise UsageError(f"{error}\n{_UNCHANGED}") from error
        self.written.append(self.shown(path))

    def shown(self, path: Path) -> str:
        """Return ``path`` relative to the working directory."""
        return os.path.relpath(path, self.start)


def _text(path: Path) -> str:
    """Return the text of ``path``; "" if it does not exist.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return path.read_bytes().decode() if path.exists() else ""  # with its own line ends
    except (OSError, UnicodeDecodeError) as error:
        raise _cannot_write(path, error) from error


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _cannot_write(path: Path, error: OSError | UnicodeDecodeError) -> UsageError:
    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return UsageError(f"cannot write {os.path.relpath(path)} ({why})\n{_UNCHANGED}")


def _nearest_folder(folder: Path) -> Path:
    """Return ``folder``, or the nearest folder above it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.is_dir())


def _state_for(repository: Repository | None) -> str:
    """Return the address of the new state: in git if the repository has a remote, otherwise a SQLite file."""
    remotes = repository.ask("remote").out.split() if repository else []
    return git_state("origin" if "origin" in remotes else remotes[0]) if remotes else SQLITE_STATE


def _write_workflows(made: "_Made", asked: InitRequest, repository: Repository | None) -> tuple[str, ...]:
    """Write the requested workflows; return the placeholders that a person must replace in them."""
    if not (asked.github or asked.gitlab):
        return ()
    root = repository.top if repository else asked.folder
    around = _surroundings(asked.folder, root, repository)
    made.write_all(root, github_workflows(around) if asked.github else {})
    made.write_all(root, gitlab_pipeline(around) if asked.gitlab else {})
    return around.placeholders


def _surroundings(folder: Path, root: Path, repository: Repository | None) -> Surroundings:
    real = Path(os.path.realpath(folder))
    below = real.relative_to(os.path.realpath(root)).as_posix()
    branch = next(_branches(repository), _MAIN) if repository else _MAIN
    return Surroundings(below, ENVIRONMENT, branch, installed_from(), is_in_git(_state_for(repository)))


def _branches(repository: Repository) -> Iterator[str]:
    """Yield the default branch of the remote, then the branch that is checked out here."""
    for name, prefix in ((_TRUNK, "refs/remotes/origin/"), ("HEAD", "refs/heads/")):
        answer = repository.ask("symbolic-ref", name)
        if answer.is_yes and answer.out.startswith(prefix):
            yield answer.out.strip().removeprefix(prefix)
