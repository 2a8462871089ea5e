"""The list editor in a real browser: the form of the canvas built again without scripts; phone, languages, axe."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.canvas import make_form, stored
from tests.browser.pages import Watch, shape
from tests.browser.test_canvas_twins import COLUMNS, FIELDS
from tests.conftest import sign_in_page

FORM = "/forms/labor_demand_survey"
PAGES = [
    f"{FORM}/design",
    f"{FORM}/design/add",
    f"{FORM}/design/fields/positions.need_count",
    f"{FORM}/design/fields/positions",
    f"{FORM}/design/fields/period_type/options",
    f"{FORM}/design/fields/positions.need_count/remove",
    f"{FORM}/design/fields/period_type/type",
    f"{FORM}/design/rules",
    f"{FORM}/design/rules/positions.order_count.visible_when",
    f"{FORM}/design/rules/total_need.compute",
    f"{FORM}/design/rules/staff_now.checks",
    f"{FORM}/design/settings",
    f"{FORM}/preview",
    f"{FORM}/preview?width=phone",
]
TAGS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


class Plain:
    """A designer in a browser without scripts."""

    def __init__(self, page, live, form):
        self.page, self.base = page, f"{live}/forms/{form}/design"

    def go(self, path=""):
        self.page.goto(self.base + path)

    def press(self, name):
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


def test_the_form_of_the_canvas_is_built_without_scripts(browser, live, city):
    form = make_form(city, "listed")
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.goto(f"{live}/login/")
    page.fill("[name=username]", "city_admin")
    page.fill("[name=password]", "Xiaoqitong-Demo-2025")
    page.click("main form [type=submit]")
    plain = Plain(page, live, form)
    section = stored(city, form)["sections"][0]["key"]
    paths = {label: plain.add(type_, label, section) for type_, label in FIELDS}
    table = paths["岗位明细"]
    columns = {label: plain.add(type_, label, f"{section}/{table}") for type_, label in COLUMNS}
    plain.options(paths["是否继续合作"], "继续", "终止")
    plain.options(paths["存在问题"], "用工不足", "待遇偏低")

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
    page.fill("#message_zh", "到岗人数不能超过计划人数")
    plain.press("保存")

    plain.go(f"/rules/{paths['岗位人数合计']}.compute")
    page.fill("#text", f"sum({columns['人数']})")
    plain.press("核对公式")
    assert "“人数”的合计" in page.locator(".sentence").inner_text()
    plain.press("保存")

    found = {field["key"]: field for field in stored(city, form)["sections"][0]["fields"]}
    assert [field["label"]["zh"] for field in found.values()] == ["回访日期", *(label for _, label in FIELDS)]
    own = {label: dict(found[path]) for label, path in paths.items()}
    for field in own.values():
        field.pop("key")
        field.pop("label")
    assert own["终止原因"] == {
        "type": "textarea", "class": "internal", "visible_when": f"{paths['是否继续合作']} = '2'"
    }  # fmt: skip
    assert own["到岗人数"] == {
        "type": "integer", "class": "internal", "min": 0,
        "checks": [{"expression": f"{paths['到岗人数']} <= {paths['计划人数']}",
                    "message": {"zh": "到岗人数不能超过计划人数"}}],
    }  # fmt: skip
    assert own["岗位人数合计"] == {"type": "computed", "class": "internal", "compute": f"sum({columns['人数']})"}
    assert [option["zh"] for option in own["存在问题"]["options"]] == ["用工不足", "待遇偏低"]
    assert [(column["type"], column["label"]) for column in own["岗位明细"]["fields"]] == [
        ("text", {"zh": "岗位"}), ("integer", {"zh": "人数"})
    ]  # fmt: skip

    page.goto(f"{live}/forms/{form}/preview")
    assert page.locator("[name=f-hui_fang_ri_qi], [name^=f-]").count() > 8
    plain.go()
    assert page.locator(".issue--error").count() == 0
    page.goto(f"{live}/forms/{form}/publish")
    page.fill("#note", "首次发布")
    if page.locator("#seen-warnings").count():
        page.check("#seen-warnings")
    page.locator("form[action$='/publish'] button[type=submit]").last.click()
    assert "/jobs/" in page.url
    page.context.close()


@pytest.mark.parametrize(("width", "language"), [(390, "zh"), (390, "en"), (1280, "zh"), (1280, "en")])
def test_every_page_of_the_editor_fits_speaks_and_is_accessible(browser, live, width, language):
    page = browser.new_context(viewport={"width": width, "height": 860}).new_page()
    sign_in_page(page, live, "city_admin")
    page.goto(f"{live}/lang/{language}")
    watch = Watch(live)
    watch.attach(page)
    for path in PAGES:
        assert page.goto(live + path).status == 200, path
        assert shape(page, language) == [], path
        if width == 1280:
            found = Axe().run(page, options=TAGS)
            assert found.violations_count == 0, (path, found.generate_report())
    assert watch.complaints == []
    page.context.close()


def test_a_link_of_an_issue_puts_the_focus_on_its_control(browser, live, city):
    form = make_form(city, "unwell")
    page = browser.new_context(locale="zh-CN").new_page()
    sign_in_page(page, live, "city_admin")
    page.goto(f"{live}/lang/zh")
    page.goto(f"{live}/forms/{form}/design")
    path = page.locator("[id^=field-] th a").first.get_attribute("href").rpartition("/")[2]
    page.goto(f"{live}/forms/{form}/design/fields/{path}")
    page.check("#readonly")
    page.click(".decide-bar button")
    page.goto(f"{live}/forms/{form}/design")
    page.locator(".issue--error a", has_text="谁也填不了").first.click()
    expect(page.locator("#readonly")).to_be_focused()
    assert re.search(rf"/fields/{path}#readonly$", page.url)
    page.context.close()


def test_what_clashes_is_accessible(browser, live, city):
    form = make_form(city, "clashing")
    pages = []
    for _ in range(2):
        page = browser.new_context(locale="zh-CN").new_page()
        sign_in_page(page, live, "city_admin")
        page.goto(f"{live}/lang/zh")
        page.goto(f"{live}/forms/{form}/design")
        page.locator("[id^=field-] th a").first.click()
        pages.append(page)
    for page, label in zip(pages, ("甲方", "乙方"), strict=True):
        page.fill("#label", label)
        page.click(".decide-bar button")
    late = pages[1]
    expect(late.locator(".clash")).to_have_count(1)
    assert Axe().run(late, options=TAGS).violations_count == 0
    late.check("#mine-0")
    late.get_by_role("button", name="按所选保存").click()
    late.wait_for_url("**/design**")
    expect(late.locator(".clash")).to_have_count(0)
    assert stored(city, form)["sections"][0]["fields"][0]["label"]["zh"] == "乙方"
    for page in pages:
        page.context.close()
