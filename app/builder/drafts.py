"""Drafts of forms: one to a form, saved under a lock version; what others saved meanwhile is merged, never replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require
from app.builder.catalogue import code_lists, touch
from app.builder.checking import key_issues, problems_of
from app.builder.models import Form, FormDraft, FormDraftState
from app.database import db
from app.errors import Conflict, Invalid, NotFound
from forms.designing.merging import Clash, Merged, merge
from forms.files.loading import DefinitionError, parse_definition
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.access.actor import Actor

#: The fixed resource of everything designed here.
DESIGN = "form_def"
#: How many earlier states of a draft are kept.
KEPT_STATES = 500


def _parsed(raw: Mapping[str, Any]) -> tuple[str, Label, str, str]:
    """Return key, title, resource and kind of a definition that may still have errors elsewhere."""
    try:
        form = parse_definition(raw, code_lists())
    except DefinitionError as error:
        key, resource = raw.get("key"), raw.get("resource")
        if not isinstance(key, str) or not isinstance(resource, str):
            raise Invalid(errors=problems_of(error.issues)) from error
        title = raw.get("title")
        try:
            label = Label.of(title) if title else Label(key)
        except ValueError:
            label = Label(key)
        return key, label, resource, str(raw.get("kind") or "")
    return form.key, form.title, form.resource, form.kind


def create_form(actor: Actor, raw: Mapping[str, Any]) -> FormDraft:
    """Create a form with *raw* as its draft. Raises ``NotAllowed``, ``Conflict`` (key in use), ``Invalid``."""
    require(actor, DESIGN, "F")
    try:
        form = parse_definition(raw, code_lists())
    except DefinitionError as error:
        raise Invalid(errors=problems_of(error.issues)) from error
    if wrong := key_issues(form):
        raise Invalid(errors=problems_of(wrong))
    if db.session.get(Form, form.key) is not None:
        raise Conflict(
            Label(f"表单标识“{form.key}”已被使用，请换一个。", f"The form key {form.key!r} is in use."),
            code="form_exists",
        )
    db.session.add(Form(key=form.key, title=form.title.as_dict(), resource=form.resource, kind=form.kind))
    db.session.flush()
    found = FormDraft(form_key=form.key, definition=dict(raw), lock_version=1, based_on=0, updated_by=actor.user_id)
    db.session.add(found)
    _keep_state(found)
    touch()
    audit.record(actor, "form_created", object_type="form", object_id=form.key)
    db.session.flush()
    return found


def draft(actor: Actor, form_key: str) -> FormDraft:
    """Return the draft of a form. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    found: FormDraft | None = db.session.get(FormDraft, form_key)
    if found is None:
        raise NotFound
    return found


def save_draft(actor: Actor, form_key: str, lock_version: int, raw: Mapping[str, Any]) -> FormDraft:
    """Replace the draft that was at *lock_version* when the designer read it.

    A draft may have errors; only its key is fixed. Raises ``Conflict`` with ``lock_version``, ``theirs`` and
    ``conflicts`` (what both changed since then, differently) when somebody else has saved meanwhile: what he has not
    seen is never replaced. :func:`merge_draft` puts both together.
    """
    found = _held(actor, form_key, raw)
    if found.lock_version != lock_version:
        raise _stale(found, _merged(found, lock_version, raw).clashes)
    return _store(actor, found, raw)


def merge_draft(
    actor: Actor, form_key: str, lock_version: int, raw: Mapping[str, Any], choices: Mapping[str, str] | None = None
) -> tuple[FormDraft, Merged | None]:
    """Save *raw*, made from the draft at *lock_version*, together with what others have saved since.

    Returns the draft, and what was merged where somebody else had been faster.

    :param choices: ``mine`` or ``theirs`` by path, for what both changed differently; raises ``Conflict`` as
        :func:`save_draft` does while some of it is left open.
    """
    found = _held(actor, form_key, raw)
    if found.lock_version == lock_version:
        return _store(actor, found, raw), None
    merged = _merged(found, lock_version, raw, choices)
    if merged.clashes:
        raise _stale(found, merged.clashes)
    if merged.definition == found.definition:
        return found, merged
    return _store(actor, found, merged.definition), merged


def state_at(form_key: str, lock_version: int) -> dict[str, Any] | None:
    """Return what a draft was under a lock version; ``None`` for one that is not kept any more."""
    found = db.session.get(FormDraftState, (form_key, lock_version))
    return None if found is None else found.definition


def undo_draft(actor: Actor, form_key: str, lock_version: int, to: int) -> FormDraft:
    """Make the draft that is at *lock_version* what it was at *to*, as a new state.

    Raises ``Conflict`` where somebody has saved meanwhile, ``NotFound`` for a state that is not kept any more.
    """
    require(actor, DESIGN, "F")
    former = state_at(form_key, to)
    if former is None:
        raise NotFound
    return save_draft(actor, form_key, lock_version, former)


def _held(actor: Actor, form_key: str, raw: Mapping[str, Any]) -> FormDraft:
    require(actor, DESIGN, "F")
    locked = sa.select(FormDraft).where(FormDraft.form_key == form_key).with_for_update()
    found: FormDraft | None = db.session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    key, _title, _resource, _kind = _parsed(raw)
    if key != form_key:
        raise Invalid(Label("表单标识建立后不能更改。", "The key of a form cannot be changed."), code="key_changed")
    return found


def _merged(
    found: FormDraft, lock_version: int, raw: Mapping[str, Any], choices: Mapping[str, str] | None = None
) -> Merged:
    return merge(state_at(found.form_key, lock_version) or {}, raw, found.definition, choices)


def _stale(found: FormDraft, clashes: Iterable[Clash]) -> Conflict:
    return Conflict(
        Label("草稿已被他人修改，请核对后再保存。", "Somebody else has changed the draft. Compare, then save again."),
        code="stale",
        lock_version=found.lock_version,
        theirs=found.definition,
        conflicts=[clash.as_dict() for clash in clashes],
    )


def _store(actor: Actor, found: FormDraft, raw: Mapping[str, Any]) -> FormDraft:
    found.definition = dict(raw)
    found.lock_version += 1
    found.updated_by = actor.user_id
    _keep_state(found)
    db.session.flush()
    return found


def _keep_state(found: FormDraft) -> None:
    state = FormDraftState(form_key=found.form_key, lock_version=found.lock_version, definition=found.definition)
    db.session.add(state)
    # One save of a page that saves by itself costs a whole definition: enough is kept to take back a day's work.
    old = sa.delete(FormDraftState).where(
        FormDraftState.form_key == found.form_key, FormDraftState.lock_version <= found.lock_version - KEPT_STATES
    )
    db.session.execute(old)
