"""An export has exactly the rows that its reader may both view and export, masked, and says what it is."""

from __future__ import annotations

import csv
import errno
import io
import os
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db, unit_of_work, utcnow
from app.exchange.exporting import job as exporting
from app.exchange.models import Export
from app.identity.models import GrantRow
from app.jobs import service as jobs
from tests.exchange.books import FIRST_ROW, keys, opened, rows_of
from tests.exchange.conftest import DEMANDS, TEACHERS
from tests.exchange.pool import in_pool
from tests.samples import demand, teacher

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
PERSONAL = ("full_name", "id_no", "birth_date", "mobile", "home_region")


def table(content):
    """Return the rows of a CSV file by label."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def made(app):
    """Keep what was made once for the module."""
    return {}


@pytest.fixture
def pool(desk, made):
    """Have teachers of two colleges, a draft and one in the pool of each; return the ids by college."""
    if not made:
        for account, base in (("school_a", 400), ("school_b", 410)):
            draft = desk(account).client.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(base)}).get_json()
            made[account] = {draft["id"], in_pool(desk, account, teacher(base + 1))}
    return made


def test_what_is_plain_on_the_page_leaves_masked_and_comes_back_unchanged(desk):
    enterprise, form = desk("ent_a"), "enterprise_profile"
    answers = {"hr_contact": "测试员", "hr_mobile": "13900000440", "hr_email": "hr@example.cn"}
    saved = enterprise.client.post(f"/forms/{form}/records", json={"answers": answers}).get_json()
    shown = enterprise.record(saved["id"], form)["answers"]
    assert {key: shown[key] for key in answers} == answers
    content = enterprise.export(form)
    row = next(row for row in rows_of(opened(content).worksheets[0]) if row["_record"] == saved["id"])
    assert (row["hr_contact"], row["hr_mobile"]) == ("测**", "139****0440")
    assert "hr@" not in row["hr_email"]
    _, found = enterprise.check(content, form)
    assert found["counts"]["unchanged"] == found["counts"]["rows"] > 0, found["errors"]


def test_everyone_gets_the_rows_that_he_may_both_view_and_export(desk, pool):
    a, b = pool["school_a"], pool["school_b"]
    # What another college has published is viewed and not exported.
    assert {item["id"] for item in desk("school_a").records()["records"]} > a
    for account, expected in (("city_voc", a | b), ("county_a", a), ("county_b", b), ("school_a", a), ("school_b", b)):
        person = desk(account)
        book = opened(person.export(format="xlsx"))
        assert {row["_record"] for row in rows_of(book.worksheets[0])} == expected, account
        assert {row["_record"] for row in rows_of(book.worksheets[1])} == expected, account
        lines = table(person.export(format="csv"))
        assert {line["记录编号"] for line in lines} == expected, account
        assert {line["证书"] for line in lines} == {"1"}


def test_personal_data_leave_masked_whoever_asks(desk, pool):
    plain = {teacher(number)[field] for number in (400, 401, 410, 411) for field in ("full_name", "id_no", "mobile")}
    for account in ("city_voc", "county_a", "school_a"):
        person = desk(account)
        row = rows_of(opened(person.export()).worksheets[0])[0]
        assert all("*" in row[field] for field in PERSONAL), row
        assert row["dept_post"] == "车间技师"
        for kind in ("csv", "xlsx"):
            book = person.export(format=kind)
            text = book.decode("utf-8-sig") if kind == "csv" else str([rows_of(s) for s in opened(book) if keys(s)])
            assert not [value for value in plain if value in text]


@pytest.mark.parametrize("account", ["leader", "auditor", "city_emp", "ent_a", "school_a_clerk"])
def test_who_may_not_export_gets_403_and_no_button(desk, sign_in, account):
    assert desk(account).client.post(f"/forms/{TEACHERS}/exports", json={}).status_code == 403
    web = sign_in(account)
    page = web.get(f"/records/{TEACHERS}/list")
    assert page.status_code == 200
    assert f"/records/{TEACHERS}/export" not in page.get_data(as_text=True)
    assert web.get(f"/records/{TEACHERS}/export").status_code == 403
    # The twin.
    web = sign_in("county_a")
    assert f"/records/{TEACHERS}/export" in web.get(f"/records/{TEACHERS}/list").get_data(as_text=True)
    assert web.get(f"/records/{TEACHERS}/export").status_code == 200


def test_text_that_looks_like_a_formula_stays_text(desk):
    school = desk("school_a")
    texts = ["=1+1", "+86", "-3", "@SUM(A1)", "\t=1", "＝HYPERLINK(1)"]
    ids = {}
    for number, text in enumerate(texts):
        answers = teacher(420 + number, dept_post=text, courses=f"{text} 课")
        ids[school.client.post(f"/forms/{TEACHERS}/records", json={"answers": answers}).get_json()["id"]] = text.strip()
    book = opened(school.export())
    main = book.worksheets[0]
    columns = keys(main)
    seen = {}
    for row in range(FIRST_ROW, main.max_row + 1):
        record = main.cell(row, columns["_record"]).value
        if record in ids:
            cell = main.cell(row, columns["dept_post"])
            assert cell.data_type == "s"
            seen[record] = cell.value
    assert seen == ids
    lines = {line["记录编号"]: line["部门及岗位/职务"] for line in table(school.export(format="csv"))}
    assert {lines[record] for record in ids} == {f"'{text}" for text in ids.values()}
    # And come in again as what they were.
    _, found = school.check(school.export(format="csv"), name="back.csv")
    assert found["counts"]["unchanged"] == found["counts"]["rows"], found["errors"][:3]


def test_an_export_says_what_it_is(desk, pool):
    county = desk("county_a")
    wanted = [{"field": "_state", "op": "eq", "value": "draft"}, {"field": "source", "op": "in", "value": ["3", "1"]}]
    book = opened(county.export(filter=wanted, q="车间", purpose="核对年度名单"))
    assert book.sheetnames[-1] == "导出说明"
    told = dict(book["导出说明"].iter_rows(values_only=True, max_col=2))
    assert told["表单"] == f"兼职教师信息登记（入库）表 ({TEACHERS})"
    assert told["表单版本"] == "1"
    assert told["导出人"]
    assert told["角色"] == "县(市)区人社局"
    assert told["导出时间"]
    assert told["数据范围"] == "本县区（建华区）"
    assert told["筛选条件"] == "状态 等于 草稿；入库来源 属于 个人登记、企业推荐；搜索“车间”"
    assert told["记录数"] == str(len(rows_of(book.worksheets[0])))
    assert "证件号码" in told["脱敏列"]
    assert "部门" not in told["脱敏列"]
    assert told["用途"] == "核对年度名单"
    states = {row["_state"] for row in rows_of(book.worksheets[0])}
    assert states == {"草稿"}
    english = opened(desk("county_a", "en").export(columns=["dept_post"]))
    assert english.sheetnames[-1] == "About this export"
    assert rows_of(english.worksheets[0])[0]["_region"] == "Jianhua District"


def test_columns_are_chosen_and_sub_tables_spread(desk, pool):
    school = desk("school_a")
    book = opened(school.export(columns=["dept_post", "certs.cert_name"]))
    assert set(keys(book.worksheets[0])) == {
        "_record", "_serial", "_state", "_organization_name", "_region", "_updated_at", "_submitted_at", "dept_post",
    }  # fmt: skip
    assert set(keys(book.worksheets[1])) == {"_record", "_row", "cert_name"}
    only = opened(school.export(columns=["dept_post"]))
    assert [name for name in only.sheetnames if name != "导出说明"] == [book.sheetnames[0]]
    certs = [{"cert_kind": "3", "cert_name": f"证{n}", "cert_no": f"S{n}", "issue_date": "2015-06-01"} for n in (1, 2)]
    answers = teacher(430, certs=certs)
    record = school.client.post(f"/forms/{TEACHERS}/records", json={"answers": answers}).get_json()["id"]
    for kind in ("csv", "xlsx"):
        content = school.export(format=kind, subtables="rows", columns=["dept_post", "certs"])
        if kind == "csv":
            mine = [line for line in table(content) if line["记录编号"] == record]
            assert [line["证书·证书编号"] for line in mine] == ["S1", "S2"]
        else:
            rows = [row for row in rows_of(opened(content).worksheets[0]) if row["_record"] == record]
            assert [row["certs.cert_no"] for row in rows] == ["S1", "S2"]


@pytest.mark.parametrize(
    "spec",
    [
        {"format": "pdf"},
        {"columns": ["no_such_field"]},
        {"columns": []},
        {"subtables": "pivot"},
        {"filter": [{"field": "nothing", "op": "eq", "value": 1}]},
        {"filter": [{"field": "courses", "op": "between", "value": [1, 2]}]},
        {"filter": [{"field": "id_no", "op": "eq", "value": "239900198503124004"}]},
        {"purpose": "x" * 201},
        {"password": "x"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(desk, spec):
    school = desk("school_a")
    response = school.client.post(f"/forms/{TEACHERS}/exports", json=spec)
    assert response.status_code in {400, 422}, response.get_data(as_text=True)
    assert response.get_json()["errors"] or response.get_json()["title"]
    assert school.client.post(f"/forms/{TEACHERS}/exports", json={"format": "csv"}).status_code == 202


def started(person, **spec):
    return person.client.post(f"/forms/{TEACHERS}/exports", json=spec).get_json()["export"]


def test_a_file_is_for_who_asked_and_while_he_may(app, desk, pool):
    school = desk("school_a")
    export_id = started(school)
    assert school.client.get(f"/exports/{export_id}/file").status_code == 409
    school.work()
    response = school.client.get(f"/exports/{export_id}/file")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    response.close()
    for other in ("school_a_clerk", "school_b", "city_voc", "county_a", "leader"):
        theirs = desk(other).client.get(f"/exports/{export_id}/file")
        nowhere = desk(other).client.get(f"/exports/{NOWHERE}/file")
        assert (theirs.status_code, theirs.data) == (404, nowhere.data), other
    with app.app_context():
        events = db.session.execute(
            sa.select(AuditEvent.event, AuditEvent.detail)
            .where(AuditEvent.object_id == export_id)
            .order_by(AuditEvent.id)
        ).all()
        assert [event for event, _ in events] == ["export_started", "export", "export_fetched"]
        assert events[1].detail["rows"] >= 2
        downloads = sa.select(Export.__table__.c.downloads).where(Export.__table__.c.id == export_id)
        assert db.session.scalar(tagged(downloads, "test")) == 1


@contextmanager
def other_rights(app, **values):
    """Give the colleges' administrators another grant than that to export, for a while."""
    rights = sa.select(GrantRow.id, GrantRow.actions, GrantRow.mode).where(
        GrantRow.role == "school_admin", GrantRow.resource == "pt_teacher", GrantRow.actions == "E"
    )
    with app.app_context():
        row = db.session.execute(rights).one()

    def change(**present):
        with app.app_context(), unit_of_work():
            db.session.execute(sa.update(GrantRow).where(GrantRow.id == row.id).values(**present))

    change(**values)
    try:
        yield
    finally:
        change(actions=row.actions, mode=row.mode)


