"""What is published now, as this process knows it: forms, definitions, code lists, workflows.

Everything parsed is kept with the builder's stamp that it was read under. The first question of a
transaction reads that stamp (one row); only if it has changed is anything read anew, so every process
sees a new version on its next request. A transaction that changes something itself works on a catalogue
of its own until it ends, since nobody else may keep what might still be rolled back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import sqlalchemy as sa

from app.builder.models import BuilderStamp, CodeListRow, Form, FormVersion, WorkflowRow
from app.caches import on_clear
from app.database import db
from app.errors import NotFound
from forms.code_lists import Shelf
from forms.compiled import CompiledForm, compile_form
from forms.files.loading import parse_code_list, parse_definition
from forms.labels import Label
from forms.workflow import Workflow, parse_workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    #: The heading under which menus show it.
    category: Label | None = None


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

#: What was parsed, by what it was parsed from: publishing one form leaves the others as they were parsed.
_parsed: dict[tuple[str, ...], Any] = {}
#: What was compiled, by the identity of the definition, which it holds.
_compiled: dict[int, CompiledForm] = {}
on_clear(_parsed.clear)
on_clear(_compiled.clear)
#: Forgotten all at once beyond this: as many versions, each with its compiled form, as an office publishes in years.
_MOST_PARSED = 2_000


def _once(key: tuple[str, ...], parse: Callable[[], _T]) -> _T:
    """Return what *parse* makes of the content that *key* is a digest of."""
    if key not in _parsed:
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
            _compiled.clear()
        _parsed[key] = parse()
    found: _T = _parsed[key]
    return found


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
        sa.select(
            Form.key,
            Form.title,
            Form.resource,
            Form.kind,
            Form.state,
            Form.current_no,
            sa.type_coerce(FormVersion.definition, sa.JSON)["category"].label("category"),
        )
        .outerjoin(FormVersion, sa.and_(FormVersion.form_key == Form.key, FormVersion.no == Form.current_no))
        .order_by(Form.key)
    )
    heads = {
        row.key: FormHead(
            row.key, Label.of(row.title), row.resource, row.kind, row.state, row.current_no, _label(row.category)
        )
        for row in rows
    }
    return Catalogue(stamp, heads)


def _label(raw: Any) -> Label | None:
    return Label.of(raw) if raw else None


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
    return _code_lists()[1]


def _code_lists() -> tuple[str, dict[str, CodeList]]:
    """Return the digest of all code lists, and the lists."""

    def build() -> tuple[str, dict[str, CodeList]]:
        rows = db.session.execute(sa.select(CodeListRow.key, CodeListRow.items).order_by(CodeListRow.key)).all()
        digests = {row.key: hashlib.sha256(orjson.dumps(row.items)).hexdigest() for row in rows}

        def parsed(row: Any) -> CodeList:
            return _once(("code_list", row.key, digests[row.key]), lambda: parse_code_list(row.key, row.items))

        lists = Shelf({row.key: parsed(row) for row in rows}, _source)
        return hashlib.sha256(orjson.dumps(digests)).hexdigest(), lists

    return catalogue().keep("code_lists", build)


def _source(form_key: str) -> Mapping[str, Any] | None:
    """Return the present version of a form that another one speaks of, as it was written."""
    found = catalogue().heads.get(form_key)
    return definition(form_key).source if found is not None and found.no else None


def definition(form_key: str, version_no: int | None = None) -> Definition:
    """Return a published definition, the current one by default. Raises ``NotFound``."""
    no = head(form_key).no if version_no is None else version_no

    def build() -> Definition:
        version = sa.and_(FormVersion.form_key == form_key, FormVersion.no == no)

        def parse() -> Definition:
            return parse_definition(db.session.scalars(sa.select(FormVersion.definition).where(version)).one(), lists)

        content = db.session.scalar(sa.select(FormVersion.hash).where(version))
        if content is None:
            raise NotFound
        digest, lists = _code_lists()
        return _once(("definition", form_key, content, digest), parse)

    return catalogue().keep(("definition", form_key, no), build)


def compiled(form_key: str, version_no: int | None = None) -> CompiledForm:
    """Return the compiled form of :func:`definition`."""
    no = head(form_key).no if version_no is None else version_no

    def build() -> CompiledForm:
        parsed = definition(form_key, no)
        found = _compiled.get(id(parsed))
        if found is None or found.definition is not parsed:
            found = _compiled[id(parsed)] = compile_form(parsed)
        return found

    return catalogue().keep(("compiled", form_key, no), build)


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
