"""What an actor may not see he does not write; what the form fills in he does not overwrite; rows as the record."""

from __future__ import annotations

import pytest

from tests.records.doors import DEMAND, change, codes, create, places, read
from tests.records.zoo import ZOO, definition, of, publish_form

READ_ONLY = "fixed_zoo"
VEILED = "veiled_fixed_zoo"


@pytest.fixture(scope="module", autouse=True)
def zoo(app):
    with app.app_context():
        publish_form(definition())
        raw = definition(key=READ_ONLY, serial="FX")
        cells = [
            of("food", "text"),
            of("grams", "integer", default=5),
            of("origin", "text", readonly=True, prefill="_org_name"),
        ]
        raw["sections"][0]["fields"] = [
            of("name", "text"),
            of("keeper_name", "text", readonly=True, prefill="_org_name"),
            of("meals", "subtable", fields=cells),
        ]
        raw["list"] = {"columns": ["name"], "order": "-_updated_at", "search": ["name"]}
        raw.pop("published_when")
        publish_form(raw)
        raw = {**raw, "key": VEILED, "serial": "VF"}
        closed = {"readonly_for": ["city_voc"]}
        raw["sections"][0]["fields"] = [
            of("name", "text"),
            of("vet", "text", "personal", mask="name_m", **closed),
            of("visits", "subtable", fields=[of("day", "date"), of("by", "text", "personal", mask="name_m")], **closed),
        ]
        publish_form(raw)


def test_a_hidden_field_is_refused_like_an_unknown_one(api):
    ent, city = api("ent_a"), api("city_voc")
    # "plan" is secret: its owner sees a mask, the city nothing.
    saved = create(ent, ZOO, {"name": "狮", "plan": "甲计划", "meals": [{"food": "草", "recipe": "祖传"}]})
    view = read(city, ZOO, saved)
    assert "plan" not in view["answers"]
    assert "recipe" not in view["answers"]["meals"][0]
    for value in ("乙计划", "甲计划", None, "***"):
        problem = change(city, ZOO, saved, {"plan": value}, status=422)
        assert (places(problem), codes(problem)) == ({("plan", None)}, {"unknown_field"})
        assert places(create(city, ZOO, {"plan": value}, status=422)) == {("plan", None)}
    row = view["answers"]["meals"][0]["_row"]
    problem = change(city, ZOO, saved, {"meals": [{"_row": row}, {"recipe": "新"}]}, status=422)
    assert (places(problem), codes(problem)) == ({("meals.recipe", 2)}, {"unknown_field"})
    assert read(city, ZOO, saved)["lock_version"] == 1
    # The positive twin: what is left out of the row stays in it, and its owner writes what he sees as a mask.
    change(city, ZOO, saved, {"meals": [{"_row": row, "food": "肉"}]})
    own = read(ent, ZOO, saved)["answers"]
    assert (own["plan"], own["meals"][0]["recipe"], own["meals"][0]["food"]) == ("***", "***", "肉")
    assert change(ent, ZOO, saved, {"plan": "乙计划"})["lock_version"] == 3


def test_masked_cells_of_rows_are_write_only(api):
    ent, city = api("ent_a"), api("city_voc")
    saved = create(ent, ZOO, {"meals": [{"food": "草", "cook": "张三丰"}, {"food": "肉", "cook": "李四光"}]})
    rows = read(city, ZOO, saved)["answers"]["meals"]
    assert [row["cook"] for row in rows] == ["张**", "李**"]
    assert change(city, ZOO, saved, {"meals": rows})["lock_version"] == 1
    change(city, ZOO, saved, {"meals": [{**rows[1], "food": "鱼"}, {**rows[0], "cook": "赵六合"}]})
    assert [(row["food"], row["cook"]) for row in read(ent, ZOO, saved)["answers"]["meals"]] == [
        ("鱼", "李四光"),
        ("草", "赵六合"),
    ]
    rows = read(city, ZOO, saved)["answers"]["meals"]
    change(city, ZOO, saved, {"meals": [{**rows[0], "cook": None}, rows[1]]})
    assert [row.get("cook") for row in read(ent, ZOO, saved)["answers"]["meals"]] == [None, "赵六合"]


