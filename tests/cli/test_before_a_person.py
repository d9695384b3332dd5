"""Personal values are shown on a terminal with a person, but not on one whose output a job keeps."""

import io
import sys

import pytest

from reconciler.cli.output import is_before_a_person, masking_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def is_masked(monkeypatch: pytest.MonkeyPatch, variables: str, values: str | None = None) -> bool:
    """Return whether a command that prints text to a terminal masks values, if ``variables`` are set."""
    for name in ("CI", "TF_BUILD"):
        monkeypatch.delenv(name, raising=False)
    for setting in variables.split():
        monkeypatch.setenv(*setting.split("=", 1))
    monkeypatch.setattr(sys, "stdout", Terminal())
    return masking_for(values, as_json=False).is_on


def test_values_are_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_masked(monkeypatch, "")


def test_values_are_masked_elsewhere() -> None:
    assert not is_before_a_person(io.StringIO())
    assert masking_for(None, as_json=True).is_on


@pytest.mark.parametrize("setting", ["CI=true", "CI=1", "CI=woodpecker", "TF_BUILD=True"])
def test_values_are_masked_on_the_terminal_of_a_job(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    assert is_masked(monkeypatch, setting)
    assert not is_masked(monkeypatch, setting, "show")


@pytest.mark.parametrize("setting", ["CI=", "CI=false", "CI=0"])
def test_a_variable_that_says_no_is_no_job(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    assert not is_masked(monkeypatch, setting)
