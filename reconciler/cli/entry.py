"""The beginning of the program: completion and ``--version`` are answered without the command line.

Completion has to answer while a person types. The command line would take several times as long to be
imported.
"""

import os
import sys

from reconciler import __version__

_ASKING = "_RECONCILER_COMPLETE"
"""The variable that holds the name of the shell that asks."""


def main() -> None:
    """Answer a shell, or run the command line, and end the process."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _is_written(f"reconciler {__version__}\n"):
        return
    shell = os.environ.get(_ASKING)
    if shell is not None:
        from reconciler.cli.complete import complete  # noqa: PLC0415 - only on this path

        sys.exit(complete(shell, sys.argv[1:]))
    from reconciler.cli.main import main as run_and_end  # noqa: PLC0415 - as above

    run_and_end()


def _is_written(text: str) -> bool:
    """Write to stdout; after an error, the command line finds it again and reports it."""
    try:
        return os.write(1, text.encode()) == len(text)
    except OSError:
        return False
