"""Every form of the policy is filled and submitted by the API, exported, and its export imported: nothing changes.

By those who fill them: what is personal leaves in plain as it does for everybody, by a request that a second person
approves; what is secret stays masked, and no record of the anonymous evaluation leaves. By the operator of the
installation, who sees every field of every form in plain: all 29.
"""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa

from app.access import law
from app.access.actor import acting_as, system_actor, today
from app.builder.catalogue import compiled
from app.database import db, unit_of_work
from app.identity.models import GrantRow
from app.jobs import running
from app.records.models import RecordRevision
from forms.answers.answer import is_empty, rows_of
from tests.seeds.conftest import TODAY
from tests.seeds.test_pack_api import ACCOUNTS, ORDER, Clerk, evaluate

if TYPE_CHECKING:
    from pathlib import Path

FIRST_ROW = 4


def work(app: Any) -> None:
    with app.app_context():
        running.run_all()
        db.session.remove()


def export(clerk: Clerk, key: str) -> bytes:
    """Export all that the one who filled a form may export, in plain by a request that somebody else approves."""
    client, account = clerk.client(clerk.accounts[key]), clerk.accounts[key]
    asked = client.post(f"/forms/{key}/export-requests", json={"purpose": "往返核对"})
    spec: dict[str, Any] = {"purpose": "往返核对"}
    if asked.status_code == 201:
        request = asked.get_json()["id"]
        second = clerk.client("city_admin" if account == "city_voc" else "city_voc")
        decided = second.post(f"/export-requests/{request}/decision", json={"approve": True})
        assert decided.status_code == 200, f"{key}: {decided.get_data(as_text=True)}"
        spec = {"request": request}
    else:
        # Nothing of it is personal.
        assert [error["code"] for error in asked.get_json()["errors"]] == ["nothing_masked"], key
        assert "personal" not in {item.class_ for _, item in clerk.pack.forms[key].definition.walk()}, key
    started = client.post(f"/forms/{key}/exports", json=spec)
    assert started.status_code == 202, f"{key}: {started.get_data(as_text=True)}"
    work(clerk.app)
    file = client.get(f"/exports/{started.get_json()['export']}/file")
    assert file.status_code == 200, key
    content = bytes(file.data)
    file.close()
    return content


def bring(app: Any, client: Any, key: str, content: bytes) -> dict[str, Any]:
    sent = {"file": (BytesIO(content), "book.xlsx")}
    response = client.post(f"/forms/{key}/imports", data=sent, content_type="multipart/form-data")
    assert response.status_code == 202, f"{key}: {response.get_data(as_text=True)}"
    work(app)
    return dict(client.get(f"/imports/{response.get_json()['import']}").get_json())


def read_back(form: Any, content: bytes, record: str) -> dict[str, Any]:
    """Return what the cells of a record mean, in canonical form; references as their labels."""
    book = openpyxl.load_workbook(BytesIO(content))
    sheets = [sheet for sheet in book if sheet.cell(1, 1).value == "_record"]
    answers: dict[str, Any] = {}
    for sheet in sheets:
        keys = [cell.value for cell in sheet[1]]
        rows = [
            dict(zip(keys, row, strict=False))
            for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True)
            if row[0] == record
        ]
        if "_row" not in keys:
            assert len(rows) == 1, form.definition.key
            answers |= cells(form.columns, rows[0])
            continue
        table = next(item.key for item in form.definition.subtables if {*keys[2:]} <= {c.key for c in item.fields})
        if rows:
            answers[table] = [{"_row": row["_row"], **cells(form.columns[table].columns, row)} for row in rows]
    return answers


