"""Every form that an account can fill is filled, submitted, read again and led through its workflow by the API."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

from app.access.actor import acting_as, system_actor, today
from app.builder.catalogue import compiled
from app.database import db
from app.identity.models import Organization
from app.records.writing import references
from app.records.writing.context import context_for, reference_reader
from seeds.load import _in_order
from seeds.reading import raw_files
from tests.seeds.conftest import TODAY
from tests.valid_answers import Filler
from tests.visitors.probes import Visitor

#: A role's account in the demonstration; visitors have none.
ACCOUNTS = {
    "ent_admin": "ent_a",
    "school_admin": "school_a",
    "school_clerk": "school_a_clerk",
    "county_hr": "county_a",
    "county_emp": "county_a_emp",
    "city_voc": "city_voc",
    "city_emp": "city_emp",
}
#: Forms that nobody fills with an account.
OF_VISITORS = {"evaluation_student"}
#: Words under which the directory of organizations shows some.
WORDS = ("", "示范", "就业服务中心")
#: What must have happened to a record before others may refer to it.
STEPS = {
    "enterprise_profile": [("county_a", "approve")],
    "school_profile": [("county_a", "approve")],
    "labor_demand_survey": [("county_a", "approve"), ("city_voc", "collect")],
    "pt_teacher_register": [("county_a", "county_ok"), ("city_voc", "approve")],
}
#: What cannot be filled here: help among enterprises wants two of them.
HERE: dict[str, dict[str, Any]] = {"alliance_member": {"ent_mutual": None}}
FILES = {"pdf": b"%PDF-1.4\n%%EOF\n", "png": b"\x89PNG\r\n\x1a\n" + bytes(32)}
ORDER = [key for key, _ in _in_order(raw_files("forms")) if key not in OF_VISITORS]


@dataclass
class Clerk:
    """Fills forms by the API, each in the role that submits it."""

    app: Any
    api: Any
    actor: Any
    pack: Any
    refused: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    #: Who filled each form.
    accounts: dict[str, str] = field(default_factory=dict)

    def client(self, account: str) -> Any:
        """Return the API as an account sees it."""
        if account not in self.clients:
            self.clients[account] = self.api(account)
        return self.clients[account]

    def work(self, key: str) -> None:
        """Fill and submit one form, and take the steps that let others refer to it."""
        flow, roles = self.pack.workflow(key), self.pack.forms[key].definition.fill_roles
        verbs = [verb for verb in flow.verbs_from(flow.initial) if verb.kind == "submit"]
        verb, role = next((verb, role) for verb in verbs for role in verb.by if role in roles and role in ACCOUNTS)
        client, address = self.client(ACCOUNTS[role]), f"/forms/{key}/records"
        answers = self.answers(key, ACCOUNTS[role], client)
        response = client.post(address, json={"answers": answers, "submit": True})
        if response.status_code != 201:
            self.refused[key] = response.get_data(as_text=True)
            return
        saved = response.get_json()
        assert saved["state"] == verb.to
        self.records[key], self.accounts[key] = saved["id"], ACCOUNTS[role]
        for account, step in STEPS.get(key, ()):
            self.step(key, account, step)
        kept = client.get(f"{address}/{saved['id']}").get_json()["answers"]
        assert set(answers) - set(kept) <= self.closed(key), key
        assert saved["id"] in {row["id"] for row in client.get(address).get_json()["records"]}

    def lock(self, key: str, account: str) -> int:
        """Return the lock version of the record of a form."""
        return int(self.client(account).get(f"/forms/{key}/records/{self.records[key]}").get_json()["lock_version"])

    def step(self, key: str, account: str, verb: str) -> str:
        """Take a step on the record of a form; return its state."""
        body = {"lock_version": self.lock(key, account), "comment": "已核对"}
        done = self.client(account).post(f"/forms/{key}/records/{self.records[key]}/actions/{verb}", json=body)
        assert done.status_code == 200, f"{key} {verb}: {done.get_data(as_text=True)}"
        return str(done.get_json()["state"])

    def change(self, key: str, account: str, changes: dict[str, Any]) -> None:
        """Change answers of the record of a form; ``...`` stands for an attachment that is uploaded now."""
        client = self.client(account)
        sent = {path: [self.upload(client, key, path, 1)] if value is ... else value for path, value in changes.items()}
        body = {"lock_version": self.lock(key, account), "answers": sent}
        done = client.put(f"/forms/{key}/records/{self.records[key]}", json=body)
        assert done.status_code == 200, f"{key} {sorted(changes)}: {done.get_data(as_text=True)}"

    def upload(self, client: Any, key: str, path: str, number: int) -> str:
        """Upload an attachment for a field; return its id."""
        kind = "png" if self.pack.forms[key].definition.field(path).type in {"image", "signature"} else "pdf"
        content = (BytesIO(FILES[kind]), f"{number}.{kind}")
        sent = client.post(f"/forms/{key}/files", data={"field": path, "file": content})
        return str(sent.get_json()["id"])

    def closed(self, key: str) -> set[str]:
        """Return the fields that the law hides from the one who filled them."""
        return {item.key for item in self.pack.forms[key].definition.fields if item.class_ == "secret"}

    def answers(self, key: str, account: str, client: Any) -> dict[str, Any]:
        """Return generated answers with references that the account may choose and files that it has uploaded."""
        with self.app.app_context(), acting_as(self.actor(account)) as who:
            form, state = compiled(key), self.pack.workflow(key).initial
            own = db.session.get_one(Organization, who.organization_id)
            known = context_for(who, form.definition, own, state=state, prefilling=True)
            known = replace(known, reference=reference_reader(system_actor("workflow")))

            def choose(column: Any, number: int) -> dict[str, str] | None:
                found = next(filter(None, (references.lookup(who, key, column.path, words) for words in WORDS)), [])
                return found[number % len(found)] if found else None

            upload = partial(self.upload, client, key)
            more = HERE.get(key, {})
            return Filler(form, known, rows=1, reference=choose, file=upload, tuned=more).answers()


#: form → what is done after it was submitted: ``(account, step)`` or ``(account, changed answers)``.
LIVES: dict[str, list[tuple[str, str | dict[str, Any]]]] = {
    "order_class_agreement": [
        ("school_a", {"agreement_no": "协议1号", "sign_date": "2026-01-05", "valid_from": "2026-01-05"}),
        ("school_a", {"valid_to": "2029-01-04", "agreement_file": ..., "plan_file": ...}),
        ("school_a", "file"),
        ("city_voc", "approve"),
        ("school_a", "enroll"),
        ("school_a", {"actual_count": 36}),
        ("school_a", "open"),
        ("school_a", "intern"),
        ("school_a", "suspend"),
        ("school_a", "resume"),
        ("school_a", "graduate"),
        ("city_voc", "evaluate"),
        ("city_voc", "archive"),
    ],
    "class_student": [
        ("school_a", "screen"),
        ("school_a", "admit"),
        ("school_a_clerk", {"national_student_no": "XJ2026001"}),
        ("school_a", "enroll"),
        ("school_a", {"state": "4", "leave_reason": "因病休学"}),
        ("school_a", "leave"),
        ("school_a", "resume"),
        ("school_a", {"state": "7", "score_theory": "81", "score_skill": "90", "cert_kind": "1", "cert_level": "K4"}),
        ("school_a", {"cert_no": "S000123000000263000001", "employ_state": "0"}),
        ("school_a", "complete"),
        ("school_a", {"stay_3m": True}),
    ],
    "pt_teacher_engagement": [
        ("school_a", "hr"),
        ("school_a", "leader"),
        ("school_a", "confirm"),
        ("school_a", {"agreement_file": ...}),
        ("school_a", "activate"),
        ("school_a", {"exit_reason": "2"}),
        ("school_a", "dismiss"),
    ],
    "pt_teaching_record": [("school_a", "confirm"), ("school_a", "reopen")],
    "training_base_usage": [
        ("school_a", "confirm"),
        ("school_a_clerk", "start"),
        ("school_a_clerk", {"actual_students": 4, "actual_hours": "8.0", "safety_event": "0"}),
        ("school_a_clerk", "complete"),
        ("school_a", {"rating": 5}),
        ("school_a", "rate"),
    ],
    "training_base_review": [
        ("county_a", {"onsite": True, "result": "2", "opinion": "设备台账不全", "rectify_by": "2027-01-31"}),
        ("county_a", "rectify"),
        ("city_voc", {"result": "1", "opinion": "已整改"}),
        ("city_voc", "pass"),
    ],
    "skilled_talent_survey": [("county_a", "approve"), ("city_voc", "collect")],
    "graduate_register": [
        ("city_emp", {"serve_region": "230203"}),
        ("city_emp", "transfer_in"),
        ("county_a_emp", {"serve_person": "经办员"}),
        ("county_a_emp", "claim"),
        ("county_a_emp", "reach"),
        ("county_a_emp", {"grad_status": "31"}),
        ("county_a_emp", "employ"),
        ("county_a_emp", "close"),
    ],
    "school_major_adjust": [
        ("city_voc", "approve"),
        ("city_voc", {"filing_no": "备〔2026〕1号"}),
        ("city_voc", "file"),
    ],
    "subsidy_stat": [
        ("county_a", "county_ok"),
        ("county_a", "to_city"),
        ("city_voc", "approve"),
        ("city_voc", "lock"),
    ],
    "publicity_case": [("city_voc", {"adopt_result": "1"}), ("city_voc", "accept"), ("city_voc", "publish")],
    "course_codevelop": [("school_a", "use"), ("school_a", "revise")],
    "school_response": [
        ("school_a", "read"),
        (
            "school_a",
            {
                "response_type": "2",
                "match_rows": [
                    {
                        "position_name": "焊工",
                        "major_code": "0106-3",
                        "supply_mode": "1",
                        "offer_count": 3,
                        "available_date": "2027-07",
                    }
                ],
                "contact_name": "测试员",
                "contact_mobile": "13900000001",
            },
        ),
        ("school_a", "respond"),
    ],
    "visit_record": [
        ("county_a", "follow"),
        ("county_a", {"appeal_result": "已协调解决"}),
        ("county_a", "close"),
    ],
    "work_org": [("city_voc", "approve"), ("county_a", "edit")],
    "service_1131_record": [("city_emp", {"detail": "补充说明"})],
}


def evaluate(clerk: Clerk, count: int = 1) -> list[str]:
    """Fill the student's evaluation as anonymous visitors, with codes that the college has issued for the class."""
    key, school = "evaluation_student", clerk.client("school_a")
    body = {
        "count": count,
        "valid_until": (today() + timedelta(days=5)).isoformat(),
        "fixed": {"class_id": clerk.records["order_class_agreement"]},
    }
    issued = school.post(f"/forms/{key}/codes", json=body)
    assert issued.status_code == 201, issued.get_data(as_text=True)
    answers = {name: value for name, value in clerk.pack.fill(key).items() if name != "class_id"}
    found = []
    for given in issued.get_json()["codes"]:
        visitor = Visitor(clerk.app, given["code"])
        sent = visitor.post(f"/forms/{key}/records", json={"answers": answers, "submit": True})
        assert sent.status_code == 201, sent.get_data(as_text=True)
        assert sent.get_json()["state"] == "open"
        found.append(sent.get_json()["id"])
        assert visitor.post(f"/forms/{key}/records", json={"answers": answers, "submit": True}).status_code == 401
    for account in ("school_a", "city_voc", "city_admin"):
        assert clerk.client(account).get(f"/forms/{key}/records/{found[0]}").status_code == 404
        assert clerk.client(account).get(f"/forms/{key}/records").status_code == 403
    return found


def test_every_form_is_submitted_and_lives_on(templates, api, actor, pack, monkeypatch):
    monkeypatch.setattr("app.records.writing.context.today", lambda: TODAY)
    clerk = Clerk(templates, api, actor, pack)
    for key in ORDER:
        clerk.work(key)
    assert clerk.refused == {}
    assert len(ORDER) == 28
    evaluate(clerk)
    for key, life in LIVES.items():
        for account, what in life:
            if isinstance(what, str):
                verb = pack.workflow(key).verb(what)
                assert clerk.step(key, account, what) == verb.to, f"{key} {what}"
            else:
                clerk.change(key, account, what)


def test_what_waits_for_visitors_cannot_be_filled_by_anybody_else(templates, api):
    for account in ("ent_a", "school_a", "city_admin"):
        response = api(account).post("/forms/evaluation_student/records", json={"answers": {}})
        assert response.status_code == 403, account
