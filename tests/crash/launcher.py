"""Runs ``reconciler`` in this process and kills it with SIGKILL at the n-th point that it passes.

``python -m tests.crash.launcher POINT [--lease SECONDS] ARGUMENT...``; POINT 0 never kills. Every point that
is passed is written to standard error as ``point N NAME``. The points: before and after every commit and
every push, and around every call: before it is sent, sent with no answer yet, answered but not read, read.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
from httpcore._sync.http11 import HTTP11Connection
from sqlalchemy.engine.default import DefaultDialect

from reconciler.apply import executor
from reconciler.apply.definitions import holders
from reconciler.cli.main import main
from reconciler.plan import batches
from reconciler.state.git.remote import RemoteRefs
from reconciler.state.store import Store

ROWS = 3
"""Records in one call, so that even a small project makes many calls."""

GROUP = 4
"""Number of calls whose intents are pushed together, so that there are several pushes."""


class Points:
    """Counts points, and kills the process at the chosen one."""

    def __init__(self, chosen: int) -> None:
        self._chosen = chosen
        self._passed = 0
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self._passed += 1
            os.write(2, f"point {self._passed} {name}\n".encode())
            if self._passed == self._chosen:
                os.kill(os.getpid(), signal.SIGKILL)


def between(owner: Any, name: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Patch the method ``name`` of ``owner``: each call then calls ``before`` first, and ``after`` last."""
    inner = getattr(owner, name)

    def outer(*arguments: Any, **named: Any) -> Any:
        before()
        result = inner(*arguments, **named)
        after()
        return result

    setattr(owner, name, outer)


def watch(pass_: Points) -> None:
    """Patch the code that writes to databases, git and HubSpot, so that it calls ``pass_`` at each point."""
    between(DefaultDialect, "do_commit", lambda: pass_("before commit"), lambda: pass_("after commit"))
    between(RemoteRefs, "push", lambda: pass_("before push"), lambda: pass_("after push"))
    between(httpx.Client, "send", lambda: pass_("before call"), lambda: pass_("answer read"))
    between(
        HTTP11Connection,
        "_receive_response_headers",
        lambda: pass_("sent, no answer"),
        lambda: pass_("answered, unread"),
    )


def shorten_lease(seconds: float) -> None:
    """Let a lease expire after ``seconds``, so that a test can wait for it."""
    defaults = Store.acquire.__kwdefaults__
    assert defaults is not None
    defaults["lasts"] = timedelta(seconds=seconds)
    executor.HEARTBEAT_S = seconds / 10


def launch(chosen: int, arguments: Sequence[str]) -> None:
    """Run ``reconciler`` with ``arguments`` until it ends, or is killed at the chosen point."""
    vars(batches)["inputs_of"] = lambda _call: ROWS
    vars(executor)["_LARGEST_GROUP"] = GROUP
    vars(holders)["INDEX_S"] = 0.0  # as if HubSpot's search showed every write at once
    if arguments[0] == "--lease":
        shorten_lease(float(arguments[1]))
        arguments = arguments[2:]
    watch(Points(chosen))
    main(list(arguments))


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2:])
