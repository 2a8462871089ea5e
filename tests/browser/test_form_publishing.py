"""A form from nothing to its first record in a browser; its pages accessible, on a phone, without script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.jobs.running import run_all
from tests.browser.pages import TAGS, Watch, shape
from tests.conftest import ApiClient, sign_in_page

TEXT = "一、班级\n1. 班级名称（必填）\n2. 开班日期\n3. 人数（人）\n4. 方式：线上、线下\n二、联系\n联系电话"
KEY = "evening_classes"


@pytest.fixture(scope="module")
def app(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


def work(app):
    with app.app_context():
        run_all()


def opened(browser, live, account, **options):
    """Return a page with an account signed in, and what it complains of."""
    page = browser.new_context(viewport={"width": 1280, "height": 860}, **options).new_page()
    watch = Watch(live)
    watch.attach(page)
    sign_in_page(page, live, account)
    return page, watch


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_form_is_created_published_and_filled(app, browser, live, script):
    key = KEY if script else f"{KEY}_plain"
    page, watch = opened(browser, live, "city_admin", java_script_enabled=script)
    page.goto(f"{live}/forms/")
    page.get_by_role("link", name="新建表单").click()
    page.fill("#text-name", "夜校班级")
    page.fill("#text", TEXT)
    page.locator("form", has=page.locator("#text")).get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="几个问题")).to_be_visible()
    page.fill("#title_en", "Evening classes")
    page.fill("#key", key)
    page.check("#fill-ent_admin")
    page.check("#review-one")
    page.check("#first-county_hr")
    page.get_by_role("button", name="建立草稿").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("首次发布")
    page.wait_for_load_state()
    for box in page.locator("#seen-warnings").all():
        box.check()
    page.fill("#note", "第一版")
    page.locator("#publish-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="发布表单")).to_be_visible()
    work(app)
    if not script:
        page.reload()
    # With a script the page finds out by itself.
    page.get_by_role("link", name="查看表单").click()
    expect(page.get_by_text("第一版")).to_be_visible()
    assert watch.complaints == []
    page.context.close()

    clerk, watch = opened(browser, live, "ent_a", java_script_enabled=script)
    clerk.goto(f"{live}/records/{key}/add")
    clerk.fill("#f-ban_ji_ming_cheng", "焊工夜校")
    clerk.fill("#f-ren_shu", "30")
    clerk.locator("button.btn-primary[name=_do][value=submit]").click()
    expect(clerk.get_by_text("待审核").first).to_be_visible()
    assert watch.complaints == []
    clerk.context.close()


@pytest.fixture(scope="module")
def drafted(app, live):
    """Have a shipped form with a changed draft, and a request to publish; return the addresses of their pages."""
    admin = ApiClient(app, "city_admin")
    form = "training_base_register"
    draft = admin.get(f"/forms/{form}/draft").get_json()
    raw = draft["definition"]
    fields = raw["sections"][0]["fields"]
    fields[1]["label"] = {"zh": "基地的类型", "en": "Kind"}
    fields.append({"key": "fresh", "type": "text", "label": {"zh": "新问题", "en": "Fresh"}, "class": "public"})
    moved = fields.pop(4)
    raw["sections"][1]["fields"].append(moved)
    raw["fill_roles"] = raw["fill_roles"][:-1]
    answer = admin.put(f"/forms/{form}/draft", json={"lock_version": draft["lock_version"], "definition": raw})
    assert answer.status_code == 200
    return [
        "/forms/", "/forms/new", f"/forms/{form}", f"/forms/{form}/publish", f"/forms/{form}/compare", "/forms/lists/",
        "/forms/lists/industry_gbt4754?code=A01#option", "/forms/lists/gender", "/forms/requests/",
        f"/forms/blocks/?form={form}",
    ]  # fmt: skip


def test_the_pages_are_accessible_and_fit_a_phone_in_both_languages(browser, live, drafted):
    page, watch = opened(browser, live, "city_admin")
    page.goto(f"{live}/forms/training_base_register/publish")
    for box in page.locator("#seen-warnings").all():
        box.check()
    page.fill("#note", "少一个角色")
    page.locator("#publish-form button[type=submit]").click()
    expect(page.get_by_text("撤回申请")).to_be_visible()
    addresses = [*drafted, page.url.removeprefix(live)]
    page.goto(f"{live}/forms/new")
    page.fill("#text", TEXT)
    page.locator("form", has=page.locator("#text")).get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="几个问题")).to_be_visible()
    addresses.append(page.url.removeprefix(live))
    wrong = []
    for language in ("en", "zh"):
        page.goto(f"{live}/lang/{language}")
        for address in addresses:
            page.goto(live + address)
            found = Axe().run(page, options=TAGS)
            if found.violations_count:
                wrong.append(f"{address} {language}: {found.generate_report()}")
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 860})
                wrong += [f"{address} {language} {width}: {line}" for line in shape(page, language)]
    assert wrong == []
    assert watch.complaints == []
    page.context.close()


def test_the_difference_is_told_without_colour(browser, live, drafted):
    """Each line begins with a word, what was is struck out and what is is underlined."""
    page, _ = opened(browser, live, "city_admin")
    page.goto(f"{live}/forms/training_base_register/compare?old=1&new=1")
    expect(page.get_by_text("没有不同")).to_be_visible()
    page.goto(f"{live}/forms/training_base_register/publish")
    lines = page.locator(".diff > li")
    assert lines.count() >= 4
    for line in lines.all():
        assert line.locator(".change-kind").inner_text() in {"新增", "修改", "移动", "停用"}
    assert "line-through" in page.locator(".diff del").first.evaluate("node => getComputedStyle(node).textDecoration")
    assert "underline" in page.locator(".diff ins").first.evaluate("node => getComputedStyle(node).textDecoration")
    page.context.close()
