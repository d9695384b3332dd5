"""Progress of long work: lines if there is no terminal, nothing in quiet mode."""

import time

import pytest

from reconciler.cli.progress import progress


class Clock:
    """A clock that moves only when tests move it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 4.0
        return self.now


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", Clock())


def test_a_line_now_and_then_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading", quiet=False) as report:
        for done in range(1000, 10_001, 1000):
            report(done, 10_000)
    assert capsys.readouterr().err.splitlines() == [
        "reading: 3,000 of 10,000",
        "reading: 6,000 of 10,000",
        "reading: 9,000 of 10,000",
    ]


@pytest.mark.parametrize(("quiet", "total"), [(True, 10_000), (False, 999)])
def test_nothing_where_it_is_quiet_or_short(
    capsys: pytest.CaptureFixture[str], quiet: bool, total: int
) -> None:
    with progress("reading", quiet=quiet) as report:
        for done in range(0, total, 100):
            report(done, total)
    assert capsys.readouterr().err == ""
