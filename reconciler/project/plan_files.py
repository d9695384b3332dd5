"""Saved plans: written and read line by line, encrypted where there is a key, on disk while they are used."""

from collections.abc import Iterable
from pathlib import Path

from reconciler.plan.file import format as plan_format
from reconciler.plan.file.sequences import Workspace
from reconciler.plan.plan import Plan
from reconciler.project.files import decrypted_pieces, write_encrypted
from reconciler.spool import Spool, sorted_by_key

ON_DISK = Workspace(Spool, sorted_by_key)
"""Where the changes of large plans are kept."""


def save_plan(plan: Plan, path: Path) -> None:
    """Write ``plan`` to ``path``.

    Raises:
        UsageError: the folder is missing or cannot be written to, or the key is none.
    """
    write_encrypted(path, plan_format.plan_lines(plan))


def read_plan(path: Path, *, to_apply: bool = False) -> Plan:
    """Read a plan that ``save_plan`` wrote; where plans are encrypted, ``to_apply`` takes no other.

    The file is read once, from one open descriptor. Apply carries out the plan that was read then, even if
    the file changes later.

    Raises:
        UsageError: it is no plan, of a version we do not know, or cannot be opened.
        PlanRefused: it was altered or cut off, or is not encrypted and has to be.
    """
    return plan_in(decrypted_pieces(path, "plan", insists=to_apply))


def plan_in(pieces: Iterable[bytes]) -> Plan:
    """Read the plan that a file holds, which comes in ``pieces``; raises as ``read_plan`` does."""
    return plan_format.read_plan(pieces, ON_DISK)
