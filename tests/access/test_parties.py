"""The scopes *related*, *assigned* and *self*: whom a record concerns sees it, as long as it does, and nobody else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.database import db
from app.identity import service as identity
from app.records.models import RecordParty
from app.records.projection.rebuild import rebuild
from tests.conftest import ApiClient
from tests.records.zoo import publish_form

CLASS, STUDENT, TASK, OWN = "party_class", "party_student", "party_task", "party_own"


def label(zh):
    return {"zh": zh, "en": zh}


def field(key, type_, **more):
    return {"key": key, "type": type_, "label": {"zh": key, "en": key}, "class": "internal", **more}


FILL = {"order_class": [], "class_student": ["school_admin"], "task": ["city_voc"]}


def form(key, resource, fields, **more):
    return {
        "key": key,
        "title": {"zh": key, "en": key},
        "resource": resource,
        "fill_roles": FILL.get(resource, ["city_voc", "city_emp"]),
        "list": {"columns": ["name"]},
        "sections": [{"key": "s", "title": {"zh": "一", "en": "One"}, "fields": fields}],
        **more,
    }


PARTNERS = field("partners", "subtable", fields=[field("org", "reference", form="organization", required=True)])
NAME = field("name", "text", **{"class": "public"})
PHONE = field("phone", "phone", **{"class": "personal", "mask": "phone_m"})


@pytest.fixture(scope="module", autouse=True)
def _forms(app):
    with app.app_context():
        with acting_as(system_actor("seeds")) as who:
            identity.load_grants(
                who, {"city_voc": {"visit": "VCUSD@self", "task": "VCUSARED@city", "campaign": "V@city"}}
            )
            identity.load_grants(who, {"city_emp": {"visit": "VCUSD@self", "task": "VU@assigned"}})
        db.session.commit()
        parties = [{"kind": "partner", "field": "partners.org"}]
        publish_form(form(CLASS, "order_class", [NAME, PHONE, PARTNERS], parties=parties))
        through = [{"kind": "class_partner", "field": "class_id", "through": True}]
        of_class = field("class_id", "reference", form=CLASS)
        publish_form(form(STUDENT, "class_student", [NAME, PHONE, of_class], parties=through))
        assigned = [{"kind": "assigned", "field": "duty"}]
        publish_form(form(TASK, "task", [NAME, field("duty", "reference", form="organization")], parties=assigned))
        publish_form(form(OWN, "visit", [NAME]))


@pytest.fixture(scope="module")
def clients(app):
    names = ("school_a", "school_b", "ent_a", "ent_b", "city_voc", "city_emp", "county_a", "county_b", "city_admin")
    return {name: ApiClient(app, name) for name in names}


@pytest.fixture(scope="module")
def places(app):
    from app.access.actor import actor_for
    from app.identity.service import find_user

    with app.app_context():
        names = ("school_a", "ent_a", "ent_b", "county_a", "county_b", "city_voc", "city_emp")
        return {name: actor_for(find_user(name).id).organization_id for name in names}


def made(client, key, answers, *, submit=True):
    response = client.post(f"/forms/{key}/records", json={"answers": answers, "submit": submit})
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()["id"]


def named(*organizations):
    return [{"org": {"id": str(one), "label": "x"}} for one in organizations]


def sees(client, key, record_id):
    """Tell whether an account sees a record: by its address, in the list, and counted."""
    shown = client.get(f"/forms/{key}/records/{record_id}")
    page = client.get(f"/forms/{key}/records", query_string={"page_size": 200}).get_json()
    listed = record_id in {row["id"] for row in page["records"]}
    assert (shown.status_code == 200) is listed
    if not listed:
        nothing = client.get(f"/forms/{key}/records/01ARZ3NDEKTSV4RRFFQ69G5FAV")
        assert (shown.status_code, shown.get_data()) == (404, nothing.get_data())
    return listed


def test_a_party_sees_the_record_masked_and_others_do_not(clients, places):
    answers = {"name": "订单班", "phone": "13912345678", "partners": named(places["ent_a"])}
    record = made(clients["school_a"], CLASS, answers)
    assert sees(clients["ent_a"], CLASS, record)
    assert not sees(clients["ent_b"], CLASS, record)
    assert not sees(clients["school_b"], CLASS, record)
    shown = clients["ent_a"].get(f"/forms/{CLASS}/records/{record}").get_json()
    assert "phone" in shown["masked"]
    assert "13912345678" not in str(shown)
    # VUSA@related: the party changes what a role may, of this record and of no other.
    changed = clients["ent_a"].put(
        f"/forms/{CLASS}/records/{record}", json={"lock_version": 1, "answers": {"name": "改"}}
    )
    assert changed.status_code == 200, changed.get_data(as_text=True)
    other = clients["ent_b"].put(
        f"/forms/{CLASS}/records/{record}", json={"lock_version": 2, "answers": {"name": "乙"}}
    )
    assert other.status_code == 404


def test_a_draft_concerns_nobody_yet_and_a_former_party_no_more(clients, places):
    draft = made(clients["school_a"], CLASS, {"name": "草稿", "partners": named(places["ent_a"])}, submit=False)
    assert not sees(clients["ent_a"], CLASS, draft)
    record = made(clients["school_a"], CLASS, {"name": "换企业", "partners": named(places["ent_a"])})
    assert sees(clients["ent_a"], CLASS, record)
    body = {"lock_version": 1, "answers": {"partners": named(places["ent_b"])}}
    changed = clients["school_a"].put(f"/forms/{CLASS}/records/{record}", json=body)
    assert changed.status_code == 200, changed.get_data(as_text=True)
    assert not sees(clients["ent_a"], CLASS, record)
    assert sees(clients["ent_b"], CLASS, record)
    gone = clients["school_a"].open("DELETE", f"/forms/{CLASS}/records/{record}", json={"reason": "重复"})
    assert gone.status_code == 200
    assert clients["ent_b"].get(f"/forms/{CLASS}/records/{record}").status_code == 404


def test_parties_are_handed_on_to_the_records_behind(app, clients, places):
    class_id = made(clients["school_a"], CLASS, {"name": "甲班", "partners": named(places["ent_a"])})
    student = made(clients["school_a"], STUDENT, {"name": "学员", "class_id": {"id": class_id}})
    later = made(clients["school_a"], STUDENT, {"name": "草稿", "class_id": {"id": class_id}}, submit=False)
    assert sees(clients["ent_a"], STUDENT, student)
    assert not sees(clients["ent_a"], STUDENT, later)
    assert not sees(clients["ent_b"], STUDENT, student)
    body = {"lock_version": 1, "answers": {"partners": named(places["ent_b"])}}
    assert clients["school_a"].put(f"/forms/{CLASS}/records/{class_id}", json=body).status_code == 200
    assert not sees(clients["ent_a"], STUDENT, student)
    assert sees(clients["ent_b"], STUDENT, student)
    with app.app_context(), acting_as(system_actor("rebuild")):
        assert rebuild(STUDENT).different == ()
        db.session.rollback()


def test_assigned_reaches_the_organization_in_charge_alone(clients, places):
    record = made(clients["city_voc"], TASK, {"name": "任务", "duty": {"id": str(places["county_a"])}})
    assert sees(clients["county_a"], TASK, record)
    assert not sees(clients["county_b"], TASK, record)
    assert not sees(clients["city_emp"], TASK, record)
    theirs = made(clients["city_voc"], TASK, {"name": "任务", "duty": {"id": str(places["city_emp"])}})
    assert sees(clients["city_emp"], TASK, theirs)
    assert not sees(clients["county_a"], TASK, theirs)


def test_self_is_what_one_has_begun_oneself(clients):
    mine = made(clients["city_voc"], OWN, {"name": "我的"}, submit=False)
    assert sees(clients["city_voc"], OWN, mine)
    assert not sees(clients["city_emp"], OWN, mine)
    body = {"lock_version": 1, "answers": {"name": "改了"}}
    assert clients["city_emp"].put(f"/forms/{OWN}/records/{mine}", json=body).status_code in {403, 404}
    assert clients["city_voc"].put(f"/forms/{OWN}/records/{mine}", json=body).status_code == 200


def test_new_settings_for_parties_reach_the_records_that_are_there(app, clients, places):
    key = "party_later"
    with app.app_context():
        publish_form(form(key, "order_class", [NAME, PARTNERS]))
    record = made(clients["school_a"], key, {"name": "先", "partners": named(places["ent_a"])})
    assert not sees(clients["ent_a"], key, record)
    with app.app_context():
        publish_form(form(key, "order_class", [NAME, PARTNERS], parties=[{"kind": "partner", "field": "partners.org"}]))
    assert sees(clients["ent_a"], key, record)
    assert not sees(clients["ent_b"], key, record)
    with app.app_context():
        table = RecordParty.__table__
        rows = db.session.execute(tagged(sa.select(table).where(table.c.record_id == record), "test")).all()
        assert [(row.kind, row.live) for row in rows] == [("partner", True)]
