"""Log lines on stderr if ``RECONCILER_LOG`` is set: one for each call of HubSpot, without any values."""

import json
import logging
import os
from datetime import UTC, datetime

from reconciler.cli.safe_output import harmless, without_commands
from reconciler.errors import UsageError

_LEVELS = ("debug", "info", "warning", "error")


def start_logging(log_format: str | None) -> None:
    """Start logging at the level in ``RECONCILER_LOG``; log nothing if it is not set.

    Raises:
        UsageError: the variable contains no level.
    """
    level = os.environ.get("RECONCILER_LOG", "").lower()
    if not level:
        return
    if level not in _LEVELS:
        raise UsageError(
            f"RECONCILER_LOG is {level!r}\n    set it to one of {', '.join(_LEVELS)}, or unset it"
        )
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if log_format == "json" else _Lines(_TEXT))
    logger = logging.getLogger("reconciler")
    logger.handlers = [handler]  # replaced, or a second command in this process would log twice
    logger.setLevel(level.upper())


_TEXT = "%(asctime)s %(levelname)s %(message)s"


class _Lines(logging.Formatter):
    """Formatter for text: one line for each message, except for a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Format time, level and message."""
        return harmless(super().format(record))


class _JsonLines(logging.Formatter):
    """Formatter with one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Format time, level, logger and message."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        return without_commands(json.dumps(parts | {"message": record.getMessage()}))
