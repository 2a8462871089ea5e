"""What somebody who designs needs beside the draft itself: the palette, and formulas read as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.api import schema
from app.api.routing import Answer, operation
from app.builder import service
from app.builder.catalogue import catalogue, code_lists
from app.builder.models import CodeListRow, WorkflowRow
from app.builder.past import past_paths
from app.database import db
from app.errors import BadRequest, language
from app.identity.models import RoleDefinition
from forms.checks.settings import CYCLES, KINDS
from forms.definition import CLASSES
from forms.designing.formulas import placed, read_formula
from forms.designing.naming import named
from forms.designing.outline import Outline
from forms.designing.palette import described
from forms.designing.rule_rows import OPERATORS, Row, Rows, names_at, operators_at, text_of_rows
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

NAMED = schema.listing(schema.shape(key=schema.STRING, label=schema.OBJECT))
MISTAKES = schema.listing(schema.shape(position=schema.INTEGER, message=schema.STRING))
#: More conditions than anybody reads.
MOST_ROWS = 20


def choices() -> dict[str, list[dict[str, Any]]]:
    """Return what a definition may name: code lists, forms, roles and workflows, each with its label."""
    roles = db.session.execute(
        sa.select(RoleDefinition.key, RoleDefinition.name_zh, RoleDefinition.name_en).order_by(RoleDefinition.key)
    )
    lists = db.session.execute(sa.select(CodeListRow.key, CodeListRow.title).order_by(CodeListRow.key))
    flows = db.session.execute(sa.select(WorkflowRow.key, WorkflowRow.definition).order_by(WorkflowRow.key))
    forms = [head for head in catalogue().heads.values() if head.no]
    return {
        "code_lists": [{"key": row.key, "label": Label.of(row.title or row.key).as_dict()} for row in lists],
        "forms": [{"key": head.key, "label": head.title.as_dict()} for head in forms],
        "roles": [{"key": row.key, "label": Label(row.name_zh, row.name_en or "").as_dict()} for row in roles],
        "workflows": [{"key": row.key, "label": _title(row.definition, row.key).as_dict()} for row in flows],
    }


def _title(definition: dict[str, Any], key: str) -> Label:
    for name in ("title", "name", "label"):
        if definition.get(name) and Label.fits(definition[name]):
            return Label.of(definition[name])
    return Label(key)


@operation(
    "GET",
    "/field-types",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="The palette: field types with their properties and settings, and what a definition may name",
    answer=schema.shape(
        groups=schema.listing(schema.OBJECT),
        types=schema.listing(schema.OBJECT),
        classes=schema.listing(schema.STRING),
        masks=schema.listing(schema.STRING),
        new_section=schema.STRING,
        new_option=schema.STRING,
        new_message=schema.STRING,
        copy=schema.OBJECT,
        functions=schema.listing(schema.OBJECT),
        operators=schema.listing(schema.OBJECT),
        kinds=schema.listing(schema.STRING),
        cycles=schema.listing(schema.STRING),
        code_lists=NAMED,
        forms=NAMED,
        roles=NAMED,
        workflows=NAMED,
    ),
)
def field_types(_actor: Actor) -> Answer:
    """Return what the builder offers."""
    return {
        **described(),
        "classes": list(CLASSES),
        "operators": [{"name": name, "label": label.as_dict()} for name, label in OPERATORS.items()],
        "kinds": list(KINDS),
        "cycles": list(CYCLES),
        **choices(),
    }


@operation(
    "POST",
    "/forms/<form>/keys",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="The keys that fields and sections get from the names that were just given to them",
    body=schema.record(
        ("definition",),
        definition=schema.OBJECT,
        fields=schema.listing(schema.STRING),
        sections=schema.listing(schema.STRING),
        taken=schema.listing(schema.STRING),
    ),
    answer=schema.shape(fields=schema.OBJECT, sections=schema.OBJECT),
)
def keys(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Make keys from labels, as every editor does; nothing is stored.

    ``fields`` are paths and ``sections`` keys in the *definition*; what was ever published keeps its key, and neither
    its keys nor the paths in ``taken`` are given to anything else. Answers the new keys by path.
    """
    past = past_paths(service.draft(actor, form).form_key)
    wanted = [path for path in body.get("fields", []) if path not in past]
    fields, sections = named(body["definition"], wanted, body.get("sections", []), {*past, *body.get("taken", [])})
    return {"fields": fields, "sections": sections}


