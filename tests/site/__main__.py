"""Builds the site of ``docs/`` with Zensical.

``python -m tests.site FOLDER [--source URL]``; URL is the address of the files of one commit, for example
``https://github.com/OWNER/REPOSITORY/blob/COMMIT``. Without it, links that leave ``docs/`` become plain text.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.site.build import build


def main(arguments: Sequence[str]) -> None:
    """Build the site into the folder in ``arguments``."""
    parser = argparse.ArgumentParser(prog="python -m tests.site")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", metavar="URL", default="")
    asked = parser.parse_args(arguments)
    build(asked.folder, asked.source)


if __name__ == "__main__":
    main(sys.argv[1:])
