"""A new project folder: what was made, and what its token needs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeededScopes:
    """Scopes to tick for one key, by what they are for; each list is sorted."""

    plan: tuple[str, ...]  # to plan and to look for drift, which only read
    begin: Mapping[str, tuple[str, ...]]  # besides those: what begins with it, and the scopes for that
    apply: tuple[str, ...]  # besides those of ``plan``


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
    hosts: tuple[str, ...] = ()  # GitHub, GitLab: those for which there are workflows
    placeholders: tuple[str, ...] = ()  # names in the workflows that a person has to replace
