"""The pages of versions: an upgrade shown and done, a conversion looked at and taken back, what is set aside listed."""

from __future__ import annotations

from app.jobs import running
from tests.conftest import csrf_token
from tests.records.doors import create, ok, path, read, submitted
from tests.records.test_converting import drafted
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form


def text(client, address, status=200):
    """Return a page."""
    response = client.get(address)
    assert response.status_code == status, response.get_data(as_text=True)[:500]
    return response.get_data(as_text=True)


def test_a_record_is_upgraded_on_its_page(app, api, sign_in):
    key, ent, web = "pages_one", api("ent_a"), sign_in("ent_a")
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "text")))
    saved = submitted(ent, key, {"name": "一", "gone": "旧话"})
    assert f"/records/{key}/upgrade/" not in text(web, f"/records/{key}/show/{saved['id']}")
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("must", "text", required=True)))
    page = text(web, f"/records/{key}/show/{saved['id']}")
    address = f"/records/{key}/upgrade/{saved['id']}"
    assert address in page
    page = text(web, address)
    for word in ("从第 1 版升级到第 2 版", "不再询问", "旧话", "升级后还需填写", "must"):
        assert word in page
    data = {"csrf_token": csrf_token(page), "lock_version": "1"}
    response = web.post(address, data=data)
    # Something is missing now: the entry page is where it is filled in.
    assert (response.status_code, response.location) == (302, f"/records/{key}/edit/{saved['id']}")
    assert read(ent, key, saved)["form_version"] == 2
    page = text(web, f"/records/{key}/show/{saved['id']}")
    assert "不再询问（1 项）" in page
    assert "旧话" in page
    # The history names what was there by its label of then.
    assert "旧话" in text(web, f"/records/{key}/history/{saved['id']}")
    # A second press says so and changes nothing.
    assert web.post(address, data=data).status_code == 302
    assert read(ent, key, saved)["lock_version"] == 2
    # Whoever only sees the record is offered nothing.
    assert address not in text(sign_in("leader"), f"/records/{key}/list")


def test_many_are_upgraded_from_the_list(app, api, sign_in):
    key, ent, web = "pages_many", api("ent_a"), sign_in("ent_a")
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("gone", "text")))
    saved = [submitted(ent, key, {"name": str(no), "gone": f"去{no}"}) for no in range(3)]
    with app.app_context():
        publish_form(form(key, of("name", "text")))
    assert f"/records/{key}/upgrades" in text(web, f"/records/{key}/list")
    page = text(web, f"/records/{key}/upgrades")
    assert "您范围内有 3 条记录属于以前的版本" in page
    assert "去1" in page
    assert web.post(f"/records/{key}/upgrades", data={"csrf_token": csrf_token(page)}).status_code == 302
    with app.app_context():
        running.run_all()
    assert {read(ent, key, one)["form_version"] for one in saved} == {2}
    assert "都已是第 2 版" in text(web, f"/records/{key}/upgrades")


def test_a_conversion_is_looked_at_and_taken_back(app, api, sign_in):
    key, ent, admin = "pages_conversion", api("ent_a"), api("city_admin")
    web, filler = sign_in("city_admin"), sign_in("ent_a")
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("day", "text")))
    saved = [create(ent, key, {"name": str(no), "day": day}) for no, day in enumerate(("2026-01-01", "尽快"))]
    dated = form(key, of("name", "text"), of("day", "date"))
    drafted(admin, dated)
    page = text(web, f"/records/{key}/conversions")
    assert "旧类型的记录共 2 条" in page
    assert "这张表单还没有转换过字段类型" in page
    with app.app_context():
        publish_form(dated, choices={"day": "convert"})
        running.run_all()
    found = ok(admin.get(f"/forms/{key}/conversions"))["conversions"][0]["id"]
    page = text(web, f"/records/{key}/conversions/{found}")
    for word in ("已完成", "单行文本 → 日期" if "单行文本" in page else " → 日期", "撤销转换"):
        assert word in page
    assert "待处理 1" in text(web, f"/forms/{key}")
    page = text(filler, f"/records/{key}/quarantine")
    assert "尽快" in page
    assert f"/records/{key}/edit/{saved[1]['id']}" in page
    assert "尽快" in text(filler, f"/records/{key}/show/{saved[1]['id']}")
    assert "尽快" in text(filler, f"/records/{key}/list")
    undo = f"/records/{key}/conversions/{found}/undo"
    token = {"csrf_token": csrf_token(text(web, f"/records/{key}/conversions/{found}"))}
    assert web.post(undo, data=token).status_code == 302
    with app.app_context():
        running.run_all()
    assert [read(ent, key, one)["answers"]["day"] for one in saved] == ["2026-01-01", "尽快"]
    assert "已撤销" in text(web, f"/records/{key}/conversions/{found}")
    assert "没有待处理的内容" in text(filler, f"/records/{key}/quarantine")
    assert text(sign_in("ent_b"), f"/records/{key}/show/{saved[0]['id']}", 404)
    assert ent.get(path(key, saved[0], "/unasked")).status_code == 200
