"""Answers of several parts, all the way: addresses, matrices of a scale, positions."""

from __future__ import annotations

import json
import re
from io import BytesIO
from urllib.parse import quote

import openpyxl
import pytest

from app.database import db
from app.jobs import running
from tests.conftest import csrf_token
from tests.records.zoo import of, publish_form

FORM = "places_of_tests"
SCALE = [{"code": str(number), "zh": f"{number} 分", "en": f"{number}"} for number in range(1, 6)]
ROWS = [{"code": "teach", "zh": "授课", "en": "Teaching"}, {"code": "manage", "zh": "管理", "en": "Management"}]
ADDRESS = {"region": "230203", "detail": "中华路 1 号"}
POINT = {"lat": "47.354348", "lng": "123.918186"}


def definition():
    return {
        "key": FORM,
        "title": {"zh": "地点", "en": "Places"},
        "resource": "pt_teacher",
        "fill_roles": ["school_admin"],
        "list": {"columns": ["name", "site", "home", "spot", "_state"], "order": "name", "search": ["name", "site"]},
        "sections": [
            {
                "key": "all",
                "title": {"zh": "全部", "en": "All"},
                "fields": [
                    of("name", "text", required=True),
                    of("site", "address", codelist="region_qqhr", required=True),
                    of("home", "address", "personal", codelist="region_qqhr", mask="addr_m"),
                    of("score", "matrix", options=SCALE, rows=ROWS, required=True),
                    of("view", "matrix", "personal", options=SCALE, rows=ROWS),
                    of("spot", "geopoint"),
                    of("why", "text", visible_when="score.teach in ['1', '2']"),
                    of("filled_parts", "computed", compute="count(score)"),
                    of("far", "bool", visible_when="spot.lat > 48"),
                    of(
                        "sites",
                        "subtable",
                        fields=[
                            of("label", "text"),
                            of("place", "address", codelist="region_qqhr"),
                            of("point", "geopoint"),
                            of("marks", "matrix", options=SCALE, rows=ROWS),
                        ],
                    ),
                ],
            }
        ],
    }


@pytest.fixture(scope="module", autouse=True)
def _published(app):
    with app.app_context():
        publish_form(definition())


def answers(name, **more):
    return {
        "name": name,
        "site": ADDRESS,
        "home": {"region": "230203", "detail": "文化大街 8 号 2 单元"},
        "score": {"teach": "5", "manage": "4"},
        "spot": POINT,
        "sites": [{"label": "东", "place": ADDRESS, "point": POINT, "marks": {"teach": "3"}}],
        **more,
    }


def create(client, name, *, submit=False, **more):
    response = client.post(f"/forms/{FORM}/records", json={"answers": answers(name, **more), "submit": submit})
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()


def read(client, record):
    response = client.get(f"/forms/{FORM}/records/{record}")
    assert response.status_code == 200
    return response.get_json()


def names(client, *filters, **query):
    """Return the names of the records that a list finds; sorted, unless an order is asked for."""
    given = {"filter": json.dumps(list(filters)), **query}
    text = "&".join(f"{key}={quote(value)}" for key, value in given.items())
    response = client.get(f"/forms/{FORM}/records?page_size=200&{text}")
    assert response.status_code == 200, response.get_data(as_text=True)
    found = [row["answers"]["name"] for row in response.get_json()["records"]]
    return found if "order" in query else sorted(found, key="甲乙丙丁戊己庚辛壬癸子".index)


def work(app):
    with app.app_context():
        running.run_all()
        db.session.remove()


def export(app, client, **spec):
    asked = client.post(f"/forms/{FORM}/exports", json=spec).get_json()
    work(app)
    file = client.get(f"/exports/{asked['export']}/file")
    assert file.status_code == 200
    content = file.data
    file.close()
    return content


def bring(app, client, content):
    response = client.post(
        f"/forms/{FORM}/imports", data={"file": (BytesIO(content), "book.xlsx")}, content_type="multipart/form-data"
    )
    assert response.status_code == 202, response.get_data(as_text=True)
    work(app)
    number = response.get_json()["import"]
    return {**client.get(f"/imports/{number}").get_json(), "id": number}


