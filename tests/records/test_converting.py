"""A field gets another type: tried first, done by a job, what does not fit set aside, and taken back to the byte."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.query import tagged
from app.database import db, unit_of_work
from app.jobs import running
from app.jobs.models import Job
from app.records.models import Record, RecordRevision
from app.records.versions import carrying
from app.records.writing import bulk
from tests.records.doors import (
    DEMAND,
    act,
    change,
    codes,
    create,
    ids,
    listing,
    ok,
    path,
    places,
    read,
    submitted,
    where,
)
from tests.records.test_upgrading import COLOURS, drawer
from tests.records.test_versions import columns, form
from tests.records.zoo import of, publish_form, who
from tests.samples import demand

BAD = ("明年春天", "2026-02-30", "待定")


def work(app):
    with app.app_context():
        running.run_all()


def heads(app, key):
    """Return version and answers of every record of a form, as the ledger holds them."""
    record, revision = Record.__table__, RecordRevision.__table__
    joined = sa.and_(revision.c.record_id == record.c.id, revision.c.no == record.c.head_no)
    statement = (
        sa.select(record.c.id, record.c.form_version_no, sa.cast(revision.c.answers, sa.Text), record.c.updated_at)
        .join(revision, joined)
        .where(record.c.form_key == key)
    )
    with app.app_context():
        found = {row[0]: tuple(row[1:]) for row in db.session.execute(tagged(statement, "test"))}
        db.session.rollback()
    return found


def thousand(app, key):
    """Publish a form with a text and write 1,000 records of it, three of which are no date."""
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("day", "text")))
        with acting_as(who("ent_a")) as actor:
            rows = [{"name": f"记录{no}", "day": f"2026-{no % 12 + 1:02d}-{no % 28 + 1:02d}"} for no in range(1000)]
            for no, text in zip((17, 400, 999), BAD, strict=True):
                rows[no]["day"] = text
            rows[5]["day"] = "2026年3月5日"
            with unit_of_work():
                bulk.create_many(actor, key, rows, batch="t" * 26)
            with unit_of_work():
                bulk.show(actor, key, "t" * 26)
        db.session.remove()


def drafted(api, raw):
    """Put *raw* into the draft of its form by the API; return its lock version."""
    draft = ok(api.get(f"/forms/{raw['key']}/draft"))
    body = {"lock_version": draft["lock_version"], "definition": raw}
    return ok(api.put(f"/forms/{raw['key']}/draft", json=body))["lock_version"]


def publish(app, api, raw, choices=None, status=202):
    """Publish *raw* by the API."""
    body = {"lock_version": drafted(api, raw), "note": "改类型", **({"choices": choices} if choices else {})}
    answer = ok(api.post(f"/forms/{raw['key']}/publish", json=body), status)
    work(app)
    return answer


def test_a_thousand_texts_become_dates_and_come_back_to_the_byte(app, api, monkeypatch):
    key, admin, ent = "thousand", api("city_admin"), api("ent_a")
    thousand(app, key)
    before = heads(app, key)
    dated = form(key, of("name", "text"), of("day", "date"))
    drafted(admin, dated)
    tried = ok(admin.get(f"/forms/{key}/dry-run"))
    assert (tried["records"], tried["total"], tried["complete"]) == (1000, 1000, True)
    day = next(item for item in tried["fields"] if item["field"] == "day")
    assert (day["ok"], day["changed"], day["aside"]) == (996, 1, 3)
    assert heads(app, key) == before
    # Without a choice nothing is published.
    assert codes(publish(app, admin, dated, status=422)) == {"choice_needed"}
    longest = []
    real = carrying.write
    monkeypatch.setattr(
        carrying,
        "write",
        lambda actor, form_key, plans, motive: longest.append(len(plans)) or real(actor, form_key, plans, motive),
    )
    publish(app, admin, dated, {"day": "convert"})
    monkeypatch.undo()
    assert max(longest) <= carrying.CHUNK <= 2_000
    done = ok(admin.get(f"/forms/{key}/conversions"))["conversions"]
    assert [(item["state"], item["version"]) for item in done] == [("done", 2)]
    assert done[0]["counts"] == {
        "final": 0,
        "empty": 0,
        "records": 1000,
        "refused": 0,
        "ok": 996,
        "changed": 1,
        "aside": 3,
    }
    assert {"day", "day__2"} <= columns(app, f"data_{key}")
    assert listing(ent, key, filters=[where("day", "not_empty")])["count"] == 997
    assert listing(ent, key, filters=[where("day", "eq", "2026-03-05")])["count"] >= 1
    aside = ok(ent.get(f"/forms/{key}/quarantine"))
    assert aside["total"] == 3
    assert {item["raw"] for record in aside["records"] for item in record["aside"]} == set(BAD)
    assert all(item["form_version"] == 1 and item["reason"] for record in aside["records"] for item in record["aside"])
    # When a record was changed is when a person changed it.
    assert {row: value[2] for row, value in heads(app, key).items()} == {row: value[2] for row, value in before.items()}
    # One is settled by typing, and that one is not taken back.
    settled = aside["records"][0]["id"]
    change(ent, key, {"id": settled}, {"day": "2027-04-01"})
    assert ok(ent.get(f"/forms/{key}/quarantine"))["total"] == 2
    ok(admin.post(f"/forms/{key}/conversions/{done[0]['id']}/undo"), 202)
    work(app)
    undone = ok(admin.get(f"/forms/{key}/conversions/{done[0]['id']}"))
    assert (undone["state"], undone["counts"]["undone"], undone["counts"]["kept"]) == ("undone", 999, 1)
    after = heads(app, key)
    assert after.pop(settled)[0] == 2
    before.pop(settled)
    assert after == before
    assert ok(ent.get(f"/forms/{key}/quarantine"))["total"] == 0
    assert ok(admin.post(f"/forms/{key}/conversions/{done[0]['id']}/undo"), 409)["code"] == "state"
    result = app.test_cli_runner().invoke(args=["records", "rebuild", key])
    assert "0 条与原先不同" in result.output, result.output
    assert [item["origin"] for item in ok(ent.get(path(key, next(iter(before)), "/revisions")))] == [
        "import",
        "conversion",
        "restore",
    ]


def test_a_worker_that_dies_goes_on_where_it_was(app, api, monkeypatch):
    key, admin = "converting_dies", api("city_admin")
    ent = api("ent_a")
    with app.app_context():
        publish_form(form(key, of("day", "text")))
    for no in range(6):
        create(ent, key, {"day": f"2026-01-0{no + 1}"})
    monkeypatch.setattr(carrying, "CHUNK", 2)
    real, calls = carrying.write, []

    def dying(actor, form_key, plans, motive):
        calls.append(len(plans))
        if len(calls) == 2:
            raise SystemExit
        return real(actor, form_key, plans, motive)

    monkeypatch.setattr(carrying, "write", dying)
    with pytest.raises(SystemExit):
        publish(app, admin, form(key, of("day", "date")), {"day": "convert"})
    with app.app_context():
        db.session.rollback()
    assert sorted(value[0] for value in heads(app, key).values()) == [1, 1, 1, 1, 2, 2]
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Job).where(Job.state == "running").values(lease_until=Job.created_at))
    work(app)
    assert {value[0] for value in heads(app, key).values()} == {2}
    found = ok(admin.get(f"/forms/{key}/conversions"))["conversions"][0]
    assert (found["state"], found["counts"]["records"], found["counts"]["ok"]) == ("done", 6, 6)


def test_what_was_decided_is_converted_only_when_asked(app, api):
    admin, ent, county = api("city_admin"), api("ent_a"), api("county_a")
    saved = submitted(ent, DEMAND, demand("已办结", difficulty="招工难"))
    act(county, DEMAND, saved, "approve")
    act(api("city_voc"), DEMAND, saved, "collect")
    draft = create(ent, DEMAND, demand("草稿"))
    raw = ok(admin.get(f"/forms/{DEMAND}"))["definition"]
    field = next(item for section in raw["sections"] for item in section["fields"] if item["key"] == "difficulty")
    field["type"] = "textarea" if field["type"] == "text" else "text"
    state = read(ent, DEMAND, saved)["state"]
    if not read(ent, DEMAND, draft)["answers"].get("difficulty"):
        change(ent, DEMAND, draft, {"difficulty": "招工难"})
    publish(app, admin, raw, {"difficulty": "convert"})
    number = ok(ent.get(f"/forms/{DEMAND}"))["version"]
    assert read(ent, DEMAND, draft)["form_version"] == number
    assert (read(ent, DEMAND, saved)["form_version"], read(ent, DEMAND, saved)["state"]) == (number - 1, state)
    found = ok(admin.get(f"/forms/{DEMAND}/conversions"))["conversions"][0]
    assert found["counts"]["final"] == 1
    ok(admin.post(f"/forms/{DEMAND}/conversions/{found['id']}/again", json={"final": True}), 202)
    work(app)
    assert (read(ent, DEMAND, saved)["form_version"], read(ent, DEMAND, saved)["state"]) == (number, state)


def test_what_cannot_be_converted_or_was_something_else_is_refused(app, api):
    key, admin, ent = "refusing", api("city_admin"), api("ent_a")
    with app.app_context():
        publish_form(
            form(key, of("name", "text"), of("day", "date"), of("pick", "select", options=COLOURS), of("free", "date"))
        )
    create(ent, key, {"name": "一", "day": "2026-01-01", "pick": "r"})
    refused = publish(
        app,
        admin,
        form(key, of("name", "text"), of("day", "file"), of("pick", "select", options=COLOURS), of("free", "date")),
        {"day": "convert"},
        422,
    )
    assert (codes(refused), places(refused)) == ({"type_change"}, {("day", None)})
    refused = publish(
        app,
        admin,
        form(key, of("name", "integer"), of("day", "date"), of("pick", "select", options=COLOURS), of("free", "date")),
        {"name": "both"},
        422,
    )
    assert codes(refused) == {"choice"}
    # What nobody has answered changes as it likes.
    publish(app, admin, form(key, of("name", "text"), of("pick", "select", options=COLOURS[1:]), of("free", "bool")))
    # A key that was a date is not a text now, and a code not another option.
    refused = publish(
        app,
        admin,
        form(key, of("name", "text"), of("day", "text"), of("pick", "select", options=COLOURS[1:]), of("free", "bool")),
        status=422,
    )
    assert (codes(refused), places(refused)) == ({"key_reused"}, {("day", None)})
    other = [{"code": "r", "zh": "圆", "en": "Round"}, *COLOURS[1:]]
    refused = publish(
        app, admin, form(key, of("name", "text"), of("pick", "select", options=other), of("free", "bool")), status=422
    )
    assert (codes(refused), places(refused)) == ({"code_reused"}, {("pick", None)})
    # As it was, either comes back.
    publish(
        app,
        admin,
        form(key, of("name", "text"), of("day", "date"), of("pick", "select", options=COLOURS), of("free", "bool")),
    )
    assert ok(ent.get(f"/forms/{key}"))["version"] == 3


def test_a_retired_option_is_read_and_not_chosen(app, api):
    key, ent = "retired_option", api("ent_a")
    with app.app_context():
        publish_form(form(key, of("pick", "select", options=COLOURS)))
    old = submitted(ent, key, {"pick": "r"})
    with app.app_context():
        publish_form(form(key, of("pick", "select", options=[{**COLOURS[0], "retired": True}, *COLOURS[1:]])))
    found = create(ent, key, {"pick": "r"}, submit=True, status=422)
    assert codes(found) == {"retired_option"}
    assert read(ent, key, old)["answers"]["pick"] == "r"
    ok(ent.post(path(key, old, "/upgrade"), json={"lock_version": read(ent, key, old)["lock_version"]}))
    assert (read(ent, key, old)["form_version"], read(ent, key, old)["answers"]["pick"]) == (2, "r")


def test_the_dry_run_shows_by_the_law(app, api):
    """A designer who sees no record gets counts; whoever sees one masked gets masks."""
    key, admin, ent = "dry_law", api("city_admin"), api("ent_a")
    with app.app_context():
        publish_form(form(key, of("secret", "text", "secret"), of("open", "text")))
    create(ent, key, {"secret": "不可告人", "open": "看得见"})
    drafted(admin, form(key, of("secret", "integer", "secret"), of("open", "integer")))
    response = admin.get(f"/forms/{key}/dry-run")
    assert "不可告人" not in response.get_data(as_text=True)
    found = {item["field"]: item for item in response.get_json()["fields"]}
    assert (found["secret"]["aside"], found["open"]["aside"]) == (1, 1)
    for account in ("ent_a", "leader"):
        assert api(account).get(f"/forms/{key}/dry-run").status_code == 403
    assert [sample["masked"] for sample in found["secret"]["samples"]] in ([], [True])


def test_undo_asks_who_publishes(app, api):
    key, admin, ent = "undo_law", api("city_admin"), api("ent_a")
    with app.app_context():
        publish_form(form(key, of("day", "text")))
    create(ent, key, {"day": "2026-01-01"})
    publish(app, admin, form(key, of("day", "date")), {"day": "convert"})
    found = ok(admin.get(f"/forms/{key}/conversions"))["conversions"][0]["id"]
    for account in ("ent_a", "county_a", "leader", "auditor"):
        assert api(account).post(f"/forms/{key}/conversions/{found}/undo").status_code == 403
    assert admin.post(f"/forms/zoo/conversions/{found}/undo").status_code == 404
    ok(admin.post(f"/forms/{key}/conversions/{found}/undo"), 202)


def test_cells_of_rows_are_converted_and_settled_where_they_stand(app, api):
    key, ent = "cells", api("ent_a")
    with app.app_context():
        publish_form(form(key, of("rows", "subtable", fields=[of("a", "text"), of("b", "text")])))
    saved = create(ent, key, {"rows": [{"a": "一", "b": "1"}, {"a": "二", "b": "两"}]})
    with app.app_context():
        publish_form(
            form(key, of("rows", "subtable", fields=[of("a", "text"), of("b", "integer")])),
            choices={"rows.b": "convert"},
        )
    work(app)
    rows = read(ent, key, saved)["answers"]["rows"]
    assert [row.get("b") for row in rows] == [1, None]
    assert [(item["field"], item["row"], item["raw"]) for item in drawer(ent, key, saved)["aside"]] == [
        ("rows.b", 2, "两")
    ]
    change(ent, key, saved, {"rows": [{"_row": rows[0]["_row"]}, {"_row": rows[1]["_row"], "b": 2}]})
    assert drawer(ent, key, saved)["aside"] == []
    assert ids(listing(ent, key)) == [saved["id"]]
