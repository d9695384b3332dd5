"""Suggestions for names that do not exist: did you mean …?"""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(written: str, known: Iterable[str]) -> str | None:
    """Advice that names the nearest of ``known``, or None when nothing is near."""
    near = nearest(written, known)
    return "did you mean " + " or ".join(f'"{name}"' for name in near) + "?" if near else None


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """Find the names that ``written`` may have been meant to be, the nearest first."""
    names = list(known)
    return get_close_matches(written, names, cutoff=0.85) or get_close_matches(written, names, cutoff=0.6)
