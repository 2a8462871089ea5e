"""What a new form begins as, kept until its author has answered what else it needs. Nothing commits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import require
from app.builder.checking import TAKEN_ADDRESSES
from app.builder.creating.pack_templates import template
from app.builder.models import Form, FormProposal
from app.builder.service import DESIGN
from app.builder.travel.files import source_of
from app.database import db, new_id, utcnow
from app.errors import Invalid, NotFound
from forms.files.pasted_text import read_text
from forms.labels import Label
from forms.sheet_form.fields import LONGEST_FORM_KEY, Fields
from forms.sheet_form.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor

#: How long a proposal waits for its author.
KEPT = timedelta(days=2)
LONGEST_TEXT = 60_000


def propose(
    actor: Actor,
    kind: str,
    definition: Mapping[str, Any],
    *,
    origin: str = "",
    code_lists: Mapping[str, Any] | None = None,
    report: list[dict[str, str]] | None = None,
) -> FormProposal:
    """Keep a definition that was read; what the actor has left lying for long goes. Raises ``NotAllowed``."""
    require(actor, DESIGN, "F")
    old = sa.delete(FormProposal).where(FormProposal.created_at < utcnow() - KEPT)
    db.session.execute(old.execution_options(synchronize_session=False))
    found = FormProposal(
        id=new_id(),
        user_id=actor.user_id,
        kind=kind,
        origin=origin[:200],
        definition=dict(definition),
        code_lists=dict(code_lists or {}),
        report=report or [],
    )
    db.session.add(found)
    db.session.flush()
    return found


def proposal(actor: Actor, proposal_id: str) -> FormProposal:
    """Return one's own proposal. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    statement = sa.select(FormProposal).where(FormProposal.id == proposal_id, FormProposal.user_id == actor.user_id)
    found: FormProposal | None = db.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def blank(actor: Actor, title: str) -> FormProposal:
    """Propose a form with one section and one question, to be changed."""
    title = _titled(title)
    question = {"key": "name", "type": "text", "label": {"zh": "名称", "en": "Name"}, "required": True}
    section = {"key": "sec_1", "title": {"zh": "基本信息", "en": "Basics"}, "fields": [question]}
    return propose(actor, "blank", {"key": key_for(title), "title": {"zh": title}, "sections": [section]})


def pasted(actor: Actor, title: str, text: str, language: str) -> FormProposal:
    """Propose what a pasted text asks for. Raises ``Invalid`` where it asks for nothing."""
    found = read_text(text[:LONGEST_TEXT], title.strip()[:100])
    if not found.definition["sections"]:
        text_for_author = Label("文字里没有找到问题，请一行写一个。", "No question was found: write one a line.")
        raise Invalid(text_for_author, code="no_fields")
    report = [finding.as_dict(language) for finding in found.findings]
    return propose(actor, "text", found.definition, report=report)


def of_template(actor: Actor, key: str) -> FormProposal:
    """Propose a template of a pack as it is. Raises ``NotFound``."""
    return propose(actor, "template", template(key), origin=key)


def copied(actor: Actor, form_key: str, language: str) -> FormProposal:
    """Propose a copy of a form: of what is published, or of its draft where nothing is. Raises ``NotFound``."""
    form = db.session.get(Form, form_key)
    if form is None:
        raise NotFound
    raw = dict(source_of(actor, form_key, "" if form.current_no else "draft"))
    title = Label.of(raw["title"])
    raw["title"] = {"zh": f"{title.zh}（副本）", "en": f"{title.get('en')} (copy)" if title.en else ""}
    raw["key"] = key_for("", f"{form_key}_copy")
    # Its numbers would look like those of the other.
    raw.pop("serial", None)
    raw.pop("organization", None)
    return propose(actor, "copy", raw, origin=Label.of(form.title).get(language))


def _titled(title: str) -> str:
    title = title.strip()[:100]
    if not title:
        raise Invalid(Label("请填表单名称。", "Give the form a title."), code="title")
    return title


def key_for(title: str, wanted: str = "") -> str:
    """Return a key that no form has yet, made of the pinyin of a title or of *wanted*."""
    base = wanted[:36] or Fields(Findings()).key(title, longest=LONGEST_FORM_KEY)
    taken = set(db.session.scalars(sa.select(Form.key).where(Form.key.startswith(base, autoescape=True))))
    taken |= TAKEN_ADDRESSES
    number, key = 2, base
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key
