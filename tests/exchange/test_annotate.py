"""Errors are spliced into a workbook's bytes: nothing else of it changes, whatever program wrote it."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from openpyxl.worksheet.table import Table

from app.exchange.child.annotate import Sheet, Texts, copy, letters
from app.exchange.child.scanning import Refused
from tests.exchange.books import FIRST_ROW, keys, opened, saved
from tests.samples import teacher

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture(scope="session")
def backend_name():
    """Nothing here asks a database what it cannot ask another."""
    return "sqlite"


def sheet(rows, *, before="", after="", prefix=""):
    declared = f'xmlns{":" + prefix[:-1] if prefix else ""}="{NAMESPACE}"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{prefix}worksheet {declared}>{before}'
        f"<{prefix}sheetData>{rows}</{prefix}sheetData>{after}</{prefix}worksheet>"
    ).encode()


def spliced(content, errors, texts, others=None):
    raw = {"errors": errors, "texts": {str(row): text for row, text in texts.items()}, "others": others or {}}
    return Sheet(content, Texts.of(raw)).changed()


def cells(content):
    """Return reference → text or value, in the order of the document."""
    found = {}
    for cell in ET.fromstring(content).iter(f"{{{NAMESPACE}}}c"):  # noqa: S314 - our own
        found[cell.get("r")] = "".join(cell.itertext())
    return found


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_cells_are_added_where_they_belong(prefix):
    p = prefix
    rows = (
        f'<{p}row r="1" spans="1:2"><{p}c r="A1" s="3"><{p}v>1</{p}v></{p}c><{p}c r="B1"/></{p}row>'
        f'<{p}row r="3" ht="20"/>'
        f'<{p}row r="4"><{p}c r="E4"><{p}v>5</{p}v></{p}c></{p}row>'
        f'<{p}row r="5"><{p}c r="A5"><{p}v>7</{p}v></{p}c></{p}row>'
    )
    content = sheet(rows, prefix=p)
    result = spliced(content, 3, {1: "a & <b>", 3: "c", 4: "d"})
    assert cells(result) == {"A1": "1", "B1": "", "C1": "a & <b>", "C3": "c", "C4": "d", "E4": "5", "A5": "7"}
    assert list(cells(result)) == ["A1", "B1", "C1", "C3", "C4", "E4", "A5"]
    assert b"spans" not in result
    assert b'ht="20"' in result
    # The head looks like its neighbour; the rest is left as it is, byte by byte.
    assert f'<{p}c r="A5"><{p}v>7</{p}v></{p}c></{p}row></{p}sheetData></{p}worksheet>'.encode() in result


def test_what_an_earlier_answer_said_goes():
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="inlineStr"><is><t>old {n}</t></is></c><c r="C{n}"><v>9</v></c></row>'
        for n in range(1, 5)
    )
    result = spliced(sheet(rows), 2, {1: "_errors", 3: "new"})
    assert cells(result) == {
        "A1": "1", "B1": "_errors", "C1": "9", "A2": "2", "C2": "9", "A3": "3", "B3": "new", "C3": "9", "A4": "4", "C4": "9",
    }  # fmt: skip


def test_other_cells_change_only_where_they_are_asked_to():
    rows = (
        "".join(f'<row r="{n}"><c r="A{n}" s="7"><v>{n}</v></c></row>' for n in (4, 5)) + "<row><c><v>6</v></c></row>"
    )
    result = spliced(sheet(rows), 2, {6: "wrong"}, {"1": {"4": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}})
    assert cells(result) == {"A4": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "A5": "5", None: "6", "B6": "wrong"}
    assert b's="7" t="inlineStr"' in result


@pytest.mark.parametrize(
    ("before", "widths"),
    [
        ("", [("3", "3")]),
        ('<dimension ref="A1:B9"/><cols><col min="1" max="2" width="9"/></cols>', [("1", "2"), ("3", "3")]),
        ('<cols><col min="1" max="16384" width="9"/></cols>', [("1", "16384")]),
    ],
)
def test_the_column_gets_a_width_of_its_own(before, widths):
    result = spliced(sheet('<row r="1"><c r="A1"/></row>', before=before), 3, {1: "x"})
    root = ET.fromstring(result)  # noqa: S314 - our own
    found = [(col.get("min"), col.get("max")) for col in root.iter(f"{{{NAMESPACE}}}col")]
    assert found == widths
    names = [child.tag.rpartition("}")[2] for child in root]
    assert names == ["cols", "sheetData"]


def test_elements_of_other_parts_are_no_cells():
    controls = '<controls xmlns:y="urn:y"><y:row>5</y:row><y:c/><row r="1"/></controls>'
    content = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', after=controls)
    result = spliced(content, 2, {1: "x"})
    assert controls.encode() in result


def test_signs_that_no_document_may_hold_are_left_out():
    assert cells(spliced(sheet('<row r="1"/>'), 1, {1: "a\x00b\x1f\ufffe]]>"}))["A1"] == "ab]]>"


def test_other_encodings_are_not_touched():
    with pytest.raises(Refused):
        spliced(sheet('<row r="1"/>').decode().encode("utf-16"), 1, {1: "x"})


@pytest.mark.parametrize(
    ("column", "text"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16_384, "XFD")]
)
def test_letters(column, text):
    assert letters(column) == text


def test_everything_else_of_the_workbook_stays(tmp_path):
    book = openpyxl.Workbook()
    main = book.active
    main.title = "表"
    for row in (["_record", "name"], ["编号", "姓名"], ["", ""], ["1", "甲"]):
        main.append(row)
    main["B4"].fill = PatternFill("solid", fgColor="FFFF00")
    main.add_table(Table(displayName="t", ref="A2:B4"))
    other = book.create_sheet("我的计算")
    other["A1"] = "=SUM(1,2)"
    source, target = tmp_path / "source.xlsx", tmp_path / "target.xlsx"
    book.save(source)
    copy(str(source), {"表": Texts.of({"errors": 3, "texts": {"4": "错"}, "others": {}})}, str(target))
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
        assert before.namelist() == after.namelist()
        different = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert different == ["xl/worksheets/sheet1.xml"]
    again = openpyxl.load_workbook(target)
    assert again["表"]["C4"].value == "错"
    assert again["表"]["B4"].fill.fgColor.rgb.endswith("FFFF00")
    assert again["我的计算"]["A1"].value == "=SUM(1,2)"


def test_the_workbook_that_comes_back_keeps_its_drop_downs_and_is_read_again(desk):
    school = desk("school_a")
    content = school.filled([teacher(0, mobile="1"), teacher(1)])
    import_id, _ = school.check(content)
    once = school.errors(import_id)
    book = opened(once)
    main = book.worksheets[0]
    assert (
        len(main.data_validations.dataValidation)
        == len(opened(content).worksheets[0].data_validations.dataValidation)
        > 5
    )
    assert main.row_dimensions[1].hidden
    assert main.cell(2, keys(main)["_errors"])._style == main.cell(2, keys(main)["_errors"] - 1)._style
    # Sent back as it is, its column of errors is used again and says the same.
    import_id, found = school.check(saved(book))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (1, 1)
    twice = opened(school.errors(import_id)).worksheets[0]
    assert keys(twice) == keys(main)
    assert [twice.cell(row, keys(twice)["_errors"]).value for row in (FIRST_ROW, FIRST_ROW + 1)] == [
        "手机：请填 11 位手机号",
        None,
    ]
    # In the language of the reader.
    english = opened(desk("school_a", "en").errors(import_id)).worksheets[0]
    assert english.cell(2, keys(english)["_errors"]).value == "Errors"
    assert english.cell(FIRST_ROW, keys(english)["_errors"]).value == "Mobile: Enter a mobile number of 11 digits"


def test_a_table_without_a_row_of_keys_gets_the_column_too(desk):
    school = desk("school_a")
    book = openpyxl.Workbook()
    book.active.append(["姓名", "手机", "我的备注"])
    book.active.append(["甲", "1", "留着"])
    import_id, found = school.check(saved(book))
    assert found["counts"]["errors"] == 1
    rows = list(opened(school.errors(import_id)).active.iter_rows(values_only=True))
    assert rows[0] == ("姓名", "手机", "我的备注", "错误说明")
    assert rows[1][:3] == ("甲", "1", "留着")
    assert "手机：请填 11 位手机号" in rows[1][3]


def test_the_copy_is_a_sound_archive(desk):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(0, mobile="1")]))
    with zipfile.ZipFile(io.BytesIO(school.errors(import_id))) as archive:
        assert archive.testzip() is None
