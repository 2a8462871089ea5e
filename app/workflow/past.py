"""Records that come with the steps they have taken: revisions, events, notes, what steps brought about, messages.

As :mod:`app.records.writing.past`, for forms with a workflow. What was handed in must have been fit to be handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.law import RowKeys
from app.access.query import tagged
from app.builder import service as builder
from app.database import db, new_id
from app.errors import Invalid, NotFound
from app.identity import service as identity
from app.records.writing import past as records
from app.records.writing.context import context_for
from app.records.writing.past import Author, PastFile, PastRecord, PastRevision
from app.workflow import announcing, effects
from app.workflow.models import ANSWERED, OPEN, RESOLVED, ReviewNote, WorkflowEvent
from app.workflow.rules import Standing

if TYPE_CHECKING:
    from datetime import datetime

    from app.identity.models import Organization
    from forms.compiled import CompiledForm
    from forms.workflow import Verb, Workflow


@dataclass(frozen=True, slots=True)
class PastNote:
    """A remark that a reviewer left on a field; rows count from 1."""

    field: str
    row: int | None
    text: str


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was taken. ``answers``: what the filler had changed by then."""

    verb: str
    at: datetime
    author: Author
    comment: str = ""
    notes: Sequence[PastNote] = ()
    answers: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A record: the draft that it began as, and its steps in their order."""

    organization: Organization
    region: str
    at: datetime
    author: Author
    answers: Mapping[str, Any]
    steps: Sequence[PastStep] = ()
    files: Sequence[PastFile] = ()
    on_behalf_by: int | None = None


def add(actor: Actor, form_key: str, pasts: Sequence[Past], *, announced_since: datetime | None = None) -> list[str]:
    """Write records of one form with their past; return their ids, in the order given.

    :param announced_since: steps from then on have sent the messages that their verbs name.
    Raises ``Invalid`` with the problems of what could not have been handed in, ``NotFound`` for an unknown step, and
    what :func:`app.records.writing.past.add` raises.
    """
    form = builder.compiled(form_key)
    workflow = builder.workflow_of(form.definition)
    if workflow is None:
        raise NotFound
    stories = [_Story(actor, form, workflow, past) for past in pasts]
    numbers = records.add(actor, form_key, [story.record() for story in stories])
    _insert(WorkflowEvent, [row for story in stories for row in story.events])
    _insert(ReviewNote, [row for story in stories for row in story.notes])
    for story in stories:
        for verb, step in story.taken:
            if effects.effect(verb, "copy_organization"):
                story.adopt()
            if announced_since is not None and step.at >= announced_since:
                story.announce(verb, step, numbers[story.id])
    return [story.id for story in stories]


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(tagged(sa.insert(model.__table__), "records with their past"), rows)


class _Story:
    """The past of one record, told step by step."""

    def __init__(self, actor: Actor, form: CompiledForm, workflow: Workflow, past: Past) -> None:
        self.actor, self.form, self.workflow, self.past = actor, form, workflow, past
        self.id = new_id(past.at)
        self.state = workflow.initial
        self.answers = self._cleaned(past.answers)
        self.revisions = [PastRevision(self.state, self.answers, past.at, past.author)]
        self.taken: list[tuple[Verb, PastStep]] = []
        self.events: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        for step in past.steps:
            verb = workflow.verb(step.verb)
            if verb is None or self.state not in verb.from_:
                raise NotFound
            self._take(verb, step)

    def _cleaned(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in self.form.clean(raw)[0].items() if value is not None}

    def _take(self, verb: Verb, step: PastStep) -> None:
        before = self.answers
        if step.answers is not None:
            self.answers = self.form.merge(self.answers, self.form.clean(step.answers)[0])
        if verb.kind == "submit":
            self.answers = self._handed_in(step)
        self._note(verb, step, before)
        self.events.append(
            {
                "id": new_id(step.at),
                "record_id": self.id,
                "revision_no": len(self.revisions) + 1,
                "verb": verb.key,
                "kind": verb.kind,
                "from_state": self.state,
                "to_state": verb.to,
                "actor_id": step.author.user_id,
                "actor_name": step.author.name,
                "actor_role": step.author.role,
                "actor_organization": step.author.organization,
                "comment": step.comment,
                "at": step.at,
            }
        )
        self.state = verb.to
        self.taken.append((verb, step))
        submits = verb.kind == "submit"
        self.revisions.append(
            PastRevision(verb.to, self.answers, step.at, step.author, verb.key, step.comment, submits=submits)
        )

    def _handed_in(self, step: PastStep) -> dict[str, Any]:
        """Return what a submission stored. Raises ``Invalid`` for one that would have been refused."""
        day = step.at.astimezone().date()
        context = context_for(self.actor, self.form.definition, self.past.organization, state=self.state, day=day)
        found = self.form.validate(self.answers, context=context)
        problems = [problem for problem in found if problem.level == "error"]
        if problems:
            raise Invalid(errors=problems)
        return self.form.submitted(self.answers, context=context)

    def _note(self, verb: Verb, step: PastStep, before: Mapping[str, Any]) -> None:
        """Let the step answer or resolve former notes and leave its own on what the reviewer saw."""
        for kept in self.notes:
            if verb.kind == "submit" and kept["state"] == OPEN:
                kept["state"] = ANSWERED
            elif verb.kind == "approve":
                kept["state"] = RESOLVED
        for note in step.notes:
            rows = before.get(note.field.partition(".")[0]) if note.row is not None else None
            row = rows[note.row - 1] if isinstance(rows, list) and note.row and note.row <= len(rows) else {}
            self.notes.append(
                {
                    "id": new_id(step.at),
                    "record_id": self.id,
                    "revision_no": len(self.revisions),
                    "field": note.field,
                    "row": note.row,
                    "row_id": row.get("_row"),
                    "severity": "must",
                    "text": note.text,
                    "state": OPEN,
                    "author_id": step.author.user_id,
                    "author_name": step.author.name,
                    "author_role": step.author.role,
                    "at": step.at,
                }
            )

    def record(self) -> PastRecord:
        """Return the record with its revisions."""
        past = self.past
        return PastRecord(self.id, past.organization, past.region, self.revisions, past.files, past.on_behalf_by)

    def adopt(self) -> None:
        """Copy a verified profile onto its organization, as the step did."""
        link = self.form.definition.organization
        if link is None or link.kind != self.past.organization.kind:
            return
        name, code, region = (self.answers[key] for key in (link.name, link.code, link.region))
        identity.adopt_profile(self.actor, self.past.organization.id, name=name, code=code, region=region)

    def announce(self, verb: Verb, step: PastStep, serial: str) -> None:
        """Send the messages of a step."""
        author = step.author
        standing = Standing(
            form_key=self.form.definition.key,
            record_id=self.id,
            serial=serial,
            state=verb.to,
            region=self.past.region,
            organization=self.past.organization,
            lock_version=len(self.revisions),
            definition=self.form.definition,
            compiled=self.form,
            workflow=self.workflow,
            answers=self.answers,
            keys=RowKeys(self.past.organization.id, self.past.region, record=self.id),
        )
        # Who took the step may have no account; he is not told of it, and needs no grants any more.
        taker = Actor(kind="system", user_id=author.user_id, name=author.name, role=author.role, level_city=True)
        announcing.announce(taker, standing, verb, verb.to, step.comment, moment=step.at)
