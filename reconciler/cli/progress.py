"""Progress of long work: a bar with rate and remaining time on a terminal, occasional lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from reconciler.cli.messages import say

Report: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished steps and of all steps."""

_SHORT = 1000
"""Minimum number of steps for which lines of progress are printed; a bar is always shown."""

_LINE_EVERY_S = 10.0


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Report]:
    """Show the progress of a task on stderr; ``what`` is its name ("reading")."""
    if quiet:
        yield _ignore
    elif sys.stderr.isatty():
        with _bar(what) as report:
            yield report
    else:
        yield _lines(what)


def _ignore(done: int, total: int) -> None:
    """Show nothing."""


@contextmanager
def _bar(what: str) -> Iterator[Report]:
    from rich.console import Console  # noqa: PLC0415 - 40 ms, and only terminals show a bar
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")

        def report(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield report


def _lines(what: str) -> Report:
    shown_at = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if total >= _SHORT and now - shown_at >= _LINE_EVERY_S:
            shown_at = now
            say(f"{what}: {done:,} of {total:,}")

    return report
