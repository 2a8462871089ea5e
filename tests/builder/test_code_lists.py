"""Code lists on screen: seen, used in, changed at once; codes never disappear; records follow a new order."""

from __future__ import annotations

import re

import pytest

from app.builder.service import code_lists
from tests.access.tenants import done, work
from tests.builder.pages import hidden, published
from tests.conftest import ApiClient, csrf_token
from tests.records.zoo import of

KEY, LIST = "listed", "trades"


@pytest.fixture(scope="module")
def form(app):
    """Have a list of two trades, a form that uses it, and a record of each trade."""
    client = app.test_client()
    from tests.conftest import sign_in_client

    sign_in_client(client, "city_admin")
    token = csrf_token(client.get("/forms/lists/").get_data(as_text=True))
    text = "w\t焊工\tWelder\nt\t车工\tTurner"
    made = client.post("/forms/lists/", data={"csrf_token": token, "key": LIST, "title_zh": "工种", "text": text})
    assert made.location == f"/forms/lists/{LIST}"
    section = {"key": "s", "title": {"zh": "s", "en": "s"}}
    fields = [of("trade", "select", codelist=LIST)]
    listed = {"columns": ["trade"], "order": "trade", "search": []}
    published(
        app,
        lambda name: ApiClient(app, name),
        KEY,
        sections=[{**section, "fields": fields}],
        list=listed,
        published_when=None,
    )
    for code in "wt":
        done(
            ApiClient(app, "ent_a").post(f"/forms/{KEY}/records", json={"answers": {"trade": code}, "submit": True}),
            201,
        )


def change(client, **more):
    """Send a change of the list as its page stands; return the answer."""
    page = client.get(f"/forms/lists/{LIST}").get_data(as_text=True)
    body = {"csrf_token": csrf_token(page), "stamp": hidden(page, "stamp"), **more}
    return client.post(f"/forms/lists/{LIST}", data=body)


def options(app):
    with app.app_context():
        return {option.code: (option.label.zh, option.retired) for option in code_lists()[LIST].options}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_lists_tell_where_they_are_used(sign_in, form):
    client = sign_in("city_admin")
    page = client.get(f"/forms/lists/?q={LIST}").get_data(as_text=True)
    (row,) = re.findall(r"<tr>(?:(?!</tr>).)*工种.*?</tr>", page, re.DOTALL)
    assert re.findall(r'class="number">(\d+)<', row) == ["2", "0", "1"]
    assert f'href="/forms/{KEY}"' in client.get(f"/forms/lists/{LIST}").get_data(as_text=True)
    seen = sign_in("city_voc").get(f"/forms/lists/{LIST}")
    assert seen.status_code == 200
    assert "添加一项" not in text_of(seen)
    assert sign_in("ent_a").get("/forms/lists/").status_code == 403


def test_a_new_option_can_be_chosen_at_once_and_a_retired_one_no_more(app, api, sign_in, form):
    client = sign_in("city_admin")
    assert change(client, do="add", code="e", zh="电工", en="Electrician").status_code == 302
    record = done(api("ent_a").post(f"/forms/{KEY}/records", json={"answers": {"trade": "e"}, "submit": True}), 201)
    assert change(client, do="retire", code="e").location.endswith("?code=e#option")
    refused = api("ent_a").post(f"/forms/{KEY}/records", json={"answers": {"trade": "e"}, "submit": True})
    assert refused.status_code == 422
    seen = done(api("ent_a").get(f"/forms/{KEY}/records/{record['id']}"), 200)
    assert seen["answers"]["trade"] == "e"
    assert options(app)["e"] == ("电工", True)
    change(client, do="restore", code="e")
    done(api("ent_a").post(f"/forms/{KEY}/records", json={"answers": {"trade": "e"}, "submit": True}), 201)


def test_codes_stay_whatever_is_pasted(app, sign_in, form):
    client = sign_in("city_admin")
    told = change(client, do="paste", text="w\t电焊工\tWelder\nm\t铣工\nw1\t氩弧焊工\tTIG\tw")
    # An option below another one pushes on what stands behind it: records are ordered anew.
    assert told.location.startswith("/jobs/")
    work(app)
    found = options(app)
    assert {"w", "t", "m", "w1"} <= set(found)
    assert found["w"] == ("电焊工", False)
    with app.app_context():
        assert code_lists()[LIST].get("w1").parent == "w"
    wrong = change(client, do="paste", text="n\t新\nx\t\ny\t丁\t\tnowhere")
    assert wrong.status_code == 422
    assert "第 2 行" in text_of(wrong)
    assert "第 3 行" in text_of(wrong)
    assert "n" not in options(app)
    assert change(client, do="add", code="w", zh="又一个").status_code == 422
    assert change(client, do="save", code="never", zh="x").status_code == 422
    assert change(client, do="title", title_zh="工种表", title_en="Trades").status_code == 302


def test_records_follow_the_new_order_of_options(app, api, sign_in, form):
    def order():
        found = done(api("ent_a").get(f"/forms/{KEY}/records?order=trade"), 200)["records"]
        return [record["answers"]["trade"] for record in found if record["answers"]["trade"] in "wt"]

    assert order() == ["w", "t"]
    moved = change(sign_in("city_admin"), do="save", code="t", zh="车工", en="Turner", place="1")
    assert moved.location.startswith("/jobs/")
    assert order() == ["w", "t"]
    work(app)
    assert order() == ["t", "w"]
    assert f"/forms/lists/{LIST}" in sign_in("city_admin").get(moved.location).get_data(as_text=True)


def test_a_stale_page_changes_nothing(app, sign_in, form):
    client = sign_in("city_admin")
    page = client.get(f"/forms/lists/{LIST}").get_data(as_text=True)
    change(client, do="add", code="q", zh="钳工")
    body = {"csrf_token": csrf_token(page), "stamp": hidden(page, "stamp"), "do": "add", "code": "z", "zh": "迟到"}
    assert client.post(f"/forms/lists/{LIST}", data=body).status_code == 409
    assert "z" not in options(app)
    reader = sign_in("city_voc")
    token = csrf_token(reader.get("/account/password").get_data(as_text=True))
    assert reader.post(f"/forms/lists/{LIST}", data={**body, "csrf_token": token}).status_code == 403
