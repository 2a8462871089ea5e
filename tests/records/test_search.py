"""Search in Chinese: terms of one, two and four characters, mixed with others, in what the reader sees in plain."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as
from app.database import unit_of_work
from app.records import service
from app.records.lists import words
from app.records.lists.bigrams import bigrams, runs
from app.records.writing import bulk
from tests.records.doors import ids, listing, where
from tests.records.zoo import ZOO, definition, publish_form, who

TEXTS = {
    "welder": ("高级焊工", "电焊与气焊 CO2 保护焊", "张三丰"),
    "turner": ("数控车工", "会操作 FANUC 系统（北京培训）", "李四光"),
    "electrician": ("维修电工", "持证上岗，100%到岗，甲_乙", "王五岳"),
    "company": ("机床（集团）分厂", "Alpha-Beta 项目组", "赵六合"),
    "apprentice": ("焊", "工学一体", "高级"),
    "nobody": (None, None, None),
}


@pytest.fixture(scope="module")
def written(app):
    """Return ids by name; each record is written by enterprise A and again by B."""
    with app.app_context():
        publish_form(definition())
        found = {}
        for account in ("ent_a", "ent_b"):
            with acting_as(who(account)) as actor:
                for key, (name, remark, owner) in TEXTS.items():
                    answers = {"name": name, "remark": remark, "owner_name": owner, "plan": "绝密计划"}
                    with unit_of_work():
                        found[account, key] = service.create(actor, ZOO, answers).id
    return found


CASES = [
    ("焊", {"welder", "apprentice"}),
    ("工", {"welder", "turner", "electrician", "apprentice"}),
    ("焊工", {"welder"}),
    ("电工", {"electrician"}),
    ("工电", set()),
    ("数控车工", {"turner"}),
    ("车工数控", set()),
    ("高级焊工", {"welder"}),
    ("焊工 保护", {"welder"}),
    ("焊工 北京", set()),
    ("车工 FANUC", {"turner"}),
    ("车工　fanuc", {"turner"}),
    ("ＦＡＮＵＣ", {"turner"}),
    ("co2", {"welder"}),
    ("c", {"welder", "turner"}),
    ("机床（集团）", {"company"}),
    ("机床(集团)", {"company"}),
    ("集团)分厂", {"company"}),
    ("alpha-beta", {"company"}),
    ("alpha beta", {"company"}),
    ("100%", {"electrician"}),
    ("%", {"electrician"}),
    ("甲_乙", {"electrician"}),
    ("甲%乙", {"electrician"}),
    ("  焊工   焊工 ", {"welder"}),
    ("没有的词", set()),
    ('焊" OR name:*', set()),
    ("高级 焊 工 电 气 保护 北京 系统", {"welder"}),
]


@pytest.mark.parametrize(("q", "expected"), CASES, ids=[f"{number}" for number in range(len(CASES))])
def test_terms(api, written, q, expected):
    page = listing(api("ent_a"), ZOO, q=q, page_size=100)
    assert set(ids(page)) == {written["ent_a", key] for key in expected}
    assert page["count"] == len(expected)
    # The city finds both enterprises' records.
    assert set(ids(listing(api("city_voc"), ZOO, q=q, page_size=100))) == {
        written[account, key] for account in ("ent_a", "ent_b") for key in expected
    }


def test_an_empty_search_finds_everything(api, written):
    for q in ("", "   ", "　"):
        assert listing(api("ent_a"), ZOO, q=q)["count"] == len(TEXTS)


def test_serial_and_organization_are_searched(api, written):
    city = api("city_voc")
    assert set(ids(listing(city, ZOO, q="富拉尔基", page_size=100))) == {
        number for (account, _), number in written.items() if account == "ent_b"
    }
    serial = next(
        record["serial"]
        for record in listing(city, ZOO, q="富拉尔基")["records"]
        if record["id"] == written["ent_b", "welder"]
    )
    assert written["ent_b", "welder"] in ids(listing(city, ZOO, q=serial))
    assert set(ids(listing(city, ZOO, q=f"{serial} 焊工"))) == {written["ent_b", "welder"]}


def test_what_is_masked_is_not_searched(api, written):
    # "owner_name" is personal: plain to its owner, a mask to city and county.
    assert set(ids(listing(api("ent_a"), ZOO, q="张三丰"))) == {written["ent_a", "welder"]}
    for account in ("city_voc", "county_a", "leader"):
        for q in ("张三丰", "三丰", "张", "焊工 张三丰"):
            assert listing(api(account), ZOO, q=q)["count"] == 0, (account, q)
    assert set(ids(listing(api("county_a"), ZOO, q="焊工"))) == {written["ent_a", "welder"]}
    # "高级" stands in a name of one record and in an owner's name of another.
    assert set(ids(listing(api("ent_a"), ZOO, q="高级"))) == {
        written["ent_a", "welder"],
        written["ent_a", "apprentice"],
    }
    assert set(ids(listing(api("county_a"), ZOO, q="高级"))) == {written["ent_a", "welder"]}
    # What is secret is never searched, not even by its owner.
    assert listing(api("ent_a"), ZOO, q="绝密")["count"] == 0


def test_a_search_joins_with_filters_and_pages(api, written):
    city = api("city_voc")
    q = "工"
    whole = ids(listing(city, ZOO, q=q, order="name", page_size=100))
    assert len(whole) == 8
    found, page = [], listing(city, ZOO, q=q, order="name", page_size=3)
    while True:
        found += ids(page)
        if page["next"] is None:
            break
        page = listing(city, ZOO, q=q, order="name", page_size=3, cursor=page["next"])
    assert found == whole
    assert set(ids(listing(city, ZOO, q=q, filters=[where("name", "starts", "高级")]))) == {
        written[account, "welder"] for account in ("ent_a", "ent_b")
    }


def test_the_index_follows_changes(app, api, written):
    ent = api("ent_a")
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            saved = service.create(actor, ZOO, {"name": "镗铣工"})
        assert listing(ent, ZOO, q="镗铣")["count"] == 1
        with unit_of_work():
            service.update(actor, ZOO, saved.id, 1, {"name": "磨工"})
        assert listing(ent, ZOO, q="镗铣")["count"] == 0
        assert ids(listing(ent, ZOO, q="磨工")) == [saved.id]
        with unit_of_work():
            service.void(actor, ZOO, saved.id, "误填")
    assert listing(ent, ZOO, q="磨工")["count"] == 0


def test_common_words_are_found_without_the_index(app, api, written, monkeypatch):
    monkeypatch.setattr(words, "DENSE", 2)
    monkeypatch.setattr(words, "FEW", 1)
    for q, expected in (("焊工", {"welder"}), ("工学", {"apprentice"}), ("高级焊工", {"welder"})):
        assert set(ids(listing(api("ent_a"), ZOO, q=q))) == {written["ent_a", key] for key in expected}
    monkeypatch.setattr(words, "DENSE", 1000)
    assert set(ids(listing(api("ent_a"), ZOO, q="焊工"))) == {written["ent_a", "welder"]}


def test_what_is_staged_is_not_found(app, api, written):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            bulk.create_many(actor, ZOO, [{"name": "钣金工"}, {"name": "钣金工"}], batch="s" * 26)
        assert listing(api("ent_a"), ZOO, q="钣金")["count"] == 0
        with unit_of_work():
            assert bulk.discard(ZOO, "s" * 26) == 2
        with unit_of_work():
            bulk.create_many(actor, ZOO, [{"name": "钣金工"}], batch="t" * 26)
        with unit_of_work():
            assert bulk.show(actor, ZOO, "t" * 26) == 1
    assert listing(api("ent_a"), ZOO, q="钣金")["count"] == 1


def test_pieces():
    assert bigrams("高级焊工") == ["高级", "级焊", "焊工"]
    assert bigrams("焊") == []
    assert bigrams("CO2（ＡＢ）") == ["co", "o2", "ab"]
    assert runs("机床（集团）分厂") == ["机床", "集团", "分厂"]
