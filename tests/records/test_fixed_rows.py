"""A sub-table with fixed rows, by the API and on the entry page."""

from __future__ import annotations

import html
import re

import pytest

from tests.records.doors import change, create, ok, path, places, read, submitted
from tests.records.test_typed_text_stays import post, text_of
from tests.records.zoo import COLOURS, definition, of, publish_form

FORM = "herd_by_colour"
ADD = f"/records/{FORM}/add"
TABLE = of(
    "herd",
    "subtable",
    fixed_rows="colour",
    totals=["heads"],
    fields=[of("colour", "select", options=COLOURS), of("heads", "integer", required=True), of("note", "text")],
)


@pytest.fixture(scope="module", autouse=True)
def forms(app):
    with app.app_context():
        raw = definition(key=FORM, serial="HC", fill_roles=["ent_admin"])
        raw["sections"][0]["fields"] = [
            of("name", "text"),
            TABLE,
            of("all", "computed", compute="sum(herd.heads)"),
        ]
        raw["list"] = {"columns": ["name", "all"], "order": "-_updated_at", "search": ["name"]}
        raw.pop("published_when")
        publish_form(raw)


def rows(client, record, *keys):
    return [tuple(row.get(key) for key in keys) for row in read(client, FORM, record)["answers"]["herd"]]


def inputs(page):
    """Return the named inputs of a page with their values."""
    return {
        name: html.unescape(value)
        for tag in re.findall(r"<input[^>]*>", page)
        for name in re.findall(r' name="([^"]+)"', tag)
        for value in re.findall(r' value="([^"]*)"', tag)
    }


def test_rows_that_the_api_leaves_out_are_there(api):
    ent = api("ent_a")
    saved = create(ent, FORM, {"name": "一", "herd": [{"colour": "绿", "heads": 4}]})
    assert rows(ent, saved, "colour", "heads") == [("r", None), ("g", 4), ("b", None)]
    ids = rows(ent, saved, "_row")
    change(ent, FORM, saved, {"herd": [{"colour": "b", "heads": 2}, {"colour": "r", "heads": 1}]})
    assert rows(ent, saved, "colour", "heads") == [("r", 1), ("g", 4), ("b", 2)]
    assert rows(ent, saved, "_row") == ids
    assert read(ent, FORM, saved)["answers"]["all"] == 7
    answers = {"name": "一", "herd": [{"colour": one, "heads": 0} for one in ("蓝", "r", "Green")]}
    sent = submitted(ent, FORM, answers)
    assert sent["state"] == "submitted"
    assert rows(ent, sent, "colour") == [("r",), ("g",), ("b",)]
    assert rows(ent, create(ent, FORM, {"name": "二"}), "colour") == [("r",), ("g",), ("b",)]


def test_a_row_that_is_not_filled_is_told_by_its_number_and_name(api, sign_in):
    ent = api("ent_a")
    answers = {"name": "三", "herd": [{"colour": "r", "heads": 0}]}
    draft = create(ent, FORM, answers, submit=True, status=422)
    assert draft["state"] == "draft"
    assert places(draft) == {("herd.heads", 2), ("herd.heads", 3)}
    client, edit = sign_in("ent_a"), f"/records/{FORM}/edit/{draft['id']}"
    refused = post(client, edit, **{**inputs(text_of(client.get(edit))), "_do": "submit"})
    assert refused.status_code == 422
    assert "herd “绿” heads" in text_of(refused)


@pytest.mark.parametrize(
    ("herd", "code"),
    [
        ([{"colour": "r", "heads": 1}, {"colour": "红", "heads": 2}], "repeated"),
        ([{"colour": "violet", "heads": 1}], "unknown_row"),
        ([{"heads": 1}], "unknown_row"),
    ],
)
def test_a_row_too_many_is_refused_and_changes_nothing(api, herd, code):
    ent = api("ent_a")
    found = create(ent, FORM, {"name": "四", "herd": herd}, status=422)
    assert [(one["field"], one["code"]) for one in found["errors"]] == [("herd.colour", code)]
    saved = create(ent, FORM, {"name": "四", "herd": [{"colour": "g", "heads": 3}]})
    assert change(ent, FORM, saved, {"herd": herd}, status=422)["errors"][0]["code"] == code
    assert rows(ent, saved, "colour", "heads") == [("r", None), ("g", 3), ("b", None)]


