"""Jobs run as who asked for them, with his rights of now, and end once."""

from __future__ import annotations

import errno
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actor import current_actor, system_actor
from app.database import db, unit_of_work, utcnow
from app.errors import Invalid, NotFound
from app.identity.models import Post
from app.jobs import claiming, running, service
from app.jobs.models import Job
from app.jobs.registry import HANDLERS
from app.jobs.worker import work
from forms.labels import Label


@pytest.fixture
def kind(context):
    """Register handlers for the test, and leave no job behind."""
    before = dict(HANDLERS)
    with unit_of_work():
        db.session.execute(sa.delete(Job))
    yield service.handler
    HANDLERS.clear()
    HANDLERS.update(before)


def ask(actor, name="test", **payload):
    with unit_of_work():
        return service.enqueue(actor, name, payload)


def state(actor, job):
    db.session.rollback()
    return service.get(actor, job.id)


def expire_lease(job):
    with unit_of_work():
        db.session.execute(sa.update(Job).where(Job.id == job.id).values(lease_until=utcnow() - timedelta(seconds=1)))


def test_a_job_runs_as_its_asker_and_keeps_its_result(kind, actor):
    seen = []

    @kind("test")
    def run(job):
        seen.append((current_actor().user_id, job.payload["n"]))
        job.progress(1, 2)
        return {"answer": 42}

    asker = actor("school_a")
    job = ask(asker, n=7)
    assert state(asker, job).state == "queued"
    assert running.run_all() == 1
    found = state(asker, job)
    assert seen == [(asker.user_id, 7)]
    assert (found.state, found.result, found.done, found.total, found.error) == ("done", {"answer": 42}, 2, 2, None)
    assert running.run_all() == 0


def test_only_the_asker_finds_a_job(kind, actor):
    asker = actor("school_a")
    job = ask(asker)
    assert service.get(asker, job.id).id == job.id
    assert [item.id for item in service.mine(asker)] == [job.id]
    for other in ("school_b", "city_admin", "county_a"):
        with pytest.raises(NotFound):
            service.get(actor(other), job.id)
        with pytest.raises(NotFound):
            service.cancel(actor(other), job.id)
        assert service.mine(actor(other)) == []


def test_a_job_of_the_system_runs_as_that_part_of_it(kind):
    names = []

    @kind("test")
    def run(job):
        names.append(current_actor().name)

    schedule = system_actor("schedule")
    job = ask(schedule)
    running.run_all()
    assert names == ["system:schedule"]
    assert state(schedule, job).state == "done"
    with pytest.raises(NotFound):
        service.get(system_actor("notify"), job.id)


def test_a_post_that_ended_meanwhile_stops_the_job(kind, actor):
    ran = []
    kind("test")(lambda job: ran.append(job.id))
    asker = actor("school_a")
    job = ask(asker)
    with unit_of_work():
        db.session.execute(sa.update(Post).where(Post.id == asker.post_id).values(active=False))
    running.run_all()
    found = state(asker, job)
    with unit_of_work():
        db.session.execute(sa.update(Post).where(Post.id == asker.post_id).values(active=True))
    assert not ran
    assert found.state == "failed"
    assert "失效" in found.failure["zh"]
    # The twin: with the post again, it runs.
    again = ask(asker)
    running.run_all()
    assert ran == [again.id]


def test_a_failure_tells_an_error_id_and_no_trace(kind, actor):
    given_up = []

    @kind("test", given_up=lambda job, reason: given_up.append((job.id, reason.zh)))
    def run(job):
        raise RuntimeError("secret 230203198503121234 in a message")

    asker = actor("school_a")
    job = ask(asker)
    running.run_all()
    found = state(asker, job)
    assert found.state == "failed"
    assert "错误编号" in found.failure["zh"]
    assert "error number" in found.failure["en"]
    assert "230203" not in str(found.failure)
    assert "RuntimeError" not in str(found.failure)
    assert given_up == [(job.id, found.failure["zh"])]


def test_a_full_disk_is_told_as_such(kind, actor):
    @kind("test")
    def run(job):
        full = OSError(errno.ENOSPC, "No space left on device: /data/230203198503121234")
        raise ValueError("a library wraps it") from full

    asker = actor("school_a")
    job = ask(asker)
    running.run_all()
    found = state(asker, job)
    assert found.state == "failed"
    assert "存储空间已满" in found.failure["zh"]
    assert "Error number" in found.failure["en"]
    assert "230203" not in str(found.failure)


def test_a_reason_that_the_user_understands_is_told(kind, actor):
    @kind("test")
    def run(job):
        raise Invalid(Label("缺一张表", "A sheet is missing"))

    asker = actor("school_a")
    job = ask(asker)
    running.run_all()
    assert state(asker, job).failure == {"zh": "缺一张表", "en": "A sheet is missing"}


def test_work_of_a_failed_job_is_undone(kind, actor):
    @kind("test")
    def run(job):
        with unit_of_work():
            service.enqueue(job.actor, "never", {})
            raise RuntimeError

    asker = actor("school_a")
    ask(asker)
    running.run_all()
    assert [item.kind for item in service.mine(asker)] == ["test"]