def test_who_has_other_rights_by_now_makes_it_again(app, desk, pool):
    school = desk("school_a")
    export_id = started(school)
    school.work()
    with other_rights(app, mode="m2"):
        response = school.client.get(f"/exports/{export_id}/file")
        assert (response.status_code, response.get_json()["code"]) == (409, "rights_changed")
    response = school.client.get(f"/exports/{export_id}/file")
    assert response.status_code == 200
    response.close()


def test_rights_that_are_gone_before_the_job_runs_stop_it(app, desk, pool):
    school = desk("school_a")
    answer = school.client.post(f"/forms/{TEACHERS}/exports", json={}).get_json()
    with other_rights(app, actions="V"):
        school.work()
        assert school.client.get(f"/jobs/{answer['job']}").get_json()["state"] == "failed"
        assert school.client.get(f"/exports/{answer['export']}/file").status_code == 403
    assert started(school)


def test_a_file_expires(app, desk, pool):
    school = desk("school_a")
    export_id = started(school)
    school.work()
    with app.app_context(), unit_of_work():
        past = sa.update(Export.__table__).where(Export.__table__.c.id == export_id)
        db.session.execute(tagged(past.values(expires_at=utcnow() - timedelta(seconds=1)), "test"))
    response = school.client.get(f"/exports/{export_id}/file")
    assert (response.status_code, response.get_json()["code"]) == (404, "expired")
    path = app.config["DATA_DIR"] / "exports" / f"{export_id}.xlsx"
    assert path.exists()
    result = app.test_cli_runner().invoke(args=["exchange", "expire"])
    assert result.exit_code == 0, result.output
    assert not path.exists()


