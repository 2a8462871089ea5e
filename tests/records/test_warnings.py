"""What may be right although it looks wrong is told on every way in, in the reader's language, and holds nothing back."""

from __future__ import annotations

import pytest

from tests.conftest import csrf_token
from tests.records.doors import change, create, read
from tests.records.zoo import definition, of, publish_form
from tests.samples import id_number

FORM = "doubtful_zoo"
STRANGE, KNOWN = id_number(1, district="380101"), id_number(1, district="230203")
TOLD = {"zh": "前两位“38”不是省级行政区划代码", "en": "No province has the code 38"}
CARD = "6222000000000001"


@pytest.fixture(scope="module", autouse=True)
def form(app):
    raw = definition(key=FORM, serial="DZ")
    few = {"expression": "count <= 5", "message": {"zh": "超过五只，请核对", "en": "More than five; check"}}
    raw["sections"][0]["fields"] = [
        of("number", "id_card", "personal", required=True, mask="idcard_m"),
        of("count", "integer", checks=[{**few, "level": "warning"}]),
        of("cards", "subtable", fields=[of("card", "bank_card", "public")]),
    ]
    raw["list"] = {"columns": ["count"], "order": "-_updated_at"}
    raw.pop("published_when")
    with app.app_context():
        publish_form(raw)


def warned(answer):
    return {(item["field"], item["row"], item["code"]) for item in answer.get("warnings", [])}


ALL = {("number", None, "unknown_region"), ("count", None, "check"), ("cards.card", 1, "check_digit")}
ANSWERS = {"number": STRANGE, "count": 6, "cards": [{"card": CARD}]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_api_tells_it_beside_every_write(api, lang):
    client = api("ent_a", lang)
    saved = create(client, FORM, ANSWERS)
    assert warned(saved) == ALL
    text = next(item["message"] for item in saved["warnings"] if item["field"] == "number")
    assert TOLD[lang] in text
    assert all(item["level"] == "warning" for item in saved["warnings"])
    changed = change(client, FORM, saved, {"count": 5})
    assert warned(changed) == ALL - {("count", None, "check")}
    assert warned(change(client, FORM, saved, {"count": 5})) == ALL - {("count", None, "check")}
    assert warned(change(client, FORM, saved, {"number": KNOWN, "cards": []})) == set()


def test_a_submission_goes_through_and_one_that_lacks_something_tells_both(api):
    client = api("ent_a")
    saved = create(client, FORM, ANSWERS, submit=True)
    assert saved["state"] == "submitted"
    assert warned(saved) == ALL
    refused = create(client, FORM, {**ANSWERS, "number": None}, submit=True, status=422)
    assert {error["field"] for error in refused["errors"]} == {"number"}
    assert warned(refused) == ALL - {("number", None, "unknown_region")}


def test_the_same_request_is_answered_with_the_same_warnings(api):
    client = api("ent_a")
    body, once = {"answers": ANSWERS}, {"Idempotency-Key": "doubtful-1"}
    first = client.post(f"/forms/{FORM}/records", json=body, headers=once).get_json()
    assert warned(first) == ALL
    assert client.post(f"/forms/{FORM}/records", json=body, headers=once).get_json() == first


def test_of_what_somebody_cannot_see_it_is_only_said_that_it_be_looked_at(app, api):
    key = "veiled_doubt"
    raw = definition(key=key, serial="VD")
    raw["sections"][0]["fields"] = [of("name", "text"), of("number", "id_card", "secret", default=STRANGE)]
    raw["list"] = {"columns": ["name"], "order": "-_updated_at"}
    raw.pop("published_when")
    with app.app_context():
        publish_form(raw)
    client = api("ent_a")
    saved = create(client, key, {"name": "名"})
    assert warned(saved) == {("number", None, "masked")}
    assert "38" not in saved["warnings"][0]["message"]
    assert warned(change(client, key, saved, {"name": "又"})) == {("number", None, "masked")}
    # The twin: what he types himself is told in full.
    other = id_number(3, district="380101")
    assert warned(change(client, key, saved, {"number": other})) == {("number", None, "unknown_region")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_it_and_hands_in_all_the_same(api, sign_in, lang):
    saved = create(api("ent_a"), FORM, ANSWERS)
    web = sign_in("ent_a")
    web.get(f"/lang/{lang}")
    address = f"/records/{FORM}/edit/{saved['id']}"
    page = web.get(address).get_data(as_text=True)
    assert TOLD[lang] in page
    assert "entry-warnings-title" in page
    assert "entry-errors-title" not in page
    data = {"csrf_token": csrf_token(page), "lock_version": saved["lock_version"], "_do": "submit"}
    done = web.post(address, data=data, follow_redirects=True)
    web.get("/lang/zh")
    assert done.status_code == 200
    assert TOLD[lang] in done.get_data(as_text=True)
    assert read(api("ent_a"), FORM, saved)["state"] == "submitted"


def test_a_draft_that_is_saved_by_itself_is_answered_with_it(api, sign_in):
    saved = create(api("ent_a"), FORM, {"number": KNOWN})
    web = sign_in("ent_a")
    page = web.get(f"/records/{FORM}/edit/{saved['id']}").get_data(as_text=True)
    body = {"lock_version": saved["lock_version"], "form_version": 1, "form": [["f-number", STRANGE]]}
    token = {"X-CSRFToken": csrf_token(page)}
    answer = web.post(f"/records/{FORM}/draft/{saved['id']}", json=body, headers=token)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert [(item["field"], item["row"]) for item in answer.get_json()["warnings"]] == [("number", None)]
    assert TOLD["zh"] in answer.get_json()["warnings"][0]["text"]
