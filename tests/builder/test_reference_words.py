"""What a rule reads of another form's record is called as it is called there: in sentences and on the canvas."""

from __future__ import annotations

import pytest

FORM = "labor_demand_survey"


@pytest.mark.parametrize(
    ("lang", "label", "holder"), [("zh", "从业人员总数", "填报单位"), ("en", "Total employees", "Enterprise")]
)
def test_a_sentence_names_the_field_of_the_other_form(api, lang, label, holder):
    body = {"text": "ent_id.staff_total", "where": "staff_now.prefill"}
    answer = api("city_admin", lang).post(f"/forms/{FORM}/formula", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    sentence = answer.get_json()["sentence"]
    assert label in sentence
    assert holder in sentence
    assert "staff_total" not in sentence


def test_the_canvas_knows_the_fields_that_references_lead_to(sign_in):
    page = sign_in("city_admin").get(f"/forms/{FORM}/canvas").get_data(as_text=True)
    assert "从业人员总数" in page


def test_a_list_editor_tells_it_too(sign_in):
    page = sign_in("city_admin").get(f"/forms/{FORM}/design").get_data(as_text=True)
    assert "“填报单位”的“从业人员总数”" in page or "从业人员总数" in page
