"""Environments that are copies of others: they have the settings of their original, and their own portal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.errors import ManifestError, Problem
from reconciler.project.settings_file import EnvironmentShape, WrittenEnvironment
from reconciler.project.settings_rules import FILES
from reconciler.state.database_files import PRIVATE_FOLDER
from reconciler.suggestions import suggest

COPIES: Final = "copy"
"""Name of the folder, in the private folder, for the files of copies: state, salts and checkpoints."""


def with_originals(environments: Mapping[str, WrittenEnvironment]) -> Mapping[str, WrittenEnvironment]:
    """Return the environments; copies get the settings of their originals.

    Raises:
        ManifestError: a copy does not name an environment whose portal is at HubSpot.
    """
    return {name: _with_original(each, environments) for name, each in environments.items()}


def originals(environments: Mapping[str, WrittenEnvironment]) -> Mapping[str, WrittenEnvironment]:
    """Return the environments that are not copies."""
    return {name: each for name, each in environments.items() if not each.said.copy_of}


def _with_original(
    copy: WrittenEnvironment, environments: Mapping[str, WrittenEnvironment]
) -> WrittenEnvironment:
    named = copy.said.copy_of
    if not named:
        return copy
    original = environments.get(named)
    if original is None or original.said.portal:
        names = [name for name, each in originals(environments).items() if not each.said.portal]
        advice = suggest(named, names) if names else "name an environment that has `portal_id:` and `token:`"
        place = FILES.ref(copy.node.place_of("copy_of"))
        raise ManifestError((Problem(_fault(named, original), advice, place),))
    own = EnvironmentShape.model_fields
    kept = {key: own[key].default for key in ("token", "seed", "base_url", "protected")}
    said = original.said.model_copy(update={**kept, "portal": "emulator", "copy_of": named})
    return WrittenEnvironment(said, copy.node)


def _fault(named: str, original: WrittenEnvironment | None) -> str:
    if original is None:
        return f'there is no environment "{named}"'
    return f'"{named}" is {"a copy" if original.said.copy_of else "an emulator"} itself'


def state_of_copies(project: Path) -> str:
    """Return the address of the state that all copies share.

    It is separate from the state of the originals.
    """
    return f"sqlite:///{project.absolute() / PRIVATE_FOLDER / COPIES / 'state.db'}"
