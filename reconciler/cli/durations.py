"""Durations on the command line: ``60s``, ``2m`` or a number of seconds."""

import re

import click

_WRITTEN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """A duration as a type of click options; the command gets it in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a duration to seconds; a number is seconds already."""
        if isinstance(value, int | float):
            return float(value)
        written = _WRITTEN.fullmatch(str(value))
        if written is None:
            self.fail(f"{value!r} is not a duration: write 60s, 2m or a number of seconds", param, ctx)
        return float(written[1]) * _SECONDS[written[2] or "s"]
