"""Sub-tables with fixed rows in workbooks: rows are known by their heading, those left out are not missed."""

from __future__ import annotations

import pytest

from app.builder.models import FormDraft
from app.database import db
from tests.exchange.books import FIRST_ROW, keys, opened, rows_of, saved, sheet_of
from tests.records.zoo import COLOURS, definition, of, publish_form

FORM = "flock_by_colour"


@pytest.fixture
def ent(app, desk):
    with app.app_context():
        if db.session.get(FormDraft, FORM) is None:
            raw = definition(key=FORM, serial="FC", fill_roles=["ent_admin"])
            columns = [
                of("colour", "select", options=COLOURS),
                of("heads", "integer", required=True),
                of("note", "text"),
            ]
            raw["sections"][0]["fields"] = [
                of("name", "text", required=True),
                of("flock", "subtable", fixed_rows="colour", fields=columns),
            ]
            raw["list"] = {"columns": ["name"], "order": "-_updated_at", "search": ["name"]}
            raw["unique"] = [{"fields": ["name"]}]
            raw.pop("published_when")
            publish_form(raw)
    return desk("ent_a")


def flock(**heads):
    return [{"colour": code, "heads": count} for code, count in heads.items()]


def stored(ent, name):
    record = ent.records(FORM, f"q={name}")["records"][0]
    return record["id"], [(row["colour"], row.get("heads")) for row in record["answers"]["flock"]]


def test_rows_are_matched_by_their_heading_in_any_order(ent):
    ent.bring([{"name": "甲群", "flock": flock(b=3, r=1, g=2)}], FORM)
    record_id, rows = stored(ent, "甲群")
    assert rows == [("r", 1), ("g", 2), ("b", 3)]
    before = ent.record(record_id, FORM)["answers"]["flock"]
    # One row of the sheet, without its number: the others stay.
    import_id, found = ent.check(ent.filled([{"name": "甲群", "flock": flock(g=7)}], FORM), FORM)
    assert (found["counts"]["changed"], found["counts"]["removed"], found["counts"]["errors"]) == (1, 0, 0)
    ent.commit(import_id)
    after = ent.record(record_id, FORM)["answers"]["flock"]
    assert [row["heads"] for row in after] == [1, 7, 3]
    assert [row["_row"] for row in after] == [row["_row"] for row in before]
    _, found = ent.check(ent.export(FORM), FORM)
    assert found["counts"]["unchanged"] == found["counts"]["rows"]


def test_a_row_left_out_of_a_new_record_must_be_filled_like_any_other(ent):
    _, found = ent.check(ent.filled([{"name": "乙群", "flock": flock(b=3, r=1)}], FORM), FORM)
    lacking = [item for item in found["errors"] if item["code"] == "required"]
    assert [(item["field"], item["row"]) for item in lacking] == [("flock.heads", FIRST_ROW)]
    assert "“绿”" in lacking[0]["message"]


def test_a_row_too_many_is_told_where_it_stands(ent):
    rows = [*flock(b=3, r=1, g=2), {"colour": "b", "heads": 9}, {"heads": 5}]
    book = opened(ent.filled([{"name": "丙群", "flock": rows}], FORM))
    sheet = sheet_of(book, "colour")
    sheet.cell(FIRST_ROW + 1, keys(sheet)["colour"]).value = "紫"
    _, found = ent.check(saved(book), FORM)
    told = {(item["row"], item["code"]) for item in found["errors"] if item["field"] == "flock.colour"}
    assert told >= {(FIRST_ROW + 3, "repeated"), (FIRST_ROW + 1, "unknown_row"), (FIRST_ROW + 4, "unknown_row")}


def test_the_template_says_that_each_option_occurs_once(ent):
    sheet = sheet_of(opened(ent.template(FORM)), "colour")
    assert "每个选项各一行" in str(sheet.cell(FIRST_ROW - 1, keys(sheet)["colour"]).value)
    assert rows_of(sheet) == []
