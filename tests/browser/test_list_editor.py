"""The list editor in a real browser: phone, languages, axe, what clashes. A whole form: ``test_three_builders``."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.canvas import make_form, stored
from tests.browser.pages import TAGS, Watch, shape
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


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


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
    with page.expect_navigation():
        page.click(".decide-bar button")
    page.goto(f"{live}/forms/{form}/design")
    page.locator(".issue--error a", has_text="谁也填不了").first.click()
    expect(page.locator("#readonly")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"/fields/{path}#readonly$"))
    page.context.close()


def test_what_clashes_is_accessible(browser, live, city):
    form = make_form(city, "clashing")
    pages = []
    for _ in range(2):
        page = browser.new_context(locale="zh-CN").new_page()
        sign_in_page(page, live, "city_admin")
        page.goto(f"{live}/lang/zh")
        page.goto(f"{live}/forms/{form}/design")
        with page.expect_navigation():
            page.locator("[id^=field-] th a").first.click()
        pages.append(page)
    for page, label in zip(pages, ("甲方", "乙方"), strict=True):
        page.fill("#label", label)
        # One after the other: who comes second finds what the first has saved.
        with page.expect_navigation():
            page.click(".decide-bar button")
    late = pages[1]
    expect(late.locator(".clash")).to_have_count(1)
    assert Axe().run(late, options=TAGS).violations_count == 0
    late.check("#mine-0")
    with late.expect_navigation():
        late.get_by_role("button", name="按所选保存").click()
    expect(late.locator(".clash")).to_have_count(0)
    assert stored(city, form)["sections"][0]["fields"][0]["label"]["zh"] == "乙方"
    for page in pages:
        page.context.close()
