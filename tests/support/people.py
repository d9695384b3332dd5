"""Running code as a user with limited file permissions, even if the tests run as root."""

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NOBODY = 65_534


def as_nobody(action: Callable[[], None]) -> None:
    """Run ``action`` in a child process without root's rights; its failure is the test's failure."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            action()
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run the block as a user with limited file permissions, even if the tests run as root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
