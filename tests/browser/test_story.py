"""The main job in a browser, as the clerk and the reviewers do it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Watch
from tests.conftest import sign_in_page

FORM = "/records/labor_demand_survey"


@pytest.fixture(scope="module")
def seat(browser, live):
    """Return the open page of an account, signed in once; what it complains about is gathered."""
    pages, watches = {}, {}

    def get(account, path=""):
        if account not in pages:
            pages[account] = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            watches[account] = Watch(live)
            watches[account].attach(pages[account])
            sign_in_page(pages[account], live, account)
        if path:
            pages[account].goto(live + path)
        return pages[account]

    yield get
    for page in pages.values():
        page.context.close()
    assert [line for watch in watches.values() for line in watch.complaints if "status of 422" not in line] == []


@pytest.fixture(scope="module")
def told():
    """Return what one step of the story tells the next."""
    return {}


def choose(page, name, text):
    """Choose from a searched list by typing."""
    page.click(f"#{name}-ts-control")
    page.keyboard.type(text)
    # What was on offer before is there still for a moment.
    page.locator(".ts-dropdown:visible .option", has_text=text).first.click()
    expect(page.locator(f".ts-wrapper:has(#{name}-ts-control) .item")).to_contain_text(text)


def fill_position(page, row, *, name, low, high):
    start = f"#f-positions-{row}-"
    page.fill(f"{start}position_name", name)
    page.fill(f"{start}need_count", "5")
    page.fill(f"{start}duty", "负责结构件焊接与打磨")
    page.fill(f"{start}salary_min", low)
    page.fill(f"{start}salary_max", high)
    page.select_option(f"{start}contract_type", "1")
    page.check(f"[name='f-positions-{row}-reason'][value='2']")
    page.fill(f"{start}arrive_by", "2031-09")
    page.check(f"[name='f-positions-{row}-channel'][value='1']")
    page.check(f"{start}publish_ok-false")
    # Last: the list takes the focus back a moment after a choice.
    choose(page, f"f-positions-{row}-occupation_code", "焊工")


def saved(page):
    expect(page.locator("[data-save-state]")).to_contain_text("已自动保存")


def test_fill_two_positions_half_done_and_come_back(seat, told):
    page = seat("ent_a", f"{FORM}/add")
    expect(page.locator("[data-section=sec_positions]")).to_be_hidden()
    page.select_option("#f-period_type", "3")
    page.fill("#f-period_start", "2031-07")
    page.fill("#f-period_end", "2031-12")
    page.check("#f-has_demand-true")
    page.fill("#f-staff_now", "120")
    expect(page.locator("[data-section=sec_positions]")).to_be_visible()
    expect(page.locator("#f-positions-0-skill_level_req")).to_have_value("K0")
    fill_position(page, 0, name="焊工", low="4500", high="6500")
    expect(page.locator("[data-computed=total_need]")).to_have_text("5")
    saved(page)
    expect(page).to_have_url(re.compile("/edit/"))
    told["edit"] = page.url
    told["record"] = page.url.rpartition("/")[2]
    page = seat("ent_a", "/")
    page.click("text=继续填报")
    expect(page).to_have_url(told["edit"])
    expect(page.locator("#f-positions-0-position_name")).to_have_value("焊工")
    expect(page.locator("#f-positions-0-publish_ok-false")).to_be_checked()


def test_errors_name_field_and_row_and_lead_there(seat, told):
    page = seat("ent_a")
    page.click("[data-add-row]")
    fill_position(page, 1, name="", low="6000", high="5000")
    expect(page.locator("[data-computed=total_need]")).to_have_text("10")
    page.click("[name=_do][value=submit]")
    summary = page.locator("#entry-errors")
    expect(summary).to_be_focused()
    lines = summary.locator("a").all_inner_texts()
    assert lines == ["岗位需求 第 2 行 岗位名称：请填写", "岗位需求 第 2 行 月薪上限：月薪上限不能低于月薪下限"]
    summary.locator("a").nth(1).click()
    expect(page.locator("#f-positions-1-salary_max")).to_be_focused()
    page.fill("#f-positions-1-salary_max", "7000")
    page.fill("#f-positions-1-position_name", "电工")
    page.click("[name=_do][value=submit]")
    page.wait_for_url(re.compile("/show/"))
    expect(page.locator(".page-head .badge")).to_have_text("待县区审核")


def test_the_county_returns_it_with_a_note_on_one_cell(seat, told):
    page = seat("county_a", "/work/")
    page.click(f"a[href$='{told['record']}']")
    page.click("[data-note='positions.salary_max'][data-note-row='2']")
    expect(page.locator("[name=note-text]:focus")).to_have_count(1)
    page.keyboard.type("高于本地水平，请核实")
    page.click('.decide-bar button:has-text("退回")')
    expect(page.locator(".alert-success")).to_be_visible()


def test_the_clerk_is_led_to_the_note_and_mends_it(seat, told):
    page = seat("ent_a", "/")
    page.click("text=被退回")
    notes = page.locator("section", has_text="审核意见").first
    expect(notes).to_contain_text("岗位需求 第 2 行 月薪上限：高于本地水平，请核实")
    page.click("text=编辑")
    # Both pages have links of that name.
    page.wait_for_url("**/edit/**")
    page.click("a:has-text('岗位需求 第 2 行 月薪上限')")
    field = page.locator("#f-positions-1-salary_max")
    expect(field).to_be_focused()
    expect(page.locator("#f-positions-1-salary_max-note")).to_contain_text("高于本地水平")
    field.fill("6800")
    page.click("[name=_do][value=submit]")
    page.wait_for_url(re.compile("/show/"))


def test_the_county_sees_the_difference_and_approves_the_city_collects(seat, told):
    page = seat("county_a", f"/work/labor_demand_survey/{told['record']}")
    expect(page.locator(".changes")).to_contain_text("7,000.00 → 6,800.00")
    page.click('.decide-bar button:has-text("县区通过")')
    expect(page.locator(".alert-success")).to_be_visible()
    page = seat("city_voc", f"/work/labor_demand_survey/{told['record']}")
    page.click('.decide-bar button:has-text("汇总发布")')
    expect(page.locator(".alert-success")).to_be_visible()
    page = seat("ent_a", f"{FORM}/show/{told['record']}")
    expect(page.locator(".page-head .badge")).to_have_text("已汇总发布")


def test_a_county_fills_on_behalf_of_an_enterprise_it_chooses(seat):
    page = seat("county_a", f"{FORM}/add")
    page.select_option("#f-period_type", "4")
    page.fill("#f-period_start", "2032-01")
    page.fill("#f-period_end", "2032-12")
    page.check("#f-has_demand-false")
    page.fill("#f-staff_now", "10")
    page.click("[name=_do][value=submit]")
    expect(page.locator("#entry-errors")).to_contain_text("填报单位：请选择为哪个单位填报")
    expect(page.locator("#f-ent_id-ts-control")).to_have_count(1)
