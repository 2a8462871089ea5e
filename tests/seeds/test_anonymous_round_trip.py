"""The evaluation by students: no account takes its records out, whatever it is granted; its questions would come back.

That no record of an anonymous form is listed or exported is a promise to those who filled it (docs/decisions/0024),
so no account has an export of it to import; the operator has (test_pack_round_trip). The same questions asked by name show that nothing else stands in the way.
"""

from __future__ import annotations

from copy import deepcopy

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.database import db, unit_of_work
from app.identity.models import GrantRow
from seeds.load import load_form
from seeds.reading import raw_files
from tests.exchange.books import opened, rows_of
from tests.seeds.conftest import TODAY
from tests.seeds.test_pack_api import ORDER, Clerk, evaluate
from tests.seeds.test_pack_round_trip import bring, work

ANONYMOUS, NAMED = "evaluation_student", "evaluation_student_named"
#: An evaluation speaks of a class; these are there before it, and it.
NEEDED = ORDER[: ORDER.index("order_class_agreement") + 1]


def grant_all(app, resource):
    """Let who fills forms for a college do everything with a resource, and see everything."""
    with app.app_context(), unit_of_work():
        known = GrantRow.role == "school_admin", GrantRow.resource == resource
        first, *others = db.session.scalars(sa.select(GrantRow).where(*known)).all()
        for row in others:
            db.session.delete(row)
        db.session.flush()
        first.actions, first.mode = "CERSUV", "m0"


@pytest.fixture
def clerk(templates, api, actor, pack, monkeypatch):
    monkeypatch.setattr("app.records.writing.context.today", lambda: TODAY)
    found = Clerk(templates, api, actor, pack)
    for key in NEEDED:
        found.work(key)
    assert found.refused == {}
    return found


def export(app, client, key):
    asked = client.post(f"/forms/{key}/exports", json={"purpose": "往返核对"})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    work(app)
    with client.get(f"/exports/{asked.get_json()['export']}/file") as file:
        assert file.status_code == 200
        return bytes(file.data)


def test_no_grant_takes_an_anonymous_record_out_and_its_questions_come_back(clerk, templates, pack):
    evaluate(clerk)
    grant_all(templates, "evaluation_anonymous")
    school = clerk.client("school_a")
    assert school.get(f"/forms/{ANONYMOUS}/records").status_code == 403
    assert rows_of(opened(export(templates, school, ANONYMOUS)).worksheets[0]) == []

    raw = deepcopy(raw_files("forms")[ANONYMOUS])
    raw |= {"key": NAMED, "resource": "evaluation", "workflow": "wf_evaluation", "fill_roles": ["school_admin"]}
    raw.pop("visitors")
    with templates.app_context(), acting_as(system_actor("seeds")) as who, unit_of_work():
        load_form(who, NAMED, raw)
    grant_all(templates, "evaluation")
    answers = pack.fill(ANONYMOUS) | {"class_id": clerk.records["order_class_agreement"]}
    sent = school.post(f"/forms/{NAMED}/records", json={"answers": answers, "submit": True})
    assert sent.status_code == 201, sent.get_data(as_text=True)
    found = bring(templates, school, NAMED, export(templates, school, NAMED))
    assert found["state"] == "ready", found
    counts = found["counts"]
    assert (counts["rows"], counts["unchanged"], counts["errors"]) == (1, 1, 0), found
