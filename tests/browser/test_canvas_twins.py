"""One form of twelve fields, built by mouse and again by keyboard alone: the two definitions are equal."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, make_form, open_canvas, saved, stored
from tests.browser.pages import Watch

#: Type and label of every field after the first, as an author would name them.
FIELDS = [
    ("单行文本", "联系人"),
    ("手机号", "联系电话"),
    ("单选", "是否继续合作"),
    ("多行文本", "终止原因"),
    ("整数", "计划人数"),
    ("整数", "到岗人数"),
    ("金额", "人均月薪"),
    ("是/否", "是否签约"),
    ("多选", "存在问题"),
    ("明细表", "岗位明细"),
    ("计算（数字）", "岗位人数合计"),
]
COLUMNS = [("单行文本", "岗位"), ("整数", "人数")]


@pytest.fixture(scope="module")
def told():
    """Return what one journey tells the next."""
    return {}


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


@pytest.fixture
def canvas(browser, live, city, request):
    form = make_form(city, request.node.name[-12:].strip("_"))
    page = open_canvas(browser, live, form)
    watch = Watch(live)
    watch.attach(page)
    page.form = form
    yield page
    page.context.close()
    assert watch.complaints == []


def test_built_by_mouse(canvas, city, told):
    page = canvas
    card(page, "回访日期").click()
    for type_, label in FIELDS:
        page.locator(".palette-item", has_text=type_).get_by_text(type_, exact=True).click()
        page.fill("[data-prop=label]", label)
    card(page, "岗位明细").click()
    for type_, label in COLUMNS:
        page.click("button:has-text('添加列')")
        page.locator("dialog").get_by_text(type_, exact=True).click()
        page.fill("[data-prop=label]", label)

    card(page, "是否继续合作").click()
    page.fill("[aria-label='选项 1：名称']", "继续")
    page.fill("[aria-label='选项 2：名称']", "终止")
    card(page, "存在问题").click()
    for number, name in ((1, "用工不足"), (2, "待遇偏低")):
        page.fill(f"[aria-label='选项 {number}：名称']", name)

    card(page, "终止原因").click()
    page.click("#tab-logic")
    page.click("[data-prop=visible_when] [data-add-row]")
    page.select_option("[aria-label='条件 1：字段']", label="是否继续合作")
    page.select_option("[aria-label='条件 1：值']", label="终止")

    card(page, "到岗人数").click()
    page.click("#tab-checks")
    page.fill("[data-prop=min]", "0")
    page.click("button:has-text('添加校验规则')")
    page.click("[data-check] [data-add-row]")
    page.select_option("[aria-label='条件 1：字段']", label="到岗人数")
    page.select_option("[aria-label='条件 1：比较方式']", label="不大于")
    page.select_option("[aria-label='条件 1：与什么比较']", label="字段“计划人数”")
    page.fill("[data-prop=message_0]", "到岗人数不能超过计划人数")

    card(page, "岗位人数合计").click()
    page.click("#tab-basic")
    formula = page.locator("[data-prop=compute] textarea")
    formula.click()
    page.keyboard.type("sum(人数")
    page.locator("[role=option]", has_text="subtable_1.integer_1").click()
    page.keyboard.type(")")
    expect(page.locator("[data-prop=compute] .rule-sentence")).to_contain_text("合计")
    saved(page)
    expect(page.locator("[data-do=issues]")).not_to_contain_text("问题", timeout=15_000)
    told["mouse"] = stored(city, page.form)


class Keys:
    """A keyboard, and eyes that see where the focus is."""

    def __init__(self, page):
        self.page = page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text):
        self.page.keyboard.type(text)

    def over(self, text):
        self.press("Control+a")
        self.write(text)

    def focused(self, selector):
        return self.page.evaluate("selector => document.activeElement.matches(selector)", selector)

    def tab_to(self, selector, *, back=False, most=90):
        for _ in range(most):
            if self.focused(selector):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{selector} was not reached by Tab")

    def choose(self, label):
        """Go to an option of the focused drop-down by its arrow keys."""
        here, there = self.page.evaluate(
            "label => [document.activeElement.selectedIndex, Array.from(document.activeElement.options).findIndex(o => o.label === label)]",
            label,
        )
        assert there >= 0, label
        self.press(*(["ArrowDown" if there > here else "ArrowUp"] * abs(there - here)))

    def go_to_card(self, label):
        """Back to the canvas, then along the cards."""
        if not self.focused(".card-main, .section-main"):
            self.press("Escape")
            self.tab_to(".card-main, .section-main", back=True)
        for direction in ("ArrowUp", "ArrowDown"):
            for _ in range(30):
                if label in self.page.evaluate(
                    "document.activeElement.querySelector('.card-label, .never')?.textContent || ''"
                ):
                    return
                self.press(direction)
        raise AssertionError(f"no card {label}")

    def tab(self, name):
        """Open a tab of the properties of the selected card."""
        self.press("Enter")
        self.tab_to("[role=tab][id^=tab-]", back=True)
        for _ in range(4):
            if self.focused(f"#tab-{name}"):
                return
            self.press("ArrowRight")
        raise AssertionError(name)


def test_built_by_keyboard_alone(canvas, city, told):
    page, hands = canvas, Keys(canvas)
    hands.tab_to(".card-main")
    hands.press("Enter")
    expect(page.locator("[data-prop=label]")).to_be_focused()
    hands.press("Escape")
    for type_, label in FIELDS:
        hands.press("Alt+n")
        expect(page.locator("dialog input")).to_be_focused()
        hands.write(type_)
        hands.press("Enter")
        expect(page.locator("[data-prop=label]")).to_be_focused()
        hands.over(label)
        hands.press("Escape")
    hands.go_to_card("岗位明细")
    for type_, label in COLUMNS:
        hands.tab_to(".add-column")
        hands.press("Enter")
        expect(page.locator("dialog input")).to_be_focused()
        hands.write(type_)
        hands.press("Enter")
        expect(page.locator("[data-prop=label]")).to_be_focused()
        hands.over(label)
        hands.press("Escape")

    hands.go_to_card("是否继续合作")
    hands.press("Enter")
    for number, name in ((1, "继续"), (2, "终止")):
        hands.tab_to(f"[aria-label='选项 {number}：名称']")
        hands.over(name)
    hands.press("Escape")
    hands.go_to_card("存在问题")
    hands.press("Enter")
    for number, name in ((1, "用工不足"), (2, "待遇偏低")):
        hands.tab_to(f"[aria-label='选项 {number}：名称']")
        hands.over(name)
    hands.press("Escape")

    hands.go_to_card("终止原因")
    hands.tab("logic")
    hands.tab_to("[data-prop=visible_when] [data-add-row]")
    hands.press("Enter")
    expect(page.locator("[aria-label='条件 1：字段']")).to_be_focused()
    hands.choose("是否继续合作")
    hands.tab_to("[aria-label='条件 1：值']")
    hands.choose("终止")
    hands.press("Escape")

    hands.go_to_card("到岗人数")
    hands.tab("checks")
    hands.tab_to("[data-prop=min]")
    hands.write("0")
    hands.tab_to(".properties .btn-outline-secondary:not([data-add-row])")
    hands.press("Enter")
    expect(page.locator("[data-check] [data-add-row]")).to_be_focused()
    hands.press("Enter")
    expect(page.locator("[aria-label='条件 1：字段']")).to_be_focused()
    hands.choose("到岗人数")
    hands.tab_to("[aria-label='条件 1：比较方式']")
    hands.choose("不大于")
    hands.tab_to("[aria-label='条件 1：与什么比较']")
    hands.choose("字段“计划人数”")
    hands.tab_to("[data-prop=message_0]")
    hands.over("到岗人数不能超过计划人数")
    hands.press("Escape")

    hands.go_to_card("岗位人数合计")
    hands.press("Enter")
    hands.tab_to("[data-prop=compute] textarea")
    hands.write("sum(人数")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("subtable_1.integer_1")
    hands.press("Enter")
    hands.write(")")
    hands.press("Escape", "Control+s")
    saved(page)
    told["keyboard"] = stored(city, page.form)
    assert told["keyboard"]["sections"] == told["mouse"]["sections"]


def test_both_made_what_was_wanted(told):
    made = {field["key"]: field for field in told["mouse"]["sections"][0]["fields"]}
    assert len(made) == 12
    assert made["textarea_1"]["visible_when"] == "select_1 = '2'"
    assert made["integer_2"]["checks"] == [
        {"expression": "integer_2 <= integer_1", "message": {"zh": "到岗人数不能超过计划人数"}}
    ]
    assert made["computed_1"]["compute"] == "sum(subtable_1.integer_1)"
    assert [column["label"]["zh"] for column in made["subtable_1"]["fields"]] == ["岗位", "人数"]
