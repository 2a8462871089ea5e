"""What is wrong with a masked answer is told without the answer, to whoever submits it."""

from __future__ import annotations

from tests.samples import id_number, teacher

TEACHERS = "/forms/pt_teacher_register/records"
SECRET = "某个没有人知道的地方"


def problems(api, answers):
    client = api("school_a")
    saved = client.post(TEACHERS, json={"answers": answers}).get_json()
    view = client.get(f"{TEACHERS}/{saved['id']}").get_json()
    assert "home_region" in view["masked"]
    response = client.post(
        f"{TEACHERS}/{saved['id']}/actions/submit_by_org", json={"lock_version": view["lock_version"]}
    )
    assert response.status_code == 422
    return response


def test_a_masked_misfit_is_named_but_not_repeated(api):
    response = problems(api, teacher(1, home_region=SECRET, id_no=id_number(1)[:-2], dept_post=""))
    found = {error["field"]: error for error in response.get_json()["errors"]}
    assert (found["home_region"]["code"], found["id_no"]["code"], found["dept_post"]["code"]) == (
        "masked",
        "masked",
        "required",
    )
    assert SECRET not in response.get_data(as_text=True)


def test_what_is_seen_in_plain_is_told_in_full(api):
    response = problems(api, teacher(2, edu_level="没有的学历"))
    found = {error["field"]: error["message"] for error in response.get_json()["errors"]}
    assert "没有的学历" in found["edu_level"]
