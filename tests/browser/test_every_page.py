"""Every page that somebody can reach: links lead on, forms are taken, one language each, nothing too wide."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from zlib import crc32

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from app.access.actor import today
from app.records.lists import summary as aggregates
from seeds.demo.loading import load_demo
from tests.browser.crawling import crawl, foreign_words, read, shape
from tests.browser.pages import Watch
from tests.browser.pages import shape as outline
from tests.browser.whole_city import furnish, refusals, visitor_pages
from tests.conftest import sign_in_client, sign_in_page

ACCOUNTS = (
    "city_admin", "city_voc", "city_emp", "county_a", "county_a_emp", "school_a", "school_a_clerk", "ent_a",
    "ent_a_clerk", "leader", "auditor",
)  # fmt: skip
#: Between them they see every kind of page.
BROWSED = ("ent_a", "county_a", "city_admin", "school_a")
LANGUAGES = ("zh", "en")


@dataclass
class City:
    """The served application, and which pages have been read so far: shape and language."""

    app: Flask
    #: A record of enterprise A that came back.
    returned: str
    read: dict[str, set[str]] = field(default_factory=dict)
    #: Where a shape was seen first: account and address.
    first: dict[str, tuple[str, str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def city(worlds, live):
    """Return the demo city, furnished; aggregates tell of what was handed in until yesterday."""
    app = worlds("sqlite").app
    with app.app_context():
        load_demo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "today", lambda: today() + timedelta(days=1))
        yield City(app, furnish(app))


def client_of(app, account, language="zh"):
    client = app.test_client()
    assert sign_in_client(client, account).status_code == 302
    client.get(f"/lang/{language}")
    return client


def complaints(app, path, response, page, language):
    """Return what is wrong with a page."""
    if response.status_code != 200:
        return [f"{path}: {response.status_code}"]
    if page is None:
        return []
    wrong, routes = [], app.url_map.bind("localhost")
    for method, action in page.forms:
        try:
            routes.match(action.partition("?")[0], method=method)
        except HTTPException as error:
            wrong.append(f"{path}: {method} {action}: {error.code}")
    wrong += [f"{path}: no #{name}" for name in page.anchors if name not in page.ids]
    return wrong + spoken(path, page, language)


def spoken(path, page, language):
    """Return the words of a page that are not of its language."""
    return [f"{path} ({language}): {word!r}" for word in sorted(foreign_words(page, language))]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_link_and_button_leads_somewhere_and_every_word_is_of_one_language(city, account):
    """Each account is read once, each page in the language in which its like was not read yet, or else in turn."""
    wrong, turns = [], cycle(LANGUAGES)
    clients = {language: client_of(city.app, account, language) for language in LANGUAGES}

    def choose(path):
        seen = city.read.setdefault(shape(path), set())
        city.first.setdefault(shape(path), (account, path))
        language = next((one for one in LANGUAGES if one not in seen), None) if seen else None
        language = language or next(turns)
        seen.add(language)
        return language

    languages = {}

    def get(path):
        languages[path] = choose(path)
        return clients[languages[path]].get(path)

    for path, response, page in crawl(get):
        wrong += complaints(city.app, path, response, page, languages[path])
    assert wrong == []


def test_pages_that_one_account_alone_sees_are_read_in_the_other_language_too(city):
    wrong, clients = [], {}
    for kind, seen in city.read.items():
        for language in set(LANGUAGES) - seen:
            account, path = city.first[kind]
            if (account, language) not in clients:
                clients[account, language] = client_of(city.app, account, language)
            with clients[account, language].get(path) as response:
                # An address that leads on has no words of its own.
                if response.status_code == 200 and response.content_type.startswith("text/html"):
                    page = read(path, response.get_data(as_text=True))
                    wrong += complaints(city.app, path, response, page, language)
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_pages_that_no_link_leads_to(city, language):
    wrong = []
    for pages in (visitor_pages(city.app, language), refusals(city.app, language, city.returned)):
        for name, response in pages:
            wrong += spoken(name, read(f"/{name}", response.get_data(as_text=True)), language)
    assert wrong == []


@pytest.fixture(scope="module")
def browsed():
    """Kinds of pages that have been looked at in the browser."""
    return set()


def kind_of(path):
    """Return the kind of a page: each form is drawn by itself where it is filled or shown, not where it is listed."""
    return re.sub(r"(?<=^/records/)\w+(?=/(?:list|history|print|export|import))", "*", shape(path).partition("?")[0])


@pytest.mark.parametrize("account", BROWSED)
def test_no_page_complains_in_the_browser(city, browser, live, browsed, account):
    """No console message, no breach of the policy, no foreign request, one heading, nothing too wide at either width.

    Half of the kinds are looked at in Chinese, half in English.
    """
    watch, wrong, pages, contexts = Watch(live), [], {}, []
    for language in LANGUAGES:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 860}))
        pages[language] = contexts[-1].new_page()
        sign_in_page(pages[language], live, account)
        pages[language].goto(f"{live}/lang/{language}")
        watch.attach(pages[language])
    for path, _, found in crawl(client_of(city.app, account).get):
        if found is None or kind_of(path) in browsed:
            continue
        browsed.add(kind_of(path))
        language = LANGUAGES[crc32(kind_of(path).encode()) % 2]
        page = pages[language]
        page.goto(live + path)
        wrong += [f"{path}: {line}" for line in outline(page, language)]
        page.set_viewport_size({"width": 390, "height": 844})
        wrong += [f"{path} at 390: {line}" for line in outline(page, language)]
        page.set_viewport_size({"width": 1280, "height": 860})
        wrong += [f"{path}: {line}" for line in watch.complaints]
        watch.complaints.clear()
    for context in contexts:
        context.close()
    assert wrong == []


def test_enough_kinds_of_pages_were_looked_at(browsed):
    if not browsed:
        pytest.skip("no chromium: apt-get install chromium")
    assert len(browsed) > 30
