"""The emulator without a port: an httpx transport that calls it directly."""

from collections.abc import Iterator

import httpx

from reconciler.emulator.app import Emulator, parse_query
from reconciler.emulator.calls import Answer, Request


class EmulatorTransport(httpx.BaseTransport):
    """An httpx transport that gets its answers from an emulator in the same process.

    If ``portal_id`` is set, requests need no token, and have all scopes in that portal. Injected latency and
    dropped connections raise the errors of a network: ReadTimeout, RemoteProtocolError.
    """

    def __init__(self, emulator: Emulator, portal_id: int | None = None) -> None:
        self._emulator = emulator
        self._portal_id = portal_id

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry out one request; a write takes effect even if the answer arrives after the timeout."""
        answer = self._emulator.answer(
            Request(
                method=request.method,
                path=request.url.path,
                query=parse_query(request.url.query.decode("ascii")),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.read(),
                host_url=f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
                portal_id=self._portal_id,
            )
        )
        timeout_s = request.extensions.get("timeout", {}).get("read")
        # Callers may set any object that float() accepts.
        timeout_s = None if timeout_s is None else float(timeout_s)
        if timeout_s is not None and answer.delay_s > timeout_s:
            self._emulator.sleep(timeout_s)
            raise httpx.ReadTimeout(f"no answer within {timeout_s} s", request=request)
        if answer.delay_s:
            self._emulator.sleep(answer.delay_s)
        if answer.is_dropped:
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        return httpx.Response(
            answer.status, headers=dict(answer.headers), stream=_Content(answer), request=request
        )


class _Content(httpx.SyncByteStream):
    """The body of an answer, which a fault may have cut short."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield self._answer.content
        missing = int(self._answer.headers["Content-Length"]) - len(self._answer.content)
        if missing > 0:
            raise httpx.RemoteProtocolError(
                f"peer closed connection without sending complete message body ({missing} bytes missing)"
            )
