"""What one record has taken for a time no other takes: told by its time alone, whosever it is."""

from __future__ import annotations

import pytest

from tests.forms.sample_form import errors, field, raw
from tests.records.doors import change, codes, create, ok, path, read
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form

FORM = "rooms_taken"
TAKEN = [{"fields": ["room"], "start": "begins", "end": "ends"}]


@pytest.fixture(scope="module", autouse=True)
def rooms(app):
    fields = of("room", "text"), of("begins", "datetime"), of("ends", "datetime"), of("what", "text")
    with app.app_context():
        publish_form({**form(FORM, *fields), "no_overlap": TAKEN})


def slot(room, begins, ends):
    return {"room": room, "begins": f"2026-12-01T{begins}:00", "ends": f"2026-12-01T{ends}:00"}


def test_two_cannot_have_a_room_at_one_time(api):
    ours, theirs = api("ent_a"), api("ent_b")
    first = create(ours, FORM, slot("甲", "09:00", "12:00"), submit=True)
    refused = create(theirs, FORM, slot("甲", "11:00", "13:00"), submit=True, status=422)
    assert codes(refused) == {"overlap"}
    (error,) = refused["errors"]
    assert error["field"] == "begins"
    assert "2026-12-01 09:00 至 2026-12-01 12:00" in error["message"]
    # Nothing of the other but its time.
    assert read(ours, FORM, first)["serial"] not in str(refused)
    assert "建华" not in error["message"]
    assert read(theirs, FORM, refused)["state"] == "draft"
    # One ends when the next begins, another room, and a draft: all of them may be.
    create(theirs, FORM, slot("甲", "12:00", "13:00"), submit=True)
    create(theirs, FORM, slot("乙", "09:00", "12:00"), submit=True)
    create(theirs, FORM, slot("甲", "09:00", "12:00"))


def test_a_change_cannot_take_it_either_and_what_is_void_is_free(api):
    client = api("ent_a")
    first = create(client, FORM, slot("丙", "09:00", "10:00"), submit=True)
    second = create(client, FORM, slot("丙", "10:00", "11:00"), submit=True)
    refused = change(client, FORM, second, {"begins": "2026-12-01T09:30:00"}, status=422)
    assert codes(refused) == {"overlap"}
    # The twin: its own time is no obstacle to itself.
    change(client, FORM, second, {"begins": "2026-12-01T10:15:00"})
    gone = client.delete(path(FORM, first), json={"reason": "取消"})
    if gone.status_code == 200:
        change(client, FORM, second, {"begins": "2026-12-01T09:30:00"})
        assert ok(client.get(path(FORM, second)))["answers"]["begins"].startswith("2026-12-01T09:30")


def test_a_definition_that_cannot_be_compared_is_refused():
    fields = field("room", "text"), field("begins", "datetime"), field("ends", "date"), field("many", "multiselect")
    for wrong in (
        {"fields": [], "start": "begins", "end": "begins"},
        {"fields": ["gone"], "start": "begins", "end": "begins"},
        {"fields": ["room"], "start": "begins", "end": "ends"},
        {"fields": ["room"], "start": "room", "end": "room"},
    ):
        assert "no_overlap" in {code for code, _ in errors({**raw(*fields), "no_overlap": [wrong]})}
    right = {"fields": ["room"], "start": "begins", "end": "begins", "free": ["cancelled"]}
    assert "no_overlap" not in {code for code, _ in errors({**raw(*fields), "no_overlap": [right]})}
    assert "unknown_key" in {code for code, _ in errors({**raw(*fields), "no_overlap": [{**right, "from": "x"}]})}
