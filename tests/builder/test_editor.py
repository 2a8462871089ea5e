"""The list editor through HTTP: every change of a draft, what is refused, and that published versions stay."""

from __future__ import annotations

import re

import pytest

from tests.access.tenants import done, work
from tests.builder.editing import Designer, texts
from tests.records.zoo import definition

_made: list[str] = []


def small(key):
    """Return a form to begin with: one section, one field."""
    return {
        "key": key,
        "title": {"zh": "小表", "en": "Small form"},
        "resource": "labor_demand",
        "kind": "survey",
        "fill_roles": ["ent_admin"],
        "list": {"columns": ["ming_cheng"]},
        "sections": [
            {"key": "main", "title": {"zh": "主要", "en": "Main"}, "fields": [
                {"key": "ming_cheng", "type": "text", "label": {"zh": "名称", "en": "Name"}, "class": "public"}]},
        ],
    }  # fmt: skip


@pytest.fixture
def designer(api, sign_in):
    """Return a designer at a new small form."""
    key = f"edited_{len(_made)}"
    _made.append(key)
    done(api("city_admin").post("/forms", json={"definition": small(key)}), 201)
    return Designer(sign_in("city_admin"), key)


@pytest.fixture
def draft(api, designer):
    """Return a function that reads the draft."""

    def get():
        return done(api("city_admin").get(f"/forms/{designer.form}/draft"), 200)["definition"]

    return get


@pytest.fixture
def publish(app, api, designer):
    """Return a function that publishes the draft."""

    def run():
        admin = api("city_admin")
        lock = done(admin.get(f"/forms/{designer.form}/draft"), 200)["lock_version"]
        job = done(admin.post(f"/forms/{designer.form}/publish", json={"lock_version": lock, "note": "试"}), 202)["job"]
        work(app)
        assert done(admin.get(f"/jobs/{job}"), 200)["state"] == "done"

    return run


def fields(raw, section=0):
    return raw["sections"][section]["fields"]


def keys(raw, section=0):
    return [field["key"] for field in fields(raw, section)]


def add(designer, type_, label, where="main", **more):
    """Add a field and return its path."""
    response = designer.send("/add", type=type_, label=label, where=where, **more)
    return response.location.rpartition("/")[2]


# Fields


def test_a_new_field_gets_its_key_from_its_label_once(designer, draft):
    path = add(designer, "integer", "需求人数", label_en="Headcount", position="1")
    assert path == "xu_qiu_ren_shu"
    (field, _) = fields(draft())
    assert field == {
        "key": path, "type": "integer", "label": {"zh": "需求人数", "en": "Headcount"}, "class": "internal"
    }  # fmt: skip
    assert add(designer, "integer", "需求人数") == "xu_qiu_ren_shu_2"
    designer.send(f"/fields/{path}", label="招工人数", key=path)
    assert fields(draft())[0]["key"] == path
    assert "招工人数" in designer.page()


def test_a_field_without_a_label_or_a_type_is_refused_in_words(designer, draft):
    before = draft()
    response = designer.send("/add", 422, type="text", label=" ", where="main")
    assert "请写字段名称" in response.get_data(as_text=True)
    response = designer.send("/add", 422, label="无类型", where="main")
    assert "没有这种字段类型" in response.get_data(as_text=True)
    assert draft() == before


def test_the_page_of_a_field_is_made_from_its_type(designer, draft):
    path = add(designer, "integer", "人数")
    page = designer.page(f"/fields/{path}")
    assert 'name="min"' in page
    assert 'name="codelist"' not in page
    assert 'name="min_length"' not in page
    assert 'name="min_length"' in designer.page("/fields/ming_cheng")
    values = {"label": "人数", "key": path, "class": "personal", "default": "3", "min": "1", "max": "9", "unit": "人"}
    designer.send(f"/fields/{path}", required="1", help="填总数", width="1", **values)
    assert fields(draft())[1] == {
        "key": path, "type": "integer", "label": {"zh": "人数"}, "class": "personal", "help": {"zh": "填总数"},
        "required": True, "unit": {"zh": "人"}, "min": 1, "max": 9, "default": 3, "width": "full",
    }  # fmt: skip
    designer.send(f"/fields/{path}", label="人数", key=path, **{"class": "personal"})
    assert fields(draft())[1] == {"key": path, "type": "integer", "label": {"zh": "人数"}, "class": "personal"}


