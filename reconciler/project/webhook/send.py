"""Sending one notice: briefly, to the address alone, and without anything of ours but the notice.

Redirects are not followed and the answer is not read: only its status counts.
"""

import json
import os
from collections.abc import Mapping
from threading import Thread
from typing import Final

import httpx

from reconciler import __version__
from reconciler.errors import ReconcilerError
from reconciler.hubspot.transport.proxies import proxy_for

SEND_S: Final = 5.0
"""Maximum seconds until a notice counts as not taken, however slowly names are looked up or bytes arrive."""


def send(url: str, notice: Mapping[str, object]) -> str | None:
    """Send ``notice`` as JSON; return why it was not taken, or None. Never raises.

    No message of a library is passed on: it could contain the address, which is a secret.
    """
    body = json.dumps(notice, ensure_ascii=True).encode()
    faults = ["it did not answer in time"]
    sending = Thread(target=lambda: faults.append(_fault(url, body)), daemon=True)
    sending.start()
    sending.join(SEND_S)
    return faults[-1] or None


def _fault(url: str, body: bytes) -> str:
    headers = {"Content-Type": "application/json", "User-Agent": f"reconciler/{__version__}"}
    try:
        proxy = proxy_for(url, os.environ)
        transport = httpx.HTTPTransport(
            verify=httpx.create_ssl_context() if url.startswith("https:") else False,
            proxy=proxy.url if proxy else None,
        )
        with (
            httpx.Client(transport=transport, timeout=SEND_S, trust_env=False) as http,
            http.stream("POST", url, content=body, headers=headers) as response,
        ):
            return "" if response.is_success else f"it answered with status {response.status_code}"
    except httpx.TimeoutException:
        return "it did not answer in time"
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return "it cannot be reached"
    except (ReconcilerError, ValueError):
        return "its address, proxy or certificates cannot be used"
