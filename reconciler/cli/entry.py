"""The beginning of the program: a shell that asks what can follow gets its answer without the command line.

Completion has to answer while a person types. The command line would take several times as long to be
imported.
"""

import os
import sys

_ASKING = "_RECONCILER_COMPLETE"
"""The variable that holds the name of the shell that asks."""


def main() -> None:
    """Answer a shell, or run the command line, and end the process."""
    shell = os.environ.get(_ASKING)
    if shell is not None:
        from reconciler.cli.complete import complete  # noqa: PLC0415 - only on this path

        sys.exit(complete(shell, sys.argv[1:]))
    from reconciler.cli.main import main as run_and_end  # noqa: PLC0415 - as above

    run_and_end()
