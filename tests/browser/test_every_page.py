"""Every page that somebody can reach: links lead on, forms are taken, one language each, nothing too wide."""

from __future__ import annotations

import re

import pytest
from werkzeug.exceptions import HTTPException

from seeds.demo.loading import load_demo
from tests.browser.crawling import crawl, foreign_words, shape
from tests.browser.pages import Watch
from tests.browser.pages import shape as outline
from tests.conftest import sign_in_client, sign_in_page

ACCOUNTS = (
    "city_admin", "city_voc", "city_emp", "county_a", "county_a_emp", "school_a", "school_a_clerk", "ent_a",
    "ent_a_clerk", "leader", "auditor",
)  # fmt: skip
#: Between them they see every kind of page.
BROWSED = ("ent_a", "county_a", "city_admin", "school_a")


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the served application with the demo city in it."""
    app = worlds("sqlite").app
    with app.app_context():
        load_demo()
    return app


def client_of(app, account, language="zh"):
    client = app.test_client()
    assert sign_in_client(client, account).status_code == 302
    client.get(f"/lang/{language}")
    return client


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_link_and_button_leads_somewhere_in_chinese(city, account):
    assert complaints(city, account, "zh") == []


@pytest.mark.parametrize("account", ["county_a", "city_admin"])
def test_every_page_in_english(city, account):
    assert complaints(city, account, "en") == []


def complaints(app, account, language):
    """Return what is wrong with the pages of an account."""
    wrong = []
    routes = app.url_map.bind("localhost")
    for path, response, page in crawl(client_of(app, account, language)):
        if response.status_code != 200:
            wrong.append(f"{path}: {response.status_code}")
            continue
        if page is None:
            continue
        for method, action in page.forms:
            try:
                routes.match(action.partition("?")[0], method=method)
            except HTTPException as error:
                wrong.append(f"{path}: {method} {action}: {error.code}")
        wrong += [f"{path}: no #{name}" for name in page.anchors if name not in page.ids]
        wrong += [f"{path}: {word!r}" for word in sorted(foreign_words(page, language))]
    return wrong


@pytest.fixture(scope="module")
def browsed():
    """Kinds of pages that have been looked at in the browser."""
    return set()


def kind_of(path):
    """Return the kind of a page: each form is drawn by itself where it is filled or shown, not where it is listed."""
    return re.sub(r"(?<=^/records/)\w+(?=/(?:list|history|print|export|import))", "*", shape(path).partition("?")[0])


@pytest.mark.parametrize("account", BROWSED)
def test_no_page_complains_in_the_browser(city, browser, live, browsed, account):
    """No console message, no breach of the policy, no foreign request, one heading, nothing too wide at either width."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    sign_in_page(page, live, account)
    page.goto(f"{live}/lang/zh")
    watch, wrong = Watch(live), []
    watch.attach(page)
    for path, _, found in crawl(client_of(city, account)):
        if found is None or kind_of(path) in browsed:
            continue
        browsed.add(kind_of(path))
        page.goto(live + path)
        wrong += [f"{path}: {line}" for line in outline(page, "zh")]
        page.set_viewport_size({"width": 390, "height": 844})
        wrong += [f"{path} at 390: {line}" for line in outline(page, "zh")]
        page.set_viewport_size({"width": 1280, "height": 860})
        wrong += [f"{path}: {line}" for line in watch.complaints]
        watch.complaints.clear()
    context.close()
    assert wrong == []


def test_enough_kinds_of_pages_were_looked_at(browsed):
    if not browsed:
        pytest.skip("no chromium: apt-get install chromium")
    assert len(browsed) > 30
