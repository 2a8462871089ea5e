"""Masked means write-only: who may not see a value can replace it, and learns nothing of it by any door."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.database import db
from tests.records.doors import TEACHER, act, change, codes, create, ids, listing, ok, path, places, read, where
from tests.samples import id_number, teacher

#: Personal fields of a teacher that hold something.
PERSONAL = ("full_name", "id_no", "birth_date", "mobile", "home_region", "access_check_date")


def secrets_of(answers):
    """Return what must appear in no answer to somebody who sees masks."""
    return [answers["full_name"], answers["id_no"], answers["birth_date"], answers["mobile"], "2026-09-01"]


@pytest.fixture
def answers(request):
    return teacher(sum(map(ord, request.node.name)) % 997)


@pytest.fixture
def saved(api, answers):
    return create(api("school_a"), TEACHER, answers)


def plain(api, record):
    """Return the answers as a logged look shows them."""
    body = {"fields": list(PERSONAL), "reason": "核对"}
    return ok(api("school_a").post(path(TEACHER, record, "/reveal"), json=body))["answers"]


def test_the_clerk_sees_masks(api, answers, saved):
    view = read(api("school_a_clerk"), TEACHER, saved)
    assert set(PERSONAL) <= set(view["masked"])
    assert view["answers"]["id_no"] == answers["id_no"][:6] + "*" * 8 + answers["id_no"][-4:]
    assert view["answers"]["full_name"] == "测" + "*" * 4
    assert view["answers"]["home_region"] == "***"
    assert view["answers"]["dept_post"] == answers["dept_post"]
    text = json.dumps(view, ensure_ascii=False)
    assert not [secret for secret in secrets_of(answers) if secret in text]
    # Its owner's administrator sees masks, too, until he looks; then everything.
    assert read(api("school_a"), TEACHER, saved)["answers"]["id_no"] == view["answers"]["id_no"]
    assert plain(api, saved)["id_no"] == answers["id_no"]


def test_sending_masks_back_changes_nothing(api, answers, saved):
    clerk = api("school_a_clerk")
    view = read(clerk, TEACHER, saved)
    assert change(clerk, TEACHER, saved, view["answers"])["lock_version"] == 1
    assert change(clerk, TEACHER, saved, {**view["answers"], "dept_post": "工段长"})["lock_version"] == 2
    assert {key: plain(api, saved)[key] for key in PERSONAL} == {key: answers[key] for key in PERSONAL}
    assert read(clerk, TEACHER, saved)["answers"]["dept_post"] == "工段长"


def test_a_new_value_replaces_and_null_clears(api, answers, saved):
    clerk = api("school_a_clerk")
    new = id_number(977, birth="19900101")
    change(clerk, TEACHER, saved, {"id_no": new, "mobile": None})
    now = plain(api, saved)
    assert (now["id_no"], now["mobile"], now["full_name"]) == (new, None, answers["full_name"])
    view = read(clerk, TEACHER, saved)
    assert view["answers"]["id_no"] == new[:6] + "*" * 8 + new[-4:]
    assert not view["answers"].get("mobile")


def test_problems_do_not_repeat_what_is_masked(api, answers, saved):
    clerk = api("school_a_clerk")
    other = id_number(1, birth="19660606")
    change(clerk, TEACHER, saved, {"id_no": other, "gender": "2"})
    response = api("school_a").post(path(TEACHER, saved, "/actions/submit_by_org"), json={"lock_version": 2})
    problem = ok(response, 422)
    assert {("birth_date", None), ("gender", None)} <= places(problem)
    text = response.get_data(as_text=True)
    assert not [secret for secret in (*secrets_of(answers), other) if secret in text]


def test_a_conflict_shows_masks_and_answers_no_guess(api, answers, saved):
    admin, clerk = api("school_a"), api("school_a_clerk")
    new = id_number(55, birth="19910101")
    change(admin, TEACHER, saved, {"id_no": new, "dept_post": "组长"})
    mask = new[:6] + "*" * 8 + new[-4:]
    seen = []
    for guess in (new, answers["id_no"], id_number(56)):
        for lock in (1, 0, 99):
            response = clerk.put(
                path(TEACHER, saved), json={"lock_version": lock, "answers": {"id_no": guess, "dept_post": "班长"}}
            )
            problem = ok(response, 409)
            found = {item["field"]: item for item in problem["conflicts"]}
            assert found["id_no"]["theirs"] == mask
            assert found["dept_post"] == {"field": "dept_post", "mine": "班长", "theirs": "组长"}
            seen.append((lock, sorted(found)))
    # Right or wrong, a guess is answered alike.
    assert len(set(map(str, seen))) == 3
    # What the clerk only sends back is no conflict.
    untouched = ok(clerk.put(path(TEACHER, saved), json={"lock_version": 1, "answers": {"id_no": mask}}), 409)
    assert untouched["conflicts"] == []
    before = answers["id_no"][:6] + "*" * 8 + answers["id_no"][-4:]
    assert (
        ok(clerk.put(path(TEACHER, saved), json={"lock_version": 1, "answers": {"id_no": before}}), 409)["conflicts"]
        == []
    )


def test_history_shows_masks(api, answers, saved):
    clerk = api("school_a_clerk")
    new = id_number(78, birth="19880808")
    change(clerk, TEACHER, saved, {"id_no": new, "dept_post": "班长"})
    response = clerk.get(path(TEACHER, saved, "/revisions"))
    last = {item["field"]: item for item in ok(response)[-1]["changes"]}
    assert last["dept_post"]["new"] == "班长"
    assert last["id_no"]["new"] == new[:6] + "*" * 8 + new[-4:]
    assert not [secret for secret in (*secrets_of(answers), new) if secret in response.get_data(as_text=True)]


@pytest.mark.parametrize("account", ["school_a_clerk", "city_admin", "leader"])
def test_nothing_is_found_or_ordered_by_a_mask(api, answers, saved, account):
    client = api(account)
    for op, value in (
        ("eq", answers["id_no"]),
        ("contains", answers["id_no"][6:14]),
        ("starts", "2"),
        ("ne", "x"),
        ("empty", None),
        ("in", [answers["id_no"]]),
    ):
        assert codes(listing(client, TEACHER, filters=[where("id_no", op, value)], status=400)) == {"unknown_field"}
    for name in PERSONAL:
        assert codes(listing(client, TEACHER, filters=[where(name, "not_empty")], status=400)) == {"unknown_field"}
        assert codes(listing(client, TEACHER, order=name, status=400)) == {"order"}
        assert codes(listing(client, TEACHER, order=f"-{name}", status=400)) == {"order"}
    made_up = listing(client, TEACHER, filters=[where("no_such_field", "eq", 1)], status=400)
    assert codes(made_up) == {"unknown_field"}
    # Searching reads full_name, which is masked, and dept_post, which is not.
    assert saved["id"] not in ids(listing(client, TEACHER, q=answers["full_name"], page_size=200))
    assert saved["id"] not in ids(listing(client, TEACHER, q=answers["full_name"][-1], page_size=200))
    assert saved["id"] not in ids(
        listing(client, TEACHER, q=f"{answers['dept_post']} {answers['full_name']}", page_size=200)
    )
    # The positive twin: what is plain is found and ordered by.
    assert saved["id"] in ids(listing(client, TEACHER, q=answers["dept_post"], page_size=200))
    assert saved["id"] in ids(
        listing(client, TEACHER, filters=[where("dept_post", "eq", answers["dept_post"])], page_size=200)
    )
    assert saved["id"] in ids(listing(client, TEACHER, order="dept_post", page_size=200))


def test_lists_show_masks(api, answers, saved):
    for account in ("school_a_clerk", "school_a", "county_a", "city_voc", "leader"):
        response = api(account).get(path(TEACHER) + "?page_size=200")
        assert saved["id"] in ids(ok(response)), account
        text = response.get_data(as_text=True)
        assert not [secret for secret in secrets_of(answers) if secret in text], account


def test_a_look_is_logged_and_asked_for_with_a_reason(app, api, answers, saved):
    admin = api("school_a")
    for body, status in (
        ({"fields": ["id_no"], "reason": " "}, 422),
        ({"fields": ["id_no"], "reason": "x" * 501}, 422),
        ({"fields": [], "reason": "x"}, 403),
        ({"fields": ["no_such"], "reason": "x"}, 403),
    ):
        assert admin.post(path(TEACHER, saved, "/reveal"), json=body).status_code == status
    assert ok(admin.post(path(TEACHER, saved, "/reveal"), json={"fields": ["id_no"], "reason": "核对聘任"}))[
        "answers"
    ] == {"id_no": answers["id_no"]}
    with app.app_context():
        rows = db.session.scalars(
            sa.select(AuditEvent).where(AuditEvent.event == "reveal", AuditEvent.object_id == saved["id"])
        ).all()
    assert [(row.detail["fields"], row.detail["reason"]) for row in rows] == [(["id_no"], "核对聘任")]
    assert answers["id_no"] not in str([row.detail for row in rows])
    # m1 is masked for good, whatever the reason.
    for account in ("school_a_clerk", "leader", "city_admin"):
        assert (
            api(account).post(path(TEACHER, saved, "/reveal"), json={"fields": ["id_no"], "reason": "x"}).status_code
            == 403
        )
    assert (
        api("county_b").post(path(TEACHER, saved, "/reveal"), json={"fields": ["id_no"], "reason": "x"}).status_code
        == 404
    )


def test_what_is_hidden_is_absent_and_not_written(api, answers, saved):
    # The auditor's m2 hides what is personal and masks what is internal.
    auditor = api("auditor")
    view = read(auditor, TEACHER, saved)
    assert not set(PERSONAL) & set(view["answers"])
    assert view["answers"]["courses"] == answers["courses"]
    assert view["answers"]["certs"][0]["cert_no"] == "***"
    for revision in ok(auditor.get(path(TEACHER, saved, "/revisions"))):
        assert not set(PERSONAL) & {item["field"] for item in revision["changes"]}


def test_a_submission_by_who_sees_masks_keeps_them(api, answers, saved):
    clerk = api("school_a_clerk")
    change(clerk, TEACHER, saved, {**read(clerk, TEACHER, saved)["answers"], "courses": "数控车削"})
    assert plain(api, saved)["id_no"] == answers["id_no"]
    assert act(clerk, TEACHER, saved, "submit_by_org", status=403)
