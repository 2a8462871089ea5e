"""What the list of a form shows around its rows: heads, filters in the address, the pager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask_babel import gettext

from app.access.query import always_plain
from app.records.labels import SYSTEM_LABELS
from app.records.list_rows import RowWriter, column_of
from app.records.listing import ListQuery
from app.records.show_page import foreign
from app.records.tables import sortable
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from app.access.actor import Actor
    from app.records.list_rows import Column
    from app.records.tables import FormTable
    from forms.definition import Definition
    from forms.workflow import Workflow

PAGE_SIZES = (25, 50, 100)
CAP = 1000
_SYSTEM_SORTABLE = ("_serial", "_state", "_organization_name", "_updated_at", "_submitted_at")
_MAX_FILTERS = 8


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter row of the page."""

    field: str
    op: str
    value: str
    options: tuple[Any, ...] = ()
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose."""

    code: str
    label: str
    lang: str = ""

    @property
    def key(self) -> str:
        """Return the code."""
        return self.code


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; ``sorted`` is ``ascending``, ``descending`` or empty."""

    label: str
    lang: str = ""
    href: str = ""
    sorted: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class PageLink:
    """A step of the pager; no address where there is nothing that way."""

    label: str
    href: str


def read_query(arguments: MultiDict[str, str]) -> ListQuery:
    """Return the query that an address asks for; filter rows without a field or a value are left out."""
    filters = [
        {"field": name, "op": operator, "value": _typed(operator, value)}
        for name, operator, value in _filter_rows(arguments)
        if name and (value or operator in {"empty", "not_empty"})
    ]
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
    return [part for part in value.replace("，", ",").split(",") if part] if operator == "in" else value


def _filter_rows(arguments: MultiDict[str, str]) -> list[tuple[str, str, str]]:
    names, operators, values = (arguments.getlist(name) for name in ("ff", "fo", "fv"))
    return list(zip(names, operators, values, strict=False))[:_MAX_FILTERS]


def field_columns(form: Definition) -> list[str]:
    """Return the fields that a list shows."""
    return [name for name in form.list.columns if not name.startswith("_")]


def operators() -> list[Choice]:
    """Return the conditions that a filter offers."""
    return [
        Choice("eq", gettext("等于")),
        Choice("contains", gettext("包含")),
        Choice("ne", gettext("不等于")),
        Choice("gte", gettext("不小于")),
        Choice("lte", gettext("不大于")),
        Choice("empty", gettext("为空")),
        Choice("not_empty", gettext("不为空")),
    ]


