"""The uploaded file again, with what is wrong written into the last column of each sheet."""

from __future__ import annotations

from collections import defaultdict
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson
import xlsxwriter

from app.builder.catalogue import compiled
from app.errors import NotFound
from app.exchange import isolation, storage
from app.exchange.cells import from_line
from app.exchange.formats.xlsx import AS_TEXT
from app.exchange.importing import staging
from app.exchange.importing.parsing import Placed
from app.exchange.layout import ERRORS, KEY_ROW, SYSTEM
from forms.field_types.base import plain_text
from forms.labels import Label

if TYPE_CHECKING:
    from app.exchange.models import Import
    from forms.compiled import CompiledForm

#: Stands before what holds nothing back.
WARNING = Label("（提醒，不影响导入）", "(hint, imported all the same) ")
#: Row → text, of one column.
Texts = dict[int, str]


def workbook(found: Import, lang: str) -> bytes:
    """Return the uploaded workbook with its errors, and the numbers of the records that its rows have become.

    Of a CSV file, a workbook of the same cells. Raises ``NotFound`` where the file is not kept any more, ``Invalid``
    where it cannot be written.
    """
    upload = staging.upload_of(found.id, found.kind)
    places = [Placed(**item) for item in staging.read(found.id, staging.PLACES)]
    if not upload.is_file() or not places:
        raise NotFound
    texts = _texts(found, compiled(found.form_key, found.version_no), places, lang)
    numbers = _numbers(found)
    if found.kind == "csv":
        return _table(found, places[0], texts[places[0].name], numbers.get(places[0].name, {}))
    wanted = {
        place.name: {
            "errors": place.column,
            "texts": texts[place.name],
            "others": {place.record: numbers.get(place.name, {})} if place.record else {},
        }
        for place in places
    }
    with TemporaryDirectory(dir=storage.import_folder(found.id)) as folder:
        notes, copy = Path(folder) / "notes.json", Path(folder) / "copy.xlsx"
        notes.write_bytes(orjson.dumps(wanted, option=orjson.OPT_NON_STR_KEYS))
        isolation.annotate(upload, notes, copy)
        return copy.read_bytes()


def _texts(found: Import, form: CompiledForm, places: list[Placed], lang: str) -> dict[str, Texts]:
    by_row: dict[str, dict[int, list[str]]] = {place.name: defaultdict(list) for place in places}
    heads = {place.name: place.label_row for place in places}
    for name in (staging.LATE, staging.NOTES):
        for item in staging.read(found.id, name):
            if item["sheet"] in by_row and item["row"] > heads[item["sheet"]]:
                by_row[item["sheet"]][item["row"]].append(_told(form, item, lang))
    mark = "；" if lang == "zh" else "; "
    texts = {name: {row: mark.join(dict.fromkeys(told)) for row, told in rows.items()} for name, rows in by_row.items()}
    for place in places:
        if place.key_row is not None:
            texts[place.name][KEY_ROW] = ERRORS
        texts[place.name][place.label_row] = SYSTEM[ERRORS].get(lang)
    return texts


def _told(form: CompiledForm, item: dict[str, Any], lang: str) -> str:
    path, text = item["field"], Label.of(item["message"]).get(lang)
    if item["level"] == "warning":
        text = WARNING.get(lang) + text
    if path in form.by_path:
        name = form.by_path[path].field.label.get(lang)
    elif path in SYSTEM:
        name = SYSTEM[path].get(lang)
    else:
        return text
    return f"{name}：{text}" if lang == "zh" else f"{name}: {text}"


def _numbers(found: Import) -> dict[str, Texts]:
    """Return the numbers of new records by sheet and row, so that the file finds them when it comes again."""
    numbers: dict[str, Texts] = defaultdict(dict)
    for item in staging.read(found.id, staging.RECORDS):
        if item["new"]:
            numbers[item["sheet"]][item["row"]] = item["id"]
            for sheet, rows in item["below"].items():
                numbers[sheet].update(dict.fromkeys(rows, item["id"]))
    return numbers


def _table(found: Import, place: Placed, texts: Texts, numbers: Texts) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **AS_TEXT})
    sheet = book.add_worksheet()
    text = book.add_format({"num_format": "@"})
    for line in isolation.lines(staging.cells_of(found.id)):
        if not isinstance(line, list):
            continue
        row, cells = line
        for column, cell in enumerate(cells):
            value = from_line(cell)
            if value is not None and column + 1 != place.column:
                sheet.write_string(row - 1, column, plain_text(value), text)
    for row, words in texts.items():
        sheet.write_string(row - 1, place.column - 1, words)
    for row, number in numbers.items() if place.record else ():
        sheet.write_string(row - 1, (place.record or 1) - 1, number, text)
    sheet.set_column(place.column - 1, place.column - 1, 60)
    book.close()
    return out.getvalue()
