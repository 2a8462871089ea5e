"""Any history of a form and its records: whatever was ever answered is still read, under the label of then.

A seeded generator edits, publishes, fills, changes, upgrades, retires, converts, takes back and exports at random. Beside
it stands a plain model: for every record the list of what was saved under which labels.
"""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.builder.catalogue import definition
from app.database import db, unit_of_work
from app.errors import DomainError
from app.jobs import running
from app.jobs.models import Job
from app.records import service
from app.records.models import Conversion
from app.records.projection.rebuild import rebuild
from app.records.projection.tables import form_table
from app.records.versions import converting, quarantine, upgrade_jobs, upgrading
from tests.records.test_versions import form
from tests.records.zoo import of, publish_form, who

STEPS = 200
TYPES = ("text", "integer", "decimal", "date", "bool", "select", "multiselect")
OPTIONS = [{"code": code, "zh": zh, "en": code} for code, zh in (("1", "一"), ("2", "二"), ("3", "三"), ("y", "是"))]
VALUES: dict[str, tuple[Any, ...]] = {
    "text": ("一", "2", "3.50", "2026-03-01", "是", "1 一", "说不清"),
    "integer": (0, 1, 2, 77),
    "decimal": ("1.00", "2.50", "77.00"),
    "date": ("2026-03-01", "2026-12-31"),
    "bool": (True, False),
    "select": ("1", "2", "y"),
    "multiselect": (["1"], ["1", "3"], ["2", "y"]),
}


def item(key: str, type_: str, no: int) -> dict[str, Any]:
    """Return a field whose label tells when it was made."""
    more = {"options": deepcopy(OPTIONS)} if type_ in {"select", "multiselect"} else {}
    return of(key, type_, label={"zh": f"{key}第{no}名", "en": f"{key} {no}"}, **more)


