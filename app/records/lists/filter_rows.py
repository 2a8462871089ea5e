"""The filter rows of a list: from the address to a query, and as controls that fit the type of their field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext, lazy_gettext

from app.access.query import plain_clause
from app.records.entry.choices import choices
from app.records.hooks import campaign_title
from app.records.labels import SYSTEM_LABELS
from app.records.lists.filtering import has_attachments
from app.records.lists.listing import ListQuery
from app.records.models import VOID
from app.records.projection.columns import ATTACHMENT_DUE, CHARGE, MINE, OTHERS
from app.records.reading.show_page import foreign
from app.records.writing import duplicates
from forms.field_types import get as field_type
from forms.field_types.base import EQUALITY, ORDER, TEXT

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.definition import Definition
    from forms.workflow import Workflow

PAGE_SIZES = (25, 50, 100)
MOST_ROWS = 8
WITHOUT_VALUE = frozenset({"empty", "not_empty"})
#: Operators that take several values, written with commas between them.
_SEVERAL = frozenset({"in", "not_in", "has_any", "has_all"})
#: Said with two rows, or by turning the condition round.
_NOT_OFFERED = frozenset({"between", "not_in"})
_MOST_OPTIONS = 400
_SYSTEM = ("_state", "_serial", "_organization_name", "_updated_at", "_submitted_at")
_SYSTEM_OPERATORS = {
    "_state": ("eq", "ne"),
    "_serial": ("eq", *TEXT),
    "_organization_name": ("contains", "eq", "starts"),
    "_updated_at": ORDER[:4],
    "_submitted_at": (*ORDER[:4], "empty", "not_empty"),
    "_duplicate": ("eq",),
    ATTACHMENT_DUE: ("eq",),
}
#: Inputs of moments, by the HTML type of the field.
_INPUTS = {"date": "date", "datetime-local": "date", "month": "month"}

OPERATORS = {
    "eq": lazy_gettext("等于"),
    "ne": lazy_gettext("不等于"),
    "contains": lazy_gettext("包含"),
    "starts": lazy_gettext("开头是"),
    "gte": lazy_gettext("不小于"),
    "lte": lazy_gettext("不大于"),
    "gt": lazy_gettext("大于"),
    "lt": lazy_gettext("小于"),
    "in": lazy_gettext("是其中之一（用逗号隔开）"),
    "under": lazy_gettext("属于（含下级）"),
    "has_any": lazy_gettext("含有"),
    "has_all": lazy_gettext("全部含有"),
    "empty": lazy_gettext("为空"),
    "not_empty": lazy_gettext("不为空"),
}
#: For dates "not less than" is not how people speak.
_DATE_WORDS = {
    "gte": lazy_gettext("不早于"),
    "lte": lazy_gettext("不晚于"),
    "gt": lazy_gettext("晚于"),
    "lt": lazy_gettext("早于"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose."""

    code: str
    label: str
    lang: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A filter as controls; ``kind`` is the type of its input, ``none`` where the operator takes no value."""

    field: str
    op: str
    value: str
    operators: tuple[Choice, ...]
    options: tuple[Choice, ...]
    kind: str
    remove: str = ""


def address_rows(arguments: MultiDict[str, str]) -> list[tuple[str, str, str]]:
    """Return the filter rows of an address as field, operator and value."""
    names, operators, values = (arguments.getlist(name) for name in ("ff", "fo", "fv"))
    return list(zip(names, operators, values, strict=False))[:MOST_ROWS]


def charge_of(arguments: MultiDict[str, str]) -> str:
    """Return whose records an address asks for: ``mine``, ``others`` or, empty, all."""
    asked = arguments.get("charge", "")
    return asked if asked in {MINE, OTHERS} else ""


def read_query(arguments: MultiDict[str, str], form: Definition) -> ListQuery:
    """Return the query that an address asks for.

    Rows without a field or a value are left out; an operator that the field does not have becomes its first one.
    """
    filters = [
        {"field": name, "op": fitting, "value": _typed(fitting, value)}
        for name, operator, value in address_rows(arguments)
        if name and (fitting := _fitting(form, name, operator)) and (value.strip() or fitting in WITHOUT_VALUE)
    ]
    charge = charge_of(arguments)
    if charge:
        filters.append({"field": CHARGE, "op": "eq", "value": charge})
    size = arguments.get("size", "")
    return ListQuery(
        page_size=int(size) if size in {str(number) for number in PAGE_SIZES} else PAGE_SIZES[0],
        cursor=arguments.get("cursor") or None,
        from_end=arguments.get("from") == "end",
        order=arguments.get("order") or None,
        q=arguments.get("q", "").strip()[:100],
        filters=filters,
    )


def _typed(operator: str, value: str) -> Any:
    value = value.strip()
    if operator not in _SEVERAL:
        return value
    return [part for one in value.replace("，", ",").split(",") if (part := one.strip())]


def operators_of(form: Definition, name: str) -> tuple[str, ...]:
    """Return the operators of a field that a list offers."""
    if name.startswith("_"):
        return _SYSTEM_OPERATORS.get(name, EQUALITY[:2])
    if not form.has(name):
        return ("eq",)
    kind = field_type(form.field(name).type)
    without = _NOT_OFFERED | ({"in"} if _is_chosen(form, name) else frozenset())
    return tuple(op for op in OPERATORS if op in kind.operators and op not in without)


def _fitting(form: Definition, name: str, operator: str) -> str:
    offered = operators_of(form, name)
    return operator if operator in offered or not offered else offered[0]


def _is_chosen(form: Definition, name: str) -> bool:
    codes = form.code_list(name)
    short = codes is not None and len(codes.options) <= _MOST_OPTIONS
    return short or field_type(form.field(name).type).column_kind == "bool"


class Filters:
    """Draws the filter rows of a list."""

    def __init__(
        self, actor: Actor, table: FormTable, workflow: Workflow | None, lang: str, campaign: str = ""
    ) -> None:
        self._actor, self._form, self._table = actor, table.definition, table
        self._workflow, self._lang = workflow, lang
        #: Offered where the address already asks for one: one arrives from the page of a campaign.
        self._campaign = campaign

    def row(self, name: str, operator: str, value: str, remove: str = "") -> FilterRow:
        """Return one row with the operators and the kind of value that its field has."""
        form = self._form
        operator = _fitting(form, name, operator)
        known = not name.startswith("_") and form.has(name)
        moment = field_type(form.field(name).type).html_type in _INPUTS if known else name.endswith("_at")
        words = {**OPERATORS, **_DATE_WORDS} if moment else OPERATORS
        offered = tuple(Choice(op, str(words[op])) for op in operators_of(form, name))
        options = () if operator in TEXT or operator in WITHOUT_VALUE else tuple(self._options(name))
        return FilterRow(name, operator, value, offered, options, self._kind(name, operator), remove)

    def _kind(self, name: str, operator: str) -> str:
        if operator in WITHOUT_VALUE:
            return "none"
        if name.startswith("_"):
            return "date" if name.endswith("_at") else "text"
        if not self._form.has(name) or operator == "in":
            return "text"
        item = self._form.field(name)
        kind = field_type(item.type)
        return "number" if kind.column_kind in {"integer", "numeric"} else _INPUTS.get(kind.html_type, "text")

    def _options(self, name: str) -> list[Choice]:
        form, lang = self._form, self._lang
        if name == "_state":
            states = self._workflow.states if self._workflow is not None else {}
            found = [Choice(key, state.label.get(lang), foreign(state.label, lang)) for key, state in states.items()]
            return [*found, Choice(VOID, gettext("已作废"))]
        if name == "_campaign":
            return [Choice(self._campaign, campaign_title(self._campaign) or self._campaign)]
        yes_or_no = [Choice("true", gettext("是")), Choice("false", gettext("否"))]
        if name in {duplicates.NAME, ATTACHMENT_DUE}:
            return yes_or_no
        if not form.has(name):
            return []
        if field_type(form.field(name).type).column_kind == "bool":
            return yes_or_no
        if not _is_chosen(form, name):
            return []
        return [Choice(item.code, item.label, depth=item.depth) for item in choices(form.code_list(name), lang)]

    def fields(self) -> list[Choice]:
        """Return what can be filtered by: what the actor sees in plain somewhere."""
        form, lang, columns = self._form, self._lang, self._table.columns
        actor, table = self._actor, self._table
        listed = [*_SYSTEM, *(["_campaign"] if self._campaign else [])]
        listed += [duplicates.NAME] if duplicates.told(actor, table) else []
        listed += [ATTACHMENT_DUE] if has_attachments(table) else []
        system = [Choice(name, str(SYSTEM_LABELS[name])) for name in listed]
        own = [
            Choice(item.key, item.label.get(lang), foreign(item.label, lang))
            for item in form.fields
            if item.key in columns
            and not item.fields
            and operators_of(form, item.key)
            and plain_clause(actor, table, "V", item.key) is not None
        ]
        return [*system, *own]
