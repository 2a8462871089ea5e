"""Headers, static addresses, language, sign-in page, error pages."""

from __future__ import annotations

import re

from app.builder.service import forms_for


def headers_of(client, path):
    """Return the headers of an answer; a file that is sent is closed with it."""
    with client.get(path) as response:
        return response.headers


def test_every_answer_carries_the_policy(app):
    client = app.test_client()
    for path in ("/login/", "/nothing", "/static/css/shell.css", "/api/v1/forms"):
        headers = headers_of(client, path)
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_static_addresses_carry_a_version_and_are_kept(app):
    client = app.test_client()
    page = client.get("/login/").get_data(as_text=True)
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)"', page)
    assert len(addresses) >= 3
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{8}$", address), address
        assert "immutable" in headers_of(client, address)["Cache-Control"]
    assert "immutable" not in headers_of(client, "/static/css/shell.css")["Cache-Control"]
    assert "no-store" in client.get("/login/").headers["Cache-Control"]


def test_sign_in_page_lists_demo_accounts_in_demo_mode_only(app):
    client = app.test_client()
    assert "ent_a_clerk" in client.get("/login/").get_data(as_text=True)
    app.config["DEMO_MODE"] = False
    try:
        page = client.get("/login/").get_data(as_text=True)
    finally:
        app.config["DEMO_MODE"] = True
    assert "ent_a_clerk" not in page
    assert "Xiaoqitong-Demo" not in page


def test_language_is_chosen_and_kept(app):
    client = app.test_client()
    assert '<html lang="zh-CN">' in client.get("/login/").get_data(as_text=True)
    client.get("/lang/en")
    assert '<html lang="en">' in client.get("/login/").get_data(as_text=True)


def test_unknown_address_answers_a_page_with_the_frame(app, sign_in):
    response = sign_in("ent_a").get("/nothing")
    text = response.get_data(as_text=True)
    assert response.status_code == 404
    assert 'id="menu"' in text
    assert text.count("<h1") == 1


def test_menu_names_the_forms_of_the_actor_and_no_others(app, sign_in, actor):
    named = {}
    for account in ("ent_a", "county_a_emp"):
        page = sign_in(account).get("/").get_data(as_text=True)
        named[account] = set(re.findall(r"/records/(\w+)/list", page))
        with app.app_context():
            assert named[account] == {head.key for head in forms_for(actor(account))}
    assert named["county_a_emp"] < named["ent_a"]


def test_start_page_needs_somebody(app):
    response = app.test_client().get("/")
    assert response.status_code == 302
    assert response.location.startswith("/login/")
