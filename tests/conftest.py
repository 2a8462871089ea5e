"""Fixtures of the whole suite.

``app``      the application on SQLite and again on PostgreSQL, restored before every module; reference data,
             the demo organizations and accounts and the five forms are there, no records.
``sign_in``  a signed-in web client: ``sign_in("ent_a")``.
``api``      an API client with a bearer token: ``api("ent_a").get("/forms")``.
``actor``    the actor behind an account: ``with acting_as(actor("ent_a")): …``.
``live``     a real server on SQLite for browser tests; ``page``/``browser`` a real chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from app import attempts, create_app
from app.access.actor import Actor, actor_for
from app.caches import clear_all
from app.database import db, utcnow
from app.identity.service import find_user
from seeds.load import load_accounts, load_reference
from tests.databases import BACKENDS, Backend
from tests.engines import connect, engine, listening

PASSWORD = "Xiaoqitong-Demo-2025"
LAST_SECONDS = 20
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

settings.register_profile(
    "ci", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("ci")


@dataclass
class World:
    """One backend with its application and its frozen content."""

    backend: Backend
    app: Flask

    def restore(self) -> None:
        """Bring back the frozen content."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        clear_all()
        self.backend.restore()
        # What the rows of another module named lies there still.
        for folder in ("files", "exports", "imports"):
            shutil.rmtree(self.app.config["DATA_DIR"] / folder, ignore_errors=True)


def make_world(name: str) -> World:
    """Build the application on a new database and load what every test may expect."""
    backend = BACKENDS[name]()
    app = create_app(
        {
            "TESTING": True,
            "DEMO_MODE": True,
            "SECRET_KEY": "test-only-secret-key-of-32-characters",
            "JWT_SECRET_KEY": "test-only-secret-key-of-32-characters",
            "DATA_DIR": Path(tempfile.mkdtemp(prefix="xqt-data-")),
            "SQLALCHEMY_DATABASE_URI": backend.url,
            "SQLALCHEMY_ENGINE_OPTIONS": {"connect_args": {"prepare_threshold": 2**31}}
            if name == "postgresql"
            else {"connect_args": {"timeout": 10}},
        }
    )
    with app.app_context():
        db.metadata.create_all(db.engine)
        load_reference()
        load_accounts()
        db.session.remove()
        if name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    backend.freeze()
    return World(backend, app)


@pytest.fixture(scope="session")
def worlds() -> Iterator[Callable[[str], World]]:
    """Return the world of a backend, built on first use."""
    built: dict[str, World] = {}

    def get(name: str) -> World:
        if name not in built:
            built[name] = make_world(name)
        return built[name]

    yield get
    for world in built.values():
        with world.app.app_context():
            db.session.remove()
            db.engine.dispose()
        world.backend.close()


@pytest.fixture(scope="session", params=os.environ.get("XQT_TEST_BACKENDS", "sqlite,postgresql").split(","))
def backend_name(request: pytest.FixtureRequest) -> str:
    """Name the backend of this run of a database test."""
    return str(request.param)


@pytest.fixture(scope="module")
def app(backend_name: str, worlds: Callable[[str], World]) -> Flask:
    """Return the application with its frozen content, once per module and backend."""
    world = worlds(backend_name)
    world.restore()
    return world.app


@pytest.fixture(autouse=True)
def _within_a_day() -> None:
    """Begin nothing in the last seconds of a day: the date that a test has read would be yesterday's before it ends."""
    now = utcnow().astimezone()
    left = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    if left <= LAST_SECONDS:
        time.sleep(left)


