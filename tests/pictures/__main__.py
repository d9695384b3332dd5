"""Make the pictures again: ``python -m tests.pictures``."""

import base64
import json
import tempfile
from pathlib import Path

from tests.pictures.digests import DIGESTS, FOLDER, digest_of
from tests.pictures.sources import SOURCES
from tests.pictures.story import planned
from tests.report.chromium import running_chromium

WIDTH, HEIGHT, MOST_HEIGHT = 880, 700, 1000
TERMINAL_WIDTH = 700


def main() -> None:
    """Make each picture, light and dark, and store the digest of its source."""
    FOLDER.mkdir(exist_ok=True)
    digests = {}
    with tempfile.TemporaryDirectory() as folder, running_chromium(Path(folder) / "profile") as browser:
        plan = planned(Path(folder))
        for name, source in SOURCES.items():
            text = source(plan)
            digests[name] = digest_of(text)
            file = Path(folder) / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            width = {"page": 1160, "terminal": TERMINAL_WIDTH}.get(name, WIDTH)
            for scheme in ("light", "dark"):
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
                size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                browser.get(file.as_uri())
                if name == "page":
                    browser.execute_script("toggle(list.view[1]); toggle(list.view[5])")
                else:
                    measured = "return document.body.firstElementChild.offsetHeight"
                    size["height"] = min(MOST_HEIGHT, browser.execute_script(measured))
                    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
                (FOLDER / f"{name}-{scheme}.png").write_bytes(base64.b64decode(shot))
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n")


if __name__ == "__main__":
    main()
