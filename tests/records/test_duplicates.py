"""Collisions over the city: who reviews both records sees and resolves them, everybody else is told nothing."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db, new_id, unit_of_work, utcnow
from app.identity.models import Organization
from app.records.models import Record
from app.records.writing import past
from tests.access.test_twin_world import told
from tests.conftest import csrf_token
from tests.records.doors import NOWHERE, TEACHER, change, create, ids, listing, ok, path, read, submitted, where
from tests.records.zoo import definition, publish_form
from tests.samples import teacher

FORM = "twins_zoo"
#: Reviews demands of the whole city, of one county; reads all of them without approving any.
CITY, COUNTY, READER = "city_voc", "county_a", "leader"


@pytest.fixture(scope="module", autouse=True)
def form(app):
    with app.app_context():
        publish_form(definition(key=FORM, serial="TZ", unique=[{"fields": ["name"], "city_wide": True}]))


@pytest.fixture(scope="module")
def webs(app):
    return {}


@pytest.fixture
def web(sign_in, webs):
    def get(account):
        if account not in webs:
            webs[account] = sign_in(account)
        return webs[account]

    return get


@pytest.fixture
def pair(api, request):
    """Return two records of two enterprises with one name, which is that of the test."""
    name = request.node.name
    return [submitted(api(account), FORM, {"name": name}) for account in ("ent_a", "ent_b")]


def others(client, record):
    """Return the ids of what a record collides with, as its reader is told."""
    return [item["id"] for item in read(client, FORM, record).get("duplicates", [])]


def dismiss(client, record, other, note="两家企业", status=200):
    body = {"record": other["id"], "note": note}
    return ok(client.post(path(FORM, record, "/distinct"), json=body), status)


def everything(client, page, record):
    """Return whatever an owner can be told about his record, on pages and by the API."""
    pages = [f"/records/{FORM}/{kind}/{record['id']}" for kind in ("show", "history", "print", "edit")]
    pages += [f"/records/{FORM}/list", f"/records/{FORM}/list?ff=_duplicate&fo=eq&fv=true", "/work/", "/", "/messages/"]
    addresses = [path(FORM, record), path(FORM, record, "/revisions"), path(FORM, record, "/actions"), path(FORM)]
    addresses += [f"{path(FORM)}?filter=[]&count=exact", "/notifications", "/work"]
    found = {address: told(page.get(address)) for address in pages}
    return found | {address: told(client.get(address)) for address in addresses}


def test_who_reviews_both_sees_both_named_on_each(api, pair):
    first, second = pair
    assert others(api(CITY), first) == [second["id"]]
    named = read(api(CITY), FORM, second)["duplicates"][0]
    assert named == {
        "id": first["id"],
        "serial": first["serial"],
        "state": "submitted",
        "organization": read(api(CITY), FORM, first)["organization"],
    }
    rows = {row["id"]: row for row in listing(api(CITY), FORM, page_size=200)["records"]}
    assert [item["id"] for item in rows[first["id"]]["duplicates"]] == [second["id"]]
    alone = submitted(api("ent_a"), FORM, {"name": "只此一家"})
    draft = create(api("ent_b"), FORM, {"name": "只此一家"})
    for record in (alone, draft):
        assert "duplicates" not in read(api(CITY), FORM, record)


@pytest.mark.parametrize("account", ["ent_a", "ent_b", COUNTY, READER, "auditor"])
def test_nobody_else_is_told(api, web, pair, account):
    first, second = pair
    seen = [record for record in pair if api(account).get(path(FORM, record)).status_code == 200]
    assert seen
    for record in seen:
        assert "duplicates" not in read(api(account), FORM, record)
        assert "疑似重复" not in web(account).get(f"/records/{FORM}/show/{record['id']}").get_data(as_text=True)
    page = web(account).get(f"/records/{FORM}/list?size=100&ff=").get_data(as_text=True)
    assert 'class="badge text-bg-warning"' not in page
    if account != COUNTY:
        for name in ("_duplicate", "_nothing"):
            assert listing(api(account), FORM, filters=[where(name, "eq", True)], status=400)["code"] == "unknown_field"
    # A reviewer of one side alone may ask; there is nothing for him to find.
    for record, other in ((first, second), (second, first)):
        body = {"record": other["id"], "note": "x"}
        answer = api(account).post(path(FORM, record, "/distinct"), json=body)
        assert answer.status_code == (404 if account == COUNTY else 403), answer.get_json()


def test_a_county_filters_and_finds_nothing_of_the_other_side(api, pair):
    first, _ = pair
    county = api(COUNTY)
    assert listing(county, FORM, filters=[where("_duplicate", "eq", True)])["records"] == []
    assert first["id"] in ids(listing(county, FORM, filters=[where("_duplicate", "eq", False)], page_size=200))


def test_lists_are_filtered_by_it(api, web, pair):
    wanted = {record["id"] for record in pair}
    for filters, op in (([where("_duplicate", "eq", True)], "in"), ([where("_duplicate", "ne", False)], "in"),
                        ([where("_duplicate", "eq", False)], "out")):  # fmt: skip
        found = set(ids(listing(api(CITY), FORM, filters=filters, page_size=200)))
        assert (wanted <= found) if op == "in" else not (wanted & found)
    for bad in (
        where("_duplicate", "eq", "maybe"),
        where("_duplicate", "contains", "t"),
        where("_duplicate", "eq", None),
    ):
        assert listing(api(CITY), FORM, filters=[bad], status=400)["errors"][0]["field"] == "filter"
    page = web(CITY).get(f"/records/{FORM}/list?ff=_duplicate&fo=eq&fv=true&size=100").get_data(as_text=True)
    assert page.count('<span class="badge text-bg-warning">疑似重复</span>') >= 2
    assert '<option value="_duplicate" selected' in page
    assert all(f"/show/{record}" in page for record in wanted)
    page = web(CITY).get(f"/records/{FORM}/list?ff=_duplicate&fo=eq&fv=false&size=100").get_data(as_text=True)
    assert not any(f"/show/{record}" in page for record in wanted)


def test_a_reviewer_says_that_they_are_two(app, api, web, pair):
    first, second = pair
    client = web(CITY)
    address = f"/records/{FORM}/show/{first['id']}"
    page = client.get(address).get_data(as_text=True)
    assert second["serial"] in page
    action = f"/records/{FORM}/distinct/{first['id']}"
    assert f'action="{action}"' in page
    sent = {"csrf_token": csrf_token(page), "record": second["id"], "note": " "}
    assert client.post(action, data=sent).status_code == 302
    assert "请说明为什么不是重复" in client.get(address).get_data(as_text=True)
    assert others(api(CITY), first) == [second["id"]]
    assert client.post(action, data={**sent, "note": "母公司与子公司"}).status_code == 302
    page = client.get(address).get_data(as_text=True)
    assert "已记为不是重复" in page
    assert second["serial"] not in page
    for record in pair:
        assert others(api(CITY), record) == []
        assert read(api(CITY), FORM, record)["state"] == "submitted"
    # It stays so, whoever changes what, and cannot be said twice.
    change(api("ent_b"), FORM, second, {"count": 3})
    assert others(api(CITY), second) == []
    dismiss(api(CITY), first, second, status=404)
    with app.app_context():
        event = sa.select(AuditEvent.event, AuditEvent.object_id, AuditEvent.detail, AuditEvent.actor_name)
        rows = db.session.execute(tagged(event.where(AuditEvent.event == "duplicate_dismissed"), "test")).all()
    row = next(row for row in rows if row.object_id == first["id"])
    assert row.detail == {"form": FORM, "other": second["id"]}
    assert row.actor_name


def test_a_reviewer_declares_one_void(api, pair):
    first, second = pair
    ok(api(CITY).delete(path(FORM, second), json={"reason": "与先报的一条重复"}))
    assert others(api(CITY), first) == []
    assert first["id"] not in ids(listing(api(CITY), FORM, filters=[where("_duplicate", "eq", True)], page_size=200))


def test_what_collides_no_more_is_not_shown(api, pair):
    first, second = pair
    change(api("ent_a"), FORM, first, {"name": f"{first['serial']} 改名"})
    assert others(api(CITY), second) == []
    change(api("ent_a"), FORM, first, {"name": read(api(CITY), FORM, second)["answers"]["name"]})
    assert others(api(CITY), second) == [first["id"]]
    assert others(api(CITY), first) == [second["id"]]


def test_what_is_no_collision_cannot_be_dismissed(api, pair):
    first, second = pair
    alone = submitted(api("ent_b"), FORM, {"name": "无关"})
    for record, other in ((first, alone), (first, first), (first, {"id": NOWHERE}), ({"id": NOWHERE}, first)):
        dismiss(api(CITY), record, other, status=404)
    for note in ("", " ", "长" * 501):
        problem = dismiss(api(CITY), first, second, note=note, status=422)
        assert problem["errors"][0]["field"] == "note"
    body = {"record": second["id"], "note": "x"}
    assert api("ent_a").post(path(FORM, first, "/distinct"), json=body).status_code == 403


def test_neither_owner_ever_learns(api, web, request):
    """Byte for byte the same before the other's record, beside it, after it was dismissed, and when it collides again."""
    name = request.node.name
    first = submitted(api("ent_a"), FORM, {"name": name})
    before = everything(api("ent_a"), web("ent_a"), first)
    assert re.search(name.partition("[")[0], before[path(FORM, first)])
    second = submitted(api("ent_b"), FORM, {"name": name})
    beside = everything(api("ent_b"), web("ent_b"), second)
    assert others(api(CITY), first) == [second["id"]]
    assert everything(api("ent_a"), web("ent_a"), first) == before
    dismiss(api(CITY), second, first)
    assert everything(api("ent_a"), web("ent_a"), first) == before
    assert everything(api("ent_b"), web("ent_b"), second) == beside


