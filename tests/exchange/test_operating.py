"""The operator takes records out in plain and brings them in at the command line; nobody gets at them by the web."""

from __future__ import annotations

import stat
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor, today
from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db
from app.exchange import storage
from app.exchange.models import Export, Import
from tests.exchange.books import FIRST_ROW, fill, keys, opened, rows_of, saved
from tests.exchange.conftest import DEMANDS, TEACHERS
from tests.exchange.test_on_behalf import on_behalf, organization
from tests.samples import demand, teacher
from tests.visitors.probes import ANONYMOUS, Visitor, issue, publish

PURPOSE = "移交档案室"


@pytest.fixture
def operator(app):
    """Run a command of ``flask exchange``; return its exit code and what it says."""

    def run(*args):
        done = app.test_cli_runner().invoke(args=["exchange", *map(str, args)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return done.exit_code, done.output

    return run


def take_out(operator, form, target):
    code, said = operator("export", form, target, "--purpose", PURPOSE)
    assert code == 0, said
    return target.read_bytes()


def rows_in(app, form):
    with app.app_context(), acting_as(system_actor("workflow")):
        table = sa.text(f"SELECT count(*) FROM data_{form}")  # noqa: S608 - a form of the test
        return db.session.execute(tagged(table, "test")).scalar_one()


def test_everything_leaves_in_plain_once_and_comes_back_unchanged(app, desk, operator, tmp_path):
    desk("school_a").bring([teacher(number) for number in (500, 501)])
    content = take_out(operator, TEACHERS, tmp_path / "teachers.xlsx")
    assert stat.S_IMODE((tmp_path / "teachers.xlsx").stat().st_mode) == 0o600
    book = opened(content)
    told = {row["id_no"] for row in rows_of(book.worksheets[0])}
    assert {teacher(500)["id_no"], teacher(501)["id_no"]} <= told
    manifest = {row[0].value: row[1].value for row in book["导出说明"].iter_rows()}
    assert manifest["用途"] == PURPOSE
    assert "运维" in manifest["说明"]
    assert "证件号码" in manifest["明文列"]
    code, said = operator("import", TEACHERS, tmp_path / "teachers.xlsx")
    assert (code, "无变化 2" in said, "错误 0" in said, "只作检查" in said) == (0, True, True, True), said
    # One copy in plain is enough, and nothing of what was read stays.
    with app.app_context():
        with acting_as(system_actor("operator")):
            export = db.session.scalars(sa.select(Export).order_by(Export.created_at.desc())).first()
            events = AuditEvent.__table__
            said = sa.select(events.c.event, events.c.detail).where(events.c.object_id == export.id)
            lines = db.session.execute(tagged(said, "test")).all()
            checked = db.session.scalars(sa.select(Import).order_by(Import.created_at.desc())).first()
            assert (checked.preview, checked.errors, export.path) == ([], [], None)
        kept = {path.name for path in (*storage.exports().iterdir(), *storage.imports().iterdir())}
        assert not {f"{export.id}.xlsx", checked.id} & kept
    assert {line.event for line in lines} == {"export_started", "export", "export_fetched"}
    detail = next(line.detail for line in lines if line.event == "export")
    assert (detail["purpose"], detail["sha256"]) == (PURPOSE, sha256(content).hexdigest())


def test_it_is_nobodys_by_the_web(app, desk, operator, tmp_path):
    desk("school_a").bring([teacher(510)])
    take_out(operator, TEACHERS, tmp_path / "teachers.csv")
    with app.app_context(), acting_as(system_actor("operator")):
        export = db.session.scalars(sa.select(Export.id).where(Export.user_id.is_(None))).first()
        checked = db.session.scalars(sa.select(Import.id).where(Import.user_id.is_(None))).first()
    for account in ("city_admin", "city_voc", "school_a"):
        assert desk(account).client.get(f"/exports/{export}/file").status_code == 404
        assert desk(account).client.get(f"/imports/{checked}").status_code == 404


def test_what_cannot_be_taken_out_is_said_and_leaves_no_file(operator, tmp_path):
    target = tmp_path / "teachers.xlsx"
    assert operator("export", TEACHERS, target)[0] == 2
    for args, words in (
        ((TEACHERS, target, "--purpose", " "), "用途"),
        (("no_such_form", target, "--purpose", PURPOSE), "没有"),
        ((TEACHERS, tmp_path / "teachers.pdf", "--purpose", PURPOSE), "格式只能是"),
        ((TEACHERS, target, "--purpose", "长" * 201), "200"),
    ):
        code, said = operator("export", *args)
        assert (code, words in said) == (1, True), said
    assert list(tmp_path.iterdir()) == []
    code, said = operator("export", TEACHERS, tmp_path / "no_such_folder" / "t.xlsx", "--purpose", PURPOSE)
    assert (code, "请核对文件夹和权限" in said) == (1, True), said
    target.write_text("别的文件", encoding="utf-8")
    code, said = operator("export", TEACHERS, target, "--purpose", PURPOSE)
    assert (code, "已经存在" in said) == (1, True), said
    assert target.read_text(encoding="utf-8") == "别的文件"


def test_new_rows_say_for_whom_and_become_drafts_of_theirs(app, actor, desk, operator, tmp_path):
    school_id, code, _ = organization(app, actor, "school_a")
    county = desk("county_a")
    book = fill(county.template(TEACHERS), county.form_of(TEACHERS), [teacher(520), teacher(521)])
    main = book.worksheets[0]
    main.cell(FIRST_ROW, keys(main)["_owner"], code)
    file = tmp_path / "old.xlsx"
    file.write_bytes(saved(book))
    before = rows_in(app, TEACHERS)
    exit_code, said = operator("import", TEACHERS, file)
    assert (exit_code, "新增 1" in said, "错误 1" in said, "请选择为哪个单位填报" in said) == (0, True, True, True), (
        said
    )
    exit_code, said = operator("import", TEACHERS, file, "--commit")
    assert (exit_code, "1 行错误" in said) == (1, True), said
    assert rows_in(app, TEACHERS) == before
    exit_code, said = operator("import", TEACHERS, file, "--commit", "--only-valid")
    assert (exit_code, "已导入" in said) == (0, True), said
    assert rows_in(app, TEACHERS) == before + 1
    ids = [row["id"] for row in desk("school_a").records()["records"] if row["state"] == "draft"]
    assert [(row.organization_id, row.on_behalf_by) for row in on_behalf(app, ids[:1])] == [(school_id, None)]


def test_what_the_workflow_leaves_to_others_stays_as_it_is(app, desk, operator, tmp_path):
    clerk = desk("ent_a")
    sent = clerk.client.post(f"/forms/{DEMANDS}/records", json={"answers": demand(), "submit": True})
    assert sent.status_code == 201
    content = take_out(operator, DEMANDS, tmp_path / "demands.xlsx")
    book = opened(content)
    main = book.worksheets[0]
    row = next(line for line in main.iter_rows(min_row=FIRST_ROW) if line[0].value == sent.get_json()["id"])
    row[keys(main)["filler_name"] - 1].value = "改了的人"
    (tmp_path / "mended.xlsx").write_bytes(saved(book))
    code, said = operator("import", DEMANDS, tmp_path / "mended.xlsx", "--commit", "--only-valid")
    assert (code, "不能修改" in said) == (0, True), said
    kept = clerk.record(sent.get_json()["id"], DEMANDS)["answers"]
    assert kept["filler_name"] == demand()["filler_name"]


def test_anonymous_answers_leave_by_fives_when_the_day_is_over_and_none_come_in(
    app, api, operator, tmp_path, monkeypatch
):
    publish(app)
    codes = issue(api("school_b"), ANONYMOUS, 7)
    others = issue(api("school_b"), ANONYMOUS, 4, fixed={"group": "2"})
    given = {"name": "某同学", "score": 4}
    for code in (*codes, *others):
        sent = Visitor(app, code).post(f"/forms/{ANONYMOUS}/records", json={"answers": given, "submit": True})
        assert sent.status_code == 201, sent.get_data(as_text=True)
    assert rows_of(opened(take_out(operator, ANONYMOUS, tmp_path / "today.xlsx")).worksheets[0]) == []
    monkeypatch.setattr("app.records.lists.summary.today", lambda: today() + timedelta(days=1))
    book = opened(take_out(operator, ANONYMOUS, tmp_path / "later.xlsx"))
    rows = rows_of(book.worksheets[0])
    assert [(row["group"], row["name"]) for row in rows] == [("甲班", "某同学")] * 5
    # The same rows under no number, or under another, would be answers that nobody gave.
    main = book.worksheets[0]
    for line in main.iter_rows(min_row=FIRST_ROW):
        line[0].value = None
    (tmp_path / "made.xlsx").write_bytes(saved(book))
    before = rows_in(app, ANONYMOUS)
    code, said = operator("import", ANONYMOUS, tmp_path / "made.xlsx", "--commit", "--only-valid")
    assert (code, "匿名问卷" in said, "错误 5" in said) == (0, True, True), said
    assert rows_in(app, ANONYMOUS) == before
