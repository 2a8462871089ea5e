"""Attachments that an import could not bring: found in the list until they are there."""

from __future__ import annotations

import io
import json
from urllib.parse import quote

from tests.exchange.conftest import TEACHERS
from tests.samples import teacher


def found(school, op="eq", value="true", status=200):
    asked = quote(json.dumps([{"field": "_attachment_due", "op": op, "value": value}]))
    response = school.client.get(f"/forms/{TEACHERS}/records?page_size=200&filter={asked}")
    assert response.status_code == status, response.get_data(as_text=True)
    return {row["id"] for row in response.get_json().get("records", [])}


def scan(school, field="certs.cert_file"):
    sent = {"file": (io.BytesIO(b"%PDF-1.4 invented"), "scan.pdf"), "field": field}
    kept = school.client.post(f"/forms/{TEACHERS}/files", data=sent, content_type="multipart/form-data")
    assert kept.status_code == 201, kept.get_data(as_text=True)
    return kept.get_json()["id"]


def put(school, record, answers):
    body = {"lock_version": record["lock_version"], "answers": answers}
    response = school.client.put(f"/forms/{TEACHERS}/records/{record['id']}", json=body)
    assert response.status_code == 200, response.get_data(as_text=True)
    return school.record(record["id"])


def states(record):
    return {(note["field"], note["row"]): note["state"] for note in record["notes"]}


def test_what_is_due_is_found_until_it_is_there(desk, sign_in):
    school = desk("school_a")
    # Nothing is due of what was typed on the page.
    plain = school.client.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(39)}).get_json()["id"]
    two = [{**teacher(40)["certs"][0]}, {**teacher(40)["certs"][0], "cert_no": "GC-2"}]
    school.bring([teacher(40, certs=two, employer_consent="3"), teacher(41, employer_consent="3")])
    due = found(school)
    assert len(due) == 2
    assert plain not in due
    assert found(school, "ne", "false") == due
    assert plain in found(school, value="false")
    assert not due & found(school, value="false")
    found(school, "contains", "x", status=400)
    found(school, value="perhaps", status=400)
    record = next(one for one in map(school.record, due) if len(one["answers"]["certs"]) == 2)
    assert set(states(record).values()) == {"open"}
    first, second = ({"_row": row["_row"]} for row in record["answers"]["certs"])
    # One of two: the other is still due. What else is changed closes nothing.
    record = put(school, record, {"dept_post": "车间主任"})
    assert set(states(record).values()) == {"open"}
    record = put(school, record, {"certs": [{**first, "cert_file": [scan(school)]}, second]})
    assert states(record) == {("certs.cert_file", 1): "resolved", ("certs.cert_file", 2): "open"}
    assert record["id"] in found(school)
    # The last one: by a file, or by taking its row away.
    record = put(school, record, {"certs": [first]})
    assert set(states(record).values()) == {"resolved"}
    assert found(school) == due - {record["id"]}
    page = sign_in("school_a").get(f"/records/{TEACHERS}/list?ff=_attachment_due&fo=eq&fv=true").get_data(as_text=True)
    assert '<option value="_attachment_due" selected>待补附件</option>' in page
    assert f"/show/{record['id']}" not in page
    assert all(f"/show/{one}" in page for one in due - {record["id"]})


def test_a_form_without_attachments_does_not_offer_it(desk):
    response = desk("ent_a").client.get(
        f"/forms/enterprise_profile/records?filter={quote(json.dumps([{'field': '_nothing', 'op': 'eq', 'value': 1}]))}"
    )
    assert response.status_code in {400, 403}
