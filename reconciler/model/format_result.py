"""The result of the command ``fmt``: files before and after formatting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """The text of one file before and after formatting."""

    name: str  # path of the file from the working directory
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Whether formatting changes the file."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class FormatResult:
    """The result of ``fmt``."""

    files: tuple[FormattedFile, ...]
    is_written: bool  # whether the changed files were written

    @property
    def changed(self) -> tuple[FormattedFile, ...]:
        """The files that formatting changes."""
        return tuple(file for file in self.files if file.is_changed)
