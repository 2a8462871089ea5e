"""A session ends while somebody fills a form: with a script and without one, what was typed is saved after signing in."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.database import db, unit_of_work, utcnow
from app.identity.models import WebSession
from tests.browser.pages import shape
from tests.conftest import PASSWORD, sign_in_page

FORM = "labor_demand_survey"


def end_sessions(app):
    with app.app_context(), unit_of_work():
        table = WebSession.__table__
        db.session.execute(sa.update(table).where(table.c.kind == "web").values(revoked_at=utcnow()))


def wrong(page):
    violations = Axe().run(page).response["violations"]
    return shape(page, "zh") + [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in violations]


@pytest.mark.parametrize("script", [True, False])
def test_one_goes_on_where_one_was(browser, worlds, live, script):
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=script)
    page = context.new_page()
    sign_in_page(page, live, "ent_a")
    page.goto(f"{live}/records/{FORM}/add")
    end_sessions(worlds("sqlite").app)
    page.fill("[name=f-filler_name]", "刚刚打字")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("button[value=save] >> nth=-1")
    expect(page.locator("main")).to_contain_text("登录已过期。您填写的内容还在")
    assert not script or wrong(page) == []
    page.fill("[name=username]", "ent_a")
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit] >> nth=-1")
    expect(page.locator("h1")).to_have_text("继续填写")
    assert not script or wrong(page) == []
    page.click("main form [type=submit]")
    expect(page.locator("body")).to_contain_text("草稿已保存")
    expect(page.locator("[name=f-filler_name]")).to_have_value("刚刚打字")
    context.close()
