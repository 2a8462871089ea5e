"""Loading the pack again: nothing happens without news, and what was changed here stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.access.actor import Actor, acting_as, grants_of, system_actor
from app.builder import service as builder
from app.builder.models import Form, FormVersion
from app.builder.publishing.publish import publish
from app.database import db, new_id, unit_of_work
from app.identity import service as identity
from app.identity.models import User
from seeds import load
from seeds.load import create_admin, load_accounts, load_reference

EDITED, UNTOUCHED = "school_profile", "training_base_register"


@pytest.fixture(autouse=True)
def inside(app: Flask, request: pytest.FixtureRequest) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.rollback()


def versions() -> dict[str, int]:
    db.session.rollback()
    return {row.key: row.current_no for row in db.session.execute(sa.select(Form.key, Form.current_no))}


def with_title(raw: dict[str, Any], title: str) -> dict[str, Any]:
    changed = deepcopy(raw)
    changed["title"]["zh"] = title
    return changed


def title(key: str) -> str:
    return builder.definition(key).title.zh


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some file of the pack have changed at every loading."""
    monkeypatch.setattr(load, "fingerprint", new_id)


@pytest.fixture
def pack(
    monkeypatch: pytest.MonkeyPatch, touched: None
) -> Callable[[str, str, Callable[[dict[str, Any]], dict[str, Any]]], None]:
    """Return a function that changes a file of the pack for this test."""

    def change(folder: str, key: str, by: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        known = load.raw_files

        def changed(name: str) -> dict[str, dict[str, Any]]:
            found = known(name)
            return {**found, key: by(found[key])} if name == folder else found

        monkeypatch.setattr(load, "raw_files", changed)

    return change


@contextmanager
def writes() -> Iterator[list[str]]:
    """Collect what is written inside the block."""
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER")):
            written.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield written
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_without_news_nothing_is_read_and_nothing_written(monkeypatch):
    def unread(*_arguments: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(load, "raw_files", unread)
    before = versions()
    assert set(before.values()) == {1}
    with writes() as written:
        assert load_reference() == []
        load_accounts()
    assert written == []
    assert versions() == before


def test_a_file_that_says_the_same_in_other_words_publishes_nothing(touched):
    before = versions()
    with writes() as written:
        assert load_reference() == []
    assert [statement.split()[1] for statement in written] == ["pack_item"]
    assert versions() == before


def test_a_new_content_of_the_pack_is_published(pack):
    before = versions()
    pack("forms", UNTOUCHED, lambda raw: with_title(raw, "实训基地新表"))
    assert load_reference() == []
    assert versions() == {**before, UNTOUCHED: before[UNTOUCHED] + 1}
    assert title(UNTOUCHED) == "实训基地新表"
    assert load_reference() == []
    assert versions()[UNTOUCHED] == before[UNTOUCHED] + 1


def test_a_form_that_was_published_here_is_left_alone(actor: Callable[[str], Actor], pack):
    admin = actor("city_admin")
    with acting_as(admin), unit_of_work():
        draft = builder.draft(admin, EDITED)
        raw = with_title(draft.definition, "市局改过的院校表")
        draft = builder.save_draft(admin, EDITED, draft.lock_version, raw)
        publish(admin, EDITED, lock_version=draft.lock_version)
    mine = versions()[EDITED]
    assert mine == 2
    assert load_reference() == []
    assert (versions()[EDITED], title(EDITED)) == (mine, "市局改过的院校表")
    pack("forms", EDITED, lambda raw: with_title(raw, "方案包的院校表"))
    assert load_reference() == [f"form: {EDITED}"]
    assert (versions()[EDITED], title(EDITED)) == (mine, "市局改过的院校表")


def test_a_draft_that_somebody_works_on_is_left_alone(actor: Callable[[str], Actor], pack):
    admin, key = actor("city_admin"), "pt_teacher_register"
    with acting_as(admin), unit_of_work():
        draft = builder.draft(admin, key)
        raw = with_title(draft.definition, "改到一半")
        builder.save_draft(admin, key, draft.lock_version, raw)
    pack("forms", key, lambda raw: with_title(raw, "方案包的教师表"))
    assert load_reference() == [f"form: {key}"]
    with acting_as(admin):
        assert builder.draft(admin, key).definition["title"]["zh"] == "改到一半"
    assert versions()[key] == 1


def test_code_lists_and_workflows_that_were_edited_here_are_left_alone(pack):
    actor = system_actor("publish")
    lists, flows = load.raw_files("code_lists"), load.raw_files("workflows")
    with acting_as(actor), unit_of_work():
        builder.save_code_list(actor, "urgency", with_title(lists["urgency"], "缓急"))
        builder.save_workflow(actor, "wf_org_verify", with_title(flows["wf_org_verify"], "核实"))
    assert load_reference() == []
    for folder, key in (("code_lists", "urgency"), ("workflows", "wf_org_verify")):
        pack(folder, key, lambda raw: with_title(raw, "方案包的新标题"))
    pack("code_lists", "welfare", lambda raw: with_title(raw, "待遇"))
    assert load_reference() == ["code_list: urgency", "workflow: wf_org_verify"]
    assert builder.code_lists()["urgency"].title.zh == "缓急"
    assert builder.workflow("wf_org_verify").title.zh == "核实"
    assert builder.code_lists()["welfare"].title.zh == "待遇"


def test_grants_that_were_changed_here_stay_until_the_pack_changes_them(monkeypatch, touched):
    seeds = system_actor("seeds")
    before = grants_of("leader_ro")
    with acting_as(seeds), unit_of_work():
        identity.load_grants(seeds, {"leader_ro": {"report": "V@city"}})
    changed = grants_of("leader_ro")
    assert changed != before
    load_reference()
    assert grants_of("leader_ro") == changed
    read = load.read

    def other(path: Any, keys: set[str]) -> dict[str, Any]:
        found = deepcopy(read(path, keys))
        if "grants" in found:
            found["grants"]["leader_ro"] = {"report": "VE@city"}
        return found

    monkeypatch.setattr(load, "read", other)
    load_reference()
    assert [(rule.resource, rule.actions) for rule in grants_of("leader_ro")] == [("report", frozenset("VE"))]


def test_demo_accounts_and_organizations_that_were_renamed_do_not_come_back():
    with unit_of_work():
        user = identity.find_user("ent_b")
        owner = identity.find_organization("91230206MA9000002F")
        assert user is not None
        assert owner is not None
        user.username, owner.code = "renamed", "91230206MA90000999"
    load_accounts()
    assert identity.find_user("ent_b") is None
    assert identity.find_organization("91230206MA9000002F") is None


def test_an_administrator_is_created_at_the_city_bureau():
    before = db.session.scalar(sa.select(sa.func.count()).select_from(User)) or 0
    create_admin("chief", "管理员", "Long-Enough-1-Password", "city_admin")
    user = identity.find_user("chief")
    assert user is not None
    assert [row["role"] for row in identity.identities(user.id)] == ["city_admin"]
    assert not user.is_demo
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == before + 1


@pytest.mark.parametrize(
    ("username", "password", "role", "said"),
    [
        ("second", "short", "city_admin", "密码至少"),
        ("ent_a", "Long-Enough-1-Password", "city_admin", "用户名已被使用"),
        ("second", "Long-Enough-1-Password", "no_such_role", "flask init"),
    ],
)
def test_an_administrator_who_cannot_be_created_is_refused_with_the_reason(app, username, password, role, said):
    before = db.session.scalar(sa.select(sa.func.count()).select_from(User))
    arguments = ["create-admin", "--username", username, "--name", "管理员", "--password", password, "--role", role]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == before


def test_every_published_version_says_that_it_came_from_the_pack():
    notes = db.session.scalars(sa.select(FormVersion.note).where(FormVersion.no == 1)).all()
    assert set(notes) == {"方案包"}
