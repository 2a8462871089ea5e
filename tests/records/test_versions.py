"""A form changes while records stand: what is new appears everywhere, what was before stays as it was."""

from __future__ import annotations

from copy import deepcopy

import pytest
import sqlalchemy as sa

from app import create_app
from app.caches import clear_all
from app.database import db
from app.jobs import running
from app.records.projection.schema import existing_columns
from tests.conftest import ApiClient
from tests.records.doors import DEMAND, change, codes, create, ids, listing, ok, path, places, read, submitted, where
from tests.records.zoo import definition, of, publish_form


def form(key, *fields, **more):
    """Return a small form; its list shows every field."""
    raw = definition(key=key, serial=key[-4:].upper().replace("_", "X"), **more)
    raw["sections"] = [{"key": "all", "title": {"zh": "全部", "en": "All"}, "fields": list(fields)}]
    raw["list"] = {
        "columns": [item["key"] for item in fields if item["type"] != "subtable"],
        "order": "-_updated_at",
        "search": [item["key"] for item in fields if item["type"] == "text"][:1],
    }
    raw.pop("published_when")
    return raw


def columns(app, table):
    with app.app_context():
        found = existing_columns(table)
        db.session.rollback()
    return found


def test_a_new_field_appears_everywhere_by_the_api_alone(app, api, sign_in):
    admin, ent = api("city_admin"), api("ent_a")
    old = submitted(ent, DEMAND, {**_demand("旧版")})
    draft = ok(admin.get(f"/forms/{DEMAND}/draft"))
    changed = deepcopy(draft["definition"])
    changed["sections"][0]["fields"].append(
        {"key": "hotline", "type": "text", "label": {"zh": "用工热线", "en": "Hotline"}, "class": "public"}
    )
    changed["list"]["columns"].insert(1, "hotline")
    saved = ok(admin.put(f"/forms/{DEMAND}/draft", json={"lock_version": draft["lock_version"], "definition": changed}))
    answer = ok(
        admin.post(f"/forms/{DEMAND}/publish", json={"lock_version": saved["lock_version"], "note": "加热线"}), 202
    )
    assert answer["impact"]["class"] == "additive"
    with app.app_context():
        assert running.run_all() >= 1
    assert ok(admin.get(f"/jobs/{answer['job']}"))["state"] == "done"

    number = ok(ent.get(f"/forms/{DEMAND}"))["version"]
    assert "hotline" in columns(app, f"data_{DEMAND}")
    new = create(ent, DEMAND, {"hotline": "0452-1234567"})
    view = read(ent, DEMAND, new)
    assert (view["form_version"], view["answers"]["hotline"]) == (number, "0452-1234567")
    assert ids(listing(ent, DEMAND, filters=[where("hotline", "starts", "0452")])) == [new["id"]]
    assert ids(listing(ent, DEMAND, order="-hotline"))[0] == new["id"]
    web = sign_in("ent_a")
    page = web.get(f"/records/{DEMAND}/list").get_data(as_text=True)
    assert "用工热线" in page
    assert "0452-1234567" in page
    assert "用工热线" in web.get(f"/records/{DEMAND}/add").get_data(as_text=True)
    # The record of before keeps its version and is read, listed and changed under it.
    view = read(ent, DEMAND, old)
    assert view["form_version"] == number - 1
    assert "hotline" not in view["answers"]
    assert ok(ent.get(f"/forms/{DEMAND}/versions/{number - 1}"))["definition"] == draft["definition"]
    assert "用工热线" not in web.get(f"/records/{DEMAND}/show/{old['id']}").get_data(as_text=True)
    assert old["id"] in ids(listing(ent, DEMAND, filters=[where("hotline", "empty")]))


def _demand(name):
    from tests.samples import demand

    return demand(name)


def test_what_was_handed_in_is_changed_under_its_version(app, api):
    ent = api("ent_a")
    with app.app_context():
        publish_form(form("old_draft", of("name", "text"), of("count", "integer")))
    saved = submitted(ent, "old_draft", {"name": "旧", "count": 1})
    with app.app_context():
        publish_form(form("old_draft", of("name", "text"), of("count", "integer"), of("extra", "text")))
    change(ent, "old_draft", saved, {"count": 2})
    assert codes(change(ent, "old_draft", saved, {"extra": "x"}, status=422)) == {"unknown_field"}
    assert read(ent, "old_draft", saved)["form_version"] == 1
    revisions = ok(ent.get(path("old_draft", saved, "/revisions")))
    assert [(item["form_version"], [change["field"] for change in item["changes"]]) for item in revisions] == [
        (1, ["name", "count"]),
        (1, ["count"]),
    ]
    assert ids(listing(ent, "old_draft", filters=[where("count", "eq", 2)])) == [saved["id"]]


