"""The library of question blocks: saved from one form, copied into another under free keys, with its rules."""

from __future__ import annotations

import re

import pytest

from tests.access.tenants import done, work
from tests.builder.pages import publish, published
from tests.conftest import ApiClient, csrf_token
from tests.records.zoo import of

SOURCE, TARGET = "block_source", "block_target"


@pytest.fixture(scope="module")
def forms(app):
    """Have a form with a block of contacts, and one that has some of its keys already."""

    def api(name):
        return ApiClient(app, name)

    lists = {"columns": ["name"], "search": [], "order": "name"}
    contact = {
        "key": "contact",
        "title": {"zh": "联系", "en": "Contact"},
        "visible_when": "tame = true",
        "fields": [
            of("tame", "bool"),
            of("name", "text", visible_when="tame = true", checks=[
                {"expression": "name != 'name'", "message": {"zh": "不能叫 name", "en": "not name"}}
            ]),
            of("rows", "subtable", fields=[of("name", "text"), of("note", "text", visible_when="parent.tame = true")]),
        ],
    }  # fmt: skip
    plain = {"key": "one", "title": {"zh": "一", "en": "One"}, "fields": [of("outside", "text")]}
    # A section hidden by a field inside it would never show.
    contact.pop("visible_when")
    published(app, api, SOURCE, sections=[plain, contact], list=lists, published_when=None)
    mine = {"key": "contact", "title": {"zh": "甲", "en": "A"}, "fields": [of("name", "text"), of("tame", "bool")]}
    published(app, api, TARGET, sections=[mine], list=lists, published_when=None)


def post(client, address, **more):
    page = client.get(address).get_data(as_text=True)
    return client.post(address.partition("?")[0], data={"csrf_token": csrf_token(page), **more})


def test_a_block_is_copied_with_free_keys_and_its_rules(app, api, sign_in, forms):
    client = sign_in("city_admin")
    saved = post(client, f"/forms/blocks/?form={SOURCE}", form=SOURCE, section="contact", title="联系人")
    assert saved.location.startswith("/forms/blocks/")
    again = post(client, f"/forms/blocks/?form={SOURCE}", form=SOURCE, section="contact", title="联系人")
    assert again.status_code == 422
    assert "还没有表单使用" in client.get(saved.location).get_data(as_text=True)
    done_ = post(client, saved.location, do="insert", form=TARGET)
    assert done_.location == f"/forms/{TARGET}/publish"
    draft = done(api("city_admin").get(f"/forms/{TARGET}/draft"), 200)["definition"]
    assert [section["key"] for section in draft["sections"]] == ["contact", "contact_2"]
    tame, name, rows = draft["sections"][1]["fields"]
    assert (tame["key"], name["key"], rows["key"]) == ("tame_2", "name_2", "rows")
    assert name["visible_when"] == "tame_2 = true"
    # Names follow, texts do not.
    assert name["checks"][0]["expression"] == "name_2 != 'name'"
    assert rows["fields"][1]["visible_when"] == "parent.tame_2 = true"
    assert rows["fields"][0]["key"] == "name"
    page = client.get(saved.location).get_data(as_text=True)
    assert re.search(r"<li>.*?contact_2", page)
    assert publish(client, TARGET).location.startswith("/jobs/")
    work(app)
    answers = {"name": "甲", "tame_2": True, "name_2": "乙", "rows": [{"name": "丙", "note": "x"}]}
    done(api("ent_a").post(f"/forms/{TARGET}/records", json={"answers": answers, "submit": True}), 201)
    # Gone from the library, the copy stays.
    assert post(client, saved.location, do="remove").location == "/forms/blocks/"
    assert client.get(saved.location).status_code == 404
    assert len(done(api("city_admin").get(f"/forms/{TARGET}/draft"), 200)["definition"]["sections"]) == 2


def test_who_designs_nothing_only_looks(sign_in, forms):
    reader = sign_in("city_voc")
    page = reader.get("/forms/blocks/")
    assert page.status_code == 200
    assert "从表单保存题块" not in page.get_data(as_text=True)
    token = csrf_token(reader.get("/account/password").get_data(as_text=True))
    body = {"csrf_token": token, "form": SOURCE, "section": "contact", "title": "x"}
    assert reader.post("/forms/blocks/", data=body).status_code == 403
    assert sign_in("ent_a").get("/forms/blocks/").status_code == 403
