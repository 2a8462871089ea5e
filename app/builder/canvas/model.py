"""What the canvas of the form builder is given: the draft, what is online, and everything that can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.grants import GrantRule
from app.access.law import Mode, field_mode
from app.builder.catalogue import catalogue, code_lists, definition
from app.builder.locking import core_of
from app.builder.models import CodeListRow
from app.builder.past import last_seen, past_paths
from app.builder.publishing import impact
from app.database import db
from app.identity.models import GrantRow, RoleDefinition
from app.records.writing.references import ORGANIZATION
from forms.definition import CLASSES
from forms.designing.palette import described

if TYPE_CHECKING:
    from app.builder.models import FormDraft
    from forms.definition import Definition

#: A longer code list is no help as a drop-down; the page carries its beginning alone.
LONGEST_LIST = 300
SHOWN = 8


def page_data(draft: FormDraft) -> dict[str, Any]:
    """Return the JSON of the canvas of *draft*."""
    online = impact.published(draft.form_key)
    past = past_paths(draft.form_key)
    return {
        "form": draft.form_key,
        "definition": draft.definition,
        "lock_version": draft.lock_version,
        "version": draft.based_on,
        "published": _published(online),
        "published_options": _codes(online),
        "keys": sorted(past),
        "retired": _retired(draft.form_key, past, online),
        "core": sorted(core_of(draft.form_key)),
        "palette": described(),
        "code_lists": _code_lists(str(draft.definition)),
        "forms": _forms(str(draft.definition)),
        "roles": _roles(str(draft.definition.get("resource") or "")),
        "seen": _seen(str(draft.definition.get("resource") or "")),
    }


def _published(online: Definition | None) -> dict[str, Any]:
    """Return every field and column of the version that is online, as it was written, by path."""
    found: dict[str, Any] = {}
    for section in (online.source.get("sections") or []) if online else []:
        for field in section.get("fields") or []:
            found[field["key"]] = field
            found |= {f"{field['key']}.{column['key']}": column for column in field.get("fields") or []}
    return found


def _codes(online: Definition | None) -> dict[str, list[str]]:
    """Return the codes of the options that are online: they are retired, not deleted."""
    if online is None:
        return {}
    return {path: [option.code for option in field.options] for path, field in online.walk() if field.options}


def _retired(form_key: str, past: frozenset[str], online: Definition | None) -> dict[str, Any]:
    """Return the fields of earlier versions that are no longer online, as they were published last, by path."""
    return last_seen(form_key, past - set(online.paths if online else ()))


def _code_lists(draft: str) -> dict[str, Any]:
    """Return the code lists by key: those that *draft* names and short ones whole, of others the beginning."""
    rows = db.session.execute(sa.select(CodeListRow.key, CodeListRow.title))
    titles = {row.key: row.title for row in rows}
    found = {}
    for key, listed in sorted(code_lists().items()):
        whole = len(listed.options) <= (LONGEST_LIST if f"'{key}'" in draft else SHOWN)
        items = [
            {"code": option.code, **option.label.as_dict(), **({"retired": True} if option.retired else {})}
            for option in (listed.options if whole else listed.options[:SHOWN])
        ]
        found[key] = {"title": titles.get(key), "items": items, "count": len(listed.options)}
    return found


def _forms(draft: str) -> list[dict[str, Any]]:
    """Return what a reference may name: published forms, and the organizations themselves.

    Of those that *draft* names, the fields too: sentences about rules name what is read of a record referred to.
    """
    heads = [
        {
            "key": head.key,
            "title": head.title.as_dict(),
            **({"fields": _fields(definition(head.key))} if f"'{head.key}'" in draft else {}),
        }
        for head in catalogue().heads.values()
        if head.no
    ]
    return [{"key": ORGANIZATION, "title": {"zh": "单位", "en": "Organizations"}}, *heads]


def _fields(form: Definition) -> dict[str, Any]:
    return {
        item.key: {
            "label": item.label.as_dict(),
            "type": item.type,
            **({"codelist": item.codelist} if item.codelist else {}),
            **(
                {"options": [{"code": option.code, **option.label.as_dict()} for option in item.options]}
                if item.options
                else {}
            ),
        }
        for item in form.fields
    }


def _role_names() -> dict[str, dict[str, str]]:
    rows = db.session.execute(sa.select(RoleDefinition.key, RoleDefinition.name_zh, RoleDefinition.name_en))
    return {row.key: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}


def _grants(resource: str, action: str) -> list[GrantRow]:
    rows = db.session.scalars(sa.select(GrantRow).where(GrantRow.resource == resource).order_by(GrantRow.role))
    return [row for row in rows if action in row.actions]


def _roles(resource: str) -> list[dict[str, Any]]:
    """Return the roles that may create records, and so fill fields in."""
    names = _role_names()
    return [
        {"key": role, "name": names.get(role, {"zh": role})}
        for role in dict.fromkeys(row.role for row in _grants(resource, "C"))
    ]


def _seen(resource: str) -> dict[str, list[dict[str, Any]]]:
    """Return for every class of fields which roles see it in which mode, the widest that any grant to view gives."""
    names, grants = _role_names(), _grants(resource, "V")
    found: dict[str, list[dict[str, Any]]] = {}
    for class_ in CLASSES:
        modes: dict[str, Mode] = {}
        for row in grants:
            mode = field_mode(GrantRule(resource, frozenset(row.actions), row.scope, row.mode), class_)
            modes[row.role] = max(mode, modes.get(row.role, Mode.HIDE))
        found[class_] = [
            {
                "mode": mode.name.lower(),
                "roles": [names.get(role, {"zh": role}) for role in modes if modes[role] is mode],
            }
            for mode in sorted(set(modes.values()), reverse=True)
        ]
    return found
