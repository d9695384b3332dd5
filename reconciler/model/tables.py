"""The format of a table that a manifest names: the type of its file, and how its cells are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """File formats of tables."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class TableForm:
    """How the cells of a table are written; ``delimiter``, ``encoding`` and ``decimal`` are for CSV only."""

    format: Format
    clear: str | None = None  # the text that clears a property
    delimiter: str = ","  # one character between two cells
    encoding: str = "utf-8"  # name of the encoding in the manifest
    decimal: str = "."  # the decimal separator of numbers: "." or ","

    @property
    def unusual(self) -> Mapping[str, str]:
        """The settings of the table under ``source:`` that differ from their defaults."""
        usual = TableForm(self.format)
        names = ("delimiter", "encoding", "decimal", "clear")
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}

    @property
    def has_commas(self) -> bool:
        """Whether numbers have a decimal comma."""
        return self.decimal == ","