def test_what_is_masked_and_read_only_is_not_found_by_trying(api):
    """The right value is refused like a wrong one, and a mask that comes back is no change."""
    ent, city = api("ent_a"), api("city_voc")
    saved = create(ent, VEILED, {"name": "狮", "vet": "张三丰", "visits": [{"day": "2026-03-01", "by": "李四光"}]})
    seen = read(city, VEILED, saved)["answers"]
    assert (seen["vet"], seen["visits"][0]["by"]) == ("张**", "李**")
    right, wrong = (change(city, VEILED, saved, {"vet": value}, status=422) for value in ("张三丰", "张三疯"))
    assert right == wrong
    assert (places(right), codes(right)) == ({("vet", None)}, {"readonly"})
    row = seen["visits"][0]
    right, wrong = (
        change(city, VEILED, saved, {"visits": [{**row, "by": value}]}, status=422) for value in ("李四光", "李四广")
    )
    assert right == wrong
    assert codes(right) == {"readonly"}
    assert codes(change(city, VEILED, saved, {"visits": [row, {"day": "2026-03-02"}]}, status=422)) == {"readonly"}
    # The positive twin: the record as it was read, with what he may write.
    assert change(city, VEILED, saved, seen)["lock_version"] == 1
    change(city, VEILED, saved, {**seen, "name": "豹"})
    own = read(ent, VEILED, saved)["answers"]
    assert (own["name"], own["vet"], own["visits"][0]["by"]) == ("豹", "张三丰", "李四光")


def test_a_draft_has_no_more_rows_than_a_sub_table_may_have(api):
    ent = api("ent_a")
    rows = [{"food": "草"}] * 2_001
    problem = create(ent, READ_ONLY, {"meals": rows}, status=422)
    assert (places(problem), codes(problem)) == ({("meals", None)}, {"too_many_rows"})
    # A draft may have more rows than can be handed in.
    saved = create(ent, READ_ONLY, {"name": "多", "meals": rows[:300]})
    assert len(read(ent, READ_ONLY, saved)["answers"]["meals"]) == 300
    assert codes(change(ent, READ_ONLY, saved, {"meals": rows}, status=422)) == {"too_many_rows"}


def test_what_the_form_fills_in_is_not_overwritten(api):
    ent = api("ent_a")
    name = "建华示范数控机床有限公司"
    saved = create(
        ent,
        READ_ONLY,
        {"name": "一", "meals": [{"food": "草"}, {"food": "肉", "grams": 7}, {"food": "鱼", "grams": None}]},
    )
    answers = read(ent, READ_ONLY, saved)["answers"]
    assert answers["keeper_name"] == name
    assert [(row["food"], row.get("grams"), row["origin"]) for row in answers["meals"]] == [
        ("草", 5, name),
        ("肉", 7, name),
        ("鱼", None, name),
    ]
    assert change(ent, READ_ONLY, saved, answers)["lock_version"] == 1
    for value in ("别的单位", None):
        assert codes(change(ent, READ_ONLY, saved, {"keeper_name": value}, status=422)) == {"readonly"}
        problem = change(
            ent,
            READ_ONLY,
            saved,
            {"meals": [answers["meals"][0], {**answers["meals"][1], "origin": value}]},
            status=422,
        )
        assert (places(problem), codes(problem)) == ({("meals.origin", 2)}, {"readonly"})
    problem = create(ent, READ_ONLY, {"meals": [{"food": "草", "origin": "别的单位"}]}, status=422)
    assert (places(problem), codes(problem)) == ({("meals.origin", 1)}, {"readonly"})
    change(ent, READ_ONLY, saved, {"meals": [*answers["meals"], {"food": "果"}]})
    assert read(ent, READ_ONLY, saved)["answers"]["meals"][3]["origin"] == name


def test_new_rows_of_a_demand_start_as_the_form_says(api):
    ent = api("ent_a")
    saved = create(ent, DEMAND, {"positions": [{"position_name": "焊工"}]})
    row = read(ent, DEMAND, saved)["answers"]["positions"][0]
    assert (row["publish_ok"], row["skill_level_req"], row["work_region"]) == (True, "K0", "230203")
    assert row["valid_until"]
