"""Friday afternoon: an administrator changes a form that is in use, in a browser, and two running web processes follow.

Served as ``make run`` serves it, and by a second web process beside it, on the same data; nothing is restarted.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from forms.compiled import CompiledForm, compile_form
from forms.files.loading import parse_definition
from seeds.reading import code_lists
from tests.conftest import PASSWORD, sign_in_page
from tests.exchange.books import fill, keys, opened, rows_of, saved
from tests.serving.starting import ROOT, Running, environment, free_port, serving, wait_until_ready

FORM = "labor_demand_survey"
RECORDS, DRAFTS = 2_000, 5
NEW = "jian_yuan_qu_xiang"
PATIENCE = 300


class Caller:
    """An account at the API of one of the processes."""

    def __init__(self, address: str, account: str) -> None:
        self.base, self.headers = f"{address}/api/v1", {}
        sent = {"username": account, "password": PASSWORD, "provider": "db"}
        token = self.json("POST", "/security/login", json=sent)["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, status: int = 200, **arguments: Any) -> httpx.Response:
        """Send a request that must be answered by *status*."""
        answer = httpx.request(method, self.base + path, headers=self.headers, timeout=120, **arguments)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:600])
        return answer

    def json(self, method: str, path: str, status: int = 200, **arguments: Any) -> Any:
        """Return the JSON of an answer."""
        return self.send(method, path, status, **arguments).json()

    def done(self, job: str) -> dict[str, Any]:
        """Wait for a job."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.json("GET", f"/jobs/{job}")
            if found["state"] not in {"queued", "running"}:
                assert found["state"] == "done", found
                return found
            time.sleep(0.3)
        raise AssertionError("the job takes too long")

    def template(self) -> bytes:
        """Return the template of the form."""
        return self.send("GET", f"/forms/{FORM}/template.xlsx").content

    def bring_in(self, workbook: bytes, *, submit: bool) -> dict[str, int]:
        """Import a workbook and return what was counted."""
        started = self.json("POST", f"/forms/{FORM}/imports", 202, files={"file": ("表.xlsx", workbook)})
        self.done(started["job"])
        preview = self.json("GET", f"/imports/{started['import']}")
        assert preview["errors"] == []
        body = {"only_valid": True, "submit": submit}
        self.done(self.json("POST", f"/imports/{started['import']}/commit", 202, json=body)["job"])
        counts: dict[str, int] = preview["counts"]
        return counts

    def exported(self) -> Any:
        """Return the main sheet of an export of everything."""
        started = self.json("POST", f"/forms/{FORM}/exports", 202, json={"format": "xlsx"})
        self.done(started["job"])
        return opened(self.send("GET", f"/exports/{started['export']}/file").content).worksheets[0]

    def records(self) -> dict[str, Any]:
        """Return the answers of every record in view, with the version that each was filled under."""
        found, cursor = {}, ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = self.json("GET", f"/forms/{FORM}/records?page_size=200&order=_serial{more}")
            found |= {one["id"]: (one["state"], one["form_version"], one["answers"]) for one in page["records"]}
            cursor = page["next"]
        return found


@contextmanager
def beside(settings: dict[str, str]) -> Iterator[Running]:
    """Run one more web process on the same data."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{port}", "app:create_app()"],
        cwd=ROOT, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    running = Running(process, f"http://127.0.0.1:{port}")
    try:
        wait_until_ready(running)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)


def compiled(caller: Caller) -> CompiledForm:
    """Return the form as it is published now."""
    raw = caller.json("GET", f"/forms/{FORM}")["definition"]
    return compile_form(parse_definition(raw, code_lists()))


def zero_report(number: int, **changes: Any) -> dict[str, Any]:
    """Return a report of no demand; each has a period of its own."""
    month, kind = divmod(number, 5)
    period = f"{2030 + month // 12}-{month % 12 + 1:02d}"
    return {
        "period_type": str(kind + 1), "period_start": period, "period_end": period, "has_demand": False,
        "no_demand_reason": str(number % 4 + 1), "staff_now": 100 + number % 50, "filler_name": "填报人",
        "filler_mobile": "13900000001", **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return the addresses of two web processes on the same data."""
    settings = {"XQT_DEMO": "1", "DATA_DIR": str(tmp_path_factory.mktemp("friday")), "DATABASE_URL": ""}
    with serving(settings) as first, beside(settings) as second:
        yield first.address, second.address


def change(page: Any, address: str) -> None:
    """Make the changes of that afternoon on the pages of the list editor."""
    design = f"{address}/forms/{FORM}/design"

    def press(button: Any) -> None:
        """Press what sends the page, and wait for the answer: going on at once would take the page away from it."""
        with page.expect_navigation():
            button.click()

    def save(button: str = "保存") -> None:
        named = re.compile(f"^\\s*{button}\\s*$")
        press(page.locator("button:visible:not(.visually-hidden)").filter(has_text=named).first)
        expect(page.locator(".alert-danger")).to_have_count(0)

    page.goto(f"{design}/add")
    page.fill("#label", "减员去向")
    page.fill("#label_en", "Where leavers go")
    page.select_option("#where", "sec_head")
    page.check("#type-text")
    save("添加字段")
    page.goto(f"{design}/fields/{NEW}")
    page.check("[name=required]")
    save()
    page.goto(f"{design}/rules/{NEW}.visible_when")
    if page.locator("[name=field-0]").count() == 0:
        press(page.get_by_role("button", name="再加一个条件"))
    page.select_option("[name=field-0]", "expect_leave")
    press(page.locator("button[value=refresh]").first)
    page.select_option("[name=operator-0]", "filled")
    press(page.locator("button[value=refresh]").first)
    save()
    for key, label in (("staff_now", "在岗职工人数"), ("no_demand_reason", "没有需求的原因")):
        page.goto(f"{design}/fields/{key}")
        page.fill("#label", label)
        save()
    page.goto(f"{design}/fields/no_demand_reason/options")
    page.check("[name=retired-3]")
    save()
    page.goto(f"{design}/fields/difficulty")
    page.select_option("#where", "sec_head")
    page.fill("#position", "1")
    save("移到这里")
    page.goto(f"{design}/settings")
    page.fill(f"[name=column-{NEW}]", "4")
    save()


