"""Digests of the sources of pictures: a picture must be made again when its source has changed."""

import hashlib

from tests.support.projects import ROOT

FOLDER = ROOT / "docs" / "pictures"
DIGESTS = FOLDER / "digests.json"


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
