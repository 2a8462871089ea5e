"""The oldest engines that the product promises to work in: filling in on Chromium 77, administrators on Chromium 86.

``make engines`` fetches both; without them these tests are skipped and say so. The whole of ``tests/browser`` runs on 86
with ``XQT_TEST_ENGINE=86``.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from app.jobs.running import run_all
from forms.expressions import parse
from tests.browser.canvas import card, definition, drag, make_form, open_canvas, saved, stored
from tests.browser.old_page import OldPage, opened, sign_in
from tests.browser.pages import Watch, shape
from tests.conftest import PASSWORD, ApiClient
from tests.engines import connect, engine, listening
from tests.expressions.both import EVALUATE, SCRIPTS
from tests.expressions.test_cases import JOBS
from tests.records.zoo import ZOO, publish_form
from tests.records.zoo import definition as zoo
from tests.visitors.probes import NAMED, issue
from tests.visitors.probes import publish as publish_for_visitors

DEMAND = "/records/labor_demand_survey"


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


# ---- filling in, on 77


@pytest.fixture(scope="module")
def channel_77():
    with opened(engine("77")) as channel:
        yield channel


@pytest.fixture
def old_page(channel_77, live, city):
    """Return a page of Chromium 77: ``old_page("ent_a", "/")``; nothing may complain while it is open."""
    pages = []

    def get(account=None, path="/", **options):
        pages.append(OldPage(channel_77, live, **options))
        if account:
            sign_in(pages[-1], account, PASSWORD)
        pages[-1].open(path)
        return pages[-1]

    yield get
    for page in pages:
        page.close()
    # The engine reports the answer that lists what is missing.
    assert [line for page in pages for line in page.complaints if "status of 422" not in line] == []


def fill_position(page, row, *, name, low, high):
    start = f"#f-positions-{row}-"
    page.fill(f"{start}position_name", name)
    page.fill(f"{start}need_count", "5")
    page.fill(f"{start}duty", "负责结构件焊接与打磨")
    page.fill(f"{start}salary_min", low)
    page.fill(f"{start}salary_max", high)
    page.choose(f"{start}contract_type", "1")
    page.click(f"[name='f-positions-{row}-reason'][value='2']")
    page.fill(f"{start}arrive_by", "2031-09")
    page.click(f"[name='f-positions-{row}-channel'][value='1']")
    page.click(f"{start}publish_ok-false")
    search(page, f"f-positions-{row}-occupation_code", "焊工")


def search(page, name, text):
    """Choose from a searched list by typing."""
    page.click(f"#{name}-ts-control")
    page.write(text)
    page.says(".ts-dropdown .option.active", text)
    page.press("Enter")


def test_77_a_demand_with_two_positions_is_saved_by_itself_corrected_and_submitted(old_page):
    page = old_page("ent_a", f"{DEMAND}/add")
    assert "Chrome/77." in page.value("navigator.userAgent")
    page.shows("[data-section=sec_positions]", there=False)
    page.choose("#f-period_type", "3")
    page.fill("#f-period_start", "2031-07")
    page.fill("#f-period_end", "2031-12")
    page.click("#f-has_demand-true")
    page.fill("#f-staff_now", "120")
    page.shows("[data-section=sec_positions]")
    fill_position(page, 0, name="焊工", low="4500", high="6500")
    page.says("[data-computed=total_need]", "5")
    page.says("[data-save-state]", "已自动保存")
    draft = page.value("location.pathname")
    assert "/edit/" in draft

    page.open(draft)
    page.holds("#f-positions-0-position_name", "焊工")
    page.click("[data-add-row]")
    fill_position(page, 1, name="电工", low="6000", high="5000")
    page.says("[data-computed=total_need]", "10")
    page.click("[data-row]:nth-of-type(2) [data-remove-row]")
    page.says("[data-computed=total_need]", "5")
    page.click(".entry-notice button")
    page.says("[data-computed=total_need]", "10")

    page.leave(lambda: page.click("[name=_do][value=submit]"))
    page.says("#entry-errors a", "岗位需求 第 2 行 月薪上限：月薪上限不能低于月薪下限")
    page.click("#entry-errors a")
    page.until("document.activeElement.id === 'f-positions-1-salary_max'")
    page.fill("#f-positions-1-salary_max", "7000")
    page.leave(lambda: page.click("[name=_do][value=submit]"))
    page.says(".page-head .badge", "待县区审核")
    assert "/show/" in page.value("location.pathname")


def test_77_a_clerk_fills_every_kind_of_field_and_looks_up_a_record(old_page, city):
    with city.app_context():
        publish_form(zoo(fill_roles=["ent_admin", "ent_clerk"]))
    page = old_page("ent_a_clerk", f"/records/{ZOO}/add")
    for name, text in (("name", "狮子"), ("remark", "很大"), ("count", "3"), ("price", "12.5"), ("born", "2031-07-01")):
        page.fill(f"#f-{name}", text)
    page.says("[data-computed=twice]", "6")
    search(page, "f-keeper", "示范")
    search(page, "f-trade", "汽车制造业")
    page.click("[data-add-row]")
    page.fill("#f-meals-0-food", "肉")
    page.fill("#f-meals-0-grams", "900")
    page.says("[data-save-state]", "已自动保存")
    page.open(page.value("location.pathname"))
    page.holds("#f-name", "狮子")
    page.holds("#f-born", "2031-07-01")
    page.holds("#f-meals-0-grams", "900")
    page.says("#f-trade option:checked", "汽车制造业")
    page.says("#f-keeper option:checked", "示范")
    assert_drawn(page, "zh-CN")


def assert_drawn(page, language):
    """One heading, and nothing too wide on a screen or on a phone."""
    for width in (1280, 390):
        page.resize(width)
        wide = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (page.value("location.pathname"), width)
    page.resize(1280)
    assert page.value("[document.querySelectorAll('h1').length, document.documentElement.lang]") == [1, language]


@pytest.mark.parametrize("account", ["ent_a", "school_a", "county_a"])
def test_77_every_form_opens_at_both_widths(old_page, account):
    page = old_page(account)
    paths = page.value("Array.from(document.querySelectorAll('main a[href$=\"/add\"]'), a => a.getAttribute('href'))")
    assert paths
    page.open("/lang/en")
    for path in paths:
        page.open(path)
        if page.value("location.pathname") == path.replace("/add", "/for"):
            # Who fills for others says first for whom.
            assert_drawn(page, "en")
            page.leave(lambda: page.click("main a[href*='/add?for=']"))
        page.until("document.querySelector('[data-progress-text]').textContent !== ''")
        assert_drawn(page, "en")
        page.open(path.replace("/add", "/list"))
        assert_drawn(page, "en")


def test_77_a_visitor_fills_on_a_phone(old_page, city):
    publish_for_visitors(city)
    (code,) = issue(ApiClient(city, "school_a"), NAMED)
    page = old_page(path=f"/v/c/{code}", width=390)
    page.leave(lambda: page.click("main form button[type=submit]"))
    page.fill("[name=f-name]", "来访者")
    page.choose("[name=f-score]", "5")
    page.leave(lambda: page.click(".entry-bar button[value=submit]"))
    assert page.value("location.pathname") == "/v/done"


def test_77_the_rules_have_the_written_values(old_page):
    page = old_page(path="/login/")
    for script in SCRIPTS:
        page.value(script.read_text(encoding="utf-8") + "; 1")
    jobs = [{**job, "tree": parse(job["text"])} for job in JOBS]
    values = page.value(EVALUATE, json.loads(json.dumps(jobs)))
    assert {job["text"]: value for job, value in zip(jobs, values, strict=True) if value != job["value"]} == {}


def test_77_the_canvas_leads_to_the_list_editor(channel_77, live, city):
    """An administrator on an engine that cannot read the canvas is told where the same can be done."""
    page = OldPage(channel_77, live)
    sign_in(page, "city_admin", PASSWORD)
    page.open(f"/forms/{make_form(city, 'too_old_for_it')}/canvas")
    page.leave(lambda: page.click("main a[href$='/design']"))
    page.says("main", "回访日期")
    page.close()


# ---- administrators, on 86


@pytest.fixture(scope="module")
def old_browser(playwright):
    with listening(engine("86")) as address:
        yield connect(playwright, address)


@pytest.fixture
def canvas(old_browser, live, city):
    """Return the canvas of a form on Chromium 86; nothing may complain while it is open."""
    watches = []

    def get(key, **changes):
        page = open_canvas(old_browser, live, make_form(city, key, **changes))
        watches.append((page, Watch(live)))
        watches[-1][1].attach(page)
        return page

    yield get
    for page, watch in watches:
        page.context.close()
        assert watch.complaints == []


def labels(page):
    """Return the labels of the cards, as the page draws them."""
    return [text.partition("＊")[0] for text in page.locator(".card-label").all_inner_texts()]


def test_86_a_form_is_built_on_the_canvas_tried_and_published(canvas, city, old_browser, live):
    assert old_browser.version.startswith("86.")
    page = canvas("in_86")
    card(page, "回访日期").click()
    page.click(".palette-item:has-text('单选')")
    page.keyboard.type("是否继续合作")
    page.fill("[aria-label='选项 1：名称']", "继续")
    page.fill("[aria-label='选项 2：名称']", "终止")
    page.click("button:has-text('添加选项')")
    page.fill("[aria-label='选项 3：名称']", "再议")
    page.click(".palette-item:has-text('多行文本')")
    page.keyboard.type("终止原因")
    drag(page, page.locator("[data-type=text]"), page.locator("[data-card]").first)
    assert labels(page) == ["单行文本", "回访日期", "是否继续合作", "终止原因"]
    card(page, "回访日期").click()
    page.keyboard.press("Alt+ArrowUp")
    assert labels(page)[:2] == ["回访日期", "单行文本"]
    page.click("[data-do=undo]")
    page.click("[data-do=undo]")
    assert labels(page) == ["回访日期", "是否继续合作", "终止原因"]

    card(page, "终止原因").click()
    page.click("#tab-logic")
    page.click("[data-prop=visible_when] [data-add-row]")
    page.select_option("[aria-label='条件 1：字段']", label="是否继续合作")
    page.select_option("[aria-label='条件 1：值']", label="终止")
    saved(page)
    assert stored(city, "in_86") == definition(page)
    _, asked, reason = definition(page)["sections"][0]["fields"]
    assert reason["visible_when"] == f"{asked['key']} = '2'"
    page.locator("[data-do=issues]", has_text="提醒").click()
    page.locator("#issues-list [data-issue], #issues-list button", has_text="终止原因").first.click()
    expect(card(page, "终止原因")).to_be_focused()

    page.click("[data-do=preview]")
    frame = page.frame_locator("iframe.preview-frame")
    expect(frame.locator(f"[data-field={reason['key']}]")).to_be_hidden()
    frame.locator(f"#f-{asked['key']}").select_option("2")
    expect(frame.locator(f"[data-field={reason['key']}]")).to_be_visible()
    page.click("[data-do=preview]")
    assert shape(page, "zh") == []


def test_86_the_list_editor_changes_the_same_draft_and_it_is_published(canvas, city, live):
    page = canvas("by_list_86")
    page.goto(f"{live}/forms/by_list_86/design")
    page.locator("[id^=field-] th a").first.click()
    page.fill("#label", "走访日期")
    page.click(".decide-bar button")
    expect(page.locator("[id^=field-] th a").first).to_have_text("走访日期")
    assert shape(page, "zh") == []
    page.goto(f"{live}/forms/by_list_86/publish")
    for box in page.locator("#seen-warnings").all():
        box.check()
    page.fill("#note", "第一版")
    page.locator("#publish-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="发布表单")).to_be_visible()
    with city.app_context():
        run_all()
    # The page finds out by itself.
    page.get_by_role("link", name="查看表单").click()
    expect(page.get_by_text("第一版")).to_be_visible()
