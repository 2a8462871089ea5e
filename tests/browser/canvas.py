"""The canvas of the form builder as somebody works it: a small form to begin with, and hands for mouse and keys."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from app.access.actor import acting_as, actor_for
from app.builder import service
from app.database import unit_of_work
from app.identity.service import find_user
from tests.conftest import sign_in_page
from tests.engines import hand

#: One section, one field: what every journey starts with.
BLANK: dict[str, Any] = {
    "title": {"zh": "用工回访", "en": "Return visit"},
    "resource": "labor_demand",
    "kind": "register",
    "fill_roles": ["ent_admin", "ent_clerk"],
    "list": {"columns": ["visited_on"], "order": "-_updated_at"},
    "sections": [
        {
            "key": "main",
            "title": {"zh": "基本情况", "en": "Main"},
            "fields": [
                {
                    "key": "visited_on",
                    "type": "date",
                    "label": {"zh": "回访日期", "en": "Visited on"},
                    "required": True,
                    "class": "internal",
                }
            ],
        }
    ],
}


def make_form(app: Any, key: str, **changes: Any) -> str:
    """Create a form with a draft; return its key."""
    with app.app_context():
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor), unit_of_work():
            service.create_form(actor, {**BLANK, "key": key, **changes})
    return key


def stored(app: Any, key: str) -> dict[str, Any]:
    """Return the draft as the server has it."""
    with app.app_context():
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor):
            return dict(service.draft(actor, key).definition)


def save_draft(app: Any, key: str, definition: dict[str, Any]) -> None:
    """Save a draft as the administrator, past the page."""
    with app.app_context():
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor), unit_of_work():
            service.save_draft(actor, key, service.draft(actor, key).lock_version, definition)


def open_canvas(browser: Any, live: str, form: str, *, width: int = 1280, language: str = "zh") -> Any:
    """Return a page with the canvas of *form*, drawn and checked, ready for the first key."""
    page = browser.new_context(viewport={"width": width, "height": 860}).new_page()
    sign_in_page(page, live, "city_admin")
    page.goto(f"{live}/lang/{language}")
    page.goto(f"{live}/forms/{form}/canvas")
    ready(page)
    return page


def ready(page: Any) -> None:
    """Wait until the canvas is drawn and nothing that would move its parts is on its way."""
    expect(page.locator(".canvas-bar")).to_be_visible()
    until(page, "!XqtCanvas.checks.running")


def saved(page: Any) -> None:
    """Wait until everything is on the server, and checked there."""
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")
    named(page)
    until(page, "!XqtCanvas.saving.dirty && !XqtCanvas.saving.running && !XqtCanvas.checks.running")


def named(page: Any) -> None:
    """Wait until new fields have the keys that their names make."""
    until(page, "!XqtCanvas.naming.running && !XqtCanvas.naming.waiting().length")


def until(page: Any, expression: str) -> None:
    """Wait until *expression* holds; asked from outside, for the page's policy lets nothing in it be evaluated."""
    for _ in range(600):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)


def definition(page: Any) -> dict[str, Any]:
    """Return the definition as the page has it."""
    found: dict[str, Any] = page.evaluate("JSON.parse(JSON.stringify(XqtCanvas.store.definition))")
    return found


def keys(page: Any) -> list[list[str]]:
    """Return the keys of the fields, a list for each section, as the page draws them."""
    found: list[list[str]] = page.evaluate(
        """Array.from(document.querySelectorAll(".card-list"), list =>
             Array.from(list.children, card => card.querySelector(".card-meta code").textContent))"""
    )
    return found


def card(page: Any, label: str) -> Any:
    """Return the button of a card."""
    return page.locator(".card-main", has=page.locator(f".card-label:has-text('{label}')")).first


def drag(page: Any, start: Any, target: Any) -> None:
    """Drag one element onto the upper edge of another, as slowly as a hand does."""
    # Measured while nothing is on its way that would move either.
    saved(page)
    target.scroll_into_view_if_needed()
    source, place = start.bounding_box(), target.bounding_box()
    x = place["x"] + min(120, place["width"] / 2)
    y = place["y"] + place["height"] * 0.15
    mouse = hand(page)
    mouse.move(source["x"] + source["width"] / 2, source["y"] + source["height"] / 2)
    mouse.down()
    mouse.move(source["x"] + source["width"] / 2 + 12, source["y"] + source["height"] / 2 + 12, steps=4)
    mouse.move(x, y - 6, steps=10)
    mouse.move(x, y, steps=4)
    # By the page's own clock: where the hand rests is looked at by a timer, and found after those who move aside.
    page.evaluate("() => new Promise(done => setTimeout(done, 250))")
    mouse.up()
