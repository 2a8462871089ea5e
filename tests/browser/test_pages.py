"""Every page of the registry in a real browser: no complaints, one heading, no sideways scroll, accessible, one language."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import PAGES, Watch, shape

CASES = [(path, account) for path, accounts in PAGES for account in accounts]
AXE_PAGES = [
    ("/login/", None),
    ("/", "ent_a"),
    ("/", "county_a"),
    ("/records/{form}/list", "county_a"),
    ("/records/{form}/show/{record}", "county_a"),
    ("/records/{form}/history/{record}", "ent_a"),
    ("/records/{form}/add", "ent_a"),
    ("/work/{form}/{record}", "county_a"),
    ("/records/{form}/export", "county_a"),
    ("/records/{form}/import", "ent_a"),
]
TAGS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
#: Words of a Chinese page that are written in Latin letters everywhere.
PERMITTED = {"English", "Excel", "CSV", "xlsx", "csv", "MB", "ID"}


def filled(path, submitted):
    return path.format(form=submitted.form, record=submitted.record)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("path", "account"), CASES)
def test_page_has_no_complaints_and_a_good_outline(visit, live, submitted, path, account, *, width):
    page = visit(account, "/", width=width)
    watch = Watch(live)
    watch.attach(page)
    page.goto(live + filled(path, submitted))
    page.wait_for_load_state("networkidle")
    assert watch.complaints == []
    assert shape(page, "zh") == []


@pytest.mark.parametrize(("path", "account"), AXE_PAGES)
def test_page_is_accessible(visit, submitted, path, account):
    page = visit(account, filled(path, submitted))
    found = Axe().run(page, options=TAGS)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("path", "account"), AXE_PAGES)
def test_page_speaks_one_language(visit, submitted, path, account):
    page = visit(account, filled(path, submitted))
    words = set(re.findall(r"[A-Za-z]{3,}", own_text(page))) - PERMITTED
    assert words == set(), words


def own_text(page):
    """Return what the site itself says: no data, no codes, no labels of forms in the other language."""
    return page.evaluate(
        """() => {
            const copy = document.body.cloneNode(true);
            const skip = "script, template, code, option, datalist, dd, td, tbody, [lang], .meta, .brand, input, textarea, .work-list";
            Array.prototype.forEach.call(copy.querySelectorAll(skip), (node) => node.remove());
            return copy.textContent;
        }"""
    )


def test_menu_opens_on_a_phone_and_closes_on_escape(visit):
    page = visit("ent_a", "/", width=390)
    assert not page.is_visible("#menu")
    page.click(".topbar-menu")
    page.wait_for_selector("#menu a", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#menu", state="hidden")


def test_site_works_without_scripts(browser, live, submitted):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live}/login/")
    page.fill("[name=username]", "ent_a")
    page.fill("[name=password]", "Xiaoqitong-Demo-2025")
    page.click("main form [type=submit]")
    page.goto(f"{live}{filled('/records/{form}/list', submitted)}")
    page.click("tbody th a")
    assert "/show/" in page.url
    page.click(".account summary")
    page.click(".account-panel form button")
    assert page.url.endswith("/login/")
    context.close()
