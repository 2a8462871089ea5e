"""What somebody has typed is there again, whatever kept it from being saved."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.database import db, unit_of_work, utcnow
from app.identity.models import Organization, WebSession
from tests.access.tenants import PNG
from tests.campaigns.test_campaigns import opened
from tests.conftest import PASSWORD, csrf_token
from tests.records.doors import DEMAND, ENTERPRISE, NOWHERE, TEACHER, act, create, listing, path, read, submitted
from tests.samples import demand

ADD = f"/records/{DEMAND}/add"
HERE = {"Origin": "http://localhost"}
TYPED = "刚刚打字的联系人"


def post(client, address, *, token=None, headers=(), **fields):
    """Post an entry page as a browser does that has drawn it."""
    token = token or csrf_token(client.get(address).get_data(as_text=True))
    return client.post(address, data={"csrf_token": token, "_do": "save", **fields}, headers=dict(headers))


def text_of(response):
    return response.get_data(as_text=True)


def hidden(page):
    """Return the fields of the last form of a page that nobody sees."""
    form = page.rpartition("<form")[2]
    return [
        (name, html.unescape(value))
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
        if name != "csrf_token"
    ]


@pytest.fixture
def out_of_use(app, api):
    """Return the profile of an enterprise in the county's view that the county may not fill for any more."""
    own = create(api("ent_a"), ENTERPRISE, {})
    number = read(api("ent_a"), ENTERPRISE, own)["organization"]["id"]
    with app.app_context(), unit_of_work():
        db.session.get(Organization, number).active = False
    yield own["id"]
    with app.app_context(), unit_of_work():
        db.session.get(Organization, number).active = True


def test_an_owner_that_is_not_ones_own_to_name_is_told_at_its_field(api, sign_in, out_of_use):
    county = sign_in("county_a")
    for profile in (out_of_use, NOWHERE):
        for verb in ("save", "submit"):
            answer = post(county, ADD, _do=verb, **{"f-ent_id": profile, "f-filler_name": TYPED, "f-staff_now": "31"})
            page = text_of(answer)
            assert answer.status_code == 422
            assert TYPED in page
            assert 'value="31"' in page
            assert 'href="#f-ent_id"' in page
            assert "不在您可以代填的范围内" in page
    bodies = []
    for profile in (out_of_use, NOWHERE):
        found = create(api("county_a"), DEMAND, demand("不属", ent_id=profile), status=422)
        assert [(one["field"], one["code"]) for one in found["errors"]] == [("ent_id", "not_reference")]
        bodies.append(found)
    assert bodies[0] == bodies[1]
    assert listing(api("county_a"), DEMAND)["count"] == 0


def test_the_same_on_a_draft_that_is_there(api, sign_in, out_of_use):
    county = api("county_a")
    draft = create(county, DEMAND, {"staff_now": 3})
    edit = f"/records/{DEMAND}/edit/{draft['id']}"
    answer = post(sign_in("county_a"), edit, lock_version="1", **{"f-ent_id": out_of_use, "f-filler_name": TYPED})
    assert answer.status_code == 422
    assert TYPED in text_of(answer)
    assert read(county, DEMAND, draft)["lock_version"] == 1


def test_an_owner_within_the_right_is_taken(api, sign_in):
    own = create(api("ent_a"), ENTERPRISE, {})
    answer = post(sign_in("county_a"), ADD, **{"f-ent_id": own["id"], "f-filler_name": TYPED})
    assert answer.status_code == 302
    saved = read(api("ent_a"), DEMAND, answer.location.rpartition("/")[2])
    assert saved["answers"]["filler_name"] == TYPED


def test_a_campaign_that_ends_meanwhile(api, sign_in):
    client, city = sign_in("ent_a"), api("city_voc")
    campaign = opened(city)
    address = f"{ADD}?campaign={campaign}"
    token = csrf_token(text_of(client.get(address)))
    assert city.post(f"/campaigns/{campaign}/close").status_code == 200
    fields = {"campaign": campaign, "f-filler_name": TYPED}
    answer = client.post(ADD, data={"csrf_token": token, "_do": "save", **fields})
    assert answer.status_code == 409
    assert TYPED in text_of(answer)
    assert "已经截止" in text_of(answer)
    # From the page that came back it can be kept, outside of the campaign.
    kept = post(client, ADD, token=csrf_token(text_of(answer)), campaign="", **{"f-filler_name": TYPED})
    assert kept.status_code == 302
    assert client.get(address).status_code == 409


