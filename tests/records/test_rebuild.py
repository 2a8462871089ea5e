"""The projection is a copy: it equals the ledger after any history, and can be made anew from it at any time."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.builder.catalogue import compiled
from app.database import db, unit_of_work
from app.errors import DomainError
from app.records import service
from app.records.models import Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rebuild import entries_of, rebuild
from app.records.projection.tables import form_table
from app.records.writing import amending, bulk
from forms.columns import project
from tests.records.doors import DEMAND, ENTERPRISE, act, create, ids, listing, ok, path, places, read, submitted
from tests.records.zoo import COLOURS, ZOO, definition, of, publish_form, random_answers, who
from tests.samples import demand, position

KEYS = [{"fields": ["name", "count"], "city_wide": True}]


def zoo(**changes):
    return definition(unique=KEYS, **changes)


def live_through(dice):
    """Let three accounts write, change, submit, void and import at random."""
    accounts = [who(name) for name in ("ent_a", "ent_b", "county_a")]
    known: list[tuple[object, str]] = []
    for step in range(70):
        actor = dice.choice(accounts)
        with acting_as(actor):
            mine = [record for owner, record in known if owner is actor]
            try:
                with unit_of_work():
                    match dice.randrange(7) if mine else 0:
                        case 0 | 1:
                            known.append(
                                (actor, service.create(actor, ZOO, random_answers(dice), submit=dice.random() < 0.4).id)
                            )
                        case 2 | 3:
                            view = service.read(actor, ZOO, dice.choice(mine))
                            service.update(actor, ZOO, view.id, view.lock_version, random_answers(dice))
                        case 4:
                            view = service.read(actor, ZOO, dice.choice(mine))
                            service.submit(actor, ZOO, view.id, view.lock_version)
                        case 5:
                            view = service.read(actor, ZOO, dice.choice(mine))
                            service.void(actor, ZOO, view.id, "误填")
                        case 6:
                            views = [service.read(actor, ZOO, one) for one in dice.sample(mine, min(3, len(mine)))]
                            amending.amend(
                                actor,
                                ZOO,
                                [
                                    amending.Amendment(view.id, view.lock_version, random_answers(dice))
                                    for view in views
                                ],
                            )
            except DomainError:
                # Not in this state, no such right, a duplicate: part of life.
                continue
            if step % 20 == 19:
                batch = f"{step:026d}"
                with unit_of_work():
                    rows = [compiled(ZOO).clean(random_answers(dice))[0] for _ in range(5)]
                    bulk.create_many(actor, ZOO, rows, batch=batch)
                if step % 40 == 19:
                    with unit_of_work():
                        bulk.show(actor, ZOO, batch)
                elif step == 39:
                    with unit_of_work():
                        bulk.discard(ZOO, batch)


@pytest.fixture(scope="module", autouse=True)
def lived(app):
    with app.app_context():
        publish_form(zoo())
        live_through(random.Random(3))
        changed = zoo()
        fields = changed["sections"][0]["fields"]
        changed["sections"][0]["fields"] = [of("count", "decimal", places=2), of("nick", "text")] + [
            item for item in fields if item["key"] not in {"count", "year"}
        ]
        next(item for item in changed["sections"][0]["fields"] if item["key"] == "colour")["options"] = COLOURS[::-1]
        publish_form(changed, choices={"count": "retire"})
        live_through(random.Random(5))
        db.session.remove()


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["records", "rebuild", *arguments])


def indexes(app):
    with app.app_context():
        inspector = sa.inspect(db.engine)
        return {
            table: {index["name"] for index in inspector.get_indexes(table)}
            for table in (f"data_{ZOO}", f"data_{ZOO}__meals")
        }


def test_a_random_history_projects_to_what_the_ledger_holds(app):
    with app.app_context(), acting_as(system_actor("rebuild")):
        table = form_table(ZOO)
        rows = {row["_id"]: row for row in db.session.execute(tagged(sa.select(table.main), "test")).mappings()}
        entries = entries_of(rows)
        assert len(entries) == len(rows) > 30
        count = sa.select(sa.func.count()).select_from(Record.__table__).where(Record.__table__.c.form_key == ZOO)
        assert db.session.scalar(tagged(count, "test")) == len(rows)
        assert {entry.version_no for entry in entries} == {1, 2}
        for entry in entries:
            row = rows[entry.id]
            values, _ = project(compiled(ZOO, entry.version_no), entry.answers)
            assert row["name"] == values["name"]
            assert row["count" if entry.version_no == 1 else "count__2"] == values["count"]
            assert (row["_state"], row["_lock"], row["_serial"]) == (entry.state, entry.lock_version, entry.serial)
            assert projection.rows_of(table, entry).main == dict(row)


def test_rebuilding_equals_what_was_there(app, api):
    before = {
        account: listing(api(account), ZOO, page_size=200, order="name")
        for account in ("city_voc", "ent_a", "county_b")
    }
    names = indexes(app)
    for _ in range(2):
        result = run(app, ZOO)
        assert result.exit_code == 0, result.output
        assert "0 条与原先不同" in result.output
        assert indexes(app) == names
    assert {account: listing(api(account), ZOO, page_size=200, order="name") for account in before} == before
    assert listing(api("city_voc"), ZOO, q="焊工", page_size=200)["count"] > 0


def test_what_differs_is_told_and_mended(app, api):
    some = [record["id"] for record in listing(api("city_voc"), ZOO, page_size=3)["records"]]
    whole = listing(api("city_voc"), ZOO, page_size=200)
    with app.app_context(), unit_of_work():
        table = form_table(ZOO)
        main, meals = table.main, table.children["meals"]
        db.session.execute(tagged(sa.update(main).where(main.c._id == some[0]).values(name="乱"), "test"))
        db.session.execute(tagged(sa.delete(main).where(main.c._id == some[1]), "test"))
        values = {
            "_record": some[2],
            "_row": "stray",
            "_position": 9,
            "_published": False,
            "food__sort": "",
            "cook__sort": "",
            "recipe__sort": "",
        }
        db.session.execute(tagged(sa.insert(meals).values(**values), "test"))
    assert listing(api("city_voc"), ZOO)["count"] == whole["count"] - 1
    result = run(app, ZOO)
    assert "3 条与原先不同" in result.output
    assert all(record in result.output for record in some)
    assert listing(api("city_voc"), ZOO, page_size=200) == whole
    assert "0 条与原先不同" in run(app, ZOO).output


def test_after_a_rebuild_life_goes_on(app, api):
    ent = api("ent_a")
    raw = zoo(key="zoo_again", serial="ZA")
    with app.app_context():
        publish_form(raw)
    saved = submitted(ent, "zoo_again", {"name": "豹", "count": 1, "meals": [{"food": "肉"}]})
    assert run(app, "zoo_again").exit_code == 0
    assert places(create(ent, "zoo_again", {"name": "豹", "count": 1}, submit=True, status=422)) == {("name", None)}
    raw["sections"][0]["fields"].append(of("age", "integer"))
    with app.app_context():
        publish_form(raw)
    new = create(ent, "zoo_again", {"name": "豹", "age": 3, "meals": [{"food": "鱼"}]})
    assert run(app, "zoo_again").exit_code == 0
    assert set(ids(listing(ent, "zoo_again", order="-age"))) >= {saved["id"], new["id"]}
    assert read(ent, "zoo_again", saved)["answers"]["meals"][0]["food"] == "肉"


def test_a_unique_key_follows_its_column(app):
    """The number's type has changed, so its key holds over the new column and no more over the old one."""
    with app.app_context():
        keys = [index["column_names"] for index in sa.inspect(db.engine).get_indexes(f"data_{ZOO}") if index["unique"]]
    assert keys == [["_organization", "name", "count__2"]]


