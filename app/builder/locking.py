"""Core fields of a shipped form: its pack counts on them, so a draft keeps them, their type and their class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.models import Form, FormVersion
from app.database import db
from forms.definition import CLASSES
from forms.files.loading import Issue
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def core_of(form_key: str) -> frozenset[str]:
    """Return the paths of the core fields of a form; none for one that was made here."""
    found = db.session.scalar(sa.select(Form.core).where(Form.key == form_key))
    return frozenset(found or ())


def set_core(form_key: str, paths: Iterable[str]) -> None:
    """Say which fields of a form its pack counts on; a form that is not there is left alone."""
    form = db.session.get(Form, form_key)
    if form is not None:
        form.core = sorted(paths) or None
        db.session.flush()


def lock_issues(raw: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield what a draft does to the core fields of its form: removed, of another type, of a lower class."""
    form_key = str(raw.get("key") or "")
    core = core_of(form_key)
    if not core:
        return
    statement = sa.select(FormVersion.definition).join(Form, Form.current_version_id == FormVersion.id)
    published = db.session.scalar(statement.where(Form.key == form_key))
    before, now = _fields(published or {}), _fields(raw)
    for path in sorted(core):
        was, item = before.get(path), now.get(path)
        if was is None:
            continue
        what = _broken(was, item)
        if what is not None:
            name = _name(was, path)
            zh = f"“{name}”是方案包的核心字段，{what.zh}"
            yield Issue("core_field", path, Label(zh, f"“{name}” is a core field of the pack: {what.en}"))


def _broken(was: Mapping[str, Any], item: Mapping[str, Any] | None) -> Label | None:
    if item is None:
        return Label("不能删除，请放回", "it cannot be removed; put it back")
    if item.get("type") != was.get("type"):
        return Label("不能改变类型", "its type stays as it is")
    if _rank(item) < _rank(was):
        return Label("不能降低敏感级别", "its class cannot be lowered")
    return None


def _fields(raw: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for section in raw.get("sections") or []:
        for item in (section.get("fields") or []) if isinstance(section, dict) else []:
            if isinstance(item, dict) and isinstance(item.get("key"), str):
                found[item["key"]] = item
                for column in item.get("fields") or []:
                    if isinstance(column, dict):
                        found[f"{item['key']}.{column.get('key')}"] = column
    return found


def _rank(item: Mapping[str, Any]) -> int:
    class_ = item.get("class")
    return CLASSES.index(class_) if class_ in CLASSES else len(CLASSES)


def _name(item: Mapping[str, Any], path: str) -> str:
    label = item.get("label") or path
    return Label.of(label).zh if Label.fits(label) else path
