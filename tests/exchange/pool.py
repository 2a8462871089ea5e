"""A teacher of a college, brought through all reviews into the pool."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

TEACHERS = "pt_teacher_register"
PDF = b"%PDF-1.4 invented"


def in_pool(desk: Callable[..., Any], account: str, row: dict[str, Any]) -> str:
    """Bring a teacher of a college through all reviews into the pool, shown to every college."""
    school = desk(account)
    sent = {"file": (io.BytesIO(PDF), "scan.pdf"), "field": "certs.cert_file"}
    kept = school.client.post(f"/forms/{TEACHERS}/files", data=sent, content_type="multipart/form-data")
    assert kept.status_code == 201, kept.get_data(as_text=True)
    row = {**row, "employer_consent": "3", "certs": [{**row["certs"][0], "cert_file": [kept.get_json()["id"]]}]}
    saved = school.client.post(f"/forms/{TEACHERS}/records", json={"answers": row, "submit": True})
    assert saved.status_code == 201, saved.get_data(as_text=True)
    saved = saved.get_json()
    county = "county_a" if account.endswith("_a") else "county_b"
    for reviewer, verb in ((county, "county_ok"), ("city_voc", "approve")):
        address = f"/forms/{TEACHERS}/records/{saved['id']}/actions/{verb}"
        done = desk(reviewer).client.post(address, json={"lock_version": saved["lock_version"]})
        assert done.status_code == 200, done.get_data(as_text=True)
        saved["lock_version"] = done.get_json()["lock_version"]
    return saved["id"]
