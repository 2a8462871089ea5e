"""Publishing by two people: what opens access always, the rest as the form's policy asks; nobody approves himself."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.builder.models import PublishRequest
from app.builder.service import definition, head
from app.database import db, unit_of_work
from app.identity.models import GrantRow
from tests.access.tenants import done, work
from tests.api.test_contract import problem_of
from tests.builder.pages import publish, published, save
from tests.conftest import ApiClient, csrf_token

KEY = "twofold"


@pytest.fixture(scope="module")
def raw(app):
    """Have a published form; return its definition."""
    return published(app, lambda name: ApiClient(app, name), KEY, published_when=None)


def opened(raw, number=0):
    """Return the form with a class lowered."""
    new = deepcopy(raw)
    plan = next(field for field in new["sections"][0]["fields"] if field["key"] == "plan")
    plan["class"] = "public"
    plan["label"] = {"zh": f"计划{number}", "en": f"Plan {number}"}
    return new


def named(raw, text):
    """Return the form with another label: nothing that opens anything."""
    new = deepcopy(raw)
    new["sections"][0]["fields"][0]["label"] = {"zh": text, "en": text}
    return new


def decide(client, address, do, **more):
    page = client.get(address).get_data(as_text=True)
    return client.post(address, data={"csrf_token": csrf_token(page), "do": do, **more})


def version(app):
    with app.app_context():
        return head(KEY).no


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_lowering_a_class_is_asked_for_and_approved_by_another(app, api, sign_in, raw):
    before = version(app)
    save(api, KEY, opened(raw, 1))
    admin, second = sign_in("city_admin"), sign_in("city_voc")
    assert "申请发布" in text_of(admin.get(f"/forms/{KEY}/publish"))
    asked = publish(admin, KEY, note="公开计划")
    assert asked.location.startswith("/forms/requests/")
    work(app)
    assert version(app) == before

    own = admin.get(asked.location)
    assert "批准并发布" not in text_of(own)
    assert "撤回申请" in text_of(own)
    refused = admin.post(asked.location, data={"csrf_token": csrf_token(own.get_data(as_text=True)), "do": "approve"})
    assert refused.status_code == 403
    # An auditor may look, and decides nothing.
    looked = sign_in("auditor").get(asked.location)
    assert "批准并发布" not in text_of(looked)
    assert decide(sign_in("auditor"), asked.location, "approve").status_code == 403
    assert sign_in("ent_a").get(asked.location).status_code == 403

    seen = text_of(second.get(asked.location))
    assert "敏感级别 敏感 → 公开" in seen
    assert "公开计划" in seen
    assert "1 个发布申请待批准" in text_of(second.get("/forms/"))
    assert decide(second, asked.location, "approve", comment="同意").location == asked.location
    work(app)
    assert version(app) == before + 1
    assert "已发布" in text_of(second.get(asked.location))
    assert decide(second, asked.location, "approve").status_code in {403, 409}
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.object_id == KEY)).all()
        by = {event.event: event.actor_name for event in events}
        assert {"publish_requested", "publish_approved", "publish"} <= set(by)
        assert by["publish_requested"] != by["publish_approved"]


def test_the_api_says_that_a_second_person_is_needed(app, api, raw):
    lock = save(api, KEY, {**opened(raw, 2), "fill_roles": ["ent_admin"]})
    problem = problem_of(api("city_admin").post(f"/forms/{KEY}/publish", json={"lock_version": lock}), 403)
    assert problem["code"] == "second_person"
    problem_of(api("city_voc").post(f"/forms/{KEY}/publish", json={"lock_version": lock}), 403)


def test_a_refusal_has_a_reason_and_a_changed_draft_voids_the_request(app, api, sign_in, raw):
    before = version(app)
    new = {**opened(raw, 3), "fill_roles": ["ent_admin", "city_voc"]}
    save(api, KEY, new)
    admin, second = sign_in("city_admin"), sign_in("city_voc")
    asked = publish(admin, KEY)
    assert publish_again(admin) == asked.location
    assert decide(second, asked.location, "refuse").status_code == 422
    assert decide(second, asked.location, "refuse", comment="不宜公开").status_code == 302
    assert "不宜公开" in text_of(admin.get(asked.location))

    again = publish(admin, KEY)
    assert again.location != asked.location
    page = second.get(again.location).get_data(as_text=True)
    save(api, KEY, {**new, "title": {"zh": "又改了", "en": "Changed"}})
    late = second.post(again.location, data={"csrf_token": csrf_token(page), "do": "approve"})
    assert late.status_code == 409
    assert "已失效" in text_of(late)
    third = publish(admin, KEY)
    with app.app_context():
        states = dict(db.session.execute(sa.select(PublishRequest.id, PublishRequest.state)).all())
    assert states[again.location.rpartition("/")[2]] == "void"
    assert decide(admin, third.location, "withdraw").status_code == 302
    work(app)
    assert version(app) == before


def publish_again(client):
    """Send the page that another tab still shows; return where that leads."""
    page = client.get("/account/password").get_data(as_text=True)
    shown = client.get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert 'name="note"' not in shown
    return re.search(r"/forms/requests/\w+", shown)[0] if page else ""


def test_the_policy_asks_for_more_and_only_who_administers_asks_for_less(app, api, sign_in, raw):
    admin, second = sign_in("city_admin"), sign_in("city_voc")

    def policy(client, value):
        token = csrf_token(client.get(f"/forms/{KEY}").get_data(as_text=True))
        return client.post(f"/forms/{KEY}/policy", data={"csrf_token": token, "policy": value}).status_code

    before = version(app)
    base = done(api("city_admin").get(f"/forms/{KEY}"), 200)["definition"]
    save(api, KEY, named(base, "只改名"))
    assert policy(admin, "always") == 302
    asked = publish(admin, KEY)
    assert asked.location.startswith("/forms/requests/")
    assert policy(admin, "anyone") == 403
    assert policy(sign_in("auditor"), "always") in {400, 403}
    assert policy(second, "tightening") == 302
    assert decide(admin, asked.location, "withdraw").status_code == 302
    # Another label tightens nothing: one person is enough again.
    assert publish(admin, KEY).location.startswith("/jobs/")
    work(app)
    assert version(app) == before + 1
    base = done(api("city_admin").get(f"/forms/{KEY}"), 200)["definition"]
    tight = named(base, "必填了")
    tight["sections"][0]["fields"][0]["required"] = True
    save(api, KEY, tight)
    assert publish(admin, KEY).location.startswith("/forms/requests/")
    assert policy(second, "anyone") == 302


def test_without_the_right_to_administer_access_is_not_approved(app, api, sign_in, raw):
    save(api, KEY, opened(raw, 5) | {"fill_roles": ["ent_admin", "ent_clerk"]})
    asked = publish(sign_in("city_admin"), KEY)
    rule = sa.update(GrantRow).where(GrantRow.role == "city_voc", GrantRow.resource == "form_def")
    with app.app_context(), unit_of_work():
        db.session.execute(rule.values(actions="VA"))
    try:
        assert decide(sign_in("city_voc"), asked.location, "approve").status_code == 403
    finally:
        with app.app_context(), unit_of_work():
            db.session.execute(rule.values(actions="VAX"))
    assert decide(sign_in("city_voc"), asked.location, "approve").status_code == 302


def filled_otherwise(app):
    """Return what is published with other roles that fill it in: a change of access, whatever was published before."""
    with app.app_context():
        source = definition(KEY).source
    roles = ["ent_admin"] if source["fill_roles"] != ["ent_admin"] else ["ent_admin", "ent_clerk"]
    return {**source, "fill_roles": roles}


def messages(client, kind):
    found = done(client.get("/notifications?unread=1"), 200)["notifications"]
    return [item for item in found if item["about"] == "publish_request" and kind in item["address"]]


def test_a_request_is_made_told_and_decided_by_the_api(app, api, sign_in, raw):
    before = version(app)
    lock = save(api, KEY, filled_otherwise(app))
    admin, second = api("city_admin"), api("city_voc")
    ask = {"lock_version": lock, "note": "接口申请"}
    assert problem_of(admin.post(f"/forms/{KEY}/publish", json={"lock_version": lock}), 403)["code"] == "second_person"
    assert problem_of(admin.post(f"/forms/{KEY}/publish-requests", json={**ask, "note": " "}), 422)["errors"]
    stale = {**ask, "lock_version": lock - 1}
    assert problem_of(admin.post(f"/forms/{KEY}/publish-requests", json=stale), 409)["code"] == "stale"
    for account in ("city_voc", "auditor", "ent_a"):
        problem_of(api(account).post(f"/forms/{KEY}/publish-requests", json=ask), 403)
    asked = done(admin.post(f"/forms/{KEY}/publish-requests", json=ask), 201)
    assert (asked["state"], asked["own"], asked["may_decide"]) == ("open", True, False)
    again = problem_of(admin.post(f"/forms/{KEY}/publish-requests", json=ask), 409)
    assert again["code"] == "asked_already"

    # Who can decide is told, with the way there; who asked, and who cannot, is not.
    (told,) = messages(second, asked["id"])
    assert told["address"] == f"/forms/requests/{asked['id']}"
    assert "接口申请" in told["text"]
    assert sign_in("city_voc").get(told["address"]).status_code == 200
    assert messages(admin, asked["id"]) == messages(api("auditor"), asked["id"]) == []

    path = f"/publish-requests/{asked['id']}"
    assert done(second.get(path), 200)["may_decide"] is True
    assert asked["id"] in [item["id"] for item in done(second.get(f"/publish-requests?form={KEY}"), 200)["requests"]]
    problem_of(admin.post(f"{path}/decision", json={"approve": True}), 403)
    problem_of(api("auditor").post(f"{path}/decision", json={"approve": True}), 403)
    problem_of(api("ent_a").get(path), 403)
    problem_of(second.post(f"{path}/decision", json={"approve": False}), 422)
    decided = done(second.post(f"{path}/decision", json={"approve": True, "comment": "同意"}), 200)
    assert decided["state"] == "approved"
    assert decided["job"]
    work(app)
    assert version(app) == before + 1
    (answer,) = messages(admin, asked["id"])
    assert "已批准" in answer["text"]
    problem_of(second.post(f"{path}/decision", json={"approve": True}), 409)


def test_a_refusal_and_a_withdrawal_by_the_api(app, api, raw):
    before = version(app)
    lock = save(api, KEY, filled_otherwise(app))
    admin, second = api("city_admin"), api("city_voc")
    asked = done(admin.post(f"/forms/{KEY}/publish-requests", json={"lock_version": lock, "note": "一"}), 201)
    done(second.post(f"/publish-requests/{asked['id']}/decision", json={"approve": False, "comment": "先等等"}), 200)
    (told,) = messages(admin, asked["id"])
    assert "先等等" in told["text"]
    asked = done(admin.post(f"/forms/{KEY}/publish-requests", json={"lock_version": lock, "note": "二"}), 201)
    problem_of(second.delete(f"/publish-requests/{asked['id']}"), 403)
    assert done(admin.delete(f"/publish-requests/{asked['id']}"), 200)["state"] == "void"
    problem_of(second.post(f"/publish-requests/{asked['id']}/decision", json={"approve": True}), 409)
    work(app)
    assert version(app) == before


def test_what_needs_nobody_else_is_not_asked_for(app, api, raw):
    with app.app_context():
        source = definition(KEY).source
    lock = save(api, KEY, named(source, "只改名称"))
    problem = problem_of(
        api("city_admin").post(f"/forms/{KEY}/publish-requests", json={"lock_version": lock, "note": "改名"}), 409
    )
    assert problem["code"] == "not_needed"
    done(api("city_admin").post(f"/forms/{KEY}/publish", json={"lock_version": lock, "note": "改名"}), 202)
    work(app)
