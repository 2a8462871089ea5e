"""One form built three times, from the page of creation to its entry page: by mouse, by keyboard alone, without scripts.

Twelve fields, a sub-table, two rules, one formula, a review in two steps: the three definitions are equal, keys and all.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from app.access.actor import acting_as, actor_for
from app.builder import service
from app.builder.models import WorkflowRow
from app.database import db
from app.identity.service import find_user
from app.jobs.running import run_all
from tests.browser.canvas import card, saved
from tests.browser.hands import Keys
from tests.browser.pages import Watch
from tests.conftest import sign_in_page

TITLE = "用工回访登记"
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
OPTIONS = {"是否继续合作": ("继续", "终止"), "存在问题": ("用工不足", "待遇偏低")}
MESSAGE = "到岗人数不能超过计划人数"


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


@pytest.fixture(scope="module")
def built(browser, live, city):
    """Return a function that builds the form once in the way it names, and gives what was made."""
    made = {}

    def get(way):
        if way not in made:
            made[way] = WAYS[way](browser, live, city, f"twin_{way}")
        return made[way]

    return get


def begin(browser, live, **options):
    page = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN", **options).new_page()
    watch = Watch(live)
    watch.attach(page)
    sign_in_page(page, live, "city_admin")
    page.goto(f"{live}/forms/new")
    return page, watch


def answer_by_mouse(page, form):
    """From the page of creation to the empty draft."""
    page.fill("#blank-name", TITLE)
    page.locator("form", has=page.locator("#blank-name")).get_by_role("button", name="下一步").click()
    page.fill("#title_en", "Return visits")
    page.fill("#key", form)
    page.check("#fill-ent_admin")
    page.check("#fill-ent_clerk")
    page.check("#review-two")
    page.check("#first-county_hr")
    page.check("#second-city_emp")
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url(f"**/forms/{form}/canvas")


def publish_by_mouse(page):
    page.wait_for_url("**/publish")
    if page.locator("#seen-warnings").count():
        page.check("#seen-warnings")
    page.fill("#note", "第一版")
    page.locator("#publish-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="发布表单")).to_be_visible()


def finished(page, watch, city, form, *, script=True):
    """Let the job run; return the published definition and its workflow, with the form's key left out."""
    with city.app_context():
        run_all()
    # With a script the page finds out by itself.
    if not script:
        page.reload()
    page.get_by_role("link", name="查看表单").click()
    expect(page.get_by_text("第一版")).to_be_visible()
    page.context.close()
    assert watch.complaints == []
    with city.app_context():
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor):
            source = service.definition(form).source
            assert service.draft(actor, form).definition == source
        flow = db.session.get(WorkflowRow, source["workflow"]).definition
    return json.loads(json.dumps({"form": source, "workflow": flow}).replace(form, "twin"))


def by_mouse(browser, live, city, form):
    page, watch = begin(browser, live)
    answer_by_mouse(page, form)
    card(page, "名称").click()
    for type_, label in FIELDS:
        page.locator(".palette-item", has_text=type_).get_by_text(type_, exact=True).click()
        page.fill("[data-prop=label]", label)
    card(page, "岗位明细").click()
    for type_, label in COLUMNS:
        page.click("button:has-text('添加列')")
        page.locator("dialog").get_by_text(type_, exact=True).click()
        page.fill("[data-prop=label]", label)
    for field, names in OPTIONS.items():
        card(page, field).click()
        for number, name in enumerate(names, 1):
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
    page.fill("[data-prop=message_0]", MESSAGE)

    card(page, "岗位人数合计").click()
    page.click("#tab-basic")
    formula = page.locator("[data-prop=compute] textarea")
    formula.click()
    page.keyboard.type("sum(人数")
    page.locator("[role=option]", has_text="gang_wei_ming_xi.ren_shu").click()
    page.keyboard.type(")")
    expect(page.locator("[data-prop=compute] .rule-sentence")).to_contain_text("合计")
    saved(page)
    expect(page.locator("[data-do=issues]")).not_to_contain_text("问题")
    page.locator(".canvas-actions .btn-primary").click()
    publish_by_mouse(page)
    return finished(page, watch, city, form)


def by_keyboard(browser, live, city, form):
    page, watch = begin(browser, live)
    hands = Keys(page)
    hands.tab_to("#blank-name")
    hands.write(TITLE)
    hands.press("Enter")
    page.wait_for_url("**/forms/new/*")
    for name, text in (("#title_en", "Return visits"), ("#key", form)):
        hands.tab_to(name)
        hands.over(text)
    for name in ("#fill-ent_admin", "#fill-ent_clerk"):
        hands.tab_to(name)
        hands.press("Space")
    hands.tab_to("[name=review]")
    while not hands.focused("#review-two:checked"):
        hands.press("ArrowDown")
    for name in ("#first-county_hr", "#second-city_emp"):
        hands.tab_to(name)
        hands.press("Space")
    hands.tab_to("main form [type=submit]")
    hands.press("Enter")
    page.wait_for_url(f"**/forms/{form}/canvas")
    build_by_keyboard(page, hands)
    hands.tab_to(".canvas-actions .btn-primary", back=True, most=200)
    hands.press("Enter")
    page.wait_for_url(f"**/forms/{form}/publish")
    if page.locator("#seen-warnings").count():
        hands.tab_to("#seen-warnings")
        hands.press("Space")
    hands.tab_to("#note")
    hands.write("第一版")
    hands.tab_to("#publish-form button")
    hands.press("Enter")
    page.wait_for_url("**/jobs/*")
    return finished(page, watch, city, form)


