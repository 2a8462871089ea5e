"""Rules that go by another form's record stop a submission as the college sends it, which sees only its part of it."""

from __future__ import annotations

import json

from tests.seeds.conftest import TODAY
from tests.seeds.test_pack_api import HERE, ORDER, Clerk

LAST = max(ORDER.index(key) for key in ("pt_teacher_engagement", "internship"))


def test_no_teacher_without_a_check_and_no_more_interns_than_a_tenth(templates, api, actor, pack, monkeypatch):
    monkeypatch.setattr("app.records.writing.context.today", lambda: TODAY)
    monkeypatch.setitem(HERE, "pt_teacher_register", {"access_check": "0", "access_check_date": None})
    monkeypatch.setitem(HERE, "internship", {"students": 13, "agreement_cnt": 13})
    clerk = Clerk(templates, api, actor, pack)
    for key in ORDER[: LAST + 1]:
        clerk.work(key)
    found = {key: json.loads(text)["errors"] for key, text in clerk.refused.items()}
    refused = {key: {error["field"] for error in errors} for key, errors in found.items()}
    assert refused["pt_teacher_engagement"] == {"teacher_id"}
    assert "准入查询" in found["pt_teacher_engagement"][0]["message"]
    assert refused["internship"] == {"students"}
    assert "10%" in found["internship"][0]["message"]
    # The twin: with as many as there may be it goes through.
    monkeypatch.setitem(HERE, "internship", {"students": 12, "agreement_cnt": 12})
    clerk.refused.clear()
    clerk.work("internship")
    assert clerk.refused == {}
