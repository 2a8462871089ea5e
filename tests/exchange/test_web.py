"""The pages: upload, look, import; ask for an export, watch it, fetch it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, unit_of_work, utcnow
from app.exchange.models import Import
from tests.conftest import csrf_token
from tests.exchange.conftest import TEACHERS
from tests.samples import teacher

BASE = f"/records/{TEACHERS}"


def text_of(response, status=200):
    page = response.get_data(as_text=True)
    assert response.status_code == status, page[:600]
    return page


def test_a_file_is_uploaded_looked_at_and_imported(desk, sign_in, work):
    school, web = desk("school_a"), sign_in("school_a")
    content = school.filled([teacher(0), teacher(1, mobile="1"), teacher(2)])
    page = text_of(web.get(f"{BASE}/import"))
    token = csrf_token(page)
    nothing = web.post(f"{BASE}/import", data={"csrf_token": token}, content_type="multipart/form-data")
    assert nothing.status_code == 302
    sent = web.post(
        f"{BASE}/import",
        data={"csrf_token": token, "file": (io.BytesIO(content), "教师.xlsx")},
        content_type="multipart/form-data",
    )
    assert sent.status_code == 302
    address = sent.headers["Location"]
    assert "正在检查" in text_of(web.get(address))
    progress = web.get(address, headers={"Accept": "application/json"}).get_json()
    assert progress["finished"] is False
    work()
    progress = web.get(address, headers={"Accept": "application/json"}).get_json()
    assert (progress["finished"], progress["done"], progress["total"]) == (True, 3, 3)
    assert web.get(address.replace(TEACHERS, "school_profile")).status_code == 404
    page = text_of(web.get(address))
    assert "请填 11 位手机号" in page
    assert ">手机<" in page
    assert "待补附件" in page
    assert "测试教师" in page
    assert "只导入无错的行" in page
    assert not re.search(r">\s*(new|error|_record|held_back|mobile)\s*<", page)
    done = web.post(address, data={"csrf_token": csrf_token(page), "only_valid": "1"})
    assert done.status_code == 302
    work()
    assert "导入完成" in text_of(web.get(address))
    book = web.get(f"{address}/errors.xlsx")
    assert book.status_code == 200
    assert book.data[:2] == b"PK"
    records = school.records()["records"]
    assert len(records) == 2
    # What is still due is told where it will be uploaded.
    for page in ("show", "edit"):
        assert "待补附件：证书扫描件" in text_of(web.get(f"{BASE}/{page}/{records[0]['id']}")), page


def test_who_may_not_submit_is_not_offered_to(desk, sign_in):
    for account, offered in (("school_a", True), ("school_a_clerk", False)):
        person = desk(account)
        import_id, _ = person.check(person.filled([teacher(10)]))
        page = text_of(sign_in(account).get(f"{BASE}/import/{import_id}"))
        assert ("直接提交" in page) is offered, account


def test_a_refused_file_is_told_on_the_page(desk, sign_in):
    school = desk("school_a")
    import_id, _ = school.check(b"PK\x03\x04 nothing")
    assert "无法读取" in text_of(sign_in("school_a").get(f"{BASE}/import/{import_id}"))


def test_an_export_is_asked_for_watched_and_fetched(desk, sign_in, work):
    desk("school_a").client.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(20)})
    web = sign_in("school_a")
    page = text_of(web.get(f"{BASE}/export?q=车间"))
    asked = {"csrf_token": csrf_token(page), "format": "xlsx", "purpose": "存档", "column": ["dept_post", "certs"]}
    started = web.post(f"{BASE}/export?q=车间", data=asked)
    assert started.status_code == 302
    address = started.headers["Location"]
    assert "排队中" in text_of(web.get(address))
    work()
    page = text_of(web.get(address))
    link = re.search(r'href="(/exports/\w+/file)"', page)
    assert link, page[:2000]
    file = web.get(link[1])
    assert file.data[:2] == b"PK"
    assert ".xlsx" in file.headers["Content-Disposition"]
    file.close()
    assert sign_in("school_b").get(link[1]).status_code == 404


def test_imports_are_not_kept_for_ever(app, desk):
    school = desk("school_a")
    old, _ = school.check(school.filled([teacher(30, mobile="1")]))
    new, _ = school.check(school.filled([teacher(31, mobile="1")]))
    folder = app.config["DATA_DIR"] / "imports"
    table = Import.__table__
    with app.app_context(), unit_of_work():
        aged = sa.update(table).where(table.c.id == old).values(created_at=utcnow() - timedelta(days=8))
        db.session.execute(tagged(aged, "test"))
    assert (folder / old).exists()
    assert app.test_cli_runner().invoke(args=["exchange", "expire"]).exit_code == 0
    assert not (folder / old).exists()
    assert (folder / new).exists()
    found = school.preview(old)
    assert (found["state"], found["preview"], found["errors"]) == ("failed", [], [])
    assert school.client.post(f"/imports/{old}/commit", json={"only_valid": True}).status_code == 409
    assert school.client.get(f"/imports/{old}/errors.xlsx").status_code == 404
    assert school.preview(new)["state"] == "ready"
