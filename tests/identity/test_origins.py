"""What another site sends in somebody's name is refused before its token is looked at."""

from __future__ import annotations

import re

import pytest

from tests.conftest import csrf_token, sign_in_client
from tests.records.doors import DEMAND
from tests.records.test_typed_text_stays import hidden

ADD, API = f"/records/{DEMAND}/add", f"/api/v1/forms/{DEMAND}/records"
TYPED = "跨站的联系人"
EXPIRED = {"zh": "页面已过期", "en": "expired"}

#: What a browser says besides the token, and whether it is refused.
SAID = [
    ({}, False),
    ({"Origin": "http://localhost"}, False),
    ({"Origin": "http://LOCALHOST"}, False),
    # A proxy may have ended TLS.
    ({"Origin": "https://localhost"}, False),
    ({"Origin": "https://evil.example"}, True),
    ({"Origin": "null"}, True),
    ({"Origin": "http://localhost:8080"}, True),
    ({"Origin": "http://localhost.evil.example"}, True),
    ({"Origin": "http://localhost@evil.example"}, True),
    ({"Origin": "http://evil.example http://localhost"}, True),
    ({"Origin": "file://localhost"}, True),
    # No address at all.
    ({"Origin": "http://["}, True),
    ({"Origin": "http://localhost:x"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, False),
    # Of a page whose proxy asks for no referrer; behind one that asks for another host.
    ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://hr.example"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, True),
    ({"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"}, True),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, True),
    # Offices strip it, and it decides nothing.
    ({"Referer": "https://evil.example/records"}, False),
]


@pytest.fixture(scope="module")
def enterprise(app):
    """Return a signed-in web client and its token."""
    client = app.test_client()
    assert sign_in_client(client, "ent_a").status_code == 302
    return client, csrf_token(client.get(ADD).get_data(as_text=True))


def post(enterprise, headers, address=ADD, **arguments):
    client, token = enterprise
    return client.post(
        address, data={"csrf_token": token, "_do": "save", "f-filler_name": TYPED}, headers=headers, **arguments
    )


def count(enterprise):
    return enterprise[0].get(f"{API}?count=exact").get_json()["count"]


@pytest.mark.parametrize(("headers", "refused"), SAID, ids=str)
def test_a_page_is_posted_by_pages_of_this_site_alone(enterprise, headers, refused):
    before = count(enterprise)
    answer = post(enterprise, headers)
    assert answer.status_code == (400 if refused else 302), answer.get_data(as_text=True)[:400]
    assert count(enterprise) == before + (not refused)
    if refused:
        page = answer.get_data(as_text=True)
        assert EXPIRED["zh"] in page
        assert TYPED not in page
        assert hidden(page) == []


@pytest.mark.parametrize(("headers", "refused"), SAID, ids=str)
def test_the_api_is_called_in_a_session_by_pages_of_this_site_alone(enterprise, headers, refused):
    client, token = enterprise
    before = count(enterprise)
    headers = {**headers, "X-CSRFToken": token, "Accept-Language": "zh"}
    answer = client.post(API, json={"answers": {"filler_name": TYPED}}, headers=headers)
    assert answer.status_code == (400 if refused else 201), answer.get_data(as_text=True)
    assert count(enterprise) == before + (not refused)
    if refused:
        assert answer.get_json()["code"] == "csrf"
        assert EXPIRED["zh"] in answer.get_json()["title"]


def test_a_token_of_ones_own_comes_from_anywhere(api):
    for headers in ({"Origin": "https://portal.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = api("ent_a").post(f"/forms/{DEMAND}/records", json={"answers": {}}, headers=headers)
        assert answer.status_code == 201


def test_nobody_is_signed_in_or_out_by_another_site(app, enterprise):
    client = app.test_client()
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    for headers, status in (({"Origin": "https://evil.example"}, 400), ({"Origin": "http://localhost"}, 302)):
        fields = {"username": "ent_b", "password": "Xiaoqitong-Demo-2025", "csrf_token": token}
        assert client.post("/login/", data=fields, headers=headers).status_code == status
    assert post(enterprise, {"Origin": "https://evil.example"}, "/logout/").status_code == 400
    assert enterprise[0].get(ADD).status_code == 200


def test_reading_is_open_to_links_from_anywhere(enterprise):
    for headers, _ in SAID:
        assert enterprise[0].get(ADD, headers=headers).status_code == 200


def test_the_refusal_is_read_in_english_too(app):
    client = app.test_client()
    assert sign_in_client(client, "ent_a").status_code == 302
    client.get("/lang/en")
    token = csrf_token(client.get(ADD).get_data(as_text=True))
    page = post((client, token), {"Origin": "null"}).get_data(as_text=True)
    assert EXPIRED["en"] in page
    assert not re.search("[一-鿿]", re.sub(r"简体中文|校企通", "", page.partition("<main")[2].partition("</main")[0]))


#: Names that the configuration gives, whether it says TLS, the host asked for, the origin said; whether it is refused.
SITES = [
    # A proxy that asks for another host than the browser did.
    ((None, False, "inner:8000", "https://hr.example"), True),
    ((["inner", "hr.example"], False, "inner:8000", "https://hr.example"), False),
    ((["inner", ".example"], False, "inner:8000", "https://hr.example"), False),
    ((["inner", "hr.example"], False, "inner:8000", "https://hr.example:9000"), True),
    ((["inner", "hr.example"], False, "inner:8000", "https://evil.example"), True),
    ((["inner", "hr.example"], False, "inner:8000", "null"), True),
    ((["inner"], False, "inner:8000", "http://inner:8000"), False),
    ((None, True, "hr.example", "https://hr.example"), False),
    ((None, True, "hr.example", "http://hr.example"), True),
]


@pytest.mark.parametrize(("site", "refused"), SITES, ids=str)
def test_which_site_is_this_one_says_the_configuration(app, monkeypatch, site, refused):
    hosts, https, host, origin = site
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", hosts)
    monkeypatch.setitem(app.config, "HTTPS", https)
    address = ("https" if https else "http") + "://" + host
    client = app.test_client()
    page = client.get("/login/", base_url=address).get_data(as_text=True)
    fields = {"username": "nobody", "password": "x", "csrf_token": csrf_token(page)}
    answer = client.post("/login/", data=fields, headers={"Origin": origin}, base_url=address)
    # 401: the sign-in was looked at.
    assert answer.status_code == (400 if refused else 401), answer.get_data(as_text=True)[:300]
