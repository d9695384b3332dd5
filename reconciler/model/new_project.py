"""A new project folder: its files, and the scopes of its token."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeededScopes:
    """Scopes to tick for one key, by purpose; each list is sorted."""

    plan: tuple[str, ...]  # to plan and to look for drift, which only read
    begin: Mapping[str, tuple[str, ...]]  # further scopes, by the beginning of a task
    apply: tuple[str, ...]  # besides the scopes of ``plan``


@dataclass(frozen=True, slots=True)
class NewProject:
    """The result of ``init``."""

    folder: str  # the project folder, from the working directory
    written: tuple[str, ...]  # files that were made, or got lines, from the working directory
    kept: tuple[str, ...]  # files that were there before, and say something else
    objects: tuple[str, ...]  # object types that the scopes are for
    scopes: NeededScopes
    state: str  # the address of the state; empty if reconciler.yaml was there before
    is_shared: bool  # whether other machines reach this state
    portal_id: int | None  # None: it is still to be written
    is_example: bool = False
    hosts: tuple[str, ...] = ()  # the hosts with workflows: GitHub, GitLab
    placeholders: tuple[str, ...] = ()  # names in the workflows that a person has to replace
