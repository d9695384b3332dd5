"""The emulator on a network port, for any HTTP client."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress import create_server, wasyncore

from reconciler.emulator.app import Emulator
from reconciler.emulator.request_origin import guarded

THREADS = 32
"""Maximum number of parallel calls; during injected latency, a call blocks its thread."""


def serve(
    emulator: Emulator, host: str, port: int, ready: Callable[[str], None], names: Iterable[str] = ()
) -> None:
    """Serve until interrupted; call ``ready`` with the base URL once connections are accepted.

    Port 0 selects a free port. ``names`` are host names that are allowed besides ``host``, localhost and IP
    addresses. Raises OSError if the address cannot be used.
    """
    server = _server(emulator, host, port, names)
    ready(_url(server))
    try:
        server.run()
    finally:
        server.task_dispatcher.shutdown()
        _close_sockets(server)
        _close_trigger(server)


@contextmanager
def running(emulator: Emulator) -> Iterator[str]:
    """Run a server on a free local port until the ``with`` block ends; yield the base URL."""
    server = _server(emulator, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, name="emulator", daemon=True)
    thread.start()
    try:
        yield _url(server)
    finally:
        server.task_dispatcher.shutdown()
        # The loop ends when no socket is left; only the loop's own thread may close the sockets.
        server.trigger.pull_trigger(lambda: _close_sockets(server))
        thread.join()
        _close_trigger(server)


def _close_sockets(server: Any) -> None:
    server.trigger.del_channel()
    wasyncore.dispatcher.close(server)  # server.close would also close the trigger, which is still needed
    wasyncore.close_all(server._map, ignore_all=True)  # noqa: SLF001 - no public name


def _close_trigger(server: Any) -> None:
    """Close the trigger that wakes the loop, unless a call is still running (injected latency).

    When a call ends, its thread writes to the trigger. After the trigger is closed, a new file may get the
    same file number, and the thread would write into that file.
    """
    if not server.task_dispatcher.threads:
        server.trigger.close()


def _server(emulator: Emulator, host: str, port: int, names: Iterable[str] = ()) -> Any:
    # Waitress's warnings (a body cut short, calls that wait) are only about faults that were requested.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    # Open the socket here, because waitress does not close its sockets if an address cannot be used.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family)
    # Waitress treats a dropped connection as an OSError, and closes the socket without an answer; with
    # log_socket_errors it would try to send a 500 first.
    return create_server(
        guarded(emulator, (host, *names)),
        sockets=[bound],
        threads=THREADS,
        log_socket_errors=False,
        ident="emulator",
    )


def _url(server: Any) -> str:
    host = server.effective_host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}"
