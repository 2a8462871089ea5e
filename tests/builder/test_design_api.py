"""The palette and the reading of formulas, as the builder asks for them."""

from __future__ import annotations

import pytest

from tests.access.tenants import done
from tests.api.test_contract import problem_of
from tests.records.zoo import definition


@pytest.fixture
def drafted(api):
    admin = api("city_admin")
    if admin.get("/forms/palette_zoo/draft").status_code == 404:
        done(admin.post("/forms", json={"definition": definition(key="palette_zoo")}), 201)
    return admin


def test_the_palette_names_types_and_what_may_be_named(api):
    found = done(api("city_admin").get("/field-types"), 200)
    types = {item["name"]: item for item in found["types"]}
    assert types["select"]["has_options"]
    assert "options" in types["select"]["uses"]
    assert {item["name"] for item in types["text"]["settings"]} >= {"max_length", "pattern"}
    assert {item["group"] for item in found["types"]} <= {item["name"] for item in found["groups"]}
    assert "labor_demand_survey" in {item["key"] for item in found["forms"]}
    for kind in ("code_lists", "roles", "workflows"):
        assert found[kind], kind
        assert all(item["label"]["zh"] for item in found[kind])


def test_only_who_designs_gets_the_palette(api):
    for account in ("ent_a", "school_a", "leader"):
        problem_of(api(account).get("/field-types"), 403)
        problem_of(api(account).post("/forms/labor_demand_survey/formula", json={"where": "a.compute"}), 403)


def test_a_formula_is_read_against_the_draft(drafted):
    ask = {"where": "note.visible_when", "text": "amount > 5"}
    raw = definition(key="palette_zoo")
    raw["sections"][0]["fields"] += [
        {"key": "amount", "type": "integer", "class": "internal", "label": {"zh": "数量", "en": "Amount"}},
        {"key": "note", "type": "text", "class": "internal", "label": {"zh": "备注", "en": "Remark"}},
    ]
    lock = done(drafted.get("/forms/palette_zoo/draft"), 200)["lock_version"]
    done(drafted.put("/forms/palette_zoo/draft", json={"lock_version": lock, "definition": raw}), 200)
    found = done(drafted.post("/forms/palette_zoo/formula", json=ask), 200)
    assert found["tree"] == {">": [{"var": "amount"}, {"num": "5"}]}
    assert found["sentence"] == "当“数量”大于5时显示"
    assert found["rows"] == {
        "match": "all", "rows": [{"field": "amount", "operator": "gt", "values": ["5"], "other": ""}]
    }  # fmt: skip
    assert found["errors"] == []
    assert found["reads"] == ["amount"]
    offered = {item["name"]: item for item in found["fields"]}
    assert "gte" in offered["amount"]["operators"]
    assert "note" not in offered

    group = {
        "match": "any",
        "rows": [{"field": "amount", "operator": "lt", "values": ["1"], "other": ""}, *found["rows"]["rows"]],
    }
    asked = {"match": "all", "rows": [*found["rows"]["rows"], group]}
    nested = done(drafted.post("/forms/palette_zoo/formula", json={"where": ask["where"], "rows": asked}), 200)
    assert nested["text"] == "amount > 5 and (amount < 1 or amount > 5)"
    assert nested["rows"] == asked
    deeper = {"match": "all", "rows": [{"match": "all", "rows": [group]}]}
    problem_of(drafted.post("/forms/palette_zoo/formula", json={"where": ask["where"], "rows": deeper}), 400)

    turned = done(drafted.post("/forms/palette_zoo/formula", json={"where": ask["where"], "rows": found["rows"]}), 200)
    assert turned["text"] == "amount > 5"
    wrong = done(drafted.post("/forms/palette_zoo/formula", json={**ask, "text": "amuont > 5"}), 200)
    assert wrong["errors"][0]["position"] == 0
    assert "amuont" in wrong["errors"][0]["message"]


def test_a_formula_may_bring_the_definition_it_is_meant_for(drafted):
    lock = done(drafted.get("/forms/palette_zoo/draft"), 200)["lock_version"]
    raw = {"sections": [{"key": "s", "fields": [{"key": "fresh", "type": "bool", "label": "新"}]}]}
    ask = {"where": "x.visible_when", "text": "fresh = true", "definition": raw}
    found = done(drafted.post("/forms/palette_zoo/formula", json=ask), 200)
    assert (found["errors"], found["sentence"]) == ([], "当“新”为“是”时显示")
    assert done(drafted.get("/forms/palette_zoo/draft"), 200)["lock_version"] == lock


@pytest.mark.parametrize(
    "rows",
    [{}, {"rows": "x"}, {"rows": [1]}, {"rows": [{"field": "no_such", "operator": "eq", "values": ["1"]}]},
     {"rows": [{"field": "name", "operator": "drop", "values": []}]}],
)  # fmt: skip
def test_conditions_that_are_none_are_refused(drafted, rows):
    problem_of(drafted.post("/forms/palette_zoo/formula", json={"where": "x.visible_when", "rows": rows}), 400)


def test_keys_are_made_from_names_for_whoever_designs(drafted, api):
    def text(key, label):
        return {"key": key, "type": "text", "label": {"zh": label}}

    table = {"key": "subtable_1", "type": "subtable", "label": {"zh": "岗位"}, "fields": [text("text_1", "人数")]}
    fields = [text("ren_shu", "人数"), text("text_1", "人数"), text("text_2", "工种"), table]
    raw = {"sections": [{"key": "section_1", "title": {"zh": "基本情况"}, "fields": fields}]}
    ask = {
        "definition": raw,
        "fields": ["text_1", "text_2", "subtable_1.text_1", "ren_shu", "gone"],
        "sections": ["section_1"],
        "taken": ["gong_zhong"],
    }
    found = done(drafted.post("/forms/palette_zoo/keys", json=ask), 200)
    # Beside its namesake with a number, in a sub-table without; what has its key keeps it, and is left out.
    assert found == {
        "fields": {"text_1": "ren_shu_2", "text_2": "gong_zhong_2", "subtable_1.text_1": "ren_shu"},
        "sections": {"section_1": "ji_ben_qing_kuang"},
    }
    problem_of(drafted.post("/forms/palette_zoo/keys", json={}), 400)
    problem_of(api("ent_a").post("/forms/labor_demand_survey/keys", json=ask), 403)


def test_what_was_published_keeps_its_key_and_gives_it_to_nothing_else(api):
    admin = api("city_admin")
    raw = done(admin.get("/forms/labor_demand_survey/draft"), 200)["definition"]
    old = raw["sections"][0]["fields"][0]
    fresh = {"key": "text_1", "type": "text", "label": {"zh": old["key"]}}
    new = {"sections": [{**raw["sections"][0], "fields": [fresh]}]}
    found = done(
        admin.post("/forms/labor_demand_survey/keys", json={"definition": new, "fields": ["text_1", old["key"]]}), 200
    )
    assert found["fields"] == {"text_1": f"{old['key']}_2"}
