"""The library of question blocks: sections saved from one form, copied into the drafts of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require
from app.builder.models import BlockUse, FieldRegistry, Form, FormDraft, QuestionBlock
from app.builder.service import DESIGN, draft, save_draft
from app.database import db, new_id
from app.errors import Conflict, Invalid, NotFound
from forms.designing.blocks import block_of, inserted
from forms.designing.refusal import Refused
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor


def block(actor: Actor, block_id: str) -> QuestionBlock:
    """Return a block. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "V")
    found: QuestionBlock | None = db.session.get(QuestionBlock, block_id)
    if found is None:
        raise NotFound
    return found


def save(actor: Actor, form_key: str, section: str, title: str) -> QuestionBlock:
    """Save a section of a draft as a block. Raises ``NotAllowed``, ``NotFound``, ``Invalid``, ``Conflict`` (title)."""
    require(actor, DESIGN, "F")
    title = title.strip()[:100]
    if not title:
        raise Invalid(Label("请填题块名称。", "Give the block a title."), code="title")
    if db.session.scalar(sa.select(QuestionBlock.id).where(QuestionBlock.title == title)) is not None:
        text = Label(f"已有叫“{title}”的题块。", f"There is a block called {title!r}.")
        raise Conflict(text, code="block_exists")
    try:
        content = block_of(draft(actor, form_key).definition, section)
    except Refused as error:
        raise Invalid(error.message) from error
    found = QuestionBlock(id=new_id(), title=title, section=content, origin=form_key, saved_by=actor.user_id)
    db.session.add(found)
    audit.record(actor, "block_saved", object_type="block", object_id=found.id, detail={"form": form_key})
    db.session.flush()
    return found


def insert(actor: Actor, block_id: str, form_key: str) -> str:
    """Copy a block into a draft as its last section; return that section's key.

    Keys that the form has or ever had are not taken again. Raises ``NotAllowed``, ``NotFound``, ``Conflict`` where the
    draft is saved by somebody else at the same moment.
    """
    found, target = block(actor, block_id), draft(actor, form_key)
    paths = db.session.scalars(sa.select(FieldRegistry.path).where(FieldRegistry.form_key == form_key))
    raw, key = inserted(target.definition, found.section, {path.partition(".")[0] for path in paths})
    save_draft(actor, form_key, target.lock_version, raw)
    db.session.add(BlockUse(id=new_id(), block_id=block_id, form_key=form_key, section=key, inserted_by=actor.user_id))
    db.session.flush()
    return key


def remove(actor: Actor, block_id: str) -> None:
    """Take a block out of the library; its copies stay where they are. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    found = block(actor, block_id)
    db.session.execute(sa.delete(BlockUse).where(BlockUse.block_id == block_id))
    db.session.delete(found)
    audit.record(actor, "block_removed", object_type="block", object_id=block_id)
    db.session.flush()


def uses_of(block_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Return, by block, key and section of the drafts that still have a copy of it."""
    rows = db.session.execute(
        sa.select(BlockUse.block_id, BlockUse.form_key, BlockUse.section, FormDraft.definition)
        .join(FormDraft, FormDraft.form_key == BlockUse.form_key)
        .where(BlockUse.block_id.in_(block_ids))
        .order_by(BlockUse.form_key, BlockUse.id)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.section in {section.get("key") for section in row.definition.get("sections") or []}:
            found.setdefault(row.block_id, []).append((row.form_key, row.section))
    return found


def forms_to_design() -> list[tuple[str, dict[str, Any]]]:
    """Return key and title of every form, by key."""
    return [(row.key, row.title) for row in db.session.execute(sa.select(Form.key, Form.title).order_by(Form.key))]