def publish(page: Any, address: str) -> None:
    """Publish on the page that says what it means."""
    page.goto(f"{address}/forms/{FORM}/publish")
    for words in ("减员去向", "在岗职工人数", "没有需求的原因", "内部调剂"):
        expect(page.locator(".diff")).to_contain_text(words)
    for box in page.locator("#seen-warnings").all():
        box.check()
    page.fill("#note", "周五调整：增加减员去向")
    page.locator("#publish-form button[type=submit]").click()
    page.wait_for_url("**/jobs/*")
    Caller(address, "city_admin").done(page.url.rpartition("/")[2])


def test_a_live_form_changes_on_a_friday_afternoon(office: tuple[str, str], browser: Any, tmp_path: Path) -> None:
    first, _ = office
    clerk = Caller(first, "ent_a")
    book = fill(clerk.template(), compiled(clerk), [zero_report(number) for number in range(RECORDS)])
    assert clerk.bring_in(saved(book), submit=True)["new"] == RECORDS
    drafts = [
        clerk.json(
            "POST", f"/forms/{FORM}/records", 201,
            json={"answers": zero_report(RECORDS + number, expect_leave=3, difficulty=f"写到一半 {number}")},
        )["id"]
        for number in range(DRAFTS)
    ]  # fmt: skip
    before = clerk.records()
    assert len(before) >= RECORDS + DRAFTS

    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN")
    page = context.new_page()
    sign_in_page(page, first, "city_admin")
    change(page, first)
    publish(page, first)
    context.close()

    for number, address in enumerate(office):
        caller = Caller(address, "ent_a")
        # The API and every answer.
        assert caller.json("GET", f"/forms/{FORM}")["version"] == 2
        now = caller.records()
        assert {key: now.get(key) for key in before} == before
        # Entry and list.
        context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN")
        page = context.new_page()
        sign_in_page(page, address, "ent_a")
        page.goto(f"{address}/records/{FORM}/list")
        expect(page.get_by_role("columnheader", name="减员去向")).to_be_visible()
        page.goto(f"{address}/records/{FORM}/add")
        expect(page.get_by_text("在岗职工人数").first).to_be_visible()
        expect(page.locator(f"#f-{NEW}")).to_be_hidden()
        page.fill("#f-expect_leave", "2")
        expect(page.locator(f"#f-{NEW}")).to_be_visible()
        page.locator("[name='f-has_demand'][value='false'], #f-has_demand-false").first.check()
        expect(page.locator("[name='f-no_demand_reason']").first).to_be_visible()
        offered = page.locator("[name='f-no_demand_reason'] option, [name='f-no_demand_reason']").evaluate_all(
            "nodes => nodes.map(node => node.value)"
        )
        assert {"1", "2", "4"} <= set(offered)
        assert "3" not in offered
        # A record of before says the label and the option of its time.
        old = next(key for key, (state, _, answers) in before.items() if answers.get("no_demand_reason") == "3")
        page.goto(f"{address}/records/{FORM}/show/{old}")
        expect(page.get_by_text("内部调剂").first).to_be_visible()
        expect(page.get_by_text("无需求原因").first).to_be_visible()
        context.close()
        # Template and import.
        template = caller.template()
        assert NEW in keys(opened(template).worksheets[0])
        report = zero_report(RECORDS + 20 + number, expect_leave=2, no_demand_reason="1", **{NEW: "退休"})
        counts = caller.bring_in(saved(fill(template, compiled(caller), [report])), submit=True)
        assert counts["new"] == 1
        # What is newly asked is asked for, by its name.
        report = zero_report(RECORDS + 30 + number, expect_leave=2, no_demand_reason="1")
        refused = caller.json("POST", f"/forms/{FORM}/records", 422, json={"answers": report, "submit": True})
        assert NEW in {error["field"] for error in refused["errors"]}
        # Export: old records and new ones, one column.
        exported = Caller(address, "county_a").exported()
        values = [row[NEW] for row in rows_of(exported)]
        assert values.count("退休") == number + 1
        assert len(values) > RECORDS

    # The drafts go on under the version that they were begun with, and pass to the new one when somebody says so.
    draft = f"/forms/{FORM}/records/{drafts[0]}"
    lock = clerk.json("GET", draft)["lock_version"]
    lock = clerk.json("PUT", draft, json={"lock_version": lock, "answers": {"no_demand_reason": "4"}})["lock_version"]
    lock = clerk.json("POST", f"{draft}/upgrade", json={"lock_version": lock})["lock_version"]
    clerk.json("PUT", draft, json={"lock_version": lock, "answers": {NEW: "调往外地"}})
    view = clerk.json("GET", draft)
    assert view["form_version"] == 2
    assert view["answers"]["difficulty"] == "写到一半 0"
    assert view["answers"][NEW] == "调往外地"
