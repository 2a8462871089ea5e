"""From the enterprise's draft to the city's collection, by the API; and who never learns of it."""

from __future__ import annotations

import json

import pytest

from tests.samples import demand

FORM = "/forms/labor_demand_survey/records"
NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def act(client, record_id, verb, lock_version, **body):
    return client.post(f"{FORM}/{record_id}/actions/{verb}", json={"lock_version": lock_version, **body})


def filled(client, **arguments):
    response = client.post(FORM, json={"answers": demand(**arguments), "submit": True})
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()


def collect(api, saved):
    """Have a submitted demand approved by its county and collected by the city."""
    done = act(api("county_a"), saved["id"], "approve", saved["lock_version"])
    assert done.status_code == 200, done.get_data(as_text=True)
    done = act(api("city_voc"), saved["id"], "collect", done.get_json()["lock_version"])
    assert done.status_code == 200, done.get_data(as_text=True)
    return done.get_json()


def test_a_demand_goes_from_draft_over_return_to_collected(api):
    ent, county, city = api("ent_a"), api("county_a"), api("city_voc")
    answers = demand("焊工")
    half = {**answers, "filler_name": None}
    half["positions"][1]["salary_max"] = "100.00"
    response = ent.post(FORM, json={"answers": half})
    assert response.status_code == 201
    saved = response.get_json()
    assert saved["state"] == "draft"

    response = act(ent, saved["id"], "submit", saved["lock_version"])
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    places = {(error["field"], error["row"]) for error in response.get_json()["errors"]}
    assert ("positions.salary_max", 2) in places
    assert ("filler_name", None) in places
    assert all(error["message"] for error in response.get_json()["errors"])
    kept = ent.get(f"{FORM}/{saved['id']}").get_json()
    assert kept["state"] == "draft"
    assert kept["answers"]["positions"][1]["salary_max"] == "100.00"

    rows = kept["answers"]["positions"]
    rows[1]["salary_max"] = "6500.00"
    mended = {"positions": rows, "filler_name": "测试员"}
    response = ent.put(f"{FORM}/{saved['id']}", json={"lock_version": kept["lock_version"], "answers": mended})
    assert response.status_code == 200, response.get_data(as_text=True)
    response = act(ent, saved["id"], "submit", response.get_json()["lock_version"])
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.get_json()["state"] == "county_review"
    lock = response.get_json()["lock_version"]

    assert saved["id"] in {item["id"] for item in county.get("/work").get_json()["items"]}
    assert act(county, saved["id"], "return", lock).status_code == 422
    assert act(county, saved["id"], "return", lock - 1, notes=[{"text": "x"}]).status_code == 409
    note = {"field": "positions.need_count", "row": 2, "text": "人数请核实", "severity": "must"}
    response = act(county, saved["id"], "return", lock, comment="请修改", notes=[note])
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.get_json()["state"] == "returned"

    seen = ent.get(f"{FORM}/{saved['id']}").get_json()
    assert [(n["field"], n["row"], n["text"], n["state"]) for n in seen["notes"]] == [
        ("positions.need_count", 2, "人数请核实", "open")
    ]
    assert saved["id"] in {item["id"] for item in ent.get("/work").get_json()["items"]}
    assert ent.get("/notifications").get_json()["unread"] == 1

    response = act(ent, saved["id"], "submit", seen["lock_version"])
    assert response.status_code == 200, response.get_data(as_text=True)
    assert ent.get(f"{FORM}/{saved['id']}").get_json()["notes"][0]["state"] == "answered"
    final = collect(api, {"id": saved["id"], "lock_version": response.get_json()["lock_version"]})
    assert final["state"] == "collected"
    seen = city.get(f"{FORM}/{saved['id']}").get_json()
    assert seen["state"] == "collected"
    assert seen["notes"][0]["state"] == "resolved"
    verbs = [item["verb"] for item in ent.get(f"{FORM}/{saved['id']}/revisions").get_json() if item["verb"]]
    assert sorted(verbs) == sorted(["submit", "return", "submit", "approve", "collect"])


