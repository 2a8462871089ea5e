"""The print sheet: the record under its version, as its reader may see it, with seals and a foot."""

from __future__ import annotations

import re

import pytest

from tests.records.doors import DEMAND, TEACHER, create
from tests.records.test_parts import FORM, answers, definition
from tests.records.zoo import publish_form
from tests.samples import demand, teacher


def sheet(client, form, record):
    response = client.get(f"/records/{form}/print/{record['id']}")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture(scope="module")
def places(app):
    with app.app_context():
        publish_form({**definition(), "print": {"title": "地点登记表", "seal": ["填报单位(盖章)", "负责人(签字)"]}})


def test_a_sheet_says_what_there_is_with_seals_and_a_foot(api, sign_in):
    record = create(api("ent_a"), DEMAND, demand())
    said = words(sheet(sign_in("ent_a"), DEMAND, record))
    assert record["serial"] in said
    assert "表单版本 1" in said
    assert re.search(r"打印于 \d{4}-\d\d-\d\d \d\d:\d\d 打印人： ?\S+", said)
    # Seals and signatures are dated, a telephone number is not.
    assert said.count("年 月 日") == 3
    assert said.rindex("年 月 日") < said.index("联系电话： 表单版本")
    assert "脱敏" not in said
    # It is a sheet to be read: nothing on it is typed into.
    assert "<input" not in sheet(sign_in("ent_a"), DEMAND, record)


def test_seals_are_named_in_the_language_of_the_sheet(api, sign_in):
    record = create(api("ent_a"), DEMAND, demand())
    client = sign_in("ent_a")
    client.get("/lang/en")
    said = words(sheet(client, DEMAND, record))
    assert "Reporting organization (seal)" in said
    assert "填报单位(盖章)" not in said
    assert said.count("Date:") == 3
    client.get("/lang/zh")
    assert "填报单位(盖章)" in words(sheet(client, DEMAND, record))


def test_what_is_masked_on_the_page_is_masked_on_paper(api, sign_in):
    given = teacher(41)
    record = create(api("school_a"), TEACHER, given)
    said = words(sheet(sign_in("school_a_clerk"), TEACHER, record))
    assert "部分内容已按权限脱敏" in said
    for key in ("id_no", "mobile", "full_name"):
        assert given[key] not in said
    assert given["dept_post"] in said


def test_a_record_of_others_prints_like_one_that_never_was(api, sign_in):
    record = create(api("ent_a"), DEMAND, demand())
    foreign = sign_in("ent_b").get(f"/records/{DEMAND}/print/{record['id']}")
    missing = sign_in("ent_b").get(f"/records/{DEMAND}/print/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    pages = [re.sub(r'value="[^"]{40,}"', "", page.get_data(as_text=True)) for page in (foreign, missing)]
    assert pages[0].replace(record["id"], "x") == pages[1].replace("01ARZ3NDEKTSV4RRFFQ69G5FAV", "x")


def test_answers_of_several_parts_are_printed(places, api, sign_in):
    record = create(api("school_a"), FORM, answers("甲"))
    page = sheet(sign_in("school_a"), FORM, record)
    said = words(page)
    assert "地点登记表" in said
    assert "建华区 中华路 1 号" in said
    assert "北纬 47.354348°，东经 123.918186°" in said
    # The scale is drawn with a mark in the row of each question.
    assert re.search(r'<table class="entry-matrix".*?授课.*?☐.*?☐.*?☐.*?☐.*?☑', page, re.DOTALL)
    assert "负责人(签字)" in said


def test_a_record_is_printed_under_the_version_that_it_was_filled_in(places, app, api, sign_in):
    record = create(api("school_a"), FORM, answers("乙"))
    raw = definition()
    raw["sections"][0]["fields"][0]["label"] = {"zh": "新名称", "en": "New name"}
    with app.app_context():
        number = publish_form(raw)
    old = words(sheet(sign_in("school_a"), FORM, record))
    new = words(sheet(sign_in("school_a"), FORM, create(api("school_a"), FORM, answers("丙"))))
    assert f"表单版本 {number - 1}" in old
    assert f"表单版本 {number}" in new
    assert "新名称" in new
    assert "新名称" not in old
