"""Imports and exports by the API, with the worker run in this process."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.builder.catalogue import compiled
from app.database import db, unit_of_work
from app.jobs import running
from app.jobs.models import Job
from forms.compiled import CompiledForm
from tests.conftest import ApiClient
from tests.exchange.books import fill, saved

TEACHERS = "pt_teacher_register"
DEMANDS = "labor_demand_survey"


@pytest.fixture(autouse=True)
def _no_jobs(request: pytest.FixtureRequest) -> None:
    """Leave no job of another test behind."""
    if "app" in request.fixturenames:
        with request.getfixturevalue("app").app_context(), unit_of_work():
            db.session.execute(sa.update(Job).where(Job.state == "queued").values(state="cancelled"))


@pytest.fixture
def form_of(app: Flask) -> Callable[[str], CompiledForm]:
    """Return a form, compiled."""

    def get(key: str) -> CompiledForm:
        with app.app_context():
            return compiled(key)

    return get


@pytest.fixture
def work(app: Flask) -> Callable[[], int]:
    """Run every job that waits, as a worker would."""

    def run() -> int:
        with app.app_context():
            count = running.run_all()
            db.session.remove()
            return count

    return run


class Desk:
    """One account at work with files."""

    def __init__(self, client: ApiClient, work: Callable[[], int], form_of: Callable[[str], CompiledForm]) -> None:
        self.client, self.work, self.form_of = client, work, form_of

    def template(self, form: str = TEACHERS) -> bytes:
        """Download the template of a form."""
        response = self.client.get(f"/forms/{form}/template.xlsx")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.data

    def filled(self, rows: list[dict[str, Any]], form: str = TEACHERS, lang: str = "zh") -> bytes:
        """Return the template with rows in it."""
        return saved(fill(self.template(form), self.form_of(form), rows, lang))

    def upload(self, content: bytes, form: str = TEACHERS, name: str = "book.xlsx") -> Any:
        """Upload a file; return the response."""
        return self.client.post(
            f"/forms/{form}/imports", data={"file": (BytesIO(content), name)}, content_type="multipart/form-data"
        )

    def check(self, content: bytes, form: str = TEACHERS, name: str = "book.xlsx") -> tuple[str, dict[str, Any]]:
        """Upload a file and have it checked; return its id and its preview."""
        response = self.upload(content, form, name)
        assert response.status_code == 202, response.get_data(as_text=True)
        self.work()
        return response.get_json()["import"], self.preview(response.get_json()["import"])

    def preview(self, import_id: str) -> dict[str, Any]:
        """Return the state of an import."""
        response = self.client.get(f"/imports/{import_id}")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def commit(self, import_id: str, **options: Any) -> dict[str, Any]:
        """Commit an import and have it done."""
        response = self.client.post(f"/imports/{import_id}/commit", json=options)
        assert response.status_code == 202, response.get_data(as_text=True)
        self.work()
        return self.preview(import_id)

    def bring(self, rows: list[dict[str, Any]], form: str = TEACHERS, **options: Any) -> dict[str, Any]:
        """Import rows, all the way."""
        import_id, found = self.check(self.filled(rows, form), form)
        assert found["state"] == "ready", found
        return self.commit(import_id, **options)

    def errors(self, import_id: str) -> bytes:
        """Download the workbook with errors."""
        response = self.client.get(f"/imports/{import_id}/errors.xlsx")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.data

    def export(self, form: str = TEACHERS, **spec: Any) -> bytes:
        """Export; return the file."""
        response = self.client.post(f"/forms/{form}/exports", json=spec)
        assert response.status_code == 202, response.get_data(as_text=True)
        self.work()
        job = self.client.get(f"/jobs/{response.get_json()['job']}").get_json()
        assert job["state"] == "done", job
        file = self.client.get(f"/exports/{response.get_json()['export']}/file")
        assert file.status_code == 200, file.get_data(as_text=True)
        content = file.data
        file.close()
        return content

    def records(self, form: str = TEACHERS, query: str = "page_size=200&count=exact") -> dict[str, Any]:
        """Return a list of records."""
        response = self.client.get(f"/forms/{form}/records?{query}")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def record(self, record_id: str, form: str = TEACHERS) -> dict[str, Any]:
        """Return a record."""
        response = self.client.get(f"/forms/{form}/records/{record_id}")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()


@pytest.fixture
def desk(
    api: Callable[..., ApiClient], work: Callable[[], int], form_of: Callable[[str], CompiledForm]
) -> Callable[..., Desk]:
    """Return the desk of an account."""
    return lambda username, language="zh": Desk(api(username, language), work, form_of)
