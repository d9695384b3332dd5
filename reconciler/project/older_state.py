"""Noticing that somebody has put an older state back into git, by the serials in saved reports.

``state-seen.json`` contains every snapshot that this machine has seen. Reports contain less, but people keep
reports, and reports may come from other machines.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from reconciler.errors import StateError, UsageError
from reconciler.model.owned import StateVersion
from reconciler.project.files import read_encrypted
from reconciler.report.run_report_reader import run_from_text

REPORTS: Final = "reports"
"""Folder in ``.reconciler/`` with the reports of runs."""

_NAME: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z-([0-9a-f]{4,})\.json").fullmatch
"""Matches the name of a report, which ends with the serial that its run gave to the state."""


class ReportedSerial(NamedTuple):
    """A report, and the serial in its name; the lineage must be read from the file."""

    serial: int
    path: Path


def reported_serials(folder: Path) -> Sequence[ReportedSerial]:
    """Return the reports in ``folder``, newest serial first; call this before the state is read.

    After the read it would be too late: another process may apply and write a newer report meanwhile.
    """
    try:
        found = [(name, path) for path in folder.iterdir() if (name := _NAME(path.name))]
    except OSError:
        return ()
    return sorted((ReportedSerial(int(name[1], 16), path) for name, path in found), reverse=True)


def refuse_older_state(version: StateVersion, reported: Sequence[ReportedSerial]) -> None:
    """Refuse a state if a report of the same lineage has a higher serial.

    Raises:
        StateError: there is such a report.
    """
    for serial, path in reported:
        if version.lineage is None or serial <= version.serial:
            return  # the remaining reports are even older
        if _lineage_in(path, version.lineage):
            shown = os.path.relpath(path)
            raise StateError(
                f"state in git: it was put back to serial {version.serial}, but {shown} is the "
                f"report of a run with serial {serial}: later changes are missing\n"
                "    put the newest commit back into the state's ref; if the older state is right, move "
                "the report to another folder"
            )


def _lineage_in(path: Path, lineage: str) -> bool:
    """Return whether a report is about the state with this lineage; False if it cannot be read."""
    try:
        text = read_encrypted(path, "report")
        if json.dumps(lineage) not in text:  # a quick test first, because parsing long reports takes time
            return False
        state = run_from_text(text).header.state
    except UsageError:
        return False
    return state is not None and state.lineage == lineage