def test_a_retired_field_keeps_its_column_and_its_data(app, api):
    ent = api("ent_a")
    with app.app_context():
        publish_form(
            form(
                "retired",
                of("name", "text"),
                of("gone", "integer"),
                of("rows", "subtable", fields=[of("a", "text"), of("b", "integer")]),
            )
        )
    saved = create(ent, "retired", {"name": "一", "gone": 7, "rows": [{"a": "x", "b": 1}]})
    with app.app_context():
        publish_form(form("retired", of("name", "text"), of("rows", "subtable", fields=[of("a", "text")])))
    assert "gone" in columns(app, "data_retired")
    assert "b" in columns(app, "data_retired__rows")
    view = read(ent, "retired", saved)
    assert (view["answers"]["gone"], view["answers"]["rows"][0]["b"]) == (7, 1)
    for name in ("gone", "rows.b"):
        assert codes(listing(ent, "retired", filters=[where(name, "eq", 7)], status=400)) == {"unknown_field"}
        assert codes(listing(ent, "retired", order=name, status=400)) == {"order"}
    assert places(create(ent, "retired", {"name": "二", "gone": 1}, status=422)) == {("gone", None)}
    # An old record is still changed as it was filled, and both keep projecting.
    change(ent, "retired", saved, {"gone": 8})
    with app.app_context():
        row = db.session.execute(
            sa.text("SELECT gone FROM data_retired WHERE _id = :id").execution_options(tenant_ok="test"),
            {"id": saved["id"]},
        ).one()
    assert row.gone == 8
    # Brought back, it finds its column and its data.
    with app.app_context():
        publish_form(
            form("retired", of("name", "text"), of("gone", "integer"), of("rows", "subtable", fields=[of("a", "text")]))
        )
    assert ids(listing(ent, "retired", filters=[where("gone", "eq", 8)])) == [saved["id"]]


def test_another_type_gets_another_column(app, api):
    ent = api("ent_a")
    with app.app_context():
        publish_form(form("retyped", of("value", "text"), of("rows", "subtable", fields=[of("cell", "text")])))
    old = create(ent, "retyped", {"value": "十二", "rows": [{"cell": "三"}]})
    with app.app_context():
        publish_form(
            form("retyped", of("value", "integer"), of("rows", "subtable", fields=[of("cell", "date")])),
            choices={"value": "retire", "rows.cell": "retire"},
        )
    assert {"value", "value__2", "value__sort"} <= columns(app, "data_retyped")
    assert {"cell", "cell__2"} <= columns(app, "data_retyped__rows")
    new = create(ent, "retyped", {"value": 12, "rows": [{"cell": "2026-03-01"}]})
    assert read(ent, "retyped", old)["answers"]["value"] == "十二"
    assert read(ent, "retyped", new)["answers"] == {
        "value": 12,
        "rows": [{"_row": read(ent, "retyped", new)["answers"]["rows"][0]["_row"], "cell": "2026-03-01"}],
    }
    assert ids(listing(ent, "retyped", filters=[where("value", "gte", 10)])) == [new["id"]]
    assert ids(listing(ent, "retyped", filters=[where("value", "empty")])) == [old["id"]]
    assert ids(listing(ent, "retyped", order="value")) == [new["id"], old["id"]]
    with app.app_context():
        publish_form(
            form("retyped", of("value", "decimal"), of("rows", "subtable", fields=[of("cell", "date")])),
            choices={"value": "retire"},
        )
        # And back: the first column is found again.
        publish_form(form("retyped", of("value", "text"), of("rows", "subtable", fields=[of("cell", "date")])))
    assert {"value__2", "value__3"} <= columns(app, "data_retyped")
    assert "value__4" not in columns(app, "data_retyped")
    assert ids(listing(ent, "retyped", filters=[where("value", "eq", "十二")])) == [old["id"]]


def test_options_moved_keep_one_order(app, api):
    ent = api("ent_a")
    three = [{"code": code, "zh": code, "en": code} for code in "abc"]
    with app.app_context():
        publish_form(form("options", of("pick", "select", options=three)))
    saved = {code: create(ent, "options", {"pick": code})["id"] for code in "cab"}
    assert ids(listing(ent, "options", order="pick")) == [saved[code] for code in "abc"]
    with app.app_context():
        publish_form(form("options", of("pick", "select", options=[three[2], three[0], three[1]])))
    later = create(ent, "options", {"pick": "a"})["id"]
    assert ids(listing(ent, "options", order="pick")) == [saved["c"], saved["a"], later, saved["b"]]


