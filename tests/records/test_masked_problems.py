"""What is wrong with an answer that the form filled in and nobody sees is told without it, on every way to submit."""

from __future__ import annotations

import json

import pytest

from tests.conftest import csrf_token
from tests.records.doors import change, create, read
from tests.records.zoo import COLOURS, definition, of, publish_form

FORM = "veiled_zoo"
#: Its "kind" is filled in with a colour that may not be chosen.


@pytest.fixture(scope="module", autouse=True)
def form(app):
    raw = definition(key=FORM, serial="VZ")
    raw["sections"][0]["fields"] = [
        of("name", "text", required=True),
        of("kind", "select", "secret", options=COLOURS, default="r", option_filter="_code != 'r'"),
        of("shade", "select", options=COLOURS),
        of("meals", "subtable", fields=[of("food", "text"), of("spice", "select", "secret", options=COLOURS)]),
    ]
    raw["list"] = {"columns": ["name"], "order": "-_updated_at"}
    raw.pop("published_when")
    with app.app_context():
        publish_form(raw)


def told(problem):
    return {(error["field"], error["row"]): (error["code"], error["message"]) for error in problem["errors"]}


def test_on_creating(api):
    client = api("ent_a")
    problem = create(client, FORM, {"name": "名"}, submit=True, status=422)
    assert told(problem)["kind", None][0] == "masked"
    assert "红" not in json.dumps(problem, ensure_ascii=False)
    # What he types himself is told in full.
    problem = create(client, FORM, {"name": "名", "kind": "紫", "shade": "灰"}, submit=True, status=422)
    assert "紫" in told(problem)["kind", None][1]
    assert "灰" in told(problem)["shade", None][1]


def test_on_submitting_later(api, sign_in):
    client = api("ent_a")
    saved = create(client, FORM, {"name": "名", "kind": "褐", "meals": [{"food": "草", "spice": "靛"}]})
    change(client, FORM, saved, {"shade": "灰"})
    lock = read(client, FORM, saved)["lock_version"]
    web = sign_in("ent_a")
    page = web.get(f"/records/{FORM}/edit/{saved['id']}").get_data(as_text=True)
    data = {"csrf_token": csrf_token(page), "lock_version": lock, "_do": "submit"}
    response = web.post(f"/records/{FORM}/edit/{saved['id']}", data=data)
    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "灰" in text
    assert "褐" not in text
    assert "靛" not in text
