"""Commands in a process that cannot write long files, as on a full disk."""

import os
import subprocess
import sys

from tests.support.projects import ROOT, Done, Project


def run_on_small_disk(project: Project, kib: int, *arguments: str) -> Done:
    """Run the command line in the project folder; no file can become longer than ``kib`` KiB."""
    command = [sys.executable, "-m", "reconciler", *arguments]
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f {kib}; exec "$@"', "bash", *command],
        cwd=project.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(project.folder), "PYTHONPATH": str(ROOT)}
        | dict(project.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
