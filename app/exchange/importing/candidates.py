"""The rows of a file that belong together: a row of the main sheet with its rows on the sheets of sub-tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.exchange.importing.parsing import BROKEN, Remark
from app.exchange.layout import RECORD
from forms.labels import Label

if TYPE_CHECKING:
    from app.exchange.importing.parsing import Line, Parsed

#: How ids look that records have here; anything else is a number of the user's own.
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(slots=True)
class Candidate:
    """What may become a record, or change one."""

    line: Line
    #: Sub-tables on whose sheet rows of it are listed.
    children: dict[str, list[Line]] = field(default_factory=dict)
    #: What is wrong and keeps it from being imported.
    remarks: list[Remark] = field(default_factory=list)
    #: What is to be looked at again and holds nothing back.
    warnings: list[Remark] = field(default_factory=list)

    @property
    def record_id(self) -> str | None:
        """The id of a record that is here already, if the row names one."""
        return self.line.record if _ID.fullmatch(self.line.record) else None

    def remark(self, code: str, message: Label, key: str = "") -> None:
        """Tell something about the row of the main sheet."""
        self.remarks.append(Remark(self.line.sheet, self.line.row, key, code, message))


def gather(parsed: Parsed) -> tuple[list[Candidate], list[Remark]]:
    """Return the candidates of a file, and what is wrong with rows of sub-tables that belong to none."""
    found: list[Candidate] = []
    first: dict[str, Candidate] = {}
    for line in parsed.lines:
        candidate = Candidate(line)
        found.append(candidate)
        if RECORD in line.broken:
            candidate.remark(line.broken[RECORD], BROKEN[line.broken[RECORD]], RECORD)
        if not line.record:
            continue
        if line.record in first:
            row = first[line.record].line.row
            text = Label(f"记录编号与第 {row} 行相同", f"The same record number as in row {row}")
            candidate.remark("repeated_number", text, RECORD)
            continue
        first[line.record] = candidate
    strays: list[Remark] = []
    for key, groups in parsed.children.items():
        for number, lines in groups.items():
            if number in first:
                first[number].children[key] = lines
            else:
                strays += [_stray(line) for line in lines]
    return found, strays


def _stray(line: Line) -> Remark:
    text = (
        Label(
            f"主表中没有记录编号为“{line.record[:40]}”的行",
            f"No row of the main sheet has the record number “{line.record[:40]}”",
        )
        if line.record
        else Label(
            "请填记录编号，写明属于主表的哪一行", "Give the record number: to which row of the main sheet it belongs"
        )
    )
    return Remark(line.sheet, line.row, RECORD, "no_parent", text)
