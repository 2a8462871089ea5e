"""Posts, organizations and grants are kept between requests, and what changes takes effect on the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access.actor import actor_for, grants_of, today
from app.database import db, unit_of_work
from app.identity.models import AccessStamp, GrantRow, Organization, Post
from app.identity.service import find_user

ROOT = Path(__file__).resolve().parents[2]
LIST = "/forms/labor_demand_survey/records"

IN_ANOTHER_PROCESS = """
import sys
import sqlalchemy as sa
from app import create_app
from app.database import db, unit_of_work
from app.identity.models import GrantRow
app = create_app()
with app.app_context(), unit_of_work():
    if sys.argv[1] == "take":
        db.session.execute(sa.update(GrantRow).where(GrantRow.role == "leader_ro").values(role="auditor", mode="m9"))
    else:
        for row in db.session.scalars(sa.select(GrantRow).where(GrantRow.mode == "m9")):
            row.role, row.mode = "leader_ro", row.mode and ""
"""


def elsewhere(app, what):
    """Change the grants of the leader in a process of its own."""
    here = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "DATA_DIR": str(app.config["DATA_DIR"])}
    environ = {**os.environ, **here}
    with app.app_context():
        db.session.remove()
    subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS, what], cwd=ROOT, env=environ, check=True, timeout=300)


def test_another_process_takes_a_grant_and_gives_it_back(app, api, sign_in):
    leader, page = api("leader"), sign_in("leader")
    assert leader.get(LIST).status_code == 200
    assert page.get("/records/labor_demand_survey/list").status_code == 200
    elsewhere(app, "take")
    assert leader.get(LIST).status_code == 403
    assert page.get("/records/labor_demand_survey/list").status_code == 403
    elsewhere(app, "give")
    assert leader.get(LIST).status_code == 200
    assert page.get("/records/labor_demand_survey/list").status_code == 200


def test_what_holds_is_not_asked_for_again(app, api):
    asked = []
    leader = api("leader")
    leader.get(LIST)
    with app.app_context():
        engine = db.engine

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert leader.get(LIST).status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) < 5
    assert not any(f"FROM {table}" in statement for statement in asked for table in ("access_grant", "post"))


def _end_posts(user):
    db.session.execute(sa.update(Post).where(Post.user_id == user.id).values(valid_to=today() - timedelta(days=1)))


def _end_by_hand(user):
    db.session.execute(sa.text("UPDATE post SET active = false WHERE user_id = :user"), {"user": user.id})


def _end_loaded(user):
    for post in db.session.scalars(sa.select(Post).where(Post.user_id == user.id)):
        post.active = False


def _close_organization(user):
    post = db.session.scalars(sa.select(Post).where(Post.user_id == user.id)).one()
    db.session.get_one(Organization, post.organization_id).active = False


@pytest.mark.parametrize("end", [_end_posts, _end_by_hand, _end_loaded, _close_organization])
def test_a_post_that_ends_grants_nothing_at_once(context, end):
    user = find_user("ent_b")
    assert actor_for(user.id).grants
    stamp = db.session.scalar(sa.select(AccessStamp.value)) or 0
    # Inside what changes it as well, before anybody else sees it.
    end(user)
    assert not actor_for(user.id).grants
    db.session.rollback()
    assert actor_for(user.id).grants
    assert (db.session.scalar(sa.select(AccessStamp.value)) or 0) == stamp
    with unit_of_work():
        end(user)
    assert not actor_for(user.id).grants
    with unit_of_work():
        db.session.execute(sa.update(Post).where(Post.user_id == user.id).values(active=True, valid_to=None))
        db.session.execute(sa.update(Organization).values(active=True))
    assert actor_for(user.id).grants


def test_a_new_organization_below_belongs_to_ones_own_at_once(context):
    user, above = find_user("school_a"), actor_organization("school_a")
    before = actor_for(user.id).organizations
    with unit_of_work():
        db.session.add(
            Organization(code="T-BELOW", name="分校", kind="college", region=above.region, parent_id=above.id)
        )
    assert len(actor_for(user.id).organizations) == len(before) + 1


def actor_organization(username):
    """Return the organization of an account's first post."""
    return db.session.get_one(Organization, actor_for(find_user(username).id).organization_id)


def test_a_grant_that_comes_inside_the_unit_of_work_counts_there(context):
    assert not any(rule.resource == "probe" for rule in grants_of("auditor"))
    db.session.add(GrantRow(role="auditor", resource="probe", actions="V", scope="city"))
    assert any(rule.resource == "probe" for rule in grants_of("auditor"))
    db.session.rollback()
    assert not any(rule.resource == "probe" for rule in grants_of("auditor"))
