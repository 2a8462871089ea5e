"""The twin-world test: the same requests as tenant A, in two worlds that differ only in tenant B's data, get equal answers.

It needs to know no feature: whatever lets B's rows shine through (a list, a count, a drop-down, a look-up, an error
about uniqueness, a serial number, a header, a length) makes two answers differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import ApiClient, World, sign_in_client
from tests.samples import demand, teacher

FORMS = ("enterprise_profile", "school_profile", "labor_demand_survey", "pt_teacher_register", "training_base_register")
TENANT_A = ("ent_a", "ent_a_clerk", "school_a", "school_a_clerk", "county_a", "county_a_emp")

#: What differs between two runs of the same story in one world: random ids, moments, tokens.
VOLATILE = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r'(name="csrf_token"[^>]*value=")[^"]+'), r"\1TOKEN"),
    (re.compile(r'(name="csrf-token"[^>]*content=")[^"]+'), r"\1TOKEN"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "HEX"),
    (re.compile(r"cursor=[A-Za-z0-9_%=.-]+"), "CURSOR"),
    (re.compile(r'"(next|previous)":\s*"[^"]+"'), r'"\1":"CURSOR"'),
)


def normal(text: str) -> str:
    """Return *text* without what differs between two runs anyway."""
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


def requests() -> list[str]:
    """Return the addresses that tenant A asks for."""
    addresses = ["/", "/work/"]
    for form in FORMS:
        api = f"/api/v1/forms/{form}"
        addresses += [
            f"/records/{form}/list",
            f"/records/{form}/add",
            api,
            f"{api}/records",
            f"{api}/records?count=exact&from=end",
        ]
        addresses += [f"{api}/records?q={quote(term)}" for term in ("富拉尔基", "乙", "测试", "焊工")]
        addresses += [f"{api}/records?order={order}" for order in ("-_updated_at", "_serial", "_region")]
        condition = quote(json.dumps([{"field": "_region", "op": "eq", "value": "230206"}]))
        addresses += [f"{api}/records?filter={condition}", f"/records/{form}/list?q={quote('富拉尔基')}"]
    addresses += [
        "/records/labor_demand_survey/lookup/ent_id?q=" + quote("公司"),
        "/records/labor_demand_survey/lookup/positions.order_school?q=" + quote("技"),
        "/records/pt_teacher_register/lookup/employer_id?q=" + quote("有限"),
        "/api/v1/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/api/v1/exports/01ARZ3NDEKTSV4RRFFQ69G5FAV/file",
        "/api/v1/imports/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/api/v1/files/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ]
    return addresses


def story_of_b(app: Flask) -> None:
    """Fill tenant B's side: drafts, submitted records, a teacher whom A also registers."""
    enterprise, school = ApiClient(app, "ent_b"), ApiClient(app, "school_b")
    for submit in (False, True):
        answer = enterprise.post(
            "/forms/labor_demand_survey/records", json={"answers": demand("乙厂焊工"), "submit": submit}
        )
        assert answer.status_code in {201, 422}, answer.get_data(as_text=True)
    for number in range(3):
        answer = school.post(
            "/forms/pt_teacher_register/records", json={"answers": teacher(number), "submit": number == 0}
        )
        assert answer.status_code in {201, 422}, answer.get_data(as_text=True)


def story_of_a(app: Flask) -> list[str]:
    """Do what tenant A does in both worlds; return the answers to his writing."""
    answers = []
    enterprise, school = ApiClient(app, "ent_a"), ApiClient(app, "school_a")
    answers.append(
        enterprise.post("/forms/labor_demand_survey/records", json={"answers": demand("甲厂焊工")}).get_data(
            as_text=True
        )
    )
    # The same person as B's: a collision over the whole city must not show.
    answers += [
        school.post("/forms/pt_teacher_register/records", json={"answers": teacher(0), "submit": True}).get_data(
            as_text=True
        )
    ]
    return answers


def answers_of(app: Flask) -> dict[tuple[str, str], str]:
    """Return every answer of every account of tenant A, normalised."""
    result = {}
    for account in TENANT_A:
        web: FlaskClient = app.test_client()
        assert sign_in_client(web, account).status_code == 302
        api = ApiClient(app, account)
        for address in requests():
            response = api.get(address.removeprefix("/api/v1")) if address.startswith("/api/v1") else web.get(address)
            headers = sorted(
                (key, value) for key, value in response.headers if key in {"Content-Type", "Location", "X-Total-Count"}
            )
            result[account, address] = f"{response.status_code} {headers} {normal(response.get_data(as_text=True))}"
    return result


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_tenant_a_cannot_tell_the_two_worlds_apart(worlds: Callable[[str], World], backend: str) -> None:
    seen = []
    for with_b in (False, True):
        world = worlds(backend)
        world.restore()
        if with_b:
            story_of_b(world.app)
        written = [normal(text) for text in story_of_a(world.app)]
        seen.append((written, answers_of(world.app)))
    (written_1, answers_1), (written_2, answers_2) = seen
    assert written_1 == written_2
    different = [key for key in answers_1 if answers_1[key] != answers_2[key]]
    assert not different, "\n".join(
        f"{key}\n  {answers_1[key][:600]}\n  {answers_2[key][:600]}" for key in different[:5]
    )
    assert any(text.startswith("200") for text in answers_1.values())
