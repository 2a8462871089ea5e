"""A record is brought to another version because somebody says so: shown first, nothing lost, by the law."""

from __future__ import annotations

import pytest

from app.jobs import running
from tests.records.doors import change, codes, create, ids, listing, ok, path, read, submitted, where
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form

COLOURS = [{"code": code, "zh": zh, "en": zh} for code, zh in (("r", "红"), ("g", "绿"), ("b", "蓝"))]


def preview(client, key, record, status=200):
    return ok(client.get(path(key, record, "/upgrade")), status)


def upgrade(client, key, record, *, status=200, lock=None):
    lock = read(client, key, record)["lock_version"] if lock is None else lock
    return ok(client.post(path(key, record, "/upgrade"), json={"lock_version": lock}), status)


def drawer(client, key, record):
    return ok(client.get(path(key, record, "/unasked")))


def kinds(found):
    return {(step["field"], step["row"]): step["kind"] for step in found["steps"]}


def first(key):
    return form(
        key,
        of("name", "text"),
        of("gone", "integer"),
        of("when", "text"),
        of("colour", "select", options=COLOURS),
        of("plan", "text", "secret"),
        of("rows", "subtable", fields=[of("a", "text"), of("b", "integer")]),
    )


def second(key):
    return form(
        key,
        of("name", "text"),
        of("when", "date"),
        of("colour", "select", options=[{**COLOURS[0], "code": "red"}, COLOURS[1], COLOURS[2]]),
        of("plan", "text", "secret"),
        of("must", "text", required=True),
        of("rows", "subtable", fields=[of("a", "text"), of("c", "text", required=True)]),
    )


ANSWERS = {
    "name": "一",
    "gone": 7,
    "when": "2026.3.1",
    "colour": "r",
    "rows": [{"a": "x", "b": 1}, {"a": "y", "b": 2}],
}


def test_an_upgrade_is_shown_and_then_loses_nothing(app, api):
    ent, key = api("ent_a"), "up_one"
    with app.app_context():
        publish_form(first(key))
    saved = create(ent, key, ANSWERS)
    with app.app_context():
        publish_form(second(key), choices={"when": "convert"})
    # What takes away waits until somebody says so.
    change(ent, key, saved, {"name": "二"})
    assert read(ent, key, saved)["form_version"] == 1
    before = read(ent, key, saved)
    found = preview(ent, key, saved)
    assert (found["from"], found["to"], found["class"], found["possible"]) == (1, 2, "structural", True)
    assert kinds(found) == {
        ("name", None): "carried",
        ("gone", None): "retired",
        ("when", None): "changed",
        ("colour", None): "mapped",
        ("rows.a", 1): "carried",
        ("rows.b", 1): "retired",
        ("rows.a", 2): "carried",
        ("rows.b", 2): "retired",
    }
    assert [(item["field"], item["row"]) for item in found["required"]] == [
        ("must", None),
        ("rows.c", 1),
        ("rows.c", 2),
    ]
    assert any("gone" in line for line in found["changes"])
    assert read(ent, key, saved) == before
    assert upgrade(ent, key, saved)["form_version"] == 2
    view = read(ent, key, saved)
    rows = before["answers"]["rows"]
    assert view["answers"] == {
        "name": "二",
        "when": "2026-03-01",
        "colour": "red",
        "rows": [{"_row": rows[0]["_row"], "a": "x"}, {"_row": rows[1]["_row"], "a": "y"}],
    }
    assert (view["state"], view["serial"], view["lock_version"]) == ("draft", before["serial"], 3)
    # What is asked no more is read under the label of then.
    assert [(item["field"], item["form_version"], item["value"]) for item in drawer(ent, key, saved)["unasked"]] == [
        ("gone", 1, 7),
        ("rows.b", 1, {rows[0]["_row"]: 1, rows[1]["_row"]: 2}),
    ]
    assert [item["origin"] for item in ok(ent.get(path(key, saved, "/revisions")))] == ["api", "api", "upgrade"]
    assert ids(listing(ent, key, filters=[where("when", "eq", "2026-03-01")])) == [saved["id"]]
    assert codes_of(upgrade(ent, key, saved, status=409)) == "up_to_date"
    assert codes_of(preview(ent, key, saved, status=409)) == "up_to_date"
    result = app.test_cli_runner().invoke(args=["records", "rebuild", key])
    assert "0 条与原先不同" in result.output, result.output


def codes_of(problem):
    return problem["code"]


def test_what_does_not_fit_is_set_aside_and_settled_by_typing(app, api):
    ent, county, key = api("ent_a"), api("county_a"), "up_aside"
    with app.app_context():
        publish_form(form(key, of("when", "text"), of("note", "text", "secret")))
    saved = submitted(ent, key, {"when": "明年春天", "note": "等通知"})
    with app.app_context():
        publish_form(
            form(key, of("when", "date"), of("note", "integer", "secret")),
            choices={"when": "convert", "note": "convert"},
        )
    step = next(step for step in preview(ent, key, saved)["steps"] if step["field"] == "when")
    assert (step["kind"], step["old"], step["new"], bool(step["reason"])) == ("aside", "明年春天", None, True)
    upgrade(ent, key, saved)
    view = read(ent, key, saved)
    assert (view["form_version"], view["state"]) == (2, "submitted")
    assert "when" not in view["answers"]
    aside = {item["field"]: item for item in drawer(ent, key, saved)["aside"]}
    assert (aside["when"]["raw"], aside["when"]["from"], aside["when"]["to"]) == ("明年春天", "text", "date")
    # A secret that does not fit stays one.
    assert aside["note"]["masked"]
    text = county.get(path(key, saved, "/unasked")).get_data(as_text=True)
    assert "明年春天" in text
    assert "等通知" not in text
    change(ent, key, saved, {"when": "2027-03-01"})
    assert [item["field"] for item in drawer(ent, key, saved)["aside"]] == ["note"]


