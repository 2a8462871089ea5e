"""A form with a field of every kind, and a herd of random records of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from app.access.actor import Actor, acting_as, actor_for, system_actor
from app.builder import service as builder
from app.builder.models import FormDraft
from app.builder.publishing.publish import publish
from app.database import db, unit_of_work
from app.identity.service import find_user
from app.records import service

ZOO = "zoo"
COLOURS = [
    {"code": code, "zh": zh, "en": en}
    for code, zh, en in (("r", "红", "Red"), ("g", "绿", "Green"), ("b", "蓝", "Blue"))
]


def of(key: str, type_: str, class_: str = "public", **more: Any) -> dict[str, Any]:
    """Return a field."""
    return {"key": key, "type": type_, "label": {"zh": key, "en": key}, "class": class_, **more}


def definition(**changes: Any) -> dict[str, Any]:
    """Return the form. Its resource is that of demands: county bureaus see their region and what is published."""
    fields = [
        of("name", "text"),
        of("remark", "textarea", "internal"),
        of("count", "integer"),
        of("weight", "decimal", places=2),
        of("price", "money"),
        of("share", "percent"),
        of("stars", "rating"),
        of("born", "date"),
        of("month", "month"),
        of("year", "year"),
        of("seen", "datetime"),
        of("tame", "bool"),
        of("colour", "select", options=COLOURS),
        of("colours", "multiselect", options=COLOURS),
        of("trade", "tree", codelist="industry_gbt4754"),
        of("home", "region", codelist="region_qqhr"),
        of("keeper", "reference", form="organization"),
        of("twice", "computed", compute="count * 2"),
        of("owner_name", "text", "personal", mask="name_m"),
        of("owner_phone", "phone", "personal", mask="phone_m"),
        of("plan", "text", "secret"),
        of("paper", "file", "internal"),
        of("scan", "file", "personal", multiple=True),
        of(
            "meals",
            "subtable",
            fields=[
                of("food", "text"),
                of("grams", "integer"),
                of("cook", "text", "personal", mask="name_m"),
                of("recipe", "text", "secret"),
                of("label", "file"),
            ],
        ),
    ]
    return {
        "key": ZOO,
        "title": {"zh": "动物园", "en": "Zoo"},
        "resource": "labor_demand",
        "fill_roles": ["ent_admin", "ent_clerk", "county_hr", "city_voc"],
        "serial": "ZO",
        "published_when": {
            "record": "stars = 5",
            "until": {"record": "born"},
            "states": ["submitted"],
            "fields": ["name", "count"],
        },
        "list": {
            "columns": ["name", "count", "colour", "keeper", "_state"],
            "order": "-_updated_at",
            "search": ["name", "remark", "owner_name"],
        },
        "sections": [{"key": "all", "title": {"zh": "全部", "en": "All"}, "fields": fields}],
        **changes,
    }


def publish_form(raw: dict[str, Any], choices: dict[str, str] | None = None) -> int:
    """Publish *raw* as the next version of its form; return its number."""
    with acting_as(system_actor("publish")) as actor, unit_of_work():
        draft = db.session.get(FormDraft, raw["key"])
        found = (
            builder.create_form(actor, raw)
            if draft is None
            else builder.save_draft(actor, raw["key"], draft.lock_version, raw)
        )
        return publish(actor, raw["key"], lock_version=found.lock_version, choices=choices).no


def who(username: str) -> Actor:
    """Return the actor behind an account."""
    user = find_user(username)
    assert user is not None
    return actor_for(user.id)


@dataclass
class Animal:
    """A record and what was written into it."""

    id: str
    account: str
    answers: dict[str, Any]
    state: str
    region: str
    serial: str


@dataclass
class Herd:
    """Everything that there is of the form."""

    animals: list[Animal] = field(default_factory=list)

    def ids(self, account: str | None = None) -> set[str]:
        """Return the ids of all animals, or of those of one account."""
        return {one.id for one in self.animals if account in {None, one.account}}


WORDS = (
    "焊工",
    "车工",
    "电工",
    "高级焊工",
    "数控车工",
    "Alpha",
    "beta",
    "ALPHA",
    "维修电工",
    "北京",
    "安全",
    "重庆",
    "长春",
)
TRADES = ("C", "C34", "C35", "A", "A01", "D", "D44")
HOMES = ("230203", "230206", "230281", "230200")


def random_answers(dice: random.Random) -> dict[str, Any]:
    """Return answers, about a third of them missing, with many ties."""
    answers: dict[str, Any] = {
        "name": dice.choice(WORDS) + dice.choice(("", "", "一", "二")),
        "remark": " ".join(dice.sample(WORDS, 2)),
        "count": dice.choice((-3, 0, 1, 2, 2, 5, 1000000)),
        "weight": f"{dice.choice((-1, 0, 1, 2, 7))}.{dice.choice(('00', '10', '25', '99'))}",
        "price": f"{dice.choice((0, 1, 4500, 12345678))}.50",
        "share": f"{dice.randrange(0, 100)}.00",
        "stars": dice.randrange(1, 6),
        "born": f"202{dice.randrange(5, 9)}-0{dice.randrange(1, 4)}-1{dice.randrange(0, 9)}",
        "month": f"2026-0{dice.randrange(1, 9)}",
        "year": str(dice.randrange(2020, 2025)),
        "seen": f"2026-03-0{dice.randrange(1, 9)}T0{dice.randrange(0, 9)}:30:00",
        "tame": dice.random() < 0.5,
        "colour": dice.choice("rgb"),
        "colours": sorted(dice.sample("rgb", dice.randrange(1, 4)), key="rgb".index),
        "trade": dice.choice(TRADES),
        "home": dice.choice(HOMES),
        "owner_name": dice.choice(("张三", "李四", "王五")),
        "owner_phone": f"1390000000{dice.randrange(0, 9)}",
        "meals": [
            {"food": dice.choice(("草", "肉")), "grams": dice.randrange(1, 9), "cook": "张三"}
            for _ in range(dice.randrange(0, 3))
        ],
    }
    return {key: value for key, value in answers.items() if dice.random() > 0.3}


def fill(app: Flask, number: int, seed: int = 7) -> Herd:
    """Write *number* random records of several organizations, a third of them submitted."""
    dice = random.Random(seed)
    herd = Herd()
    with app.app_context():
        accounts = {name: who(name) for name in ("ent_a", "ent_b", "county_a")}
        keepers = [str(actor.organization_id) for actor in accounts.values()]
        for _ in range(number):
            account = dice.choice(("ent_a", "ent_a", "ent_b", "ent_b", "county_a"))
            answers = random_answers(dice)
            if dice.random() < 0.6:
                answers["keeper"] = dice.choice(keepers)
            submit = dice.random() < 0.4
            with acting_as(accounts[account]) as actor:
                with unit_of_work():
                    saved = service.create(actor, ZOO, answers, submit=submit)
                assert not saved.problems, saved.problems
                stored = service.read(actor, ZOO, saved.id, reveal=())
            if "keeper" in answers:
                answers["keeper"] = stored.answers["keeper"]
            herd.animals.append(Animal(saved.id, account, answers, saved.state, actor.region, saved.serial))
        db.session.remove()
    return herd
