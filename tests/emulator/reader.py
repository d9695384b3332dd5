"""Runs ``meltano-tap-hubspot``, a public reader, against another address than HubSpot's.

The address stands in ``PORTAL_URL``: the reader itself knows no other than HubSpot's.
"""

import os
from typing import Any

import requests
from tap_hubspot.tap import TapHubspot

HUBSPOT = "https://api.hubapi.com"
_send = requests.Session.send


def send(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
    """Sends what is meant for HubSpot to the portal under test, and nothing anywhere else."""
    assert request.url is not None
    assert request.url.startswith(f"{HUBSPOT}/"), request.url
    request.url = request.url.replace(HUBSPOT, os.environ["PORTAL_URL"], 1)
    return _send(self, request, **kwargs)


if __name__ == "__main__":
    requests.Session.send = send  # type: ignore[method-assign]
    TapHubspot.cli()