def cells(columns: Any, row: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for key, cell in row.items():
        column = columns.get(key)
        if column is None or cell is None or column.columns or not travels(column):
            continue
        raw = column.type.from_excel(column.field, cell, column.code_list)
        found[key] = raw if column.type.refers else column.check(raw)
    return found


def travels(column: Any) -> bool:
    """Tell whether answers travel in a workbook: attachments and what is computed do not."""
    return column.takes_answers and not column.type.attachment


def expected(columns: Any, answers: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, column in columns.items():
        value = answers.get(key)
        if column.path in hidden or is_empty(value):
            continue
        if column.columns:
            found[key] = [
                {"_row": row["_row"], **expected(column.columns, dict(row), hidden)} for row in rows_of(value)
            ]
        elif travels(column):
            found[key] = value["label"] if column.type.refers else value
    return found


def stored(app: Any, record: str) -> dict[str, Any]:
    """Return the answers of the last revision: what is true, whoever looks."""
    with app.app_context(), acting_as(system_actor("workflow")):
        query = sa.select(RecordRevision.answers).where(RecordRevision.record_id == record)
        return dict(db.session.scalars(query.order_by(RecordRevision.no.desc())).first() or {})


@pytest.fixture
def _looking(templates):
    """Let who fills a form see what is personal on it; what is secret is masked for everybody."""
    with templates.app_context(), unit_of_work():
        rows = db.session.scalars(sa.select(GrantRow).where(GrantRow.role.in_(ACCOUNTS))).all()
        known = {(row.role, row.resource, row.scope): row for row in rows if row.mode == "m0"}
        for row in rows:
            masked = row.mode == "m1" or (row.mode == "" and row.scope not in law.OWN_SCOPES)
            target = known.get((row.role, row.resource, row.scope), row) if masked else row
            if masked and target is row:
                row.mode = "m0"
            # Who may fill a form may take it along here, even where the pack does not say so.
            target.actions = "".join(sorted({*target.actions, *row.actions, *("E" if "C" in row.actions else "")}))


def comes_back_by_request(clerk: Clerk, key: str) -> None:
    """Export a form as who filled it, in plain by a request; bring the file back; look what its cells say."""
    client = clerk.client(clerk.accounts[key])
    content = export(clerk, key)
    found = bring(clerk.app, client, key, content)
    assert found["state"] == "ready", f"{key}: {found}"
    counts = found["counts"]
    assert (counts["new"], counts["changed"], counts["errors"]) == (0, 0, 0), f"{key}: {found}"
    assert counts["unchanged"] >= 1, key
    compare(clerk.app, key, content, [clerk.records[key]], {"secret"})


def comes_back_to_the_operator(app: Any, key: str, records: list[str], folder: Path) -> None:
    """Do the same as who sees every field in plain, secret ones too, at the command line."""
    file, command = folder / f"{key}.xlsx", app.test_cli_runner().invoke
    done = command(args=["exchange", "export", key, str(file), "--purpose", "往返核对"])
    assert done.exit_code == 0, f"{key}: {done.output}"
    done = command(args=["exchange", "import", key, str(file), "--commit"])
    assert done.exit_code == 0, f"{key}: {done.output}"
    rows, new, changed, unchanged, errors = map(int, re.findall(r" (\d+)\b", done.output.partition("\n")[0]))
    assert (new, changed, errors) == (0, 0, 0), f"{key}: {done.output}"
    assert rows == unchanged >= len(records), f"{key}: {done.output}"
    compare(app, key, file.read_bytes(), records, set())


def compare(app: Any, key: str, content: bytes, records: list[str], closed: set[str]) -> None:
    """Expect the cells of records to say what is stored; but for fields of the *closed* classes."""
    with app.app_context():
        form = compiled(key)
    hidden = {path for path, item in form.definition.walk() if item.class_ in closed}
    for record in records:
        assert read_back(form, content, record) == expected(form.columns, stored(app, record), hidden), key


@pytest.fixture
def clerk(templates, api, actor, pack, monkeypatch):
    """Return who has filled and submitted every form that an account can fill."""
    monkeypatch.setattr("app.records.writing.context.today", lambda: TODAY)
    found = Clerk(templates, api, actor, pack)
    for key in ORDER:
        found.work(key)
    assert found.refused == {}
    return found


@pytest.mark.usefixtures("_looking")
def test_every_form_comes_back_from_its_own_export(clerk, monkeypatch, tmp_path):
    for key in ORDER:
        comes_back_by_request(clerk, key)
    filled = {key: [record] for key, record in clerk.records.items()}
    filled["evaluation_student"] = evaluate(clerk, 5)
    assert len(filled) == 29
    # Anonymous answers are told of days that are over.
    monkeypatch.setattr("app.records.lists.summary.today", lambda: today() + timedelta(days=1))
    for key, records in filled.items():
        comes_back_to_the_operator(clerk.app, key, records, tmp_path)
