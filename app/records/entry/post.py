"""Reads what the entry page posts: names in, raw answers out.

Names: ``f-<key>``; ``f-<table>-<i>-<key>`` and ``f-<table>-<i>-_row`` in a sub-table; ``….<part>`` of an answer of
several parts. Field keys hold no hyphen and no point, so a name splits in one way. A name that is on the page with
nothing chosen is posted by a hidden twin with an empty value: what is absent was not on the page and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from app.errors import BadRequest
from forms.definition import CodeList, Definition, Field
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


def parse_post(definition: Definition, form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the raw answers of *form*: text as typed, lists of codes, rows with their ``_row`` where they have one.

    Only fields that were on the page occur; an emptied one is None. Values are cleaned later, by the compiled form.
    """
    answers: dict[str, Any] = {}
    for field in definition.fields:
        if field.fields:
            if f"f-{field.key}" in form:
                answers[field.key] = [_row(definition, field, index, form) for index in row_indexes(field.key, form)]
        elif _posted(field, f"f-{field.key}", form):
            answers[field.key] = _value(definition, field.key, f"f-{field.key}", form)
    return answers


def row_indexes(table: str, form: MultiDict[str, str]) -> list[str]:
    """Return the indexes of the posted rows of *table* in page order."""
    prefix, suffix = f"f-{table}-", "-_row"
    return [name[len(prefix) : -len(suffix)] for name in form if name.startswith(prefix) and name.endswith(suffix)]


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
        rows = row_indexes(table.key, form)
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


def parse_draft(definition: Definition, body: object) -> tuple[int, dict[str, Any]]:
    """Return lock version and raw answers of an autosave, ``{"lock_version": 3, "form": [[name, value], …]}``."""
    if not isinstance(body, Mapping) or not isinstance(body.get("form"), Sequence):
        raise BadRequest(Label("自动保存的内容不完整", "The draft is incomplete"))
    pairs = [(str(pair[0]), str(pair[1])) for pair in body["form"] if isinstance(pair, Sequence) and len(pair) == 2]
    version = body.get("lock_version")
    lock = version if isinstance(version, int) and not isinstance(version, bool) else 0
    return lock, parse_post(definition, MultiDict(pairs))


def drawn_with(value: object) -> int | None:
    """Return the version that a page was drawn with, as it says; ``None`` where it says nothing sensible."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 9 else None


def _row(definition: Definition, table: Field, index: str, form: MultiDict[str, str]) -> dict[str, Any]:
    prefix = f"f-{table.key}-{index}-"
    row: dict[str, Any] = {}
    if form.get(f"{prefix}_row"):
        row["_row"] = form[f"{prefix}_row"]
    for field in table.fields:
        if _posted(field, prefix + field.key, form):
            row[field.key] = _value(definition, f"{table.key}.{field.key}", prefix + field.key, form)
    return row


def _value(definition: Definition, path: str, name: str, form: MultiDict[str, str]) -> Any:
    field = definition.field(path)
    kind = get(field.type)
    values = [value for value in form.getlist(name) if value.strip()]
    if kind.parted:
        return _parts(field, definition.code_list(path), name, form) or None
    if kind.several:
        return list(dict.fromkeys(values)) or None
    if not values:
        return None
    value = values[-1]
    if kind.column_kind == "bool":
        return {"true": True, "false": False}.get(value, value)
    if kind.refers:
        label = form.get(f"{name}-label")
        return {"id": value, "label": label} if label else value
    return _code(value, definition.code_list(path)) if kind.has_options else value


def _posted(field: Field, name: str, form: MultiDict[str, str]) -> bool:
    """Tell whether a field was there to be filled in; a masked one of several parts only where one of them is."""
    kind = get(field.type)
    if not kind.stores or kind.computes:
        return False
    return name in form or any(form.get(f"{name}.{part.key}", "").strip() for part in kind.parts(field))


def _parts(field: Field, code_list: CodeList | None, name: str, form: MultiDict[str, str]) -> dict[str, str]:
    found = {}
    for part in get(field.type).parts(field):
        value = form.get(f"{name}.{part.key}", "").strip()
        if value:
            found[part.key] = _code(value, code_list) if get(part.type).has_options else value
    return found


def _code(text: str, code_list: CodeList | None) -> str:
    return (code_list.find(text) if code_list else None) or text