def test_what_does_not_fit_is_said_at_its_input_and_nothing_is_saved(designer, draft):
    path = add(designer, "integer", "人数")
    before = draft()
    response = designer.send(f"/fields/{path}", 422, label="人数", key=path, min="几", **{"class": "public"})
    page = response.get_data(as_text=True)
    assert "应为整数" in page
    assert 'href="#min"' in page
    assert draft() == before


def test_saving_a_page_unchanged_changes_nothing(designer, draft, api):
    before, lock = draft(), designer.lock()
    page = designer.page("/fields/ming_cheng")
    values = dict(re.findall(r'<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"', page.replace("\n", " ")))
    values |= {"class": "public"}
    for name in ("csrf_token", "lock_version", "readonly_for", "required", "readonly", "width", "position"):
        values.pop(name, None)
    designer.send("/fields/ming_cheng", **values)
    assert draft() == before
    assert designer.lock() == lock


def test_moving_by_number_and_into_another_section(designer, draft):
    for label in ("甲", "乙", "丙"):
        add(designer, "text", label)
    designer.send("/sections", title="第二组", title_en="Second")
    second = draft()["sections"][1]["key"]
    designer.send("/fields/bing/move", position="1")
    assert keys(draft()) == ["bing", "ming_cheng", "jia", "yi"]
    designer.send("/fields/jia/move", where=second, position="")
    assert (keys(draft()), keys(draft(), 1)) == (["bing", "ming_cheng", "yi"], ["jia"])
    designer.send("/fields/jia/move", where=second, position="99")
    assert keys(draft(), 1) == ["jia"]


def test_copying_a_field(designer, draft):
    path = designer.send("/fields/ming_cheng/copy").location.rpartition("/")[2]
    assert path == "ming_cheng_2"
    assert fields(draft())[1]["label"] == {"zh": "名称（副本）", "en": "Name (copy)"}


def test_an_unpublished_field_is_deleted_and_undo_brings_it_back(designer, draft):
    path = add(designer, "text", "备注")
    page = designer.page(f"/fields/{path}/remove")
    assert "从未发布" in page
    designer.send(f"/fields/{path}/remove")
    assert keys(draft()) == ["ming_cheng"]
    page = designer.page()
    to = int(re.search(r'name="to"\s+value="(\d+)"', page)[1])
    response = designer.send("/undo", to=str(to), top=str(to + 1))
    assert keys(draft()) == ["ming_cheng", "bei_zhu"]
    # Taking back goes on from there, and forward again.
    page = designer.client.get(response.location).get_data(as_text=True)
    steps = [int(number) for number in re.findall(r'name="to"\s+value="(\d+)"', page)]
    assert steps == [to - 1, to + 1]
    designer.send("/undo", to=str(steps[1]), top=str(to + 1))
    assert keys(draft()) == ["ming_cheng"]


def test_undo_from_a_stale_page_is_refused(designer, draft):
    stale = designer.lock()
    add(designer, "text", "甲")
    designer.send("/undo", seen=stale, to="1", top="1")
    assert "没有撤销" in designer.page()
    assert keys(draft()) == ["ming_cheng", "jia"]


def test_a_published_field_is_retired_restored_and_its_key_never_taken_again(designer, draft, publish, api):
    path = add(designer, "integer", "人数")
    publish()
    assert "停用后不再填写" in designer.page(f"/fields/{path}/remove")
    designer.send(f"/fields/{path}/remove")
    assert keys(draft()) == ["ming_cheng"]
    assert "已停用" in designer.page()
    assert add(designer, "text", "人数") == "ren_shu_2"
    publish()
    published = done(api("city_admin").get(f"/forms/{designer.form}"), 200)["definition"]
    designer.send("/restore", path=path, section="main")
    assert keys(draft()) == ["ming_cheng", "ren_shu_2", "ren_shu"]
    assert fields(draft())[2]["type"] == "integer"
    assert "已停用" not in texts(designer.page())
    # The published version is as it was.
    assert done(api("city_admin").get(f"/forms/{designer.form}"), 200)["definition"] == published
    assert keys(published) == ["ming_cheng", "ren_shu_2"]


