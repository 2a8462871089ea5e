"""A form without workflow and without unique keys, made here; and what a new version of it changes."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as, system_actor
from app.builder import service as builder
from app.builder.models import FormDraft
from app.builder.publishing import publish as publishing
from app.database import db, unit_of_work
from tests.exchange.books import FIRST_ROW, keys, opened, rows_of, saved, sheet_of

FORM = "visit_notes_of_tests"


def definition(*more):
    """Return the form, with further fields."""
    return {
        "key": FORM,
        "title": {"zh": "来访登记", "en": "Visits"},
        "resource": "pt_teacher",
        "fill_roles": ["school_admin"],
        "list": {"columns": ["guest", "day"], "search": ["guest"]},
        "sections": [
            {
                "key": "visit",
                "title": {"zh": "来访", "en": "Visit"},
                "fields": [
                    {"key": "guest", "type": "text", "label": {"zh": "来访人", "en": "Guest"}, "required": True, "class": "internal"},
                    {"key": "day", "type": "date", "label": {"zh": "日期", "en": "Day"}, "required": True, "class": "public"},
                    {"key": "cost", "type": "money", "label": {"zh": "费用", "en": "Cost"}, "class": "public"},
                    {"key": "door_code", "type": "text", "label": {"zh": "门禁码", "en": "Door code"}, "class": "secret"},
                    {"key": "topics", "type": "subtable", "label": {"zh": "议题", "en": "Topics"}, "class": "public",
                     "unique_columns": ["topic"],
                     "fields": [
                         {"key": "topic", "type": "text", "label": {"zh": "议题名", "en": "Topic"}, "required": True, "class": "public"},
                         {"key": "minutes", "type": "integer", "label": {"zh": "分钟", "en": "Minutes"}, "class": "public", "default": 30},
                     ]},
                    *more,
                ],
            }
        ],
    }  # fmt: skip


NEW_FIELD = {"key": "badge", "type": "text", "label": {"zh": "证件", "en": "Badge"}, "class": "public"}


def publish(app, *more):
    """Publish the form with further fields."""
    raw = definition(*more)
    with app.app_context(), acting_as(system_actor("seeds")) as actor, unit_of_work():
        draft = db.session.get(FormDraft, FORM)
        if draft is None:
            draft = builder.create_form(actor, raw)
        else:
            draft = builder.save_draft(actor, FORM, draft.lock_version, raw)
        publishing.publish(actor, FORM, lock_version=draft.lock_version)


@pytest.fixture
def school(app, desk):
    with app.app_context():
        known = db.session.get(FormDraft, FORM) is not None
    if not known:
        publish(app)
    return desk("school_a")


def visit(guest, **more):
    return {"guest": guest, "day": "2026-05-04", "cost": "12.50", "topics": [{"topic": "合作", "minutes": 45}], **more}


def test_a_file_without_keys_is_not_imported_twice(school):
    content = school.filled([visit("甲"), {**visit("乙"), "guest": None}], FORM)
    import_id, found = school.check(content, FORM)
    assert (found["counts"]["new"], found["counts"]["errors"]) == (1, 1)
    school.commit(import_id, only_valid=True)
    count = school.records(FORM)["count"]
    _, found = school.check(content, FORM)
    assert (found["counts"]["new"], {item["code"] for item in found["errors"]}) == (0, {"imported_before", "required"})
    # The workbook that came back knows the records by their numbers.
    book = opened(school.errors(import_id))
    numbers = [row["_record"] for row in rows_of(book.worksheets[0])]
    assert len(numbers[0]) == 26
    assert numbers[1] == "2"
    assert [row["_record"] for row in rows_of(sheet_of(book, "topic"))] == numbers
    book.worksheets[0].cell(FIRST_ROW + 1, keys(book.worksheets[0])["guest"]).value = "乙"
    again, found = school.check(saved(book), FORM)
    assert (found["counts"]["unchanged"], found["counts"]["new"], found["counts"]["errors"]) == (1, 1, 0)
    school.commit(again)
    assert school.records(FORM)["count"] == count + 1


def test_a_form_without_workflow_is_submitted_too(school):
    done = school.bring([visit("丙")], FORM, submit=True)
    assert done["counts"]["submitted"] == 1, done["errors"]
    records = school.records(FORM, "q=丙")["records"]
    assert [item["state"] for item in records] == ["submitted"]


def test_rows_are_known_by_their_key_and_keep_what_the_sheet_does_not_say(school):
    school.bring([visit("丁", topics=[{"topic": "一", "minutes": 10}, {"topic": "二"}])], FORM)
    record = school.records(FORM, "q=丁")["records"][0]
    before = record["answers"]["topics"]
    assert [row["minutes"] for row in before] == [10, 30]
    row = {
        "_record": record["id"],
        **visit("丁", topics=[{"topic": "二", "minutes": 60}, {"topic": "三", "minutes": 5}]),
    }
    import_id, found = school.check(school.filled([row], FORM), FORM)
    assert (found["counts"]["changed"], found["counts"]["removed"]) == (1, 1), found["errors"]
    assert found["preview"][0]["changes"] == [{"field": "topics", "old": "2 行", "new": "2 行"}]
    school.commit(import_id)
    after = school.record(record["id"], FORM)["answers"]["topics"]
    assert [(row["topic"], row["minutes"]) for row in after] == [("二", 60), ("三", 5)]
    assert after[0]["_row"] == before[1]["_row"]


def test_the_number_of_a_row_of_another_record_is_none(school):
    school.bring([visit("戊"), visit("己")], FORM)
    mine, other = (school.records(FORM, f"q={name}")["records"][0] for name in ("戊", "己"))
    foreign = other["answers"]["topics"][0]["_row"]
    for row_id in (foreign, "0123456789abcdef"):
        topics = [{"topic": "借来的", "minutes": 1, "_row": row_id}]
        _, found = school.check(school.filled([{"_record": mine["id"], **visit("戊", topics=topics)}], FORM), FORM)
        assert [item["code"] for item in found["errors"]] == ["held_back", "not_found"]


def test_a_secret_cell_is_left_out_and_left_alone(school):
    school.bring([visit("庚", door_code="4711")], FORM)
    record = school.records(FORM, "q=庚")["records"][0]
    content = school.export(FORM, q="庚")
    assert "door_code" not in keys(opened(content).worksheets[0])
    assert b"4711" not in content
    _, found = school.check(content, FORM)
    assert found["counts"]["unchanged"] == 1
    # Blank where nothing was shown clears nothing; a new content is written unseen.
    row = {"_record": record["id"], **visit("庚"), "topics": []}
    _, found = school.check(school.filled([row], FORM), FORM)
    assert (found["counts"]["unchanged"], found["errors"]) == (1, [])
    import_id, found = school.check(school.filled([{**row, "door_code": "0815"}], FORM), FORM)
    assert found["preview"][0]["changes"] == [{"field": "door_code", "old": "***", "new": "0815"}]
    school.commit(import_id)
    assert school.record(record["id"], FORM)["answers"]["door_code"] == "***"


def test_a_new_field_is_in_template_import_and_export(app, school):
    school.bring([visit("辛")], FORM)
    old = school.records(FORM, "q=辛")["records"][0]
    waiting, _ = school.check(school.filled([visit("壬")], FORM), FORM)
    publish(app, NEW_FIELD)
    # What was checked against the version of before is checked again.
    response = school.client.post(f"/imports/{waiting}/commit", json={})
    assert (response.status_code, response.get_json()["code"]) == (409, "version")
    assert "badge" in keys(opened(school.template(FORM)).worksheets[0])
    school.bring([visit("癸", badge="B-7")], FORM)
    rows = {row["guest"]: row for row in rows_of(opened(school.export(FORM)).worksheets[0])}
    assert rows["癸"]["badge"] == "B-7"
    assert rows["辛"]["badge"] is None
    # Records of before keep their version: what it has is changed, what it has not is told.
    row = {"_record": old["id"], **visit("辛", cost="99.00")}
    import_id, found = school.check(school.filled([row], FORM), FORM)
    assert (found["counts"]["changed"], found["errors"]) == (1, [])
    school.commit(import_id)
    assert school.record(old["id"], FORM)["answers"]["cost"] == "99.00"
    assert school.record(old["id"], FORM)["form_version"] == 1
    _, found = school.check(school.filled([{**row, "badge": "B-8"}], FORM), FORM)
    assert [(item["field"], item["code"]) for item in found["errors"]] == [("badge", "older_version")]


def test_a_version_published_while_the_import_waits_for_its_worker_stops_it(app, school):
    publish(app, NEW_FIELD, {**NEW_FIELD, "key": "gate"})
    count = school.records(FORM)["count"]
    import_id, _ = school.check(school.filled([visit("子")], FORM), FORM)
    assert school.client.post(f"/imports/{import_id}/commit", json={}).status_code == 202
    publish(app, NEW_FIELD, {**NEW_FIELD, "key": "gate"}, {**NEW_FIELD, "key": "hall"})
    school.work()
    found = school.preview(import_id)
    assert (found["state"], "新版本" in found["error"]) == ("failed", True)
    assert school.records(FORM)["count"] == count
