"""What the entry page posts besides its answers: buttons, lock versions, rows, files; and what an autosave sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from app.errors import BadRequest
from forms.compiled import CompiledForm
from forms.definition import Definition
from forms.entry_form import read_post, row_indexes
from forms.field_types import get
from forms.labels import Label

_ROW_ACTIONS = frozenset({"add-row", "remove-row", "copy-row"})


@dataclass(frozen=True, slots=True)
class Action:
    """Which button was pressed: ``verb`` with, for rows, the sub-table and the index of the row."""

    verb: str
    table: str = ""
    index: str = ""

    @property
    def changes_rows(self) -> bool:
        """Return whether the button only adds, copies or removes a row."""
        return self.verb in _ROW_ACTIONS


@dataclass(frozen=True, slots=True)
class Upload:
    """A file chosen in a plain file input: the field's path, the position of its row among the rows and the file."""

    path: str
    position: int | None
    file: FileStorage


def action_of(form: MultiDict[str, str]) -> Action:
    """Return the pressed button of *form*; a form sent by the Enter key saves."""
    verb, _, rest = form.get("_do", "save").partition(":")
    table, _, index = rest.partition(":")
    if verb not in _ROW_ACTIONS | {"save", "submit"}:
        raise BadRequest(Label("没有这个操作", "There is no such action"))
    return Action(verb, table, index)


def posted_lock(form: MultiDict[str, str]) -> int | None:
    """Return the lock version that a page was drawn with, or ``None`` where the post holds none."""
    value = form.get("lock_version", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else None


def change_rows(
    definition: Definition, answers: Mapping[str, Any], action: Action, start: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return *answers* with a row added, copied or removed as *action* says; values stay as they were typed.

    :param start: what a new row begins with.
    """
    table = next((field for field in definition.subtables if field.key == action.table), None)
    if table is None:
        raise BadRequest(Label("没有这个明细表", "There is no such table"))
    rows = list(answers.get(table.key) or [])
    position = int(action.index) if action.index.isdecimal() and len(action.index) < 6 else len(rows)
    most = int(table.settings.get("max_rows") or 0)
    if action.verb == "remove-row":
        rows = rows[:position] + rows[position + 1 :]
    elif not most or len(rows) < most:
        copied = action.verb == "copy-row" and position < len(rows)
        new = {key: value for key, value in rows[position].items() if key != "_row"} if copied else dict(start or {})
        rows.insert(position + 1 if copied else len(rows), new)
    return {**answers, table.key: rows}


def uploads_of(definition: Definition, form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> list[Upload]:
    """Return the files of plain file inputs (``f-<key>-upload``), in page order; those of rows that *form* names."""
    paths = {f"f-{field.key}-upload": field.key for field in definition.fields if get(field.type).attachment}
    found = [
        Upload(paths[name], None, file)
        for name, values in files.lists()
        for file in values
        if name in paths and file.filename
    ]
    for table in definition.subtables:
        rows = row_indexes(f"f-{table.key}", form)
        names = {
            f"f-{table.key}-{index}-{column.key}-upload": (f"{table.key}.{column.key}", position)
            for column in table.fields
            if get(column.type).attachment
            for position, index in enumerate(rows)
        }
        for name, values in files.lists():
            if name in names:
                found += [Upload(*names[name], file) for file in values if file.filename]
    return found


def attach(raw: dict[str, Any], upload: Upload, file_id: str) -> None:
    """Add a stored file to the raw answers where its input stood."""
    table, _, column = upload.path.rpartition(".")
    target = raw
    if table:
        rows = raw.get(table) or []
        if upload.position is None or upload.position >= len(rows):
            return
        target = rows[upload.position]
    key = column if table else upload.path
    target[key] = [*(target.get(key) or []), file_id]


def parse_draft(form: CompiledForm, body: object) -> tuple[int, dict[str, Any]]:
    """Return lock version and raw answers of an autosave, ``{"lock_version": 3, "form": [[name, value], …]}``."""
    if not isinstance(body, Mapping) or not isinstance(body.get("form"), Sequence):
        raise BadRequest(Label("自动保存的内容不完整", "The draft is incomplete"))
    pairs = [(str(pair[0]), str(pair[1])) for pair in body["form"] if isinstance(pair, Sequence) and len(pair) == 2]
    version = body.get("lock_version")
    lock = version if isinstance(version, int) and not isinstance(version, bool) else 0
    return lock, read_post(form, MultiDict(pairs))


def drawn_with(value: object) -> int | None:
    """Return the version that a page was drawn with, as it says; ``None`` where it says nothing sensible."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 9 else None
