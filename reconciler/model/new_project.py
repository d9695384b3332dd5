"""A new project folder: its files, and the scopes of its token."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeededScopes:
    """Scopes that the user has to select for an access token, by purpose; each list is sorted."""

    plan: tuple[str, ...]  # for plan and drift, which only read
    begin: Mapping[str, tuple[str, ...]]  # further scopes for first steps, by command: ``import --list``
    apply: tuple[str, ...]  # further scopes for apply


@dataclass(frozen=True, slots=True)
class NewProject:
    """The result of ``init``."""

    folder: str  # the project folder, relative to the working directory
    written: tuple[str, ...]  # created or extended files, relative to the working directory
    kept: tuple[str, ...]  # existing files that differ from the new text and were left unchanged
    objects: tuple[str, ...]  # object types for which the scopes are listed
    scopes: NeededScopes
    state: str  # the address of the state; empty if reconciler.yaml was there before
    is_shared: bool  # whether other machines can use this state
    portal_id: int | None  # None: the user still has to write the number into the settings
    is_example: bool = False
    hosts: tuple[str, ...] = ()  # the git hosts for which workflow files were written: GitHub, GitLab
    placeholders: tuple[str, ...] = ()  # names in the workflows that a person has to replace
