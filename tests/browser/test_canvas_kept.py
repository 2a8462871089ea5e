"""Nothing that was typed on the canvas is lost: to a server that goes away, a reload, a session that ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, definition, make_form, open_canvas, ready, save_draft, saved, stored, until
from tests.conftest import Served, sign_in_page


@pytest.fixture(scope="module")
def city(worlds):
    """Return an application with its content as it was frozen."""
    world = worlds("sqlite")
    world.restore()
    return world.app


class Gate:
    """The application behind a gate: shut, it serves pages and nothing that a page asks for or saves.

    Not by the browser: what a page sends as the last thing before it is gone cannot be held up there.
    """

    def __init__(self, app):
        self.app, self.shut = app, False

    def __call__(self, environ, start_response):
        if self.shut and environ["PATH_INFO"].startswith("/api/"):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return self.app(environ, start_response)


@pytest.fixture
def gate(city):
    return Gate(city)


@pytest.fixture
def server(gate):
    found = Served(gate)
    yield found
    found.stop()


@pytest.fixture
def beside(city):
    """Return another server of the same, without a gate."""
    found = Served(city)
    yield found
    found.stop()


@pytest.fixture
def canvas(browser, server, city, request):
    form = make_form(city, request.node.name[-24:].strip("_"))
    page = open_canvas(browser, server.address, form)
    page.form, page.asked = form, []

    def leave(dialog):
        page.asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    yield page
    page.context.close()


def relabel(page, text):
    page.locator(".card-main").first.click()
    page.fill("[data-prop=label]", text)


def state(page, name):
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", name)


def only_by_hand(page):
    """Let the page not try again by itself: what tries again by hand would be gone before it is pressed."""
    until(page, "!XqtCanvas.saving.running && (clearTimeout(XqtCanvas.saving.timer), true)")


def open_again(canvas, gate, server):
    """Open the gate once what the page before has sent as its last is refused."""
    ready(canvas)
    server.wait()
    gate.shut = False


def label(found):
    return found["sections"][0]["fields"][0]["label"]["zh"]


def test_the_server_goes_away_and_comes_back(canvas, city, server):
    server.stop()
    relabel(canvas, "服务器停了")
    state(canvas, "offline")
    expect(canvas.locator("[data-save-state]")).to_contain_text("未保存")
    assert label(stored(city, canvas.form)) == "回访日期"
    only_by_hand(canvas)
    server.start()
    canvas.click("[data-do=retry]")
    saved(canvas)
    assert label(stored(city, canvas.form)) == "服务器停了"
    # Saved, nothing is left to offer and nothing is asked on leaving.
    canvas.reload()
    ready(canvas)
    assert canvas.locator(".kept").count() == 0
    assert canvas.asked == []


def test_it_saves_by_itself_once_the_server_is_back(canvas, city, server):
    server.stop()
    relabel(canvas, "自己再试")
    state(canvas, "offline")
    server.start()
    saved(canvas)
    assert label(stored(city, canvas.form)) == "自己再试"


def test_what_a_reload_would_lose_is_offered_and_taken_up_as_one_step(canvas, city, gate, server):
    start = definition(canvas)
    gate.shut = True
    relabel(canvas, "没保存上")
    state(canvas, "offline")
    canvas.reload()
    open_again(canvas, gate, server)
    assert canvas.asked == ["beforeunload"]
    expect(canvas.locator(".kept")).to_contain_text("还没有保存到服务器")
    assert definition(canvas) == start
    canvas.click("[data-do=take-up]")
    expect(card(canvas, "没保存上")).to_be_visible()
    assert canvas.locator(".kept").count() == 0
    saved(canvas)
    assert label(stored(city, canvas.form)) == "没保存上"
    canvas.click("[data-do=undo]")
    assert definition(canvas) == start
    saved(canvas)
    canvas.reload()
    ready(canvas)
    assert canvas.locator(".kept").count() == 0


def test_what_was_saved_in_leaving_after_all_is_still_one_step(canvas, city, gate, server):
    start = definition(canvas)
    gate.shut = True
    relabel(canvas, "走时才存上")
    state(canvas, "offline")
    typed = definition(canvas)
    canvas.reload()
    open_again(canvas, gate, server)
    # The last request of the page before, later than what the page after has read.
    save_draft(city, canvas.form, typed)
    canvas.click("[data-do=take-up]")
    saved(canvas)
    assert label(stored(city, canvas.form)) == "走时才存上"
    canvas.click("[data-do=undo]")
    assert definition(canvas) == start
    saved(canvas)
    assert label(stored(city, canvas.form)) == "回访日期"


def test_what_is_not_wanted_is_gone(canvas, gate, server):
    start = definition(canvas)
    gate.shut = True
    relabel(canvas, "不要了")
    state(canvas, "offline")
    canvas.reload()
    open_again(canvas, gate, server)
    canvas.click("[data-do=drop-kept]")
    saved(canvas)
    canvas.reload()
    ready(canvas)
    assert canvas.locator(".kept").count() == 0
    assert definition(canvas) == start


def test_it_is_merged_with_what_others_have_saved_meanwhile(canvas, browser, gate, server, beside):
    gate.shut = True
    relabel(canvas, "我的名称")
    state(canvas, "offline")
    other = open_canvas(browser, beside.address, canvas.form)
    other.locator(".card-main").first.click()
    other.fill("[data-prop=help]", "别人写的说明")
    saved(other)
    other.context.close()
    canvas.reload()
    open_again(canvas, gate, server)
    canvas.click("[data-do=take-up]")
    saved(canvas)
    field = stored(gate.app, canvas.form)["sections"][0]["fields"][0]
    assert (field["label"]["zh"], field["help"]) == ("我的名称", {"zh": "别人写的说明"})


def test_a_session_that_ends_costs_nothing(canvas, city, server):
    canvas.context.clear_cookies()
    relabel(canvas, "登录过期时")
    state(canvas, "expired")
    expect(canvas.locator("[data-save-state] a")).to_have_attribute("href", "/login/")
    canvas.reload()
    expect(canvas.locator("[name=password]")).to_be_visible()
    sign_in_page(canvas, server.address, "city_admin")
    canvas.goto(f"{server.address}/lang/zh")
    canvas.goto(f"{server.address}/forms/{canvas.form}/canvas")
    canvas.click("[data-do=take-up]")
    saved(canvas)
    assert label(stored(city, canvas.form)) == "登录过期时"


def test_signing_in_beside_lets_the_page_save_by_itself(canvas, city, server):
    canvas.context.clear_cookies()
    relabel(canvas, "另开窗口登录")
    state(canvas, "expired")
    only_by_hand(canvas)
    beside = canvas.context.new_page()
    sign_in_page(beside, server.address, "city_admin")
    canvas.click("[data-do=retry]")
    saved(canvas)
    assert label(stored(city, canvas.form)) == "另开窗口登录"


def test_somebody_else_at_the_same_browser_is_offered_nothing(canvas, gate):
    gate.shut = True
    relabel(canvas, "前一个人写的")
    state(canvas, "offline")
    canvas.reload()
    expect(canvas.locator(".kept")).to_be_visible()
    # What the browser keeps, as another account would have left it.
    canvas.evaluate(
        """() => Object.keys(localStorage).forEach(name => {
             localStorage.setItem(name.replace(/^xqt-draft:\\d+:/, "xqt-draft:0:"), localStorage.getItem(name));
             localStorage.removeItem(name); })"""
    )
    assert canvas.evaluate("Object.keys(localStorage).length") == 1
    canvas.reload()
    ready(canvas)
    assert canvas.locator(".kept").count() == 0


def test_leaving_asks_only_while_something_is_unsaved(canvas, gate):
    relabel(canvas, "改了又撤销")
    saved(canvas)
    canvas.reload()
    assert canvas.asked == []
    # However long the way to the reload takes, it is not saved by itself.
    gate.shut = True
    relabel(canvas, "马上就走")
    canvas.reload()
    assert canvas.asked == ["beforeunload"]
