"""Previews of many records look at the first of them; a job counts all, exactly, and holds no answer."""

from __future__ import annotations

import json

import pytest

from app.access.actor import acting_as
from app.database import db, unit_of_work
from app.jobs import running
from app.records.versions import carrying, converting, upgrade_jobs
from app.records.writing import bulk
from tests.conftest import csrf_token
from tests.records.doors import create, ok
from tests.records.test_converting import drafted
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form, who

MANY, FEW = 30, 10


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let a page look at few records, and everything go by small pieces."""
    monkeypatch.setattr(converting, "LOOKED_AT", FEW)
    monkeypatch.setattr(upgrade_jobs, "LOOKED_AT", FEW)
    monkeypatch.setattr(carrying, "CHUNK", 7)


def work(app):
    with app.app_context():
        running.run_all()
        db.session.remove()


def written(app, key):
    """Publish a form with a text and write records of it, every tenth of which is no date."""
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("when", "text")))
        with acting_as(who("ent_a")) as actor:
            rows = [{"name": "秘密", "when": "待定" if n % 10 == 0 else "2026.3.1"} for n in range(MANY)]
            with unit_of_work():
                bulk.create_many(actor, key, rows, batch="t" * 26)
            with unit_of_work():
                bulk.show(actor, key, "t" * 26)
        db.session.remove()


def retype(admin, key, *more):
    """Make the text a date in the draft."""
    drafted(admin, form(key, of("name", "text"), of("when", "date"), *more))


def counts(found):
    return next((item["ok"], item["changed"], item["aside"]) for item in found["fields"] if item["field"] == "when")


def test_a_dry_run_is_counted_over_all_records(app, api, sign_in):
    admin, key = api("city_admin"), "count_convert"
    written(app, key)
    retype(admin, key)
    trial = f"/forms/{key}/dry-run"
    found = ok(admin.get(trial))
    assert (found["total"], found["complete"], found["job"]) == (MANY, False, None)
    assert found["records"] < MANY
    job = ok(admin.post(f"{trial}/count"), 202)["job"]
    assert ok(admin.post(f"{trial}/count"), 202)["job"] == job
    assert ok(admin.get(trial))["job"] == job
    work(app)
    told = ok(admin.get(f"/jobs/{job}"))
    assert (told["state"], told["done"], told["total"]) == ("done", MANY, MANY)
    assert "待定" not in json.dumps(told, ensure_ascii=False)
    found = ok(admin.get(trial))
    assert (found["records"], found["complete"]) == (MANY, True)
    assert sum(counts(found)) == MANY
    assert counts(found)[2] == 3
    assert found["counted_at"]
    page = sign_in("city_admin").get(f"/records/{key}/conversions").get_data(as_text=True)
    assert f"全部 {MANY} 条" in page


def test_what_was_counted_holds_for_that_draft_and_those_records(app, api):
    admin, key = api("city_admin"), "count_stale"
    written(app, key)
    retype(admin, key)
    trial = f"/forms/{key}/dry-run"
    ok(admin.post(f"{trial}/count"), 202)
    work(app)
    assert ok(admin.get(trial))["complete"]
    create(api("ent_a"), key, {"name": "又一", "when": "2026-05-01"})
    assert not ok(admin.get(trial))["complete"]
    job = ok(admin.post(f"{trial}/count"), 202)["job"]
    retype(admin, key, of("more", "text"))
    work(app)
    assert ok(admin.get(f"/jobs/{job}"))["state"] == "failed"
    assert not ok(admin.get(trial))["complete"]
    # The twin: counted anew it holds again.
    ok(admin.post(f"{trial}/count"), 202)
    work(app)
    assert ok(admin.get(trial))["records"] == MANY + 1


def test_an_upgrade_is_counted_over_all_records_in_view(app, api, sign_in):
    ent, key = api("ent_a"), "count_upgrade"
    written(app, key)
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("when", "text"), of("must", "text", required=True)))
    found = ok(ent.get(f"/forms/{key}/upgrades"))
    assert (found["total"], found["complete"]) == (MANY, False)
    web = sign_in("ent_a")
    page = web.get(f"/records/{key}/upgrades").get_data(as_text=True)
    started = web.post(f"/records/{key}/upgrades/count", data={"csrf_token": csrf_token(page)})
    assert started.status_code == 302
    work(app)
    found = ok(ent.get(f"/forms/{key}/upgrades"))
    assert (found["records"], found["complete"]) == (MANY, True)
    # Somebody else has counted nothing, and sees none of these.
    assert ok(api("ent_b").get(f"/forms/{key}/upgrades"))["total"] == 0
