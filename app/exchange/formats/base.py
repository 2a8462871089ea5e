"""What an export asks of a format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.exchange.cells import Cell
    from app.exchange.layout import Sheet
    from forms.labels import Label

#: Title and lines of the sheet that says what an export is.
Manifest = Sequence[tuple[str, str]]


class Writer(ABC):
    """Writes one file, row by row, without keeping what it has written in memory."""

    #: Cells that were too long for the format and were cut.
    cut = 0

    @abstractmethod
    def row(self, sheet: str, cells: Sequence[Cell]) -> None:
        """Write the next row of the sheet with this key, one cell for each of its columns."""

    def mark(self, text: str) -> None:  # noqa: B027 - a format without pages has nothing to do
        """Let *text* stand at the foot of every page, where the format has pages."""

    @abstractmethod
    def close(self, title: str, manifest: Manifest) -> None:
        """Finish the file; a format with room for it tells in the file itself what it is."""

    @abstractmethod
    def discard(self) -> None:
        """Let go of everything; the file is not wanted any more."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A kind of file.

    ``sheets``: it holds several tables. Others get the rows of sub-tables spread over lines, or only their number.
    """

    key: str
    label: Label
    extension: str
    media_type: str
    sheets: bool
    most_rows: int | None
    open: Callable[[Path, Sequence[Sheet]], Writer]
