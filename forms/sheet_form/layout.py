"""What stands where on a sheet: title, notes, blanks to fill in, tables with their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from forms.sheet_form.cells import Entry, Sheet, reference
from forms.sheet_form.guessing import is_known
from forms.sheet_form.heading import heading

NOTE = re.compile(
    r"(填表|填写|填报|编制|使用)?(说明|须知|注意事项|要求)\s*[:：]?|注\s*[:：].*|(填表|填写|填报)(说明|须知).*",
    re.DOTALL,
)
_NUMBERED = re.compile(r"\s*(\d{1,2}|[①-⑳])\s*[.、．)）]?.*", re.DOTALL)
BAND = re.compile(r"[一二三四五六七八九十]+\s*[、.．]\s*(.+)|[（(][一二三四五六七八九十]+[)）]\s*(.+)", re.DOTALL)
EXAMPLE = re.compile(r"[（(【]?\s*(填写|填报)?(示例|样例|举例|示范|例)\s*\d*\s*[)）】]?\s*[:：]?.{0,4}")
TOTAL = re.compile(r"(合|总|小)\s*计")
ATTACHMENT = re.compile(r"附(件|表)\s*\d*\s*[:：]?")
SERIAL = re.compile(r"序\s*号|编\s*号|行次|No\.?", re.IGNORECASE)
BOX = re.compile(r"[□☐○◯]\s*([^□☐○◯\s、，,；;]+)")
_BOX_AFTER = re.compile(r"([^□☐○◯\s、，,；;]+)\s*[□☐○◯]")
_PIECE = re.compile(
    r"([^\s：:_＿，。；]+(?:\s*[（(][^（()）]*[)）])?)\s*[:：]\s*([^：:]*?)(?=\s{2,}\S|\s*[^\s：:_＿]+(?:[（(][^（()）]*[)）])?\s*[:：]|$)"
)
_ORDINAL = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|\(?\d{1,2}\)?")
PHOTO = re.compile("照片|相片")
LONGEST_LABEL = 40
LEAST_COLUMNS = 3
#: What a printed table of statistics carries in its corner, and no record.
PRINTED = re.compile(
    r"(表\s*号|制定机关|制表机关|批准机关|批准文号|备案文号|文\s*号|有效期至|第\s*\d*\s*页|共\s*\d*\s*页)"
)


@dataclass(frozen=True, slots=True)
class Blank:
    """A label and the cell to fill in beside it."""

    label: str
    row: int
    column: int
    section: str = ""
    options: tuple[str, ...] = ()
    place: str = ""
    #: Whether the blank is in the cell of the label itself.
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with the headings above it from the outermost."""

    number: int
    path: tuple[str, ...]


@dataclass
class Table:
    """A heading and the rows below it."""

    sheet: Sheet
    top: int
    depth: int
    columns: list[Column]
    rows: list[int] = field(default_factory=list)
    #: Rows that show how to fill in the others.
    examples: list[int] = field(default_factory=list)
    total: int | None = None
    title: str = ""


@dataclass
class Layout:
    """A sheet taken apart."""

    sheet: Sheet
    title: str = ""
    notes: list[str] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    seals: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    #: Places whose meaning is not clear.
    unclear: list[str] = field(default_factory=list)
    #: The unit of every number on the sheet, where it says one.
    unit: str = ""

    @property
    def items(self) -> list[Blank | Table]:
        """The blanks and tables from the top to the bottom."""
        return sorted([*self.blanks, *self.tables], key=lambda item: item.row if isinstance(item, Blank) else item.top)


def labelish(text: str) -> bool:
    """Tell whether *text* could be a label: short, no sentence, no number."""
    if not 0 < len(text) <= LONGEST_LABEL or text.endswith(("。", "；", ";")) or BOX.search(text):
        return False
    return re.fullmatch(r"[\d\s.,:/%¥￥+-]+(T[\d:]+)?", text) is None


