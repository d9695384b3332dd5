"""Runs ``meltano-tap-hubspot``, a public reader of HubSpot data, against the emulator.

The emulator's address is in ``PORTAL_URL``, because the reader itself has no option for another address.
"""

import os
from typing import Any

import requests
from tap_hubspot.tap import TapHubspot

HUBSPOT = "https://api.hubapi.com"
_send = requests.Session.send


def send(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
    """Send requests for HubSpot to the portal under test; refuse requests to any other address."""
    assert request.url is not None
    assert request.url.startswith(f"{HUBSPOT}/"), request.url
    request.url = request.url.replace(HUBSPOT, os.environ["PORTAL_URL"], 1)
    return _send(self, request, **kwargs)


if __name__ == "__main__":
    requests.Session.send = send  # type: ignore[method-assign]
    TapHubspot.cli()
