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
