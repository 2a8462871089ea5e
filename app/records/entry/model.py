"""What the entry page shows, as plain values: templates read these and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EMPTY: tuple[object, ...] = (None, "", [], {})
#: Widgets that nobody types into.
WITHOUT_INPUT = frozenset({"computed", "note"})


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the page posts to; an empty one switches its feature off.

    ``lookup`` and ``files`` serve every field: the field's path is appended to ``lookup`` and sent with ``files``.
    """

    action: str
    draft: str = ""
    files: str = ""
    lookup: str = ""
    file: str = ""
    back: str = ""
    print: str = ""
    list: str = ""


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The record whose page it is; all empty for a new one.

    ``campaign``: the title of the one that it is filled in.
    """

    id: str = ""
    serial: str = ""
    state_label: str = ""
    tone: str = "secondary"
    lock_version: int = 0
    organization: str = ""
    campaign: str = ""
    #: The version that the page is drawn with.
    form_version: int = 0


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose a new record will be, where no field says it: the id, whether it is another's, and where it is chosen."""

    organization: int
    other: bool
    address: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that the record is not of: what changed, and where its upgrade is shown (empty: he may not).

    ``end``: how long the record's own version goes on, where that is limited.
    """

    no: int
    lines: tuple[str, ...]
    address: str
    end: str = ""


@dataclass(frozen=True, slots=True)
class NoteView:
    """A reviewer's note on a field (``positions.salary_max``, row from 1) or on the whole record (no field)."""

    text: str
    field: str = ""
    row: int | None = None
    author: str = ""
    severity: str = "must"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed meanwhile, both values as text."""

    field: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the summary or of a field; ``target`` is the id of what it links to."""

    text: str
    label: str = ""
    target: str = ""
    level: str = "error"


@dataclass(frozen=True, slots=True)
class OptionView:
    """One choice: ``depth`` of a tree from 0, ``pinyin`` initials for searching."""

    code: str
    label: str
    depth: int = 0
    pinyin: str = ""
    retired: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FileView:
    """An attachment that is there."""

    id: str
    name: str
    size: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field, or a cell of a sub-table, ready to draw."""

    path: str
    name: str
    id: str
    widget: str
    type: str
    label: str
    label_lang: str
    value: Any
    text: str
    required: bool
    hidden: bool
    editable: bool
    masked: bool
    unit: str
    help: str
    placeholder: str
    html_type: str
    inputmode: str
    accept: str
    settings: Mapping[str, Any]
    options: tuple[OptionView, ...]
    datalist: str
    files: tuple[FileView, ...]
    errors: tuple[Message, ...]
    notes: tuple[NoteView, ...]
    table: TableView | None = None
    #: The inputs of an answer that has several.
    parts: tuple[FieldView, ...] = ()

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that explain the input, in the order in which they are read."""
        parts = (("error", self.errors), ("note", self.notes), ("help", self.help))
        return " ".join(f"{self.id}-{name}" for name, there in parts if there)

    @property
    def wanted(self) -> bool:
        """Return whether something has to be filled in here; a sub-table with required cells counts as one."""
        if self.hidden or self.widget in WITHOUT_INPUT:
            return False
        if self.table is None:
            return self.required
        return bool(self.table.min_rows) or any(cell.required for row in self.table.rows for cell in row.cells)

    @property
    def missing(self) -> bool:
        """Return whether what has to be filled in here is not there yet."""
        if self.table is None:
            return self.value in EMPTY
        cells = [cell for row in self.table.rows for cell in row.cells if cell.required and not cell.hidden]
        return not self.table.rows or any(cell.value in EMPTY for cell in cells)

    @property
    def invalid(self) -> bool:
        """Return whether an error (not a mere reminder) stands at the field."""
        return any(message.level == "error" for message in self.errors)


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a sub-table; ``index`` numbers its inputs, ``row_id`` is empty for a new one."""

    index: str
    number: int
    row_id: str
    cells: tuple[FieldView, ...]
    #: What a fixed row is called by; its cell is not among ``cells``.
    heading: FieldView | None = None
    #: Whether it may be taken away.
    removable: bool = True


@dataclass(frozen=True, slots=True)
class TotalView:
    """The sum of a column."""

    key: str
    label: str
    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A sub-table: its columns as an empty row (``__i__`` in the names) and its rows."""

    key: str
    blank: RowView
    rows: tuple[RowView, ...]
    totals: tuple[TotalView, ...]
    min_rows: int
    max_rows: int
    #: Whether its rows are fixed: none is added, copied or taken away.
    fixed: bool = False

    @property
    def full(self) -> bool:
        """Return whether no further row is allowed."""
        return bool(self.max_rows) and len(self.rows) >= self.max_rows


@dataclass(frozen=True, slots=True)
class SectionView:
    """A group of fields; ``left`` counts its required fields that are still empty."""

    key: str
    title: str
    title_lang: str
    hidden: bool
    fields: tuple[FieldView, ...]
    errors: int
    left: int


@dataclass(frozen=True, slots=True)
class PaperView:
    """What a print sheet says around the answers: its title, a line of seals and signatures, its orientation.

    At its foot: the version of the form, when it was printed and by whom, and whether something on it is masked.
    """

    title: str
    #: Each with whether a date is written below it.
    seals: tuple[tuple[str, bool], ...] = ()
    landscape: bool = False
    version: int = 0
    printed_at: str = ""
    printed_by: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Everything that ``records/entry.html`` draws."""

    mode: str
    lang: str
    form_key: str
    title: str
    title_lang: str
    record: RecordHead
    urls: Urls
    sections: tuple[SectionView, ...]
    datalists: Mapping[str, tuple[OptionView, ...]]
    summary: tuple[Message, ...]
    notes: tuple[NoteView, ...]
    note_links: tuple[Message, ...]
    conflicts: tuple[Conflict, ...]
    filled: int
    wanted: int
    submit_label: str
    client: Mapping[str, Any]
    returned: Any = None
    paper: PaperView | None = None
    #: Campaigns that a new record may be filled in, and the one that is chosen.
    campaigns: Sequence[Any] = ()
    campaign: str = ""
    new_version: NewVersion | None = None
    #: Whether drafts are kept: what an anonymous visitor fills is handed in at once.
    keeps: bool = True
    whose: Whose | None = None

    @property
    def editable(self) -> bool:
        """Return whether the page is a form that can be posted."""
        return self.mode in {"add", "edit"}

    @property
    def left(self) -> int:
        """Return how many required fields are still empty."""
        return self.wanted - self.filled

    @property
    def errors(self) -> tuple[Message, ...]:
        """Return the lines that must be put right before submitting."""
        return tuple(message for message in self.summary if message.level == "error")

    @property
    def warnings(self) -> tuple[Message, ...]:
        """Return the reminders."""
        return tuple(message for message in self.summary if message.level != "error")
