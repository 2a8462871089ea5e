"""A form is published while drafts are open: no answer is lost, whichever way it is saved."""

from __future__ import annotations

import pytest

from tests.conftest import csrf_token
from tests.records.doors import change, create, listing, ok, path, read
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form

#: Fields that stay, go, get another type, get stricter; new ones that are asked for.
OLD = ("name", "text"), ("gone", "text"), ("when", "text"), ("free", "text")


def old(key):
    return form(
        key,
        *(of(name, type_) for name, type_ in OLD),
        of("rows", "subtable", fields=[of("a", "text"), of("b", "text")]),
    )


def grave(key):
    return form(
        key,
        of("name", "text", required=True),
        of("when", "date"),
        of("free", "text", max_length=2),
        of("must", "text", required=True),
        of("rows", "subtable", fields=[of("a", "text"), of("c", "text", required=True)]),
    )


def light(key):
    return form(
        key,
        of("more", "text"),
        *(of(name, type_, label={"zh": name + "新", "en": name}) for name, type_ in OLD),
        of("rows", "subtable", fields=[of("a", "text"), of("b", "text"), of("c", "text")]),
    )


def answers(no):
    return {
        "name": f"名{no}",
        "gone": f"去{no}",
        "when": f"何时{no}",
        "free": f"随便写{no}",
        "rows": [{"a": f"甲{no}", "b": f"乙{no}"}],
    }


def posted(no, **more):
    return {
        "f-name": f"名{no}",
        "f-gone": f"去{no}",
        "f-when": f"何时{no}",
        "f-free": f"随便写{no}",
        "f-rows": "",
        "f-rows-0-_row": "",
        "f-rows-0-a": f"甲{no}",
        "f-rows-0-b": f"乙{no}",
        **more,
    }


def hidden(page, name):
    """Return a hidden input of the entry page."""
    part = page.partition(f'name="{name}" value="')[2]
    return part.partition('"')[0]


def bare(found):
    """Return answers without the ids of rows."""
    return {
        **found,
        "rows": [{key: cell for key, cell in row.items() if key != "_row"} for row in found.get("rows", [])],
    }


@pytest.mark.parametrize("after", [grave, light])
def test_five_drafts_are_open_while_a_version_is_published(app, api, sign_in, after):
    key = f"five_{after.__name__}"
    ent, web = api("ent_a"), sign_in("ent_a")
    with app.app_context():
        publish_form(old(key))
    drafts = [create(ent, key, {"name": f"初{no}"}) for no in range(4)]
    pages = [web.get(f"/records/{key}/edit/{draft['id']}").get_data(as_text=True) for draft in drafts]
    fresh = web.get(f"/records/{key}/add").get_data(as_text=True)
    token = csrf_token(fresh)
    with app.app_context():
        publish_form(after(key), choices={"when": "convert"} if after is grave else None)
    # One is saved by the API, one by the page, one by the page's own saving, one that was not changed is looked at;
    # the fifth is new.
    change(ent, key, drafts[0], answers(0))
    data = posted(1, csrf_token=token, lock_version="1", form_version=hidden(pages[1], "form_version"), _do="save")
    assert web.post(f"/records/{key}/edit/{drafts[1]['id']}", data=data).status_code == 302
    body = {
        "lock_version": 1,
        "form_version": int(hidden(pages[2], "form_version")),
        "form": [[name, value] for name, value in posted(2).items()],
    }
    response = web.post(f"/records/{key}/draft/{drafts[2]['id']}", json=body, headers={"X-CSRFToken": token})
    assert response.status_code == 200, response.get_data(as_text=True)[:500]
    page = web.get(f"/records/{key}/edit/{drafts[3]['id']}")
    assert page.status_code == 200
    assert ("表单已更新到第 2 版" in page.get_data(as_text=True)) == (after is grave)
    data = posted(4, csrf_token=token, lock_version="0", form_version=hidden(fresh, "form_version"), _do="save")
    response = web.post(f"/records/{key}/add", data=data)
    assert response.status_code == 302, response.get_data(as_text=True)[:500]
    new = response.location.rpartition("/")[2]
    saved = [*(draft["id"] for draft in drafts[:3]), new]
    assert [bare(read(ent, key, one)["answers"]) for one in saved] == [answers(no) for no in (0, 1, 2, 4)]
    version = 1 if after is grave else 2
    assert {read(ent, key, one)["form_version"] for one in saved} == {version}
    # A sixth begins by the page's own saving.
    body["form"] = [[name, value] for name, value in posted(5).items()]
    found = ok(web.post(f"/records/{key}/draft/new", json=body, headers={"X-CSRFToken": token}))
    assert bare(read(ent, key, found["id"])["answers"]) == answers(5)
    # What they say is read and listed, and upgraded when somebody says so: what is asked no more stays in the drawer.
    assert listing(ent, key)["count"] == 6
    if after is grave:
        lock = read(ent, key, saved[0])["lock_version"]
        ok(ent.post(path(key, saved[0], "/upgrade"), json={"lock_version": lock}))
        kept = ok(ent.get(path(key, saved[0], "/unasked")))
        assert {item["field"] for item in kept["unasked"]} == {"gone", "rows.b"}
        assert [(item["field"], item["raw"]) for item in kept["aside"]] == [("when", "何时0")]
        assert read(ent, key, saved[0])["answers"]["free"] == "随便写0"
        page = web.get(f"/records/{key}/show/{saved[0]}").get_data(as_text=True)
        for text in ("去0", "乙0", "何时0", "不再询问", "待处理"):
            assert text in page


def test_a_page_of_a_version_between_is_saved_under_it(app, api, sign_in):
    """Drawn with a light change, posted after a grave one: what was typed into the new field has a place."""
    key, ent, web = "between", api("ent_a"), sign_in("ent_a")
    with app.app_context():
        publish_form(form(key, of("name", "text")))
    draft = create(ent, key, {"name": "一"})
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("more", "text")))
    page = web.get(f"/records/{key}/edit/{draft['id']}").get_data(as_text=True)
    assert 'name="f-more"' in page
    with app.app_context():
        publish_form(form(key, of("name", "text"), of("must", "text", required=True)))
    data = {"csrf_token": csrf_token(page), "lock_version": "1", "_do": "save", "f-name": "一", "f-more": "写了"}
    data["form_version"] = hidden(page, "form_version")
    assert web.post(f"/records/{key}/edit/{draft['id']}", data=data).status_code == 302
    view = read(ent, key, draft)
    assert (view["form_version"], view["answers"]) == (2, {"name": "一", "more": "写了"})
