"""The survey sheet: its rows, opened and closed groups and repeats, as sections, sub-tables and fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms import field_types
from forms.definition import Field
from forms.labels import Label
from forms.xlsform.keys import key_of
from forms.xlsform.remarks import Remarks
from forms.xlsform.sheets import Row
from forms.xlsform.spelling import grouped_as

#: What a collecting tool notes by itself; here every record has its author and its times anyway.
METADATA = frozenset(
    [
        "start", "end", "today", "deviceid", "device id", "subscriberid", "simserial", "sim id", "phonenumber",
        "phone number", "username", "email", "audit", "start-geopoint", "background-audio", "background-geopoint",
        "imei", "start time", "end time",
    ]
)  # fmt: skip
_SELECT = re.compile(
    r"(select[ _]one|select1|select[ _]multiple|select all that apply)(?:[ _](from|using))?(?:[ _]file)?\s+(\S+)"
    r"(?:\s+(or[ _](?:specify[ _])?other))?",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[\s_]+")
SECTION_SUFFIX = ".section"


@dataclass
class Question:
    """A row that asks, shows or works out something, and where it stands."""

    row: Row
    path: str
    word: str
    list_name: str = ""
    other: bool = False
    #: Conditions of the groups around it that became no section.
    around: list[str] = field(default_factory=list)
    #: Of a group that is one answer: its type, and its questions with the keys of the parts that they became.
    kind: str = ""
    inner: list[tuple[str, Row]] = field(default_factory=list)


@dataclass
class Part:
    """A section, or a sub-table inside one, with what it holds."""

    row: Row | None
    key: str
    questions: list[Question | Part] = field(default_factory=list)
    around: list[str] = field(default_factory=list)
    is_table: bool = False


@dataclass
class Outline:
    """The sections, and the path that each name of the workbook means; several where the name stands twice."""

    sections: list[Part] = field(default_factory=list)
    paths: dict[str, list[str]] = field(default_factory=dict)


def outline(rows: Iterable[Row], remarks: Remarks) -> Outline:
    """Return the outline of a survey."""
    reading = _Reading(remarks)
    for row in rows:
        reading.take(row)
    reading.finish()
    return reading.found


@dataclass
class _Open:
    """A group or repeat that is open: what it became, and the condition that it puts on what it holds."""

    kind: str
    part: Part | None
    condition: str = ""


class _Reading:
    def __init__(self, remarks: Remarks) -> None:
        self.remarks = remarks
        self.found = Outline()
        self.stack: list[_Open] = []
        self.loose: Part | None = None
        #: How many repeats inside a repeat are open: what they hold is left out.
        self.lost = 0
        self.taken: dict[str, set[str]] = {"": set(), "sections": set()}
        #: A group that may be one answer, and its rows so far.
        self.group: Row | None = None
        self.held: list[Row] = []

    def take(self, row: Row) -> None:
        kind = _BLANKS.sub(" ", row.get("type")).strip()
        folded = kind.casefold()
        if self.group is not None:
            self._hold(row, folded)
        elif folded == "begin group" and not self.lost and grouped_as(row.get("appearance")):
            self.group, self.held = row, []
        elif folded in {"begin group", "begin repeat"}:
            self._begin(row, folded.partition(" ")[2])
        elif folded in {"end group", "end repeat"}:
            self._end(row, folded.partition(" ")[2])
        elif self.lost:
            message = Label("重复组里的重复组放不下", "A repeat inside a repeat has no place")
            self.remarks.lost("nested_repeat", f"survey {row.number}", message, row.get("name"))
        elif folded in METADATA:
            message = Label("采集信息由系统自己记录", "The system notes this by itself")
            self.remarks.lost("metadata", f"survey {row.number}", message, kind)
        elif folded.startswith(("begin ", "end ")):
            message = Label(f"没有“{kind}”这种分组，里面的题照常读取", f"There is no “{kind}”; what it holds is read")
            self.remarks.lost("unknown_group", f"survey {row.number}", message, kind)
        elif kind:
            self._question(row, row.get("type").strip())
        else:
            message = Label("这一行没有类型", "This row has no type")
            self.remarks.lost("no_type", f"survey {row.number}", message, row.get("name"))

    def _hold(self, row: Row, folded: str) -> None:
        """Take in a row of a group that may be one answer; where it is not, the group is one like any other."""
        if not folded.startswith(("begin ", "end ")):
            self.held.append(row)
            return
        group, rows = self.group, self.held
        self.group, self.held = None, []
        assert group is not None  # noqa: S101 - asked before
        if folded == "end group" and self._one_answer(group, rows):
            return
        self._begin(group, "group")
        for one in (*rows, row):
            self.take(one)

    def _one_answer(self, group: Row, rows: list[Row]) -> bool:
        """Make a question of a group; tell whether its questions fit its type."""
        kind = grouped_as(group.get("appearance"))
        chosen = [match for one in rows if (match := _SELECT.fullmatch(one.get("type").strip()))]
        lists = {match[3] for match in chosen if match[1].casefold().replace("_", " ").startswith("select one")}
        others = [one for one in rows if not _SELECT.fullmatch(one.get("type").strip())]
        odd = any(one.get(name) for one in rows for name in ("relevant", "constraint", "calculation", "default"))
        shape = [one.get("name").removeprefix(f"{group.get('name')}.") for one in rows]
        parts = [part.key for part in field_types.get(kind).parts(Field("x", kind, Label("")))]
        fits = shape == parts if parts else not others and len(rows) > 1
        if odd or len(lists) != 1 or not fits:
            return False
        table = self._table()
        key = self._key(group, table.key if table else "", "")
        path = f"{table.key}.{key}" if table else key
        taken: set[str] = set()
        question = Question(group, path, "begin group", lists.pop(), kind=kind, around=self._around(inside=table))
        for one, name in zip(rows, shape, strict=True):
            part = key_of(name, taken)
            taken.add(part)
            question.inner.append((part, one))
            self.found.paths.setdefault(one.get("name"), []).append(f"{path}.{part}")
        (table or self._home()).questions.append(question)
        return True

    def finish(self) -> None:
        if self.group is not None:
            group, rows = self.group, self.held
            self.group = None
            self._begin(group, "group")
            for one in rows:
                self.take(one)
        for still in self.stack:
            name = still.part.row.get("name") if still.part and still.part.row else ""
            self.remarks.changed("unclosed", "survey", Label("分组没有结束", "A group does not end"), name)

    def _begin(self, row: Row, kind: str) -> None:
        place = f"survey {row.number}"
        if self.lost or (kind == "repeat" and self._table() is not None):
            self.lost += kind == "repeat"
            if kind == "repeat":
                message = Label("重复组里的重复组放不下", "A repeat inside a repeat has no place")
                self.remarks.lost("nested_repeat", place, message, row.get("name"))
            self.stack.append(_Open(f"lost {kind}", None))
            return
        if kind == "repeat":
            part = Part(row, self._key(row, "", ""), is_table=True, around=self._around())
            self._home().questions.append(part)
            self.taken[part.key] = set()
            self.stack.append(_Open(kind, part))
        elif not self.stack:
            key = key_of(row.get("name").removesuffix(SECTION_SUFFIX) or "section", self.taken["sections"])
            self.taken["sections"].add(key)
            part = Part(row, key)
            self.found.sections.append(part)
            self.loose = None
            self.stack.append(_Open(kind, part))
        else:
            message = Label("分组里的分组并入外层，条件并入各题", "A group inside a group is merged; its condition too")
            self.remarks.changed("nested_group", place, message, row.get("name"))
            self.stack.append(_Open(kind, None, row.get("relevant")))

    def _end(self, row: Row, kind: str) -> None:
        if not self.stack or self.stack[-1].kind.removeprefix("lost ") != kind:
            message = Label("这里没有要结束的分组", "There is no such group to end here")
            self.remarks.changed("unopened", f"survey {row.number}", message)
            return
        closed = self.stack.pop()
        self.lost -= closed.kind == "lost repeat"

    def _question(self, row: Row, written: str) -> None:
        table = self._table()
        key = self._key(row, table.key if table else "", written)
        path = f"{table.key}.{key}" if table else key
        match = _SELECT.fullmatch(written)
        if match:
            word = "select_multiple" if "mu" in match[1].casefold() or "all" in match[1].casefold() else "select_one"
            from_file = "file" in written.casefold().partition(match[3].casefold())[0]
            question = Question(row, path, f"{word}_from_file" if from_file else word, match[3], bool(match[4]))
        else:
            question = Question(row, path, written)
        question.around = self._around(inside=table)
        (table or self._home()).questions.append(question)

    def _key(self, row: Row, table: str, written: str) -> str:
        name = row.get("name")
        bare = name.removeprefix(f"{table}.") if table else name
        taken = self.taken[table]
        key = key_of(bare or written or "field", taken)
        taken.add(key)
        if name:
            self.found.paths.setdefault(name, []).append(f"{table}.{key}" if table else key)
        if key != bare:
            message = Label(f"名称“{name}”改为“{key}”", f"The name “{name}” became “{key}”")
            self.remarks.changed("renamed", f"survey {row.number}", message, name)
        return key

    def _table(self) -> Part | None:
        return next((still.part for still in self.stack if still.part and still.part.is_table), None)

    def _home(self) -> Part:
        """Return the section that takes in what stands here; one of its own for what stands in no group."""
        for still in self.stack:
            if still.part and not still.part.is_table:
                return still.part
        if self.loose is None:
            key = key_of("section", self.taken["sections"])
            self.taken["sections"].add(key)
            self.loose = Part(None, key)
            self.found.sections.append(self.loose)
        return self.loose

    def _around(self, inside: Part | None = None) -> list[str]:
        """Return the conditions of merged groups here; inside a repeat those of the groups within it."""
        start = next((n for n, still in enumerate(self.stack, 1) if still.part is inside), 0) if inside else 0
        return [still.condition for still in self.stack[start:] if still.condition]


def parameters_of(text: str) -> Mapping[str, str]:
    """Return ``start=1 end=5`` as a mapping."""
    pairs = (part.partition("=") for part in re.split(r"[\s,;]+", re.sub(r"\s*=\s*", "=", text)) if part)
    return {name: value for name, _, value in pairs}


def texts_of(part: Part) -> Any:
    """Return the label of a part, None where it has none."""
    return part.row.label("label") if part.row else None
