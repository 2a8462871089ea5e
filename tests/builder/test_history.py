"""Versions of a form: any two compared in words, an earlier one restored as a new number, core fields locked."""

from __future__ import annotations

import re
from copy import deepcopy

import sqlalchemy as sa

from app.builder.models import FormVersion
from app.builder.service import head
from app.database import db
from tests.access.tenants import done, work
from tests.builder.pages import hidden, publish, published, save
from tests.builder.test_publish_page import line_of, words
from tests.conftest import csrf_token

KEY = "versioned"


def texts(app):
    with app.app_context():
        rows = db.session.execute(
            sa.select(FormVersion.no, FormVersion.definition)
            .where(FormVersion.form_key == KEY)
            .order_by(FormVersion.no)
        )
        return {row.no: row.definition for row in rows}


def test_versions_are_compared_and_restored(app, api, sign_in):
    raw = published(app, api, KEY)
    client = sign_in("city_admin")
    second = deepcopy(raw)
    second["sections"][0]["fields"][1]["label"] = {"zh": "第二版的名字", "en": "Second"}
    save(api, KEY, second)
    publish(client, KEY, note="第二版")
    work(app)
    third = deepcopy(second)
    fresh = {"key": "fresh", "type": "text", "label": {"zh": "第三版新增", "en": "Third"}, "class": "public"}
    third["sections"][0]["fields"].append({**fresh, "required": True})
    save(api, KEY, third)
    publish(client, KEY, note="第三版")
    work(app)

    page = client.get(f"/forms/{KEY}").get_data(as_text=True)
    assert "第三版" in page
    compare = client.get(f"/forms/{KEY}/compare?old=1&new=3").get_data(as_text=True)
    assert "remark → 第二版的名字" in line_of(compare, "第二版的名字")
    assert "新增" in line_of(compare, "第三版新增")
    # The order in which they are named does not matter; the filter keeps what bears on data.
    assert words(client.get(f"/forms/{KEY}/compare?old=3&new=1").get_data(as_text=True)) == words(compare)
    only = client.get(f"/forms/{KEY}/compare?old=1&new=3&only=data").get_data(as_text=True)
    assert len(words(only)) == 1
    assert "另有 1 处" in only
    assert words(client.get(f"/forms/{KEY}/compare?old=2&new=2").get_data(as_text=True)) == []
    assert client.get(f"/forms/{KEY}/compare?old=1&new=9").status_code == 404

    lock = hidden(page, "lock_version")
    body = {"csrf_token": csrf_token(page), "version": "1", "lock_version": lock}
    stale = client.post(f"/forms/{KEY}/restore", data={**body, "lock_version": "1"})
    assert stale.location == f"/forms/{KEY}"
    before = texts(app)
    restored = client.post(f"/forms/{KEY}/restore", data=body)
    assert restored.location == f"/forms/{KEY}/publish"
    assert "停用" in line_of(client.get(restored.location).get_data(as_text=True), "第三版新增")
    publish(client, KEY, note="恢复第一版")
    work(app)
    now = texts(app)
    assert {no: now[no] for no in before} == before
    assert now[4] == before[1]
    with app.app_context():
        assert head(KEY).no == 4
    assert sign_in("city_voc").post(f"/forms/{KEY}/restore", data=body).status_code in {400, 403}
    assert sign_in("city_voc").get(f"/forms/{KEY}/compare?old=1&new=3").status_code == 200
    assert sign_in("ent_a").get(f"/forms/{KEY}/compare").status_code == 403


def test_core_fields_of_a_shipped_form_stay(api, sign_in):
    form = "training_base_register"
    raw = done(api("city_admin").get(f"/forms/{form}"), 200)["definition"]

    def issues(change):
        draft = deepcopy(raw)
        fields = draft["sections"][0]["fields"]
        place = next(number for number, field in enumerate(fields) if field["key"] == "base_name")
        change(fields, place)
        save(api, form, draft)
        errors = done(api("city_admin").post(f"/forms/{form}/check", json={}), 200)["errors"]
        return {error["message"] for error in errors if error["code"] == "core_field"}

    (gone,) = issues(lambda fields, place: fields.pop(place))
    assert "不能删除" in gone
    (retyped,) = issues(lambda fields, place: fields[place].update(type="textarea"))
    assert "不能改变类型" in retyped
    assert issues(lambda fields, place: fields[place].update(label={"zh": "新名字", "en": "New"})) == set()
    assert issues(lambda fields, _: fields.pop()) == set()
    issues(lambda fields, place: fields.pop(place))
    page = sign_in("city_admin").get(f"/forms/{form}/publish").get_data(as_text=True)
    assert "核心字段" in page
    assert 'name="note"' not in page
    assert re.search(r"核心", sign_in("city_admin").get(f"/forms/{form}").get_data(as_text=True))
