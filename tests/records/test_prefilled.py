"""What a new record starts with is stored whole: the reference to one's own profile keeps its label."""

from __future__ import annotations

from tests.samples import demand

PROFILE = {
    "ent_name": "建华示范数控机床有限公司",
    "staff_total": 360,
}


def test_a_prefilled_reference_keeps_its_label(api):
    client = api("ent_a")
    profile = client.post("/forms/enterprise_profile/records", json={"answers": PROFILE})
    assert profile.status_code == 201, profile.get_data(as_text=True)
    saved = client.post("/forms/labor_demand_survey/records", json={"answers": demand()}).get_json()
    answers = client.get(f"/forms/labor_demand_survey/records/{saved['id']}").get_json()["answers"]
    assert answers["ent_id"]["id"] == profile.get_json()["id"]
    assert answers["ent_id"]["label"]