class ListPage:
    """The page; templates read its attributes."""

    def __init__(
        self,
        actor: Actor,
        table: FormTable,
        *,
        workflow: Workflow | None,
        arguments: MultiDict[str, str],
        found: Any,
        query: ListQuery,
        lang: str,
    ) -> None:
        self._actor, self._table, self._workflow = actor, table, workflow
        self._arguments, self._lang, self._query = arguments, lang, query
        form = table.definition
        self.base = f"/records/{table.form_key}"
        self.title, self.title_lang = form.title.get(lang), foreign(form.title, lang)
        self.q, self.order = query.q, arguments.get("order", "")
        self.searchable = True
        self.columns = [column_of(form, name, lang) for name in self._columns()]
        self.filters = self._filters()
        self.filtered = bool(query.q or query.filters)
        self.operators = operators()
        self.filter_fields = self._filter_fields()
        self.more_filters = self._address(extra=[("ff", ""), ("fo", "eq"), ("fv", "")]) if self._may_filter() else ""
        self.heads = [self._head(column) for column in self.columns]
        self.may_add = actor.can(table.resource, "C") and (not form.fill_roles or actor.role in form.fill_roles)
        self.may_import = self.may_add
        self.may_export = actor.can(table.resource, "E")
        self.export_url = self._address(path="export")
        self.count = f"{CAP:,}+" if found.count_capped else f"{found.count:,}"
        self.rows = RowWriter(actor, form, workflow, self.columns, lang).rows(found.rows)
        self.pages = self._pages(found)

    def _columns(self) -> list[str]:
        fields = field_columns(self._table.definition)
        rules = self._actor.rules(self._table.resource, "V")
        own = all(rule.scope in {"own", "self"} for rule in rules)
        return [*fields, *([] if own else ["_organization_name"]), "_state", "_updated_at"]

    def _filters(self) -> list[Filter]:
        rows = _filter_rows(self._arguments)
        found = []
        for number, (name, operator, value) in enumerate(rows):
            keep = [row for other, row in enumerate(rows) if other != number]
            found.append(Filter(name, operator, value, tuple(self._options(name)), self._address(filters=keep)))
        return found

    def _may_filter(self) -> bool:
        return len(self.filters) < _MAX_FILTERS

    def _options(self, name: str) -> list[Choice]:
        form, lang = self._table.definition, self._lang
        if name == "_state" and self._workflow is not None:
            return [Choice(key, state.label.get(lang)) for key, state in self._workflow.states.items()]
        if not form.has(name):
            return []
        if form.field(name).type == "bool":
            return [Choice("true", gettext("是")), Choice("false", gettext("否"))]
        codes = form.code_list(name)
        if codes is None or codes.is_tree or form.field(name).type == "multiselect":
            return []
        return [Choice(option.code, option.label.get(lang), foreign(option.label, lang)) for option in codes.options]

    def _filter_fields(self) -> list[Choice]:
        form, lang = self._table.definition, self._lang
        system = [Choice(name, str(SYSTEM_LABELS[name])) for name in ("_state", "_serial", "_organization_name")]
        fields = [
            Choice(item.key, item.label.get(lang), foreign(item.label, lang))
            for item in form.fields
            if field_type(item.type).operators and item.key in self._table.columns and item.type != "subtable"
        ]
        return [*system, *fields]

    def _sortable(self, name: str) -> bool:
        if name.startswith("_"):
            return name in _SYSTEM_SORTABLE
        return sortable(self._table, name) and always_plain(self._actor, self._table, "V", name)

    def _head(self, column: Column) -> Head:
        name = column.name
        if not self._sortable(name):
            return Head(column.label, column.lang, numeric=column.numeric)
        order = self._query.order or self._table.definition.list.order or "-_updated_at"
        sorted_ = {name: "ascending", f"-{name}": "descending"}.get(order, "")
        turned = f"-{name}" if sorted_ == "ascending" else name
        return Head(column.label, column.lang, self._address(order=turned), sorted_, column.numeric)

    def _pages(self, found: Any) -> list[PageLink]:
        if not (found.next or found.previous):
            return []
        return [
            PageLink(gettext("首页"), self._address() if found.previous else ""),
            PageLink(gettext("上一页"), self._address(cursor=found.previous) if found.previous else ""),
            PageLink(gettext("下一页"), self._address(cursor=found.next) if found.next else ""),
            PageLink(gettext("末页"), self._address(from_end=True) if found.next else ""),
        ]

    def _address(
        self,
        *,
        path: str = "list",
        order: str | None = None,
        cursor: str = "",
        from_end: bool = False,
        filters: list[tuple[str, str, str]] | None = None,
        extra: list[tuple[str, str]] | None = None,
    ) -> str:
        pairs: list[tuple[str, str]] = []
        for name, operator, value in _filter_rows(self._arguments) if filters is None else filters:
            pairs += [("ff", name), ("fo", operator), ("fv", value)]
        pairs += extra or []
        pairs += [("q", self._query.q)] if self._query.q else []
        chosen = self._arguments.get("order", "") if order is None else order
        pairs += [("order", chosen)] if chosen else []
        pairs += [("size", self._arguments["size"])] if "size" in self._arguments else []
        pairs += [("cursor", cursor)] if cursor else []
        pairs += [("from", "end")] if from_end else []
        return f"{self.base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")
