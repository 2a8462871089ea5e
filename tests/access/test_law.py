"""Every cell of the table of modes, with the cell beside it that shows more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.access import law
from app.access.actor import system_actor
from app.access.grants import parse_grants, written
from app.access.law import Mode, RowKeys, field_mode, leaving_mode, row_rules, scope_matches
from tests.access.tables import somebody

#: The day on which the cases below are asked: cases are made before midnight, and may be asked after.
DAY = date(2026, 3, 31)

HIDE, MASK, REVEAL, PLAIN = Mode.HIDE, Mode.MASK, Mode.REVEAL, Mode.PLAIN

#: grant → modes of public, internal, personal, secret
CELLS = {
    "V@city[m0]": (PLAIN, PLAIN, REVEAL, MASK),
    "V@own[m0]": (PLAIN, PLAIN, REVEAL, MASK),
    "V@city[m1]": (PLAIN, PLAIN, MASK, HIDE),
    "V@own[m1]": (PLAIN, PLAIN, MASK, HIDE),
    "V@city": (PLAIN, PLAIN, MASK, HIDE),
    "V@region": (PLAIN, PLAIN, MASK, HIDE),
    "V@published": (PLAIN, PLAIN, MASK, HIDE),
    "V@own": (PLAIN, PLAIN, PLAIN, MASK),
    "V@own[m2]": (PLAIN, MASK, HIDE, HIDE),
    "V@city[m2]": (PLAIN, MASK, HIDE, HIDE),
    "V@city[anon]": (HIDE, HIDE, HIDE, HIDE),
}


@pytest.mark.parametrize(("grant", "modes"), CELLS.items())
def test_every_cell(grant, modes):
    (rule,) = parse_grants("probe", grant)
    assert tuple(field_mode(rule, name) for name in ("public", "internal", "personal", "secret")) == modes


def test_a_class_nobody_knows_counts_as_secret():
    (rule,) = parse_grants("probe", "V@own")
    assert field_mode(rule, "unheard_of") is MASK
    assert field_mode(rule, "public") is PLAIN


def test_a_system_actor_sees_all():
    (rule,) = system_actor("rebuild").grants
    assert field_mode(rule, "secret") is PLAIN


def test_an_unknown_system_actor_is_refused():
    assert system_actor("rebuild").name == "system:rebuild"
    with pytest.raises(KeyError):
        system_actor("anything")


@pytest.mark.parametrize("text", ["VC@city[m1]|V@published", "VCUSARED@own", "V@own[anon]", ""])
def test_grants_survive_being_written(text):
    assert written(parse_grants("probe", text)) == text


def test_masked_viewing_is_viewing():
    assert parse_grants("probe", "M@city[m1]") == parse_grants("probe", "V@city[m1]")


@pytest.mark.parametrize("text", ["V", "V@", "V@moon", "V@city[m9]", "Z@city", "V@city||V@own", "v@city"])
def test_a_grant_that_nobody_understands_is_refused(text):
    with pytest.raises(ValueError):
        parse_grants("probe", text)


@pytest.mark.parametrize(
    ("scope", "row", "inside"),
    [
        ("city", RowKeys(9, "999999"), True),
        ("region", RowKeys(9, "230203"), True),
        ("region", RowKeys(1, "230206"), False),
        ("region", RowKeys(1, None), False),
        ("own", RowKeys(1, "999999"), True),
        ("own", RowKeys(2, "999999"), True),
        ("own", RowKeys(3, "230203"), False),
        ("own", RowKeys(None, "230203"), False),
        ("published", RowKeys(9, "x", published=True), True),
        ("published", RowKeys(9, "x", published=True, published_until=DAY), True),
        ("published", RowKeys(9, "x", published=True, published_until=DAY - timedelta(days=1)), False),
        ("published", RowKeys(1, "230203"), False),
        ("related", RowKeys(1, "230203", published=True), False),
        ("assigned", RowKeys(1, "230203", published=True), False),
        ("self", RowKeys(1, "230203", published=True), False),
        ("self", RowKeys(9, "999999", author=1), True),
        ("self", RowKeys(1, "230203", author=2), False),
        ("self", RowKeys(9, "999999", new=True), True),
        ("related", RowKeys(9, "999999", parties=frozenset({2})), True),
        ("related", RowKeys(9, "999999", parties=frozenset({3}), assignees=frozenset({1})), False),
        ("assigned", RowKeys(9, "999999", assignees=frozenset({1})), True),
        ("assigned", RowKeys(9, "999999", parties=frozenset({1})), False),
    ],
)
def test_scopes(scope, row, inside, monkeypatch):
    monkeypatch.setattr(law, "today", lambda: DAY)
    assert scope_matches(somebody("", below=(2,)), scope, row) is inside


def test_nobody_without_a_region_shares_the_empty_one():
    assert not scope_matches(somebody("", region=""), "region", RowKeys(1, ""))
    assert scope_matches(somebody("", region="230203"), "region", RowKeys(1, "230203"))


def test_anonymous_grants_list_no_row():
    actor = somebody("VE@city[anon]|V@own")
    assert [rule.scope for rule in row_rules(actor, "probe", "V")] == ["own"]
    assert row_rules(actor, "probe", "E") == ()
    assert actor.can("probe", "E")


@pytest.mark.parametrize(
    ("mode", "class_", "approved", "left"),
    [
        (PLAIN, "personal", False, MASK),
        (REVEAL, "personal", False, MASK),
        (REVEAL, "personal", True, PLAIN),
        (PLAIN, "personal", True, PLAIN),
        (MASK, "personal", True, MASK),
        (MASK, "secret", False, HIDE),
        (PLAIN, "internal", False, PLAIN),
        (MASK, "internal", False, MASK),
        (HIDE, "public", True, HIDE),
    ],
)
def test_what_leaves_the_house(mode, class_, approved, left):
    assert leaving_mode(mode, class_, approved=approved) is left
