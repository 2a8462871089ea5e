"""A form from pasted text to an approved record: created by page, published, filled, reviewed in two steps."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.builder.models import Form, FormProposal, FormTemplate
from app.builder.travel.files import source_of
from app.database import db, unit_of_work
from app.identity import service as identity
from app.identity.models import GrantRow, Resource
from seeds.reading import PACK, read
from tests.access.tenants import done, work
from tests.builder.pages import publish
from tests.conftest import csrf_token
from tests.records.zoo import who

TEXT = """一、培训班
1. 班级名称（必填）
2. 开班日期
3. 人数（人）
4. 培训方式：线上、线下、混合

二、联系
联系人姓名
联系电话 *
是否住宿
备注
"""


def begin(client, how, **more):
    """Begin a form; return the answer."""
    token = csrf_token(client.get("/forms/new").get_data(as_text=True))
    return client.post("/forms/new", data={"csrf_token": token, "how": how, **more})


def answer(client, address, **more):
    """Answer the questions of a proposal; return the answer."""
    page = client.get(address).get_data(as_text=True)
    return client.post(address, data={"csrf_token": csrf_token(page), "kind": "register", **more})


@pytest.fixture
def plan():
    """Return the answers for a form that enterprises fill, counties and then the city review."""
    return {
        "title_zh": "短期培训班", "title_en": "Short courses", "fill": ["ent_admin", "ent_clerk"], "review": "two",
        "first": ["county_hr"], "second": ["city_voc"], "view": ["city_admin"], "unique": ["ban_ji_ming_cheng"],
        "columns": ["ban_ji_ming_cheng", "kai_ban_ri_qi"],
    }  # fmt: skip


def test_pasted_text_becomes_a_form_that_is_filled_and_reviewed(app, api, sign_in, plan):
    client = sign_in("city_admin")
    begun = begin(client, "text", title="短期培训班", text=TEXT)
    assert begun.status_code == 302
    page = client.get(begun.location).get_data(as_text=True)
    for words in ("班级名称", "单选", "整数", "日期", "培训班", "请确认"):
        assert words in page
    with app.app_context():
        assert db.session.scalar(sa.select(Form.key).where(Form.key == "courses")) is None
    made = answer(client, begun.location, key="courses", **plan)
    assert made.location == "/forms/courses/publish"
    assert client.get(begun.location).status_code == 404
    with app.app_context():
        raw = source_of(who("city_admin"), "courses", "draft")
    types = {field["key"]: field["type"] for section in raw["sections"] for field in section["fields"]}
    assert types["kai_ban_ri_qi"] == "date"
    assert types["ren_shu"] == "integer"
    assert types["pei_xun_fang_shi"] == "select"
    assert types["shi_fou_zhu_su"] == "bool"
    assert types["lian_xi_dian_hua"] == "tel"
    assert [section["title"]["zh"] for section in raw["sections"]] == ["培训班", "联系"]
    by_key = {field["key"]: field for section in raw["sections"] for field in section["fields"]}
    assert by_key["lian_xi_ren_xing_ming"]["class"] == "personal"
    assert publish(client, "courses").location.startswith("/jobs/")
    work(app)

    ent = api("ent_a")
    answers = {
        "lian_xi_ren_xing_ming": "王小明",
        "ban_ji_ming_cheng": "焊工班",
        "lian_xi_dian_hua": "0452-2345678",
        "ren_shu": 30,
    }
    body = {"answers": answers, "submit": True}
    # A clerk submits nothing anywhere, so not here either; he may fill.
    done(api("ent_a_clerk").post("/forms/courses/records", json={"answers": {"ren_shu": 1}}), 201)
    clerk = api("ent_a_clerk").post("/forms/courses/records", json=body)
    assert clerk.status_code in {403, 409}
    record = done(ent.post("/forms/courses/records", json=body), 201)
    assert record["state"] == "first_review"
    path = f"/forms/courses/records/{record['id']}"
    assert api("county_b").get(path).status_code == 404
    assert api("school_a").get(path).status_code == 403
    act = {"lock_version": record["lock_version"]}
    assert api("city_voc").post(f"{path}/actions/approve_1", json=act).status_code in {403, 409}
    passed = done(api("county_a").post(f"{path}/actions/approve_1", json=act), 200)
    assert passed["state"] == "second_review"
    ended = done(api("city_voc").post(f"{path}/actions/approve_2", json={"lock_version": passed["lock_version"]}), 200)
    assert ended["state"] == "approved"
    # Who may only look sees personal data masked.
    seen = done(api("city_admin").get(path), 200)
    assert {"lian_xi_ren_xing_ming", "lian_xi_dian_hua"} <= set(seen["masked"])
    assert seen["answers"]["ban_ji_ming_cheng"] == "焊工班"
    again = ent.post("/forms/courses/records", json=body)
    assert again.status_code in {409, 422}
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.object_id == "courses")).all()
        assert {"resource_opened", "form_created", "publish"} <= {event.event for event in events}


def test_loading_the_pack_again_leaves_grants_that_were_made_here(app, actor, sign_in, plan):
    client = sign_in("city_admin")
    begun = begin(client, "text", title="另一张表", text="甲\n乙")
    made = answer(client, begun.location, key="kept_grants", **{**plan, "unique": [], "columns": []})
    assert made.status_code == 302
    with app.app_context():
        roles = read(PACK / "roles.yaml", {"roles", "resources", "grants"})
        with unit_of_work():
            grants = {"ent_admin": {**roles["grants"]["ent_admin"], "report": "VE@own"}}
            identity.load_grants(who("city_admin"), grants, resources=set(roles["resources"]))
        found = sa.select(GrantRow.actions).where(GrantRow.role == "ent_admin")
        assert db.session.scalar(found.where(GrantRow.resource == "report")) == "VE"
        assert "C" in db.session.scalar(found.where(GrantRow.resource == "kept_grants"))


def test_what_is_missing_is_asked_for_and_nothing_is_left_behind(app, sign_in, plan):
    client = sign_in("city_admin")
    begun = begin(client, "blank", title="空白表")

    def wrong(**changes):
        given = {**plan, "unique": [], "columns": ["name"], "key": "half_done", **changes}
        response = answer(client, begun.location, **given)
        assert response.status_code == 422
        return re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))

    assert "请选择谁来填报" in wrong(fill=[])
    assert "请选择每一步由谁审核" in wrong(second=[])
    assert "标识须为" in wrong(key="Nicht gut")
    assert "标识须为" in wrong(key="new")
    assert "已被使用" in wrong(key="labor_demand_survey")
    # A resource that is there, on which the roles may not create.
    assert "没有新增权限" in wrong(resource="graduate", review="none")
    assert "不能填写草稿" in wrong(review="existing", workflow="wf_record")
    with app.app_context():
        assert db.session.get(Resource, "half_done") is None
        assert db.session.get(Form, "half_done") is None
    made = answer(client, begun.location, **{**plan, "unique": [], "columns": ["name"], "key": "half_done"})
    assert made.status_code == 302


def test_templates_copies_and_sheets(app, sign_in):
    client = sign_in("city_admin")
    page = client.get("/forms/new").get_data(as_text=True)
    assert 'value="visit_record"' in page
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(FormTemplate)) == 24
    begun = begin(client, "template", template="visit_record")
    page = client.get(begun.location).get_data(as_text=True)
    assert re.search(r'value="visit" selected', page)
    assert re.search(r'value="county_emp" checked', page)
    given = {
        "key": "visit_record", "title_zh": "走访", "fill": ["county_emp", "county_hr"], "review": "existing",
        "workflow": "wf_visit", "resource": "visit", "columns": ["visit_date"],
    }  # fmt: skip
    assert answer(client, begun.location, **given).location == "/forms/visit_record/publish"
    assert (
        'value="visit_record"'
        not in re.search(r'name="template".*?</select>', client.get("/forms/new").get_data(as_text=True), re.DOTALL)[0]
    )
    begun = begin(client, "copy", form="training_base_register")
    assert 'value="training_base_register_copy"' in client.get(begun.location).get_data(as_text=True)
    refused = client.post(
        "/forms/new",
        data={
            "csrf_token": csrf_token(client.get("/forms/new").get_data(as_text=True)),
            "how": "file",
            "file": (io.BytesIO(b"no workbook"), "x.xlsx"),
        },
    )
    assert refused.status_code == 422


def test_an_excel_sheet_is_reported_before_anything_is_created(app, sign_in):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "名单"
    sheet.append(["学员花名册"])
    sheet.append(["姓名", "身份证号", "入学日期", "奇怪的列"])
    sheet.append(["张三丰", "230203199001011234", "2025-09-01", "x"])
    stream = io.BytesIO()
    book.save(stream)
    client = sign_in("city_admin")
    token = csrf_token(client.get("/forms/new").get_data(as_text=True))
    data = {"csrf_token": token, "how": "file", "file": (io.BytesIO(stream.getvalue()), "名单.xlsx")}
    begun = client.post("/forms/new", data=data)
    assert begun.status_code == 302
    page = client.get(begun.location).get_data(as_text=True)
    assert "名单.xlsx" in page
    assert "身份证" in page
    assert "请确认" in page
    assert "张三丰" not in page


def test_only_its_author_sees_a_proposal(app, sign_in):
    begun = begin(sign_in("city_admin"), "blank", title="我的")
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(FormProposal).values(user_id=who("city_voc").user_id))
    assert sign_in("city_admin").get(begun.location).status_code == 404
    assert sign_in("city_voc").get(begun.location).status_code == 403
    assert sign_in("ent_a").get("/forms/new").status_code == 403
