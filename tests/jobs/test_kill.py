"""A worker that is killed in the middle of a job: another goes on, and every step happens once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.database import db, unit_of_work, utcnow
from app.jobs import service
from app.jobs.models import Job

ROOT = Path(__file__).resolve().parents[2]
STEPS = 40
#: The worker that is to be killed gets no further than this.
LAST_STEP_OF_THE_FIRST = 20

WORKER = """
import json, pathlib, sys, time
from app import audit, create_app
from app.database import unit_of_work
from app.jobs.service import handler
from app.jobs.worker import work

settings = json.loads(sys.argv[1])
settings["DATA_DIR"] = pathlib.Path(settings["DATA_DIR"])

@handler("steps")
def run(job):
    for step in range(job.saved.get("next", 0), job.payload["steps"]):
        if sys.argv[2:] == [str(step)]:
            time.sleep(600)
        with unit_of_work():
            audit.record(job.actor, "step", object_type="step", object_id=step)
            job.checkpoint({"next": step + 1}, done=step + 1)
        time.sleep(0.02)
    return {"steps": job.payload["steps"]}

app = create_app(settings)
with app.app_context():
    print("ready", flush=True)
    work(app)
"""


@pytest.fixture
def start(app):
    """Return a function that starts a worker process on the database of this test."""
    settings = {
        name: app.config[name]
        for name in ("SECRET_KEY", "JWT_SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_ENGINE_OPTIONS")
    }
    settings["DATA_DIR"] = str(app.config["DATA_DIR"])
    started: list[subprocess.Popen[str]] = []

    def get(*stops_at: int):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER, json.dumps(settings), *map(str, stops_at)],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": settings["DATA_DIR"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        return process

    yield get
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def wait_for(job_id, condition):
    for _ in range(6000):
        with unit_of_work():
            row = db.session.execute(sa.select(Job.state, Job.done, Job.attempts).where(Job.id == job_id)).one()
        if condition(row):
            return row
        time.sleep(0.02)
    pytest.fail(f"waited in vain: {row}")


def test_a_killed_worker_is_replaced_and_the_job_ends_once(context, actor, start):
    asker = actor("school_a")
    with unit_of_work():
        job = service.enqueue(asker, "steps", {"steps": STEPS}, total=STEPS)
    first = start(LAST_STEP_OF_THE_FIRST)
    wait_for(job.id, lambda row: row.done >= 5)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    left = wait_for(job.id, lambda row: row.state == "running")
    assert left.done < STEPS
    # The lease holds however long the next worker takes to start.
    with unit_of_work():
        held = utcnow() + timedelta(hours=1)
        db.session.execute(sa.update(Job).where(Job.id == job.id).values(lease_until=held))
        other = service.enqueue(asker, "steps", {"steps": 1}, total=1)
    second = start()
    wait_for(other.id, lambda row: row.state == "done")
    assert wait_for(job.id, lambda _: True).attempts == 1, "nobody takes it while the lease holds"
    with unit_of_work():
        past = utcnow() - timedelta(seconds=1)
        db.session.execute(sa.update(Job).where(Job.id == job.id).values(lease_until=past))
    assert wait_for(job.id, lambda row: row.state == "done").attempts == 2
    steps = db.session.scalars(sa.select(AuditEvent.object_id).where(AuditEvent.event == "step")).all()
    assert sorted(map(int, steps)) == sorted([*range(STEPS), 0])
    second.terminate()
    assert second.wait(60) == 0, "a signal ends it gracefully"
