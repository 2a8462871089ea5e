"""Short words for what the tests of records do over and over, always through the API."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DEMAND = "labor_demand_survey"
TEACHER = "pt_teacher_register"
BASE = "training_base_register"
ENTERPRISE = "enterprise_profile"


def path(form: str, record: Any = None, tail: str = "") -> str:
    """Return an address below the records of a form; *record* is an id or what creating answered."""
    found = record["id"] if isinstance(record, dict) else record
    return f"/forms/{form}/records" + (f"/{found}{tail}" if found else "")


def ok(response: Any, status: int = 200) -> Any:
    """Return the JSON of an answer that has this status."""
    assert response.status_code == status, (response.status_code, response.get_data(as_text=True)[:1500])
    return response.get_json()


def create(client: Any, form: str, answers: dict[str, Any], *, status: int = 201, **body: Any) -> Any:
    """Create a record."""
    return ok(client.post(path(form), json={"answers": answers, **body}), status)


def submitted(client: Any, form: str, answers: dict[str, Any], **body: Any) -> Any:
    """Create and submit a record."""
    return create(client, form, answers, submit=True, **body)


def read(client: Any, form: str, record: Any, status: int = 200) -> Any:
    """Read a record."""
    return ok(client.get(path(form, record)), status)


def change(
    client: Any, form: str, record: Any, answers: dict[str, Any], *, status: int = 200, lock: int | None = None
) -> Any:
    """Change a record under its present lock version, or under *lock*."""
    lock = read(client, form, record)["lock_version"] if lock is None else lock
    return ok(client.put(path(form, record), json={"lock_version": lock, "answers": answers}), status)


def act(client: Any, form: str, record: Any, verb: str, *, status: int = 200, **body: Any) -> Any:
    """Take a step under the present lock version."""
    body.setdefault("lock_version", read(client, form, record)["lock_version"])
    return ok(client.post(path(form, record, f"/actions/{verb}"), json=body), status)


def listing(
    client: Any, form: str, *, status: int = 200, filters: list[dict[str, Any]] | None = None, **query: Any
) -> Any:
    """Return a page of a list."""
    if filters is not None:
        query["filter"] = json.dumps(filters, ensure_ascii=False)
    text = "&".join(f"{key.rstrip('_')}={quote(str(value), safe='')}" for key, value in query.items())
    return ok(client.get(f"{path(form)}?{text}"), status)


def ids(page: Any) -> list[str]:
    """Return the ids of a page in their order."""
    return [record["id"] for record in page["records"]]


def where(field: str, op: str, value: Any = None) -> dict[str, Any]:
    """Return a filter."""
    return {"field": field, "op": op} if op in {"empty", "not_empty"} else {"field": field, "op": op, "value": value}


def places(problem: Any) -> set[tuple[str, int | None]]:
    """Return field and row of every error."""
    return {(error["field"], error["row"]) for error in problem["errors"]}


def codes(problem: Any) -> set[str]:
    """Return the codes of the errors."""
    return {error["code"] for error in problem["errors"]}
