"""Sending one notice to a webhook, with a short timeout, and with no other data than the notice.

Redirects are not followed. Only the status of the answer matters; its body is not read.
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
"""Maximum seconds for sending a notice, including a slow look-up of the host or a slow answer."""


def send(url: str, notice: Mapping[str, object]) -> str | None:
    """Send ``notice`` as JSON; return None, or the reason why the webhook did not accept it. Never raises.

    Messages of libraries are not returned, because they could contain the address, which is a secret.
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
        return "the address of the webhook, the proxy or the certificates cannot be used"