def commit(app, client, preview):
    assert client.post(f"/imports/{preview['id']}/commit", json={"only_valid": True}).status_code == 202
    work(app)


def opened(content):
    return openpyxl.load_workbook(BytesIO(content))


def heads(sheet):
    return {str(cell.value): cell.column for cell in sheet[1] if cell.value}


def test_what_is_written_is_read_filtered_sorted_and_searched(api):
    school, bureau = api("school_a"), api("city_voc")
    north = {"region": "230204", "detail": "北局宅胡同"}
    one = create(school, "甲", spot="47.3543481, 123.9181862")
    create(school, "乙", site=north, score={"teach": "1", "manage": "4"}, spot={"lat": 48.5, "lng": -120})
    create(school, "丙", site="昂昂溪区 站前路 3 号", score="授课：2；管理：2", spot=None)
    kept = read(school, one["id"])["answers"]
    assert kept["spot"] == POINT
    assert kept["site"] == ADDRESS
    assert kept["filled_parts"] == 2
    assert read(school, one["id"])["answers"]["sites"][0]["marks"] == {"teach": "3"}
    for client in (school, bureau):
        assert names(client, {"field": "site", "op": "under", "value": "230204"}) == ["乙"]
        assert names(client, {"field": "site", "op": "eq", "value": "建华区"}) == ["甲"]
        assert names(client, {"field": "site", "op": "ne", "value": "230203"}) == ["乙", "丙"]
        assert names(client, {"field": "site", "op": "contains", "value": "胡同"}) == ["乙"]
        assert names(client, {"field": "site", "op": "starts", "value": "中华"}) == ["甲"]
        assert names(client, {"field": "score", "op": "has_any", "value": ["授课：1", "teach=2"]}) == ["乙", "丙"]
        assert names(client, {"field": "score", "op": "has_all", "value": ["teach:5", "管理：4"]}) == ["甲"]
        assert names(client, {"field": "score", "op": "has_any", "value": ["4 分"]}) == ["甲", "乙"]
        assert names(client, {"field": "spot", "op": "empty"}) == ["丙"]
        assert names(client, q="站前路") == ["丙"]
    # By the place of the division in its list, then by the line.
    assert names(bureau, order="site") == ["甲", "乙", "丙"]
    assert names(bureau, order="-site") == ["丙", "乙", "甲"]


def test_what_does_not_fit_is_said_with_how_to_mend_it(api):
    school = api("school_a")
    for key, value, words in (
        ("site", {"region": "999999", "detail": "x"}, "区划：没有“999999”这个选项"),
        ("site", {"region": "230203"}, "请填写：详细地址"),
        ("site", {"street": "x"}, "没有“street”这一项"),
        ("score", {"teach": "5"}, "每行都要选，还差：管理"),
        ("score", {"teach": "9", "manage": "1"}, "授课：没有“9”这个选项"),
        ("spot", {"lat": "123.9", "lng": "47.3"}, "经纬度可能填反了"),
        ("spot", {"lat": "47.3"}, "请填写：经度"),
        ("spot", "somewhere", "请填纬度和经度两个数"),
    ):
        response = school.post(
            f"/forms/{FORM}/records", json={"answers": answers("丁", **{key: value}), "submit": True}
        )
        assert response.status_code == 422, (key, value)
        told = {error["field"]: error["message"] for error in response.get_json()["errors"]}
        assert words in told[key]
        # A draft keeps what was typed.
        draft = school.post(f"/forms/{FORM}/records", json={"answers": answers("丁", **{key: value})})
        assert draft.status_code == 201
        kept = read(school, draft.get_json()["id"])["answers"][key]
        assert kept == (value if value != {"lat": "47.3"} else {"lat": "47.300000"})


def test_rules_read_the_parts(api):
    school = api("school_a")
    hidden = create(school, "戊", why="满意", far=True, submit=True)
    assert {"why", "far"}.isdisjoint(read(school, hidden["id"])["answers"])
    shown = create(
        school, "己", score={"teach": "2", "manage": "4"}, why="赶", spot={"lat": 49, "lng": 124}, far=True, submit=True
    )
    assert read(school, shown["id"])["answers"]["why"] == "赶"
    assert read(school, shown["id"])["answers"]["far"] is True


