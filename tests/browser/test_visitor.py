"""Somebody without an account fills a form on his phone: link, code, form, thanks; with and without a script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.pages import Watch, shape
from tests.conftest import ApiClient, sign_in_page
from tests.visitors.probes import ANONYMOUS, NAMED, issue, publish

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def school(worlds, live):
    """Return the API of a college that issues codes, on the served application."""
    app = worlds("sqlite").app
    publish(app)
    return ApiClient(app, "school_a")


def wrong(page, language="zh"):
    found = shape(page, language)
    violations = Axe().run(page).response["violations"]
    return found + [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in violations]


def rate(page, value):
    """Give a mark, however the field is drawn."""
    page.wait_for_load_state()
    if page.locator("[name=f-score][type=radio]").count():
        page.check(f"[name=f-score][value='{value}']", force=True)
    elif page.locator("select[name=f-score]").count():
        page.select_option("[name=f-score]", value)
    else:
        page.fill("[name=f-score]", value)


@pytest.mark.parametrize("script", [True, False])
def test_by_name_on_a_phone(browser, live, school, script):
    (code,) = issue(school, NAMED)
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)
    page, watch = context.new_page(), Watch(live)
    watch.attach(page)
    page.goto(f"{live}/v/c/{code}")
    expect(page.locator("#code")).to_have_value(code)
    if script:
        assert wrong(page) == []
    page.click("main form button[type=submit]")
    expect(page).to_have_url(f"{live}/v/fill")
    expect(page.locator("body")).to_contain_text("甲班")
    if script:
        assert wrong(page) == []
    page.fill("[name=f-name]", "来访者")
    page.click("button[value=save] >> nth=-1")
    expect(page.locator("body")).to_contain_text("草稿已保存")
    expect(page.locator("[name=f-name]")).to_have_value("来访者")
    # What is missing is said, with a link to its field.
    page.click("button[value=submit] >> nth=-1")
    expect(page.locator("#entry-errors")).to_be_visible()
    rate(page, "5")
    page.click("button[value=submit] >> nth=-1")
    expect(page).to_have_url(f"{live}/v/done")
    if script:
        assert wrong(page) == []
    page.goto(f"{live}/v/fill")
    expect(page).to_have_url(f"{live}/v/")
    assert [line for line in watch.complaints if "422" not in line] == []
    context.close()


def test_anonymously_on_a_phone_in_english(browser, live, school):
    (code,) = issue(school, ANONYMOUS)
    context = browser.new_context(viewport=PHONE)
    page, watch = context.new_page(), Watch(live)
    watch.attach(page)
    page.goto(f"{live}/lang/en")
    page.goto(f"{live}/v/")
    page.fill("#code", code.lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live}/v/fill")
    assert wrong(page, "en") == []
    expect(page.locator("button[value=save]")).to_have_count(0)
    page.fill("[name=f-name]", "somebody")
    rate(page, "4")
    page.click("button[value=submit] >> nth=-1")
    expect(page).to_have_url(f"{live}/v/done")
    page.goto(f"{live}/v/")
    page.fill("#code", code)
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    assert [line for line in watch.complaints if "422" not in line] == []
    context.close()


def test_the_sheet_of_codes(browser, live, school):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page, watch = context.new_page(), Watch(live)
    sign_in_page(page, live, "school_a")
    watch.attach(page)
    page.goto(f"{live}/codes/add?form={NAMED}")
    assert wrong(page) == []
    page.select_option("[name=f-group]", "1")
    page.fill("#count", "3")
    page.click("main form button[type=submit]")
    expect(page.locator(".visit-slip")).to_have_count(3)
    expect(page.locator(".visit-slip svg").first).to_be_visible()
    assert wrong(page) == []
    with page.expect_navigation():
        page.click("text=已打印，完成")
    assert wrong(page) == []
    assert watch.complaints == []
    context.close()
