"""What one enterprise and one college of a county do: records, attachments, exports, an import, what follows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Flask

from app.builder.catalogue import compiled
from app.database import db
from app.jobs import running
from tests.conftest import ApiClient
from tests.exchange.books import fill, saved
from tests.samples import demand, teacher

DEMANDS, TEACHERS = "labor_demand_survey", "pt_teacher_register"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def done(response: Any, *statuses: int) -> dict[str, Any]:
    """Return the JSON of an answer that has one of these statuses."""
    assert response.status_code in statuses, response.get_data(as_text=True)[:800]
    found: dict[str, Any] = response.get_json()
    return found


def work(app: Flask) -> None:
    """Run every job that waits."""
    with app.app_context():
        running.run_all()
        db.session.remove()


def workbook(app: Flask, client: ApiClient, rows: list[dict[str, Any]]) -> bytes:
    """Return the template of teachers with rows in it, as the account gets it."""
    template = client.get(f"/forms/{TEACHERS}/template.xlsx")
    assert template.status_code == 200
    with app.app_context():
        form = compiled(TEACHERS)
        db.session.remove()
    return saved(fill(template.data, form, rows))


def live(app: Flask, enterprise: str, college: str, county: str, *, name: str = "乙", first: int = 0) -> dict[str, str]:
    """Fill the side of one tenant; return the ids of what came about, by the name of an address's variable.

    :param first: number of the first of five teachers.
    """
    ent, school, bureau = (ApiClient(app, account) for account in (enterprise, college, county))
    records = f"/forms/{DEMANDS}/records"
    done(ent.post(records, json={"answers": demand(f"{name}草稿")}), 201)
    submitted = done(ent.post(records, json={"answers": demand(f"{name}焊工"), "submit": True}), 201)
    note = {"field": "positions.need_count", "row": 1, "text": f"{name}的批注", "severity": "must"}
    back = {"lock_version": submitted["lock_version"], "comment": f"{name}请改", "notes": [note]}
    done(bureau.post(f"{records}/{submitted['id']}/actions/return", json=back), 200)

    request = done(ent.post(f"/forms/{DEMANDS}/export-requests", json={"purpose": f"{name}核对名单"}), 201)["id"]
    done(bureau.post(f"/export-requests/{request}/decision", json={"approve": True, "note": f"{name}同意"}), 200)
    done(ent.post(f"/forms/{DEMANDS}/exports", json={"request": request}), 202)
    done(ent.post(f"/forms/{DEMANDS}/export-requests", json={"purpose": f"{name}再次核对"}), 201)

    photo = {"file": (BytesIO(PNG), "photo.png"), "field": "photo"}
    sent = school.post(f"/forms/{TEACHERS}/files", data=photo, content_type="multipart/form-data")
    file = done(sent, 201)["id"]
    records = f"/forms/{TEACHERS}/records"
    kept = done(school.post(records, json={"answers": teacher(first, photo=[file])}), 201)
    for number in (1, 2):
        done(school.post(records, json={"answers": teacher(first + number), "submit": True}), 201, 422)

    export = done(school.post(f"/forms/{TEACHERS}/exports", json={"format": "csv"}), 202)
    content = workbook(app, school, [teacher(first + 3), teacher(first + 4, mobile="12")])
    book = {"file": (BytesIO(content), "book.xlsx")}
    imported = done(school.post(f"/forms/{TEACHERS}/imports", data=book, content_type="multipart/form-data"), 202)
    work(app)
    return {
        "demand": submitted["id"],
        "request_id": request,
        "teacher": kept["id"],
        "file_id": file,
        "export_id": export["export"],
        "import_id": imported["import"],
        "job_id": imported["job"],
    }
