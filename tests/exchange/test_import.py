"""Imports meet what is there already: matched, masked, replaced, refused; and end whole or not at all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, unit_of_work
from app.exchange import storage
from app.exchange.importing import committing, submitting, unfinished
from app.jobs.context import LeftOff
from app.jobs.models import Job
from app.records import service as records
from app.records.models import Record
from app.records.writing import bulk
from app.workflow.models import ReviewNote
from forms.labels import Label
from tests.exchange.books import FIRST_ROW, keys, opened, rows_of, saved
from tests.exchange.conftest import DEMANDS, TEACHERS
from tests.exchange.pool import in_pool
from tests.samples import demand, id_number, teacher

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def cells(sheet, row):
    """Return the cells of a row by key."""
    return {key: sheet.cell(row, column) for key, column in keys(sheet).items()}


def staged(app):
    """Return how many records and notes hang on imports that are not shown."""
    with app.app_context():
        waiting = sa.select(Record.__table__.c.id).where(Record.__table__.c.batch.is_not(None))
        ids = db.session.scalars(tagged(waiting, "test")).all()
        notes = ReviewNote.__table__.c
        marks = sa.select(sa.func.count()).select_from(ReviewNote.__table__).where(notes.record_id.in_(waiting))
        return len(ids), db.session.scalar(tagged(marks, "test"))


def test_what_an_export_wrote_changes_nothing_when_it_comes_back(desk):
    school = desk("school_a")
    school.bring([teacher(number) for number in (100, 101, 102)])
    book = school.export(filter=[{"field": "courses", "op": "contains", "value": "焊接"}])
    _, found = school.check(book)
    assert found["counts"]["rows"] == found["counts"]["unchanged"] > 2
    # The twin: one cell typed over is one change, the masks beside it stay what they are.
    book = opened(book)
    cells(book.worksheets[0], FIRST_ROW)["courses"].value = "钳工工艺与实训"
    record_id = cells(book.worksheets[0], FIRST_ROW)["_record"].value
    before = school.record(record_id)
    import_id, found = school.check(saved(book))
    assert (found["counts"]["changed"], found["counts"]["errors"]) == (1, 0), found["errors"]
    assert found["preview"][0]["changes"] == [{"field": "courses", "old": "焊接工艺与实训", "new": "钳工工艺与实训"}]
    school.commit(import_id)
    after = school.record(record_id)
    assert after["answers"] == {**before["answers"], "courses": "钳工工艺与实训"}
    assert after["lock_version"] == before["lock_version"] + 1
    revisions = school.client.get(f"/forms/{TEACHERS}/records/{record_id}/revisions").get_json()
    assert [change["field"] for change in max(revisions, key=lambda item: item["no"])["changes"]] == ["courses"]
    assert max(revisions, key=lambda item: item["no"])["origin"] == "import"


def test_a_masked_cell_is_written_without_being_seen(desk):
    school = desk("school_a")
    school.bring([teacher(110)])
    record = school.records(query="q=" + teacher(110)["courses"])["records"][0]
    book = opened(school.export())
    main = book.worksheets[0]
    row = next(r for r in range(FIRST_ROW, main.max_row + 1) if cells(main, r)["_record"].value == record["id"])
    assert cells(main, row)["mobile"].value != teacher(110)["mobile"]
    assert "*" in cells(main, row)["mobile"].value
    cells(main, row)["mobile"].value = "13911112222"
    import_id, found = school.check(saved(book))
    assert found["counts"]["changed"] == 1
    shown = [item for item in found["preview"] if item["action"] == "changed"]
    assert all("*" in change["old"] for item in shown for change in item["changes"])
    school.commit(import_id)
    revealed = school.client.post(
        f"/forms/{TEACHERS}/records/{record['id']}/reveal", json={"fields": ["mobile", "id_no"], "reason": "核对"}
    ).get_json()["answers"]
    assert revealed == {"mobile": "13911112222", "id_no": teacher(110)["id_no"]}


def test_a_mask_is_no_content_of_a_new_record(desk):
    school = desk("school_a")
    _, found = school.check(school.filled([teacher(120, full_name="张**")]))
    assert [(item["field"], item["code"]) for item in found["errors"]] == [("full_name", "masked")]


@pytest.mark.parametrize("stranger", ["school_b", "ent_b"])
def test_the_number_of_a_foreign_record_is_answered_like_one_that_never_was(desk, stranger):
    school, other = desk("school_a"), desk(stranger)
    school.bring([teacher(130)])
    foreign = school.records()["records"][0]["id"]
    answers = []
    for number in (foreign, NOWHERE):
        content = other.filled([{**teacher(131, courses="别人的课"), "_record": number}])
        _, found = other.check(content)
        assert found["counts"]["errors"] == 1
        text = str(found).replace(number, "NUMBER")
        assert "焊接工艺" not in text
        found.pop("job")
        answers.append(str(found).replace(number, "NUMBER"))
    assert answers[0] == answers[1]
    # The twin: its owner is shown what would change.
    _, found = school.check(school.filled([{**teacher(130, courses="自己的课"), "_record": foreign}]))
    assert (found["counts"]["changed"], found["counts"]["errors"]) == (1, 0), found["errors"]


def test_a_foreign_record_that_one_sees_is_none_to_be_changed(desk):
    published, other = in_pool(desk, "school_a", teacher(135)), desk("school_b")
    assert other.record(published)["answers"]["courses"] == teacher(135)["courses"]
    answers = []
    for number in (published, NOWHERE):
        _, found = other.check(other.filled([{**teacher(136), "_record": number}]))
        found.pop("job")
        answers.append(str(found).replace(number, "NUMBER"))
    assert answers[0] == answers[1]
    assert "not_found" in answers[0]


@pytest.mark.parametrize("stranger", ["county_b", "ent_b", "school_b", "leader"])
def test_an_import_is_seen_by_nobody_else(desk, stranger):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(140)]))
    other = desk(stranger)
    for method, tail in (("GET", ""), ("GET", "/errors.xlsx"), ("POST", "/commit")):
        arguments = {"json": {}} if method == "POST" else {}
        theirs = other.client.open(method, f"/imports/{import_id}{tail}", **arguments)
        nowhere = other.client.open(method, f"/imports/{NOWHERE}{tail}", **arguments)
        assert (theirs.status_code, theirs.data) == (404, nowhere.data)
    assert school.preview(import_id)["state"] == "ready"


@pytest.mark.parametrize("account", ["leader", "auditor", "county_a_emp"])
def test_who_may_not_fill_a_form_may_not_import(desk, account):
    other = desk(account)
    assert other.client.get(f"/forms/{TEACHERS}/template.xlsx").status_code == 403
    assert other.upload(b"x").status_code == 403
    assert desk("school_a_clerk").client.get(f"/forms/{TEACHERS}/template.xlsx").status_code == 200


def test_rows_of_a_sub_table_are_replaced_where_they_are_listed_and_left_where_the_sheet_is_not(desk):
    school = desk("school_a")
    certs = [
        {"cert_kind": "3", "cert_name": f"证书{n}", "cert_no": f"N{n}", "issue_date": "2015-06-01"} for n in range(3)
    ]
    school.bring([teacher(150, certs=certs), teacher(151, certs=certs)])
    book = opened(school.export(columns=["courses", "certs"]))
    sheet = book.worksheets[1]
    # A file without the sheet leaves them.
    without = opened(school.export(columns=["courses", "certs"]))
    without.remove(without.worksheets[1])
    _, found = school.check(saved(without))
    assert found["counts"]["changed"] == 0
    rows = rows_of(sheet)
    mine = [row["_record"] for row in rows if row["cert_no"] == "N2"]
    victim = mine[0]
    for row in range(sheet.max_row, FIRST_ROW - 1, -1):
        found_cells = cells(sheet, row)
        if found_cells["_record"].value != victim:
            continue
        if found_cells["cert_no"].value == "N0":
            found_cells["cert_name"].value = "换发的证书"
        elif found_cells["cert_no"].value == "N1":
            sheet.delete_rows(row)
    last = sheet.max_row + 1
    for key, value in {"_record": victim, "cert_kind": "其他", "cert_name": "新证书", "cert_no": "N9"}.items():
        cells(sheet, last)[key].value = value
    cells(sheet, last)["issue_date"].value = "2020-01-31"
    before = school.record(victim)["answers"]["certs"]
    import_id, found = school.check(saved(book))
    assert (found["counts"]["changed"], found["counts"]["removed"], found["counts"]["errors"]) == (1, 1, 0), found[
        "errors"
    ]
    school.commit(import_id)
    after = school.record(victim)["answers"]["certs"]
    assert [row["cert_name"] for row in after] == ["换发的证书", "证书2", "新证书"]
    assert [row["_row"] for row in after[:2]] == [before[0]["_row"], before[2]["_row"]]
    others = [key for key in mine if key != victim]
    assert all(len(school.record(key)["answers"]["certs"]) == 3 for key in others)


def test_a_bad_row_below_holds_its_record_back_and_strays_are_told(desk):
    school = desk("school_a")
    book = opened(school.filled([teacher(160), teacher(161)]))
    sheet = book.worksheets[1]
    cells(sheet, FIRST_ROW)["issue_date"].value = "不知道"
    for key, value in {"_record": "77", "cert_kind": "其他", "cert_name": "无主", "cert_no": "X"}.items():
        cells(sheet, FIRST_ROW + 2)[key].value = value
    import_id, found = school.check(saved(book))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (1, 2)
    told = {(item["sheet"] == sheet.title, item["row"], item["code"]) for item in found["errors"]}
    assert told == {(True, FIRST_ROW, "not_date"), (False, FIRST_ROW, "held_back"), (True, FIRST_ROW + 2, "no_parent")}
    assert school.commit(import_id, only_valid=True)["counts"]["new"] == 1


def test_rows_of_one_file_that_are_the_same_record(desk):
    school = desk("school_a")
    rows = [teacher(170), teacher(171), teacher(170, courses="另一门课"), {**teacher(172), "_record": "2"}]
    _, found = school.check(school.filled(rows))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (2, 2)
    assert {(item["row"], item["code"]) for item in found["errors"] if item["code"].startswith("repeated")} == {
        (FIRST_ROW + 2, "repeated"),
        (FIRST_ROW + 3, "repeated_number"),
    }


def test_options_are_understood_in_both_languages_as_codes_and_aliases(desk):
    school, english = desk("school_a"), desk("school_a", "en")
    book = opened(school.filled([teacher(180), teacher(181), teacher(182)]))
    main = book.worksheets[0]
    for row, (gender, retired, region) in enumerate(
        [("女", "否", "230203"), ("Male", "no", "建华区"), ("2", "0", "230203 建华区")], FIRST_ROW
    ):
        found = cells(main, row)
        found["gender"].value, found["is_retired"].value, found["home_region"].value = gender, retired, region
        found["work_start"].value = "2006年7月"
        found["field_years"].value = 18.0
        found["mobile"].value = 13900000000 + row
    import_id, found = school.check(saved(book))
    assert found["counts"]["new"] == 3, found["errors"]
    school.commit(import_id)
    # The template in English is filled and read in English.
    content = english.filled([teacher(183)], lang="en")
    assert cells(opened(content).worksheets[0], 2)["full_name"].value.startswith("Name")
    _, found = english.check(content)
    assert found["counts"]["new"] == 1, found["errors"]
    _, found = english.check(english.filled([teacher(184, edu_level="nonsense")], lang="en"))
    assert "is not an option" in found["errors"][0]["message"]


def test_references_are_found_by_name_code_and_number(desk, form_of):
    enterprise = desk("ent_a")
    name = enterprise.client.get(f"/forms/{TEACHERS}/lookup/recommend_org_id?q=鹤城").get_json()["items"][0]
    book = opened(enterprise.filled([teacher(number, source="2") for number in (190, 191, 192)]))
    main = book.worksheets[0]
    for row, text in enumerate((name["label"], name["id"], "没有这个单位"), FIRST_ROW):
        cells(main, row)["recommend_org_id"].value = text
    import_id, found = enterprise.check(saved(book))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (2, 1)
    assert [(item["field"], item["code"], item["row"]) for item in found["errors"]] == [
        ("recommend_org_id", "not_found", FIRST_ROW + 2)
    ]
    enterprise.commit(import_id, only_valid=True)
    records = enterprise.records()["records"]
    assert {str(item["answers"]["recommend_org_id"]["id"]) for item in records[:2]} == {str(name["id"])}


def test_a_submitted_record_is_left_alone(desk):
    school = desk("school_a")
    row = teacher(200, employer_consent="3")
    school.bring([row])
    book = opened(school.filled([row]))
    _, found = school.check(saved(book))
    assert found["counts"]["unchanged"] == 1
    record = next(item for item in school.records()["records"] if item["answers"]["employer_consent"] == "3")
    school.client.delete(f"/forms/{TEACHERS}/records/{record['id']}", json={"reason": "重复"})
    _, found = school.check(saved(book))
    # Nobody's any more: school administrators may not void, so it still stands.
    assert found["counts"]["unchanged"] == 1


def test_complete_rows_are_submitted_where_the_user_asks_for_it(desk):
    enterprise = desk("ent_a")
    good, guarded = demand("焊工", period_start="2027-01"), demand("车工", period_start="2027-04", period_type="2")
    guarded["has_demand"], guarded["positions"] = True, [{**guarded["positions"][0], "need_count": 1}]
    import_id, found = enterprise.check(enterprise.filled([good, guarded], DEMANDS), DEMANDS)
    assert found["counts"]["new"] == 2, found["errors"]
    done = enterprise.commit(import_id, submit=True)
    assert done["counts"]["submitted"] == 2, done["errors"]
    assert {item["state"] for item in enterprise.records(DEMANDS)["records"]} == {"county_review"}
    # The file again: the same records, submitted by now.
    _, found = enterprise.check(enterprise.filled([good, guarded], DEMANDS), DEMANDS)
    assert found["counts"]["unchanged"] == 2, found
    changed = {**good, "staff_now": 999}
    _, found = enterprise.check(enterprise.filled([changed], DEMANDS), DEMANDS)
    assert [item["code"] for item in found["errors"]] == ["duplicate"]


def test_what_cannot_be_submitted_stays_a_draft_with_the_reason(desk):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(210)]))
    done = school.commit(import_id, submit=True)
    # An attachment is due: nobody tries.
    assert (done["counts"]["new"], done["counts"]["submitted"]) == (1, 0)
    clerk = desk("school_a_clerk")
    import_id, _ = clerk.check(clerk.filled([teacher(211)]))
    assert clerk.client.post(f"/imports/{import_id}/commit", json={"submit": True}).status_code == 403
    assert clerk.commit(import_id)["state"] == "done"


def test_a_commit_is_made_once(desk):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(220)]))
    first = school.client.post(f"/imports/{import_id}/commit", json={})
    second = school.client.post(f"/imports/{import_id}/commit", json={})
    assert (first.status_code, second.status_code) == (202, 409)
    school.work()
    assert school.preview(import_id)["state"] == "done"
    assert school.client.post(f"/imports/{import_id}/commit", json={}).status_code == 409


def test_a_file_is_not_committed_before_it_is_checked(desk):
    school = desk("school_a")
    import_id = school.upload(school.filled([teacher(221)])).get_json()["import"]
    assert school.client.post(f"/imports/{import_id}/commit", json={}).status_code == 409
    assert school.client.get(f"/imports/{import_id}/errors.xlsx").status_code == 409
    school.work()
    assert school.client.post(f"/imports/{import_id}/commit", json={}).status_code == 202


@pytest.mark.parametrize(("only_valid", "states"), [(False, ["done", "failed"]), (True, ["done", "done"])])
def test_two_files_with_the_same_rows_add_them_once(desk, only_valid, states):
    school = desk("school_a")
    content = school.filled([teacher(230 + 2 * only_valid), teacher(231 + 2 * only_valid)])
    before = school.records()["count"]
    ids = [school.check(content)[0] for _ in range(2)]
    for each in ids:
        assert school.client.post(f"/imports/{each}/commit", json={"only_valid": only_valid}).status_code == 202
    school.work()
    assert school.records()["count"] == before + 2
    found = [school.preview(each) for each in ids]
    assert sorted(each["state"] for each in found) == states
    if only_valid:
        assert sorted(each["counts"]["errors"] for each in found) == [0, 2]
        assert {item["code"] for each in found for item in each["errors"]} == {"appeared"}


@pytest.mark.parametrize("only_valid", [False, True])
def test_a_record_that_appears_while_the_rows_are_staged_stops_the_import(app, desk, monkeypatch, only_valid):
    school = desk("school_a")
    row = teacher(235 + only_valid)
    import_id, _ = school.check(school.filled([row]))
    before, show = school.records()["count"], committing._show

    def late(*arguments):
        assert staged(app)[0] == 1
        response = school.client.post(f"/forms/{TEACHERS}/records", json={"answers": row})
        assert response.status_code == 201
        show(*arguments)

    monkeypatch.setattr(committing, "_show", late)
    assert school.commit(import_id, only_valid=only_valid)["state"] == "failed"
    assert staged(app) == (0, 0)
    assert school.records()["count"] == before + 1


@pytest.mark.parametrize("only_valid", [False, True])
def test_what_was_changed_since_the_check_is_not_overwritten(desk, only_valid):
    school = desk("school_a")
    base = 240 if only_valid else 245
    school.bring([teacher(base), teacher(base + 1)])
    import_id, found = school.check(
        school.filled([teacher(base + n, courses="文件里的课") for n in (0, 1)] + [teacher(base + 2)])
    )
    assert (found["counts"]["changed"], found["counts"]["new"]) == (2, 1)
    record = next(item for item in found["preview"] if item["row"] == FIRST_ROW)["record"]
    lock = school.record(record)["lock_version"]
    meanwhile = {"lock_version": lock, "answers": {"courses": "网页上的课"}}
    assert school.client.put(f"/forms/{TEACHERS}/records/{record}", json=meanwhile).status_code == 200
    before = school.records()["count"]
    done = school.commit(import_id, only_valid=only_valid)
    assert school.record(record)["answers"]["courses"] == "网页上的课"
    if only_valid:
        assert (done["state"], done["counts"]["changed"], done["counts"]["new"], done["counts"]["errors"]) == (
            "done",
            1,
            1,
            1,
        )
        assert done["errors"][0]["code"] == "stale"
        assert done["errors"][0]["row"] == FIRST_ROW
        assert school.records()["count"] == before + 1
    else:
        # All or nothing.
        assert done["state"] == "failed"
        assert "变化" in done["error"]
        assert school.records()["count"] == before


def test_a_failing_import_leaves_nothing_behind(app, desk, monkeypatch):
    school = desk("school_a")
    before = school.records()["count"]
    import_id, _ = school.check(school.filled([teacher(number) for number in range(250, 256)]))
    monkeypatch.setattr(committing, "PIECE", 2)
    pieces = []

    def breaks(actor, form_key, rows, **options):
        pieces.append(len(rows))
        if len(pieces) == 3:
            raise RuntimeError("the disk is full")
        return create(actor, form_key, rows, **options)

    create = bulk.create_many
    monkeypatch.setattr(bulk, "create_many", breaks)
    found = school.commit(import_id)
    assert found["state"] == "failed"
    assert "错误编号" in found["error"]
    assert pieces == [2, 2, 2]
    assert staged(app) == (0, 0)
    assert school.records()["count"] == before
    assert not (storage_of(app) / import_id).exists()


def storage_of(app):
    with app.app_context():
        return storage.imports()


def test_nobody_sees_what_is_staged_and_cancelling_removes_it(app, desk, monkeypatch):
    school = desk("school_a")
    before = school.records()["count"]
    import_id, _ = school.check(school.filled([teacher(number) for number in range(260, 266)]))
    monkeypatch.setattr(committing, "PIECE", 2)
    pieces = committing._pieces
    seen = []

    def watched(rows, start):
        for number, piece in enumerate(pieces(rows, start)):
            if number == 2:
                # Two pieces are written and committed by now.
                seen.append((*staged(app), school.records()["count"], school.preview(import_id)["state"]))
                with app.app_context(), unit_of_work():
                    db.session.execute(sa.update(Job).where(Job.state == "running").values(cancel_requested=True))
            yield piece

    monkeypatch.setattr(committing, "_pieces", watched)
    found = school.commit(import_id)
    assert seen == [(4, 4, before, "committing")]
    assert found["state"] == "failed"
    assert staged(app) == (0, 0)
    assert school.records()["count"] == before


def test_a_killed_worker_goes_on_where_it_was(app, desk, monkeypatch):
    school = desk("school_a")
    before = school.records()["count"]
    import_id, _ = school.check(school.filled([teacher(number) for number in range(270, 276)]))
    monkeypatch.setattr(committing, "PIECE", 2)
    create = bulk.create_many
    calls = []

    def dies(actor, form_key, rows, **options):
        calls.append(len(rows))
        if len(calls) == 2:
            # As a worker that is told to stop: the job is put back and taken up again.
            raise LeftOff("the worker stops")
        return create(actor, form_key, rows, **options)

    monkeypatch.setattr(bulk, "create_many", dies)
    found = school.commit(import_id)
    assert (found["state"], found["counts"]["new"]) == ("done", 6)
    assert calls == [2, 2, 2, 2]
    assert school.records()["count"] == before + 6


def test_what_is_shown_stays_when_submitting_it_is_cancelled(app, desk, monkeypatch):
    enterprise = desk("ent_a")
    rows = [demand("磨工", period_start=f"203{n}-01", period_end=f"203{n}-06") for n in range(3)]
    import_id, found = enterprise.check(enterprise.filled(rows, DEMANDS), DEMANDS)
    assert found["counts"]["new"] == 3, found["errors"]
    monkeypatch.setattr(submitting, "PIECE", 1)
    submit, calls = records.submit, []

    def cancelled(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            db.session.execute(sa.update(Job).where(Job.state == "running").values(cancel_requested=True))
        return submit(*arguments)

    monkeypatch.setattr(records, "submit", cancelled)
    done = enterprise.commit(import_id, submit=True)
    assert (done["state"], len(calls)) == ("done", 2)
    states = [
        item["state"] for item in enterprise.records(DEMANDS)["records"] if item["answers"]["period_start"] >= "2030-01"
    ]
    # The submission that was under way is undone with the cancelling; nothing that was shown is.
    assert sorted(states) == ["county_review", "draft", "draft"]


def test_a_check_that_is_given_up_late_harms_no_import(app, desk):
    school = desk("school_a")
    import_id, _ = school.check(school.filled([teacher(295)]))
    with app.app_context(), unit_of_work():
        jobs = db.session.scalars(sa.select(Job).where(Job.kind == "import_check")).all()
        job = next(job for job in jobs if job.payload["import"] == import_id)
        unfinished.given_up(job, Label("过期"))
    assert school.commit(import_id)["state"] == "done"


def test_more_changes_than_one_unit_of_work_holds(desk, monkeypatch):
    school = desk("school_a")
    rows = [teacher(number) for number in range(280, 285)]
    school.bring(rows)
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    monkeypatch.setattr(committing, "PIECE", 2)
    import_id, found = school.check(school.filled([{**row, "courses": "改了的课"} for row in rows]))
    assert found["counts"]["changed"] == 5
    done = school.commit(import_id)
    assert (done["state"], done["counts"]["changed"]) == ("done", 5)
    assert school.check(school.filled([{**row, "courses": "改了的课"} for row in rows]))[1]["counts"]["unchanged"] == 5


def test_csv_comes_in_and_goes_back_as_a_workbook(desk):
    school = desk("school_a")
    lines = [
        "姓名,证件类型,证件号码,手机,备注栏",
        f"王某,居民身份证,{teacher(290)['id_no']},13900000290,=1+1",
    ]
    import_id, found = school.check("\r\n".join(lines).encode("gb18030"), name="teachers.csv")
    assert found["counts"]["errors"] == 1
    codes = {(item["field"], item["code"]) for item in found["errors"]}
    assert ("gender", "required") in codes
    assert ("", "unknown_column") in codes
    sheet = opened(school.errors(import_id)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("姓名", "证件类型", "证件号码", "手机", "备注栏", "错误说明")
    assert rows[1][:5] == ("王某", "居民身份证", teacher(290)["id_no"], "13900000290", "=1+1")
    assert "性别：请填写" in rows[1][5]
    assert sheet.cell(2, 5).data_type == "s"


def test_long_numbers_that_a_spreadsheet_has_rounded_are_told(desk):
    school = desk("school_a")
    book = opened(school.filled([teacher(300)]))
    cell = cells(book.worksheets[0], FIRST_ROW)["id_no"]
    cell.number_format, cell.value = "0", int(teacher(301)["id_no"][:17] + "0")
    _, found = school.check(saved(book))
    assert ("id_no", "rounded_by_excel") in {(item["field"], item["code"]) for item in found["errors"]}


def test_formulas_without_a_result_and_merged_cells_are_told(desk):
    school = desk("school_a")
    book = opened(school.filled([teacher(310), teacher(311)]))
    main = book.worksheets[0]
    cells(main, FIRST_ROW)["courses"].value = "=A1"
    column = keys(main)["dept_post"]
    main.merge_cells(start_row=FIRST_ROW, end_row=FIRST_ROW + 1, start_column=column, end_column=column)
    _, found = school.check(saved(book))
    codes = {(item["row"], item["field"], item["code"]) for item in found["errors"]}
    assert codes == {
        (FIRST_ROW, "courses", "formula_cell"),
        (FIRST_ROW, "dept_post", "merged_cell"),
        (FIRST_ROW + 1, "dept_post", "merged_cell"),
    }


def test_files_that_are_none_of_this_form_are_refused(desk):
    school = desk("school_a")
    assert school.upload(b"PK", name="book.xls").status_code == 400
    assert school.upload(b"", name="book.xlsx").status_code == 400
    _, found = school.check(desk("ent_a").template("enterprise_profile"))
    assert found["state"] == "failed"
    assert "模板" in found["error"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_doubt_is_noted_and_holds_no_row_back(desk, lang):
    maker, told = desk("ent_a", lang), {"zh": "前两位“38”不是省级行政区划代码", "en": "No province has the code 38"}
    number = 930 + (lang == "en")
    strange = id_number(number, district="380101")
    import_id, found = maker.check(maker.filled([teacher(number, id_no=strange), teacher(number + 2)]))
    assert (found["counts"]["new"], found["counts"]["errors"], found["counts"]["warnings"]) == (2, 0, 1), found
    noted = [item for item in found["errors"] if item["field"] == "id_no"]
    assert [(item["row"], item["code"], item["level"]) for item in noted] == [(FIRST_ROW, "unknown_region", "warning")]
    assert told[lang] in noted[0]["message"]
    marked = rows_of(opened(maker.errors(import_id)).worksheets[0])
    assert ["38" in str(row["_errors"]) for row in marked[:2]] == [True, False]
    done = maker.commit(import_id, only_valid=False)
    assert (done["state"], done["counts"]["new"], done["counts"]["errors"]) == ("done", 2, 0)
