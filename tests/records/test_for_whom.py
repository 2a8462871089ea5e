"""Who fills for others says for whom, also where no field of the form asks that."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.identity.models import Organization
from app.records.models import Record
from tests.conftest import csrf_token
from tests.records.doors import DEMAND, ENTERPRISE, TEACHER, path, read
from tests.samples import teacher

FOR = f"/records/{TEACHER}/for"


@pytest.fixture
def ids(app, actor):
    """Return the id of an account's organization."""

    def get(account):
        with app.app_context():
            return actor(account).organization_id

    return get


def offered(page):
    return [int(one) for one in re.findall(rf'href="/records/{TEACHER}/add\?for=(\d+)"', page)]


def whose(app, record):
    table = Record.__table__
    with app.app_context():
        found = sa.select(table.c.organization_id, table.c.on_behalf_by).where(table.c.id == record)
        return tuple(db.session.execute(tagged(found, "test")).one())


def test_his_own_comes_first_and_nobody_beyond_his_reach(app, sign_in, ids):
    county = sign_in("county_a")
    found = offered(county.get(FOR).get_data(as_text=True))
    assert found[0] == ids("county_a")
    with app.app_context():
        region = db.session.get(Organization, ids("county_a")).region
        places = set(db.session.scalars(sa.select(Organization.region).where(Organization.id.in_(found))))
        name = db.session.get(Organization, ids("school_a")).name
        far = db.session.get(Organization, ids("school_b")).name
    assert places == {region}
    assert ids("school_a") in found
    assert offered(county.get(FOR, query_string={"q": name}).get_data(as_text=True)) == [ids("school_a")]
    page = county.get(FOR, query_string={"q": far}).get_data(as_text=True)
    assert offered(page) == []
    assert "没有符合条件的单位" in page
    assert offered(county.get(FOR, query_string={"q": "%"}).get_data(as_text=True)) == []


def test_a_page_filled_for_a_college_makes_a_record_of_the_college(app, api, actor, sign_in, ids):
    county, college = sign_in("county_a"), ids("school_a")
    address = f"/records/{TEACHER}/add"
    page = county.get(f"{address}?for={college}").get_data(as_text=True)
    assert "（代填）" in page
    data = {
        "csrf_token": csrf_token(page),
        "for": college,
        "_do": "save",
        "f-full_name": "代填教师",
        "f-id_no": teacher(710)["id_no"],
    }
    sent = county.post(address, data=data)
    assert sent.status_code == 302
    record = sent.location.rpartition("/")[2]
    with app.app_context():
        filler = actor("county_a").user_id
    assert whose(app, record) == (college, filler)
    assert read(api("school_a"), TEACHER, {"id": record})["answers"]["full_name"] == "代***"
    assert api("school_b").get(path(TEACHER, record)).status_code == 404
    # What was wrong leaves it his: the page that comes back knows for whom.
    again = county.post(address, data={**data, "_do": "add-row:no_such_table"}).get_data(as_text=True)
    assert f'name="for" value="{college}"' in again


def test_an_autosave_knows_for_whom(app, sign_in, ids):
    county, college = sign_in("county_a"), ids("school_a")
    page = county.get(f"/records/{TEACHER}/add?for={college}").get_data(as_text=True)
    version = re.search(r'name="form_version" value="(\d+)"', page)
    body = {"lock_version": 0, "form_version": int(version[1]), "form": [["f-full_name", "自动保存"]]}
    headers = {"X-CSRFToken": csrf_token(page)}
    made = county.post(f"/records/{TEACHER}/draft/new", json={**body, "for": str(college)}, headers=headers)
    assert made.status_code == 200, made.get_data(as_text=True)
    assert whose(app, made.get_json()["id"])[0] == college
    own = county.post(f"/records/{TEACHER}/draft/new", json={**body, "for": str(ids("county_a"))}, headers=headers)
    assert whose(app, own.get_json()["id"]) == (ids("county_a"), None)


@pytest.mark.parametrize("value", ["0", "99999999", "x", "school_b"])
def test_somebody_elses_is_not_found(sign_in, ids, value):
    county = sign_in("county_a")
    value = ids(value) if value == "school_b" else value
    address = f"/records/{TEACHER}/add"
    assert county.get(f"{address}?for={value}").status_code == 404
    token = csrf_token(county.get(address).get_data(as_text=True))
    headers = {"X-CSRFToken": token}
    assert county.post(address, data={"csrf_token": token, "for": value, "_do": "save"}).status_code == 404
    body = {"lock_version": 0, "form": [["f-full_name", "无"]], "for": value}
    assert county.post(f"/records/{TEACHER}/draft/new", json=body, headers=headers).status_code == 404


def test_who_fills_for_himself_or_is_asked_by_a_field_is_not_asked_before(app, sign_in, ids):
    college = sign_in("school_a")
    assert college.get(FOR).location == f"/records/{TEACHER}/add"
    page = college.get(f"/records/{TEACHER}/add?for={ids('school_b')}").get_data(as_text=True)
    assert 'name="for"' not in page
    sent = college.post(
        f"/records/{TEACHER}/add", data={"csrf_token": csrf_token(page), "for": ids("school_b"), "_do": "save"}
    )
    assert whose(app, sent.location.rpartition("/")[2])[0] == ids("school_a")
    assert sign_in("county_a").get(f"/records/{DEMAND}/for").location == f"/records/{DEMAND}/add"
    assert 'name="for"' not in sign_in("county_a").get(f"/records/{DEMAND}/add").get_data(as_text=True)
    for account in ("leader", "auditor"):
        assert sign_in(account).get(FOR).status_code == 403


def test_a_profile_is_somebodys_before_it_is_filled(sign_in, ids):
    county = sign_in("county_a")
    assert county.get(f"/records/{ENTERPRISE}/add").location == f"/records/{ENTERPRISE}/for"
    page = county.get(f"/records/{ENTERPRISE}/add?for={ids('ent_a')}")
    assert page.status_code == 200
    assert sign_in("ent_a").get(f"/records/{ENTERPRISE}/add").status_code == 200
