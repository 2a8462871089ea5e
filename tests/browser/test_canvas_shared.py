"""The canvas when somebody else is at the same form, without a network, on a phone, in English; always accessible."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.access.actor import acting_as, actor_for
from app.builder import service
from app.builder.publishing.publish import publish as publish_draft
from app.database import unit_of_work
from app.identity.service import find_user
from tests.browser.canvas import card, definition, make_form, open_canvas, saved, stored, until
from tests.browser.pages import Watch, shape
from tests.browser.test_pages import TAGS

FORM = "labor_demand_survey"


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application."""
    return worlds("sqlite").app


@pytest.fixture
def seats(browser, live, city):
    """Return canvases of one form, as many as asked for."""
    pages = []

    def get(form, count=1, **options):
        found = [open_canvas(browser, live, form, **options) for _ in range(count)]
        for page in found:
            page.watch = Watch(live)
            page.watch.attach(page)
        pages.extend(found)
        return found

    yield get
    for page in pages:
        page.context.close()
    # A stale save is 409, and without a network there is none: the browser itself reports both.
    spoken = ("status of 409", "ERR_INTERNET_DISCONNECTED")
    assert [line for page in pages for line in page.watch.complaints if not any(word in line for word in spoken)] == []


def two_fields():
    names = {"one": "甲", "two": "乙"}
    made = [
        {"key": key, "type": "integer", "label": {"zh": name, "en": key}, "class": "internal"}
        for key, name in names.items()
    ]
    return {
        "sections": [{"key": "main", "title": {"zh": "组", "en": "S"}, "fields": made}],
        "list": {"columns": ["one"]},
    }


def relabel(page, label, text):
    card(page, label).click()
    page.fill("[data-prop=label]", text)


def test_two_administrators_at_different_fields_are_both_kept(seats, city):
    form = make_form(city, "both_kept", **two_fields())
    first, second = seats(form, 2)
    relabel(first, "甲", "甲的新名称")
    first.keyboard.press("Control+s")
    saved(first)
    relabel(second, "乙", "乙的新名称")
    second.check("[data-prop=required]")
    second.keyboard.press("Control+s")
    expect(second.locator("[data-spoken]")).to_contain_text("已")
    saved(second)
    fields = stored(city, form)["sections"][0]["fields"]
    assert [field["label"]["zh"] for field in fields] == ["甲的新名称", "乙的新名称"]
    assert fields[1]["required"] is True
    expect(card(second, "甲的新名称")).to_be_visible()
    # Undoing what is mine leaves what is theirs.
    card(second, "甲的新名称").click()
    while second.locator("[data-do=undo]").is_enabled():
        second.click("[data-do=undo]")
    assert [field["label"]["zh"] for field in definition(second)["sections"][0]["fields"]] == ["甲的新名称", "乙"]


@pytest.mark.parametrize(("side", "kept"), [("mine", "第二人"), ("theirs", "第一人")])
def test_the_same_attribute_is_asked(seats, city, side, kept):
    form = make_form(city, f"asked_{side}", **two_fields())
    first, second = seats(form, 2)
    relabel(first, "甲", "第一人")
    first.keyboard.press("Control+s")
    saved(first)
    relabel(second, "甲", "第二人")
    second.fill("[data-prop=help]", "只有第二人写")
    second.keyboard.press("Control+s")
    dialog = second.locator("dialog")
    expect(dialog).to_contain_text("第一人")
    expect(dialog).to_contain_text("第二人")
    assert violations(second) == ""
    expect(dialog.locator(".btn-primary")).to_be_disabled()
    second.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.locator(f"input[value={side}]").check()
    dialog.locator(".btn-primary").click()
    saved(second)
    field = stored(city, form)["sections"][0]["fields"][0]
    assert field["label"]["zh"] == kept
    assert field["help"] == {"zh": "只有第二人写"}