def test_a_record_that_is_handed_in_meanwhile(api, sign_in):
    ent = api("ent_a")
    draft = create(ent, DEMAND, demand("同事"))
    edit = f"/records/{DEMAND}/edit/{draft['id']}"
    colleague = sign_in("ent_a_clerk")
    token = csrf_token(text_of(colleague.get(edit)))
    act(ent, DEMAND, draft, "submit")
    answer = post(colleague, edit, token=token, lock_version="1", **{"f-filler_name": TYPED})
    assert answer.status_code == 409
    assert TYPED in text_of(answer)
    assert "您的修改没有保存" in text_of(answer)
    assert read(ent, DEMAND, draft)["answers"]["filler_name"] == "测试员"
    assert colleague.get(edit).status_code == 403
    # Whoever may see it and never change it is told no more than before.
    assert post(sign_in("county_a_emp"), edit, token="x").status_code == 400


def test_files_of_plain_inputs_outlive_what_is_wrong_elsewhere(api, sign_in):
    school = sign_in("school_a")
    address = f"/records/{TEACHER}/add"
    token = csrf_token(text_of(school.get(address)))
    sent = {
        "csrf_token": token,
        "_do": "submit",
        "f-full_name": TYPED,
        "f-photo-upload": (BytesIO(PNG), "face.png"),
        "f-employer_consent_file-upload": (BytesIO(b"no pdf"), "consent.pdf"),
    }
    fields = [name for name in sent if name.endswith("-upload")]
    answer = school.post(address, data=sent, content_type="multipart/form-data")
    page = text_of(answer)
    assert answer.status_code == 422, fields
    assert TYPED in page
    assert "face.png" in page
    (kept,) = set(re.findall(r'name="f-photo" value="([0-9A-Z]{26})"', page))
    again = post(school, address, token=csrf_token(page), **{"f-full_name": TYPED, "f-photo": kept})
    assert again.status_code == 302, text_of(again)
    saved = api("school_a").get(path(TEACHER, again.location.rpartition("/")[2])).get_json()
    assert [file["id"] if isinstance(file, dict) else file for file in saved["answers"]["photo"]] == [kept]


# --- a session that ends while somebody types ---------------------------------------------------------------------


def end_sessions(app):
    with app.app_context(), unit_of_work():
        table = WebSession.__table__
        db.session.execute(sa.update(table).where(table.c.kind == "web").values(revoked_at=utcnow()))


def signing_in(client, page, password=PASSWORD, username="ent_a"):
    data = [*hidden(page), ("username", username), ("password", password), ("csrf_token", csrf_token(page))]
    body = {}
    for name, value in data:
        body.setdefault(name, []).append(value)
    return client.post(f"/login/?next={ADD}", data=body)


def test_after_signing_in_again_one_goes_on_where_one_was(app, api, sign_in):
    client = sign_in("ent_a")
    token = csrf_token(text_of(client.get(ADD)))
    end_sessions(app)
    before = listing(api("ent_a"), DEMAND)["count"]
    several = {"f-filler_name": TYPED, "f-duty": "一\r\n二", "f-positions": "1", "f-positions-0-_row": ""}
    several |= {"f-positions-0-channel": ["1", "2"], "f-positions-0-position_name": '"<焊工>"'}
    answer = post(client, ADD, token=token, headers=HERE, **several)
    page = text_of(answer)
    assert answer.status_code == 401
    assert "登录已过期" in page
    assert 'name="username"' in page
    assert token not in page
    wrong = signing_in(client, page, password="wrong")
    assert wrong.status_code == 401
    assert "密码不正确" in text_of(wrong)
    assert hidden(text_of(wrong)) == hidden(page)
    page = text_of(signing_in(client, text_of(wrong)))
    assert "还没有保存" in page
    assert PASSWORD not in page
    assert listing(api("ent_a"), DEMAND)["count"] == before
    body = {}
    for name, value in hidden(page):
        body.setdefault(name, []).append(value)
    done = client.post(ADD, data={**body, "csrf_token": csrf_token(page)})
    assert done.status_code == 302, text_of(done)
    saved = read(api("ent_a"), DEMAND, done.location.rpartition("/")[2])["answers"]
    assert saved["filler_name"] == TYPED
    assert saved["positions"][0]["channel"] == ["1", "2"]
    assert saved["positions"][0]["position_name"] == '"<焊工>"'


