"""Errors of the emulator itself; errors that it answers to requests are in ``refusals``.

EmulatorError        base class; its text can be shown as one sentence
├── SeedError        the seed is wrong: names the place in the seed
├── FaultError       the requested fault is invalid
├── UnknownPortal    there is no portal with this number
└── StorageError     the file cannot be used: says why
"""


class EmulatorError(Exception):
    """Base of the errors that the emulator raises on purpose; the text is one clear sentence."""


class SeedError(EmulatorError):
    """A seed contains something that no portal can have; the text begins with the place in the seed."""


class FaultError(EmulatorError):
    """A fault is not described correctly."""


class UnknownPortal(EmulatorError):
    """A request names a portal that does not exist."""


class StorageError(EmulatorError):
    """The file with the portals cannot be opened, read or written."""
