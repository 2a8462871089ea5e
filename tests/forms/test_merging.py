"""Three-way merge of definitions."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.designing.merging import merge


def field(key, **more):
    return {"key": key, "type": "text", "label": {"zh": key}, **more}


BASE = {
    "key": "f",
    "title": {"zh": "表", "en": "Form"},
    "list": {"columns": ["a"]},
    "sections": [
        {"key": "one", "title": {"zh": "一"}, "fields": [field("a"), field("b"), field("c")]},
        {"key": "two", "title": {"zh": "二"}, "fields": [
            field("d", type="select", options=[{"code": "1", "zh": "甲"}, {"code": "2", "zh": "乙"}]),
            field("t", type="subtable", fields=[field("x"), field("y")])]},
    ],
}  # fmt: skip


def changed(change):
    raw = deepcopy(BASE)
    change(raw)
    return raw


def fields(raw, section=0):
    return raw["sections"][section]["fields"]


def keys(raw, section=0):
    return [item["key"] for item in fields(raw, section)]


def relabel(raw):
    fields(raw)[0]["label"]["zh"] = "姓名"


def require(raw):
    fields(raw)[0]["required"] = True


def move(raw):
    fields(raw, 1).insert(0, fields(raw).pop(0))


def add(key, at=1):
    def change(raw):
        fields(raw).insert(at, field(key))

    return change


def option(raw):
    fields(raw, 1)[0]["options"].append({"code": "3", "zh": "丙"})


def retire(raw):
    fields(raw, 1)[0]["options"][0]["retired"] = True


def column(raw):
    fields(raw, 1)[1]["fields"].append(field("z"))


def english(raw):
    raw["title"]["en"] = "Another"


CHANGES = [relabel, require, move, add("n"), option, retire, column, english]


@pytest.mark.parametrize("first", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("second", CHANGES, ids=lambda change: change.__name__)
def test_different_attributes_are_both_kept(first, second):
    if first is second:
        return
    found = merge(BASE, changed(first), changed(second))
    assert found.clashes == ()
    assert found.mine
    assert found.theirs
    # Each on top of the other: every pair here touches different places, so the order does not matter.
    both = changed(first)
    if first is move:
        both = changed(second)
        move_key(both)
    elif second is move:
        move_key(both)
    else:
        second(both)
    assert found.definition == both


def move_key(raw):
    """Move ``a`` to the head of the second section, wherever it stands."""
    item = next(item for item in fields(raw) if item["key"] == "a")
    fields(raw).remove(item)
    fields(raw, 1).insert(0, item)


def test_the_same_attribute_is_asked_and_the_choice_counts():
    mine, theirs = changed(relabel), deepcopy(BASE)
    fields(theirs)[0]["label"]["zh"] = "名字"
    found = merge(BASE, mine, theirs)
    assert [item.as_dict() for item in found.clashes] == [
        {"path": "sections.fields.a.label.zh", "mine": "姓名", "theirs": "名字"}
    ]
    chosen = merge(BASE, mine, theirs, {"sections.fields.a.label.zh": "theirs"})
    assert chosen.clashes == ()
    assert fields(chosen.definition)[0]["label"]["zh"] == "名字"
    kept = merge(BASE, mine, theirs, {"sections.fields.a.label.zh": "mine"})
    assert fields(kept.definition)[0]["label"]["zh"] == "姓名"


def test_the_same_change_twice_is_no_question():
    found = merge(BASE, changed(relabel), changed(relabel))
    assert (found.clashes, found.definition) == ((), changed(relabel))


def test_removing_what_the_other_changed_is_asked():
    mine = changed(lambda raw: fields(raw).pop(0))
    found = merge(BASE, mine, changed(relabel))
    assert [item.path for item in found.clashes] == ["sections.fields.a"]
    back = merge(BASE, mine, changed(relabel), {"sections.fields.a": "theirs"})
    assert keys(back.definition) == ["a", "b", "c"]
    gone = merge(BASE, mine, changed(relabel), {"sections.fields.a": "mine"})
    assert keys(gone.definition) == ["b", "c"]


def test_additions_at_one_place_both_stand():
    found = merge(BASE, changed(add("m")), changed(add("n")))
    assert found.clashes == ()
    assert keys(found.definition) == ["a", "n", "m", "b", "c"]


def test_two_orders_of_one_section_are_asked():
    mine = changed(lambda raw: fields(raw).reverse())
    theirs = changed(lambda raw: fields(raw).insert(0, fields(raw).pop(1)))
    found = merge(BASE, mine, theirs)
    assert [item.path for item in found.clashes] == ["sections.one.fields.*"]
    assert keys(merge(BASE, mine, theirs, {"sections.one.fields.*": "theirs"}).definition) == ["b", "a", "c"]


def test_a_section_that_got_a_field_meanwhile_stays():
    def empty(raw):
        fields(raw).extend(fields(raw, 1))
        del raw["sections"][1]

    def fill(raw):
        fields(raw, 1).append(field("late"))

    found = merge(BASE, changed(empty), changed(fill))
    assert found.clashes == ()
    assert [section["key"] for section in found.definition["sections"]] == ["one", "two"]
    assert keys(found.definition, 1) == ["late"]


def test_keys_that_stand_twice_make_one_value_of_the_whole():
    broken = changed(lambda raw: fields(raw).append(field("a")))
    found = merge(BASE, broken, changed(relabel))
    assert [item.path for item in found.clashes] == [""]
    assert merge(BASE, broken, BASE).definition == broken


@given(st.permutations(["a", "b", "c"]), st.sampled_from(CHANGES))
def test_one_side_alone_is_taken_as_it_is(order, change):
    mine = deepcopy(BASE)
    fields(mine).sort(key=lambda item: order.index(item["key"]))
    change(mine)
    for found in (merge(BASE, mine, BASE), merge(BASE, BASE, mine), merge(BASE, mine, mine)):
        assert (found.definition, found.clashes) == (mine, ())
