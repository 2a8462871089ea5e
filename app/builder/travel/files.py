"""Definitions that come and go as files: which one is meant, what it says, and taking one in as a draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from app.access.query import require
from app.builder.catalogue import code_lists
from app.builder.models import CodeListRow, Form, FormDraft, FormVersion
from app.builder.service import DESIGN, create_form, save_code_list, save_draft
from app.database import db
from app.errors import Invalid, NotFound
from forms.files.bundle import Bundle, code_lists_of, read_bundle
from forms.files.reading import DefinitionError, Issue
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from forms.definition import Definition

#: Larger than any form that people could fill in.
LARGEST = 8 * 1024 * 1024
DRAFT = "draft"


def source_of(actor: Actor, form_key: str, which: str = "") -> Mapping[str, Any]:
    """Return a definition as it is written: the published one, a version by its number, or the ``draft``.

    Raises ``NotAllowed``, ``NotFound``.
    """
    require(actor, DESIGN, "V")
    if which == DRAFT:
        require(actor, DESIGN, "F")
        found: Any = db.session.scalar(sa.select(FormDraft.definition).where(FormDraft.form_key == form_key))
    elif which:
        if not (which.isascii() and which.isdecimal() and len(which) < 9):
            raise NotFound
        statement = sa.select(FormVersion.definition).where(FormVersion.form_key == form_key)
        found = db.session.scalar(statement.where(FormVersion.no == int(which)))
    else:
        statement = sa.select(FormVersion.definition).join(Form, Form.current_version_id == FormVersion.id)
        found = db.session.scalar(statement.where(Form.key == form_key))
    if found is None:
        raise NotFound
    source: Mapping[str, Any] = found
    return source


def bundle_of(actor: Actor, form_key: str, which: str = "") -> Bundle:
    """Return a definition with the code lists that it uses. Raises ``NotAllowed``, ``NotFound``."""
    form = source_of(actor, form_key, which)
    named = set(code_lists_of(form))
    rows = db.session.execute(sa.select(CodeListRow.key, CodeListRow.items).where(CodeListRow.key.in_(named)))
    return Bundle(form, {row.key: row.items for row in rows})


def read_file(path: Path) -> Bundle:
    """Return what a file holds. Raises DefinitionError."""
    if path.stat().st_size > LARGEST:
        raise DefinitionError([Issue("file", path.name, Label("文件太大", "The file is too large"))])
    try:
        return read_bundle(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        text = Label("文件应为 UTF-8 编码的 YAML 或 JSON", "The file must be YAML or JSON in UTF-8")
        raise DefinitionError([Issue("file", path.name, text)]) from error


def named(actor: Actor, target: str) -> Definition:
    """Return the definition that *target* names: a file, ``form``, ``form@3`` or ``form@draft``.

    Raises ``NotAllowed``, ``NotFound``, DefinitionError.
    """
    path = Path(target)
    if path.suffix and path.is_file():
        return read_file(path).definition(code_lists())
    key, _, which = target.partition("@")
    return bundle_of(actor, key, which).definition(code_lists())


def take_in(actor: Actor, bundle: Bundle, *, replace_lists: bool = False) -> tuple[FormDraft, list[str]]:
    """Make *bundle* the draft of its form, which is created if there is none; nothing is published.

    Code lists that are not here yet are created. One that is here and differs is live in other forms: it is kept,
    unless *replace_lists*. Returns the draft and the code lists that were kept. Raises ``NotAllowed``, ``Invalid``,
    ``Conflict``, and DefinitionError for whatever the loader refuses.
    """
    require(actor, DESIGN, "F")
    form = bundle.definition(code_lists())
    kept = _take_lists(actor, bundle, replace=replace_lists)
    # Read again with what holds here now: a kept list may lack what the form needs.
    bundle_here = Bundle(bundle.form)
    bundle_here.definition(code_lists())
    raw = dict(bundle.form)
    found: FormDraft | None = db.session.get(FormDraft, form.key)
    if found is None:
        return create_form(actor, raw), kept
    if found.definition == raw:
        return found, kept
    return save_draft(actor, form.key, found.lock_version, raw), kept


def _take_lists(actor: Actor, bundle: Bundle, *, replace: bool) -> list[str]:
    kept = []
    for key, raw in bundle.code_lists.items():
        if key != raw.get("key", key):
            raise Invalid(
                Label(f"码表“{key}”里面写的是“{raw['key']}”。", f"Code list {key!r} calls itself {raw['key']!r}.")
            )
        present = db.session.get(CodeListRow, key)
        if present is None or replace:
            save_code_list(actor, key, dict(raw))
        elif _plain(present.items) != _plain(raw):
            kept.append(key)
    return kept


def _plain(raw: Any) -> bytes:
    return orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
