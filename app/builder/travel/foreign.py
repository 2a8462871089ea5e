"""Workbooks of other tools as definitions: XLSForms, and sheets that people have been filling in."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.access.query import require
from app.builder.catalogue import code_lists
from app.builder.service import DESIGN
from app.errors import Invalid
from app.exchange import isolation
from forms.labels import Label
from forms.sheet_form import reader as sheets
from forms.sheet_form.cells import Sheet
from forms.xlsform import reader as xlsforms

if TYPE_CHECKING:
    from app.access.actor import Actor

#: Larger than any empty form.
LARGEST = 10 * 1024 * 1024
SURVEY = "survey"
NO_FILE = Label("请选择文件。", "A file is needed.")


def read_workbook(actor: Actor, path: Path, language: str) -> dict[str, Any]:
    """Return ``{"kind", "definition", "code_lists", "report"}`` of a workbook; nothing is stored.

    ``kind`` is ``xlsform`` or ``sheet``. It is read in a process of its own. Raises ``NotAllowed``, ``Invalid``.
    """
    require(actor, DESIGN, "F")
    if path.stat().st_size > LARGEST:
        raise isolation.refusal("too_large")
    with TemporaryDirectory(prefix="xqt-form-") as folder:
        output = Path(folder) / "lines"
        isolation.read(path, "xlsx", output)
        rows = _rows(output)
        if any(name.strip().casefold() == SURVEY for name in rows):
            found: Any = xlsforms.read(rows, code_lists())
            kind, lists, report = "xlsform", found.code_lists, found.remarks
        else:
            isolation.outline(path, output)
            found = sheets.read([Sheet.of(line) for line in isolation.lines(output) if "sheet" in line])
            kind, lists, report = "sheet", {}, found.findings
    if not found.definition["sections"]:
        text = Label("在这个工作簿里没有找到要填的字段。", "No field to fill in was found in this workbook.")
        raise Invalid(text, code="no_fields")
    return {
        "kind": kind,
        "definition": found.definition,
        "code_lists": lists,
        "report": [item.as_dict(language) for item in report],
    }


def _rows(output: Path) -> dict[str, list[list[Any]]]:
    """Return the rows of each sheet, empty ones in their place, from the lines of the reading process."""
    found: dict[str, list[list[Any]]] = {}
    rows: list[list[Any]] = []
    for line in isolation.lines(output):
        if isinstance(line, dict):
            if "sheet" in line:
                rows = found.setdefault(line["sheet"], [])
            continue
        number, cells = line
        rows += [[] for _ in range(number - 1 - len(rows))]
        rows.append(cells)
    return found