def test_without_a_network_nothing_is_lost(seats, city):
    form = make_form(city, "offline_form", **two_fields())
    (page,) = seats(form)
    page.context.set_offline(True)
    relabel(page, "甲", "断网时改的")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "offline")
    assert stored(city, form)["sections"][0]["fields"][0]["label"]["zh"] == "甲"
    page.context.set_offline(False)
    saved(page)
    assert stored(city, form)["sections"][0]["fields"][0]["label"]["zh"] == "断网时改的"


def test_a_published_field_is_retired_keeps_its_key_and_warns_before_another_type(seats):
    (page,) = seats(FORM)
    start = definition(page)
    card(page, "预计期内减员").click()
    page.click("#tab-more")
    expect(page.locator("[data-prop=key]")).not_to_be_editable()
    page.click("#tab-basic")
    page.select_option("[data-prop=type]", "decimal")
    expect(page.locator("dialog")).to_contain_text("整数")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert definition(page) == start
    page.click("[aria-label='停用“预计期内减员”']")
    expect(page.locator("dialog")).to_contain_text("已有数据和名称都保留")
    page.click("[data-confirm]")
    expect(page.locator(".retired")).to_contain_text("预计期内减员")
    page.click(".retired button")
    page.click("[data-do=undo]")
    page.click("[data-do=undo]")
    assert definition(page) == start
    saved(page)


def publish(app, form, raw=None):
    """Publish a draft, or this definition in its place."""
    with app.app_context():
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor), unit_of_work():
            draft = service.draft(actor, form)
            if raw is not None:
                draft = service.save_draft(actor, form, draft.lock_version, raw)
            publish_draft(actor, form, lock_version=draft.lock_version)


def test_what_an_earlier_version_retired_is_restored_and_undone(seats, city):
    form = make_form(city, "long_retired", **two_fields())
    publish(city, form)
    first = stored(city, form)
    without = {**first, "sections": [{**first["sections"][0], "fields": first["sections"][0]["fields"][:1]}]}
    publish(city, form, without)
    more = {**without, "title": {"zh": "第三版", "en": "Third"}}
    publish(city, form, more)
    (page,) = seats(form)
    start = definition(page)
    expect(page.locator(".canvas-middle .retired")).to_contain_text("以前版本停用")
    page.click("#side-outline")
    assert violations(page) == ""
    page.click(".outline [data-restore=two]")
    expect(card(page, "乙")).to_be_focused()
    assert definition(page)["sections"][0]["fields"][1] == first["sections"][0]["fields"][1]
    assert page.locator(".retired").count() == 0
    # It is known to the ledger: retired again and not deleted, under a key for ever.
    page.click("#tab-more")
    expect(page.locator("[data-prop=key]")).not_to_be_editable()
    page.click("[data-do=undo]")
    assert definition(page) == start
    expect(page.locator(".outline .retired")).to_contain_text("乙")
    saved(page)


def violations(page):
    found = Axe().run(page, options=TAGS)
    return found.generate_report() if found.violations_count else ""


