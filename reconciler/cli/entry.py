"""The start of the program: completion and ``--version`` are answered without importing the command line.

Completion must answer while a person types. Importing the command line would make it several times slower.
"""

import os
import sys

from reconciler import __version__

_ASKING = "_RECONCILER_COMPLETE"
"""Environment variable that contains the name of the shell when a shell runs reconciler for completion."""


def main() -> None:
    """Answer a shell's request for completion, or run the command line; end the process."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _is_written(f"reconciler {__version__}\n"):
        return
    shell = os.environ.get(_ASKING)
    if shell is not None:
        from reconciler.cli.complete import complete  # noqa: PLC0415 - only on this path

        sys.exit(complete(shell, sys.argv[1:]))
    from reconciler.cli.main import main as run_and_end  # noqa: PLC0415 - as above

    run_and_end()


def _is_written(text: str) -> bool:
    """Write ``text`` to stdout; return False after an error.

    After an error, the caller runs the whole command line: it writes the text again and reports the error.
    """
    try:
        return os.write(1, text.encode()) == len(text)
    except OSError:
        return False
