"""Broken definitions: each is said in a sentence that tells how to mend it, with a link to the very control."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest

from tests.access.tenants import done
from tests.api.test_contract import problem_of
from tests.builder.editing import Designer, texts

OPTIONS = [{"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B"}]
KEY = "broken_forms"


def field(key, type_="integer", **more):
    label = {"zh": f"字段{key}", "en": f"Field {key}"}
    return {"key": key, "type": type_, "label": label, "class": "internal", **more}


SOUND = {
    "key": KEY,
    "title": {"zh": "病表", "en": "Broken forms"},
    "resource": "labor_demand",
    "kind": "survey",
    "list": {"columns": ["a"]},
    "sections": [{"key": "main", "title": {"zh": "主要", "en": "Main"}, "fields": [field("a"), field("b")]}],
}
BROKEN = {
    "circle": ([field("a", visible_when="b > 1"), field("b", visible_when="a > 1")], "成环", "fields/{a|b}#visible_when"),
    "dangling": ([field("a", visible_when="gone > 1")], "没有字段“gone”", "fields/a#visible_when"),
    "twice": ([field("a"), field("a")], "代码“a”重复了", "fields/a#key"),
    "retired_default": (
        [field("a"), field("c", "select", options=[*OPTIONS, {"code": "3", "zh": "丙", "en": "C", "retired": True}],
                           default="3")],
        "默认选项“丙”已停用", "fields/c#default"),
    "few_options": (
        [field("a"), field("c", "select", options=[{**OPTIONS[0], "retired": True}, OPTIONS[1]])],
        "可用的选项太少", "fields/c/options#options"),
    "no_list": ([field("a"), field("c", "select", codelist="retired_list")], "没有码表“retired_list”", "fields/c#codelist"),
    "never_visible": ([field("a", required=True, visible_when="1 = 2")], "必填但永远不显示", "fields/a#visible_when"),
    "no_formula": ([field("a"), field("c", "computed")], "没有公式", "fields/c#compute"),
    "unreadable": ([field("a"), field("c", "computed", compute="a +")], "没有写完", "fields/c#compute"),
    "no_form": ([field("a"), field("c", "reference", form="no_such_form")], "引用的表单“no_such_form”不存在", "fields/c#form"),
    "unknown_option": (
        [field("a", visible_when="c = '9'"), field("c", "select", options=OPTIONS)],
        "没有代码为“9”的选项", "fields/a#visible_when"),
    "nobody_fills": ([field("a", required=True, readonly=True)], "谁也填不了", "fields/a#readonly"),
    "no_columns": ([field("a"), field("c", "subtable", fields=[])], "明细表没有列", "fields/c#fields"),
    "no_column_of_list": ([field("b")], "列表不能显示“a”", "settings#list"),
}  # fmt: skip


@pytest.fixture
def designer(api, sign_in):
    admin = api("city_admin")
    if admin.get(f"/forms/{KEY}/draft").status_code == 404:
        done(admin.post("/forms", json={"definition": SOUND}), 201)
    return Designer(sign_in("city_admin"), KEY)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_refused_with_a_link_to_what_is_wrong(designer, api, name):
    broken, words, link = BROKEN[name]
    admin, raw = api("city_admin"), deepcopy(SOUND)
    raw["sections"][0]["fields"] = broken
    lock = designer.lock()
    lock = done(admin.put(f"/forms/{KEY}/draft", json={"lock_version": lock, "definition": raw}), 200)["lock_version"]
    errors = done(admin.post(f"/forms/{KEY}/check", json={}), 200)["errors"]
    assert any(words in error["message"] for error in errors), errors
    problem_of(admin.post(f"/forms/{KEY}/publish", json={"lock_version": lock, "note": "试"}), 422)

    page = designer.page()
    assert words in texts(page)
    pattern = re.escape(link).replace(r"\{a\|b\}", "(?:a|b)")
    found = re.search(rf'href="({designer.base}/{pattern})"', page)
    assert found, re.findall(rf'href="({designer.base}/[^"]*#[^"]*)"', page)
    address, _, mark = found[1].partition("#")
    opened = designer.page(address)
    assert re.search(rf'<(?:input|select|textarea|li|p|h1|section|fieldset|a)[^>]*\bid="{mark}"', opened), mark
    published = designer.page(f"/forms/{KEY}/publish")
    assert words in texts(published)
    assert re.search(rf'href="{designer.base}/{pattern}"', published)


UNDRAWABLE = {
    "no columns": ([field("a"), field("c", "subtable", fields=[])], "明细表没有列"),
    "a table in a table": (
        [field("a"), field("c", "subtable", fields=[field("d", "subtable", fields=[field("e")])])],
        "明细表里不能再有明细表",
    ),
    "look-around": ([field("a"), field("c", "text", pattern="(?=a)b")], "不支持"),
    "unclosed": ([field("a"), field("c", "text", pattern="[" * 50)], "不支持"),
}


@pytest.mark.parametrize("name", [*BROKEN, *UNDRAWABLE])
def test_a_preview_draws_a_broken_draft_or_says_what_to_mend(designer, api, name):
    raw = deepcopy(SOUND)
    raw["sections"][0]["fields"] = (BROKEN | UNDRAWABLE)[name][0]
    done(api("city_admin").put(f"/forms/{KEY}/draft", json={"lock_version": designer.lock(), "definition": raw}), 200)
    drawn = designer.page(f"/forms/{KEY}/preview")
    if name in UNDRAWABLE:
        assert UNDRAWABLE[name][1] in texts(drawn)


@pytest.mark.parametrize("key", ["new", "lists", "upload", "__proto__", "two__strokes", "x" * 60, "Capital"])
def test_a_key_that_no_form_can_have_is_refused_at_once(api, key):
    """It stays from the first draft on: a form of that name could never be opened or published."""
    problem = problem_of(api("city_admin").post("/forms", json={"definition": {**SOUND, "key": key}}), 422)
    assert {(item["field"], item["code"]) for item in problem["errors"]} == {("key", "form_key")}


def test_keys_that_only_look_like_taken_ones_are_good(api):
    for key in ("newer", "new_lists", "my_upload"):
        done(api("city_admin").post("/forms", json={"definition": {**SOUND, "key": key}}), 201)


def test_the_sound_one_is_not_refused(designer, api):
    """The twin of all of the above."""
    admin = api("city_admin")
    done(admin.put(f"/forms/{KEY}/draft", json={"lock_version": designer.lock(), "definition": SOUND}), 200)
    assert done(admin.post(f"/forms/{KEY}/check", json={}), 200)["errors"] == []
    assert "issue--error" not in designer.page()


def test_the_sentence_is_in_english_too(designer, api):
    raw = deepcopy(SOUND)
    raw["sections"][0]["fields"] = BROKEN["dangling"][0]
    admin = api("city_admin", "en")
    done(admin.put(f"/forms/{KEY}/draft", json={"lock_version": designer.lock(), "definition": raw}), 200)
    (error,) = done(admin.post(f"/forms/{KEY}/check", json={}), 200)["errors"]
    assert error["message"] == "There is no field “gone”"