def test_a_token_that_aged_is_renewed(app, api, sign_in):
    client = sign_in("ent_a")
    answer = post(client, ADD, token="of-another-session", headers=HERE, **{"f-filler_name": TYPED})
    page = text_of(answer)
    assert answer.status_code == 400
    assert 'name="password"' not in page
    done = client.post(ADD, data={**dict(hidden(page)), "csrf_token": csrf_token(page)})
    assert done.status_code == 302
    assert read(api("ent_a"), DEMAND, done.location.rpartition("/")[2])["answers"]["filler_name"] == TYPED


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/records"},
        # No addresses at all.
        {"Origin": "http://["},
        {"Referer": "http://]/"},
    ],
)
def test_a_page_of_another_site_gets_nothing_carried_on(sign_in, headers):
    answer = post(sign_in("ent_a"), ADD, token="x", headers=headers, **{"f-filler_name": TYPED})
    assert answer.status_code == 400
    assert TYPED not in text_of(answer)
    assert hidden(text_of(answer)) == []


def test_what_is_carried_on_goes_to_no_other_place(sign_in, app):
    client = app.test_client()
    token = csrf_token(text_of(client.get("/login/")))
    for address in ("https://evil.example/", "//evil.example", "/account/password", "/logout/", "/accounts/add"):
        fields = {"kept_address": address, "kept:new": TYPED, "username": "nobody_at_all", "password": "wrong"}
        page = text_of(client.post("/login/", data={**fields, "csrf_token": token}))
        assert TYPED not in page
        assert address not in page
    # No page is answered so that asks for a password.
    own = post(sign_in("ent_a"), "/account/password", token="x", headers=HERE, current=TYPED, new="Abcdef-12345")
    assert "Abcdef-12345" not in text_of(own)


def test_a_reviewers_notes_stay_too(app, api, sign_in):
    saved = submitted(api("ent_a"), DEMAND, demand("批注留"))
    county = sign_in("county_a")
    address = f"/work/{DEMAND}/{saved['id']}"
    token = csrf_token(text_of(county.get(address)))
    notes = {"lock_version": str(saved["lock_version"]), "note-field": "staff_now", "note-text": TYPED}
    answer = county.post(f"{address}/return", data={"csrf_token": "aged", **notes}, headers=HERE)
    assert ("note-text", TYPED) in hidden(text_of(answer))
    # The enterprise takes it back meanwhile: what was written is still to be read.
    act(api("ent_a"), DEMAND, saved, "recall")
    late = county.post(f"{address}/return", data={"csrf_token": token, **notes})
    assert late.status_code in {404, 409}
    if late.status_code == 409:
        assert TYPED in text_of(late)


def test_notes_stay_when_another_reviewer_was_faster(api, sign_in):
    ent = api("ent_a")
    saved = submitted(ent, DEMAND, demand("批注快"))
    county = sign_in("county_a")
    address = f"/work/{DEMAND}/{saved['id']}"
    token = csrf_token(text_of(county.get(address)))
    act(api("county_a"), DEMAND, saved, "approve")
    sent = {"csrf_token": token, "lock_version": str(saved["lock_version"]), "note-field": "", "note-text": TYPED}
    late = county.post(f"{address}/return", data=sent)
    assert late.status_code == 409
    assert TYPED in text_of(late)
    assert read(ent, DEMAND, saved)["state"] != "returned"
