"""Plans as files: what ``plan --out`` writes and ``apply`` reads."""

from pathlib import Path

from reconciler.plan.file.format import plan_from_text, plan_to_text
from reconciler.plan.plan import Plan
from reconciler.project.files import read_encrypted, write_encrypted


def save_plan(plan: Plan, path: Path) -> None:
    """Put ``plan``, which holds the values themselves, at ``path``: encrypted where there is a key.

    Raises:
        UsageError: the folder is missing or cannot be written to, or the key is none.
    """
    write_encrypted(path, [plan_to_text(plan).encode()])


def read_plan(path: Path, *, to_apply: bool = False) -> Plan:
    """Read a plan that ``save_plan`` wrote; where plans are encrypted, ``to_apply`` takes no other.

    Raises:
        UsageError: it is no plan, of a version that is not known, or cannot be opened.
        PlanRefused: it was altered, or is not encrypted and has to be.
    """
    return plan_from_text(read_encrypted(path, "plan", insists=to_apply))
