"""Building the site: Zensical in strict mode, over a copy of ``docs/`` without links to missing pages."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath

from tests.site.pages import DOCS, SETTINGS, leaving_docs


def build(folder: Path, source: str = "") -> None:
    """Build the site into ``folder``, which must not exist.

    Args:
        folder: where the site is written.
        source: the address of the repository's files; without it, links that leave ``docs/`` become text.

    Raises:
        RuntimeError: Zensical found a dead link or another mistake; the message is its output.
    """
    with tempfile.TemporaryDirectory(prefix="site-") as place:
        copy = Path(place)
        shutil.copy(SETTINGS, copy)
        shutil.copytree(DOCS, copy / "docs")
        for page in (copy / "docs").rglob("*.md"):
            name = PurePosixPath(page.relative_to(copy / "docs").as_posix())
            page.write_text(leaving_docs(page.read_text(), name, source))
        done = subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        shutil.copytree(copy / "site", folder)
