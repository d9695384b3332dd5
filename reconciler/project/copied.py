"""The files of a copy in the private folder: its checkpoint, and the salt of its pseudonyms."""

import os
import secrets
from collections.abc import Collection
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.project.import_folders import private_subfolder
from reconciler.project.settings import EnvironmentSettings
from reconciler.project.settings_copies import COPIES

_SALT_BYTES = 32


def checkpoint_path(folder: Path, portal_id: int) -> Path:
    """Return the path of the checkpoint of a portal's copy.

    The file exists while the copy is not complete.
    """
    return private_subfolder(folder, COPIES) / f"{portal_id}.json"


def check_copied(here: EnvironmentSettings, folder: Path, portal_ids: Collection[int]) -> None:
    """Check that the portal of a copy exists and is complete.

    Raises:
        UsageError: it does not exist or is not complete; the message says what to do.
    """
    command = _command(here)
    if checkpoint_path(folder, here.portal_id).exists():
        raise UsageError(f"the copy of {here.copy_of} is not complete\n    `{command}` continues the copy")
    if here.portal_id not in portal_ids:
        raise UsageError(f"there is no copy of {here.copy_of} yet\n    `{command}` makes the copy")


def refuse_copy(here: EnvironmentSettings) -> None:
    """Refuse to reset an environment that is a copy, because copies have no seed.

    Raises:
        UsageError: the environment is a copy of another one.
    """
    if here.copy_of:
        raise UsageError(
            f"environment {here.name} is a copy of {here.copy_of} and has no seed: nothing was reset\n"
            f"    `{_command(here)}` copies it again"
        )


def _command(here: EnvironmentSettings) -> str:
    return f"reconciler emulator copy --from {here.copy_of} -e {here.name}"


def salt_of(folder: Path, portal_id: int) -> bytes:
    """Return the salt of the pseudonyms in the copy of a portal; create one in a private file if needed.

    Raises:
        UsageError: the file cannot be read or written.
    """
    path = private_subfolder(folder, COPIES) / f"{portal_id}.salt"
    try:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_hex(_SALT_BYTES))
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{os.path.relpath(path)} is damaged ({error})\n    delete it, and copy again"
        ) from None