def test_a_published_field_keeps_its_key_and_stays_out_of_tables(designer, draft, publish):
    table = add(designer, "subtable", "明细")
    add(designer, "text", "品名", where=f"main/{table}")
    publish()
    designer.send(f"/fields/{table}.pin_ming/move", where="main", position="1")
    assert "不能移入或移出明细表" in designer.page()
    designer.send("/fields/ming_cheng/move", where=f"main/{table}", position="1")
    assert "不能移入或移出明细表" in designer.page()
    designer.send("/fields/ming_cheng", label="名称", label_en="Name", key="another", **{"class": "public"})
    assert keys(draft()) == ["ming_cheng", table]
    # What was never published may go where it likes.
    add(designer, "text", "规格")
    designer.send("/fields/gui_ge/move", where=f"main/{table}", position="1")
    assert [column["key"] for column in fields(draft())[1]["fields"]] == ["gui_ge", "pin_ming"]


def test_the_column_of_fixed_rows_is_chosen_among_those_of_the_table(designer, draft):
    table = add(designer, "subtable", "等级")
    column = add(designer, "select", "级别", where=f"main/{table}").rpartition(".")[2]
    page = designer.page(f"/fields/{table}")
    assert re.search(rf'<select[^>]* name="fixed_rows".*?<option value="{column}"', page, re.DOTALL)
    designer.send(f"/fields/{table}", label="等级", key=table, fixed_rows=column, **{"class": "public"})
    assert fields(draft())[1]["fixed_rows"] == column
    # It is referred to, so its key stays; without it the rows are free again.
    response = designer.send(f"/fields/{table}.{column}", 422, label="级别", key="rank", **{"class": "public"})
    assert "引用它的代码" in response.get_data(as_text=True)
    designer.send(f"/fields/{table}", label="等级", key=table, fixed_rows="", **{"class": "public"})
    assert "fixed_rows" not in fields(draft())[1]


def test_an_unpublished_key_changes_unless_something_refers_to_it(designer, draft):
    path = add(designer, "integer", "人数")
    designer.send(f"/fields/{path}", label="人数", key="heads", **{"class": "public"})
    assert keys(draft()) == ["ming_cheng", "heads"]
    designer.send("/rules/ming_cheng.visible_when", mode="formula", text="heads > 1")
    response = designer.send("/fields/heads", 422, label="人数", key="count_of", **{"class": "public"})
    assert "引用它的代码" in response.get_data(as_text=True)


def test_who_refers_to_a_field_is_listed_before_it_goes(designer, draft):
    add(designer, "integer", "人数")
    designer.send("/rules/ming_cheng.required_when", mode="formula", text="ren_shu > 1")
    designer.send("/settings", **settings(unique=["ren_shu"], columns={"ren_shu": "1", "ming_cheng": "2"}))
    for place in ("remove", "type", ""):
        words = texts(designer.page(f"/fields/ren_shu/{place}".rstrip("/")))
        assert "当 “人数”大于1时必填".replace(" ", "") in words.replace(" ", "")
        assert "列表的一列" in words
        assert "唯一性规则" in words
    designer.send("/fields/ren_shu/remove")
    assert fields(draft())[0]["required_when"] == "ren_shu > 1"
    page = designer.page()
    assert "没有字段“ren_shu”" in page
    assert f"{designer.base}/fields/ming_cheng#required_when" in page


def test_retyping_drops_what_the_new_type_has_no_use_for(designer, draft):
    path = add(designer, "integer", "程度")
    designer.send(f"/fields/{path}", label="程度", key=path, min="1", default="3", **{"class": "public"})
    designer.send(f"/fields/{path}/type", type="select")
    assert [option["code"] for option in fields(draft())[1].pop("options")] == ["1", "2"]
    assert set(fields(draft())[1]) == {"key", "type", "label", "class", "options"}
    designer.send(f"/fields/{path}/type", type="subtable")
    assert "请新增一个" in designer.page()
    assert fields(draft())[1]["type"] == "select"