@pytest.mark.parametrize("other", ["county_b", "ent_b"])
def test_a_stranger_cannot_tell_it_from_a_made_up_one(api, other):
    saved = filled(api("ent_a"), name=f"铆工{other}")
    collect(api, saved)
    stranger = api(other)
    words = [{"field": "filler_name", "op": "eq", "value": "测试员"}]
    for query in ("", "?count=exact", "?q=铆工", "?order=period_start", f"?filter={json.dumps(words)}"):
        response = stranger.get(FORM + query)
        assert "铆工" not in response.get_data(as_text=True)
        if response.status_code == 200:
            assert response.get_json()["count"] == 0
            assert response.get_json()["records"] == []
        else:
            assert response.status_code == 400
    doors = [
        ("GET", "", None),
        ("GET", "/revisions", None),
        ("GET", "/actions", None),
        ("PUT", "", {"lock_version": 1, "answers": {"staff_now": 1}}),
        ("DELETE", "", {"reason": "x"}),
        ("POST", "/actions/submit", {"lock_version": 1}),
        ("POST", "/actions/approve", {"lock_version": 1}),
        ("POST", "/actions/withdraw", {"lock_version": 1, "comment": "x"}),
        ("POST", "/reveal", {"fields": ["filler_mobile"], "reason": "x"}),
    ]
    for method, tail, body in doors:
        arguments = {} if body is None else {"json": body}
        real = stranger.open(method, f"{FORM}/{saved['id']}{tail}", **arguments)
        made_up = stranger.open(method, f"{FORM}/{NOWHERE}{tail}", **arguments)
        assert real.status_code in {403, 404}, (method, tail, real.get_data(as_text=True))
        assert (real.status_code, real.data) == (made_up.status_code, made_up.data), (method, tail)
    assert stranger.get(f"{FORM}/{saved['id']}").status_code == 404
    owner = api("ent_a")
    for tail in ("", "/revisions", "/actions"):
        assert owner.get(f"{FORM}/{saved['id']}{tail}").status_code == 200


def test_what_is_published_is_seen_by_other_counties(api):
    saved = filled(api("ent_a"), name="钳工", publish=True)
    stranger = api("county_b")
    assert stranger.get(f"{FORM}/{saved['id']}").status_code == 404
    collect(api, saved)
    response = stranger.get(f"{FORM}/{saved['id']}")
    assert response.status_code == 200
    answers = response.get_json()["answers"]
    assert [row["position_name"] for row in answers["positions"]] == ["钳工1", "钳工2"]
    assert "filler_name" not in answers
    assert api("ent_b").get(f"{FORM}/{saved['id']}").status_code == 404


def test_a_zero_report_takes_its_own_verb(api):
    answers = {**demand("零报"), "has_demand": False, "no_demand_reason": "1"}
    answers.pop("positions")
    response = api("ent_a").post(FORM, json={"answers": answers, "submit": True})
    assert response.status_code == 201, response.get_data(as_text=True)
    assert response.get_json()["state"] == "county_ok"


def test_recall_works_until_somebody_decides(api):
    ent = api("ent_a")
    saved = filled(ent, name="电工")
    done = act(ent, saved["id"], "recall", saved["lock_version"])
    assert (done.status_code, done.get_json()["state"]) == (200, "draft")
    done = act(ent, saved["id"], "submit", done.get_json()["lock_version"])
    done = act(api("county_a"), saved["id"], "approve", done.get_json()["lock_version"])
    late = act(ent, saved["id"], "recall", done.get_json()["lock_version"])
    assert late.status_code == 409


def test_only_those_named_and_granted_take_a_step(api):
    saved = filled(api("ent_a"), name="车工")
    for other in ("ent_a", "ent_a_clerk", "leader", "city_emp"):
        assert act(api(other), saved["id"], "approve", saved["lock_version"]).status_code == 403, other
    assert act(api("county_a"), saved["id"], "match", saved["lock_version"]).status_code == 403
    response = act(api("city_voc"), saved["id"], "approve_city", saved["lock_version"])
    assert response.status_code == 422
    assert [item["verb"] for item in api("ent_a").get(f"{FORM}/{saved['id']}/actions").get_json()["actions"]] == [
        "recall",
        "withdraw",
    ]
    assert act(api("county_a"), saved["id"], "approve", saved["lock_version"]).status_code == 200
