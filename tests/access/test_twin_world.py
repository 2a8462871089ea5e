"""The twin-world test: the same requests as tenant A, in two worlds that differ only in tenant B's data, get equal answers.

It needs to know no feature: whatever lets B's rows shine through (a list, a count, a drop-down, a look-up, an error
about uniqueness, a serial number, a file, a header, a length) makes two answers differ.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import quote

import openpyxl
from flask import Flask
from werkzeug.test import TestResponse

from app.access.actor import today
from tests.access.routes import NOWHERE, table
from tests.access.tenants import DEMANDS, PNG, TEACHERS, done, live, work, workbook
from tests.conftest import ApiClient, World, csrf_token, sign_in_client
from tests.samples import demand, teacher

FORMS = (DEMANDS, TEACHERS, "enterprise_profile")
TENANT_A = ("ent_a", "ent_a_clerk", "school_a", "school_a_clerk", "county_a", "county_a_emp")
#: Those who also search for everything.
SEEKERS = ("ent_a", "school_a", "county_a")
#: Words and values of tenant B.
HIS = ("富拉尔基", "测试", "焊工", "乙草稿1")

#: What differs between two runs of the same story in one world: random ids, moments, tokens.
VOLATILE = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "ID"),
    (re.compile(r"\bDC-\d{8}-[0-9A-HJKMNP-TV-Z]{6}\b"), "NUMBER"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"_\d{8}_\d{4}\b"), "_TIME"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r'(csrf[-_]token"[^>]*(?:value|content)=")[^"]+'), r"\1TOKEN"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "HEX"),
    (re.compile(r"cursor=[A-Za-z0-9_%=.-]+"), "CURSOR"),
    (re.compile(r'"(next|previous)":\s*"[^"]+"'), r'"\1":"CURSOR"'),
)
HEADERS = ("Content-Type", "Location", "Cache-Control", "Content-Disposition", "Vary")


def normal(text: str) -> str:
    """Return *text* without what differs between two runs anyway."""
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


def content(response: TestResponse) -> str:
    """Return what an answer holds; of a workbook, its cells and the names of its parts."""
    data = response.data
    response.close()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = sorted(archive.namelist())
        book = openpyxl.load_workbook(BytesIO(data))
        cells = [[sheet.title, *([cell.value for cell in row] for row in sheet.iter_rows())] for sheet in book]
        return json.dumps([parts, cells], ensure_ascii=False, default=str)
    if response.mimetype == "text/csv":
        return json.dumps(list(csv.reader(StringIO(data.decode("utf-8-sig")))), ensure_ascii=False)
    return data.decode(errors="replace")


def told(response: TestResponse) -> str:
    """Return everything that an answer tells."""
    headers = sorted((key, value) for key, value in response.headers if key in HEADERS)
    return normal(f"{response.status_code} {headers} {content(response)}")


def searches() -> list[str]:
    """Return the addresses by which A looks for what B has."""
    addresses = []
    for form in FORMS:
        records, page = f"/api/v1/forms/{form}/records", f"/records/{form}/list"
        for base in (records, page):
            addresses += [f"{base}?q={quote(term)}" for term in HIS]
            addresses += [f"{base}?count=exact", f"{base}?from=end", f"{base}?page_size=1"]
        addresses += [
            f"{records}?order={order}" for order in ("-_updated_at", "_serial", "_region", "_state", "-_submitted_at")
        ]
        for field, op, value in (
            ("_region", "eq", "230206"),
            ("_state", "in", ["draft", "returned", "county_review"]),
            ("_serial", "contains", "2"),
            ("period_start", "gte", "2027-01"),
            ("staff_now", "eq", 120),
            ("positions.position_name", "contains", "焊"),
            ("full_name", "contains", "测试"),
            ("id_no", "eq", teacher(0)["id_no"]),
            ("mobile", "starts", "139"),
        ):
            addresses.append(f"{records}?filter={quote(json.dumps([{'field': field, 'op': op, 'value': value}]))}")
    for form, field in ((DEMANDS, "ent_id"), (DEMANDS, "positions.order_school"), (TEACHERS, "employer_id")):
        for term in ("", "公司", "技", *HIS):
            addresses.append(f"/api/v1/forms/{form}/lookup/{field}?q={quote(term)}")
    return addresses


class Tenant:
    """What tenant A does, and everything that he is told."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.told: dict[Any, str] = {}
        self.clients = {account: ApiClient(app, account) for account in TENANT_A}

    def say(self, step: str, account: str, method: str, path: str, **arguments: Any) -> Any:
        """Send a request, keep the answer; return its JSON."""
        response = self.clients[account].open(method, path, **arguments)
        found = response.get_json(silent=True)
        self.told[step, account, path if NOWHERE in path else re.sub(r"[0-9A-Z]{26}", "ID", path)] = told(response)
        return found

    def write(self) -> dict[str, str]:
        """Write whatever collides with what tenant B has; return the ids of A's own."""
        records = f"/forms/{DEMANDS}/records"
        key = {"Idempotency-Key": "the-same-key-as-tenant-b"}
        self.say("draft", "ent_a", "POST", records, json={"answers": demand("甲草稿")}, headers=key)
        # The same period as B's demand, and B's again: a period has one demand of an enterprise, not of the city.
        first = self.say("submit", "ent_a", "POST", records, json={"answers": demand("乙焊工"), "submit": True})
        self.say("double", "ent_a", "POST", records, json={"answers": demand("乙焊工"), "submit": True})
        note = {"field": "positions.need_count", "row": 1, "text": "请核实", "severity": "must"}
        back = {"lock_version": first["lock_version"], "notes": [note]}
        self.say("return", "county_a", "POST", f"{records}/{first['id']}/actions/return", json=back)
        seen = self.say("read", "ent_a", "GET", f"{records}/{first['id']}")
        stale = {"lock_version": 1, "answers": {"staff_now": 7}}
        self.say("stale", "ent_a", "PUT", f"{records}/{first['id']}", json=stale)
        again = {"lock_version": seen["lock_version"]}
        self.say("again", "ent_a", "POST", f"{records}/{first['id']}/actions/submit", json=again)

        people = f"/forms/{TEACHERS}/records"
        photo = {"file": (BytesIO(PNG), "photo.png"), "field": "photo"}
        file = self.say(
            "file", "school_a", "POST", f"/forms/{TEACHERS}/files", data=photo, content_type="multipart/form-data"
        )
        # The same person as B's: a collision over the whole city must not show.
        kept = self.say("same person", "school_a", "POST", people, json={"answers": teacher(0, photo=[file["id"]])})
        self.say("same again", "school_a", "POST", people, json={"answers": teacher(1), "submit": True})
        reveal = {"fields": ["id_no", "mobile"], "reason": "核对"}
        self.say("reveal", "school_a", "POST", f"{people}/{kept['id']}/reveal", json=reveal)
        export = self.say("export", "school_a", "POST", f"/forms/{TEACHERS}/exports", json={"format": "xlsx"})
        flat = self.say(
            "export csv", "county_a", "POST", f"/forms/{DEMANDS}/exports", json={"format": "csv", "q": "焊工"}
        )
        # What each wants in plain, and what waits for the county.
        purpose = {"purpose": "核对名单"}
        wanted = self.say("ask", "ent_a", "POST", f"/forms/{DEMANDS}/export-requests", json=purpose)
        self.say("ask", "county_a", "POST", f"/forms/{TEACHERS}/export-requests", json=purpose)
        for of in ("mine", "waiting", "others"):
            self.say(f"requests {of}", "county_a", "GET", f"/export-requests?of={of}")
        decision = {"approve": True, "note": "同意"}
        self.say("decide", "county_a", "POST", f"/export-requests/{wanted['id']}/decision", json=decision)
        plain = self.say(
            "export in plain", "ent_a", "POST", f"/forms/{DEMANDS}/exports", json={"request": wanted["id"]}
        )
        # B's people, as rows of a workbook: what is new to A is new, whoever else has it.
        book = workbook(self.app, self.clients["school_a"], [teacher(0), teacher(3), teacher(4, mobile="12")])
        sent = {"file": (BytesIO(book), "book.xlsx")}
        imported = self.say(
            "import", "school_a", "POST", f"/forms/{TEACHERS}/imports", data=sent, content_type="multipart/form-data"
        )
        work(self.app)
        self.say("preview", "school_a", "GET", f"/imports/{imported['import']}")
        commit = {"only_valid": True, "submit": True}
        self.say("commit", "school_a", "POST", f"/imports/{imported['import']}/commit", json=commit)
        work(self.app)
        self.say("committed", "school_a", "GET", f"/imports/{imported['import']}")
        self.say("file in plain", "ent_a", "GET", f"/exports/{plain['export']}/file")
        self.say("file of county", "county_a", "GET", f"/exports/{flat['export']}/file")
        return {
            "demand": first["id"],
            "teacher": kept["id"],
            "request_id": wanted["id"],
            "file_id": file["id"],
            "export_id": export["export"],
            "import_id": imported["import"],
            "job_id": imported["job"],
        }

    def look(self, own: dict[str, str]) -> None:
        """Ask every route that reads, as every account, for one's own and for what does not exist; and search."""
        routes = [route for route in table() if route.method == "GET" and "<path:filename>" not in route.rule]
        for account in TENANT_A:
            web = self.app.test_client()
            assert sign_in_client(web, account).status_code == 302
            assert csrf_token(web.get("/account/password").get_data(as_text=True))
            addresses: dict[str, str] = {}
            for route in routes:
                for form in FORMS if "<form" in route.rule else (DEMANDS,):
                    record = own["demand" if form == DEMANDS else "teacher"]
                    place = own["file_id"] if "/file/" in route.rule else record
                    mine = {**own, "pk": place, "record_id": record, "number": "1"}
                    addresses[f"own {form} {route.rule}"] = route.address(form, **mine)
                addresses[f"none {route.rule}"] = route.address(TEACHERS)
            if account in SEEKERS:
                addresses |= {address: address for address in searches()}
            for name, address in addresses.items():
                if address == "/lang/xx":
                    continue
                if address.startswith("/api/v1"):
                    response = self.clients[account].get(address.removeprefix("/api/v1"))
                else:
                    response = web.get(address)
                self.told[account, name] = told(response)


