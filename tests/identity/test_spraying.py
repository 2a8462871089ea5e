"""One password tried on many accounts from one address: an end, in the same words for names that exist and others."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import config
from app import attempts, housekeeping
from app.audit.models import AuditEvent
from app.database import db, unit_of_work
from app.identity.models import User
from tests.conftest import PASSWORD, csrf_token

MOST = 6
HERE, ELSEWHERE = "198.51.100.20", "198.51.100.21"
SPRAYED = "Summer-2026-Password"


@pytest.fixture(autouse=True)
def few(app, monkeypatch):
    """Let few names fail, and forget what has failed before; unlock everybody afterwards."""
    monkeypatch.setitem(app.config, "SIGNIN_NAMES", MOST)
    clean(app)
    yield
    clean(app)


def clean(app):
    with app.app_context(), unit_of_work():
        db.session.execute(sa.delete(attempts.FailedAttempt.__table__))
        db.session.execute(sa.update(User.__table__).values(fail_login_count=0, locked_until=None))


def page(app, name, password, address=HERE, language="zh"):
    """Sign in on the page; return the status and what it says."""
    client = app.test_client()
    where = {"environ_base": {"REMOTE_ADDR": address}}
    client.get(f"/lang/{language}", **where)
    token = csrf_token(client.get("/login/", **where).get_data(as_text=True))
    answer = client.post("/login/", data={"username": name, "password": password, "csrf_token": token}, **where)
    said = answer.get_data(as_text=True).partition('role="alert"')[2].partition("</div>")[0]
    return answer.status_code, said


def program(app, name, password, address=HERE, language="zh"):
    """Ask for a token; return the status and what is said."""
    body = {"username": name, "password": password, "provider": "db"}
    answer = app.test_client().post(
        "/api/v1/security/login",
        json=body,
        headers={"Accept-Language": language},
        environ_base={"REMOTE_ADDR": address},
    )
    said = answer.get_json()
    return answer.status_code, said if answer.status_code != 200 else ""


DOORS = [page, program]


def spray(app, door, names):
    return [door(app, name, SPRAYED)[0] for name in names]


@pytest.mark.parametrize("door", DOORS)
def test_after_so_many_names_no_other_is_tried_right_or_wrong_known_or_not(app, door):
    names = [f"nobody-{number}" for number in range(MOST - 2)] + ["school_a", "ent_b"]
    assert spray(app, door, names) == [401] * MOST
    known, unknown, right = (
        door(app, "ent_a", SPRAYED),
        door(app, "no_such_name", SPRAYED),
        door(app, "ent_a", PASSWORD),
    )
    assert known == unknown == right
    assert known[0] == 429
    assert "过 10 分钟再试" in str(known[1])
    english = door(app, "ent_a", SPRAYED, language="en")
    assert (english[0], "Try again in 10 minutes." in str(english[1])) == (429, True)
    # What is refused fills no list, and elsewhere everybody goes on.
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(attempts.FailedAttempt.__table__)) == MOST
    assert door(app, "ent_a", PASSWORD, ELSEWHERE)[0] in {200, 302}


def test_both_doors_count_together(app):
    assert spray(app, page, [f"nobody-{number}" for number in range(MOST // 2)]) == [401] * (MOST // 2)
    assert spray(app, program, [f"someone-{number}" for number in range(MOST // 2)]) == [401] * (MOST // 2)
    assert (page(app, "ent_a", PASSWORD)[0], program(app, "ent_a", PASSWORD)[0]) == (429, 429)


@pytest.mark.parametrize("door", DOORS)
def test_a_whole_office_behind_one_address_goes_on(app, door):
    people = ["city_admin", "city_voc", "county_a", "county_b", "school_a", "school_b", "ent_a", "ent_b", "leader"]
    assert len(people) > MOST
    for name in people:
        # Everybody mistypes once, and nobody is in anybody's way.
        assert door(app, name, "mistyped")[0] == 401
        assert door(app, f" {name.upper()} ", PASSWORD)[0] in {200, 302}
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(attempts.FailedAttempt.__table__)) == 0


def test_who_has_mistyped_before_the_end_tries_on(app):
    assert program(app, "ent_a", "mistyped")[0] == 401
    spray(app, program, [f"nobody-{number}" for number in range(MOST)])
    assert program(app, "ent_b", PASSWORD)[0] == 429
    assert program(app, "ent_a", PASSWORD)[0] == 200
    # Her name is taken back: there is room for one.
    assert program(app, "ent_b", PASSWORD)[0] == 200


def test_a_span_ends(app, monkeypatch):
    spray(app, program, [f"nobody-{number}" for number in range(MOST)])
    assert program(app, "ent_a", PASSWORD)[0] == 429
    now = attempts.time.time()
    monkeypatch.setattr(attempts.time, "time", lambda: now + app.config["SIGNIN_SPAN"].total_seconds())
    assert program(app, "ent_a", PASSWORD)[0] == 200
    with app.app_context():
        assert housekeeping.TASKS["attempts"]() == MOST
        assert housekeeping.TASKS["attempts"]() == 0


def test_nothing_is_kept_that_names_anybody(app):
    program(app, "ent_a", SPRAYED)
    with app.app_context():
        (row,) = db.session.execute(sa.select(attempts.FailedAttempt.__table__)).all()
    assert not any(word in str(row) for word in ("ent_a", HERE, SPRAYED))


def test_the_trail_tells_of_it(app):
    spray(app, program, [f"nobody-{number}" for number in range(MOST + 1)])
    with app.app_context():
        last = db.session.scalar(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1))
        assert (last.event, last.result, last.address, last.detail) == ("login", "failed", HERE, {"too_many": True})


def test_no_limit_where_none_is_set(app, monkeypatch):
    monkeypatch.setitem(app.config, "SIGNIN_NAMES", 0)
    assert spray(app, program, [f"nobody-{number}" for number in range(MOST + 2)]) == [401] * (MOST + 2)
    assert program(app, "ent_a", PASSWORD)[0] == 200


def test_the_settings(tmp_path):
    plain = config.load({"DATA_DIR": str(tmp_path)})
    assert (plain["SIGNIN_NAMES"], plain["SIGNIN_SPAN"].total_seconds()) == (30, 600)
    said = config.load({"DATA_DIR": str(tmp_path), "XQT_SIGNIN_NAMES": "0", "XQT_SIGNIN_MINUTES": "5"})
    assert (said["SIGNIN_NAMES"], said["SIGNIN_SPAN"].total_seconds()) == (0, 300)
    for name, text in (("XQT_SIGNIN_NAMES", "few"), ("XQT_SIGNIN_NAMES", "-1"), ("XQT_SIGNIN_MINUTES", "0")):
        with pytest.raises(ValueError, match=name):
            config.load({"DATA_DIR": str(tmp_path), name: text})