def test_an_address_is_masked_to_its_division_and_stays_when_the_mask_comes_back(api):
    school, bureau = api("school_a"), api("county_a")
    record = create(school, "庚", view={"teach": "1"})
    seen = read(bureau, record["id"])
    assert seen["answers"]["home"] == {"region": "230203", "detail": "***"}
    assert seen["answers"]["view"] == "***"
    assert "文化大街" not in json.dumps(seen, ensure_ascii=False)
    assert "庚" not in names(bureau, {"field": "site", "op": "contains", "value": "文化"})
    refused = bureau.get(
        f"/forms/{FORM}/records?filter=" + quote(json.dumps([{"field": "home", "op": "contains", "value": "文化"}]))
    )
    assert refused.status_code == 400
    body = {"fields": ["home"], "reason": "核对"}
    for changed, region in (
        ({"region": "230203", "detail": "***"}, "230203"),
        ({"region": "230204", "detail": "***"}, "230204"),
    ):
        lock = read(school, record["id"])["lock_version"]
        done = school.put(
            f"/forms/{FORM}/records/{record['id']}", json={"lock_version": lock, "answers": {"home": changed}}
        )
        assert done.status_code == 200
        plain = school.post(f"/forms/{FORM}/records/{record['id']}/reveal", json=body).get_json()["answers"]
        # The division is changed, the line behind its mask stays.
        assert plain["home"] == {"region": region, "detail": "文化大街 8 号 2 单元"}


def test_the_page_takes_the_parts_without_a_script(api, sign_in):
    desk = sign_in("school_a")
    page = desk.get(f"/records/{FORM}/add").get_data(as_text=True)
    for name in ("f-site.region", "f-site.detail", "f-score.teach", "f-spot.lat", "f-sites-__i__-place.region"):
        assert f'name="{name}"' in page, name
    posted = {
        "csrf_token": csrf_token(page),
        "lock_version": "0",
        "_do": "save",
        "f-name": "辛",
        "f-site": "",
        "f-site.region": "230206",
        "f-site.detail": "红岸大街 5 号",
        "f-score": "",
        "f-score.teach": "4",
        "f-view": "",
        "f-spot": "",
        "f-spot.lat": "47.2",
        "f-spot.lng": "１２３．６",
        "f-sites": "",
        "f-sites-0-_row": "",
        "f-sites-0-label": "西",
        "f-sites-0-place": "",
        "f-sites-0-place.region": "230206",
        "f-sites-0-place.detail": "站前街",
        "f-sites-0-marks": "",
        "f-sites-0-marks.manage": "2",
    }
    saved = desk.post(f"/records/{FORM}/add", data=posted)
    assert saved.status_code == 302, saved.get_data(as_text=True)[:2000]
    school = api("school_a")
    (found,) = [
        row
        for row in school.get(f"/forms/{FORM}/records?page_size=200").get_json()["records"]
        if row["answers"]["name"] == "辛"
    ]
    kept = read(school, found["id"])["answers"]
    assert kept["site"] == {"region": "230206", "detail": "红岸大街 5 号"}
    assert kept["score"] == {"teach": "4"}
    assert kept["spot"] == {"lat": "47.200000", "lng": "123.600000"}
    assert kept["sites"][0]["place"] == {"region": "230206", "detail": "站前街"}
    assert kept["sites"][0]["marks"] == {"manage": "2"}
    # All parts emptied: no answer any more.
    page = desk.get(f"/records/{FORM}/edit/{found['id']}").get_data(as_text=True)
    assert re.search(r'name="f-score\.teach" value="4"[^>]*checked', page)
    lock = re.search(r'name="lock_version" value="(\d+)"', page)[1]
    emptied = {
        "csrf_token": csrf_token(page),
        "lock_version": lock,
        "_do": "save",
        "f-spot": "",
        "f-spot.lat": "",
        "f-spot.lng": "",
    }
    assert desk.post(f"/records/{FORM}/edit/{found['id']}", data=emptied).status_code == 302
    assert "spot" not in read(school, found["id"])["answers"]
    shown = desk.get(f"/records/{FORM}/show/{found['id']}").get_data(as_text=True)
    assert "富拉尔基区 红岸大街 5 号" in shown
    assert "授课：4 分" in shown


