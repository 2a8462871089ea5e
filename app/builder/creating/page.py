"""What the pages show on which a form is created: how to begin, and what else it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext

from app.builder.creating.needs import EXISTING, NONE, ONE, TWO, Plan
from app.builder.creating.pack_templates import open_templates
from app.builder.creating.proposals import key_for
from app.builder.forms_page import KINDS
from app.builder.models import Form, WorkflowRow
from app.builder.service import definitions
from app.database import db
from app.identity.models import Resource
from app.identity.resources import ACCOUNTS, role_homes
from forms.field_types import FIELD_TYPES
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.datastructures import MultiDict

    from app.access.actor import Actor
    from app.builder.models import FormProposal

SURENESS = {
    "sure": (lazy_gettext("确定"), "success"),
    "likely": (lazy_gettext("较有把握"), "primary"),
    "ask": (lazy_gettext("请确认"), "warning"),
    "changed": (lazy_gettext("有变化"), "warning"),
    "lost": (lazy_gettext("无法带入"), "danger"),
}
REVIEWS = {
    NONE: lazy_gettext("不审核，提交即完成"),
    ONE: lazy_gettext("一级审核"),
    TWO: lazy_gettext("两级审核：初审、复审"),
    EXISTING: lazy_gettext("使用已有流程"),
}
SCOPES = {"own": lazy_gettext("本单位"), "region": lazy_gettext("本地区"), "city": lazy_gettext("全市")}
#: How many columns a list shows at first.
COLUMNS = 4
MOST_COLUMNS = 8


def beginnings(lang: str) -> dict[str, Any]:
    """Return the templates and forms that a new form can begin as."""
    forms = db.session.execute(sa.select(Form.key, Form.title).order_by(Form.key))
    return {
        "templates": [(key, title.get(lang)) for key, title in open_templates()],
        "copies": [(row.key, Label.of(row.title).get(lang)) for row in forms],
    }


def questions(actor: Actor, found: FormProposal, lang: str) -> dict[str, Any]:
    """Return what the page of questions needs besides the answers."""
    fields = list(_fields(found.definition, lang))
    homes = role_homes()
    resources = db.session.execute(sa.select(Resource.key, Resource.name_zh, Resource.name_en).order_by(Resource.key))
    flows = db.session.execute(sa.select(WorkflowRow.key, WorkflowRow.definition).order_by(WorkflowRow.key))
    used = {form.resource for form in definitions().values()}
    return {
        "proposal": found,
        "fields": fields,
        "kinds": KINDS,
        "reviews": REVIEWS,
        "scopes": SCOPES,
        "fillers": [home for home in homes if "C" in home.actions],
        "reviewers": [home for home in homes if home.scope != "own" and "A" in home.actions],
        "viewers": homes,
        "resources": [
            (row.key, row.name_en if lang == "en" and row.name_en else row.name_zh)
            for row in resources
            if row.key in used or row.key == found.definition.get("resource")
        ],
        "workflows": [(row.key, Label.of(row.definition.get("title") or row.key).get(lang)) for row in flows],
        "may_open": any(rule.scope == "city" for rule in actor.rules(ACCOUNTS, "X")),
        "sureness": SURENESS,
        "asked": sum(item.get("sure", item.get("level")) in {"ask", "changed", "lost"} for item in found.report),
    }


def _fields(raw: dict[str, Any], lang: str) -> Iterator[dict[str, Any]]:
    for section in raw.get("sections") or []:
        for item in section.get("fields") or []:
            kind = FIELD_TYPES.get(str(item.get("type")))
            yield {
                "key": item["key"],
                "label": Label.of(item.get("label") or item["key"]).get(lang),
                "type": kind.label.get(lang) if kind else item.get("type"),
                "required": bool(item.get("required")),
                "section": Label.of(section.get("title") or "").get(lang),
                "columns": [
                    Label.of(column.get("label") or column["key"]).get(lang) for column in item.get("fields") or []
                ],
                "listed": kind is not None and kind.column_kind is not None,
                "unique": kind is not None and kind.sortable and kind.stores,
            }


def first_plan(found: FormProposal, actor: Actor) -> Plan:
    """Return the answers that are suggested at first: those of the definition where it has any."""
    raw = found.definition
    title = raw.get("title") or ""
    keys = [item["key"] for item in _fields(raw, "zh") if item["listed"]]
    listed = [key for key in (raw.get("list") or {}).get("columns") or [] if not key.startswith("_")]
    resource = str(raw.get("resource") or "")
    known = bool(resource) and db.session.get(Resource, resource) is not None
    flow = str(raw.get("workflow") or "")
    unique = (raw.get("unique") or [{}])[0]
    return Plan(
        key=key_for("", str(raw["key"])),
        title=Label.of(title).as_dict(),
        kind=str(raw.get("kind") or "register"),
        resource=resource if known else "",
        fill_roles=list(raw.get("fill_roles") or []),
        view_roles=[actor.role],
        review=EXISTING if flow else NONE,
        workflow=flow,
        reviewers=[],
        unique=list(unique.get("fields") or []),
        city_wide=bool(unique.get("city_wide")),
        columns=listed or keys[:COLUMNS],
    )


def answered(form: MultiDict[str, str], found: FormProposal) -> Plan:
    """Return the answers of a posted page."""
    review = form.get("review", "")
    return Plan(
        key=form.get("key", "").strip(),
        title={"zh": form.get("title_zh", "").strip()[:100], "en": form.get("title_en", "").strip()[:100]},
        kind=form.get("kind", ""),
        resource=form.get("resource", ""),
        fill_roles=form.getlist("fill"),
        view_roles=form.getlist("view"),
        review=review,
        reviewers=[form.getlist("first"), form.getlist("second")],
        workflow=form.get("workflow", ""),
        unique=form.getlist("unique"),
        city_wide=bool(form.get("city_wide")),
        columns=form.getlist("columns")[:MOST_COLUMNS],
        code_lists=found.code_lists,
    )
