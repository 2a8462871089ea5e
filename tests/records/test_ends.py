"""Earlier versions end where the publisher says so: drafts come to the present one, what was handed in is sealed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.access.actor import today
from tests.conftest import csrf_token
from tests.records.doors import change, create, ok, path, read
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form

ANSWERS = {"name": "一", "gone": 7, "when": "2026-03-01"}


def two(app, key):
    """Publish two versions of a form; whoever asks gets records of the first before the second is there."""
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "integer"), of("when", "text")))

    def publish():
        with app.app_context():
            publish_form(form(key, of("name", "text"), of("when", "text"), of("must", "text", required=True)))

    return publish


def end(admin, key, day=None, *, sealed=False, status=200):
    body = {"force_after": day and day.isoformat(), "sealed": sealed}
    return ok(admin.put(f"/forms/{key}/ends", json=body), status)


def hand_in(web, key, record, version, **typed):
    """Post the page of a draft, as it was drawn with a version, with the button that hands it in."""
    address = f"/records/{key}/edit/{record['id']}"
    page = web.get(address).get_data(as_text=True)
    lock = re.search('name="lock_version" value="([0-9]+)"', page).group(1)
    data = {"csrf_token": csrf_token(page), "lock_version": lock, "form_version": version, "_do": "submit"}
    return web.post(address, data={**data, **{f"f-{name}": value for name, value in typed.items()}})


def test_drafts_go_on_until_the_day_and_then_come_to_the_present_version(app, api, sign_in):
    ent, admin, key = api("ent_a"), api("city_admin"), "end_drafts"
    publish = two(app, key)
    saved, other = create(ent, key, ANSWERS), create(ent, key, ANSWERS)
    publish()
    found = end(admin, key, today())
    assert (found["no"], found["drafts"], found["records"], found["sealed"]) == (2, 2, 0, False)
    # The day itself still counts: it is saved and could be handed in.
    change(ent, key, saved, {"name": "二"})
    assert read(ent, key, saved)["form_version"] == 1
    end(admin, key, today() - timedelta(days=1))
    web = sign_in("ent_a")
    refused = hand_in(web, key, other, "1", name="一")
    assert refused.status_code == 422
    assert "第 1 版只能填报到" in refused.get_data(as_text=True)
    # The next save brings it over; nothing is lost, and what the new version asks for is asked for.
    change(ent, key, saved, {"name": "三"})
    now = read(ent, key, saved)
    assert (now["form_version"], now["answers"]["name"]) == (2, "三")
    drawer = ok(ent.get(path(key, saved, "/unasked")))
    assert [(item["field"], item["value"]) for item in drawer["unasked"]] == [("gone", 7)]
    assert hand_in(web, key, saved, "2").status_code == 422
    assert hand_in(web, key, saved, "2", must="有").status_code == 302
    assert read(ent, key, saved)["state"] == "submitted"
    # Taken back, the other goes on as it was.
    assert end(admin, key)["force_after"] is None
    change(ent, key, other, {"gone": 8})
    assert read(ent, key, other)["form_version"] == 1


def test_a_page_that_was_open_loses_nothing_when_the_day_is_over(app, api, sign_in):
    ent, admin, key = api("ent_a"), api("city_admin"), "end_page"
    publish = two(app, key)
    saved = create(ent, key, ANSWERS)
    publish()
    end(admin, key, today() + timedelta(days=3))
    web, address = sign_in("ent_a"), f"/records/{key}/edit/{saved['id']}"
    page = web.get(address).get_data(as_text=True)
    assert (today() + timedelta(days=3)).isoformat() in page
    end(admin, key, today() - timedelta(days=1))
    data = {"csrf_token": csrf_token(page), "lock_version": saved["lock_version"], "form_version": "1", "f-gone": "9"}
    assert web.post(address, data={**data, "_do": "save"}).status_code == 302
    kept = read(ent, key, saved)
    assert (kept["form_version"], kept["answers"]["gone"]) == (1, 9)
    fresh = web.get(address).get_data(as_text=True)
    assert 'name="f-must"' in fresh
    assert 'name="f-gone"' not in fresh


def test_a_seal_leaves_only_the_upgrade(app, api, sign_in):
    ent, admin, key = api("ent_a"), api("city_admin"), "end_seal"
    publish = two(app, key)
    record, twin = create(ent, key, ANSWERS, submit=True), create(ent, key, ANSWERS)
    publish()
    change(ent, key, record, {"name": "二"})
    assert end(admin, key, sealed=True)["records"] == 1
    refused = change(ent, key, record, {"name": "三"}, status=409)
    assert refused["code"] == "sealed"
    # A draft is not sealed.
    change(ent, key, twin, {"name": "三"})
    web = sign_in("ent_a")
    moved = web.get(f"/records/{key}/edit/{record['id']}")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"/records/{key}/upgrade/{record['id']}")
    assert "封存" in web.get(f"/records/{key}/show/{record['id']}").get_data(as_text=True)
    lock = read(ent, key, record)["lock_version"]
    ok(ent.post(path(key, record, "/upgrade"), json={"lock_version": lock}))
    change(ent, key, record, {"name": "三"})
    assert read(ent, key, record)["answers"]["name"] == "三"


@pytest.mark.parametrize(("day", "status"), [("2026-02-30", 422), ("9999-01-01", 422), ("2030-01-01", 200)])
def test_who_publishes_says_so_and_nobody_else(app, api, sign_in, day, status):
    admin, key = api("city_admin"), "end_rights"
    publish = two(app, key)
    first = admin.put(f"/forms/{key}/ends", json={"force_after": None, "sealed": True})
    assert first.status_code in {200, 422}
    publish()
    assert admin.put(f"/forms/{key}/ends", json={"force_after": day, "sealed": False}).status_code == status
    assert api("ent_a").put(f"/forms/{key}/ends", json={"force_after": None, "sealed": True}).status_code == 403
    web = sign_in("city_admin")
    page = web.get(f"/forms/{key}").get_data(as_text=True)
    data = {"csrf_token": csrf_token(page), "force_after": "2031-01-01", "sealed": "1"}
    assert web.post(f"/forms/{key}/ends", data=data).status_code == 302
    found = ok(admin.get(f"/forms/{key}/ends"))
    assert (found["force_after"], found["sealed"]) == ("2031-01-01", True)