@dataclass
class World:
    """What happens, and what ought to be known of it."""

    key: str
    dice: random.Random
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Keys that are out of use, with the definition of then: they come back as what they were.
    gone: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: list[dict[str, Any]] = field(default_factory=list)
    #: Record → every saved state: version and answers.
    saved: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    made: int = 0
    dirty: bool = True

    def raw(self) -> dict[str, Any]:
        rows = of("rows", "subtable", fields=list(deepcopy(self.columns).values()))
        found = form(self.key, *deepcopy(self.fields).values(), *([rows] if self.columns else []))
        found["list"]["search"] = []
        return found

    def edit(self) -> None:
        """Change the draft: add, retire, bring back, rename, retype, retire an option."""
        dice, self.dirty = self.dice, True
        space = self.fields if dice.random() < 0.75 else self.columns
        prefix = "" if space is self.fields else "rows."
        match dice.randrange(6):
            case 0:
                self.made += 1
                space[f"f{self.made}"] = item(f"f{self.made}", dice.choice(TYPES), len(self.versions))
            case 1 if len(space) > 2:
                key = dice.choice(sorted(space))
                self.gone[prefix + key] = space.pop(key)
            case 2:
                back = [path for path in sorted(self.gone) if path.startswith("rows.") == bool(prefix)]
                if back:
                    path = dice.choice(back)
                    space[path.removeprefix("rows.")] = self.gone.pop(path)
            case 3 if space:
                found = space[dice.choice(sorted(space))]
                found["label"] = {"zh": f"{found['key']}改名{len(self.versions)}", "en": f"{found['key']} renamed"}
            case 4 if space:
                key = dice.choice(sorted(space))
                space[key] = {**item(key, dice.choice(TYPES), len(self.versions)), "label": space[key]["label"]}
            case _:
                coded = [found for found in space.values() if "options" in found]
                if coded:
                    option = dice.choice(dice.choice(coded)["options"])
                    option["retired"] = not option.get("retired", False)

    def publish(self) -> None:
        """Publish the draft; what cannot be published is taken back."""
        if not self.dirty:
            return
        raw = self.raw()
        before = self._definition()
        changed = [path for path, type_ in self._types(raw).items() if before.get(path, type_) != type_]
        choices = {path: self.dice.choice(("convert", "convert", "retire")) for path in changed}
        try:
            publish_form(raw, choices=choices)
        except DomainError:
            db.session.rollback()
            self._take_back()
            return
        self.versions.append(raw)
        self.dirty = False
        self.work()

    @staticmethod
    def _types(raw: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in raw["sections"][0]["fields"]:
            found[one["key"]] = one["type"]
            found |= {f"{one['key']}.{column['key']}": column["type"] for column in one.get("fields", ())}
        return found

    def _definition(self) -> dict[str, str]:
        return self._types(self.versions[-1]) if self.versions else {}

    def _take_back(self) -> None:
        fields = {one["key"]: one for one in deepcopy(self.versions[-1])["sections"][0]["fields"]}
        rows = fields.pop("rows", None)
        self.fields = fields
        self.columns = {one["key"]: one for one in rows["fields"]} if rows else {}
        present = {*self.fields, *(f"rows.{key}" for key in self.columns)}
        self.gone = {path: found for path, found in self.gone.items() if path not in present}

    def answers(self, no: int) -> dict[str, Any]:
        """Return random answers to version *no*."""
        found: dict[str, Any] = {}
        for one in self.versions[no - 1]["sections"][0]["fields"]:
            if one["type"] == "subtable":
                found["rows"] = [
                    {column["key"]: self.value(column) for column in one["fields"] if self.dice.random() < 0.8}
                    for _ in range(self.dice.randrange(3))
                ]
            elif self.dice.random() < 0.8:
                found[one["key"]] = self.value(one)
        return found

    def value(self, one: dict[str, Any]) -> Any:
        return deepcopy(self.dice.choice(VALUES[one["type"]]))

    def note(self, view: Any) -> None:
        """Remember a state of a record as its filler saw it."""
        self.saved.setdefault(view.id, []).append((view.form_version, deepcopy(view.answers)))

    def fill(self, actor: Any) -> None:
        no = len(self.versions)
        submit = self.dice.random() < 0.5
        with unit_of_work():
            saved = service.create(actor, self.key, self.answers(no), submit=submit)
        self.note(service.read(actor, self.key, saved.id))

    def change(self, actor: Any) -> None:
        view = self.one(actor)
        if view is None:
            return
        with unit_of_work():
            service.update(
                actor, self.key, view.id, view.lock_version, self.answers(view.form_version), drawn=view.form_version
            )
        self.note(service.read(actor, self.key, view.id))

    def one(self, actor: Any) -> Any:
        known = sorted(self.saved)
        return service.read(actor, self.key, self.dice.choice(known)) if known else None

    def upgrade(self, actor: Any) -> None:
        view = self.one(actor)
        if view is None or view.form_version == len(self.versions):
            return
        shown = upgrading.preview(actor, self.key, view.id)
        with unit_of_work():
            upgrading.upgrade(actor, self.key, view.id, view.lock_version)
        after = service.read(actor, self.key, view.id)
        for step in shown.steps:
            if step.row is None and step.new is not None:
                assert after.answers[step.path] == step.new
        assert unplaced(self.key, actor, view, after) == []
        self.note(after)

    def work(self) -> None:
        """Let the jobs run; what they take out of a record they put somewhere."""
        actor = who("ent_a")
        with acting_as(actor):
            before = {one: service.read(actor, self.key, one) for one in self.saved}
        running.run_all()
        with acting_as(actor):
            for one, view in before.items():
                after = service.read(actor, self.key, one)
                assert unplaced(self.key, actor, view, after) == []

    def upgrade_all(self, actor: Any) -> None:
        upgrade_jobs.survey(actor, self.key)
        with unit_of_work():
            upgrade_jobs.start(actor, self.key)
        self.work()

    def take_back(self) -> None:
        found = db.session.scalars(
            sa.select(Conversion).where(Conversion.form_key == self.key, Conversion.state == "done")
        ).all()
        if found:
            with acting_as(system_actor("publish")) as system, unit_of_work():
                converting.undo(system, self.key, self.dice.choice(found).id)
            self.work()

    def step(self, actor: Any) -> None:
        """Let something happen."""
        match self.dice.choices(range(7), (30, 14, 22, 18, 8, 3, 3))[0]:
            case 0:
                self.edit()
            case 1:
                self.publish()
            case 2:
                self.fill(actor)
            case 3:
                self.change(actor)
            case 4:
                self.upgrade(actor)
            case 5:
                self.upgrade_all(actor)
            case _:
                self.take_back()


def labels(raw: dict[str, Any]) -> dict[str, str]:
    """Return the labels of a version by path."""
    found: dict[str, str] = {}
    for one in raw["sections"][0]["fields"]:
        found[one["key"]] = one["label"]["zh"]
        found |= {f"{one['key']}.{column['key']}": column["label"]["zh"] for column in one.get("fields", ())}
    return found


@pytest.mark.parametrize("seed", [2026])
def test_whatever_was_answered_is_still_read_under_its_label(app, sign_in, seed):
    key = f"history{seed}_past"
    world = World(key, random.Random(seed))
    with app.app_context():
        world.fields = {f"f{no}": item(f"f{no}", type_, 0) for no, type_ in enumerate(TYPES[:4])}
        world.columns = {"c1": item("c1", "text", 0), "c2": item("c2", "integer", 0)}
        world.made = 9
        world.publish()
        actor = who("ent_a")
        with acting_as(actor):
            for _ in range(STEPS):
                try:
                    world.step(actor)
                except DomainError:
                    # A duplicate, nothing to upgrade, under way: part of life.
                    db.session.rollback()
            check(world, actor)
        failed = db.session.scalars(sa.select(Job.failure).where(Job.state == "failed")).all()
        assert [text for text in failed if "错误编号" in text["zh"]] == []
        with acting_as(system_actor("rebuild")), unit_of_work():
            assert rebuild(key).different == ()
        db.session.remove()
    web = sign_in("ent_a")
    pages = [
        f"/records/{key}/list",
        *(
            f"/records/{key}/{page}/{one}"
            for one in sorted(world.saved)[:5]
            for page in ("show", "history", "edit", "print")
        ),
    ]
    assert {address: web.get(address).status_code for address in pages} == dict.fromkeys(pages, 200)
    assert len(world.versions) > 5
    assert len(world.saved) > 15


def check(world: World, actor: Any) -> None:
    """Everything that was saved is a revision, under its version; the head is what was saved last, or came of it."""
    present = form_table(world.key)
    assert present.version_no == len(world.versions)
    for record_id, states in world.saved.items():
        revisions = service.revisions(actor, world.key, record_id)
        told = [(revision.form_version, revision.answers) for revision in revisions]
        for version, answers in states:
            assert (version, answers) in told, (record_id, version, answers)
            named = labels(world.versions[version - 1])
            assert set(answers) <= set(named)
            assert named == labels(dict(definition(world.key, version).source))


def unplaced(key: str, actor: Any, before: Any, after: Any) -> list[str]:
    """Return the fields answered before that are after neither in the record, nor in its drawer, nor set aside."""
    drawer = {found.path for found in upgrading.unasked(actor, key, after)}
    aside = {(found.path, found.row_id) for found in quarantine.of_views(actor, key, [after]).get(after.id, [])}
    rows = {row["_row"]: row for row in after.answers.get("rows", [])}
    lost = [
        path
        for path, value in before.answers.items()
        if value not in (None, "", [])
        and path not in after.answers
        and path not in drawer
        and (path, None) not in aside
    ]
    for row in before.answers.get("rows", []) if "rows" not in drawer else []:
        for column in row.keys() - {"_row"} - rows.get(row["_row"], {}).keys():
            path = f"rows.{column}"
            if path not in drawer and (path, row["_row"]) not in aside:
                lost.append(path)
    return lost
