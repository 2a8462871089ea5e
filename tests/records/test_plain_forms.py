"""Forms without a workflow, computed cells in rows, and a logged look into rows."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as
from app.database import unit_of_work
from app.errors import Conflict, Invalid, NotAllowed
from app.records import service
from tests.records.doors import change, create, ids, listing, ok, path, places, read, where
from tests.records.zoo import ZOO, definition, of, publish_form, who

SUMS, LOOK = "sum_zoo", "look_zoo"


@pytest.fixture(scope="module", autouse=True)
def forms(app):
    with app.app_context():
        raw = definition()
        raw["sections"][0]["fields"][0]["required"] = True
        publish_form(raw)
        rows = [of("food", "text"), of("grams", "integer"), of("double", "computed", compute="grams * 2")]
        for key, resource, fields in (
            (
                SUMS,
                "labor_demand",
                [
                    of("name", "text"),
                    of("meals", "subtable", fields=rows),
                    of("total", "computed", compute="sum(meals.double)"),
                ],
            ),
            (
                LOOK,
                "pt_teacher",
                [
                    of("name", "text"),
                    of("cooks", "subtable", fields=[of("cook", "text", "personal", mask="name_m"), of("task", "text")]),
                ],
            ),
        ):
            form = definition(
                key=key,
                resource=resource,
                serial=key[:2].upper(),
                fill_roles=["school_admin" if key == LOOK else "ent_admin"],
            )
            form["sections"][0]["fields"] = fields
            form["list"] = {"columns": ["name"], "order": "-_updated_at", "search": ["name"]}
            form.pop("published_when")
            publish_form(form)


def test_cells_and_totals_follow_the_rows(app, api):
    ent = api("ent_a")
    saved = create(ent, SUMS, {"name": "一", "meals": [{"food": "草", "grams": 3}, {"food": "肉", "grams": 4}]})
    answers = read(ent, SUMS, saved)["answers"]
    assert ([row["double"] for row in answers["meals"]], answers["total"]) == ([6, 8], 14)
    # What is worked out is nobody's to write, and the same again is no change.
    assert change(ent, SUMS, saved, answers)["lock_version"] == 1
    rows = [
        {"_row": answers["meals"][0]["_row"], "grams": 5, "double": 99},
        {"_row": answers["meals"][1]["_row"], "grams": None},
    ]
    change(ent, SUMS, saved, {"meals": rows})
    answers = read(ent, SUMS, saved)["answers"]
    assert ([row.get("double") for row in answers["meals"]], answers["total"]) == ([10, None], 10)
    assert ids(listing(ent, SUMS, filters=[where("total", "eq", 10)])) == [saved["id"]]
    change(ent, SUMS, saved, {"meals": None})
    assert read(ent, SUMS, saved)["answers"]["total"] == 0
    broken = create(ent, SUMS, {"meals": "no rows at all"})
    assert broken["state"] == "draft"
    assert read(ent, SUMS, broken)["lock_version"] == 1
    assert "0 条与原先不同" in app.test_cli_runner().invoke(args=["records", "rebuild", SUMS]).output


def test_a_record_is_submitted_once_by_who_may(app, api):
    ent = api("ent_a")
    saved = create(ent, ZOO, {"count": 1})
    with app.app_context():
        for account, error in (("ent_a_clerk", NotAllowed), ("leader", NotAllowed)):
            with acting_as(who(account)) as actor, pytest.raises(error):
                service.submit(actor, ZOO, saved["id"], 1)
        with acting_as(who("ent_a")) as actor:
            with pytest.raises(Invalid) as lacking, unit_of_work():
                service.submit(actor, ZOO, saved["id"], 1)
            assert [item.field for item in lacking.value.errors] == ["name"]
            with unit_of_work():
                service.update(actor, ZOO, saved["id"], 1, {"name": "狮"})
            with pytest.raises(Conflict) as stale, unit_of_work():
                service.submit(actor, ZOO, saved["id"], 1)
            assert (stale.value.code, stale.value.data["lock_version"]) == ("stale", 2)
            with unit_of_work():
                assert service.submit(actor, ZOO, saved["id"], 2).state == "submitted"
            for state in ("submitted", "void"):
                with pytest.raises(Conflict) as again, unit_of_work():
                    service.submit(actor, ZOO, saved["id"], service.read(actor, ZOO, saved["id"]).lock_version)
                assert (again.value.code, again.value.data["state"]) == ("state", state)
                if state == "submitted":
                    with unit_of_work():
                        service.void(actor, ZOO, saved["id"], "误填")
    assert read(ent, ZOO, saved)["state"] == "void"


def test_without_a_workflow_its_fill_roles_change_it(api):
    saved = create(api("ent_a"), ZOO, {"name": "虎"})
    # The county's employment service has the grant, and is no fill role of this form.
    refused = api("county_a_emp").put(path(ZOO, saved), json={"lock_version": 1, "answers": {"name": "豹"}})
    assert refused.status_code == 403
    assert change(api("county_a"), ZOO, saved, {"name": "豹"})["lock_version"] == 2
    assert places(create(api("ent_a"), ZOO, {}, submit=True, status=422)) == {("name", None)}


def test_a_look_into_rows(api):
    school = api("school_a")
    saved = create(school, LOOK, {"name": "一", "cooks": [{"cook": "张三丰", "task": "煮"}, {"cook": "李四光"}]})
    rows = read(school, LOOK, saved)["answers"]["cooks"]
    assert [row["cook"] for row in rows] == ["张**", "李**"]
    shown = ok(school.post(path(LOOK, saved, "/reveal"), json={"fields": ["cooks.cook"], "reason": "核对"}))["answers"]
    assert shown == {
        "cooks": [{"_row": rows[0]["_row"], "cook": "张三丰"}, {"_row": rows[1]["_row"], "cook": "李四光"}]
    }
    assert (
        api("school_b")
        .post(path(LOOK, saved, "/reveal"), json={"fields": ["cooks.cook"], "reason": "核对"})
        .status_code
        == 404
    )
