"""What was found out about a file, kept beside it until it is imported or expires: lines of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from app.exchange import storage
from app.exchange.importing.judging import CHANGED, NEW
from app.exchange.importing.parsing import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.exchange.importing.judging import Verdict
    from app.records.writing.record import Saved
    from forms.labels import Label

#: Sheets of the file that are the form's; what is wrong, and what has turned out while it was imported; which rows
#: have become which records.
PLACES, NOTES, LATE, RECORDS = "places.jsonl", "notes.jsonl", "late.jsonl", "records.jsonl"
_ROWS, _CELLS, _PIECE = "rows.jsonl", "cells.jsonl", "piece-{:08d}.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be imported.

    ``answers``: all of a new record, or the changes of ``record`` as it was at ``lock_version``.
    ``due``: attachments that are still to come, as path and row. ``below``: its rows on other sheets.
    """

    sheet: str
    row: int
    below: dict[str, list[int]]
    answers: dict[str, Any]
    due: list[tuple[str, int | None]]
    record: str | None = None
    lock_version: int | None = None
    #: Whose a new record will be.
    organization: int | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> Row:
        """Return what is to be done for a verdict."""
        line, existing = verdict.candidate.line, verdict.existing
        return cls(
            line.sheet,
            line.row,
            {lines[0].sheet: [item.row for item in lines] for lines in verdict.candidate.children.values()},
            verdict.answers,
            verdict.due,
            existing.view.id if existing is not None else None,
            existing.view.lock_version if existing is not None else None,
            verdict.organization[0] if verdict.organization is not None else None,
        )


def upload_of(import_id: str, kind: str) -> Path:
    """Return where the uploaded file lies."""
    return storage.import_folder(import_id) / f"upload.{kind}"


def cells_of(import_id: str) -> Path:
    """Return where the content of the file lies, as the reading process wrote it."""
    return storage.import_folder(import_id) / _CELLS


def write(import_id: str, name: str, items: Iterable[Any]) -> None:
    """Keep lines under a name, replacing those of an earlier run."""
    path = storage.import_folder(import_id) / name
    with path.open("wb") as file:
        file.writelines(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)


def read(import_id: str, name: str) -> Iterator[Any]:
    """Yield the lines kept under a name; none where there are none."""
    path = storage.import_folder(import_id) / name
    if path.is_file():
        with path.open("rb") as file:
            for line in file:
                yield orjson.loads(line)


def write_rows(import_id: str, verdicts: Iterable[Verdict]) -> None:
    """Keep what is to be imported."""
    found = (Row.of(verdict) for verdict in verdicts if verdict.action in {NEW, CHANGED})
    write(import_id, _ROWS, found)


def rows(import_id: str) -> Iterator[Row]:
    """Yield what is to be imported."""
    for item in read(import_id, _ROWS):
        item["due"] = [(path, row) for path, row in item["due"]]
        yield Row(**item)


def write_piece(
    import_id: str,
    first: int,
    written: Iterable[tuple[Row, Saved]],
    late: Iterable[tuple[Row, str, Label]],
) -> None:
    """Keep what has become of the rows of one piece; written again if the piece is done again."""
    items: list[dict[str, Any]] = [
        {
            "sheet": row.sheet,
            "row": row.row,
            "below": row.below,
            "id": saved.id,
            "lock_version": saved.lock_version,
            "new": row.record is None,
            "whole": not row.due,
        }
        for row, saved in written
    ]
    items += [{"note": Remark(row.sheet, row.row, "", code, message).as_dict()} for row, code, message in late]
    write(import_id, _PIECE.format(first), items)


def pieces(import_id: str) -> list[dict[str, Any]]:
    """Return what has become of all rows so far."""
    return matching(import_id, _PIECE)


def matching(import_id: str, pattern: str) -> list[dict[str, Any]]:
    """Return the lines kept under all names of a pattern, in the order of their numbers."""
    names = sorted(path.name for path in storage.import_folder(import_id).glob(pattern.partition("{")[0] + "*"))
    return [item for name in names for item in read(import_id, name)]


def written(import_id: str) -> set[tuple[str, int]]:
    """Return sheet and row of what has been written so far."""
    return {(item["sheet"], item["row"]) for item in pieces(import_id) if "id" in item}


def drop_content(import_id: str) -> None:
    """Remove what only the import itself needed."""
    folder = storage.import_folder(import_id)
    for path in (folder / _ROWS, *folder.glob(_PIECE.partition("{")[0] + "*")):
        path.unlink(missing_ok=True)