@pytest.fixture(autouse=True)
def _within_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all failed attempts of a test fall into one span: spans end by the clock, every ten minutes."""
    now = time.time()
    monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Switch off pytest-flask's request context around every test: it would let ``g`` outlive a request."""


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """Run the test inside an application context, for tests of services."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def actor(app: Flask) -> Callable[[str], Actor]:
    """Return the actor behind a demo account."""

    def get(username: str) -> Actor:
        user = find_user(username)
        assert user is not None, username
        return actor_for(user.id)

    return get


def csrf_token(page: str) -> str:
    """Return the CSRF token of a page."""
    match = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert match, page[:400]
    return match.group(1)


def sign_in_client(client: FlaskClient, username: str, password: str = PASSWORD) -> TestResponse:
    """Sign in through the login page."""
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    return client.post("/login/", data={"username": username, "password": password, "csrf_token": token})


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], FlaskClient]:
    """Return a signed-in web client."""

    def get(username: str) -> FlaskClient:
        client = app.test_client()
        response = sign_in_client(client, username)
        assert response.status_code == 302, response.get_data(as_text=True)[:800]
        return client

    return get


class ApiClient:
    """The API as one account sees it."""

    def __init__(self, app: Flask, username: str, language: str = "zh") -> None:
        self.client = app.test_client()
        self.headers = {"Accept-Language": language}
        response = self.client.post(
            "/api/v1/security/login", json={"username": username, "password": PASSWORD, "provider": "db"}
        )
        assert response.status_code == 200, response.get_data(as_text=True)[:400]
        self.headers["Authorization"] = f"Bearer {response.get_json()['access_token']}"

    def open(self, method: str, path: str, **arguments: Any) -> TestResponse:
        """Send a request below ``/api/v1``."""
        headers = {**self.headers, **arguments.pop("headers", {})}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **arguments)

    def get(self, path: str, **arguments: Any) -> TestResponse:
        """GET."""
        return self.open("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> TestResponse:
        """POST."""
        return self.open("POST", path, **arguments)

    def put(self, path: str, **arguments: Any) -> TestResponse:
        """PUT."""
        return self.open("PUT", path, **arguments)

    def delete(self, path: str, **arguments: Any) -> TestResponse:
        """DELETE."""
        return self.open("DELETE", path, **arguments)


@pytest.fixture
def api(app: Flask) -> Callable[..., ApiClient]:
    """Return an API client."""
    return lambda username, language="zh": ApiClient(app, username, language)


class Counted(WSGIRequestHandler):
    """Tells when it begins to answer and when that is over, even where the browser goes away in between."""

    count: Callable[[int], None]

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.count(1)
        try:
            super().run_wsgi()
        finally:
            self.count(-1)


class Served:
    """The application at an address of its own, which can go away and come back."""

    def __init__(self, app: Callable[[Any, Any], Any]) -> None:
        self.app, self.port = app, 0
        self._changed, self._running = threading.Condition(), 0
        self.start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen: on a free port, and the next time on the same."""
        counting = type("Counting", (Counted,), {"count": staticmethod(self._count)})
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True, request_handler=counting)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more, and wait for what is being answered: it must not meet the content of the next module."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.wait()

    def wait(self) -> None:
        """Wait until nothing is being answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._running, timeout=120)

    def _count(self, by: int) -> None:
        with self._changed:
            self._running += by
            self._changed.notify_all()


@pytest.fixture(scope="module")
def live(worlds: Callable[[str], World]) -> Iterator[str]:
    """Serve the application on SQLite on a free port; return its address."""
    world = worlds("sqlite")
    world.restore()
    served = Served(world.app)
    yield served.address
    served.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return what drives browsers; there is one in a process."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Return a chromium, or the old one that ``XQT_TEST_ENGINE`` names; skip visibly where none is installed."""
    if named := os.environ.get("XQT_TEST_ENGINE"):
        with listening(engine(named)) as address:
            yield connect(request.getfixturevalue("playwright"), address)
        return
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    chromium = request.getfixturevalue("playwright").chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    )
    yield chromium
    chromium.close()


def sign_in_page(page: Page, address: str, username: str) -> None:
    """Sign in by keyboard, as a person would."""
    page.goto(f"{address}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit]")
    page.wait_for_url(f"{address}/")


@pytest.fixture
def visit(browser: Browser, live: str) -> Iterator[Callable[..., Page]]:
    """Return a signed-in page: ``visit("ent_a", "/", width=390, language="en")``."""
    contexts: list[BrowserContext] = []

    def get(username: str | None, path: str = "/", *, width: int = 1280, language: str = "zh") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 860}, locale="zh-CN" if language == "zh" else "en"
        )
        contexts.append(context)
        page = context.new_page()
        if username:
            sign_in_page(page, live, username)
        if language == "en":
            page.goto(f"{live}/lang/en")
        page.goto(live + path)
        return page

    yield get
    for context in contexts:
        context.close()
