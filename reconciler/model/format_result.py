"""The result of ``fmt``: files before and after they were laid out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """One file, before and after."""

    name: str  # its path from the working directory
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Whether its layout was different."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class FormatResult:
    """The result of ``fmt``."""

    files: tuple[FormattedFile, ...]
    is_written: bool  # whether the changed files were written

    @property
    def changed(self) -> tuple[FormattedFile, ...]:
        """The files whose layout was different."""
        return tuple(file for file in self.files if file.is_changed)