def person(client, number):
    """Submit a part-time teacher with the attachment that a submission needs."""
    sent = {"file": (io.BytesIO(b"%PDF-1.4 invented"), "scan.pdf"), "field": "certs.cert_file"}
    kept = ok(client.post(f"/forms/{TEACHER}/files", data=sent, content_type="multipart/form-data"), 201)
    row = teacher(number, employer_consent="3")
    return submitted(client, TEACHER, {**row, "certs": [{**row["certs"][0], "cert_file": [kept["id"]]}]})


def test_the_review_page_shows_it_too(api, web):
    """Where the decision is made the box stands as well; one person in two colleges is the case that it is for."""
    first, second = (person(api(account), 60) for account in ("school_a", "school_b"))
    for reviewer, shown in ((CITY, True), (COUNTY, False)):
        for page in (f"/work/{TEACHER}/{first['id']}", f"/records/{TEACHER}/show/{first['id']}"):
            text = web(reviewer).get(page).get_data(as_text=True)
            assert (second["serial"] in text) is shown, reviewer
            assert ("疑似重复" in text) is shown, reviewer
    for account, record in (("school_a", first), ("school_b", second)):
        assert "duplicates" not in read(api(account), TEACHER, record)


def past_record(organization, name, at):
    author = past.Author("来自旧表")
    begun = past.PastRevision("submitted", {"name": name}, at, author, submits=True)
    return past.PastRecord(new_id(), organization, organization.region, (begun,))


def test_records_with_their_past_collide_inside_one_lot_too(app, api, actor):
    with app.app_context(), acting_as(system_actor("seeds")) as system, unit_of_work():
        one, two = (db.session.get(Organization, actor(account).organization_id) for account in ("ent_a", "ent_b"))
        now = utcnow()
        first, second, alone = (past_record(org, name, now) for org, name in ((one, "旧"), (two, "旧"), (two, "独")))
        past.add(system, FORM, [first, second, alone])
        marked = sa.select(Record.id).where(Record.flagged, Record.id.in_([first.id, second.id, alone.id]))
        assert set(db.session.scalars(tagged(marked, "test"))) == {second.id}
    assert others(api(CITY), {"id": first.id}) == [second.id]
    assert others(api(CITY), {"id": second.id}) == [first.id]
    assert others(api(CITY), {"id": alone.id}) == []
    assert "0 条与原先不同" in app.test_cli_runner().invoke(args=["records", "rebuild", FORM]).output
