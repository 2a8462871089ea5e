"""Hostile posts and addresses of the pages of forms: nobody gets a 500."""

from __future__ import annotations

import pytest

from app.builder.creating.proposals import blank
from app.database import unit_of_work
from tests.access.routes import NOWHERE
from tests.api.test_hostile_pages import TEXTS, encoded, fine
from tests.builder.pages import hidden
from tests.conftest import csrf_token
from tests.records.zoo import who

FORM = "training_base_register"
URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_nobody_gets_an_error_of_ours(app, sign_in, text):
    client = sign_in("city_admin")
    with app.app_context(), unit_of_work():
        proposal = blank(who("city_admin"), "敌意").id
    token = csrf_token(client.get("/forms/new").get_data(as_text=True))
    page = client.get(f"/forms/{FORM}/publish").get_data(as_text=True)
    lock = client.get(f"/forms/{FORM}/publish").get_data(as_text=True)
    stamp = hidden(client.get("/forms/lists/gender").get_data(as_text=True), "stamp")
    assert page
    assert lock
    posts = [
        ("/forms/new", [("how", "blank"), ("title", text)]),
        ("/forms/new", [("how", "text"), ("title", text), ("text", text)]),
        ("/forms/new", [("how", text)]),
        ("/forms/new", [("how", "template"), ("template", text)]),
        ("/forms/new", [("how", "copy"), ("form", text)]),
        (f"/forms/new/{proposal}", [(name, text) for name in ("key", "title_zh", "kind", "fill", "review", "resource")]),
        (f"/forms/new/{proposal}", [
            ("key", "hostile"), ("title_zh", text), ("title_en", text), ("kind", "register"), ("fill", text),
            ("review", "one"), ("first", text), ("view", text), ("unique", text), ("columns", text), ("workflow", text),
        ]),
        (f"/forms/{FORM}/publish", [("lock_version", text), ("base", text), ("note", text)]),
        (f"/forms/{FORM}/publish", [("lock_version", "1"), ("base", "1"), ("note", text), ("choice:x", text)]),
        (f"/forms/{FORM}/restore", [("version", text), ("lock_version", text)]),
        (f"/forms/{FORM}/policy", [("policy", text)]),
        ("/forms/lists/", [("key", text), ("title_zh", text), ("title_en", text), ("text", text)]),
        ("/forms/lists/", [("key", "hostile"), ("title_zh", text), ("title_en", text), ("text", text)]),
        *(
            ("/forms/lists/gender", [
                ("stamp", stamp), ("do", do), ("code", text), ("zh", text), ("en", text), ("parent", text),
                ("place", text), ("text", text), ("title_zh", text), ("title_en", text),
            ])
            for do in ("add", "save", "retire", "paste", "title")
        ),
        (f"/forms/requests/{NOWHERE}", [("do", "approve"), ("comment", text)]),
        ("/forms/blocks/", [("form", FORM), ("section", text), ("title", text)]),
        ("/forms/blocks/", [("form", text), ("section", text), ("title", text)]),
        (f"/forms/blocks/{NOWHERE}", [("do", "insert"), ("form", text)]),
    ]  # fmt: skip
    for address, pairs in posts:
        body = encoded([("csrf_token", token), *pairs])
        fine(client.post(address, data=body, content_type=URLENCODED), address, pairs)
    for address in (
        "/forms/?q={}&page={}&state={}&kind={}", "/forms/lists/?q={}", "/forms/lists/gender?q={}&code={}&page={}",
        f"/forms/{FORM}/compare?old={{}}&new={{}}", "/forms/lists/{}", "/forms/requests/{}", "/forms/blocks/{}",
        "/forms/new/{}", "/forms/blocks/?form={}", "/forms/{}/publish", "/forms/{}/compare",
    ):  # fmt: skip
        fine(client.get(address.replace("{}", encoded([("x", text)]).decode().partition("=")[2])), address)
