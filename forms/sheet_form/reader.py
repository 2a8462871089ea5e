"""A workbook taken apart, put together as a definition, with what was inferred and what is to be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forms.labels import Label
from forms.sheet_form.cells import Cell, Sheet, reference
from forms.sheet_form.columns import group_of, repeated_groups, said_of, split_columns
from forms.sheet_form.fields import LONGEST_FORM_KEY, LONGEST_TABLE_KEY, Fields
from forms.sheet_form.findings import ASK, LIKELY, Findings
from forms.sheet_form.guessing import Guess, guess
from forms.sheet_form.heading import heading
from forms.sheet_form.layout import SERIAL, Blank, Column, Layout, Table, take_apart

#: Rows that are looked at for the type of a column.
MOST_SAMPLES = 60
HEAD, BODY, ROWS = "填报信息", "基本信息", "明细"
_HELPERS = re.compile(r"说明|须知|字典|码表|代码|选项|下拉|数据源|参数|示例|样例", re.IGNORECASE)
#: Who filled a sheet in and when stands on nearly all of them; it says nothing of what a record is.
_USUAL = re.compile(
    r"填[报表制]?(单位|人|日期|时间)|制表(人|日期)?|联系(人|电话|方式)|电话|(单位)?负责人|审核人|审批人|日期|单位名称"
)
_LIST = re.compile(r"登记|花名册|名册|台账|名单|入库|一览")
_SURVEY = re.compile(r"调查|统计|计划|汇总|明细|需求|申报")


@dataclass
class Result:
    """A definition as it is written, and how it was found."""

    definition: dict[str, Any]
    findings: Findings = field(default_factory=Findings)


def read(sheets: Sequence[Sheet]) -> Result:
    """Return the form that the *sheets* of a workbook ask for. Without any field, it has no sections."""
    return _Building(sheets).run()


class _Building:
    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.findings = Findings()
        self.fields = Fields(self.findings)
        self.sections: dict[str, list[dict[str, Any]]] = {}
        self.layouts: list[Layout] = []
        for sheet in sheets:
            if sheet.hidden or (_HELPERS.search(sheet.name) and len(sheets) > 1):
                continue
            layout = take_apart(sheet)
            if layout.items:
                self.layouts.append(layout)

    def run(self) -> Result:
        for layout in self.layouts:
            self._remarks(layout)
        names = [layout.title for layout in self.layouts if layout.title] + [
            layout.sheet.name for layout in self.layouts
        ]
        title = names[0] if names else "表单"
        main = self._main(title)
        for layout in self.layouts:
            for item in layout.items:
                if isinstance(item, Blank):
                    self._blank(layout, item)
                elif item is main:
                    self._records(item)
                else:
                    self._subtable(item, main)
        return Result(self._definition(title), self.findings)

    def _definition(self, title: str) -> dict[str, Any]:
        key = Fields(Findings()).key(title, longest=LONGEST_FORM_KEY)
        notes = [note for layout in self.layouts for note in layout.notes]
        seals = [seal for layout in self.layouts for seal in layout.seals]
        definition: dict[str, Any] = {"key": key, "title": {"zh": title}, "resource": key}
        if notes:
            definition["help"] = {"zh": "\n".join(notes)}
        definition["print"] = {"title": title, **({"seal": seals} if seals else {})}
        definition["sections"] = [
            {"key": f"sec_{number}", "title": {"zh": name}, "fields": fields}
            for number, (name, fields) in enumerate(self.sections.items(), 1)
        ]
        ask = self.findings.ask
        ask("resource", "", Label("权限资源先用表单代码，请确认", "The resource is the form's key; please confirm"))
        ask("class", "", Label("各字段的敏感级别请逐一选择", "Choose the class of each field"))
        ask("unique", "", Label("哪些字段合起来不能重复？", "Which fields together must not stand twice?"))
        return definition

    def _remarks(self, layout: Layout) -> None:
        name, found = layout.sheet.name, self.findings
        if layout.title:
            found.sure("title", name, Label("标题行", "The title row"))
        if layout.notes:
            found.sure("notes", name, Label("填表说明放入表单说明", "The notes became the help of the form"))
        for place in layout.printed:
            found.likely("printed", f"{name}!{place}", Label("表号、文号等只印不填", "Printed, not filled in"))
        for place in layout.unclear:
            found.ask("unclear", f"{name}!{place}", Label("不清楚这是标签还是内容", "A label, or an answer?"))
        if layout.unit:
            message = Label(
                f"表上写的单位“{layout.unit}”适用于哪些列？", f"Which columns does the unit “{layout.unit}” go with?"
            )
            found.ask("unit", name, message)

    def _section(self, name: str) -> list[dict[str, Any]]:
        return self.sections.setdefault(name, [])

    # What a record is

    def _main(self, title: str) -> Table | None:
        """Return the table each of whose rows is a record; None where the whole sheet is one."""
        tables = [table for layout in self.layouts for table in layout.tables]
        if not tables:
            return None
        first, place = tables[0], _place(tables[0])
        blanks = [heading(blank.label).name for layout in self.layouts for blank in layout.blanks]
        if not all(_USUAL.fullmatch(name) for name in blanks):
            message = Label("一张表是一条记录，表格是明细表", "A sheet is a record, its table a sub-table")
            self.findings.likely("record", place, message)
            return None
        if split_columns(first) or len(tables) > 1 or not blanks:
            message = Label("（第一张）表的一行是一条记录", "A row of the (first) table is a record")
            self.findings.likely("record", place, message)
            return first
        if _LIST.search(title) and not _SURVEY.search(title):
            message = Label("先按一行一条记录；还是一张表一条？", "A row is a record for now; or is a whole sheet one?")
            self.findings.ask("record", place, message)
            return first
        message = Label("先按一张表一条记录；还是一行一条？", "A whole sheet is a record for now; or is a row one?")
        self.findings.ask("record", place, message)
        return None

    # Blanks and columns

    def _blank(self, layout: Layout, blank: Blank) -> None:
        sheet, said = layout.sheet, heading(blank.label)
        if not said.name:
            return
        said = replace(said, options=said.options or blank.options)
        cell, size = sheet.cell(blank.row, blank.column), sheet.span(blank.row, blank.column)
        # What stands in the cell of the label, or its boxes, is no sample.
        sample = Cell(format=cell.format) if blank.options or blank.inside else cell
        guessed = guess(said, sheet.validation(blank.row, blank.column), [sample], [cell.format])
        if guessed.sure == ASK and min(size) > 1:
            guessed = Guess("textarea", LIKELY, Label("空格很大", "A large blank"))
        self._section(blank.section or HEAD).append(self.fields.make(said, guessed, f"{sheet.name}!{blank.place}"))

    def _column(self, table: Table, column: Column, beside: Sequence[Column], path: str) -> dict[str, Any]:
        sheet, below = table.sheet, table.top + table.depth
        # Of an empty list the rows below the heading still have formats and validations.
        rows = [*table.examples, *table.rows][:MOST_SAMPLES] or [below, below + 1]
        said = said_of(column, beside)
        cells = [sheet.cells.get((row, column.number), Cell()) for row in rows]
        rule = next((found for row in rows if (found := sheet.validation(row, column.number))), None)
        filled = [cell for cell in cells if cell.value not in (None, "")]
        guessed = guess(said, rule, filled, [cell.format for cell in cells])
        return self.fields.make(said, guessed, _place(table, column, table.depth - 1), path)

    def _columns(self, table: Table) -> list[Column]:
        """Return the columns that are filled in: not the one that counts the rows."""
        first = table.columns[0]
        if not SERIAL.fullmatch(heading(first.path[-1]).name):
            return table.columns
        self.findings.sure("serial", _place(table), Label("序号由系统编", "The system numbers the rows"))
        return table.columns[1:]

    # Tables

    def _records(self, table: Table) -> None:
        """Read a table each of whose rows is a record: its groups are sections, some of them sub-tables."""
        repeated, several = repeated_groups(table), split_columns(table)
        numbered: dict[str, list[Column]] = {}
        rest: list[Column] = []
        for column in self._columns(table):
            name = repeated.get(group_of(column), "")
            if name:
                numbered.setdefault(name, []).append(column)
            elif column.number in several:
                rest.append(column)
            else:
                section = heading(group_of(column)).name or BODY
                self._section(section).append(self._column(table, column, table.columns, ""))
        for name, columns in numbered.items():
            message = Label("编号的几组列是明细表", "Numbered groups of columns are a sub-table")
            self.findings.likely("subtable", _place(table, columns[0]), message)
            first = [column for column in columns if group_of(column) == group_of(columns[0])]
            self._section(name).append(self._rows(table, first, name))
        if rest:
            groups = {heading(group_of(column)).name for column in rest}
            name = groups.pop() if len(groups) == 1 else ""
            message = Label("一条记录占几行的列是明细表", "Columns with several rows for one record are a sub-table")
            self.findings.likely("subtable", _place(table, rest[0]), message)
            self._section(name or ROWS).append(self._rows(table, rest, name or ROWS))

    def _subtable(self, table: Table, main: Table | None) -> None:
        columns = self._columns(table)
        if main is not None:
            columns = self._unlinked(table, columns, main)
        several = sum(len(other.tables) for other in self.layouts) > 1
        title = heading(table.title).name or (table.sheet.name if several else "") or ROWS
        self.findings.likely("subtable", _place(table), Label(f"“{title}”是明细表", f"“{title}” is a sub-table"))
        if title == ROWS:
            self.findings.ask("name", _place(table), Label("明细表叫什么？", "What is the sub-table called?"))
        made = self._rows(table, columns, title)
        pairs = zip(made["fields"], columns, strict=True)
        summed = [
            raw["key"] for raw, column in pairs if table.total and table.sheet.cell(table.total, column.number).formula
        ]
        if summed:
            made["totals"] = summed
            message = Label("合计行的公式", "The formulas of the total row")
            self.findings.sure("totals", _place(table), message, made["key"])
        self._section(table.title or title).append(made)

    def _unlinked(self, table: Table, columns: list[Column], main: Table) -> list[Column]:
        """Return the columns without those that only say to which record of *main* a row belongs."""
        known = {heading(column.path[-1]).name for column in main.columns}
        linked = [column for column in columns[:2] if heading(column.path[-1]).name in known]
        if linked:
            message = Label("与主表同名的列只用来对应", "The column of the same name only links the rows")
            self.findings.likely("link", _place(table, linked[0]), message)
        else:
            self.findings.ask(
                "link", _place(table), Label("这张表怎样对应主表？", "How does this belong to the first?")
            )
        return [column for column in columns if column not in linked]

    def _rows(self, table: Table, columns: Sequence[Column], title: str) -> dict[str, Any]:
        key = self.fields.key(title, longest=LONGEST_TABLE_KEY)
        fields = [self._column(table, column, columns, key) for column in columns]
        return {"key": key, "type": "subtable", "label": {"zh": title}, "fields": fields}


def _place(table: Table, column: Column | None = None, below: int = 0) -> str:
    return f"{table.sheet.name}!{reference(table.top + below, (column or table.columns[0]).number)}"
