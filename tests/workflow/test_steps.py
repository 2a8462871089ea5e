"""Steps beyond the story: the calendar, renewal, four eyes, what waits for whom, messages."""

from __future__ import annotations

from datetime import date

from app.access.actor import acting_as
from app.records.writing import context
from app.workflow.service import work_list
from app.workflow.tick import tick
from tests.samples import demand

FORM = "/forms/labor_demand_survey/records"


def act(client, record_id, verb, lock_version, **body):
    return client.post(f"{FORM}/{record_id}/actions/{verb}", json={"lock_version": lock_version, **body})


def submitted(client, name):
    response = client.post(FORM, json={"answers": demand(name), "submit": True})
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()


def collected(api, name):
    saved = submitted(api("ent_a"), name)
    done = act(api("county_a"), saved["id"], "approve", saved["lock_version"])
    done = act(api("city_voc"), saved["id"], "collect", done.get_json()["lock_version"])
    assert done.status_code == 200, done.get_data(as_text=True)
    return saved["id"]


def test_the_calendar_expires_what_is_over_and_it_can_be_renewed(app, api, sign_in, monkeypatch):
    record_id, ent = collected(api, "焊工"), api("ent_a")
    with app.app_context():
        tick()
    assert ent.get(f"{FORM}/{record_id}").get_json()["state"] == "collected"
    monkeypatch.setattr(context, "today", lambda: date(2027, 7, 1))
    with app.app_context():
        assert tick() >= 1
    view = ent.get(f"{FORM}/{record_id}").get_json()
    assert view["state"] == "expired"
    for language, name in (("zh", "系统（定时任务）"), ("en", "The system (schedule)")):
        found = api("ent_a", language).get(f"{FORM}/{record_id}/revisions").get_json()
        assert found[-1]["by"] == name
    history = sign_in("ent_a").get(f"/records/labor_demand_survey/history/{record_id}").get_data(as_text=True)
    assert "系统（定时任务）" in history
    assert "system:" not in history
    monkeypatch.undo()
    renewed = act(ent, record_id, "renew", view["lock_version"])
    assert renewed.status_code == 200, renewed.get_data(as_text=True)
    new = renewed.get_json()
    assert (new["state"], new["id"] != record_id) == ("draft", True)
    copy = ent.get(f"{FORM}/{new['id']}").get_json()["answers"]
    assert [row["position_name"] for row in copy["positions"]] == ["焊工1", "焊工2"]
    assert ent.get(f"{FORM}/{record_id}").get_json()["state"] == "expired"


def test_nobody_takes_a_step_of_the_system(api):
    record_id = collected(api, "铣工")
    lock = api("ent_a").get(f"{FORM}/{record_id}").get_json()["lock_version"]
    for account in ("ent_a", "county_a", "city_voc", "city_admin"):
        assert act(api(account), record_id, "expire", lock).status_code == 403


def test_who_fills_for_others_says_for_whom(app, api, actor):
    """As on the page: what a bureau hands in belongs to an enterprise; the draft waits until that is said."""
    county = api("county_a")
    at_once = county.post(FORM, json={"answers": demand("代一"), "submit": True})
    draft = county.post(FORM, json={"answers": demand("代二")})
    assert draft.status_code == 201
    later = act(county, draft.get_json()["id"], "submit", draft.get_json()["lock_version"])
    for response in (at_once, later):
        problem = response.get_json()
        assert response.status_code == 422
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [("ent_id", "required")]
        assert "为哪个单位" in problem["errors"][0]["message"]
        assert county.get(f"{FORM}/{problem['id']}").get_json()["state"] == "draft"
    with app.app_context():
        enterprise = actor("ent_a").organization_id
    body = {"answers": demand("代三"), "submit": True, "on_behalf_of": enterprise}
    assert county.post(FORM, json=body).status_code == 201
    # Who fills for himself is asked nothing.
    assert api("ent_a").post(FORM, json={"answers": demand("自填"), "submit": True}).status_code == 201


def test_nobody_approves_what_he_submitted(api):
    county = api("county_a")
    own = api("ent_a").post(FORM, json={"answers": demand("磨工")}).get_json()
    done = act(county, own["id"], "submit", own["lock_version"])
    assert done.status_code == 200, done.get_data(as_text=True)
    lock = done.get_json()["lock_version"]
    assert act(county, own["id"], "approve", lock).status_code == 403
    offered = {item["verb"] for item in county.get(f"{FORM}/{own['id']}/actions").get_json()["actions"]}
    assert "approve" not in offered
    assert "return" in offered


def test_what_waits_follows_scope(app, api, actor):
    saved = submitted(api("ent_a"), "镗工")
    with app.app_context():
        for account, waits in (("county_a", True), ("county_b", False), ("city_voc", False), ("ent_b", False)):
            with acting_as(actor(account)) as who:
                found = work_list(who, 200)
                assert (saved["id"] in {item.record_id for item in found.items}) is waits, account
                assert found.count >= len(found.items)


def test_messages_reach_those_who_may_act_and_can_be_read(api):
    county, stranger = api("county_a"), api("county_b")
    before = county.get("/notifications").get_json()["unread"]
    saved = submitted(api("ent_a"), "钻工")
    assert county.get("/notifications").get_json()["unread"] == before + 1
    assert saved["id"] not in {item["record"] for item in stranger.get("/notifications").get_json()["notifications"]}
    mine = county.get("/notifications?unread=1").get_json()["notifications"][0]
    assert mine["record"] == saved["id"]
    assert stranger.post("/notifications/read", json={"ids": [mine["id"]]}).get_json()["marked"] == 0
    # More than any database takes with one statement.
    assert (
        county.post("/notifications/read", json={"ids": [f"id{number}" for number in range(70_000)]}).status_code == 422
    )
    assert county.post("/notifications/read", json={"ids": [mine["id"]]}).get_json()["marked"] == 1
    assert county.get("/notifications").get_json()["unread"] == before


def test_withdrawing_needs_a_word(api):
    ent = api("ent_a")
    saved = submitted(ent, "锻工")
    assert act(ent, saved["id"], "withdraw", saved["lock_version"]).status_code == 422
    done = act(ent, saved["id"], "withdraw", saved["lock_version"], comment="停产")
    assert (done.status_code, done.get_json()["state"]) == (200, "withdrawn")


def test_what_changed_since_the_last_submission_is_shown_masked(api, sign_in):
    ent, county = api("ent_a"), api("county_a")
    saved = submitted(ent, "脱敏差异")
    note = {"field": "filler_mobile", "row": None, "text": "请核实", "severity": "must"}
    act(county, saved["id"], "return", saved["lock_version"], notes=[note], comment="请改")
    lock = ent.get(f"{FORM}/{saved['id']}").get_json()["lock_version"]
    changes = {"filler_mobile": "13912345678", "staff_now": 121}
    ent.put(f"{FORM}/{saved['id']}", json={"lock_version": lock, "answers": changes})
    again = act(ent, saved["id"], "submit", lock + 1)
    assert again.status_code == 200, again.get_data(as_text=True)
    page = sign_in("county_a").get(f"/work/labor_demand_survey/{saved['id']}").get_data(as_text=True)
    difference = page.partition("与上次提交的差异")[2].partition("</section>")[0]
    assert "121" in difference
    assert "139****5678" in difference
    assert "13912345678" not in page
    assert "13900000001" not in page
