"""Look through an uploaded workbook before any parser builds something from it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

MOST_MEMBERS = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
#: A member that unpacks to more than this may not unpack to more than so many times its size.
SMALL = 1024 * 1024
MOST_RATIO = 100
DEEPEST = 64
MOST_ROWS = 50_010
MOST_COLUMNS = 200
#: Marks are for telling the user; whoever has more of them than this has been told enough.
MOST_MARKS = 5_000
#: Parts that carry programs, other files or links to them.
FORBIDDEN = ("vbaproject", "externallinks/", "embeddings/", "activex/", "oleobject", "macrosheets/", "connections.xml")
_LETTERS = {letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1)}
_CHUNK = 256 * 1024


class Refused(Exception):
    """The file is not read; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Marks:
    """What the values of a sheet do not tell: cells without a value of their own, and merged ranges.

    Rows and columns count from 1.
    """

    broken: list[tuple[int, int, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def scan(path: str) -> dict[str, Marks]:
    """Return the marks of every worksheet, by the name of its part. Raises :class:`Refused`."""
    with open(path, "rb") as file:  # noqa: PTH123 - a child imports as little as it can
        magic = file.read(8)
    if magic == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Refused("old_or_locked")
    if magic[:4] != b"PK\x03\x04":
        raise Refused("not_workbook")
    try:
        with zipfile.ZipFile(path) as archive:
            _outline(archive.infolist())
            return _parts(archive)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, expat.ExpatError) as error:
        raise Refused("damaged") from error


def _outline(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(names) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise Refused("too_large")
    if len(set(names)) != len(names):
        raise Refused("damaged")
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
            raise Refused("damaged")
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            raise Refused("too_large")
        if any(part in member.filename.lower() for part in FORBIDDEN):
            raise Refused("active_content")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise Refused("not_workbook")


def _parts(archive: zipfile.ZipFile) -> dict[str, Marks]:
    found: dict[str, Marks] = {}
    for member in archive.infolist():
        if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        sheet = _Sheet() if member.filename.startswith("xl/worksheets/sheet") else None
        parser = _parser(sheet)
        with archive.open(member) as part:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        if sheet is not None:
            found[member.filename] = sheet.marks
    return found


def _parser(sheet: _Sheet | None) -> Any:
    parser = expat.ParserCreate()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise Refused("damaged")
        if sheet is not None:
            local = name.rpartition(":")[2]
            sheet.start(local, attributes)
            if local == "v" and sheet.formula:
                # A formula that no program has worked out has an empty value.
                parser.CharacterDataHandler = sheet.text

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if sheet is not None and name.rpartition(":")[2] == "c":
            parser.CharacterDataHandler = None
            sheet.end_cell()

    def refuse(*_: object) -> None:
        # Entities are how small files become large ones and read other files.
        raise Refused("active_content")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


class _Sheet:
    """Follows the elements of a worksheet: where cells with content are, and which have none that can be read."""

    def __init__(self) -> None:
        self.marks = Marks()
        self.row = self.column = 0
        self.kind = ""
        self.formula = self.value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.column += 1
            reference = attributes.get("r")
            if reference:
                self.row, self.column = position(reference)
            self.kind = attributes.get("t", "")
            self.formula = self.value = False
        elif name == "is" or (name == "v" and not self.formula):
            self.value = True
        elif name == "f":
            self.formula = True
        elif name == "row":
            self.row = int(attributes["r"]) if attributes.get("r", "").isdecimal() else self.row + 1
            self.column = 0
        elif name == "mergeCell" and len(self.marks.merged) < MOST_MARKS:
            first, _, last = attributes.get("ref", "A1").partition(":")
            self.marks.merged.append((*position(first), *position(last or first)))

    def text(self, text: str) -> None:
        self.value = self.value or bool(text)

    def end_cell(self) -> None:
        if not (self.formula or self.value):
            return
        if self.row > MOST_ROWS or self.column > MOST_COLUMNS:
            raise Refused("too_many_cells")
        if len(self.marks.broken) < MOST_MARKS:
            if self.kind == "e":
                self.marks.broken.append((self.row, self.column, "error_cell"))
            elif self.formula and not self.value:
                self.marks.broken.append((self.row, self.column, "formula_cell"))


def position(reference: str) -> tuple[int, int]:
    """Return row and column of ``AB12``. Raises :class:`Refused` for anything else."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    column = 0
    for letter in letters:
        if letter not in _LETTERS or column > MOST_COLUMNS * 1000:
            raise Refused("damaged")
        column = column * 26 + _LETTERS[letter]
    if not digits or len(digits) > 9 or not column:
        raise Refused("damaged")
    return int(digits), column
