"""Every body of the API, member by member: designing, listing, records, steps, files, workbooks."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest

from tests.access.tenants import PNG, work, workbook
from tests.api.test_contract import NOWHERE, problem_of
from tests.conftest import ApiClient
from tests.records.zoo import definition
from tests.samples import demand, teacher

DEMANDS, TEACHERS = "/forms/labor_demand_survey", "/forms/pt_teacher_register"
SAVED = {"id", "serial", "state", "lock_version", "receipt"}
RECORD = {
    "id",
    "serial",
    "state",
    "organization",
    "region",
    "form_version",
    "lock_version",
    "updated_at",
    "masked",
    "answers",
}


def ok(response, status=200):
    assert response.status_code == status, response.get_data(as_text=True)[:800]
    assert response.mimetype == "application/json"
    return response.get_json()


# Design


def titled(raw, zh):
    return {**raw, "title": {"zh": zh, "en": "Zoo"}}


def field(key, **more):
    return {"key": key, "type": "text", "label": {"zh": "新", "en": "New"}, "class": "public", **more}


def with_field(raw, *new):
    section = raw["sections"][0]
    return {**raw, "sections": [{**section, "fields": [*section["fields"], *new]}]}


def test_a_form_is_designed_checked_and_published(app, api):
    admin = api("city_admin")
    raw = definition(key="designed")
    assert ok(admin.post("/forms", json={"definition": raw}), 201) == {"key": "designed", "draft": {"lock_version": 1}}
    assert problem_of(admin.post("/forms", json={"definition": raw}), 409)["code"] == "form_exists"
    assert admin.get("/forms/designed").status_code == 404, "nothing is published yet"
    found = ok(admin.get("/forms/designed/draft"))
    assert found == {"lock_version": 1, "based_on": 0, "definition": raw}
    assert ok(admin.put("/forms/designed/draft", json={"lock_version": 1, "definition": titled(raw, "甲")})) == {
        "lock_version": 2
    }
    assert ok(admin.put("/forms/designed/draft", json={"lock_version": 2, "definition": titled(raw, "乙")})) == {
        "lock_version": 3
    }
    stale = problem_of(
        admin.put("/forms/designed/draft", json={"lock_version": 2, "definition": titled(raw, "丙")}), 409
    )
    assert stale["lock_version"] == 3
    assert stale["theirs"]["title"]["zh"] == "乙"
    assert stale["conflicts"] == [{"path": "title.zh", "mine": "丙", "theirs": "乙"}]
    renamed = {**raw, "key": "other_key"}
    problem_of(admin.put("/forms/designed/draft", json={"lock_version": 3, "definition": renamed}), 422)

    broken = with_field(raw, field("name"), field("lost", visible_when="no_such_field = 1"))
    lock = ok(admin.put("/forms/designed/draft", json={"lock_version": 3, "definition": broken}))["lock_version"]
    checked = ok(admin.post("/forms/designed/check"))
    assert set(checked) == {"errors", "warnings"}
    assert checked["errors"]
    assert all(set(issue) == {"code", "path", "message"} for issue in checked["errors"] + checked["warnings"])
    refused = problem_of(admin.post("/forms/designed/publish", json={"lock_version": lock}), 422)
    assert refused["errors"]
    lock = ok(admin.put("/forms/designed/draft", json={"lock_version": lock, "definition": raw}))["lock_version"]
    assert ok(admin.post("/forms/designed/check"))["errors"] == []
    problem_of(admin.post("/forms/designed/publish", json={"lock_version": lock - 1}), 409)
    problem_of(admin.post("/forms/designed/publish", json={"lock_version": lock, "note": "长" * 501}), 422)
    answer = ok(
        admin.post("/forms/designed/publish", json={"lock_version": lock, "note": "第一版", "choices": {}}), 202
    )
    assert set(answer) == {"job", "impact"}
    assert {"class", "changes"} <= set(answer["impact"])
    job = ok(admin.get(f"/jobs/{answer['job']}"))
    assert set(job) == {"id", "kind", "state", "done", "total", "error", "result"}
    assert (job["kind"], job["state"]) == ("publish", "queued")
    work(app)
    job = ok(admin.get(f"/jobs/{answer['job']}"))
    assert (job["state"], job["error"], job["result"]["version"]) == ("done", None, 1)
    assert ok(admin.get("/forms/designed"))["version"] == 1
    assert (
        problem_of(admin.post("/forms/designed/publish", json={"lock_version": lock}), 409)["code"]
        == "nothing_to_publish"
    )

    kept = ok(api("ent_a").post("/forms/designed/records", json={"answers": {"name": "虎", "count": 2}}), 201)
    more = with_field(raw, field("colour_of_eyes"))
    lock = ok(admin.put("/forms/designed/draft", json={"lock_version": lock, "definition": more}))["lock_version"]
    answer = ok(admin.post("/forms/designed/publish", json={"lock_version": lock}), 202)
    assert answer["impact"]["class"] == "additive"
    (change,) = answer["impact"]["changes"]
    assert set(change) == {"path", "kind", "class", "records", "drafts", "rules"}
    assert (change["path"], change["class"], change["drafts"]) == ("colour_of_eyes", "additive", 1)
    work(app)
    shown = ok(api("ent_a").get("/forms/designed"))
    assert set(shown) == {"key", "title", "resource", "kind", "version", "definition"}
    assert shown["version"] == 2
    assert ok(api("ent_a").get("/forms/designed/versions/1"))["definition"] == raw
    problem_of(api("ent_a").get("/forms/designed/versions/3"), 404)
    assert ok(api("ent_a").get(f"/forms/designed/records/{kept['id']}"))["form_version"] == 1
    filled = ok(api("ent_a").post("/forms/designed/records", json={"answers": {"colour_of_eyes": "绿"}}), 201)
    assert ok(api("ent_a").get(f"/forms/designed/records/{filled['id']}"))["answers"]["colour_of_eyes"] == "绿"


def test_a_publication_that_fails_says_why_in_both_languages(app, api):
    """What was fit when it was asked for may not be when a worker comes to it."""
    admin = api("city_admin")
    raw = definition(key="hurried")
    ok(admin.post("/forms", json={"definition": raw}), 201)
    job = ok(admin.post("/forms/hurried/publish", json={"lock_version": 1}), 202)["job"]
    ok(admin.put("/forms/hurried/draft", json={"lock_version": 1, "definition": titled(raw, "改")}))
    work(app)
    zh, en = (ok(api("city_admin", language).get(f"/jobs/{job}")) for language in ("zh", "en"))
    assert zh["state"] == en["state"] == "failed"
    assert re.search(r"[\u4e00-\u9fff]", zh["error"])
    assert not re.search(r"[\u4e00-\u9fff]", en["error"])
    assert admin.get("/forms/hurried").status_code == 404
    job = ok(admin.post("/forms/hurried/publish", json={"lock_version": 2}), 202)["job"]
    work(app)
    assert ok(admin.get(f"/jobs/{job}"))["state"] == "done"


def test_forms_are_listed_by_what_the_actor_may_see(api):
    found = ok(api("county_a_emp").get("/forms"))
    assert set(found) == {"forms"}
    listed = {form["key"]: form for form in found["forms"]}
    assert "labor_demand_survey" in listed
    assert "pt_teacher_register" not in listed
    assert {"key", "title", "resource", "kind", "version", "actions"} <= set(listed["labor_demand_survey"])
    problem_of(api("county_a_emp").get(TEACHERS), 403)
    assert ok(api("school_a").get(TEACHERS))["definition"]["key"] == "pt_teacher_register"
    problem_of(api("school_a").get("/forms/no_such_form"), 404)


# Lists


@pytest.fixture(scope="module")
def herd(app):
    """Seven demands of one enterprise; return their ids in the order of writing."""
    client = ApiClient(app, "ent_b")
    found = []
    for number in range(7):
        answers = demand(f"列{number}", staff_now=number)
        found.append(ok(client.post(f"{DEMANDS}/records", json={"answers": answers}), 201)["id"])
    return found


def listed(client, **query):
    arguments = {key.rstrip("_"): json.dumps(value) if key == "filter" else value for key, value in query.items()}
    return ok(client.get(f"{DEMANDS}/records", query_string=arguments))


def ids(found):
    return [record["id"] for record in found["records"]]


def test_a_list_has_these_members(api, herd):
    found = listed(api("ent_b"), page_size=3)
    assert set(found) == {"count", "count_capped", "next", "previous", "records"}
    assert (found["count"], found["count_capped"], found["previous"]) == (7, False, None)
    for record in found["records"]:
        assert set(record) >= RECORD
        assert set(record["organization"]) == {"id", "name"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d", record["updated_at"])


@pytest.mark.parametrize("order", ["staff_now", "-staff_now", "_serial", "-_updated_at", "_state"])
def test_pages_follow_each_other_both_ways(api, herd, order):
    client = api("ent_b")
    whole = ids(listed(client, order=order))
    assert sorted(whole) == sorted(herd)
    pages, page = [], listed(client, order=order, page_size=3)
    while True:
        pages += ids(page)
        if page["next"] is None:
            break
        page = listed(client, order=order, page_size=3, cursor=page["next"])
    assert pages == whole
    last = listed(client, order=order, page_size=3, from_="end")
    assert last["next"] is None
    back = ids(last)
    while last["previous"] is not None:
        last = listed(client, order=order, page_size=3, cursor=last["previous"])
        back = ids(last) + back
    assert back == whole
    if order.endswith("staff_now"):
        expected = herd if order == "staff_now" else herd[::-1]
        assert whole == expected


def test_the_count_stops_unless_it_shall_be_exact(api, herd, monkeypatch):
    monkeypatch.setattr("app.records.lists.listing.CAP", 5)
    client = api("ent_b")
    capped = listed(client, page_size=2)
    assert (capped["count"], capped["count_capped"]) == (6, True)
    exact = listed(client, page_size=2, count="exact")
    assert (exact["count"], exact["count_capped"]) == (7, False)


@pytest.mark.parametrize(
    "case",
    [
        ("staff_now", "eq", 3, {3}),
        ("staff_now", "ne", 3, {0, 1, 2, 4, 5, 6}),
        ("staff_now", "in", [1, 2], {1, 2}),
        ("staff_now", "not_in", [1, 2], {0, 3, 4, 5, 6}),
        ("staff_now", "lt", 2, {0, 1}),
        ("staff_now", "lte", 2, {0, 1, 2}),
        ("staff_now", "gt", 4, {5, 6}),
        ("staff_now", "gte", 4, {4, 5, 6}),
        ("staff_now", "between", [2, 4], {2, 3, 4}),
        ("staff_now", "empty", None, set()),
        ("staff_now", "not_empty", None, set(range(7))),
        ("filler_name", "contains", "测", set(range(7))),
        ("filler_name", "starts", "试", set()),
        ("_state", "eq", "draft", set(range(7))),
        ("_state", "eq", "collected", set()),
    ],
)
def test_operators(api, herd, case):
    field, op, value, expected = case
    found = listed(api("ent_b"), filter=[{"field": field, "op": op, "value": value}])
    assert {herd.index(one) for one in ids(found)} == expected


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "no_such", "op": "eq", "value": 1},
        {"field": "staff_now", "op": "near", "value": 1},
        {"field": "staff_now", "op": "contains", "value": "1"},
        {"field": "filler_name", "op": "lt", "value": "1"},
        {"field": "staff_now", "op": "between", "value": [1]},
        {"field": "positions.position_name", "op": "eq", "value": "列4"},
    ],
)
def test_an_unfit_condition_is_refused(api, herd, condition):
    response = api("ent_b").get(f"{DEMANDS}/records", query_string={"filter": json.dumps([condition])})
    problem_of(response, 400)


def test_what_is_not_seen_in_plain_is_no_question(api, herd):
    """A masked field: neither filter nor order, for whom it is masked; for its owner both."""
    sent = {"filter": json.dumps([{"field": "filler_name", "op": "eq", "value": "测试员"}])}
    for query in (sent, {"order": "filler_name"}):
        problem_of(api("city_voc").get(f"{DEMANDS}/records", query_string=query), 400)
        assert ok(api("ent_b").get(f"{DEMANDS}/records", query_string=query))["count"] == 7


# Records


def test_a_record_is_created_changed_voided(api):
    client = api("ent_a")
    address = f"{DEMANDS}/records"
    saved = ok(client.post(address, json={"answers": demand("体"), "submit": False, "on_behalf_of": None}), 201)
    assert set(saved) == SAVED
    assert (saved["state"], saved["lock_version"]) == ("draft", 1)
    record = ok(client.get(f"{address}/{saved['id']}"))
    assert set(record) >= RECORD
    assert all("_row" in row for row in record["answers"]["positions"])
    changed = ok(
        client.put(
            f"{address}/{saved['id']}", json={"lock_version": 1, "answers": {"staff_now": 8, "filler_name": None}}
        )
    )
    assert set(changed) == SAVED
    assert changed["lock_version"] == 2
    again = ok(client.get(f"{address}/{saved['id']}"))["answers"]
    assert again["staff_now"] == 8
    assert again.get("filler_name") is None
    assert again["positions"] == record["answers"]["positions"], "absent is unchanged"
    kept = again["positions"][:1]
    ok(client.put(f"{address}/{saved['id']}", json={"lock_version": 2, "answers": {"positions": kept}}))
    assert len(ok(client.get(f"{address}/{saved['id']}"))["answers"]["positions"]) == 1, "a row left out is removed"
    stale = problem_of(
        client.put(f"{address}/{saved['id']}", json={"lock_version": 2, "answers": {"staff_now": 9, "positions": []}}),
        409,
    )
    assert stale["lock_version"] == 3
    assert [set(item) for item in stale["conflicts"]] == [{"field", "mine", "theirs"}]
    problem_of(client.delete(f"{address}/{saved['id']}", json={}), 422)
    gone = ok(client.delete(f"{address}/{saved['id']}", json={"reason": "填错了"}))
    assert set(gone) == {"state", "lock_version"}
    problem_of(client.put(f"{address}/{saved['id']}", json={"lock_version": 4, "answers": {"staff_now": 1}}), 409)
    assert saved["id"] not in {one["id"] for one in ok(client.get(address))["records"]}


def test_what_a_submission_lacks_is_told_and_the_draft_is_kept(api):
    client = api("ent_a")
    half = demand("缺")
    half["positions"][1]["salary_max"] = "1.00"
    body = problem_of(client.post(f"{DEMANDS}/records", json={"answers": half, "submit": True}), 422)
    places = {(error["field"], error["row"]) for error in body["errors"]}
    assert ("positions.salary_max", 2) in places
    assert ok(client.get(f"{DEMANDS}/records/{body['id']}"))["state"] == "draft"
    rows = ok(client.get(f"{DEMANDS}/records/{body['id']}"))["answers"]["positions"]
    rows[1]["salary_max"] = "9000.00"
    ok(
        client.put(
            f"{DEMANDS}/records/{body['id']}",
            json={"lock_version": body["lock_version"], "answers": {"positions": rows}},
        )
    )
    done = client.post(
        f"{DEMANDS}/records/{body['id']}/actions/submit", json={"lock_version": body["lock_version"] + 1}
    )
    assert ok(done)["state"] == "county_review"


def test_the_same_key_and_body_give_the_same_receipt(api):
    client, body = api("ent_a"), {"answers": demand("钥")}
    key = {"Idempotency-Key": "k-1"}
    first = ok(client.post(f"{DEMANDS}/records", json=body, headers=key), 201)
    assert ok(client.post(f"{DEMANDS}/records", json=body, headers=key), 201) == first
    problem_of(client.post(f"{DEMANDS}/records", json={"answers": {}}, headers=key), 409)
    other = ok(api("ent_a_clerk").post(f"{DEMANDS}/records", json=body, headers=key), 201)
    assert other["id"] != first["id"], "a key is its sender's"
    problem_of(client.post(f"{DEMANDS}/records", json=body, headers={"Idempotency-Key": "k" * 200}), 400)


def test_a_lacking_submission_sent_twice_is_answered_twice_alike(api):
    client, key = api("ent_a"), {"Idempotency-Key": "k-lacking"}
    body = {"answers": {**demand("双"), "filler_name": None}, "submit": True}
    answers = [problem_of(client.post(f"{DEMANDS}/records", json=body, headers=key), 422) for _ in range(2)]
    assert answers[0] == answers[1]


def test_steps_and_history(api):
    ent, county = api("ent_a"), api("county_a")
    saved = ok(ent.post(f"{DEMANDS}/records", json={"answers": demand("步"), "submit": True}), 201)
    address = f"{DEMANDS}/records/{saved['id']}"
    found = ok(county.get(f"{address}/actions"))
    by_verb = {action["verb"]: action for action in found["actions"]}
    assert {"verb", "label", "needs_comment"} <= set(by_verb["approve"])
    assert by_verb["approve"]["label"] == "审核通过" or by_verb["approve"]["label"]
    problem_of(county.post(f"{address}/actions/return", json={"lock_version": saved["lock_version"]}), 422)
    problem_of(county.post(f"{address}/actions/no_such_verb", json={"lock_version": saved["lock_version"]}), 404)
    problem_of(county.post(f"{address}/actions/approve", json={}), 400)
    note = {"field": "positions", "row": 2, "text": "核实", "severity": "must"}
    body = {"lock_version": saved["lock_version"], "comment": "改", "notes": [note]}
    done = ok(county.post(f"{address}/actions/return", json=body))
    assert {"state", "lock_version"} <= set(done)
    assert done["state"] == "returned"
    problem_of(county.post(f"{address}/actions/approve", json={"lock_version": done["lock_version"]}), 409)
    ok(ent.put(address, json={"lock_version": done["lock_version"], "answers": {"staff_now": 121}}))
    history = ok(ent.get(f"{address}/revisions"))
    assert isinstance(history, list)
    assert [revision["no"] for revision in history] == sorted(revision["no"] for revision in history)
    assert all({"no", "form_version", "at", "by", "origin", "changes"} <= set(revision) for revision in history)
    changes = history[-1]["changes"]
    assert [(change["field"], change["row"], change["old"], change["new"]) for change in changes] == [
        ("staff_now", None, 120, 121)
    ]


def test_attachments(api):
    client = api("school_a")
    sent = {"file": (BytesIO(PNG), "照片.png"), "field": "photo"}
    found = ok(client.post(f"{TEACHERS}/files", data=sent, content_type="multipart/form-data"), 201)
    assert set(found) == {"id", "name", "size", "sha256"}
    assert (found["name"], found["size"], len(found["sha256"])) == ("照片.png", len(PNG), 64)
    saved = ok(client.post(f"{TEACHERS}/records", json={"answers": teacher(50, photo=[found["id"]])}), 201)
    shown = ok(client.get(f"{TEACHERS}/records/{saved['id']}"))["answers"]["photo"]
    assert [set(item) for item in shown] == [{"id", "name", "size", "type"}]
    response = client.get(f"/files/{found['id']}")
    assert (response.status_code, response.data) == (200, PNG)
    assert response.headers["Content-Disposition"].startswith("attachment")
    response.close()
    problem_of(api("school_b").get(f"/files/{found['id']}"), 404)
    for data in ({"field": "photo"}, {"file": (BytesIO(PNG), "a.png")}):
        problem_of(client.post(f"{TEACHERS}/files", data=data, content_type="multipart/form-data"), 400)
    fake = {"file": (BytesIO(b"MZ" + PNG), "a.png"), "field": "photo"}
    problem_of(client.post(f"{TEACHERS}/files", data=fake, content_type="multipart/form-data"), 422)
    nowhere = {"file": (BytesIO(PNG), "a.png"), "field": "no_such"}
    problem_of(client.post(f"{TEACHERS}/files", data=nowhere, content_type="multipart/form-data"), 404)


# Workbooks


def test_an_export_is_a_job_and_then_a_file(app, api):
    client = api("school_a")
    ok(client.post(f"{TEACHERS}/records", json={"answers": teacher(60)}), 201)
    spec = {"format": "csv", "filter": [], "columns": ["full_name", "id_no"], "purpose": "核对", "subtables": "sheets"}
    found = ok(client.post(f"{TEACHERS}/exports", json=spec), 202)
    assert set(found) == {"export", "job"}
    job = ok(client.get(f"/jobs/{found['job']}"))
    if job["state"] == "queued":
        problem_of(client.get(f"/exports/{found['export']}/file"), 409)
    work(app)
    assert ok(client.get(f"/jobs/{found['job']}"))["state"] == "done"
    file = client.get(f"/exports/{found['export']}/file")
    assert (file.status_code, file.mimetype) == (200, "text/csv")
    assert teacher(60)["id_no"] not in file.get_data(as_text=True)
    file.close()
    for other in ("school_b", "school_a_clerk", "city_admin", "city_voc"):
        problem_of(api(other).get(f"/exports/{found['export']}/file"), 404)
        problem_of(api(other).get(f"/jobs/{found['job']}"), 404)
    for wrong in (
        {"format": "pdf"},
        {"columns": ["no_such"]},
        {"filter": [{"field": "no_such", "op": "eq", "value": 1}]},
        {"surprise": 1},
    ):
        problem_of(client.post(f"{TEACHERS}/exports", json=wrong), 400)
    for never in ("leader", "auditor", "school_a_clerk"):
        problem_of(api(never).post(f"{TEACHERS}/exports", json=spec), 403)


def test_an_import_is_checked_then_committed(app, api):
    client = api("school_a")
    content = workbook(app, client, [teacher(70), teacher(71, mobile="12")])
    sent = {"file": (BytesIO(content), "book.xlsx")}
    found = ok(client.post(f"{TEACHERS}/imports", data=sent, content_type="multipart/form-data"), 202)
    assert set(found) == {"import", "job"}
    address = f"/imports/{found['import']}"
    problem_of(client.post(f"{address}/commit", json={}), 409)
    work(app)
    preview = ok(client.get(address))
    assert {"state", "counts", "preview", "errors"} <= set(preview)
    assert preview["state"] == "ready"
    assert set(preview["counts"]) >= {"rows", "new", "changed", "unchanged", "errors"}
    assert len(preview["preview"]) <= 10
    assert preview["errors"]
    errors = client.get(f"{address}/errors.xlsx")
    assert (errors.status_code, errors.data[:2]) == (200, b"PK")
    errors.close()
    problem_of(client.post(f"{address}/commit", json={"only_valid": 1}), 400)
    committed = ok(client.post(f"{address}/commit", json={"only_valid": True, "submit": False}), 202)
    assert set(committed) == {"job"}
    work(app)
    assert ok(client.get(address))["state"] == "done"
    problem_of(client.post(f"{address}/commit", json={"only_valid": True}), 409)
    for other in ("school_b", "school_a_clerk", "city_admin"):
        for method, path in (("GET", address), ("GET", f"{address}/errors.xlsx"), ("POST", f"{address}/commit")):
            problem_of(api(other).open(method, path, **({"json": {}} if method == "POST" else {})), 404)
    problem_of(client.get(f"/imports/{NOWHERE}"), 404)
