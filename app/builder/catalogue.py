"""What is published now, as this process knows it: forms, definitions, code lists, workflows.

Everything parsed is kept with the builder's stamp that it was read under. The first question of a
transaction reads that stamp (one row); only if it has changed is anything read anew, so every process
sees a new version on its next request. A transaction that changes something itself works on a catalogue
of its own until it ends, since nobody else may keep what might still be rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from app.builder.models import BuilderStamp, CodeListRow, Form, FormVersion, WorkflowRow
from app.caches import on_clear
from app.database import db
from app.errors import NotFound
from forms.compiled import CompiledForm, compile_form
from forms.labels import Label
from forms.loading import parse_code_list, parse_definition
from forms.workflow import Workflow, parse_workflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, SessionTransaction

    from forms.definition import CodeList, Definition

_T = TypeVar("_T")

_IN_USE = "builder.catalogue"
_CHANGED = "builder.changed"
_STAMP = "builder.stamp"


@dataclass(frozen=True, slots=True)
class FormHead:
    """A form and the number of its current version (0: none yet)."""

    key: str
    title: Label
    resource: str
    kind: str
    state: str
    no: int


@dataclass
class Catalogue:
    """Everything published under one stamp, parsed when first asked for."""

    stamp: int
    heads: dict[str, FormHead] = field(default_factory=dict)
    kept: dict[object, Any] = field(default_factory=dict)

    def keep(self, key: object, build: Callable[[], _T]) -> _T:
        """Return what is kept under *key*, built on first use; for what follows from the catalogue alone."""
        if key not in self.kept:
            self.kept[key] = build()
        found: _T = self.kept[key]
        return found


_latest: dict[str, Catalogue] = {}
on_clear(_latest.clear)


def published_stamp() -> sa.ScalarSelect[int]:
    """Return the stamp as a column of another question; what it answers goes to :func:`note_stamp`."""
    return sa.select(BuilderStamp.value).scalar_subquery()


def note_stamp(stamp: int | None) -> None:
    """Keep the stamp that this transaction has read along with something else."""
    db.session().info[_STAMP] = stamp or 0


def _read_stamp() -> int:
    known: int | None = db.session().info.pop(_STAMP, None)
    return known if known is not None else db.session.scalar(sa.select(BuilderStamp.value)) or 0


def _read(stamp: int) -> Catalogue:
    rows = db.session.execute(
        sa.select(Form.key, Form.title, Form.resource, Form.kind, Form.state, Form.current_no).order_by(Form.key)
    )
    heads = {
        row.key: FormHead(row.key, Label.of(row.title), row.resource, row.kind, row.state, row.current_no)
        for row in rows
    }
    return Catalogue(stamp, heads)


def catalogue() -> Catalogue:
    """Return the catalogue that holds for the present transaction."""
    info = db.session().info
    found: Catalogue | None = info.get(_IN_USE)
    if found is not None:
        return found
    stamp = _read_stamp()
    found = _latest.get("catalogue")
    if info.get(_CHANGED) or found is None or found.stamp != stamp:
        found = _read(stamp)
        if not info.get(_CHANGED):
            _latest["catalogue"] = found
    info[_IN_USE] = found
    return found


def touch() -> int:
    """Count a change of forms, code lists or workflows in the present unit of work; return the new stamp."""
    db.session.flush()
    stamp: int | None = db.session.scalar(
        sa.update(BuilderStamp).values(value=BuilderStamp.value + 1).returning(BuilderStamp.value)
    )
    if stamp is None:
        db.session.add(BuilderStamp(id=1, value=1))
        db.session.flush()
        stamp = 1
    info = db.session().info
    info[_CHANGED] = True
    info.pop(_IN_USE, None)
    return stamp


def forget() -> None:
    """Have the next question of this transaction read the stamp again: something was published since its first."""
    db.session().info.pop(_IN_USE, None)


@sa.event.listens_for(db.session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    session.info.pop(_STAMP, None)
    if transaction.parent is None:
        session.info.pop(_IN_USE, None)
        session.info.pop(_CHANGED, None)
    elif session.info.get(_CHANGED):
        # A savepoint may have been rolled back with what was read in it.
        session.info.pop(_IN_USE, None)


def head(form_key: str) -> FormHead:
    """Return a form that has been published. Raises ``NotFound``."""
    found = catalogue().heads.get(form_key)
    if found is None or found.no == 0:
        raise NotFound
    return found


def code_lists() -> dict[str, CodeList]:
    """Return every code list by key."""

    def build() -> dict[str, CodeList]:
        rows = db.session.execute(sa.select(CodeListRow.key, CodeListRow.items))
        return {row.key: parse_code_list(row.key, row.items) for row in rows}

    return catalogue().keep("code_lists", build)


def definition(form_key: str, version_no: int | None = None) -> Definition:
    """Return a published definition, the current one by default. Raises ``NotFound``."""
    no = head(form_key).no if version_no is None else version_no

    def build() -> Definition:
        raw = db.session.scalar(
            sa.select(FormVersion.definition).where(FormVersion.form_key == form_key, FormVersion.no == no)
        )
        if raw is None:
            raise NotFound
        return parse_definition(raw, code_lists())

    return catalogue().keep(("definition", form_key, no), build)


def compiled(form_key: str, version_no: int | None = None) -> CompiledForm:
    """Return the compiled form of :func:`definition`."""
    no = head(form_key).no if version_no is None else version_no
    return catalogue().keep(("compiled", form_key, no), lambda: compile_form(definition(form_key, no)))


def definitions() -> dict[str, Definition]:
    """Return the current definition of every published form."""
    return {key: definition(key) for key, found in catalogue().heads.items() if found.no}


def find_workflow(key: str) -> Workflow | None:
    """Return a workflow, or ``None``."""

    def build() -> Workflow | None:
        raw = db.session.scalar(sa.select(WorkflowRow.definition).where(WorkflowRow.key == key))
        return None if raw is None else parse_workflow(key, raw)

    return catalogue().keep(("workflow", key), build)


def workflow(key: str) -> Workflow:
    """Return a workflow. Raises ``NotFound``."""
    found = find_workflow(key)
    if found is None:
        raise NotFound
    return found


def workflow_of(form: Definition) -> Workflow | None:
    """Return the workflow that a definition names, or ``None`` where it names none."""
    return workflow(form.workflow) if form.workflow else None