STATES = {
    "blank": [],
    "field": [".card-main"],
    "checks": [".card-main", "#tab-checks"],
    "logic": [".card-main", "#tab-logic"],
    "more": [".card-main", "#tab-more", "summary"],
    "section": [".section-main"],
    "outline": ["#side-outline"],
    "issues": ["[data-do=issues]"],
    "rules": ["[data-do=overview]"],
    "keys": ["[data-do=keys]"],
    "adding": [".card-main", ".card--selected > .insert .insert-button"],
    "retiring": [".card-main", ".card-tools .card-tool:last-child"],
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_is_accessible_and_every_control_has_a_name(seats, language):
    (page,) = seats(FORM, language=language)
    wrong = [f"outline: {line}" for line in shape(page, language)]
    for name, clicks in STATES.items():
        page.goto(page.url)
        expect(page.locator(".canvas-bar")).to_be_visible()
        for selector in clicks:
            page.locator(selector).first.click()
        wrong += [f"{name}: {report}" for report in [violations(page)] if report]
    assert wrong == []


def test_every_kind_of_field_and_rule_can_be_opened(seats):
    """Walk along every card and every tab: nothing breaks, everything has a name."""
    (page,) = seats(FORM)
    cards = page.locator(".card-main, .section-main")
    for number in range(cards.count()):
        cards.nth(number).click()
        for tab in page.locator("[role=tab][id^=tab-]").all():
            tab.click()
        nameless = page.evaluate(
            """Array.from(document.querySelectorAll(".canvas-properties input, .canvas-properties select, .canvas-properties textarea")).filter(control =>
                 !control.labels.length && !control.getAttribute("aria-label")).map(control => control.outerHTML)"""
        )
        assert nameless == []
    saved(page)


def test_usable_on_a_phone_by_buttons(seats, city):
    form = make_form(city, "on_a_phone", **two_fields())
    (page,) = seats(form, width=390)
    assert shape(page, "zh") == []
    page.click(".pane-tab:has-text('组件')")
    assert violations(page) == ""
    page.click(".palette-item:has-text('整数')")
    page.click(".pane-tab:has-text('属性')")
    page.fill("[data-prop=label]", "手机上加的")
    assert shape(page, "zh") == []
    page.click("#tab-logic")
    page.click("[data-prop=visible_when] [data-add-row]")
    assert violations(page) == ""
    page.click(".pane-tab:has-text('画布')")
    page.click(".card-tools [aria-label='上移“手机上加的”']")
    page.click(".card-tools [aria-label='编辑“手机上加的”']")
    expect(page.locator("[data-prop=label]")).to_be_focused()
    assert shape(page, "zh") == []
    saved(page)
    assert [field["label"]["zh"] for field in stored(city, form)["sections"][0]["fields"]] == ["甲", "手机上加的", "乙"]


def test_the_preview_is_the_real_entry_page_over_what_was_just_changed(seats, city):
    form = make_form(city, "looked_at", **two_fields())
    (page,) = seats(form)
    relabel(page, "甲", "预览里的甲")
    page.click("[data-do=preview]")
    frame = page.frame_locator("iframe.preview-frame")
    expect(frame.locator("label", has_text="预览里的甲")).to_be_visible(timeout=15_000)
    frame.locator("[name=f-one]").fill("很多")
    frame.locator("button", has_text="检查能否提交").click()
    expect(frame.locator("#entry-errors")).to_be_visible(timeout=15_000)
    assert violations(page) == ""
    page.click("button:has-text('手机')")
    width = "document.querySelector('iframe.preview-frame').contentWindow.innerWidth"
    until(page, f"{width} >= 360 && {width} <= 400")
    with page.expect_response(lambda response: "role=ent_admin" in response.url):
        page.select_option("#preview-role", "ent_admin")
    page.click("[data-do=preview]")
    expect(card(page, "预览里的甲")).to_be_visible()


def test_a_core_field_of_the_pack_stays(seats):
    (page,) = seats(FORM)
    core = page.evaluate("XqtCanvas.store.page.core")
    assert core
    start = definition(page)
    for path in core[:2]:
        page.evaluate("path => XqtCanvas.store.remove(XqtCanvas.store.place(path))", path)
        expect(page.locator("dialog")).to_contain_text("核心字段")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    assert definition(page) == start


def test_it_speaks_english(seats):
    (page,) = seats(FORM, language="en")
    page.locator(".card-main").nth(5).click()
    page.click("#tab-logic")
    expect(page.locator(".rule-sentence").first).to_contain_text("Shown when")
    texts = page.evaluate(
        """Array.from(document.querySelectorAll(".canvas *")).filter(e => !e.closest("[lang=zh-CN]") && !e.closest("[data-canvas] input"))
             .flatMap(e => Array.from(e.childNodes).filter(n => n.nodeType === 3).map(n => n.textContent)).filter(text => /[\\u3400-\\u9fff]/.test(text))"""
    )
    assert texts == []