def test_a_published_field_only_becomes_what_its_answers_fit(designer, draft, publish):
    path = add(designer, "integer", "人数")
    publish()
    page = designer.page(f"/fields/{path}/type")
    assert '<option value="decimal"' in page
    assert '<option value="file"' not in page
    designer.send(f"/fields/{path}/type", type="file")
    assert "转不成这种类型" in designer.page()
    designer.send(f"/fields/{path}/type", type="decimal")
    assert fields(draft())[1]["type"] == "decimal"


# Sections and settings


def settings(columns=None, unique=(), **more):
    values = {
        "title": "小表", "title_en": "Small form", "kind": "survey", "cycle": "ad_hoc", "resource": "labor_demand",
        "fill_roles": "ent_admin", "order": "_updated_at", "descending": "1",
    }  # fmt: skip
    values |= {f"column-{key}": number for key, number in (columns or {"ming_cheng": "1"}).items()}
    values |= {f"unique-0-{number}": key for number, key in enumerate(unique)}
    return values | more


def test_sections_are_added_renamed_moved_and_removed_when_empty(designer, draft):
    designer.send("/sections", title="附加信息", title_en="More")
    assert [section["key"] for section in draft()["sections"]] == ["main", "fu_jia_xin_xi"]
    designer.send("/sections/fu_jia_xin_xi", _do="move", position="1")
    designer.send("/sections/fu_jia_xin_xi", _do="save", title="其他", title_en="Other")
    assert draft()["sections"][0]["title"] == {"zh": "其他", "en": "Other"}
    designer.send("/sections/main", _do="remove")
    assert "还有字段" in designer.page()
    designer.send("/sections/fu_jia_xin_xi", _do="remove")
    assert [section["key"] for section in draft()["sections"]] == ["main"]
    designer.send("/sections/main", _do="save", title="")
    assert draft()["sections"][0]["title"]["zh"] == "主要"


def test_settings_of_the_form(designer, draft):
    add(designer, "integer", "人数")
    before = draft()
    designer.send("/settings", **settings())
    assert draft() == before | {"cycle": "ad_hoc"} or draft() == before
    designer.send(
        "/settings",
        **settings(
            columns={"ren_shu": "1", "ming_cheng": "2", "_state": "3"},
            unique=["ming_cheng", "ren_shu"],
            **{"search-ming_cheng": "1", "unique-0-wide": "1", "serial": "XB", "workflow": "wf_labor_demand"},
        ),
    )
    found = draft()
    assert found["list"] == {
        "columns": ["ren_shu", "ming_cheng", "_state"], "order": "-_updated_at", "search": ["ming_cheng"]
    }  # fmt: skip
    assert found["unique"] == [{"fields": ["ming_cheng", "ren_shu"], "city_wide": True}]
    assert found["serial"] == "XB"
    response = designer.send("/settings", 422, **settings(title=""))
    assert 'href="#title"' in response.get_data(as_text=True)
    # Boxes come in the order of the page; what was there keeps its place, and a page saved again changes nothing.
    designer.send("/settings", **settings(fill_roles=["ent_admin", "county_hr"]))
    roles = draft()["fill_roles"]
    assert roles == ["ent_admin", "county_hr"]
    designer.send("/settings", **settings(fill_roles=["county_hr", "ent_admin"]))
    assert draft()["fill_roles"] == roles


# Options