def test_differences_are_told_row_by_row(api, sign_in):
    school = api("school_a")
    record = create(school, "壬")
    changed = school.put(
        f"/forms/{FORM}/records/{record['id']}",
        json={"lock_version": record["lock_version"], "answers": {"score": {"teach": "2", "manage": "4"}}},
    )
    assert changed.status_code == 200
    page = sign_in("school_a").get(f"/records/{FORM}/history/{record['id']}").get_data(as_text=True)
    assert "授课：5 分" in page
    assert "授课：2 分" in page


def test_a_workbook_has_a_column_for_each_part_and_comes_back_unchanged(app, api):
    school = api("school_a")
    record = create(school, "癸", view={"manage": "5"})
    template = opened(school.get(f"/forms/{FORM}/template.xlsx").data)
    sheet = template.worksheets[0]
    places = heads(sheet)
    assert {"site.region", "site.detail", "score.teach", "score.manage", "spot.lat", "spot.lng"} <= places.keys()
    assert {"place.region", "point.lng", "marks.teach"} <= heads(template.worksheets[1]).keys()
    assert sheet.cell(2, places["score.teach"]).value == "score·授课 *"
    lists = {str(rule.sqref).split(":")[0].rstrip("0123456789") for rule in sheet.data_validations.dataValidation}
    assert {openpyxl.utils.get_column_letter(places[key]) for key in ("site.region", "score.teach")} <= lists
    # out, and in again without a change
    content = export(app, school)
    book = opened(content)
    rows = {
        row[heads(book.worksheets[0])["name"] - 1]: row
        for row in book.worksheets[0].iter_rows(min_row=4, values_only=True)
    }
    columns = heads(book.worksheets[0])
    assert rows["癸"][columns["score.teach"] - 1] == "5 分"
    assert float(rows["癸"][columns["spot.lat"] - 1]) == 47.354348
    preview = bring(app, school, content)
    assert preview["counts"]["errors"] == 0, preview
    assert (preview["counts"]["new"], preview["counts"]["changed"]) == (0, 0), preview
    # one part changed
    sheet = book.worksheets[0]
    row = next(number for number in range(4, sheet.max_row + 1) if sheet.cell(number, columns["name"]).value == "癸")
    sheet.cell(row, columns["site.detail"]).value = "中华路 2 号"
    sheet.cell(row, columns["score.manage"]).value = 1
    sheet.cell(row, columns["spot.lat"]).value = None
    sheet.cell(row, columns["spot.lng"]).value = None
    out = BytesIO()
    book.save(out)
    preview = bring(app, school, out.getvalue())
    assert (preview["counts"]["new"], preview["counts"]["changed"]) == (0, 1), preview
    commit(app, school, preview)
    kept = read(school, record["id"])["answers"]
    assert kept["site"] == {"region": "230203", "detail": "中华路 2 号"}
    assert kept["score"] == {"teach": "5", "manage": "1"}
    assert "spot" not in kept
    body = {"fields": ["home", "view"], "reason": "核对"}
    plain = school.post(f"/forms/{FORM}/records/{record['id']}/reveal", json=body).get_json()["answers"]
    assert plain["home"]["detail"] == "文化大街 8 号 2 单元"
    assert plain["view"] == {"manage": "5"}


def test_a_column_without_the_other_parts_is_not_read(app, api):
    school = api("school_a")
    record = create(school, "子")
    book = opened(export(app, school))
    sheet = book.worksheets[0]
    columns = heads(sheet)
    for number in range(1, sheet.max_row + 1):
        sheet.cell(number, columns["site.detail"]).value = None
    sheet.cell(4, columns["site.region"]).value = "230204"
    out = BytesIO()
    book.save(out)
    preview = bring(app, school, out.getvalue())
    assert preview["counts"]["changed"] == 0
    assert read(school, record["id"])["answers"]["site"] == ADDRESS
