"""The layout of a workbook: which sheets, which columns, in which order; the same going out and coming in.

Row 1 holds the keys and is hidden, row 2 the labels, row 3 notes, data begin in row 4. ``_record`` joins the rows of
a sub-table to their record; ``_row`` is the id of such a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.access.law import Mode
from app.access.query import modes_in, scopes_of
from forms.answers import fixed_rows
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.answers.answer import Column as FormColumn
    from forms.compiled import CompiledForm
    from forms.definition import Definition, Field

RECORD, ROW, OWNER, ERRORS = "_record", "_row", "_owner", "_errors"
KEY_ROW, LABEL_ROW, NOTE_ROW, FIRST_ROW = 1, 2, 3, 4

#: What stands in a workbook besides answers; written, and never read back but for the first three and the last.
SYSTEM = {
    RECORD: Label("记录编号", "Record"),
    ROW: Label("明细行编号", "Row"),
    OWNER: Label("代填单位", "Filled for"),
    "_serial": Label("流水号", "Serial number"),
    "_state": Label("状态", "State"),
    "_organization_name": Label("填报单位", "Organization"),
    "_region": Label("县区", "Region"),
    "_updated_at": Label("更新时间", "Updated"),
    "_submitted_at": Label("提交时间", "Submitted"),
    ERRORS: Label("错误说明", "Errors"),
}
NOTES = {
    RECORD: Label(
        "已有记录的编号；新记录填本文件内的序号，明细表用它对应主表",
        "Number of the record; for a new one any number of your own, by which the detail sheets refer to it",
    ),
    OWNER: Label(
        "必填；为哪个单位填报，填统一社会信用代码或单位名称",
        "Required; the organization that it is filled for, by its credit code or name",
    ),
    ROW: Label("已有明细行的编号，新行留空", "Number of the row; leave empty for a new one"),
}
EACH_ONCE = Label(
    "每个选项各一行，不能重复；没写的行照原样，新记录则为空行",
    "One row for each, none twice; a row left out stays as it is, or is empty in a new record",
)
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f']+")
_LONGEST_NAME = 31
#: The sheet that says what an export is; the one that drop-downs read from.
MANIFEST = Label("导出说明", "About this export")
OPTIONS = "_options"
#: The sheet of answers that did not fit their field's new type.
ASIDE_TITLE = Label("待处理内容", "Set aside")
#: Names that sheets of answers never have, and that are never read as such.
RESERVED = frozenset({"history", OPTIONS, MANIFEST.zh, MANIFEST.en, ASIDE_TITLE.zh, ASIDE_TITLE.en})


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet; without ``answers`` it is one of :data:`SYSTEM`."""

    key: str
    label: str
    note: str
    width: int
    text: bool = True
    number_format: str | None = None
    dropdown: tuple[str, ...] | None = None
    required: bool = False
    answers: FormColumn | None = None
    #: Of an answer of several parts, the one that stands here.
    part: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: the record's own (``key`` empty) or that of a sub-table."""

    key: str
    name: str
    columns: tuple[SheetColumn, ...]


def sheet_names(form: Definition, lang: str) -> dict[str, str]:
    """Return the name of every sheet by key, such as every spreadsheet program takes, no two alike."""
    found: dict[str, str] = {}
    taken = {name.casefold() for name in RESERVED}
    for key, label in [("", form.title), *((item.key, item.label) for item in form.subtables)]:
        base = _FORBIDDEN.sub(" ", label.get(lang)).strip()[:_LONGEST_NAME].strip() or key or form.key[:_LONGEST_NAME]
        name, number = base, 2
        while name.casefold() in taken:
            suffix = f" {number}"
            name, number = base[: _LONGEST_NAME - len(suffix)] + suffix, number + 1
        taken.add(name.casefold())
        found[key] = name
    return found


def _asked(item: Field, role: str) -> bool:
    """Tell whether somebody in *role* answers the field in a workbook."""
    return not item.readonly and role not in item.readonly_for and not field_type(item.type).attachment


def fillable(actor: Actor, table: FormTable) -> frozenset[str]:
    """Return the paths of the fields that the actor may fill by a workbook.

    Not those that nobody types (computed, read-only, attachments), and not those that are hidden from who writes.
    """
    form, resource = table.compiled, table.resource
    made, changed = (modes_in(actor, table, action, scopes_of(actor, resource, action)) for action in ("C", "U"))
    found: set[str] = set()
    for path, column in form.by_path.items():
        parent = path.partition(".")[0]
        open_ = max(made.get(path, Mode.HIDE), changed.get(path, Mode.HIDE)) > Mode.HIDE
        own = column.takes_answers and _asked(column.field, actor.role)
        if open_ and own and (parent == path or _asked(form.by_path[parent].field, actor.role)):
            found.add(path)
    return frozenset(found)


