"""The page from which a form is published: what has changed, what it means for what was filled in, and its refusals."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest

from app.builder.service import head
from tests.access.tenants import done, work
from tests.builder.pages import hidden, publish, published, save
from tests.conftest import csrf_token

KEY = "paged"


@pytest.fixture(scope="module")
def filled(app):
    """Have a published form with three records and two drafts of it."""
    from tests.conftest import ApiClient

    raw = published(app, lambda name: ApiClient(app, name), KEY, published_when=None)
    clerk = ApiClient(app, "ent_a")
    for number, colour in enumerate("rrg"):
        body = {"answers": {"name": f"象{number}", "colour": colour, "count": number}, "submit": True}
        done(clerk.post(f"/forms/{KEY}/records", json=body), 201)
    for _ in range(2):
        done(clerk.post(f"/forms/{KEY}/records", json={"answers": {"colour": "r"}}), 201)
    return raw


def changed(raw):
    """Return the form with a field of each group changed, and the words that must be read of it."""
    new = deepcopy(raw)
    fields = new["sections"][0]["fields"]
    by_key = {field["key"]: field for field in fields}
    by_key["name"]["label"] = {"zh": "动物名字", "en": "Animal"}
    by_key["count"]["required"] = True
    by_key["colour"]["options"] = [
        {**by_key["colour"]["options"][0], "retired": True},
        *by_key["colour"]["options"][1:],
    ]
    fields.remove(by_key["price"])
    fields.remove(by_key["stars"])
    new["sections"].append({"key": "more", "title": {"zh": "更多", "en": "More"}, "fields": [by_key["stars"]]})
    label = {"zh": "新问题", "en": "Fresh"}
    fields.append({"key": "fresh", "type": "text", "label": label, "class": "public", "required": True})
    return new


def words(page):
    """Return the text of the page's lines of change."""
    lines = re.findall(r'<li(?: class="[^"]*")?>\s*<span class="change-kind">.*?</li>', page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)).strip() for line in lines]


def line_of(page, subject):
    return next(line for line in words(page) if f" {subject} " in line)


def test_each_change_is_told_with_what_it_means(app, api, sign_in, filled):
    save(api, KEY, changed(filled))
    page = sign_in("city_admin").get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert "草稿 v2" in page
    lines = words(page)
    assert [line.split()[0] for line in lines] == sorted(
        (line.split()[0] for line in lines), key=["新增", "修改", "移动", "停用"].index
    )
    fresh = line_of(page, "新问题")
    assert "必填" in fresh
    assert "已有 3 条记录此项为空；仍然有效，再次提交时须填" in fresh
    assert "名称 name → 动物名字" in line_of(page, "动物名字")
    retired = line_of(page, "colour")
    assert "r 红" in retired
    # Two records and both drafts chose what is retired; the third record chose another.
    assert "2 条记录、2 份草稿选用" in retired
    assert "列表列" in retired
    assert "all → 更多 第 1 位" in line_of(page, "stars").replace("全部", "all")
    assert "没有记录填过此项" in line_of(page, "price")
    count = line_of(page, "count")
    assert "选填 → 必填" in count
    assert "2 条" not in count
    assert "「twice」的公式" in count
    english = sign_in("city_admin")
    english.get("/lang/en")
    try:
        page = english.get(f"/forms/{KEY}/publish").get_data(as_text=True)
        assert "label name → Animal" in line_of(page, "Animal")
        assert "2 records, 2 drafts use it" in line_of(page, "colour")
    finally:
        english.get("/lang/zh")


def test_a_draft_that_changed_meanwhile_is_not_published_and_the_change_is_told(app, api, sign_in, filled):
    lock = save(api, KEY, changed(filled))
    client = sign_in("city_admin")
    seen = client.get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert hidden(seen, "lock_version") == str(lock)
    other = changed(filled)
    other["sections"][0]["fields"][1]["label"] = {"zh": "同事改的", "en": "Theirs"}
    save(api, KEY, other)
    body = {"csrf_token": csrf_token(seen), "lock_version": str(lock), "base": hidden(seen, "base"), "note": "x"}
    refused = client.post(f"/forms/{KEY}/publish", data=body)
    assert refused.status_code == 409
    page = refused.get_data(as_text=True)
    alert = page[page.index("没有发布") : page.index("处改动")]
    assert "同事改的" in alert
    assert "动物名字" not in alert
    work(app)
    with app.app_context():
        assert head(KEY).no == 1