def test_a_form_that_is_not_is_told(app):
    result = run(app, "no_such_form")
    assert result.exit_code == 1
    assert "没有找到" in result.output


def test_a_failed_rebuild_leaves_everything(app, api, monkeypatch):
    before = listing(api("city_voc"), ZOO, page_size=200)
    real = projection.write

    def broken(table, entries, *, new):
        real(table, entries, new=new)
        raise RuntimeError

    monkeypatch.setattr(projection, "write", broken)
    with app.app_context(), acting_as(system_actor("rebuild")), pytest.raises(RuntimeError), unit_of_work():
        rebuild(ZOO)
    monkeypatch.undo()
    assert listing(api("city_voc"), ZOO, page_size=200) == before
    with app.app_context():
        assert not [name for name in sa.inspect(db.engine).get_table_names() if "shadow" in name]


def test_the_real_forms_rebuild_as_they_were(app, api):
    """Also where a verified profile renames its organization after records were written."""
    ent, county = api("ent_a"), api("county_a")
    saved = submitted(ent, DEMAND, demand("改名", publish=True))
    act(county, DEMAND, saved, "approve")
    act(api("city_voc"), DEMAND, saved, "collect")
    create(ent, DEMAND, {"staff_now": "many", "positions": [position(need_count="some")]})
    profile = create(ent, ENTERPRISE, {})
    answers = {
        "ent_name": "建华示范数控机床股份有限公司",
        "legal_rep": "甲",
        "reg_type": "110",
        "org_nature": "1",
        "reg_region": "230203",
        "biz_region": "230203",
        "address": "建华区示范路一号",
        "industry_code": "C34",
        "above_scale": "1",
        "enterprise_size": "1",
        "is_2345_key": False,
        "staff_total": 10,
        "staff_skilled": 5,
        "staff_high_skilled": 1,
        "coop_content": ["1"],
        "hr_contact": "张三",
        "hr_mobile": "13900000001",
        "promise": True,
    }
    lock = read(ent, ENTERPRISE, profile)["lock_version"]
    ok(ent.put(path(ENTERPRISE, profile), json={"lock_version": lock, "answers": answers}))
    with app.app_context():
        # Its certificate and whatever else it still lacks do not matter here: only the system verifies it.
        record = Record.__table__
        with unit_of_work():
            for table, column in ((record, "id"), (form_table(ENTERPRISE).main, "_id")):
                state = "state" if column == "id" else "_state"
                db.session.execute(
                    tagged(
                        sa.update(table).where(table.c[column] == profile["id"]).values({state: "submitted"}), "test"
                    )
                )
            revision = RecordRevision.__table__
            db.session.execute(
                tagged(
                    sa.update(revision).where(revision.c.record_id == profile["id"]).values(state="submitted"), "test"
                )
            )
    act(county, ENTERPRISE, profile, "approve")
    assert read(ent, DEMAND, saved)["organization"]["name"] == "建华示范数控机床股份有限公司"
    assert saved["id"] in ids(listing(county, DEMAND, q="机床股份", page_size=200))
    assert listing(county, DEMAND, q="数控机床有限")["count"] == 0
    for form in (DEMAND, ENTERPRISE):
        result = run(app, form)
        assert "0 条与原先不同" in result.output, result.output
    assert read(api("county_b"), DEMAND, saved)["answers"]["positions"]