def test_a_workbook_that_cannot_be_finished_leaves_no_rows_behind(app, desk, pool, monkeypatch):
    school = desk("school_a")
    folder = app.config["DATA_DIR"] / "exports"
    before = set(folder.rglob("*"))

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("xlsxwriter.workbook.ZipFile", full)
        answer = school.client.post(f"/forms/{TEACHERS}/exports", json={}).get_json()
        school.work()
    assert school.client.get(f"/jobs/{answer['job']}").get_json()["state"] == "failed"
    assert set(folder.rglob("*")) == before
    assert started(school)


def test_what_a_killed_worker_left_of_a_workbook_goes_after_a_day(app):
    folder = app.config["DATA_DIR"] / "exports" / "sheets-of-a-killed-worker"
    folder.mkdir(parents=True)
    (folder / "rows").write_text("row", "utf-8")
    runner = app.test_cli_runner()
    assert runner.invoke(args=["exchange", "expire"]).exit_code == 0
    assert folder.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(folder, (yesterday, yesterday))
    assert runner.invoke(args=["exchange", "expire"]).exit_code == 0
    assert not folder.exists()


def test_a_long_export_tells_how_far_it_is_and_can_be_cancelled(app, desk, actor, pool, monkeypatch):
    school = desk("school_a")
    whole = school.export()
    monkeypatch.setattr(exporting, "CHUNK", 1)
    answer = school.client.post(f"/forms/{TEACHERS}/exports", json={}).get_json()
    read, seen = exporting.read_many, []

    def watched(asker, form_key, ids, **options):
        seen.append(school.client.get(f"/jobs/{answer['job']}").get_json())
        if len(seen) == 2:
            with app.app_context(), unit_of_work():
                jobs.cancel(actor("school_a"), answer["job"])
        return read(asker, form_key, ids, **options)

    monkeypatch.setattr(exporting, "read_many", watched)
    school.work()
    assert [(job["state"], job["done"]) for job in seen] == [("running", 0), ("running", 1)]
    assert seen[0]["total"] == len(rows_of(opened(whole).worksheets[0]))
    assert school.client.get(f"/jobs/{answer['job']}").get_json()["state"] == "cancelled"
    assert not list((app.config["DATA_DIR"] / "exports").glob(f"{answer['export']}*"))


def test_demands_are_exported_with_their_positions(desk):
    enterprise = desk("ent_a")
    enterprise.client.post(f"/forms/{DEMANDS}/records", json={"answers": demand("铆工")})
    book = opened(desk("county_a").export(DEMANDS))
    row = rows_of(book.worksheets[1])[0]
    assert (row["position_name"], row["salary_min"], row["need_count"]) == ("铆工1", 4500, 5)
    assert rows_of(opened(desk("county_b").export(DEMANDS)).worksheets[0]) == []
