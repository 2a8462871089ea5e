"""A city in which every kind of page has something to show: demo records, and work in every stage beside them."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from io import BytesIO

from app.access.actor import today
from tests.access.tenants import PNG, TEACHERS, done, work, workbook
from tests.builder.pages import publish, published, save
from tests.conftest import ApiClient, csrf_token, sign_in_client
from tests.samples import demand, teacher
from tests.visitors import probes

DEMANDS = "labor_demand_survey"
ASKED = "asked_zoo"


def furnish(app):
    """Add what the demo records do not have: campaigns, codes, an import, an export, requests, blocks, aggregates."""
    city, school, county, ent = (ApiClient(app, account) for account in ("city_voc", "school_a", "county_a", "ent_a"))
    day = today()
    dates = {"opens_on": day.isoformat(), "due_on": (day + timedelta(days=9)).isoformat()}
    for title, kinds in (("本季度用工需求", ["enterprise"]), ("未发布的任务", ["enterprise"])):
        body = {"form": DEMANDS, "title": title, **dates, "targets": {"kinds": kinds}}
        made = done(city.post("/campaigns", json=body), 201)
        if title.startswith("本"):
            done(city.post(f"/campaigns/{made['id']}/open"), 200)
    probes.publish(app)
    probes.issue(school, probes.NAMED, 2, note="一班")
    for code in probes.issue(school, probes.ANONYMOUS, 6):
        answers = {"answers": {"name": "某", "score": 4}, "submit": True}
        probes.Visitor(app, code).post(f"/forms/{probes.ANONYMOUS}/records", json=answers)
    book = workbook(app, school, [teacher(900), teacher(901, mobile="12")])
    sent = {"file": (BytesIO(book), "book.xlsx")}
    done(school.post(f"/forms/{TEACHERS}/imports", data=sent, content_type="multipart/form-data"), 202)
    done(county.post(f"/forms/{DEMANDS}/exports", json={"format": "csv"}), 202)
    photo = {"file": (BytesIO(PNG), "照片.png"), "field": "photo"}
    file = done(school.post(f"/forms/{TEACHERS}/files", data=photo, content_type="multipart/form-data"), 201)["id"]
    done(school.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(910, photo=[file])}), 201)
    returned = done(ent.post(f"/forms/{DEMANDS}/records", json={"answers": demand("退回"), "submit": True}), 201)
    note = {"field": "positions.need_count", "row": 1, "text": "请核实人数", "severity": "must"}
    back = {"lock_version": returned["lock_version"], "comment": "请改", "notes": [note]}
    done(county.post(f"/forms/{DEMANDS}/records/{returned['id']}/actions/return", json=back), 200)
    fields = [probes.field("name", "text", "名称"), probes.field("plan", "text", "计划")]
    asked = {"key": "s", "title": {"zh": "填写", "en": "Fill"}, "fields": fields}
    shown = {"columns": ["name"], "search": [], "order": "name"}
    title = {"zh": "申请发布的表", "en": "Asked for"}
    raw = published(
        app, lambda name: ApiClient(app, name), ASKED, title=title, sections=[asked], list=shown, published_when=None
    )
    opened = deepcopy(raw)
    opened["sections"][0]["fields"][1]["class"] = "public"
    save(lambda name: ApiClient(app, name), ASKED, opened)
    web = app.test_client()
    assert sign_in_client(web, "city_admin").status_code == 302
    assert publish(web, ASKED, note="公开计划").location.startswith("/forms/requests/")
    work(app)
    return returned["id"]


def visitor_pages(app, language):
    """Yield what somebody without an account is shown on his way, as names and answers."""
    school = ApiClient(app, "school_a")
    for form in (probes.NAMED, probes.ANONYMOUS):
        (code,) = probes.issue(school, form)
        client = app.test_client()
        client.get(f"/lang/{language}")
        arrival = client.get(f"/v/c/{code}")
        yield f"{form} arrival", arrival
        token = csrf_token(arrival.get_data(as_text=True))
        yield f"{form} wrong code", client.post("/v/", data={"csrf_token": token, "code": "AAAA-BBBB-CCCC"})
        client.post("/v/", data={"csrf_token": token, "code": code})
        page = client.get("/v/fill")
        yield f"{form} page", page
        token = csrf_token(page.get_data(as_text=True))
        lacking = client.post("/v/fill", data={"csrf_token": token, "_do": "submit", "f-name": "来访者"})
        yield f"{form} lacking", lacking
        token = csrf_token(lacking.get_data(as_text=True))
        sent = {"csrf_token": token, "lock_version": "1", "_do": "submit", "f-name": "来访者", "f-score": "3"}
        assert client.post("/v/fill", data=sent).location == "/v/done"
        yield f"{form} thanks", client.get("/v/done")


def refusals(app, language, record):
    """Yield pages that say no: to nobody, to somebody without the right, for errors, and for somebody faster."""
    client = app.test_client()
    client.get(f"/lang/{language}")
    yield "login", client.get("/login/")
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    wrong = {"username": "nobody_at_all", "password": "x", "csrf_token": token}
    yield "login refused", client.post("/login/", data=wrong)
    ent = app.test_client()
    assert sign_in_client(ent, "ent_a").status_code == 302
    ent.get(f"/lang/{language}")
    yield "403", ent.get("/accounts/999999999")
    yield "404", ent.get(f"/records/{DEMANDS}/show/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    yield "405", ent.get("/messages/read")
    yield "400", ent.get(f"/records/{DEMANDS}/list?ff={'nothing' if language == 'en' else '没有'}&fo=eq&fv=1")
    edit = f"/records/{DEMANDS}/edit/{record}"
    token = csrf_token(ent.get(edit).get_data(as_text=True))
    yield "409", ent.post(edit, data={"csrf_token": token, "lock_version": "1", "_do": "save", "f-staff_now": "7"})
    yield (
        "422",
        ent.post(f"/records/{DEMANDS}/add", data={"csrf_token": token, "_do": "submit", "f-has_demand": "true"}),
    )
    here = {"Origin": "http://localhost"}
    yield "aged", ent.post(edit, data={"csrf_token": "x", "f-staff_now": "7"}, headers=here)
    yield "expired", client.post(edit, data={"csrf_token": "x", "f-staff_now": "7"}, headers=here)
    yield "old browser", client.get("/login/", headers={"User-Agent": "Mozilla/5.0 (Trident/7.0; rv:11.0)"})