def test_a_code_list_moved_keeps_one_order(app, api):
    from app.access.actor import acting_as, system_actor
    from app.builder import service as builder
    from app.database import unit_of_work

    ent = api("ent_a")

    def save(codes_):
        items = {
            "key": "test_list",
            "title": {"zh": "表", "en": "List"},
            "items": [{"code": code, "zh": code, "en": code} for code in codes_],
        }
        with app.app_context(), acting_as(system_actor("seeds")) as actor, unit_of_work():
            builder.save_code_list(actor, "test_list", items)

    save("abc")
    with app.app_context():
        publish_form(form("listed", of("pick", "select", codelist="test_list")))
    saved = {code: create(ent, "listed", {"pick": code})["id"] for code in "abc"}
    save("cab")
    assert ids(listing(ent, "listed", order="pick")) == [saved[code] for code in "cab"]


def test_a_raised_class_hides_what_was_open(app, api):
    """Of the two classes of a field, that of the record's version and that of now, the stricter one counts."""
    ent, county = api("ent_a"), api("county_a")
    with app.app_context():
        publish_form(form("raised", of("name", "text"), of("note", "text")))
    saved = create(ent, "raised", {"name": "一", "note": "敏感内容"})
    assert read(county, "raised", saved)["answers"]["note"] == "敏感内容"
    assert listing(county, "raised", q="一")["count"] == 1
    with app.app_context():
        publish_form(form("raised", of("name", "text", "personal", mask="name_m"), of("note", "text", "secret")))
    view = read(county, "raised", saved)
    assert "note" not in view["answers"]
    assert "一" not in view["answers"]["name"]
    assert listing(county, "raised", q="一")["count"] == 0
    assert listing(ent, "raised", q="一")["count"] == 1
    assert "敏感" not in county.get(path("raised", saved, "/revisions")).get_data(as_text=True)


def test_a_search_field_added_finds_what_was_there(app, api):
    ent = api("ent_a")
    with app.app_context():
        publish_form(form("found", of("name", "text"), of("note", "text")))
    saved = create(ent, "found", {"name": "一", "note": "补充说明"})
    assert listing(ent, "found", q="补充")["count"] == 0
    raw = form("found", of("name", "text"), of("note", "text"))
    raw["list"]["search"] = ["name", "note"]
    with app.app_context():
        publish_form(raw)
    assert ids(listing(ent, "found", q="补充")) == [saved["id"]]


def test_a_publication_rule_added_opens_what_was_there(app, api):
    ent, county = api("ent_a"), api("county_b")
    fields = (
        of("name", "text"),
        of("open", "bool"),
        of("rows", "subtable", fields=[of("a", "text"), of("ok", "bool")]),
    )
    with app.app_context():
        publish_form(form("opened", *fields))
    saved = submitted(ent, "opened", {"name": "一", "open": True, "rows": [{"a": "x", "ok": True}, {"a": "y"}]})
    assert read(county, "opened", saved, 404)
    raw = form("opened", *fields)
    raw["published_when"] = {
        "record": "open = true",
        "rows": {"rows": "ok = true"},
        "fields": ["name"],
        "states": ["submitted"],
    }
    with app.app_context():
        publish_form(raw)
    answers = read(county, "opened", saved)["answers"]
    assert set(answers) == {"name", "rows"}
    assert [row["a"] for row in answers["rows"]] == ["x"]
    # And what is taken back is closed, for what was filled before as well.
    raw["published_when"]["fields"] = []
    raw["published_when"].pop("record")
    with app.app_context():
        publish_form(raw)
    assert set(read(county, "opened", saved)["answers"]) == {"rows"}


@pytest.mark.parametrize("cold", [True, False])
def test_another_application_sees_it_at_its_next_request(app, api, cold):
    """Two applications on one database, as two processes are: no restart, no message between them."""
    key = f"shared_{int(cold)}"
    with app.app_context():
        publish_form(form(key, of("name", "text")))
    settings = {
        name: app.config[name]
        for name in (
            "TESTING",
            "DEMO_MODE",
            "SECRET_KEY",
            "JWT_SECRET_KEY",
            "DATA_DIR",
            "SQLALCHEMY_DATABASE_URI",
            "SQLALCHEMY_ENGINE_OPTIONS",
        )
    }
    other = create_app(settings)
    try:
        there = ApiClient(other, "ent_a")
        saved = create(there, key, {"name": "那边"})
        assert codes(create(there, key, {"extra": 1}, status=422)) == {"unknown_field"}
        with app.app_context():
            publish_form(form(key, of("name", "text"), of("extra", "integer")))
        if cold:
            clear_all()
        later = create(there, key, {"name": "后来", "extra": 5})
        assert read(there, key, later)["form_version"] == 2
        assert read(api("ent_a"), key, later)["answers"]["extra"] == 5
        assert read(there, key, saved)["form_version"] == 1
        assert ids(listing(there, key, filters=[where("extra", "eq", 5)])) == [later["id"]]
    finally:
        with other.app_context():
            db.session.remove()
            db.engine.dispose()