@operation(
    "POST",
    "/forms/<form>/formula",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="A formula as it is typed, or conditions as rows: tree, text, sentence, and what is wrong where",
    body=schema.record(
        ("where",),
        text=schema.STRING,
        rows=schema.OBJECT,
        where=schema.STRING,
        definition=schema.OBJECT,
    ),
    answer=schema.shape(
        text=schema.STRING,
        tree=schema.ANY,
        sentence=schema.STRING,
        rows=schema.nullable(schema.OBJECT),
        reads=schema.listing(schema.STRING),
        errors=MISTAKES,
        fields=schema.listing(schema.OBJECT),
    ),
)
def formula(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Read a formula against the draft, or against the *definition* that was sent along; nothing is stored.

    ``fields`` are the names that conditions may choose from at this place, with the operators that go with each.
    """
    found = service.draft(actor, form)
    outline = Outline(body.get("definition") or found.definition, code_lists())
    where, lang = body["where"], language()
    path, kind = placed(where)
    names = names_at(outline, path, own=kind == "checks")
    text = body.get("text", "")
    if body.get("rows") is not None:
        text = text_of_rows(_rows(body["rows"], set(names)), outline, path)
    fields = [
        {
            "name": name,
            "path": target,
            "label": outline.label(target).get(lang),
            "operators": list(operators_at(outline, target)),
            "options": _options(outline, target, lang),
        }
        for name, target in names.items()
    ]
    if not text.strip():
        return {"text": "", "tree": None, "sentence": "", "rows": None, "reads": [], "errors": [], "fields": fields}
    read = read_formula(text, where, outline)
    return {
        "text": text,
        "tree": read.tree,
        "sentence": read.sentence.get(lang),
        "rows": read.rows.as_dict() if read.rows else None,
        "reads": list(read.reads),
        "errors": [{"position": item.position, "message": item.message.get(lang)} for item in read.mistakes],
        "fields": fields,
    }


def _options(outline: Outline, path: str, lang: str) -> list[dict[str, Any]]:
    code_list = outline.code_list(path)
    return [
        {"code": option.code, "label": option.label.get(lang), "retired": option.retired}
        for option in (code_list.options if code_list else ())
    ]


def _rows(raw: dict[str, Any], names: set[str], *, inner: bool = False) -> Rows:
    """Return posted conditions, with one level of groups; raises ``BadRequest`` for anything that is none."""
    listed = raw.get("rows")
    if not isinstance(listed, list) or len(listed) > MOST_ROWS:
        raise BadRequest(Label("条件不完整。", "The conditions are incomplete."), code="rows")
    group = [not inner and isinstance(item, dict) and "rows" in item for item in listed]
    found = tuple(
        _rows(item, names, inner=True) if nested else _row(item, names)
        for item, nested in zip(listed, group, strict=True)
    )
    return Rows("any" if raw.get("match") == "any" else "all", found)


def _row(item: Any, names: set[str]) -> Row:
    values = item.get("values", []) if isinstance(item, dict) else None
    texts = isinstance(values, list) and all(isinstance(value, str) for value in values)
    known = isinstance(item, dict) and item.get("field") in names and item.get("operator") in OPERATORS
    other = item.get("other", "") if isinstance(item, dict) else ""
    if not (texts and known and (other in {"", "_today"} or other in names)):
        raise BadRequest(Label("条件不完整。", "The conditions are incomplete."), code="rows")
    return Row(item["field"], item["operator"], tuple(values or ()), other)
