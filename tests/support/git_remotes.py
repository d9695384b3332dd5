"""Real bare repositories to push to."""

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder``, with a made-up author, and return what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment(), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """Return the environment for git: a made-up author, and no configuration of this machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@acme.example",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@acme.example",
    }


def bare_repository(folder: Path) -> Path:
    """Make a bare repository in ``folder`` and return its path."""
    git(folder, "init", "--quiet", "--bare", "remote.git")
    return folder / "remote.git"


def refs_of(repository: Path) -> dict[str, str]:
    """Return the ids of all refs, by name."""
    listed = git(repository, "for-each-ref", "--format=%(refname) %(objectname)")
    return {name: object_id for name, _, object_id in (line.partition(" ") for line in listed.splitlines())}