def test_options_are_added_ordered_retired_and_pasted(designer, draft):
    path = add(designer, "select", "程度")

    def options():
        return [(o["code"], o["zh"], o.get("retired", False)) for o in fields(draft())[1]["options"]]

    page = f"/fields/{path}/options"
    designer.send(page, _do="add", new_zh="第三", new_en="Third")
    assert options()[2] == ("3", "第三", False)
    values = {"zh-1": "一", "zh-2": "二", "zh-3": "三", "retired-2": "1"}
    values |= {"position-1": "1", "position-2": "2", "position-3": "1"}
    designer.send(page, _do="save", **values)
    assert options() == [("3", "三", False), ("1", "一", False), ("2", "二", True)]
    designer.send(page, _do="paste", paste="代码\t名称\t英文\n1\t甲\tA\n9\t九\tNine\n三\n新的\n")
    assert "新增 2 个，改名 1 个" in designer.page()
    assert options() == [
        ("3", "三", False), ("1", "甲", False), ("2", "二", True), ("9", "九", False), ("4", "新的", False)
    ]  # fmt: skip
    designer.send(page, _do="remove:9")
    assert "9" not in {code for code, _, _ in options()}
    designer.send(page, _do="add", new_zh="又一", new_code="1")
    assert "已被使用过" in designer.page()


def test_a_published_option_is_only_retired_and_its_code_never_used_again(designer, draft, publish):
    path = add(designer, "select", "程度")
    publish()
    page = f"/fields/{path}/options"
    designer.send(page, _do="remove:1")
    assert "只能停用" in designer.page()
    assert [option["code"] for option in fields(draft())[1]["options"]] == ["1", "2"]
    assert "_do=" not in designer.page(page)
    assert 'value="remove:1"' not in designer.page(page)


# Rules


def test_a_rule_is_chosen_in_rows_without_any_syntax(designer, draft):
    add(designer, "select", "类型")
    add(designer, "integer", "人数")
    place = "/rules/ming_cheng.visible_when"
    page = designer.send(place, 200, mode="rows", match="all", _do="refresh", **{"field-0": "lei_xing"})
    text = page.get_data(as_text=True)
    assert ">选项 1</option>" in re.sub(r"\s+", " ", text).replace("> ", ">").replace(" <", "<")
    rows = {"field-0": "lei_xing", "operator-0": "eq", "value-0": "1"}
    page = designer.send(place, 200, mode="rows", match="all", _do="add", **rows)
    assert 'name="field-1"' in page.get_data(as_text=True)
    rows |= {"field-1": "ren_shu", "operator-1": "gte", "value-1": "5"}
    designer.send(place, mode="rows", match="any", _do="save", **rows)
    assert fields(draft())[0]["visible_when"] == "lei_xing = '1' or ren_shu >= 5"
    assert "当“类型”是“选项 1”，或者“人数”不小于5时显示" in designer.page()
    assert "当“类型”是“选项 1”" in designer.page("/rules")
    designer.send(place, _do="clear")
    assert "visible_when" not in fields(draft())[0]


def test_a_group_of_conditions_is_chosen_without_syntax(designer, draft):
    add(designer, "select", "类型")
    add(designer, "integer", "人数")
    place = "/rules/ming_cheng.visible_when"
    rows = {"field-0": "lei_xing", "operator-0": "eq", "value-0": "1"}
    page = designer.send(place, 200, mode="rows", match="all", _do="group", **rows).get_data(as_text=True)
    assert page.count('name="group-') == 2
    assert '<option value="any" selected>' in page
    rows |= {"group-1": "0", "field-1": "ren_shu", "operator-1": "gte", "value-1": "5"}
    rows |= {"group-2": "0", "field-2": "ren_shu", "operator-2": "lt", "value-2": "2", "match-0": "any"}
    page = designer.send(place, 200, mode="rows", match="all", _do="add:0", **rows).get_data(as_text=True)
    assert page.count('name="group-') == 3
    page = designer.send(
        place, 422, mode="rows", match="all", _do="save", **rows, **{"group-3": "0", "field-3": "ren_shu"}
    )
    assert "第 4 个条件没有选完" in page.get_data(as_text=True)
    designer.send(place, mode="rows", match="all", _do="save", **rows)
    assert fields(draft())[0]["visible_when"] == "lei_xing = '1' and (ren_shu >= 5 or ren_shu < 2)"
    # It opens as rows again; without its last but one condition a group is a condition alone.
    page = designer.page(place)
    assert page.count('name="group-') == 2
    assert 'name="text"' not in page
    page = designer.send(place, 200, mode="rows", match="all", _do="remove:1", **rows).get_data(as_text=True)
    assert page.count('name="field-') == 2
    shorter = {**rows, "field-1": ""}
    designer.send(place, mode="rows", match="all", _do="save", **shorter)
    assert fields(draft())[0]["visible_when"] == "lei_xing = '1' and ren_shu < 2"


