"""The demo city as it stands in the database: how much there is, that it is right, and that loading it again adds nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.access.actor import Actor, acting_as, actor_for, system_actor, today
from app.access.query import tagged
from app.builder import service as builder
from app.database import db, unit_of_work
from app.exchange.models import ExportRequest
from app.exchange.requests import deciding
from app.exchange.requests.standing import standing_of
from app.identity.models import Organization
from app.identity.service import find_user
from app.notify import service as notify
from app.records import service as records
from app.records.files import folder
from app.records.models import File, Record, RecordRevision
from app.records.projection.rebuild import rebuild
from app.records.projection.tables import form_table
from app.workflow import past
from app.workflow.models import ReviewNote, WorkflowEvent
from app.workflow.service import work_list
from forms.field_types.credit_code import CreditCode
from forms.field_types.id_card import check_digit
from seeds.demo import loading
from seeds.demo.city import FORMS, build
from seeds.demo.loading import load_demo
from seeds.demo.numbers import UNASSIGNED_DISTRICT, UNUSED_MOBILES
from seeds.demo.world import regions

TABLES = (Record, RecordRevision, WorkflowEvent, ReviewNote, File, ExportRequest)


def rows(statement: sa.Select[Any]) -> list[Any]:
    return list(db.session.execute(tagged(statement, "test")).all())


def counts() -> dict[str, int]:
    found = {
        model.__tablename__: rows(sa.select(sa.func.count()).select_from(model.__table__))[0][0] for model in TABLES
    }
    return {**found, "organization": db.session.scalar(sa.select(sa.func.count()).select_from(Organization)) or 0}


def spread(column: str, form_key: str | None = None) -> Counter[str]:
    table = Record.__table__
    statement = sa.select(table.c[column], sa.func.count()).group_by(table.c[column])
    if form_key is not None:
        statement = statement.where(table.c.form_key == form_key)
    return Counter(dict(rows(statement)))


def heads(form_key: str) -> list[tuple[Any, dict[str, Any]]]:
    """Return record and answers of every record of a form."""
    record, revision = Record.__table__, RecordRevision.__table__
    joined = sa.and_(revision.c.record_id == record.c.id, revision.c.no == record.c.head_no)
    found = rows(sa.select(record, revision.c.answers).join(revision, joined).where(record.c.form_key == form_key))
    return [(row, row.answers) for row in found]


@pytest.fixture(scope="module")
def city(app: Flask) -> Iterator[Flask]:
    """Load the demo, broken off twice on the way."""
    with app.app_context():
        before = past.add
        calls = 0

        def broken(*arguments: Any, **named: Any) -> list[str]:
            nonlocal calls
            calls += 1
            if calls in {4, 13}:
                raise RuntimeError("the machine was switched off")
            return before(*arguments, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading.past, "add", broken)
            for _ in range(2):
                with pytest.raises(RuntimeError, match="switched off"):
                    load_demo()
        load_demo()
        db.session.remove()
        yield app
        db.session.remove()


@pytest.fixture(autouse=True)
def inside(city: Flask) -> Iterator[None]:
    with city.app_context():
        yield
        db.session.rollback()


def test_there_is_as_much_as_was_asked_for_and_broken_off_runs_lost_and_doubled_nothing():
    planned = Counter(record.form for record in build(today()).records)
    found = spread("form_key")
    assert found == planned
    assert found["enterprise_profile"] >= 40
    assert found["school_profile"] >= 6
    assert found["labor_demand_survey"] >= 300
    assert found["pt_teacher_register"] >= 200
    assert found["training_base_register"] >= 60
    kinds = Counter(db.session.scalars(sa.select(Organization.kind)))
    assert kinds["enterprise"] >= 40
    assert kinds["college"] >= 6


def test_loading_again_adds_nothing():
    before = counts()
    load_demo()
    assert counts() == before


def actor_of(username: str) -> Actor:
    user = find_user(username)
    assert user is not None, username
    return actor_for(user.id)


def test_one_request_to_export_waits_and_one_was_approved():
    city, county, school = (actor_of(name) for name in ("city_admin", "county_a", "school_a"))
    with acting_as(city):
        assert [found.user_id for found in deciding.waiting(city)] == [county.user_id]
    with acting_as(county):
        assert deciding.waiting(county) == []
    with acting_as(school):
        (approved,) = deciding.own(school)
        assert (standing_of(approved), approved.decided_by) == ("approved", county.user_id)


@pytest.mark.parametrize("form_key", FORMS)
def test_records_stand_in_every_state(form_key):
    flow = builder.workflow_of(builder.definition(form_key))
    assert flow is not None
    wanted = set(flow.states) if form_key != "school_profile" else {"submitted", "verified"}
    assert set(spread("state", form_key)) == wanted


def test_records_stand_in_every_county():
    counties = {str(row["code"]) for row in regions() if row.get("parent")}
    assert len(counties) == 16
    for form_key in ("enterprise_profile", "labor_demand_survey", "pt_teacher_register", "training_base_register"):
        assert counties <= set(spread("region", form_key)), form_key


def test_a_record_lies_with_its_organization():
    organization, record = Organization.__table__, Record.__table__
    joined = record.join(organization, organization.c.id == record.c.organization_id)
    assert rows(sa.select(record.c.id).select_from(joined).where(record.c.region != organization.c.region)) == []


@pytest.mark.parametrize("form_key", FORMS)
def test_what_was_submitted_has_no_error_and_a_draft_may_have(form_key):
    form = builder.compiled(form_key)
    with acting_as(system_actor("seeds")) as actor:
        for record, answers in random.Random(1).sample(heads(form_key), 7):
            if record.submitted_at is None:
                continue
            view = records.read(actor, form_key, record.id)
            owner = db.session.get(Organization, record.organization_id)
            assert owner is not None
            context = records.context_for(actor, view.definition, owner, state=record.state)
            problems = [item for item in form.validate(answers, context=context) if item.level == "error"]
            assert problems == [], record.serial


def test_numbers_are_right_and_belong_to_nobody():
    for _, answers in heads("pt_teacher_register"):
        number = answers["id_no"]
        assert number[-1] == check_digit(number[:-1])
        assert number.startswith(UNASSIGNED_DISTRICT)
        assert answers["mobile"].startswith(UNUSED_MOBILES)
    form = builder.definition("enterprise_profile")
    check = CreditCode().compile(form.field("uscc"), None)
    codes = [answers["uscc"] for _, answers in heads("enterprise_profile")]
    assert [check(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)


def test_a_verified_profile_has_given_its_organization_name_code_and_region():
    for form_key, name in (("enterprise_profile", "ent_name"), ("school_profile", "school_name")):
        verified = [(record, answers) for record, answers in heads(form_key) if record.state == "verified"]
        assert verified
        for record, answers in verified:
            owner = db.session.get(Organization, record.organization_id)
            assert owner is not None
            assert (owner.name, owner.code, owner.region) == (answers[name], answers["uscc"], answers["managed_region"])


def test_revisions_and_steps_tell_the_same_story():
    revision, event, record = RecordRevision.__table__, WorkflowEvent.__table__, Record.__table__
    revisions = dict(rows(sa.select(revision.c.record_id, sa.func.count()).group_by(revision.c.record_id)))
    events = dict(rows(sa.select(event.c.record_id, sa.func.count()).group_by(event.c.record_id)))
    for found in rows(sa.select(record)):
        assert revisions[found.id] == found.head_no == found.lock_version == events.get(found.id, 0) + 1
        assert found.created_at <= found.updated_at
    last = sa.and_(event.c.record_id == record.c.id, event.c.revision_no == record.c.head_no)
    assert all(
        row.to_state == row.state for row in rows(sa.select(event.c.to_state, record.c.state).join(record, last))
    )


def test_serial_numbers_are_counted_without_gaps():
    record = Record.__table__
    groups: dict[tuple[str, int, str], list[int]] = {}
    for row in rows(sa.select(record.c.form_key, record.c.organization_id, record.c.serial)):
        head, _, number = row.serial.rpartition("-")
        groups.setdefault((row.form_key, row.organization_id, head), []).append(int(number))
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in groups.values())


def test_the_projection_is_what_a_rebuild_gives():
    with acting_as(system_actor("rebuild")):
        for form_key in FORMS:
            with unit_of_work():
                done = rebuild(form_key)
            assert done.records == spread("form_key")[form_key]
            assert not done.different


def test_attachments_are_real_small_files():
    files = rows(sa.select(File.__table__))
    assert len(files) > 500
    for file in random.Random(2).sample(files, 20):
        content = (folder() / file.path).read_bytes()
        assert len(content) == file.size < 3000
        assert content.startswith(b"%PDF-" if file.media_type == "application/pdf" else b"\x89PNG")
    held = {file.id: file.record_id for file in files}
    for record, answers in heads("training_base_register"):
        assert {held[one] for one in answers["photos"]} == {record.id}


def test_people_in_the_demo_have_something_to_do(actor: Callable[[str], Actor]):
    waiting = {}
    for username in ("ent_a", "ent_b", "county_a", "county_b", "school_a", "school_b", "city_voc"):
        found = actor(username)
        with acting_as(found):
            waiting[username] = work_list(found).counts
    assert {name: kinds["review"] > 0 for name, kinds in waiting.items() if name[0] == "c"} == {
        "county_a": True, "county_b": True, "city_voc": True,
    }  # fmt: skip
    assert all(kinds["fill"] > 0 for name, kinds in waiting.items() if name[0] in "es"), waiting


def test_an_enterprise_sees_what_was_returned_why_and_is_told(actor: Callable[[str], Actor]):
    ent_a, ent_b = actor("ent_a"), actor("ent_b")
    table = Record.__table__
    statement = sa.select(table.c.id).where(
        table.c.form_key == "labor_demand_survey",
        table.c.organization_id == ent_a.organization_id,
        table.c.state == "returned",
    )
    [[record_id]] = rows(statement)
    with acting_as(ent_a):
        notes = db.session.scalars(sa.select(ReviewNote).where(ReviewNote.record_id == record_id)).all()
        assert [note.state for note in notes] == ["open"]
        assert builder.definition("labor_demand_survey").has(notes[0].field)
        assert record_id in {item.record_id for item in notify.inbox(ent_a, unread_only=True)}
    with acting_as(ent_b):
        assert db.session.scalars(sa.select(ReviewNote).where(ReviewNote.record_id == record_id)).all() == []


def test_former_notes_are_resolved_and_their_mending_is_a_difference():
    note, revision = ReviewNote.__table__, RecordRevision.__table__
    resolved = rows(sa.select(note.c.record_id, note.c.revision_no, note.c.field).where(note.c.state == "resolved"))
    assert len(resolved) > 20
    for found in resolved:
        key = found.field.partition(".")[0]
        answers = [
            row.answers.get(key)
            for row in rows(
                sa.select(revision.c.answers).where(revision.c.record_id == found.record_id).order_by(revision.c.no)
            )
        ]
        assert answers[found.revision_no - 1] != answers[-1]


def test_positions_of_the_demonstrated_enterprise_are_partly_open(actor: Callable[[str], Actor]):
    ent_a = actor("ent_a")
    table = form_table("labor_demand_survey")
    main, child = table.main, table.children["positions"]
    mine = child.join(main, main.c._id == child.c._record)
    statement = sa.select(child.c._published, sa.func.count()).select_from(mine).group_by(child.c._published)
    open_ = dict(rows(statement.where(main.c._organization == ent_a.organization_id)))
    assert open_[True] > 0
    assert open_[False] > 0


def test_somebody_recommended_twice_is_flagged_and_a_helped_enterprise_shows_its_helper():
    flagged = [(record, answers) for record, answers in heads("pt_teacher_register") if record.flagged]
    numbers = Counter(answers["id_no"] for _, answers in heads("pt_teacher_register"))
    assert flagged
    assert all(numbers[answers["id_no"]] == 2 for _, answers in flagged)
    assert sum(count > 1 for count in numbers.values()) == len(flagged)
    table = Record.__table__
    assert rows(sa.select(table.c.id).where(table.c.on_behalf_by.is_not(None)))


def test_the_present_periods_of_demonstrated_enterprises_are_left_to_whoever_tries(actor: Callable[[str], Actor]):
    day = today()
    quarter = f"{day.year}-{(day.month - 1) // 3 * 3 + 1:02d}"
    mine = {
        (answers["period_type"], answers["period_start"])
        for record, answers in heads("labor_demand_survey")
        if record.organization_id == actor("ent_a").organization_id and record.submitted_at is not None
    }
    half = f"{day.year}-01" if day.month <= 6 else f"{day.year}-07"
    assert not mine & {("1", quarter), ("2", half), ("3", half), ("4", f"{day.year}-01"), ("5", f"{day.year + 1}-01")}


def test_the_city_is_plausible_on_any_day():
    for offset in (40, 98, 190, 279):
        city = build(today() + timedelta(days=offset))
        keys = Counter(
            (item.organization, item.answers["period_type"], item.answers["period_start"])
            for item in city.of_form("labor_demand_survey")
        )
        assert max(keys.values()) == 1
        assert len(city.of_form("labor_demand_survey")) >= 300
        assert all(step.at.date() < today() + timedelta(days=offset) for item in city.records for step in item.steps)