class _Reading:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.found = Layout(sheet)
        self.section = ""
        self.in_notes = False

    def run(self) -> Layout:
        row = 1
        while row <= self.sheet.last_row:
            row = self._row(row)
        return self.found

    def _row(self, row: int) -> int:
        """Read what begins in *row*; return the row to go on with."""
        entries = self.sheet.entries.get(row, [])
        if not entries:
            return row + 1
        if self._note(entries):
            return row + 1
        if len(entries) == 1 and self._alone(entries[0]):
            return row + 1
        side = _side(entries)
        rest = entries[1:] if side else entries
        depth = self._heading_depth(rest)
        if depth:
            last = side.row + side.rows - 1 if side else None
            return self._table(rest, depth, last, side.text if side else "")
        if side:
            self.section = _flat(side.text)
        self._blanks(rest)
        return row + 1

    # Notes, title, bands

    def _note(self, entries: list[Entry]) -> bool:
        text = entries[0].text
        if NOTE.fullmatch(text) or (NOTE.match(text) and len(text) > LONGEST_LABEL):
            self.in_notes = True
        elif not (self.in_notes and len(entries) <= 2 and (_NUMBERED.fullmatch(text) or len(text) > LONGEST_LABEL)):
            self.in_notes = False
            return False
        self.found.notes += [entry.text for entry in entries]
        return True

    def _alone(self, entry: Entry) -> bool:
        """Read an entry that has a row for itself; tell whether it was one of those."""
        text = entry.text
        if ATTACHMENT.fullmatch(text):
            return True
        if match := BAND.fullmatch(text):
            if self._fillable(entry):
                return False
            self.section = _flat(match[1] or match[2])
            return True
        if not self.found.title and not re.search("[：:]", text) and len(text) <= LONGEST_LABEL:
            self.found.title = _flat(text)
            return True
        if len(text) > LONGEST_LABEL and not re.search(r"[：:]\s*($|_|＿)", text):
            self.found.notes.append(text)
            return True
        return False

    def _fillable(self, entry: Entry) -> bool:
        """Tell whether there is a blank cell beside an entry that does not fill its row."""
        return entry.last < self.sheet.last_column and self.sheet.span(entry.row, entry.last + 1)[1] > 1

    # Tables

    def _heading_depth(self, entries: list[Entry]) -> int:
        """Return how many rows the heading that begins with *entries* has; 0 where it is none."""
        if len(entries) < LEAST_COLUMNS or not all(labelish(entry.text) for entry in entries):
            return 0
        if any(re.search(r"[：:]$", entry.text) for entry in entries):
            return 0
        if self._filled_in(entries):
            return 0
        beside = sum(a.last + 1 == b.column for a, b in pairwise(entries))
        if beside < 0.8 * (len(entries) - 1):
            return 0
        depth = max(entry.rows for entry in entries)
        row = entries[0].row
        while depth < 4 and self._splits(entries, row + depth, row):
            depth += 1
        return depth

    @staticmethod
    def _filled_in(entries: list[Entry]) -> bool:
        """Tell whether labels and answers stand in turn: a sheet that somebody has filled in, and no heading."""
        known = [is_known(heading(entry.text).name) or heading(entry.text).required for entry in entries]
        return len(entries) % 2 == 0 and all(known[::2]) and not any(known[1::2])

    def _splits(self, entries: list[Entry], row: int, top: int) -> bool:
        """Tell whether *row* splits a heading that is merged over columns into more."""
        below = self.sheet.entries.get(row, [])
        groups = [entry for entry in entries if entry.columns > 1 and top + entry.rows - 1 < row]
        if not below or not groups or not all(labelish(entry.text) for entry in below):
            return False
        inside = [entry for entry in below if any(group.column <= entry.column <= group.last for group in groups)]
        return len(inside) == len(below) and len(inside) > len(groups)

    def _table(self, entries: list[Entry], depth: int, last: int | None, title: str) -> int:
        top = entries[0].row
        columns = []
        for number in range(entries[0].column, entries[-1].last + 1):
            path: list[str] = []
            for row in range(top, top + depth):
                text = self.sheet.text(row, number)
                if text and text not in path:
                    path.append(text)
            # A heading merged over columns that nothing splits is one column.
            if path and self.sheet.origin(top + depth - 1, number)[1] == number:
                columns.append(Column(number, tuple(path)))
        table = Table(self.sheet, top, depth, columns, title=_flat(title) or self.section)
        row = top + depth
        while row <= (last or self.sheet.last_row):
            entries = self.sheet.entries.get(row, [])
            goes_on = any(top + depth <= self.sheet.origin(row, column.number)[0] < row for column in columns)
            if last is None and not goes_on and self._ends(entries, columns):
                break
            self._take(table, row, entries)
            row += 1
        self.found.tables.append(table)
        return row

    def _take(self, table: Table, row: int, entries: list[Entry]) -> None:
        texts = [entry.text for entry in entries]
        if not texts:
            table.rows.append(row)
        elif TOTAL.fullmatch(texts[0].replace(" ", "")):
            table.total = row
        elif len(texts) >= LEAST_COLUMNS and all(_ORDINAL.fullmatch(text) for text in texts):
            return
        elif any(EXAMPLE.fullmatch(text) for text in texts[:2]):
            table.examples.append(row)
        else:
            table.rows.append(row)

    def _ends(self, entries: list[Entry], columns: list[Column]) -> bool:
        """Tell whether a row with *entries* is no longer one of the table."""
        if not entries:
            return False
        text = entries[0].text
        if NOTE.match(text) or BAND.fullmatch(text):
            return True
        if any(re.search(r"\S[：:]", entry.text) and not EXAMPLE.fullmatch(entry.text) for entry in entries[:1]):
            return True
        alone = (
            TOTAL.fullmatch(text.replace(" ", ""))
            or EXAMPLE.fullmatch(text)
            or not labelish(text)
            or text in {"…", "……", "..."}
        )
        return len(entries) < max(2, len(columns) // 3) and not alone

    # Blanks

    def _blanks(self, entries: list[Entry]) -> None:
        taken: set[int] = set()
        answered = self._filled_in(entries)
        for entry in entries:
            if entry.column in taken:
                continue
            if answered:
                taken.add(entry.last + 1)
                self._blank(entry, entry.text, entry.last + 1, "")
                continue
            pieces = (
                list(_PIECE.finditer(entry.text))
                if re.search("[：:]", entry.text) and not BOX.search(entry.text)
                else []
            )
            if pieces:
                for piece in pieces:
                    at_end = piece is pieces[-1] and not piece[2].strip(" _＿")
                    self._blank(
                        entry, piece[1], entry.last + 1 if at_end and self._free(entry) else entry.column, piece[2]
                    )
            elif self._free(entry) or self._boxes(entry.row, entry.last + 1):
                taken.add(entry.last + 1)
                self._blank(entry, entry.text, entry.last + 1, "")
            elif PHOTO.search(entry.text) and entry.rows > 1:
                self._blank(entry, entry.text, entry.column, "")
            elif labelish(entry.text):
                self.found.unclear.append(reference(entry.row, entry.column))

    def _free(self, entry: Entry) -> bool:
        """Tell whether the cell beside an entry is there to be filled in."""
        if not labelish(entry.text):
            return False
        column = entry.last + 1
        right_edge = max(self.sheet.last_column, max((right for *_, right in self.sheet.merged), default=0))
        free = not self.sheet.text(entry.row, column)
        return free and (column <= right_edge or self.sheet.validation(entry.row, column) is not None)

    def _boxes(self, row: int, column: int) -> tuple[str, ...]:
        text = self.sheet.text(row, column)
        if not re.search("[□☐○◯]", text):
            return ()
        after = re.match(r"\s*[□☐○◯]", text) is None
        return tuple((_BOX_AFTER if after else BOX).findall(text))

    def _blank(self, entry: Entry, label: str, column: int, content: str) -> None:
        place = reference(entry.row, entry.column)
        if PRINTED.search(label):
            self.found.printed.append(place)
            return
        said = heading(label)
        if said.seal:
            self.found.seals.append(f"{said.name}({said.seal})")
        if said.name in {"单位", "计量单位"}:
            self.found.unit = content.strip()
            return
        if "章" in said.seal and re.search("意见|审核|审批", said.name):
            return
        boxes = self._boxes(entry.row, column)
        self.found.blanks.append(Blank(label, entry.row, column, self.section, boxes, place, column == entry.column))


def _side(entries: list[Entry]) -> Entry | None:
    """Return the label that stands upright beside several rows, if the row begins with one."""
    first, others = entries[0], [entry for entry in entries[1:] if not PHOTO.search(entry.text)]
    deepest = max((entry.rows for entry in others), default=1)
    if len(entries) < 2 or first.rows <= deepest or (first.rows == 2 and all(entry.columns > 1 for entry in others)):
        return None
    return first


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def take_apart(sheet: Sheet) -> Layout:
    """Return what stands where on *sheet*."""
    return _Reading(sheet).run()
