"""What is hidden counts as empty along a chain of fields, in the browser as on the server."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as, system_actor, today
from app.builder.catalogue import compiled
from forms.compiled import Context
from tests.records.zoo import COLOURS, definition, of, publish_form

FORM = "chain_zoo"
FIELDS = [
    of("pick", "select", options=COLOURS),
    of("second", "text", visible_when="pick = 'r'"),
    of("third", "text", visible_when="second = 'x'"),
    of("fourth", "text", visible_when="third = 'y'"),
    of("number", "integer", visible_when="pick = 'r'"),
    of("double", "computed", compute="number * 2"),
    of("big", "text", visible_when="double > 5"),
    of("meals", "subtable", visible_when="pick = 'r'", fields=[of("grams", "integer"), of("why", "text", visible_when="grams > 9")]),
    of("sum", "computed", compute="sum(meals.grams)"),
    of("heavy", "text", visible_when="sum > 9"),
    of("empty", "text", visible_when="empty(second)"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def form(worlds, live):
    raw = definition(key=FORM, serial="CH")
    raw["sections"][0]["fields"] = FIELDS
    raw["list"] = {"columns": ["pick"], "order": "-_updated_at"}
    raw.pop("published_when")
    with worlds("sqlite").app.app_context():
        publish_form(raw)


#: The fields that somebody sees now, without the cells of rows.
SHOWN = """() => Array.from(document.querySelectorAll("[data-field]"))
    .filter((one) => !one.hidden && !one.closest("[data-section]").hidden)
    .map((one) => one.getAttribute("data-field")).filter((path) => path.indexOf(".") < 0)"""


def shows(page, expected):
    """Wait until the fields that somebody sees are these: they follow a moment after what he does."""
    for _ in range(600):
        found = set(page.evaluate(SHOWN))
        if found == expected:
            return
        page.wait_for_timeout(50)
    assert found == expected


def on_the_server(worlds, answers):
    with worlds("sqlite").app.app_context(), acting_as(system_actor("rebuild")):
        state = compiled(FORM).evaluate(answers, context=Context(today=today()))
        return {path for path in state.visible if "[" not in path}


def test_hidden_fields_count_as_empty(worlds, visit):
    page = visit("ent_a", f"/records/{FORM}/add")
    answers = {}

    def type_in(**values):
        for key, value in values.items():
            answers[key] = int(value) if key == "number" else value
            page.fill(f"[name='f-{key}']", value)
        page.keyboard.press("Tab")

    def choose(code):
        answers["pick"] = code
        control = page.locator("[name='f-pick']")
        if control.first.get_attribute("type") == "radio":
            page.check(f"[name='f-pick'][value='{code}']")
        else:
            control.first.select_option(code)

    shows(page, on_the_server(worlds, answers))
    choose("r")
    type_in(second="x", number="4")
    type_in(third="y")
    type_in(fourth="z")
    wanted = on_the_server(worlds, answers)
    assert {"second", "third", "fourth", "number", "big"} <= wanted
    assert "empty" not in wanted
    shows(page, wanted)
    # The first of the chain goes: all behind it go at once, and what reads them finds nothing.
    choose("g")
    wanted = on_the_server(worlds, answers)
    assert not {"second", "third", "fourth", "number", "big", "meals", "heavy"} & wanted
    assert "empty" in wanted
    shows(page, wanted)
    # It comes back with what was typed.
    choose("r")
    wanted = on_the_server(worlds, answers)
    assert {"second", "third", "fourth", "big"} <= wanted
    shows(page, wanted)
    assert page.input_value("[name='f-fourth']") == "z"
