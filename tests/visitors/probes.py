"""Two forms that visitors fill: one by name, one anonymously; and what is needed to fill them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from app.access.actor import today
from tests.conftest import ApiClient
from tests.records.zoo import publish_form

NAMED, ANONYMOUS = "visit_probe", "anon_probe"


def field(key: str, type_: str, zh: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type_, "label": {"zh": zh, "en": key.title()}, "class": "internal", **more}


CHOICES = [{"code": "1", "zh": "甲班", "en": "Class A"}, {"code": "2", "zh": "乙班", "en": "Class B"}]


def form(key: str, resource: str, **more: Any) -> dict[str, Any]:
    fields = [
        field("group", "select", "班级", required=True, options=CHOICES),
        field("name", "text", "姓名" if key == NAMED else "称呼", required=True),
        field("score", "rating", "评分", required=True),
    ]
    if key == NAMED:
        fields.append(field("paper", "file", "材料"))
    return {
        "key": key,
        "title": {"zh": "访客登记" if key == NAMED else "匿名评价", "en": "Probe"},
        "resource": resource,
        "fill_roles": ["public_self", "school_admin"] if key == NAMED else ["public_self"],
        "visitors": {"role": "public_self", "anonymous": key == ANONYMOUS, "fixed": ["group"]},
        "list": {"columns": ["group", "score"]},
        "sections": [{"key": "s", "title": {"zh": "填写", "en": "Fill"}, "fields": fields}],
        **more,
    }


def publish(app: Flask) -> None:
    """Publish both."""
    with app.app_context():
        publish_form(form(NAMED, "class_student"))
        publish_form(form(ANONYMOUS, "evaluation_anonymous"))


def issue(client: ApiClient, key: str, count: int = 1, **more: Any) -> list[str]:
    """Issue codes as an account; return them."""
    body = {
        "count": count,
        "valid_until": (today() + timedelta(days=30)).isoformat(),
        "fixed": {"group": "1"},
        **more,
    }
    response = client.post(f"/forms/{key}/codes", json=body)
    assert response.status_code == 201, response.get_data(as_text=True)
    return [item["code"] for item in response.get_json()["codes"]]


class Visitor:
    """The API as somebody sees it who came with a code."""

    def __init__(self, app: Flask, code: str) -> None:
        self.client = app.test_client()
        response = self.client.post("/api/v1/visits", json={"code": code})
        assert response.status_code == 201, response.get_data(as_text=True)
        self.token = response.get_json()["token"]

    def open(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **arguments)

    def get(self, path: str, **arguments: Any) -> Any:
        return self.open("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> Any:
        return self.open("POST", path, **arguments)

    def put(self, path: str, **arguments: Any) -> Any:
        return self.open("PUT", path, **arguments)