def sheets(
    form: CompiledForm, paths: Collection[str], lang: str, *, system: Iterable[str] = (), filling: bool = False
) -> list[Sheet]:
    """Return the sheets of a workbook with the fields at *paths*.

    :param system: columns of :data:`SYSTEM` that stand before the record's fields.
    :param filling: it is to be filled in: with notes how, and drop-downs.
    """
    definition = form.definition
    names = sheet_names(definition, lang)
    own = [item.key for item in definition.fields if item.key in paths and not item.fields]
    found = [
        Sheet(
            "",
            names[""],
            (
                *(system_column(key, lang) for key in (RECORD, *system)),
                *(made for key in own for made in _columns(form.columns[key], lang, filling=filling)),
            ),
        )
    ]
    for item in definition.subtables:
        inner = [key for key in form.columns[item.key].columns if f"{item.key}.{key}" in paths]
        if item.key in paths and inner:
            below = form.columns[item.key].columns
            head = fixed_rows.heading(form.columns[item.key]) if filling else None
            columns = (
                _once(made, lang) if head is below[key] else made
                for key in inner
                for made in _columns(below[key], lang, filling=filling)
            )
            found.append(
                Sheet(item.key, names[item.key], (system_column(RECORD, lang), system_column(ROW, lang), *columns))
            )
    return found


def _once(column: SheetColumn, lang: str) -> SheetColumn:
    """Return the column of what fixed rows are called by, with the note that each occurs once."""
    return replace(column, note=("；" if lang == "zh" else "; ").join(filter(None, (column.note, EACH_ONCE.get(lang)))))


def system_column(key: str, lang: str) -> SheetColumn:
    """Return one of the columns that are no answers."""
    note = NOTES[key].get(lang) if key in NOTES else ""
    wide = key in {RECORD, OWNER, "_serial"}
    return SheetColumn(key, SYSTEM[key].get(lang), note, 28 if wide else 18, required=key == OWNER)


def label_of(item: Field, lang: str) -> str:
    """Return the label of a field with its unit."""
    unit = item.unit.get(lang) if item.unit else ""
    return item.label.get(lang) + (f"（{unit}）" if unit and lang == "zh" else f" ({unit})" if unit else "")


def part_key(key: str, part: str) -> str:
    """Return the key of the column that holds one part of an answer."""
    return f"{key}.{part}"


def _columns(column: FormColumn, lang: str, *, filling: bool) -> Iterator[SheetColumn]:
    """Yield the column of an answer, or one for each of its parts."""
    if not column.parts:
        yield _column(column, lang, filling=filling)
        return
    item = column.field
    for number, (key, part) in enumerate(column.parts.items()):
        made = _column(part, lang, filling=filling)
        help_ = item.help.get(lang) if filling and item.help and not number else ""
        yield replace(
            made,
            key=part_key(item.key, key),
            label=f"{item.label.get(lang)}·{made.label}",
            note=("；" if lang == "zh" else "; ").join(filter(None, (made.note, help_))),
            required=item.required and part.field.required and filling,
            answers=column,
            part=key,
        )


def _column(column: FormColumn, lang: str, *, filling: bool) -> SheetColumn:
    item = column.field
    look = column.type.excel(item, column.code_list, lang)
    notes: list[str] = []
    if filling:
        if item.required:
            notes.append(Label("必填", "Required").get(lang))
        elif item.required_when is not None:
            notes.append(Label("按情况必填", "Required in some cases").get(lang))
        notes += [look.note, item.help.get(lang) if item.help else ""]
    return SheetColumn(
        key=item.key,
        label=label_of(item, lang),
        note="；".join(note for note in notes if note) if lang == "zh" else "; ".join(note for note in notes if note),
        width=max(look.width, min(40, 2 * len(item.label.get(lang)) + 2)),
        text=look.text or field_type(item.type).column_kind == "text",
        number_format=look.number_format,
        dropdown=look.dropdown if filling else None,
        required=item.required and filling,
        answers=column,
    )


def labels(form: CompiledForm, subtable: str = "") -> dict[str, str]:
    """Return the keys of a sheet's columns by label in both languages, for files without a row of keys.

    A label that two columns share is left out.
    """
    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for key, texts in _named(form, subtable):
        for text in {folded(text) for text in texts} - {""}:
            if found.setdefault(text, key) != key:
                doubtful.add(text)
    return {text: key for text, key in found.items() if text not in doubtful}


def _named(form: CompiledForm, subtable: str) -> Iterator[tuple[str, set[str]]]:
    for key, label in SYSTEM.items():
        yield key, {key, label.zh, label.en}
    columns = form.columns[subtable].columns if subtable else form.columns
    for key, column in columns.items():
        item = column.field
        yield key, {key, item.label.zh, item.label.get("en"), label_of(item, "zh"), label_of(item, "en")}
        for lang in ("zh", "en"):
            for made in _columns(column, lang, filling=False) if column.parts else ():
                yield made.key, {made.key, made.label}


def columns_of(form: CompiledForm, subtable: str = "") -> set[str]:
    """Return the keys that columns of a sheet have: of answers, and of their parts."""
    columns = form.columns[subtable].columns if subtable else form.columns
    return {*columns, *(part_key(key, part) for key, column in columns.items() for part in column.parts)}


def folded(text: str) -> str:
    """Return a heading without what people and templates add to it."""
    return re.sub(r"[\s*＊]+|（必填）|\(必填\)", "", text).casefold()
