"""Files made to harm: each is refused with a reason, by a process of its own, and nothing of it stays."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from app.exchange import isolation, storage
from tests.exchange.books import FIRST_ROW, keys, opened, saved
from tests.samples import teacher

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="session")
def backend_name():
    """Nothing here asks a database what it cannot ask another."""
    return "sqlite"


def changed(content, *, drop=(), compression=zipfile.ZIP_DEFLATED, **members):
    """Return a zip file with other members; a callable gets the bytes of before."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", compression) as new:
        names = [name for name in old.namelist() if name not in drop]
        for name in [*names, *(name for name in members if name not in names)]:
            value = members.get(name, lambda before: before)
            before = old.read(name) if name in names else b""
            new.writestr(name, value(before) if callable(value) else value)
    return out.getvalue()


def bomb(before):
    return before.replace(b"</sheetData>", b"</sheetData>" + b" " * 60_000_000)


def entities(before):
    head = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    start = before.index(b"<worksheet")
    return before[:start] + head + before[start:]


def reads_files(before):
    start = before.index(b"<worksheet")
    return before[:start] + b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + before[start:]


def nested(before):
    return before.replace(b"</sheetData>", b"</sheetData>" + b"<extLst>" * 200 + b"</extLst>" * 200)


def far(before):
    return before.replace(b"</sheetData>", b'<row r="900000"><c r="A900000"><v>1</v></c></row></sheetData>')


def wide(before):
    return before.replace(b"</sheetData>", b'<row r="99"><c r="XFD99"><v>1</v></c></row></sheetData>')


def cut(before):
    return before[: len(before) // 2]


CASES = {
    "a bomb": (lambda book: changed(book, **{SHEET: bomb}), "过大"),
    "many members": (lambda book: changed(book, **{f"xl/x{n}.xml": b"<a/>" for n in range(2_100)}), "过大"),
    "expanding entities": (lambda book: changed(book, **{SHEET: entities}), "外部链接"),
    "entities of files": (lambda book: changed(book, **{SHEET: reads_files}), "外部链接"),
    "macros": (lambda book: changed(book, **{"xl/vbaProject.bin": b"x"}), "宏"),
    "links to other files": (lambda book: changed(book, **{"xl/externalLinks/externalLink1.xml": b"<a/>"}), "外部链接"),
    "embedded objects": (lambda book: changed(book, **{"xl/embeddings/oleObject1.bin": b"x"}), "嵌入"),
    "connections": (lambda book: changed(book, **{"xl/connections.xml": b"<a/>"}), "外部链接"),
    "names that climb": (lambda book: changed(book, **{"../../evil.xml": b"<a/>"}), "损坏"),
    "deep elements": (lambda book: changed(book, **{SHEET: nested}), "损坏"),
    "a cell far down": (lambda book: changed(book, **{SHEET: far}), "行或列过多"),
    "a cell far right": (lambda book: changed(book, **{SHEET: wide}), "行或列过多"),
    "a broken sheet": (lambda book: changed(book, **{SHEET: cut}), "损坏"),
    "no workbook": (lambda book: changed(book, drop=("xl/workbook.xml",)), "不是 xlsx"),
    "half a file": (lambda book: book[: len(book) // 2], "损坏"),
    "an old or locked file": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000), "密码"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100), "不是 xlsx"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_workbook_is_refused_and_not_kept(app, desk, name):
    make, reason = CASES[name]
    school = desk("school_a")
    good = school.filled([teacher(0)])
    import_id, found = school.check(make(good))
    assert found["state"] == "failed", found
    assert reason in found["error"]
    assert found["preview"] == found["errors"] == []
    assert not (app.config["DATA_DIR"] / "imports" / import_id).exists()
    assert school.client.get(f"/imports/{import_id}/errors.xlsx").status_code == 404
    # The twin: what it was made from is read.
    assert school.check(good)[1]["counts"]["new"] == 1


def test_a_sheet_that_claims_to_be_small(desk):
    """The sizes in the directory of a zip file are only what its maker says."""
    school = desk("school_a")
    content = bytearray(changed(school.filled([teacher(0)]), **{SHEET: bomb}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info = archive.getinfo(SHEET)
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            name = 46 if signature == b"PK\x01\x02" else 30
            if content[place + name : place + name + len(SHEET)] == SHEET.encode():
                struct.pack_into("<I", content, place + offset, 5_000)
    assert info.file_size > 60_000_000
    _, found = school.check(bytes(content))
    assert found["state"] == "failed"


def test_a_parser_that_aborts_takes_nothing_with_it(desk, monkeypatch):
    school = desk("school_a")
    monkeypatch.setattr(isolation, "_START", "import os; os.abort()")
    _, found = school.check(school.filled([teacher(0)]))
    assert found["state"] == "failed"
    assert "损坏" in found["error"]


def test_a_parser_that_never_ends_is_ended(desk, monkeypatch):
    school = desk("school_a")
    monkeypatch.setattr(isolation, "_START", "while True: pass")
    monkeypatch.setattr(isolation, "TIMEOUT_SECONDS", 1)
    _, found = school.check(school.filled([teacher(0)]))
    assert found["state"] == "failed"
    assert "过大" in found["error"]


def test_too_many_bytes_are_not_even_kept(app, desk, monkeypatch):
    school = desk("school_a")
    before = set((app.config["DATA_DIR"] / "imports").glob("*"))
    monkeypatch.setattr(storage, "MOST_BYTES", 1_000)
    response = school.upload(bytes(1_001))
    assert (response.status_code, response.get_json()["code"]) == (400, "too_large")
    assert set((app.config["DATA_DIR"] / "imports").glob("*")) == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe" + bytes(3), "编码"),
        (bytes(200), "编码"),
        (("a," * 300 + "\n").encode(), "行或列过多"),
        ('姓名,性别\n"没有结束'.encode(), None),
        (b"x" * 100, "没有找到"),
    ],
)
def test_a_hostile_csv(desk, content, reason):
    _, found = desk("school_a").check(content, name="x.csv")
    if reason is None:
        assert found["state"] == "ready"
        assert found["counts"]["errors"] == 1
    else:
        assert found["state"] == "failed"
        assert reason in found["error"]


def test_texts_of_a_file_are_texts_everywhere(desk, sign_in):
    school = desk("school_a")
    evil = "<img src=x onerror=alert(1)>\"'&"
    book = opened(school.filled([teacher(1, edu_level=None)]))
    main = book.worksheets[0]
    main.cell(FIRST_ROW, keys(main)["edu_level"], evil)
    import_id, found = school.check(saved(book))
    assert evil[:20] in found["errors"][0]["message"]
    page = sign_in("school_a").get(f"/records/pt_teacher_register/import/{import_id}").get_data(as_text=True)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    back = opened(school.errors(import_id)).worksheets[0]
    assert evil[:20] in back.cell(FIRST_ROW, keys(back)["_errors"]).value


def test_files_of_imports_are_for_this_account_only(app, desk):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(2)]))
    folder = app.config["DATA_DIR"] / "imports" / import_id
    assert folder.stat().st_mode & 0o077 == 0
