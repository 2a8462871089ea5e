"""Who fills for others imports for them: each row says for whom, within the right to create."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.identity.models import Organization
from app.records.models import Record
from tests.exchange.books import FIRST_ROW, fill, keys, opened, rows_of, saved
from tests.exchange.conftest import DEMANDS, TEACHERS
from tests.samples import demand, teacher

PROFILES = "enterprise_profile"


def organization(app, actor, account):
    with app.app_context():
        found = db.session.get(Organization, actor(account).organization_id)
        return found.id, found.code, found.name


def book_for(desk, owners, rows, form=TEACHERS):
    """Return the account's template with rows, each filled for the organization named with it."""
    book = fill(desk.template(form), desk.form_of(form), rows)
    main = book.worksheets[0]
    for number, owner in enumerate(owners):
        main.cell(FIRST_ROW + number, keys(main)["_owner"], owner)
    return saved(book)


def on_behalf(app, ids):
    """Return whose the records are, and whether somebody else filled them."""
    table = Record.__table__
    with app.app_context():
        statement = sa.select(table.c.organization_id, table.c.on_behalf_by, table.c.serial).where(table.c.id.in_(ids))
        return db.session.execute(tagged(statement, "test")).all()


def profile(client):
    found = client.post(f"/forms/{PROFILES}/records", json={"answers": {}})
    assert found.status_code == 201
    return found.get_json()["id"]


def test_only_who_fills_for_others_has_the_column(desk):
    assert "_owner" in keys(opened(desk("county_a").template()).worksheets[0])
    for account in ("school_a", "ent_a", "ent_a_clerk"):
        assert "_owner" not in keys(opened(desk(account).template()).worksheets[0])
    head = opened(desk("county_a", "en").template()).worksheets[0]
    column = keys(head)["_owner"]
    assert head.cell(2, column).value == "Filled for *"
    assert "credit code" in head.cell(3, column).value
    # A form that asks for its organization anyway has no second column for it.
    demands = opened(desk("county_a").template(DEMANDS)).worksheets[0]
    assert "_owner" not in keys(demands)
    assert "代码或单位名称" in demands.cell(3, keys(demands)["ent_id"]).value


def test_rows_become_records_of_the_organizations_that_they_name(app, actor, desk):
    county = desk("county_a")
    school_id, code, school = organization(app, actor, "school_a")
    home_id, _, home = organization(app, actor, "county_a")
    people = [teacher(number) for number in (300, 301, 302)]
    import_id, found = county.check(book_for(county, [code, school, home], people))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (3, 0), found["errors"]
    assert found["counts"]["on_behalf"] == 2
    assert [row["organization"] for row in found["preview"]] == [school, school, home]
    before = {row["id"] for row in county.records()["records"]}
    county.commit(import_id)
    ids = [row["id"] for row in county.records()["records"] if row["id"] not in before]
    assert len(ids) == 3
    told = on_behalf(app, ids)
    assert [row[0] for row in told if row[1] is not None] == [school_id] * 2
    assert [row[0] for row in told if row[1] is None] == [home_id]
    assert len({row.serial for row in told if row[0] == school_id}) == 2
    # The college has them, and may change them as its own; nobody else has.
    seen = {row["id"] for row in desk("school_a").records()["records"]}
    assert len(seen & set(ids)) == 2
    assert not {row["id"] for row in desk("school_b").records()["records"]} & set(ids)
    # Again: nothing twice, by the college's own unique keys.
    _, again = county.check(book_for(county, [code, school, home], people))
    assert (again["counts"]["new"], again["counts"]["unchanged"]) == (0, 3), again


def test_one_key_may_stand_once_for_each_organization(app, actor, desk):
    county = desk("county_a")
    _, code, _ = organization(app, actor, "school_a")
    _, ent, _ = organization(app, actor, "ent_a")
    _, found = county.check(book_for(county, [code, ent, ent], [teacher(310)] * 3))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (2, 1)
    assert [item["code"] for item in found["errors"]] == ["repeated"]


@pytest.mark.parametrize("foreign", ["school_b", "ent_b", "county_b"])
def test_nobody_is_filled_for_beyond_the_right_to_create(app, actor, desk, foreign):
    county = desk("county_a")
    _, code, name = organization(app, actor, foreign)
    told = []
    for owner in (code, name, "91230000MA00000000", "没有这样的单位"):
        import_id, found = county.check(book_for(county, [owner], [teacher(320)]))
        assert (found["counts"]["new"], found["counts"]["errors"]) == (0, 1)
        told.append([(item["field"], item["code"], item["message"], item["row"]) for item in found["errors"]])
        assert found["preview"][0]["action"] == "error"
        assert county.client.post(f"/imports/{import_id}/commit", json={}).status_code == 422
    assert all(item == told[0] for item in told)
    assert told[0][0][0] == "_owner"


