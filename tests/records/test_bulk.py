"""Many records in one unit of work: staged unseen, shown at once, given up without a trace; matched by their keys."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.query import tagged
from app.database import db, unit_of_work
from app.errors import Conflict, NotAllowed, NotFound
from app.records import service
from app.records.models import Record, RecordRevision
from app.records.projection.tables import form_table
from app.records.writing import amending, bulk, matching
from app.records.writing.record import Saved
from tests.records.doors import listing, read, where
from tests.records.zoo import definition, publish_form, who

FORM = "bulk_zoo"


@pytest.fixture(scope="module", autouse=True)
def form(app):
    with app.app_context():
        publish_form(definition(key=FORM, serial="BU", unique=[{"fields": ["name", "count"]}, {"fields": ["month"]}]))


def batch(letter):
    return letter * 26


def test_staged_records_are_seen_by_nobody_until_they_are_shown(app, api):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            saved = bulk.create_many(
                actor, FORM, [{"name": f"批{number}", "count": 3} for number in range(5)], batch=batch("a")
            )
        for one in saved:
            with pytest.raises(NotFound):
                service.read(actor, FORM, one.id)
        assert matching.by_unique(actor, FORM, [{"name": "批0", "count": 3}]) == [None]
    for account in ("ent_a", "city_voc"):
        assert listing(api(account), FORM, q="批")["count"] == 0
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            assert bulk.show(actor, FORM, batch("a")) == 5
        with unit_of_work():
            assert bulk.show(actor, FORM, batch("a")) == 0
        assert matching.by_unique(actor, FORM, [{"name": "批0", "count": 3}]) == [saved[0].id]
    assert listing(api("ent_a"), FORM, q="批")["count"] == 5
    assert listing(api("ent_b"), FORM, q="批")["count"] == 0
    view = read(api("ent_a"), FORM, saved[0].id)
    assert (view["answers"]["twice"], view["state"]) == (6, "draft")


def test_what_is_given_up_leaves_no_trace(app):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            saved = bulk.create_many(
                actor, FORM, [{"name": "弃", "meals": [{"_row": "r1", "food": "草"}]}] * 3, batch=batch("b")
            )
        numbers = [one.id for one in saved]
        with unit_of_work():
            assert bulk.discard(FORM, batch("b")) == 3
        table = form_table(FORM)
        for found in (
            sa.select(Record.__table__.c.id).where(Record.__table__.c.id.in_(numbers)),
            sa.select(RecordRevision.__table__.c.id).where(RecordRevision.__table__.c.record_id.in_(numbers)),
            sa.select(table.main.c._id).where(table.main.c._id.in_(numbers)),
            sa.select(table.children["meals"].c._row).where(table.children["meals"].c._record.in_(numbers)),
            sa.select(table.search.c._record).where(table.search.c._record.in_(numbers)),
        ):
            assert db.session.execute(tagged(found, "test")).all() == []


def test_limits_and_rights(app):
    with app.app_context():
        with acting_as(who("ent_a")) as actor:
            assert bulk.create_many(actor, FORM, [], batch=batch("c")) == []
            with pytest.raises(ValueError, match="2000"):
                bulk.create_many(actor, FORM, [{}] * 2001, batch=batch("c"))
            found = bulk.owner(actor, FORM)
            assert (found.organization.id, found.initial) == (actor.organization_id, {})
        for account in ("leader", "school_a"):
            with acting_as(who(account)) as actor, pytest.raises(NotAllowed):
                bulk.create_many(actor, FORM, [{}], batch=batch("c"))
            with acting_as(who(account)) as actor, pytest.raises(NotAllowed):
                bulk.owner(actor, FORM)


def test_rows_are_matched_with_the_organizations_own(app):
    with app.app_context():
        with acting_as(who("ent_b")) as other, unit_of_work():
            service.create(other, FORM, {"name": "配", "count": 1})
        with acting_as(who("ent_a")) as actor:
            with unit_of_work():
                first = service.create(actor, FORM, {"name": "配", "count": 1})
                second = service.create(actor, FORM, {"month": "2026-05"})
                gone = service.create(actor, FORM, {"name": "废", "count": 1})
                service.void(actor, FORM, gone.id, "误填")
            rows = [
                {"name": "配", "count": 1},
                {"name": "配"},
                {"month": "2026-05"},
                {"name": "废", "count": 1},
                {"name": "无", "count": 9},
                {},
            ]
            assert matching.by_unique(actor, FORM, rows) == [first.id, None, second.id, None, None, None]
            with unit_of_work():
                newer = service.create(actor, FORM, {"name": "配", "count": 1})
            assert matching.by_unique(actor, FORM, rows[:1]) == [newer.id]
        with acting_as(who("school_b")) as stranger:
            assert matching.by_unique(stranger, FORM, rows[:1]) == [None]


def test_many_changes_are_the_same_as_one_by_one(app, api):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            drafts = [service.create(actor, FORM, {"name": f"改{number}", "count": number}) for number in range(4)]
            done = service.create(actor, FORM, {"name": "改交", "count": 50}, submit=True)
        with acting_as(who("ent_b")) as other, unit_of_work():
            foreign = service.create(other, FORM, {"name": "改外"})
        wanted = [
            amending.Amendment(drafts[0].id, 1, {"count": 100}),
            amending.Amendment(drafts[1].id, 1, {"count": 1}),
            amending.Amendment(drafts[2].id, 7, {"count": 5}),
            amending.Amendment(foreign.id, 1, {"count": 5}),
            amending.Amendment(done.id, 1, {"count": 60}),
            amending.Amendment(drafts[3].id, 1, {"no_such": 5}),
        ]
        with unit_of_work():
            changed, same, stale, hidden, submitted, wrong = amending.amend(actor, FORM, wanted)
    assert isinstance(changed, Saved)
    assert (changed.lock_version, bool(changed.receipt)) == (2, True)
    assert isinstance(same, Saved)
    assert (same.lock_version, same.receipt) == (1, "")
    assert isinstance(stale, Conflict)
    assert isinstance(hidden, NotFound)
    assert isinstance(submitted, Saved)
    assert [error.field for error in wrong.errors] == ["no_such"]
    ent = api("ent_a")
    assert read(ent, FORM, drafts[0].id)["answers"] == {"name": "改0", "count": 100, "twice": 200}
    assert read(ent, FORM, done.id)["answers"]["twice"] == 120
    assert listing(ent, FORM, filters=[where("twice", "eq", 200)])["count"] == 1
    result = app.test_cli_runner().invoke(args=["records", "rebuild", FORM])
    assert "0 条与原先不同" in result.output