def test_an_abandoned_job_is_taken_up_from_its_checkpoint(kind, actor):
    starts = []

    @kind("test")
    def run(job):
        starts.append(dict(job.saved))
        return {"from": job.saved.get("at", 0)}

    asker = actor("school_a")
    job = ask(asker)
    taken, token = claiming.claim_next()
    assert taken.id == job.id
    assert claiming.claim_next() is None, "it is held"
    dead = running.JobContext(job.id, job.kind, {}, asker, token)
    dead.checkpoint({"at": 5}, done=5, total=9)
    assert running.run_next() is False, "the lease still holds"
    expire_lease(job)
    assert running.run_next() is True
    found = state(asker, job)
    assert (found.state, found.result, found.attempts, starts) == ("done", {"from": 5}, 2, [{"at": 5}])
    # Whoever was thought dead comes back: nothing that he writes counts.
    with pytest.raises(running.LeftOff):
        dead.checkpoint({"at": 6})
    assert claiming.finish(job.id, token, {"late": True}) is False
    assert claiming.prolong(job.id, token) is False
    assert state(asker, job).result == {"from": 5}


def test_a_job_that_kills_its_workers_is_given_up(kind, actor):
    ran = []
    kind("test")(lambda job: ran.append(job.id))
    asker = actor("school_a")
    job = ask(asker)
    for _ in range(claiming.MOST_ATTEMPTS):
        assert claiming.claim_next() is not None
        expire_lease(job)
    assert running.run_all() == 0
    found = state(asker, job)
    assert (found.state, ran) == ("failed", [])
    assert "多次" in found.failure["zh"]


def test_heartbeats_prolong_a_lease(kind, actor, app):
    @kind("test")
    def run(job):
        first = state(asker, job).lease_until
        for _ in range(1200):
            if state(asker, job).lease_until > first:
                return {"prolonged": True}
            threading.Event().wait(0.05)
        return {"prolonged": False}

    asker = actor("school_a")
    job = ask(asker)
    app.config["JOB_LEASE_SECONDS"] = 0.6
    try:
        running.run_all()
    finally:
        del app.config["JOB_LEASE_SECONDS"]
    assert state(asker, job).result == {"prolonged": True}


def test_cancel_at_once_or_at_the_next_report(kind, actor):
    given_up = []
    asker = actor("school_a")

    @kind("test", given_up=lambda job, _reason: given_up.append(job.id))
    def run(job):
        with unit_of_work():
            service.cancel(asker, job.id)
        job.progress(1)
        pytest.fail("it went on")

    waiting = ask(asker)
    with unit_of_work():
        assert service.cancel(asker, waiting.id).state == "cancelled"
    assert running.run_all() == 0
    running_one = ask(asker)
    running.run_all()
    assert state(asker, running_one).state == "cancelled"
    assert given_up == [waiting.id, running_one.id]
    with unit_of_work():
        assert service.cancel(asker, running_one.id).state == "cancelled"


def test_a_stopping_worker_puts_its_job_back(kind, actor, app):
    stopping = threading.Event()
    rounds = []

    @kind("test")
    def run(job):
        rounds.append(dict(job.saved))
        if not job.saved:
            job.checkpoint({"half": True})
            stopping.set()
            job.progress(1)
        return {}

    asker = actor("school_a")
    job = ask(asker)
    work(app, stopping=stopping)
    found = state(asker, job)
    assert (found.state, found.attempts) == ("queued", 0)
    work(app, once=True)
    assert rounds == [{}, {"half": True}]
    assert state(asker, job).state == "done"


def test_two_workers_never_take_the_same_job(kind, actor, app):
    ran = []
    lock = threading.Lock()

    @kind("test")
    def run(job):
        with lock:
            ran.append(job.id)

    asker = actor("school_a")
    wanted = sorted(ask(asker, n=number).id for number in range(24))

    def loop():
        with app.app_context():
            running.run_all()
            db.session.remove()

    threads = [threading.Thread(target=loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == wanted


def test_inline_work_ends_with_its_asker_and_a_failure_is_kept_apart(kind, actor):
    @kind("test")
    def run(job):
        service.enqueue(job.actor, "part", {})
        job.progress(3)
        if job.payload.get("fail"):
            raise Invalid(Label("不行", "No"))
        return {"ok": True}

    asker = actor("school_a")
    with unit_of_work():
        good = running.run_inline(asker, service.enqueue(asker, "test", {}, total=3))
        bad = running.run_inline(asker, service.enqueue(asker, "test", {"fail": True}))
    assert (state(asker, good).state, good.result, good.done) == ("done", {"ok": True}, 3)
    assert (state(asker, bad).state, bad.failure["zh"]) == ("failed", "不行")
    assert sorted(item.kind for item in service.mine(asker)) == ["part", "test", "test"]


def test_one_job_is_seen_through_before_older_ones(kind, actor):
    done = []
    kind("test")(lambda job: done.append(job.payload["n"]))
    asker = actor("school_a")
    older, mine = ask(asker, n=1), ask(asker, n=2)
    assert running.see_through(asker, mine.id).state == "done"
    assert (done, state(asker, older).state) == ([2], "queued")
    with pytest.raises(NotFound):
        running.see_through(actor("school_b"), mine.id)


def test_a_job_that_a_worker_was_faster_to_take_is_waited_for(kind, actor, monkeypatch):
    kind("test")(lambda job: None)
    asker = actor("school_a")
    job = ask(asker)
    taken, token = claiming.claim_next()
    waits = []

    def work_meanwhile(seconds):
        waits.append(seconds)
        claiming.finish(taken.id, token, {"by": "worker"})

    monkeypatch.setattr("app.jobs.running.sleep", work_meanwhile)
    assert running.see_through(asker, job.id).result == {"by": "worker"}
    assert len(waits) == 1