def test_tenant_a_cannot_tell_the_two_worlds_apart(worlds: Callable[[str], World], backend_name: str) -> None:
    seen = []
    for with_b in (False, True):
        world = worlds(backend_name)
        world.restore()
        campaign = open_campaign(world.app)
        if with_b:
            live(world.app, "ent_b", "school_b", "county_b")
            # What a reference field could name, and what waits for a decision.
            done(ApiClient(world.app, "ent_b").post("/forms/enterprise_profile/records", json={"answers": {}}), 201)
            filed = {"answers": demand("乙任务"), "submit": True, "campaign": campaign}
            done(ApiClient(world.app, "ent_b").post(f"/forms/{DEMANDS}/records", json=filed), 201)
            key = {"Idempotency-Key": "the-same-key-as-tenant-b"}
            ApiClient(world.app, "ent_b").post(f"/forms/{DEMANDS}/records", json={"answers": {}}, headers=key)
        tenant = Tenant(world.app)
        own = {**tenant.write(), "campaign_id": campaign}
        if with_b:
            live(world.app, "ent_b", "school_b", "county_b", name="乙二", first=20)
        tenant.look(own)
        seen.append(tenant.told)
    one, two = seen
    assert one.keys() == two.keys()
    different = [key for key in one if one[key] != two[key]]
    assert not different, "\n".join(f"{key}\n{contrast(one[key], two[key])}" for key in different[:8])
    assert len(one) > 1000
    assert sum(text.startswith("200") for text in one.values()) > len(one) / 4


def open_campaign(app: Flask) -> str:
    """Have the city ask every enterprise for a demand; return the campaign."""
    city, day = ApiClient(app, "city_voc"), today()
    dates = {"opens_on": day.isoformat(), "due_on": (day + timedelta(days=20)).isoformat()}
    body = {"form": DEMANDS, "title": "本季度用工需求", **dates, "targets": {"kinds": ["enterprise"]}}
    made: str = done(city.post("/campaigns", json=body), 201)["id"]
    done(city.post(f"/campaigns/{made}/open"), 200)
    return made


def contrast(left: str, right: str) -> str:
    """Return the neighbourhood of the first difference."""
    at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return f"  {left[max(0, at - 120) : at + 160]!r}\n  {right[max(0, at - 120) : at + 160]!r}"
