"""The main pages in a real browser: accessible, usable on a phone and without scripts, and as tested as they look."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.pages import TAGS
from tests.conftest import sign_in_page

AXE_PAGES = [
    ("ent_a", "/"),
    ("ent_a", "/records/{form}/list"),
    ("ent_a", "/records/{form}/list?ff=_state&fo=eq&fv=draft"),
    ("ent_a", "/records/{form}/list?q=nothing+at+all"),
    ("ent_a", "/records/{form}/add"),
    ("ent_a", "/records/{form}/history/{record}"),
    ("ent_a", "/records/{form}/print/{record}"),
    ("ent_a", "/records/{form}/import"),
    ("ent_a", "/account/password"),
    ("ent_a", "/messages/"),
    ("ent_a", "/there-is-no-such-page"),
    ("county_a", "/"),
    ("county_a", "/records/{form}/list"),
    ("county_a", "/records/{form}/show/{record}"),
    ("county_a", "/records/{form}/export"),
    ("county_a", "/work/"),
    ("county_a", "/work/{form}/{record}"),
    ("county_a", "/accounts/"),
    ("county_a", "/accounts/add"),
    ("city_admin", "/forms/"),
    ("city_admin", "/forms/{form}"),
    ("city_admin", "/forms/{form}/draft"),
]


@pytest.fixture(scope="module")
def desks(browser, live):
    """Return the open page of an account, signed in once."""
    pages = {}

    def get(account):
        if account not in pages:
            pages[account] = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            sign_in_page(pages[account], live, account)
        return pages[account]

    yield get
    for page in pages.values():
        page.context.close()


def filled(path, submitted):
    return path.format(form=submitted.form, record=submitted.record)


def assert_accessible(page):
    page.wait_for_load_state()
    found = Axe().run(page, options=TAGS)
    assert found.violations_count == 0, found.generate_report()


def test_sign_in_page_is_accessible(browser, live):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live}/login/")
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize(("account", "path"), AXE_PAGES)
def test_page_is_accessible(desks, live, submitted, account, path):
    page = desks(account)
    page.goto(live + filled(path, submitted))
    assert_accessible(page)


def test_what_is_opened_and_what_went_wrong_is_accessible(desks, live, submitted):
    page = desks("ent_a")
    page.goto(live + filled("/records/{form}/add", submitted))
    page.check("#f-has_demand-true")
    page.click("[name=_do][value=submit]")
    expect(page.locator("#entry-errors")).to_be_focused()
    assert_accessible(page)
    page = desks("county_a")
    page.goto(live + filled("/work/{form}/{record}", submitted))
    page.click('.decide-bar button:has-text("退回")')
    expect(page.locator("[data-focus]")).to_be_focused()
    page.click(".account summary")
    assert_accessible(page)


def test_a_filter_row_offers_what_fits_its_field_and_keeps_the_focus(desks, live, submitted):
    page = desks("county_a")
    page.goto(live + filled("/records/{form}/list?ff=&fo=eq&fv=", submitted))
    page.select_option("[name=ff]", "total_need")
    expect(page.locator("[name=fo] option[value=gte]")).to_have_count(1)
    expect(page.locator("[name=ff]")).to_be_focused()
    with page.expect_response(lambda response: "fo=gte" in response.url):
        page.select_option("[name=fo]", "gte")
    page.fill("[name=fv]", "10000")
    page.click("text=查找")
    expect(page.locator(".list-top .meta")).to_have_text("共 0 条")
    page.fill("[name=fv]", "十")
    page.click("text=查找")
    expect(page.locator(".alert-danger")).to_contain_text("请填数字")


def test_what_is_typed_into_a_filter_row_while_it_is_drawn_anew_stays(desks, live, submitted):
    page = desks("county_a")
    page.goto(live + filled("/records/{form}/list?ff=total_need&fo=eq&fv=5", submitted))
    held = []
    page.route("**/list?*fo=gte*", lambda route: held.append(route))  # noqa: PLW0108 - it sets attributes on its handler
    with page.expect_request("**/list?*fo=gte*"):
        page.select_option("[name=fo]", "gte")
    page.fill("[name=fv]", "10000")
    # Chosen once more meanwhile: the first answer is no longer wanted.
    with page.expect_request("**/list?*fo=lte*"):
        page.select_option("[name=fo]", "lte")
    page.fill("[name=fv]", "100000")
    with page.expect_response("**/list?*fo=gte*"):
        held[0].continue_()
    page.unroute("**/list?*fo=gte*")
    page.click("text=查找")
    expect(page).to_have_url(re.compile("fo=lte&fv=100000"))


def test_menu_opens_on_a_phone_and_closes_on_escape(desks, live):
    page = desks("ent_a")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live}/")
    assert not page.is_visible("#menu")
    assert_accessible(page)
    page.click(".topbar-menu")
    page.wait_for_selector("#menu a", state="visible")
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("#menu", state="hidden")
    page.set_viewport_size({"width": 1280, "height": 860})


def test_site_works_without_scripts(browser, live, submitted):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live}/login/")
    page.fill("[name=username]", "ent_a")
    page.fill("[name=password]", "Xiaoqitong-Demo-2025")
    page.click("main form [type=submit]")
    page.wait_for_url(f"{live}/")
    page.goto(f"{live}{filled('/records/{form}/list', submitted)}")
    page.click("tbody th a")
    page.wait_for_url("**/show/*")
    page.click(".account summary")
    page.click(".account-panel form button")
    page.wait_for_url(f"{live}/login/")
    context.close()
