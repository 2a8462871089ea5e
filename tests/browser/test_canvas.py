"""The canvas of the form builder: adding, moving, editing, saving, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, definition, drag, keys, make_form, named, open_canvas, saved, stored, until
from tests.browser.pages import Watch


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


@pytest.fixture
def canvas(browser, live, city, request):
    """Return the canvas of a form of its own; nothing may complain while it is open."""
    pages = []

    def get(**options):
        changes = options.pop("changes", {})
        form = make_form(city, f"cv_{abs(hash(request.node.name)) % 10**9}_{len(pages)}", **changes)
        page = open_canvas(browser, live, form, **options)
        watch = Watch(live)
        watch.attach(page)
        pages.append((page, watch))
        page.form = form
        return page

    yield get
    for page, watch in pages:
        page.context.close()
        assert [line for line in watch.complaints if "status of 409" not in line] == []


def fields(page, section=0):
    return definition(page)["sections"][section]["fields"]


def test_clicking_a_type_adds_it_after_the_selected_card_and_asks_for_its_label(canvas, city):
    page = canvas()
    card(page, "回访日期").click()
    page.click(".palette-item:has-text('整数')")
    expect(page.locator("[data-prop=label]")).to_be_focused()
    page.keyboard.type("到岗人数")
    assert keys(page) == [["visited_on", "integer_1"]]
    expect(card(page, "到岗人数")).to_be_visible()
    page.keyboard.press("Escape")
    saved(page)
    made = stored(city, page.form)["sections"][0]["fields"][1]
    assert made == {"key": "dao_gang_ren_shu", "type": "integer", "label": {"zh": "到岗人数"}, "class": "internal"}


def test_dragging_adds_moves_and_crosses_sections_as_one_step_each(canvas, city):
    page = canvas()
    page.click("[data-do=add-section]")
    drag(page, page.locator("[data-type=text]"), page.locator("[data-card]").first)
    assert keys(page) == [["text_1", "visited_on"], []]
    assert page.locator("[data-type=text]").count() == 1
    drag(page, page.locator(".card-grip").nth(1), page.locator("[data-card]").first)
    assert keys(page) == [["visited_on", "text_1"], []]
    drag(page, page.locator(".card-grip").nth(1), page.locator(".card-list").nth(1))
    assert keys(page) == [["visited_on"], ["text_1"]]
    for expected in ([["visited_on", "text_1"], []], [["text_1", "visited_on"], []], [["visited_on"], []]):
        page.click("[data-do=undo]")
        assert keys(page) == expected
    for _ in range(3):
        page.click("[data-do=redo]")
    assert keys(page) == [["visited_on"], ["text_1"]]
    assert [[field["key"] for field in section["fields"]] for section in definition(page)["sections"]] == keys(page)
    saved(page)
    assert stored(city, page.form) == definition(page)


def test_keys_move_copy_delete_and_undo_and_say_so(canvas):
    page = canvas(changes={"sections": [section("one", "a", "b"), section("two", "c")]})
    card(page, "字段b").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-prop=label]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page, "字段b")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    assert keys(page) == [["a"], ["b", "c"]]
    expect(card(page, "字段b")).to_be_focused()
    expect(page.locator("[data-spoken]")).to_have_text("“字段b”已移到“分组two”第 1 位")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    assert keys(page) == [["b", "a"], ["c"]]
    page.keyboard.press("Control+d")
    assert keys(page) == [["b", "b_2", "a"], ["c"]]
    page.keyboard.press("Delete")
    assert keys(page) == [["b", "a"], ["c"]]
    expect(page.locator("[data-spoken]")).to_have_text("已移除“字段b（副本）”")
    for _ in range(5):
        page.keyboard.press("Control+z")
    assert keys(page) == [["a", "b"], ["c"]]
    page.keyboard.press("Control+y")
    assert keys(page) == [["a"], ["b", "c"]]


def test_undo_inside_an_input_is_the_inputs_own_and_typing_is_one_step(canvas):
    page = canvas()
    card(page, "回访日期").click()
    page.fill("[data-prop=label]", "")
    page.locator("[data-prop=label]").press_sequentially("走访日期")
    page.keyboard.press("Control+z")
    assert fields(page)[0]["label"]["zh"] != "回访日期"
    page.locator("[data-prop=label]").fill("走访日期")
    page.locator("[data-prop=help]").fill("当天")
    card(page, "走访日期").click()
    page.keyboard.press("Control+z")
    assert fields(page)[0]["label"]["zh"] == "走访日期"
    assert "help" not in fields(page)[0]
    page.keyboard.press("Control+z")
    assert fields(page)[0]["label"] == {"zh": "回访日期", "en": "Visited on"}
    expect(page.locator("[data-do=undo]")).to_be_disabled()


def section(key, *names, **values):
    made = [
        {"key": name, "type": "integer", "label": {"zh": f"字段{name}", "en": name}, "class": "internal"}
        for name in names
    ]
    return {"key": key, "title": {"zh": f"分组{key}", "en": key}, "fields": made, **values}


def test_deleting_what_a_rule_reads_lists_the_uses_and_keeps_them_as_issues(canvas, city):
    start = section("one", "a", "b")
    start["fields"][1]["visible_when"] = "a > 3"
    page = canvas(changes={"sections": [start], "list": {"columns": ["a"]}})
    expect(page.locator("[data-do=issues]")).to_have_text("检查通过")
    card(page, "字段a").click()
    page.click(".card-tools [aria-label^='删除']")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("字段b")
    expect(dialog).to_contain_text("当“字段a”大于3时显示")
    expect(dialog).to_contain_text("列表显示、排序或搜索用到它")
    expect(dialog.locator("button:has-text('取消')")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert keys(page) == [["a", "b"]]
    page.click(".card-tools [aria-label^='删除']")
    page.click("[data-confirm]")
    assert keys(page) == [["b"]]
    expect(card(page, "字段b")).to_contain_text("已删除的字段（a）")
    expect(page.locator("[data-do=issues]")).to_contain_text("个问题")
    expect(page.locator(".card--error")).to_have_count(1)
    page.click("[data-do=issues]")
    page.locator(".issue--error", has_text="字段b").click()
    expect(card(page, "字段b")).to_be_focused()
    expect(page.locator("[role=tab][aria-selected=true]", has_text="显示逻辑")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-do=issues]")).to_have_text("检查通过")
    saved(page)
    assert stored(city, page.form)["sections"] == [start]


def test_a_new_key_is_carried_into_every_rule(canvas):
    start = section("one", "a", "b")
    start["fields"][1]["checks"] = [{"expression": "b >= a and contains('a', 'a')", "message": {"zh": "对", "en": "x"}}]
    page = canvas(
        changes={"sections": [start], "list": {"columns": ["a"], "order": "-a"}, "unique": [{"fields": ["a"]}]}
    )
    card(page, "字段a").click()
    page.click("#tab-more")
    page.fill("[data-prop=key]", "people")
    page.keyboard.press("Enter")
    made = definition(page)
    assert made["sections"][0]["fields"][1]["checks"][0]["expression"] == "b >= people and contains('a', 'a')"
    assert made["list"] == {"columns": ["people"], "order": "-people"}
    assert made["unique"] == [{"fields": ["people"]}]


def test_options_are_pasted_from_a_spreadsheet_and_put_in_order(canvas):
    page = canvas()
    page.click(".palette-item:has-text('单选')")
    page.click("button:has-text('从表格粘贴')")
    page.locator("textarea[aria-describedby^=options]").fill("A1\t在岗\tEmployed\nA2\t离岗\tLeft\n其他")
    page.click("button:has-text('采用')")
    made = fields(page)[1]["options"]
    assert made[2:] == [
        {"code": "A1", "zh": "在岗", "en": "Employed"},
        {"code": "A2", "zh": "离岗", "en": "Left"},
        {"code": "3", "zh": "其他"},
    ]
    page.click("[aria-label='删除选项 1']")
    page.click("[aria-label='删除选项 1']")
    page.click("[aria-label='上移选项 2']")
    expect(page.locator("[data-option='0'] [data-step='-1']")).to_be_disabled()
    assert [option["code"] for option in fields(page)[1]["options"]] == ["A2", "A1", "3"]


def test_columns_of_a_sub_table_are_added_moved_and_kept_apart(canvas):
    page = canvas()
    page.click(".palette-item:has-text('明细表')")
    page.click("button:has-text('添加列')")
    expect(page.locator("dialog input")).to_be_focused()
    page.keyboard.type("金额")
    page.keyboard.press("Enter")
    expect(page.locator("[data-prop=label]")).to_be_focused()
    page.keyboard.type("工资")
    page.click(".palette-item:has-text('单行文本')")
    named(page)
    table = fields(page)[1]
    assert [column["key"] for column in table["fields"]] == ["gong_zi", "text_1"]
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-spoken]")).to_contain_text("不能再移")
    drag(page, page.locator(".columns .card-grip").first, page.locator("[data-card]").first)
    table = fields(page)[1]
    assert [column["key"] for column in table["fields"]] == ["text_1", "gong_zi"]
    assert [field["key"] for field in fields(page)] == ["visited_on", "subtable_1"]


@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (1280, "en"), (390, "zh")])
def test_the_bar_stays_put_while_the_answer_of_the_check_comes_in(browser, live, city, width, language):
    page = open_canvas(browser, live, make_form(city, f"steady_{width}_{language}"), width=width, language=language)
    held: list = []
    page.route("**/check", lambda route: held.append(route))  # noqa: PLW0108 - it sets attributes on its handler
    with page.expect_request("**/check"):
        page.reload()
    undo, issues = page.locator("[data-do=undo]"), page.locator("[data-do=issues]")
    expect(undo).to_be_visible()
    before, word = undo.bounding_box(), issues.get_attribute("aria-label")
    assert page.evaluate("XqtCanvas.checks.running") == 1
    held[0].continue_()
    until(page, "!XqtCanvas.checks.running && XqtCanvas.store.state.checked")
    expect(issues).not_to_have_attribute("aria-label", word)
    assert undo.bounding_box() == before
    page.context.close()


def test_a_formula_names_options_instead_of_their_codes(canvas):
    options = [
        {"code": "01", "zh": "居民身份证", "en": "Identity card"},
        {"code": "02", "zh": "护照", "en": "Passport"},
    ]
    kind = {
        "key": "kind",
        "type": "select",
        "label": {"zh": "证件类型"},
        "class": "internal",
        "options": options,
    }
    several = {**kind, "key": "several", "type": "multiselect", "label": {"zh": "所持证件"}}
    rule = (
        "if(kind != '01', 1, 2) > 1 and if('02' = kind, 1, 2) > 1 and if(kind not in ['01', '02'], 1, 2) > 1"
        " and if(contains(several, '02'), 1, 2) > 1 and if(other = '01', 1, 2) > 1"
    )
    other = {"key": "other", "type": "text", "label": {"zh": "其他"}, "class": "internal"}
    note = {**other, "key": "note", "label": {"zh": "备注"}, "visible_when": rule}
    section = {"key": "main", "title": {"zh": "基本情况"}, "fields": [kind, several, other, note]}
    page = canvas(changes={"sections": [section], "list": {"columns": ["kind"]}})
    line = page.locator(".card-row", has=page.locator(".card-label:has-text('备注')"))
    expect(line).to_contain_text("“证件类型” != “居民身份证”")
    for said in (
        "“护照” = “证件类型”",
        "not in [“居民身份证”, “护照”]",
        "contains(“所持证件”, “护照”)",
        "“其他” = '01'",
    ):
        expect(line).to_contain_text(said)


def test_what_the_server_answers_waits_until_nothing_is_pressed(canvas):
    page = canvas(changes={"sections": [section("one", "a", "b")], "list": {"columns": ["a"]}})
    held: list = []
    page.route("**/check", lambda route: route.continue_() if held else held.append(route))
    page.evaluate("XqtCanvas.store.patch([0, 0], { visible_when: 'nowhere > 3' })")
    with page.expect_request("**/check"):
        page.keyboard.press("Control+s")
    below = card(page, "字段b")
    before = below.bounding_box()
    page.mouse.move(before["x"] + 60, before["y"] + before["height"] / 2)
    page.mouse.down()
    with page.expect_response("**/check"):
        held[0].continue_()
    page.evaluate("() => new Promise(done => setTimeout(done, 300))")
    assert below.bounding_box() == before
    page.mouse.up()
    expect(below).to_have_attribute("aria-current", "true")
    expect(page.locator(".card--error")).to_have_count(1)
    assert below.bounding_box() != before
