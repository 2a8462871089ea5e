"""The pages of forms: what is published, and a definition changed and published from a file."""

from __future__ import annotations

import io

import pytest
import yaml

from app.builder.service import definition, head
from app.jobs.running import run_all
from tests.builder.pages import hidden, publish
from tests.conftest import csrf_token

FORM = "training_base_register"
PAGE = f"/forms/{FORM}"


def upload(client, raw, name="form.yaml"):
    token = csrf_token(client.get("/forms/").get_data(as_text=True))
    body = raw if isinstance(raw, bytes) else yaml.safe_dump(raw, allow_unicode=True).encode()
    return client.post("/forms/upload", data={"csrf_token": token, "file": (io.BytesIO(body), name)})


@pytest.fixture
def source(sign_in):
    """Return the published definition as its file says it."""
    return yaml.safe_load(sign_in("city_admin").get(f"{PAGE}/definition.yaml").get_data(as_text=True))


def test_forms_are_listed_for_who_may_see_them(sign_in):
    page = sign_in("city_admin").get("/forms/").get_data(as_text=True)
    assert PAGE in page
    assert "上传表单定义" in page
    assert 'href="/forms/"' in sign_in("city_admin").get("/").get_data(as_text=True)
    seen = sign_in("city_voc").get("/forms/")
    assert seen.status_code == 200
    assert "上传表单定义" not in seen.get_data(as_text=True)
    for path in ("/forms/", PAGE, f"{PAGE}/draft", f"{PAGE}/definition.json"):
        assert sign_in("ent_a").get(path).status_code == 403
    assert 'href="/forms/"' not in sign_in("ent_a").get("/").get_data(as_text=True)
    assert sign_in("city_voc").get(f"{PAGE}/draft").status_code == 403


def test_the_file_is_the_definition(app, sign_in, source):
    response = sign_in("city_admin").get(f"{PAGE}/definition.json")
    assert response.get_json() == source
    assert "attachment" in response.headers["Content-Disposition"]
    with app.app_context():
        assert dict(definition(FORM).source) == source
    assert sign_in("city_admin").get(f"{PAGE}/definition.exe").status_code == 404
    assert sign_in("city_admin").get("/forms/no_such_form").status_code == 404


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"key: [unclosed", "YAML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"- just\n- a list\n", "没有表单定义"),
        ({"key": "broken_form", "title": {"zh": "坏"}, "resource": "labor_demand", "colour": "red"}, "colour"),
    ],
)
def test_a_file_that_is_no_definition_is_refused_with_the_reason(sign_in, raw, reason):
    client = sign_in("city_admin")
    assert upload(client, raw).location == "/forms/"
    assert reason in client.get("/forms/").get_data(as_text=True)


def test_a_field_is_added_by_file_and_everybody_fills_it(app, sign_in, source):
    client = sign_in("city_admin")
    assert client.get(f"{PAGE}/draft").location == f"{PAGE}/publish"
    assert "没有要发布的内容" in client.get(f"{PAGE}/publish").get_data(as_text=True)
    source["sections"][0]["fields"].append(
        {"key": "friday_note", "type": "text", "label": {"zh": "周五新增", "en": "Added on Friday"}, "class": "public"}
    )
    response = upload(client, source)
    assert response.location == f"{PAGE}/publish"
    page = client.get(response.location).get_data(as_text=True)
    assert "周五新增" in page
    assert "新增" in page
    assert publish(client, FORM, lock_version=str(int(hidden(page, "lock_version")) - 1)).status_code == 409
    done = publish(client, FORM, note="周五")
    assert done.location.startswith("/jobs/")
    with app.app_context():
        before = head(FORM).no
        run_all()
    job = client.get(done.location).get_data(as_text=True)
    assert f'href="{PAGE}"' in job
    shown = client.get(PAGE).get_data(as_text=True)
    assert "周五" in shown
    assert f"版本 {before + 1}" in shown
    assert "周五新增" in sign_in("school_a").get(f"/records/{FORM}/add").get_data(as_text=True)