def build_by_keyboard(page, hands):
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

    for field, names in OPTIONS.items():
        hands.go_to_card(field)
        hands.press("Enter")
        for number, name in enumerate(names, 1):
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
    hands.over(MESSAGE)
    hands.press("Escape")

    hands.go_to_card("岗位人数合计")
    hands.press("Enter")
    hands.tab_to("[data-prop=compute] textarea")
    hands.write("sum(人数")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("gang_wei_ming_xi.ren_shu")
    hands.press("Enter")
    hands.write(")")
    hands.press("Escape", "Control+s")
    saved(page)
    expect(page.locator("[data-do=issues]")).not_to_contain_text("问题")


def without_scripts(browser, live, city, form):
    page, watch = begin(browser, live, java_script_enabled=False)
    answer_by_mouse(page, form)
    page.get_by_role("link", name="列表编辑").click()
    plain = Plain(page, live, form)
    section = page.locator("a[href*='/add?where=']").first.get_attribute("href").rpartition("=")[2]
    paths = {label: plain.add(type_, label, section) for type_, label in FIELDS}
    table = paths["岗位明细"]
    columns = {label: plain.add(type_, label, f"{section}/{table}") for type_, label in COLUMNS}
    for field, names in OPTIONS.items():
        plain.options(paths[field], *names)

    plain.go(f"/rules/{paths['终止原因']}.visible_when")
    page.select_option("[name=field-0]", label="是否继续合作")
    plain.press("列出可选的值")
    page.select_option("[name=value-0]", label="终止")
    plain.press("保存")

    plain.go(f"/fields/{paths['到岗人数']}")
    page.fill("#min", "0")
    plain.press("保存")
    plain.go(f"/rules/{paths['到岗人数']}.checks")
    page.select_option("[name=field-0]", label="到岗人数")
    plain.press("列出可选的值")
    page.select_option("[name=operator-0]", label="不大于")
    page.select_option("[name=other-0]", label="计划人数")
    page.fill("#message_zh", MESSAGE)
    plain.press("保存")

    plain.go(f"/rules/{paths['岗位人数合计']}.compute")
    page.fill("#text", f"sum({columns['人数']})")
    plain.press("核对公式")
    expect(page.locator(".sentence")).to_contain_text("“人数”的合计")
    plain.press("保存")
    plain.go()
    assert page.locator(".issue--error").count() == 0
    page.get_by_role("link", name="比较与发布").click()
    publish_by_mouse(page)
    return finished(page, watch, city, form, script=False)


class Plain:
    """A designer in a browser without scripts."""

    def __init__(self, page, live, form):
        self.page, self.base = page, f"{live}/forms/{form}/design"

    def go(self, path=""):
        self.page.goto(self.base + path)

    def press(self, name):
        """Press a button and wait for the answer: going on at once would take the page away from it."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()

    def add(self, type_, label, where):
        """Add a field; return its path."""
        self.go("/add")
        self.page.fill("#label", label)
        self.page.select_option("#where", where)
        self.page.get_by_role("radio", name=type_, exact=True).check()
        self.press("添加字段")
        return self.page.url.rpartition("/")[2]

    def options(self, path, *labels):
        self.go(f"/fields/{path}/options")
        for code, label in enumerate(labels, 1):
            self.page.fill(f"[name=zh-{code}]", label)
        self.press("保存")


WAYS = {"mouse": by_mouse, "keyboard": by_keyboard, "plain": without_scripts}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_built_published_and_can_be_filled_in(built, browser, live, way):
    made = built(way)["form"]
    fields = {field["key"]: field for section in made["sections"] for field in section["fields"]}
    assert [field["label"]["zh"] for field in fields.values()] == ["名称", *(label for _, label in FIELDS)]
    assert fields["zhong_zhi_yuan_yin"]["visible_when"] == "shi_fou_ji_xu_he_zuo = '2'"
    assert fields["dao_gang_ren_shu"]["checks"] == [
        {"expression": "dao_gang_ren_shu <= ji_hua_ren_shu", "message": {"zh": MESSAGE}}
    ]
    assert fields["gang_wei_ren_shu_he_ji"]["compute"] == "sum(gang_wei_ming_xi.ren_shu)"
    assert [column["key"] for column in fields["gang_wei_ming_xi"]["fields"]] == ["gang_wei", "ren_shu"]

    page = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN").new_page()
    watch = Watch(live)
    watch.attach(page)
    sign_in_page(page, live, "ent_a")
    page.goto(f"{live}/records/twin_{way}/add")
    for _, label in FIELDS:
        expect(page.locator("form[data-entry]").get_by_text(label), label).not_to_have_count(0)
    expect(page.locator("#f-zhong_zhi_yuan_yin")).to_be_hidden()
    page.select_option("#f-shi_fou_ji_xu_he_zuo", label="终止")
    expect(page.locator("#f-zhong_zhi_yuan_yin")).to_be_visible()
    page.context.close()
    assert watch.complaints == []


def test_the_three_definitions_are_equal_keys_and_workflow_too(built):
    mouse, keyboard, plain = (built(way) for way in WAYS)
    assert keyboard == mouse
    assert plain == mouse
    steps = [verb for verb in mouse["workflow"]["verbs"] if verb["kind"] == "approve"]
    assert [verb["by"] for verb in steps] == [["county_hr"], ["city_emp"]]
