"""A request to export in plain, from asking to the file: without scripts, on a phone, in both languages, accessible."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.access.tenants import work
from tests.browser.crawling import foreign_words, read
from tests.browser.pages import Watch, shape
from tests.browser.test_pages import TAGS
from tests.conftest import ApiClient, sign_in_page
from tests.exchange.conftest import TEACHERS
from tests.samples import teacher

PURPOSE = "核对名册"


@pytest.fixture
def desks(browser, live, worlds):
    """Return an open page of an account without scripts; there is one teacher."""
    ApiClient(worlds("sqlite").app, "school_a").post(f"/forms/{TEACHERS}/records", json={"answers": teacher(90)})
    pages = []

    def get(account, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 860}, **options)
        pages.append(context)
        page = context.new_page()
        sign_in_page(page, live, account)
        page.goto(f"{live}/lang/zh")
        return page

    yield get
    for context in pages:
        context.close()


def test_it_is_asked_decided_and_fetched_without_scripts(desks, live, worlds):
    county, voc = desks("county_a", java_script_enabled=False), desks("city_voc", java_script_enabled=False)
    county.goto(f"{live}/records/{TEACHERS}/export")
    county.click("main >> text=申请导出明文")
    county.locator("main summary").click()
    county.check("#column-full_name")
    county.fill("#purpose", "  ")
    county.fill("#days", "3")
    county.click("text=提交申请")
    # What was given stays where something is missing.
    expect(county.locator("#purpose-error")).to_have_text("请写明用途。")
    expect(county.locator("#days")).to_have_value("3")
    expect(county.locator("#column-full_name")).to_be_checked()
    county.fill("#purpose", PURPOSE)
    with county.expect_navigation():
        county.click("text=提交申请")
    expect(county.locator("main .page-head .badge")).to_have_text("待审批")
    address = county.url
    assert county.locator("button:has-text('导出明文')").count() == 0

    voc.goto(f"{live}/")
    voc.click("section:has(#decisions-title) >> text=审批 >> nth=-1")
    expect(voc).to_have_url(address)
    expect(voc.locator("main")).to_contain_text(PURPOSE)
    voc.click("text=不批准 >> nth=-1")
    expect(voc.locator("[role=alert]")).to_contain_text("写明理由")
    voc.fill("#note", "同意")
    voc.click("button:text-is('批准')")
    expect(voc.locator("main .page-head .badge")).to_have_text("已批准")

    county.goto(f"{live}/messages/")
    county.click("main .messages a >> nth=0")
    expect(county).to_have_url(address)
    with county.expect_navigation():
        county.click("button:has-text('导出明文')")
    work(worlds("sqlite").app)
    county.goto(address)
    with county.expect_download() as download:
        county.click("text=下载文件")
    assert download.value.suggested_filename.endswith(".xlsx")
    voc.reload()
    voc.fill("#note", "误批")
    voc.click("button:has-text('收回批准')")
    expect(voc.locator("main .page-head .badge")).to_have_text("批准已收回")
    county.reload()
    assert county.locator("text=下载文件").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_its_pages_speak_one_language_fit_a_phone_and_are_accessible(desks, live, worlds, language):
    app = worlds("sqlite").app
    county = ApiClient(app, "county_a")
    spec = {"purpose": PURPOSE, "columns": ["full_name", "certs"], "q": "车间"}
    number = county.post(f"/forms/{TEACHERS}/export-requests", json=spec).get_json()["id"]
    wrong = []
    for account in ("county_a", "city_voc"):
        page = desks(account)
        page.goto(f"{live}/lang/{language}")
        watch = Watch(live)
        watch.attach(page)
        for path in ("/export-requests/", f"/export-requests/{number}", f"/export-requests/new/{TEACHERS}?q=车间"):
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 860})
                page.goto(live + path)
                where = f"{account} {path} {width}"
                wrong += [f"{where}: {one}" for one in shape(page, language)]
                found = Axe().run(page, context="main", options=TAGS)
                assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
            told = read(path, page.content())
            wrong += [f"{path}: {word!r}" for word in sorted(foreign_words(told, language))]
        wrong += watch.complaints
        page.goto(f"{live}/lang/zh")
    assert wrong == []