def test_a_note_is_asked_for(app, api, sign_in, filled):
    save(api, KEY, changed(filled))
    refused = publish(sign_in("city_admin"), KEY, note="  ")
    assert refused.status_code == 422
    assert "请写版本说明" in refused.get_data(as_text=True)
    assert publish(sign_in("city_admin"), KEY, note="长" * 501).status_code == 422
    work(app)
    with app.app_context():
        assert head(KEY).no == 1


def test_errors_stand_in_the_way_and_say_where(app, api, sign_in, filled):
    broken = changed(filled)
    broken["sections"][0]["fields"][2]["visible_when"] = "no_such_field = 1"
    lock = save(api, KEY, broken)
    client = sign_in("city_admin")
    page = client.get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert "no_such_field" in page
    assert 'name="note"' not in page
    body = {"csrf_token": csrf_token(page), "lock_version": str(lock), "base": "1", "note": "x"}
    assert client.post(f"/forms/{KEY}/publish", data=body).status_code == 422
    work(app)
    with app.app_context():
        assert head(KEY).no == 1


def test_what_becomes_of_answers_of_another_type_is_chosen(app, api, sign_in, filled):
    retyped = changed(filled)
    retyped["sections"][0]["fields"][0].update(type="date")
    retyped["list"] = {"columns": ["count"], "search": [], "order": "count"}
    save(api, KEY, retyped)
    client = sign_in("city_admin")
    page = client.get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert "试转换" in page
    assert 'name="choice:name"' in page
    assert "choice:count" not in page
    refused = publish(client, KEY)
    assert refused.status_code == 422
    assert "没有发布" in refused.get_data(as_text=True)
    work(app)
    with app.app_context():
        assert head(KEY).no == 1


def test_remarks_must_be_confirmed(app, api, sign_in, filled):
    remarked = changed(filled)
    # A label without English is worth a look, and forbids nothing.
    remarked["sections"][0]["fields"][-1]["label"] = {"zh": "新问题"}
    save(api, KEY, remarked)
    client = sign_in("city_admin")
    page = client.get(f"/forms/{KEY}/publish").get_data(as_text=True)
    assert "请核实" in page
    assert publish(client, KEY, seen_warnings=None).status_code == 422
    assert publish(client, KEY).location.startswith("/jobs/")
    work(app)
    with app.app_context():
        assert head(KEY).no == 2
    page = client.get(f"/forms/{KEY}").get_data(as_text=True)
    assert "说明" in page


def test_who_only_reads_forms_cannot_publish(sign_in, filled):
    for account in ("city_voc", "ent_a"):
        client = sign_in(account)
        assert client.get(f"/forms/{KEY}/publish").status_code == 403
        token = csrf_token(client.get("/account/password").get_data(as_text=True))
        assert client.post(f"/forms/{KEY}/publish", data={"csrf_token": token, "note": "x"}).status_code == 403


def test_the_list_tells_states_and_finds(app, api, sign_in, filled):
    raw = deepcopy(filled)
    raw["key"], raw["title"] = "never_live", {"zh": "还没发布的表", "en": "Not live"}
    done(api("city_admin").post("/forms", json={"definition": raw}), 201)
    client = sign_in("city_admin")

    def rows(query):
        page = client.get(f"/forms/?{query}").get_data(as_text=True)
        return {
            key: row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) for key in re.findall(r"meta\">(\w+)", row)
        }

    assert set(rows("q=还没发布")) == {"never_live"}
    assert set(rows("q=NEVER_l")) == {"never_live"}
    assert set(rows("state=new")) == {"never_live"}
    assert "5" in re.sub(r"<[^>]+>", " ", rows(f"q={KEY}")[KEY]).split()
    save(api, KEY, done(api("city_admin").get(f"/forms/{KEY}"), 200)["definition"])
    assert KEY in rows("state=live")
    save(api, KEY, {**changed(filled), "title": {"zh": "又改了", "en": "Changed"}})
    assert KEY not in rows("state=live")
    assert "有未发布修改" in rows("state=changed")[KEY]
    assert rows("q=nothing_is_called_so") == {}
