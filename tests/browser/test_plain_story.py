"""The main job without scripts: fill, save half-done, mend errors, submit, return with notes, approve, collect."""

from __future__ import annotations

import re

import pytest

from tests.browser.plain_forms import read_form

FORM = "/records/labor_demand_survey"
POSITION = {
    "need_count": 5,
    "edu_req": "0",
    "duty": "负责结构件焊接与打磨",
    "work_region": "230203",
    "salary_min": "4500.00",
    "salary_max": "6500.00",
    "contract_type": "1",
    "reason": ["2"],
    "urgency": "1",
    "arrive_by": "2027-03",
    "channel": ["1"],
    "occupation_code": "6-18-02-04",
    "publish_ok": False,
    "valid_until": "2027-06-30",
}


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, response.get_data(as_text=True)[:400]
    return response.get_data(as_text=True)


def refusal(client, path, name):
    """Return the page that refuses a record, without its address and the token of its forms."""
    return re.sub(r'value="[^"]{60,}"', "", page(client, path + name, 404).replace(name, ""))


def fill_row(form, row, **values):
    for key, value in {**POSITION, **values}.items():
        form.set(f"f-positions-{row}-{key}", value)


def errors(html):
    """Return the lines of the error summary with the id that each links to."""
    summary = re.search(r'id="entry-errors".*?</section>', html, re.DOTALL)
    assert summary, html[:400]
    return dict(re.findall(r'href="#([\w-]+)">([^<]*)</a>', summary[0]))


@pytest.fixture(scope="module")
def told():
    """Return what one step of the story tells the next."""
    return {}


def test_a_draft_is_saved_half_done_and_found_again(sign_in, told):
    client = sign_in("ent_a")
    form = read_form(page(client, f"{FORM}/add"))
    form.fill(period_type="3", period_start="2031-07", period_end="2031-12", has_demand=True, staff_now=120)
    response = client.post(f"{FORM}/add", data=form.data(_do="add-row:positions"))
    two = read_form(response.get_data(as_text=True))
    assert [value for name, value in two.buttons if value.startswith("remove-row")] == [
        "remove-row:positions:0",
        "remove-row:positions:1",
    ]
    fill_row(two, 0, position_name="焊工")
    fill_row(two, 1, position_name="", salary_max="4000.00")
    saved = client.post(f"{FORM}/add", data=two.data(_do="save"))
    assert saved.status_code == 302
    told["edit"] = saved.location
    again = read_form(page(client, saved.location))
    assert again.get("positions-0-position_name") == ["焊工"]
    assert again.get("positions-1-salary_max") == ["4,000.00"] or again.get("positions-1-salary_max") == ["4000.00"]
    assert told["edit"] in page(client, "/")


def test_errors_name_field_and_row_and_link_to_them(sign_in, told):
    client = sign_in("ent_a")
    form = read_form(page(client, told["edit"]))
    response = client.post(told["edit"], data=form.data(_do="submit"))
    html = response.get_data(as_text=True)
    assert response.status_code == 422
    assert errors(html) == {
        "f-positions-1-position_name": "岗位需求 第 2 行 岗位名称：请填写",
        "f-positions-1-salary_max": "岗位需求 第 2 行 月薪上限：月薪上限不能低于月薪下限",
    }
    for target in errors(html):
        assert f'id="{target}"' in html
    mended = read_form(html)
    mended.fill(**{"positions-1-position_name": "电工", "positions-1-salary_max": "7000"})
    done = client.post(told["edit"], data=mended.data(_do="submit"))
    assert done.status_code == 302
    told["show"] = done.location
    assert "待县区审核" in page(client, done.location)


def test_a_return_carries_notes_to_the_fields(sign_in, told):
    record = told["show"].rpartition("/")[2]
    county = sign_in("county_a")
    review = f"/work/labor_demand_survey/{record}"
    assert review in page(county, "/work/")
    form = read_form(page(county, review), "data-review")
    silent = county.post(f"{review}/return", data=form.data())
    assert silent.status_code == 422
    assert "退回时请至少写一条批注" in silent.get_data(as_text=True)
    data = form.data()
    data.setlist("note-field", ["positions.salary_max@2", ""])
    data.setlist("note-text", ["高于本地水平，请核实", "其余无误"])
    assert county.post(f"{review}/return", data=data).status_code == 302
    own = sign_in("ent_a")
    shown = page(own, told["show"])
    assert 'href="#v-positions-salary_max-2">岗位需求 第 2 行 月薪上限</a>' in shown
    assert 'id="v-positions-salary_max-2"' in shown
    entry = page(own, told["edit"])
    assert 'href="#f-positions-1-salary_max"' in entry
    assert re.search(r'id="f-positions-1-salary_max-note">\s*<p[^>]*>.*?高于本地水平', entry, re.DOTALL)
    mended = read_form(entry)
    mended.fill(**{"positions-1-salary_max": "6800.00"})
    assert own.post(told["edit"], data=mended.data(_do="submit")).status_code == 302


def test_the_reviewer_sees_what_changed_then_approves_and_the_city_collects(sign_in, told):
    review = f"/work/labor_demand_survey/{told['show'].rpartition('/')[2]}"
    county, city = sign_in("county_a"), sign_in("city_voc")
    html = page(county, review)
    assert re.search(r"岗位需求 第 2 行 月薪上限.*?<del>7,000\.00</del> → <ins>6,800\.00</ins>", html, re.DOTALL)
    assert county.post(f"{review}/approve", data=read_form(html, "data-review").data()).status_code == 302
    form = read_form(page(city, review), "data-review")
    assert city.post(f"{review}/collect", data=form.data()).status_code == 302
    assert "已汇总发布" in page(sign_in("ent_a"), told["show"])


def test_others_get_what_a_made_up_address_gets(sign_in, told):
    record = told["show"].rpartition("/")[2]
    made_up = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    for account in ("county_b", "ent_b"):
        client = sign_in(account)
        for path in (
            f"{FORM}/show/",
            f"{FORM}/edit/",
            f"{FORM}/history/",
            f"{FORM}/print/",
            "/work/labor_demand_survey/",
        ):
            real, invented = (refusal(client, path, name) for name in (record, made_up))
            assert real == invented
        listed = page(client, f"{FORM}/list?q=焊工")
        assert record not in listed
        assert "没有符合条件的记录" in listed
