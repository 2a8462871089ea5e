"""Addresses as people type them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["/records/labor_demand_survey/list", "/work", "/forms", "/jobs"])
@pytest.mark.parametrize("end", ["", "/"])
def test_a_stroke_at_the_end_makes_no_difference(sign_in, path: str, end: str) -> None:
    assert sign_in("city_admin").get(path + end).status_code in {200, 403}
    assert sign_in("county_a").get(path + end).status_code in {200, 403}


@pytest.mark.parametrize("end", ["", "/"])
def test_the_api_too(api, end: str) -> None:
    assert api("county_a").get("/forms" + end).status_code == 200
    assert api("county_a").get("/forms/labor_demand_survey/records" + end).status_code == 200


@pytest.mark.parametrize(
    "came", ["http://[", "http://]/", "http://localhost//evil.example/x", "https://evil.example/x"]
)
def test_an_error_leads_back_to_no_other_place(sign_in, came: str) -> None:
    answer = sign_in("county_a").get("/records/no_such_form/list", headers={"Referer": came})
    assert answer.status_code == 404
    assert "返回上一页" not in answer.get_data(as_text=True)


def test_an_error_leads_back_to_where_one_came_from(sign_in) -> None:
    headers = {"Referer": "http://localhost/work?form=labor_demand_survey"}
    page = sign_in("county_a").get("/records/no_such_form/list", headers=headers).get_data(as_text=True)
    assert 'href="/work?form=labor_demand_survey"' in page