def test_what_rows_cannot_say_opens_as_a_formula_and_is_checked_on_the_server(designer, draft):
    add(designer, "integer", "人数")
    place = "/rules/ming_cheng.visible_when"
    page = designer.send(place, 422, mode="formula", text="ren_shu + 1 >", _do="save").get_data(as_text=True)
    assert "公式没有写完" in page
    page = designer.send(place, 422, mode="formula", text="ren_shuu > 1", _do="save").get_data(as_text=True)
    assert "没有字段“ren_shuu”" in page
    assert "visible_when" not in fields(draft())[0]
    designer.send(place, mode="formula", text="ren_shu + 1 > 2", _do="save")
    assert fields(draft())[0]["visible_when"] == "ren_shu + 1 > 2"
    assert 'name="text"' in designer.page(place)


def test_a_formula_that_nobody_touched_stays_as_its_author_wrote_it(designer, draft):
    add(designer, "integer", "人数")
    place = "/rules/ming_cheng.visible_when"
    designer.send(place, mode="formula", text="(ren_shu  >  1)", _do="save")
    page = designer.page(place)
    assert 'name="field-0"' in page
    rows = {"field-0": "ren_shu", "operator-0": "gt", "value-0": "1"}
    designer.send(place, mode="rows", match="all", _do="save", **rows)
    assert fields(draft())[0]["visible_when"] == "(ren_shu  >  1)"


def test_a_check_needs_its_message(designer, draft):
    add(designer, "integer", "人数")
    add(designer, "integer", "技工")
    rows = {"field-0": "ren_shu", "operator-0": "gt", "value-0": "", "other-0": "ji_gong"}
    page = designer.send("/rules/ji_gong.checks", 422, mode="rows", match="all", _do="save", **rows)
    assert "请写提示语" in page.get_data(as_text=True)
    said = {"message_zh": "人数应更多", "message_en": "More people", "level": "warning"}
    designer.send("/rules/ji_gong.checks", mode="rows", match="all", _do="save", **rows, **said)
    assert fields(draft())[2]["checks"] == [
        {"expression": "ren_shu > ji_gong", "message": {"zh": "人数应更多", "en": "More people"}, "level": "warning"}
    ]
    designer.send("/rules/ji_gong.checks[0]", _do="clear")
    assert "checks" not in fields(draft())[2]


# Two at once


def test_two_designers_at_different_fields_are_both_kept(designer, draft, sign_in):
    add(designer, "text", "备注")
    other = Designer(sign_in("city_admin"), designer.form)
    stale = other.lock()
    designer.send("/fields/ming_cheng", label="全称", key="ming_cheng", **{"class": "public"})
    other.send("/fields/bei_zhu", seen=stale, label="附注", key="bei_zhu", **{"class": "internal"})
    assert [field["label"]["zh"] for field in fields(draft())] == ["全称", "附注"]
    assert "两边的修改都已保留" in other.page()


def test_two_designers_at_one_attribute_are_asked(designer, draft, sign_in):
    other = Designer(sign_in("city_admin"), designer.form)
    stale = other.lock()
    designer.send(
        "/fields/ming_cheng", label="全称", label_en="Name", key="ming_cheng", required="1", **{"class": "public"}
    )
    mine = {"label": "简称", "label_en": "Name", "key": "ming_cheng", "class": "public"}
    page = other.send("/fields/ming_cheng", 409, seen=stale, **mine).get_data(as_text=True)
    words = texts(page)
    assert "用我的" in words
    assert "简称" in words
    assert "全称" in words
    assert fields(draft())[0]["label"]["zh"] == "全称"
    path = re.search(r'name="path-0"\s+value="([^"]+)"', page)[1]
    other.send("/fields/ming_cheng", seen=stale, **mine, **{"path-0": path, "choice-0": "mine"})
    field = fields(draft())[0]
    assert (field["label"]["zh"], field["required"]) == ("简称", True)