def test_the_page_has_the_rows_and_no_button_for_them(api, sign_in):
    client = sign_in("ent_a")
    page = text_of(client.get(ADD))
    found = inputs(page)
    assert [found[f"f-herd-{row}-colour"] for row in range(3)] == ["r", "g", "b"]
    assert not re.search(r"(add|copy|remove)-row:herd", page)
    assert "<template" not in page
    typed = {**found, "f-herd-0-heads": "1", "f-herd-1-heads": "2", "f-name": "五"}
    for verb in ("add-row:herd", "copy-row:herd:0", "remove-row:herd:0"):
        refused = post(client, ADD, **{**typed, "_do": verb})
        assert refused.status_code == 400
        assert "这张明细表的行是固定的" in text_of(refused)
        kept = inputs(text_of(refused))
        assert (kept["f-herd-1-heads"], "f-herd-2-_row" in kept, "f-herd-3-_row" in kept) == ("2", True, False)
    lacking = post(client, ADD, **{**typed, "_do": "submit"})
    assert lacking.status_code == 422
    assert 'href="#f-herd-2-heads"' in text_of(lacking)
    sent = post(client, ADD, **{**typed, "f-herd-2-heads": "0", "_do": "submit"})
    assert sent.status_code == 302, text_of(sent)
    shown = text_of(client.get(sent.location))
    assert all(colour in shown for colour in ("红", "绿", "蓝"))
    paper = text_of(client.get(f"/records/{FORM}/print/{sent.location.rpartition('/')[2]}"))
    assert re.findall(r'entry-row-heading">.*?(红|绿|蓝)', paper, re.DOTALL) == ["红", "绿", "蓝"]


def test_history_calls_a_row_by_its_name(api, sign_in):
    ent = api("ent_a")
    saved = create(ent, FORM, {"name": "六", "herd": [{"colour": "b", "heads": 1}]})
    change(ent, FORM, saved, {"herd": [{"colour": "b", "heads": 8}]})
    changes = ent.get(path(FORM, saved, "/revisions")).get_json()
    assert max(changes, key=lambda item: item["no"])["changes"][0]["field"] == "herd.heads"
    assert "herd “蓝” heads" in text_of(sign_in("ent_a").get(f"/records/{FORM}/history/{saved['id']}"))


def test_rows_of_an_earlier_version_stay_until_somebody_takes_them_away(app, api, sign_in):
    key = "herd_once_free"
    loose = {name: value for name, value in TABLE.items() if name != "fixed_rows"}
    raw = definition(key=key, serial="HF", fill_roles=["ent_admin"])
    raw["list"] = {"columns": ["name"], "order": "-_updated_at", "search": ["name"]}
    raw.pop("published_when")
    ent, client = api("ent_a"), sign_in("ent_a")
    sent = [{"colour": "g", "heads": 2}, {"colour": "g", "heads": 3}, {"heads": 4}, {"colour": "r", "heads": 1}]
    with app.app_context():
        raw["sections"][0]["fields"] = [of("name", "text"), loose]
        publish_form(raw)
    saved = create(ent, key, {"name": "七", "herd": sent})
    with app.app_context():
        raw["sections"][0]["fields"] = [of("name", "text"), TABLE]
        publish_form(raw)
    lock = read(ent, key, saved)["lock_version"]
    ok(ent.post(path(key, saved, "/upgrade"), json={"lock_version": lock}))
    edit = f"/records/{key}/edit/{saved['id']}"
    page = text_of(client.get(edit))
    assert re.findall(r"(\w+-row):herd:(\d)", page) == [("remove-row", "3"), ("remove-row", "4")]
    found = {**inputs(page), "f-herd-2-heads": "9"}
    refused = post(client, edit, **{**found, "_do": "submit"})
    assert refused.status_code == 422
    assert "“绿”只能有一行" in text_of(refused)
    # Nothing of it is lost before somebody says so.
    assert [row.get("heads") for row in read(ent, key, saved)["answers"]["herd"]] == [1, 2, 9, 3, 4]
    fewer = text_of(post(client, edit, **{**inputs(text_of(refused)), "_do": "remove-row:herd:4"}))
    fewer = text_of(post(client, edit, **{**inputs(fewer), "_do": "remove-row:herd:3"}))
    assert "remove-row:herd" not in fewer
    assert post(client, edit, **{**inputs(fewer), "_do": "submit"}).status_code == 302
    rows_now = read(ent, key, saved)["answers"]["herd"]
    assert [(row["colour"], row["heads"]) for row in rows_now] == [("r", 1), ("g", 2), ("b", 9)]
