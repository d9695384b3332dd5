"""Writing and reading plan files, line by line. They are encrypted if there is a key.

The changes of a large plan are kept in temporary files, not in memory.
"""

from collections.abc import Iterable
from pathlib import Path

from reconciler.plan.file import format as plan_format
from reconciler.plan.file.sequences import Workspace
from reconciler.plan.plan import Plan
from reconciler.project.files import decrypted_pieces, write_encrypted
from reconciler.spool import Spool, sorted_by_key

ON_DISK = Workspace(Spool, sorted_by_key)
"""The place for the changes of large plans: temporary files."""


def save_plan(plan: Plan, path: Path) -> None:
    """Write ``plan`` to ``path``, encrypted if there is a key.

    Raises:
        UsageError: the folder is missing or cannot be written to, or the key is invalid.
    """
    write_encrypted(path, plan_format.plan_lines(plan))


def read_plan(path: Path, *, to_apply: bool = False) -> Plan:
    """Read a plan that ``save_plan`` wrote; with ``to_apply``, refuse an unencrypted one if there is a key.

    The file is opened and read once. So apply carries out the plan as it was read, even if the file changes
    later.

    Raises:
        UsageError: the file is not a plan, has a version that is not known, or cannot be opened.
        PlanRefused: the file was altered or cut off, or is not encrypted although it must be.
    """
    return plan_in(decrypted_pieces(path, "plan", insists=to_apply))


def plan_in(pieces: Iterable[bytes]) -> Plan:
    """Read a plan from the contents of a file, which come in ``pieces``.

    Raises the errors of ``read_plan``.
    """
    return plan_format.read_plan(pieces, ON_DISK)
