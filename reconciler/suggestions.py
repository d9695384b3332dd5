"""Suggestions of similar names for an unknown name ("did you mean …?")."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """Find the names that ``written`` may mean, the nearest first.

    A very near name is returned alone, because less similar ones would only distract. A name that
    differs only in upper and lower case is the nearest of all.
    """
    names = sorted(known)
    if alike := [name for name in names if name.casefold() == written.casefold()]:
        return alike
    return get_close_matches(written, names, cutoff=0.85) or get_close_matches(written, names, cutoff=0.6)


def ask_whether(names: Iterable[str]) -> str:
    """Return the question whether one of ``names`` was meant."""
    return "did you mean " + " or ".join(f'"{name}"' for name in names) + "?"


def did_you_mean(written: str, known: Iterable[str]) -> str | None:
    """Return the question whether the most similar of ``known`` was meant; None if none is similar."""
    near = nearest(written, known)
    return ask_whether(near) if near else None


def suggest(written: str, known: Iterable[str]) -> str:
    """Return advice for an unknown name: the most similar known one, and a list of all known names."""
    names = sorted(known)
    question = did_you_mean(written, names)
    listed = f"known here: {', '.join(names)}"
    return f"{question} {listed}" if question else listed
