"""What can go wrong with the emulator itself, as opposed to what it answers.

EmulatorError        everything that a caller may want to show as one sentence
├── SeedError        the seed is wrong: names the place inside it
├── FaultError       the fault asked for makes no sense
├── UnknownPortal    there is no portal of this number
└── StorageError     the file cannot be used: says why
"""


class EmulatorError(Exception):
    """Base of what the emulator raises on purpose; the text is one clear sentence."""


class SeedError(EmulatorError):
    """A seed says something that no portal could hold; the text begins with the place inside the seed."""


class FaultError(EmulatorError):
    """A fault to inject is not well described."""


class UnknownPortal(EmulatorError):
    """Something was asked of a portal that does not exist."""


class StorageError(EmulatorError):
    """The file with the portals cannot be opened."""
