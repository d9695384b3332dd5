"""HubSpot counts all calls of a token, so all calls of a command share one rate limiter."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.hubspot.transport import rate_limiter
from tests.support.projects import example


def test_planning_and_applying_share_one_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[rate_limiter.RateLimiter] = []

    class Counted(rate_limiter.RateLimiter):
        def __init__(self, **known: Any) -> None:
            super().__init__(**known)
            made.append(self)

    monkeypatch.setattr(rate_limiter, "RateLimiter", Counted)
    assert example(tmp_path).run("apply", "--auto-approve").code == 0
    assert len(made) == 1
