"""Runs ``reconciler`` and kills it when the embedded portal has carried out the n-th call, without an answer.

``python -m tests.probes.killed CALL ARGUMENT...``
"""

import os
import signal
import sys

from reconciler.cli.main import run
from reconciler.emulator.app import Emulator
from reconciler.emulator.calls import Answer, Request

_answer = Emulator.answer
_calls = iter(range(1, 1000))


def answer(self: Emulator, request: Request) -> Answer:
    done = _answer(self, request)
    if next(_calls) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return done


if __name__ == "__main__":
    Emulator.answer = answer  # type: ignore[method-assign]
    sys.exit(run(sys.argv[2:]))