# Trying out


def test_the_preview_is_the_entry_page_and_stores_nothing(designer, draft, api):
    add(designer, "bool", "有需求")
    path = add(designer, "integer", "人数")
    designer.send(f"/rules/{path}.visible_when", mode="formula", text="you_xu_qiu = true")
    designer.send(f"/fields/{path}", label="人数", key=path, required="1", **{"class": "public"})
    before, address = draft(), f"/forms/{designer.form}/preview"
    page = designer.page(address)
    assert 'name="f-ming_cheng"' in page
    assert "当“有需求”为“是”时显示" in page
    assert "隐藏" in texts(page)
    token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)[1]

    def fill(**answers):
        response = designer.client.post(address, data={"csrf_token": token, "_do": "submit", **answers})
        assert response.status_code == 200
        return texts(response.get_data(as_text=True))

    assert "这样填可以提交" in fill(**{"f-ming_cheng": "试", "f-you_xu_qiu": "false"})
    lacking = fill(**{"f-ming_cheng": "试", "f-you_xu_qiu": "true", "f-ren_shu": ""})
    assert "提交前请修改 1 处" in lacking
    assert "显示，必填" in lacking
    assert "这样填可以提交" in fill(**{"f-ming_cheng": "试", "f-you_xu_qiu": "true", "f-ren_shu": "3"})
    assert draft() == before
    # Nothing was published: there is no record to be stored.
    assert api("city_admin").get(f"/forms/{designer.form}/records").status_code == 404


def test_the_preview_speaks_as_the_chosen_role(designer):
    designer.send(
        "/fields/ming_cheng", label="名称", key="ming_cheng", readonly_for=["ent_admin"], **{"class": "public"}
    )
    address = f"/forms/{designer.form}/preview"
    assert 'name="f-ming_cheng"' not in designer.page(f"{address}?role=ent_admin")
    assert 'name="f-ming_cheng"' in designer.page(f"{address}?role=school_admin")
    assert "<iframe" in designer.page(f"{address}?width=phone")
    assert "<nav" not in designer.page(f"{address}?framed=1")


# Who may


@pytest.mark.parametrize("account", ["ent_a", "school_a", "county_a", "leader", "auditor"])
def test_nobody_else_gets_in(sign_in, account):
    client = sign_in(account)
    for path in ("/design", "/design/add", "/design/settings", "/design/rules", "/preview"):
        assert client.get(f"/forms/labor_demand_survey{path}").status_code == 403, path


def test_a_form_that_is_not_there_is_not_found(sign_in):
    client = sign_in("city_admin")
    assert client.get("/forms/no_such_form/design").status_code == 404
    assert client.get("/forms/labor_demand_survey/design").status_code == 200


def test_a_draft_that_is_no_form_at_all_is_shown_and_can_be_taken_back(designer, api):
    admin, lock = api("city_admin"), designer.lock()
    raw = {**small(designer.form), "sections": [{"key": "main", "title": "x", "fields": ["nonsense", 3]}]}
    done(admin.put(f"/forms/{designer.form}/draft", json={"lock_version": lock, "definition": raw}), 200)
    assert "应为一组键值" in designer.page()
    designer.send("/sections", title="再一组")
    assert "草稿的结构不完整" in designer.page()
    designer.send("/undo", to=str(lock), top=str(lock + 1))
    assert "应为一组键值" not in designer.page()


def test_every_page_of_a_form_with_everything_opens(api, sign_in):
    done(api("city_admin").post("/forms", json={"definition": definition(key="edited_zoo")}), 201)
    designer = Designer(sign_in("city_admin"), "edited_zoo")
    page = designer.page()
    links = sorted(set(re.findall(rf'href="({designer.base}[^"#]*)', page)))
    assert len(links) > 30
    for link in links:
        designer.page(link)