def test_only_who_may_change_a_record_upgrades_it(app, api):
    ent, other, county, leader, key = api("ent_a"), api("ent_b"), api("county_a"), api("leader"), "up_law"
    with app.app_context():
        publish_form(form(key, of("name", "text"), fill_roles=["ent_admin"]))
    saved = create(ent, key, {"name": "一"})
    with app.app_context():
        publish_form(form(key, of("other", "text"), fill_roles=["ent_admin"]))
    for client, status in ((other, 404), (leader, 403), (county, 403)):
        preview(client, key, saved, status)
        upgrade(client, key, saved, status=status, lock=1)
    assert upgrade(ent, key, saved, lock=5, status=409)["code"] == "stale"
    assert read(ent, key, saved)["form_version"] == 1
    upgrade(ent, key, saved)
    # A masked answer is carried unseen.
    assert read(ent, key, saved)["answers"] == {}


def test_a_field_that_comes_back_brings_its_answers(app, api):
    ent, key = api("ent_a"), "up_back"
    table = of("rows", "subtable", fields=[of("a", "text"), of("b", "integer")])
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "integer"), table))
    saved = create(ent, key, {"name": "一", "gone": 7, "rows": [{"a": "x", "b": 1}]})
    whole = read(ent, key, saved)["answers"]
    with app.app_context():
        publish_form(form(key, of("name", "text")))
    upgrade(ent, key, saved)
    assert read(ent, key, saved)["answers"] == {"name": "一"}
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "integer"), table))
    assert kinds(preview(ent, key, saved)) == {
        ("name", None): "carried",
        ("gone", None): "restored",
        ("rows", None): "restored",
    }
    upgrade(ent, key, saved)
    assert read(ent, key, saved)["answers"] == whole
    assert drawer(ent, key, saved)["unasked"] == []


def test_a_draft_takes_light_changes_with_its_next_save(app, api):
    ent, key = api("ent_a"), "up_light"
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "integer")))
    draft, handed_in = create(ent, key, {"name": "一", "gone": 3}), submitted(ent, key, {"name": "二"})
    with app.app_context():
        publish_form(
            form(key, of("name", "text", label={"zh": "姓名", "en": "Name"}), of("gone", "integer"), of("more", "text"))
        )
    change(ent, key, draft, {})
    assert read(ent, key, draft)["form_version"] == 1
    change(ent, key, draft, {"more": "补充"})
    view = read(ent, key, draft)
    assert (view["form_version"], view["answers"]) == (2, {"name": "一", "gone": 3, "more": "补充"})
    # What was handed in keeps the version that it is judged by.
    assert codes(change(ent, key, handed_in, {"more": "x"}, status=422)) == {"unknown_field"}
    change(ent, key, handed_in, {"gone": 4})
    assert read(ent, key, handed_in)["form_version"] == 1
    # And nothing that takes away comes by itself.
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("more", "text")))
    change(ent, key, draft, {"gone": 9})
    assert (read(ent, key, draft)["form_version"], read(ent, key, draft)["answers"]["gone"]) == (2, 9)


@pytest.mark.parametrize("named", [True, False])
def test_many_are_upgraded_by_a_job(app, api, named):
    ent, other, key = api("ent_a"), api("ent_b"), f"up_many_{int(named)}"
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("colour", "select", options=COLOURS)))
    mine = [submitted(ent, key, {"name": str(no), "colour": "g" if no else "r"}) for no in range(5)]
    theirs = submitted(other, key, {"name": "别家", "colour": "g"})
    void = create(ent, key, {"name": "作废"})
    ok(ent.delete(path(key, void), json={"reason": "误填"}))
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("colour", "select", options=COLOURS[1:])))
    found = ok(ent.get(f"/forms/{key}/upgrades"))
    assert (found["records"], found["total"], found["complete"]) == (5, 5, True)
    colour = next(item for item in found["fields"] if item["field"] == "colour")
    assert (colour["ok"], colour["changed"], colour["aside"]) == (4, 0, 1)
    assert [sample["old"] for sample in colour["samples"] if sample["kind"] == "aside"] == ["r"]
    wanted = [record["id"] for record in mine[:3]] + [theirs["id"]] if named else None
    job = ok(ent.post(f"/forms/{key}/upgrades", json={"ids": wanted}), 202)["job"]
    with app.app_context():
        running.run_all()
    answer = ok(ent.get(f"/jobs/{job}"))
    assert (answer["state"], answer["result"]["counts"]) == ("done", {"upgraded": 3 if named else 5, "aside": 1})
    versions = [read(ent, key, record)["form_version"] for record in mine]
    assert versions == ([2, 2, 2, 1, 1] if named else [2] * 5)
    assert read(other, key, theirs)["form_version"] == 1
    assert read(ent, key, void)["form_version"] == 1
    if not named:
        assert ok(ent.post(f"/forms/{key}/upgrades", json={}), 409)["code"] == "up_to_date"