def test_a_row_that_names_nobody_is_nobodys(desk):
    county = desk("county_a")
    import_id, found = county.check(county.filled([teacher(330)]))
    assert [(item["field"], item["code"]) for item in found["errors"]] == [("_owner", "required")]
    assert "代填单位" in str(rows_of(opened(county.errors(import_id)).worksheets[0])[0])


def test_the_column_gives_no_right_to_who_has_none(app, actor, desk):
    school = desk("school_a")
    _, code, _ = organization(app, actor, "ent_a")
    _, own, _ = organization(app, actor, "school_a")

    def with_column(owner, number):
        book = opened(school.filled([teacher(number)]))
        main = book.worksheets[0]
        column = main.max_column + 1
        main.cell(1, column, "_owner")
        main.cell(FIRST_ROW, column, owner)
        return saved(book)

    _, found = school.check(with_column(code, 340))
    assert [(item["field"], item["code"]) for item in found["errors"]] == [("_owner", "not_found")]
    _, found = school.check(with_column(own, 340))
    assert (found["counts"]["new"], found["counts"]["errors"]) == (1, 0)
    assert "on_behalf" not in found["counts"]


def test_the_forms_own_field_says_it_too(app, actor, desk):
    county = desk("county_a")
    ent_id, code, name = organization(app, actor, "ent_a")
    theirs, here = profile(desk("ent_b").client), profile(desk("ent_a").client)
    rows = [{**demand("代导一"), "ent_id": None}, {**demand("代导二"), "ent_id": None}]

    def book(*owners):
        made = fill(county.template(DEMANDS), county.form_of(DEMANDS), rows)
        main = made.worksheets[0]
        for number, owner in enumerate(owners):
            main.cell(FIRST_ROW + number, keys(main)["ent_id"], owner)
        return saved(made)

    import_id, found = county.check(book(code, name), DEMANDS)
    assert (found["counts"]["new"], found["counts"]["errors"], found["counts"]["on_behalf"]) == (2, 0, 2), found
    assert {row["organization"] for row in found["preview"]} == {name}
    done = county.commit(import_id, submit=True)
    assert done["counts"]["submitted"] == 2, done
    mine = [row for row in desk("ent_a").records(DEMANDS)["records"] if row["answers"]["ent_id"]["id"] == here]
    assert len(mine) == 2
    assert {row[0] for row in on_behalf(app, [row["id"] for row in mine])} == {ent_id}
    assert all(row[1] for row in on_behalf(app, [row["id"] for row in mine]))
    _, found = county.check(book(theirs, None), DEMANDS)
    assert [(item["row"], item["field"]) for item in found["errors"]] == [(4, "ent_id"), (5, "ent_id")]
    assert [item["code"] for item in found["errors"]] == ["not_found", "required"]


def test_a_record_stays_with_its_organization(app, actor, desk):
    school = desk("school_a")
    before = {row["id"] for row in school.records()["records"]}
    school.bring([teacher(350)])
    (record,) = [row for row in school.records()["records"] if row["id"] not in before]
    county = desk("county_a")
    _, code, _ = organization(app, actor, "school_a")
    _, ent, _ = organization(app, actor, "ent_a")
    for owner, refused in ((code, False), ("", False), (ent, True), ("没有这样的单位", True)):
        row = {"_record": record["id"], "courses": "代填改课程"}
        _, found = county.check(book_for(county, [owner], [row]))
        assert ("other_owner" in {item["code"] for item in found["errors"]}) is refused


def test_the_pages_show_for_whom(app, actor, desk, sign_in):
    county = desk("county_a")
    _, code, name = organization(app, actor, "school_a")
    import_id, _ = county.check(book_for(county, [code], [teacher(360)]))
    page = sign_in("county_a").get(f"/records/{TEACHERS}/import/{import_id}").get_data(as_text=True)
    assert 'data-label="单位"' in page
    assert name in page.partition("preview-title")[2]
    assert "代填" in page
    own, _ = desk("school_a").check(desk("school_a").filled([teacher(361)]))
    page = sign_in("school_a").get(f"/records/{TEACHERS}/import/{own}").get_data(as_text=True)
    assert 'data-label="单位"' not in page
