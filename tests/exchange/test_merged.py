"""An export over all versions: every field that ever was, and in each empty cell why it is empty."""

from __future__ import annotations

from app.jobs import running
from tests.exchange.books import keys, opened, rows_of, sheet_of
from tests.records.doors import change, create, ok, path, read, submitted
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form


def exported(app, client, key, **spec):
    """Return the workbook of an export."""
    answer = ok(client.post(f"/forms/{key}/exports", json={"format": "xlsx", **spec}), 202)
    with app.app_context():
        running.run_all()
    with client.get(f"/exports/{answer['export']}/file") as response:
        assert response.status_code == 200
        return opened(response.get_data())


def labels(book):
    """Return the labels of the columns by key."""
    sheet = book.worksheets[0]
    return {key: sheet.cell(2, number).value for key, number in keys(sheet).items()}


def test_a_cell_says_why_it_is_empty(app, api):
    key, ent, county = "merged", api("ent_a"), api("county_a")
    table = [of("a", "text"), of("b", "text")]
    with app.app_context():
        publish_form(
            form(
                key,
                of("name", "text"),
                of("gone", "text"),
                of("day", "text"),
                of("child", "text", visible_when="name = '家长'"),
                of("own", "text", "secret"),
                of("rows", "subtable", fields=table),
            )
        )
    old = submitted(ent, key, {"name": "甲", "gone": "去", "day": "待定", "own": "私", "rows": [{"a": "x", "b": "y"}]})
    moved = submitted(ent, key, {"name": "乙", "gone": "留", "day": "某日", "rows": [{"a": "p", "b": "q"}]})
    with app.app_context():
        publish_form(
            form(
                key,
                of("new", "text"),
                of("name", "text"),
                of("day", "date"),
                of("child", "text", visible_when="name = '家长'"),
                of("own", "text", "secret"),
                of("rows", "subtable", fields=[of("a", "text"), of("c", "text")]),
            ),
            choices={"day": "retire"},
        )
    lock = read(ent, key, moved)["lock_version"]
    ok(ent.post(path(key, moved, "/upgrade"), json={"lock_version": lock}))
    fresh = create(ent, key, {"new": "新", "name": "家长"})
    book = exported(app, ent, key, versions="all")
    named = labels(book)
    answers = [name for name in named if not name.startswith("_")]
    assert answers == ["new", "name", "day", "child", "gone"]
    assert named["gone"] == "gone（已停用 v2）"
    found = {row["_record"]: row for row in rows_of(book.worksheets[0])}
    rows = {
        name: {field: found[record["id"]][field] for field in answers}
        for name, record in (("old", old), ("moved", moved), ("fresh", fresh))
    }
    assert rows["old"] == {"new": "〔未询问〕", "name": "甲", "day": "待定", "child": "〔规则隐藏〕", "gone": "去"}
    # What was answered before is told although it is asked no more.
    assert rows["moved"] == {"new": None, "name": "乙", "day": None, "child": "〔规则隐藏〕", "gone": "留"}
    assert rows["fresh"] == {"new": "新", "name": "家长", "day": None, "child": None, "gone": "〔未询问〕"}
    cells = {row["_record"]: row for row in rows_of(sheet_of(book, "a"))}
    assert (cells[old["id"]]["b"], cells[old["id"]]["c"]) == ("y", "〔未询问〕")
    assert (cells[moved["id"]]["b"], cells[moved["id"]]["c"]) == ("q", None)
    told = {row[0].value: row[1].value for row in book.worksheets[-1].iter_rows()}
    assert told["表单版本"] == "全部版本（1 至 2）"
    assert "〔未询问〕" in told["空单元格"]
    # Who sees less is told less, here too; and the usual export says nothing of all this.
    theirs = exported(app, county, key, versions="all")
    assert "私" not in str(rows_of(theirs.worksheets[0]))
    usual = exported(app, ent, key)
    assert [name for name in labels(usual) if not name.startswith("_")] == ["new", "name", "day", "child"]
    assert all("〔" not in str(cell) for row in rows_of(usual.worksheets[0]) for cell in row.values())


def test_what_is_set_aside_has_a_sheet_of_its_own(app, api):
    key, ent, county = "merged_aside", api("ent_a"), api("county_a")
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("day", "text"), of("own", "text", "secret")))
    saved = submitted(ent, key, {"name": "甲", "day": "待定", "own": "十二"})
    with app.app_context():
        publish_form(
            form(key, of("name", "text"), of("day", "date"), of("own", "integer", "secret")),
            choices={"day": "convert", "own": "convert"},
        )
        running.run_all()
    for spec in ({}, {"subtables": "rows"}, {"versions": "all"}):
        book = exported(app, ent, key, **spec)
        sheet = book["待处理内容"]
        aside = rows_of(sheet)
        assert [(row["_record"], row["_field"], row["_raw"]) for row in aside] == [(saved["id"], "day", "待定")]
        assert "十二" not in str([[cell.value for cell in row] for one in book.worksheets for row in one.iter_rows()])
    book = exported(app, ent, key, versions="all")
    assert rows_of(book.worksheets[0])[0]["day"] == "〔待处理〕待定"
    assert "十二" not in str(rows_of(exported(app, county, key, versions="all")["待处理内容"]))
    # Settled, it is gone.
    change(ent, key, saved, {"day": "2026-05-01"})
    assert rows_of(exported(app, ent, key)["待处理内容"]) == []


def test_the_list_says_why_a_cell_is_empty(app, api, sign_in):
    key, ent = "merged_list", api("ent_a")
    with app.app_context():
        publish_form(
            form(key, of("name", "text"), of("day", "text"), of("child", "text", visible_when="name = '家长'"))
        )
    submitted(ent, key, {"name": "甲", "day": "待定"})
    with app.app_context():
        publish_form(
            form(
                key,
                of("name", "text"),
                of("day", "date"),
                of("child", "text", visible_when="name = '家长'"),
                of("late", "text"),
            ),
            choices={"day": "convert"},
        )
    web = sign_in("ent_a")
    page = web.get(f"/records/{key}/list").get_data(as_text=True)
    assert "〔未询问〕" in page
    assert "〔规则隐藏〕" in page
    with app.app_context():
        running.run_all()
    page = web.get(f"/records/{key}/list").get_data(as_text=True)
    assert "〔待处理〕待定" in page
    assert "〔未询问〕" not in page


def test_a_label_renamed_ten_times_changes_no_column_and_no_value(app, api):
    key, ent = "renamed", api("ent_a")

    def named(no):
        return form(key, of("name", "text", label={"zh": f"名称{no}", "en": f"Name {no}"}), of("count", "integer"))

    with app.app_context():
        publish_form(named(0))
    records = [submitted(ent, key, {"name": f"记录{no}", "count": no}) for no in range(3)]
    first = exported(app, ent, key)
    for no in range(1, 11):
        with app.app_context():
            publish_form(named(no))
    again = exported(app, ent, key)
    assert keys(again.worksheets[0]) == keys(first.worksheets[0])
    assert rows_of(again.worksheets[0]) == rows_of(first.worksheets[0])
    assert labels(again)["name"] == "名称10"
    assert ok(ent.get(f"/forms/{key}"))["version"] == 11
    assert {read(ent, key, record)["form_version"] for record in records} == {1}
    merged = exported(app, ent, key, versions="all")
    assert rows_of(merged.worksheets[0]) == rows_of(first.worksheets[0])
