"""The pack as it stands in the files, and one generated answer to each of its forms."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.access.actor import acting_as, system_actor
from app.database import unit_of_work
from forms.answers.answer import Answers, Context
from forms.answers.problems import Problem
from forms.compiled import CompiledForm, compile_form
from forms.workflow import Workflow, parse_workflow
from seeds.load import _in_order, load_form
from seeds.reading import definitions, raw_files
from tests.valid_answers import Filler

TODAY = date(2026, 11, 26)
OWN = {"id": "1", "label": "本单位"}


@dataclass
class Pack:
    """Forms made ready, workflows, and what a record of each form would hold."""

    forms: dict[str, CompiledForm]
    workflows: dict[str, Workflow]
    answers: dict[str, Answers] = field(default_factory=dict)

    def workflow(self, key: str) -> Workflow:
        """Return the workflow of a form."""
        return self.workflows[self.forms[key].definition.workflow or ""]

    def submits(self, key: str) -> list[tuple[str, str]]:
        """Return every state out of which the form is submitted, with a role that may do it."""
        verbs = [verb for verb in self.workflow(key).verbs if verb.kind == "submit"]
        return list({state: (state, verb.by[0]) for verb in reversed(verbs) for state in verb.from_}.values())

    def context(self, key: str, state: str = "", role: str = "") -> Context:
        """Return what rules know while a record of *key* stands in *state*."""
        initial = self.workflow(key).initial
        state = state or initial
        roles = dict(self.submits(key))
        variables = {
            "state": state,
            "region": "230203",
            "org_id": "1",
            "org_name": OWN["label"],
            "org_code": "91230203MA90000011",
            "organization": OWN,
            "profile": OWN,
            "user_name": "测试员",
            "user_mobile": "13900000001",
        }
        return Context(TODAY, role or roles.get(state), variables, self._read)

    def _read(self, form_key: str, _identifier: str, field_key: str) -> Any:
        return self.answers.get(form_key, {}).get(field_key)

    def fill(self, key: str, *, state: str = "", everything: bool = True, role: str = "") -> Answers:
        """Return generated answers; in a later state they go on from what was handed in first."""
        form, start = self.forms[key], None
        if state and state != self.workflow(key).initial:
            start = form.submitted(self.fill(key, everything=everything), context=self.context(key))
        return Filler(form, self.context(key, state, role), everything=everything, start=start).answers()


@pytest.fixture(scope="session")
def pack() -> Pack:
    """Return the pack; every form is filled after those that it refers to."""
    workflows = {key: parse_workflow(key, raw) for key, raw in raw_files("workflows").items()}
    found = Pack({key: compile_form(form) for key, form in definitions().items()}, workflows)
    for key, _ in _in_order(raw_files("forms")):
        answers = found.fill(key)
        found.answers[key] = found.forms[key].submitted(answers, context=found.context(key))
    return found


@pytest.fixture
def templates(app: Flask) -> Flask:
    """Publish the forms that a site does not begin with, too."""
    with app.app_context(), acting_as(system_actor("seeds")) as who:
        for key, raw in _in_order(raw_files("forms")):
            with unit_of_work():
                load_form(who, key, raw)
    return app


@dataclass
class Judge:
    """Submits changed answers in thought.

    A change is a field with its value, or ``table.column`` for the first row; ``others`` changes what records of
    other forms hold.
    """

    pack: Pack

    def problems(
        self,
        key: str,
        changes: dict[str, Any],
        others: dict[str, dict[str, Any]] | None = None,
        state: str = "",
        role: str = "",
    ) -> list[Problem]:
        """Return every problem of generated answers with *changes*."""
        others = others or {}
        kept = {form: self.pack.answers[form] for form in others}
        self.pack.answers.update({form: {**self.pack.answers[form], **more} for form, more in others.items()})
        try:
            answers = _changed(self.pack.fill(key, state=state, role=role), changes)
            return self.pack.forms[key].validate(answers, context=self.pack.context(key, state, role))
        finally:
            self.pack.answers.update(kept)

    def __call__(self, key: str, changes: dict[str, Any], others: dict[str, dict[str, Any]]) -> set[str]:
        """Return the fields that keep changed answers from being submitted."""
        return {problem.field for problem in self.problems(key, changes, others) if problem.level == "error"}


@pytest.fixture
def broken(pack: Pack) -> Judge:
    """Return the judge of changed answers to the forms of the pack."""
    return Judge(pack)


def _changed(answers: Answers, changes: dict[str, Any]) -> Answers:
    changed = deepcopy(answers)
    for path, value in changes.items():
        table, _, column = path.rpartition(".")
        row = changed[table][0] if table else changed
        row[column] = value
    return changed
