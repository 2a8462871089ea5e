"""Publishing as a job: once, with the rights of now, and with a sentence where it cannot be done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.builder.models import FormVersion
from app.database import db, unit_of_work, utcnow
from app.identity.models import GrantRow, Post
from app.jobs import claiming, running
from app.jobs.models import Job
from tests.access.tenants import done, work
from tests.api.test_contract import problem_of
from tests.records.zoo import definition


@pytest.fixture
def asked(api):
    """Return a function that designs a form and asks for its publication."""

    def get(key, **changes):
        admin = api("city_admin")
        done(admin.post("/forms", json={"definition": definition(key=key, **changes)}), 201)
        return done(admin.post(f"/forms/{key}/publish", json={"lock_version": 1}), 202)["job"]

    return get


def versions(app, key):
    with app.app_context():
        statement = sa.select(sa.func.count()).select_from(FormVersion).where(FormVersion.form_key == key)
        return db.session.scalar(statement)


def state(api, job, language="zh"):
    return done(api("city_admin", language).get(f"/jobs/{job}"), 200)


def test_a_worker_that_dies_after_the_flip_publishes_once(app, api, asked, monkeypatch):
    """The kill comes at the worst moment: the version is there, the job's end is not written."""
    job = asked("dies_late")

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(claiming, "finish", die)
        with pytest.raises(Killed):
            running.run_next()
        db.session.rollback()
        db.session.remove()
    assert versions(app, "dies_late") == 1
    assert state(api, job)["state"] == "running"
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Job).where(Job.id == job).values(lease_until=utcnow() - timedelta(seconds=1)))
    work(app)
    found = state(api, job)
    assert (found["state"], found["result"]["version"]) == ("done", 1)
    assert versions(app, "dies_late") == 1


def test_a_worker_that_dies_before_the_flip_leaves_nothing_half_done(app, api, asked, monkeypatch):
    job = asked("dies_early")

    class Killed(BaseException):
        pass

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch, app.app_context():
        patch.setattr("app.builder.publishing.publish.sync", die)
        with pytest.raises(Killed):
            running.run_next()
        db.session.rollback()
        db.session.remove()
    assert versions(app, "dies_early") == 0
    assert api("city_admin").get("/forms/dies_early").status_code == 404
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Job).where(Job.id == job).values(lease_until=utcnow() - timedelta(seconds=1)))
    work(app)
    assert state(api, job)["state"] == "done"
    assert versions(app, "dies_early") == 1


def told_in_both_languages(api, job):
    zh, en = state(api, job)["error"], state(api, job, "en")["error"]
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert en
    assert not re.search(r"[\u4e00-\u9fff]", en)


def test_the_right_is_asked_again_when_the_job_runs(app, api, asked):
    job = asked("right_lost")
    rule = sa.update(GrantRow).where(GrantRow.role == "city_admin", GrantRow.resource == "form_def")
    with app.app_context(), unit_of_work():
        db.session.execute(rule.values(actions="VCUF"))
    try:
        work(app)
        assert state(api, job)["state"] == "failed"
        told_in_both_languages(api, job)
        problem_of(api("city_admin").post("/forms/right_lost/publish", json={"lock_version": 1}), 403)
        assert versions(app, "right_lost") == 0
    finally:
        with app.app_context(), unit_of_work():
            db.session.execute(rule.values(actions="VCUPF"))
    again = done(api("city_admin").post("/forms/right_lost/publish", json={"lock_version": 1}), 202)["job"]
    work(app)
    assert state(api, again)["state"] == "done"


def test_a_post_that_ended_publishes_nothing(app, api, actor, asked):
    job = asked("post_ended")
    with app.app_context():
        post = actor("city_admin").post_id
    change = sa.update(Post).where(Post.id == post)
    with app.app_context(), unit_of_work():
        db.session.execute(change.values(active=False))
    try:
        work(app)
    finally:
        with app.app_context(), unit_of_work():
            db.session.execute(change.values(active=True))
    assert state(api, job)["state"] == "failed"
    told_in_both_languages(api, job)
    assert versions(app, "post_ended") == 0


def test_two_ask_for_the_same_draft_and_one_is_told(app, api, asked):
    first = asked("asked_twice")
    second = done(api("city_admin").post("/forms/asked_twice/publish", json={"lock_version": 1}), 202)["job"]
    work(app)
    assert state(api, first)["state"] == "done"
    assert state(api, second)["state"] == "failed"
    told_in_both_languages(api, second)
    assert versions(app, "asked_twice") == 1


def test_lowering_a_class_needs_another_person(app, api, asked):
    asked("lowered")
    work(app)
    raw = definition(key="lowered")
    section = raw["sections"][0]
    fields = [{**field, "class": "public"} if field["key"] == "plan" else field for field in section["fields"]]
    open_one = {**raw, "sections": [{**section, "fields": fields}]}
    admin = api("city_admin")
    lock = done(admin.put("/forms/lowered/draft", json={"lock_version": 1, "definition": open_one}), 200)[
        "lock_version"
    ]
    refused = problem_of(admin.post("/forms/lowered/publish", json={"lock_version": lock}), 403)
    assert refused["code"] == "second_person"
    titled = {**raw, "title": {"zh": "别的名字", "en": "Another name"}}
    lock = done(admin.put("/forms/lowered/draft", json={"lock_version": lock, "definition": titled}), 200)[
        "lock_version"
    ]
    done(admin.post("/forms/lowered/publish", json={"lock_version": lock}), 202)
    work(app)
    assert versions(app, "lowered") == 2
