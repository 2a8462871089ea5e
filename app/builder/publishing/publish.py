"""Publish a draft: check, new immutable version, tables, and the flip that every process sees on its next request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require
from app.builder.catalogue import FormHead, code_lists, forget, touch
from app.builder.checking import errors_of, issues_of, problems_of
from app.builder.digests import digest
from app.builder.models import FieldRegistry, Form, FormDraft, FormVersion
from app.builder.publishing.approval import guard, worth_asking
from app.builder.publishing.impact import impact_of, lowered, published
from app.builder.publishing.retyping import chosen
from app.builder.service import DESIGN, moved
from app.database import db, utcnow
from app.errors import Conflict, Invalid, NotFound
from app.records.projection.rebuild import refill, settle_parties
from app.records.projection.schema import own_names, sync
from app.records.projection.tables import build, form_table, registered
from app.records.versions import converting
from forms.compiled import compile_form
from forms.field_types import get as field_type
from forms.files.loading import parse_definition
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from forms.definition import Definition


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing."""

    form_key: str
    no: int
    impact: dict[str, Any]
    #: The conversion of what is there, where one was asked for.
    conversion: str | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """A draft that can be published, beside what is published now."""

    form: Form
    draft: FormDraft
    old: Definition | None
    new: Definition
    impact: dict[str, Any]
    choices: dict[str, str]


def examine(
    actor: Actor,
    form_key: str,
    lock_version: int,
    *,
    hold: bool = False,
    choices: Mapping[str, str] | None = None,
    asking: bool = False,
) -> Examined:
    """Return what publishing the draft at *lock_version* would do, having checked that nothing speaks against it.

    :param hold: lock the form until the unit of work ends.
    :param asking: whether a second person is only being asked for: ``Conflict`` where it takes none.
    :param choices: for each field with answers that has got another type: ``convert`` or ``retire``.
    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` (stale draft; nothing to publish) and ``Invalid`` with every
    error of the draft, or with the fields that lack a choice.
    """
    require(actor, DESIGN, "P")
    statement = sa.select(Form).where(Form.key == form_key)
    form = db.session.scalar(statement.with_for_update() if hold else statement)
    draft = db.session.get(FormDraft, form_key, populate_existing=True)
    if form is None or draft is None:
        raise NotFound
    if draft.lock_version != lock_version:
        raise Conflict(
            Label(
                "草稿已被他人修改，请核对后再发布。", "Somebody else has changed the draft. Look at it, then publish."
            ),
            code="stale",
            lock_version=draft.lock_version,
        )
    current = db.session.get(FormVersion, form.current_version_id) if form.current_version_id else None
    if current is not None and current.hash == digest(draft.definition):
        raise Conflict(Label("没有需要发布的修改。", "Nothing to publish."), code="nothing_to_publish")
    issues = errors_of(issues_of(draft.definition))
    if issues:
        raise Invalid(
            Label("表单还有错误，不能发布。", "The form has errors and cannot be published."),
            code="definition",
            errors=problems_of(issues),
        )
    old, new = published(form_key), parse_definition(draft.definition, code_lists())
    if asking:
        worth_asking(actor, form, draft, old, new)
    else:
        guard(actor, form, draft, old, new)
    found = chosen(form_key, old, new, choices)
    return Examined(form, draft, old, new, impact_of(form_key, new), found)


def publish(
    actor: Actor,
    form_key: str,
    *,
    lock_version: int,
    note: str = "",
    choices: Mapping[str, str] | None = None,
) -> Published:
    """Publish the draft that is at *lock_version*.

    Holds the form exclusively until the unit of work ends. Raises what :func:`examine` raises, and ``Conflict``
    where rows break a new unique key. Answers that are to be converted wait for the job that this starts.
    """
    found = _examined_and_held(actor, form_key, lock_version, choices)
    form, draft, old, new, change = found.form, found.draft, found.old, found.new, found.impact
    number = form.current_no + 1
    former = own_names(form_table(form_key)) if old is not None else frozenset()
    _register(form_key, new, number)
    head = FormHead(form.key, new.title, new.resource, new.kind, "open", number)
    sync(build(head, registered(form_key), form=compile_form(new)), former)
    version = FormVersion(
        form_key=form_key,
        no=number,
        definition=draft.definition,
        hash=digest(draft.definition),
        note=note,
        change_class=change["class"],
        choices=found.choices or None,
        published_by=actor.user_id,
        published_at=utcnow(),
    )
    db.session.add(version)
    db.session.flush()
    form.title, form.resource, form.kind, form.state = new.title.as_dict(), new.resource, new.kind, "open"
    form.current_version_id, form.current_no = version.id, number
    draft.based_on = number
    touch()
    if old is not None and _projects_otherwise(old, new):
        refill(form_table(form_key))
    if old is not None and old.parties != new.parties:
        settle_parties(form_key)
    audit.record(
        actor,
        "publish",
        object_type="form",
        object_id=form_key,
        detail={"version": number, "class": change["class"], "lowered": lowered(old, new), "choices": found.choices},
    )
    db.session.flush()
    conversion = converting.after_publication(actor, form_key, old, new, found.choices)
    return Published(form_key, number, change, conversion)


def _examined_and_held(actor: Actor, form_key: str, lock_version: int, choices: Mapping[str, str] | None) -> Examined:
    """Examine the draft, then lock the form: counting what a change touches takes a while, and who fills in waits."""
    found = examine(actor, form_key, lock_version, choices=choices)
    number = found.form.current_no
    db.session.refresh(found.form, with_for_update=True)
    db.session.refresh(found.draft)
    if found.form.current_no != number or found.draft.lock_version != lock_version:
        forget()
        return examine(actor, form_key, lock_version, hold=True, choices=choices)
    # A field may have got its first answer meanwhile, and needs a choice now.
    return replace(found, choices=chosen(form_key, found.old, found.new, choices))


def _register(form_key: str, new: Definition, number: int) -> None:
    """Bring the registry of columns to *new*: what comes back finds its column, a changed kind gets a new one."""
    rows = db.session.scalars(sa.select(FieldRegistry).where(FieldRegistry.form_key == form_key)).all()
    known: dict[str, list[FieldRegistry]] = {}
    for row in rows:
        known.setdefault(row.path, []).append(row)
    wanted = {path: (field.type, field_type(field.type).column_kind) for path, field in new.walk()}
    for row in rows:
        kind = wanted.get(row.path, ("", None))[1]
        if row.retired_no is None and row.kind != kind:
            row.retired_no = number
    for path, (type_, kind) in wanted.items():
        if kind is None:
            continue
        same = next((row for row in known.get(path, []) if row.kind == kind), None)
        if same is not None:
            same.type, same.retired_no = type_, None
            continue
        key, count = path.rpartition(".")[2], len(known.get(path, []))
        column = f"{key}__{count + 1}" if count else key
        db.session.add(
            FieldRegistry(form_key=form_key, path=path, column=column, type=type_, kind=kind, born_no=number)
        )
    db.session.flush()


def _projects_otherwise(old: Definition, new: Definition) -> bool:
    """Tell whether records already there project differently under *new*."""
    return (
        old.published_when != new.published_when
        or old.list.search != new.list.search
        or any(old.has(key) and old.field(key).class_ != new.field(key).class_ for key in new.list.search)
        or any(old.has(path) and old.field(path).type != field.type for path, field in new.walk())
        or any(old.has(path) and moved(old.code_list(path), new.code_list(path)) for path, _ in new.walk())
    )
