"""A campaign: made, opened over frozen targets, filled in its time, counted for who may see; closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, today
from app.access.query import tagged
from app.campaigns.models import CampaignTarget
from app.database import db
from app.identity import service as identity
from app.identity.models import Organization
from app.records.projection.rebuild import rebuild
from app.records.projection.tables import form_table
from tests.conftest import csrf_token
from tests.records.zoo import publish_form
from tests.samples import demand

DEMAND = "labor_demand_survey"
RECORDS = f"/forms/{DEMAND}/records"


def body(**more):
    day = today()
    found = {
        "form": DEMAND,
        "title": "本季度用工需求",
        "opens_on": day.isoformat(),
        "due_on": (day + timedelta(days=20)).isoformat(),
        "targets": {"kinds": ["enterprise"]},
    }
    return found | more


def made(client, **more):
    response = client.post("/campaigns", json=body(**more))
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()["id"]


def opened(client, **more):
    campaign = made(client, **more)
    response = client.post(f"/campaigns/{campaign}/open")
    assert response.status_code == 200, response.get_data(as_text=True)
    return campaign


@pytest.fixture
def campaign(api):
    """Return an open campaign of the city over all enterprises."""
    return opened(api("city_voc"))


def organization(app, code):
    with app.app_context():
        return db.session.scalar(sa.select(Organization.id).where(Organization.code == code))


def account_organization(app, actor, account):
    with app.app_context():
        return actor(account).organization_id


def rows(client, campaign, **query):
    response = client.get(f"/campaigns/{campaign}/assignments", query_string=query)
    assert response.status_code == 200, response.get_data(as_text=True)
    return {row["organization"]["id"]: row for row in response.get_json()["assignments"]}


def test_who_has_filed_is_told_to_whom_it_concerns(app, api, actor, campaign):
    mine, theirs = (account_organization(app, actor, name) for name in ("ent_a", "ent_b"))
    city = rows(api("city_voc"), campaign)
    assert {mine, theirs} <= set(city)
    assert {row["status"] for row in city.values()} == {"missing"}
    draft = api("ent_a").post(RECORDS, json={"answers": demand("甲"), "campaign": campaign})
    assert draft.status_code == 201, draft.get_data(as_text=True)
    assert rows(api("county_a"), campaign)[mine]["status"] == "begun"
    kept = api("ent_a").get(f"{RECORDS}/{draft.get_json()['id']}").get_json()
    assert kept["campaign"] == campaign
    done = api("ent_a").post(f"{RECORDS}/{kept['id']}/actions/submit", json={"lock_version": kept["lock_version"]})
    assert done.status_code == 200, done.get_data(as_text=True)
    county = rows(api("county_a"), campaign)
    assert county[mine]["status"] == "filed"
    assert county[mine]["records"] == 1
    assert theirs not in county
    assert set(rows(api("county_b"), campaign)) & {mine, theirs} == {theirs}
    assert set(rows(api("ent_a"), campaign)) == {mine}
    assert set(rows(api("ent_b"), campaign)) == {theirs}
    assert set(rows(api("city_voc"), campaign, status="filed")) == {mine}
    assert mine not in rows(api("city_voc"), campaign, status="missing")
    assert api("county_a").get(f"/campaigns/{campaign}").get_json()["progress"]["filed"] == 1
    assert api("county_b").get(f"/campaigns/{campaign}").get_json()["progress"]["filed"] == 0
    listed = api("ent_a").get(
        RECORDS, query_string={"filter": f'[{{"field":"_campaign","op":"eq","value":"{campaign}"}}]'}
    )
    assert [row["id"] for row in listed.get_json()["records"]] == [kept["id"]]
    with app.app_context():
        from app.access.actor import system_actor

        with acting_as(system_actor("rebuild")):
            assert rebuild(DEMAND).different == ()
            db.session.rollback()


def test_the_targets_are_frozen_when_it_opens(app, api, campaign):
    before = set(rows(api("city_voc"), campaign))
    with app.app_context():
        identity.create_organization(code="91230203MA9NEWENT1", name="后来的企业", kind="enterprise", region="230203")
        db.session.commit()
    assert set(rows(api("city_voc"), campaign)) == before
    later = opened(api("city_voc"))
    assert set(rows(api("city_voc"), later)) - before == {organization(app, "91230203MA9NEWENT1")}


def test_outside_its_time_nothing_is_filled(app, api, monkeypatch, campaign):
    kept = api("ent_a").post(RECORDS, json={"answers": demand("限期"), "campaign": campaign}).get_json()
    returned = api("ent_a").post(
        RECORDS, json={"answers": demand("退回", period_start="2026-05"), "submit": True, "campaign": campaign}
    )
    assert returned.status_code == 201, returned.get_data(as_text=True)
    after = today() + timedelta(days=21)
    for place in ("app.campaigns.models.today", "app.campaigns.filing.today", "app.campaigns.progress.today"):
        monkeypatch.setattr(place, lambda: after)
    late = api("ent_a").post(RECORDS, json={"answers": demand("迟到"), "campaign": campaign})
    assert late.status_code == 409
    assert "填报时间为" in late.get_json()["title"]
    submit = api("ent_a").post(f"{RECORDS}/{kept['id']}/actions/submit", json={"lock_version": kept["lock_version"]})
    assert submit.status_code == 409
    assert submit.get_json()["code"] == "campaign_closed"
    # A draft is still saved, and what was handed in in time is mended in its own time.
    changed = api("ent_a").put(
        f"{RECORDS}/{kept['id']}", json={"lock_version": kept["lock_version"], "answers": {"difficulty": "缺人"}}
    )
    assert changed.status_code == 200, changed.get_data(as_text=True)
    record = returned.get_json()
    note = {"field": "positions", "row": None, "text": "请改", "severity": "must"}
    back = api("county_a").post(
        f"{RECORDS}/{record['id']}/actions/return", json={"lock_version": record["lock_version"], "notes": [note]}
    )
    assert back.status_code == 200, back.get_data(as_text=True)
    again = api("ent_a").post(
        f"{RECORDS}/{record['id']}/actions/submit", json={"lock_version": back.get_json()["lock_version"]}
    )
    assert again.status_code == 200, again.get_data(as_text=True)


def test_before_it_begins_and_after_it_closed_nothing_is_filled(api):
    day = today()
    coming = opened(api("city_voc"), opens_on=(day + timedelta(days=1)).isoformat())
    assert api("ent_a").post(RECORDS, json={"answers": {}, "campaign": coming}).status_code == 409
    closed = opened(api("city_voc"))
    assert api("city_voc").post(f"/campaigns/{closed}/close").status_code == 200
    response = api("ent_a").post(RECORDS, json={"answers": {}, "campaign": closed})
    assert response.status_code == 409
    assert "已经截止" in response.get_json()["title"]
    assert api("city_voc").post(f"/campaigns/{closed}/close").status_code == 409


def test_a_draft_and_a_foreign_campaign_are_as_if_they_did_not_exist(api, campaign):
    draft = made(api("city_voc"))
    other = opened(api("county_b"))
    for account, campaign_id in (("ent_a", draft), ("county_a", draft), ("county_a", other), ("ent_a", other)):
        client = api(account)
        told = client.get(f"/campaigns/{campaign_id}")
        nothing = client.get("/campaigns/01ARZ3NDEKTSV4RRFFQ69G5FAV")
        assert told.status_code == nothing.status_code == 404
        assert told.get_data() == nothing.get_data()
        assert client.get(f"/campaigns/{campaign_id}/assignments").status_code == 404
        assert campaign_id not in client.get("/campaigns").get_data(as_text=True)
    assert api("ent_a").post(RECORDS, json={"answers": {}, "campaign": other}).status_code == 404
    assert api("ent_b").post(RECORDS, json={"answers": {}, "campaign": other}).status_code == 201
    for client, campaign_id in ((api("county_b"), other), (api("city_voc"), draft), (api("ent_a"), campaign)):
        assert client.get(f"/campaigns/{campaign_id}").status_code == 200


def test_a_county_asks_its_own_alone_and_leaves_others_campaigns(app, api, actor, campaign):
    own = opened(api("county_a"))
    mine, theirs = (account_organization(app, actor, name) for name in ("ent_a", "ent_b"))
    found = rows(api("city_voc"), own)
    assert mine in found
    assert theirs not in found
    assert {row["region"] for row in found.values()} == {"230203"}
    refused = api("county_a").post("/campaigns", json=body(targets={"codes": [code_of(app, theirs)]}))
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["field"] == "codes"
    assert api("county_a").post(f"/campaigns/{campaign}/close").status_code == 403
    assert api("ent_a").post("/campaigns", json=body()).status_code == 403
    assert api("county_a").post(f"/campaigns/{own}/close").status_code == 200


def code_of(app, organization_id):
    with app.app_context():
        return db.session.get(Organization, organization_id).code


def test_who_is_no_target_is_told_so(app, api, actor):
    theirs = account_organization(app, actor, "ent_b")
    only_b = opened(api("city_voc"), targets={"codes": [code_of(app, theirs)]})
    assert api("ent_a").get(f"/campaigns/{only_b}").status_code == 404
    # The county fills on behalf: it sees the campaign because of another of its enterprises.
    both = opened(api("county_a"), targets={"codes": [code_of(app, account_organization(app, actor, "ent_a"))]})
    other = api("county_a").post(RECORDS, json={"answers": {}, "campaign": both})
    assert other.status_code == 422, other.get_data(as_text=True)
    assert other.get_json()["errors"][0]["code"] == "no_target"
    assert api("ent_a").post(RECORDS, json={"answers": {}, "campaign": both}).status_code == 201


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"form": "no_such_form"}, "form"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"opens_on": "soon"}, "opens_on"),
        ({"targets": {}}, "kinds"),
        ({"targets": {"kinds": ["castle"]}}, "kinds"),
        ({"targets": {"codes": ["nobody"]}}, "codes"),
        ({"targets": {"kinds": ["enterprise"], "regions": ["230203", "999999"]}}, "regions"),
        ({"targets": {"kinds": ["enterprise"], "regions": [f"{number}" for number in range(70_000)]}}, "regions"),
    ],
)
def test_what_is_wrong_is_named(api, more, field):
    response = api("city_voc").post("/campaigns", json=body(**more))
    assert response.status_code == 422
    assert field in [error["field"] for error in response.get_json()["errors"]]


def test_a_selection_of_nobody_is_not_opened(app, api):
    empty = made(api("city_voc"), targets={"kinds": ["college"], "regions": ["230224"]})
    assert api("city_voc").post(f"/campaigns/{empty}/open").status_code == 422
    with app.app_context():
        statement = sa.select(CampaignTarget.__table__).where(CampaignTarget.__table__.c.campaign_id == empty)
        assert db.session.execute(tagged(statement, "test")).first() is None
    assert api("city_voc").delete(f"/campaigns/{empty}").status_code == 200
    assert api("city_voc").get(f"/campaigns/{empty}").status_code == 404


def form(title):
    return {
        "key": "pinned_probe",
        "title": {"zh": "固定版本", "en": "Pinned version"},
        "resource": "labor_demand",
        "fill_roles": ["ent_admin"],
        "unique": [{"fields": ["_campaign"]}],
        "list": {"columns": ["name"]},
        "sections": [
            {
                "key": "s",
                "title": {"zh": "一", "en": "One"},
                "fields": [
                    {"key": "name", "type": "text", "label": {"zh": title, "en": "Name"}, "class": "public"},
                    *(
                        [
                            {
                                "key": "more",
                                "type": "text",
                                "label": {"zh": "新增", "en": "More"},
                                "class": "public",
                                "required": True,
                            }
                        ]
                        if title == "新名"
                        else []
                    ),
                ],
            }
        ],
    }


def test_records_are_filled_under_the_version_of_the_campaign_and_once(app, api):
    with app.app_context():
        publish_form(form("旧名"))
    campaign = opened(api("city_voc"), form="pinned_probe")
    with app.app_context():
        publish_form(form("新名"))
    records = "/forms/pinned_probe/records"
    free = api("ent_a").post(records, json={"answers": {"name": "甲"}, "submit": True})
    assert free.status_code == 422
    pinned = api("ent_a").post(records, json={"answers": {"name": "甲"}, "submit": True, "campaign": campaign})
    assert pinned.status_code == 201, pinned.get_data(as_text=True)
    found = api("ent_a").get(f"{records}/{pinned.get_json()['id']}").get_json()
    assert (found["form_version"], found["state"]) == (1, "submitted")
    twice = api("ent_a").post(records, json={"answers": {"name": "乙"}, "submit": True, "campaign": campaign})
    assert twice.status_code == 422
    assert twice.get_json()["errors"][0]["code"] == "duplicate"
    assert "填报任务" in twice.get_json()["errors"][0]["message"]
    # Outside campaigns the key binds nobody.
    for name in ("丙", "丁"):
        both = {"name": name, "more": "有"}
        assert api("ent_a").post(records, json={"answers": both, "submit": True}).status_code == 201
    with app.app_context():
        assert form_table("pinned_probe").version_no == 2


def test_the_pages(app, api, sign_in, actor):
    campaign = opened(api("city_voc"), title="页面任务")
    clerk = sign_in("ent_a")
    home = clerk.get("/").get_data(as_text=True)
    assert "页面任务" in home
    assert f"/records/{DEMAND}/add?campaign={campaign}" in home
    add = clerk.get(f"/records/{DEMAND}/add?campaign={campaign}")
    page = add.get_data(as_text=True)
    assert f'<option value="{campaign}" selected>' in page
    sent = clerk.post(
        f"/records/{DEMAND}/add",
        data={"csrf_token": csrf_token(page), "campaign": campaign, "_do": "save", "f-difficulty": "缺焊工"},
    )
    assert sent.status_code == 302, sent.get_data(as_text=True)
    assert "页面任务" in clerk.get(sent.location).get_data(as_text=True)
    found = rows(api("ent_a"), campaign)
    assert [row["status"] for row in found.values()] == ["begun"]
    # Saved in the background, a new record carries it too.
    token = csrf_token(page)
    draft = clerk.post(
        f"/records/{DEMAND}/draft/new",
        json={"lock_version": 0, "campaign": campaign, "form": [["f-difficulty", "再缺"]]},
        headers={"X-CSRFToken": token},
    )
    assert draft.status_code == 200, draft.get_data(as_text=True)
    assert api("ent_a").get(f"{RECORDS}/{draft.get_json()['id']}").get_json()["campaign"] == campaign
    officer = sign_in("city_voc")
    shown = officer.get(f"/campaigns/{campaign}").get_data(as_text=True)
    assert "填写中" in shown
    assert "截止" in shown
    assert "截止</button>" not in sign_in("county_a").get(f"/campaigns/{campaign}").get_data(as_text=True)
    listed = officer.get(f"/records/{DEMAND}/list?ff=_campaign&fo=eq&fv={campaign}")
    assert listed.status_code == 200
    assert "页面任务" in listed.get_data(as_text=True)
    add = officer.get("/campaigns/add").get_data(as_text=True)
    day = today().isoformat()
    made_here = officer.post(
        "/campaigns/add",
        data={
            "csrf_token": csrf_token(add),
            "title": "网页新建",
            "form": DEMAND,
            "opens_on": day,
            "due_on": day,
            "kinds": ["enterprise"],
        },
    )
    assert made_here.status_code == 302, made_here.get_data(as_text=True)
    gone = officer.post(made_here.location + "/open", data={"csrf_token": csrf_token(add)})
    assert gone.status_code == 302
    assert "未报" in officer.get(made_here.location).get_data(as_text=True)
