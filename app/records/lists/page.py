"""What the list of a form shows around its rows: heads, filters in the address, the pager."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask_babel import gettext

from app.access.query import always_plain, charge_clause
from app.caches import Itself, on_clear
from app.records.lists.filter_rows import MOST_ROWS, PAGE_SIZES, Filters, address_rows, charge_of
from app.records.lists.rows import RowWriter, columns_of
from app.records.projection.columns import MINE, OTHERS
from app.records.projection.tables import sortable
from app.records.reading.show_page import foreign
from app.records.versions.quarantine import any_open

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from app.access.actor import Actor
    from app.records.lists.filter_rows import Choice, FilterRow
    from app.records.lists.listing import ListQuery
    from app.records.lists.rows import Column
    from app.records.projection.tables import FormTable
    from forms.definition import Definition
    from forms.workflow import Workflow

CAP = 1000
_SYSTEM_SORTABLE = ("_serial", "_state", "_organization_name", "_updated_at", "_submitted_at")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; ``sorted`` is ``ascending``, ``descending`` or empty."""

    label: str
    lang: str = ""
    href: str = ""
    sorted: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A step of the pager; no address where there is nothing that way."""

    label: str
    href: str


def field_columns(form: Definition) -> list[str]:
    """Return the fields that a list shows."""
    return [name for name in form.list.columns if not name.startswith("_")]


@lru_cache(maxsize=4096)
def _sortable(actor: Itself[Actor], table: FormTable, name: str) -> bool:
    if name.startswith("_"):
        return name in _SYSTEM_SORTABLE
    return sortable(table, name) and always_plain(actor.it, table, "V", name)


on_clear(_sortable.cache_clear)


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
        problem: str = "",
    ) -> None:
        self._actor, self._table, self._workflow = actor, table, workflow
        self._arguments, self._lang, self._query = arguments, lang, query
        form = table.definition
        self.base = f"/records/{table.form_key}"
        self.title, self.title_lang = form.title.get(lang), foreign(form.title, lang)
        self.problem = problem
        self.q, self.order = query.q, arguments.get("order", "")
        self.searchable = True
        self.columns = columns_of(Itself(form), self._columns(found), lang)
        self.filter_fields: list[Choice] = []
        self.filters = self._filters()
        self.filtered = bool(query.q or query.filters)
        room = len(self.filters) < MOST_ROWS
        self.more_filters = self._address(extra=[("ff", ""), ("fo", "eq"), ("fv", "")]) if room else ""
        self.charge = charge_of(arguments)
        self.charges = self._charges()
        self._unordered = self._address(order="")
        self.heads = [self._head(column) for column in self.columns]
        self.may_add = actor.can(table.resource, "C") and (not form.fill_roles or actor.role in form.fill_roles)
        self.may_import = self.may_add
        self.may_export = actor.can(table.resource, "E")
        self.export_url = self._address(path="export")
        self.may_upgrade = table.version_no > 1 and actor.can(table.resource, "U")
        self.has_aside = any_open(table.form_key)
        self.count = f"{CAP:,}+" if found.count_capped else f"{found.count:,}"
        self.rows = RowWriter(actor, form, workflow, self.columns, lang).rows(found.rows)
        self.pages = self._pages(found)
        self.sizes = self._sizes(found)

    def _columns(self, found: Any) -> tuple[str, ...]:
        fields = field_columns(self._table.definition)
        rules = self._actor.rules(self._table.resource, "V")
        own = all(rule.scope in {"own", "self"} for rule in rules)
        # A register of organizations is a list of their names already.
        link = self._table.definition.organization
        named = link is not None and link.name in fields
        doubtful = ["_duplicate"] if any(row.duplicate for row in found.rows) else []
        return (*fields, *([] if own or named else ["_organization_name"]), "_state", *doubtful, "_updated_at")

    def _filters(self) -> list[FilterRow]:
        rows = address_rows(self._arguments)
        campaign = next((value for name, _, value in rows if name == "_campaign"), "")
        writer = Filters(self._actor, self._table, self._workflow, self._lang, campaign)
        self.filter_fields = writer.fields() if rows else []
        return [
            writer.row(*row, remove=self._address(filters=[*rows[:number], *rows[number + 1 :]]))
            for number, row in enumerate(rows)
        ]

    def _charges(self) -> list[PageLink]:
        """Return the choice between one's own charge and what others publish; none where all is one's own."""
        if charge_clause(self._actor, self._table, "V") is None:
            return []
        regional = any(rule.scope == "region" for rule in self._actor.rules(self._table.resource, "V"))
        named = {
            "": gettext("全部"),
            MINE: gettext("本辖区") if regional else gettext("本单位"),
            OTHERS: gettext("其他单位公开"),
        }
        return [
            PageLink(label, "" if charge == self.charge else self._address(charge=charge))
            for charge, label in named.items()
        ]

    def _head(self, column: Column) -> Head:
        name = column.name
        if not _sortable(Itself(self._actor), self._table, name):
            return Head(column.label, column.lang, shape=column.shape)
        order = self._query.order or self._table.definition.list.order or "-_updated_at"
        sorted_ = {name: "ascending", f"-{name}": "descending"}.get(order, "")
        turned = f"-{name}" if sorted_ == "ascending" else name
        sign = "&" if "?" in self._unordered else "?"
        return Head(column.label, column.lang, f"{self._unordered}{sign}order={turned}", sorted_, column.shape)

    def _pages(self, found: Any) -> list[PageLink]:
        if not (found.next or found.previous):
            return []
        return [
            PageLink(gettext("首页"), self._address() if found.previous else ""),
            PageLink(gettext("上一页"), self._address(cursor=found.previous) if found.previous else ""),
            PageLink(gettext("下一页"), self._address(cursor=found.next) if found.next else ""),
            PageLink(gettext("末页"), self._address(from_end=True) if found.next else ""),
        ]

    def _sizes(self, found: Any) -> list[PageLink]:
        """Return the sizes that a page can have, the present one without an address; none where one page holds all."""
        if found.count <= PAGE_SIZES[0]:
            return []
        now = self._query.page_size
        return [PageLink(str(size), "" if size == now else self._address(size=str(size))) for size in PAGE_SIZES]

    def _address(
        self,
        *,
        path: str = "list",
        order: str | None = None,
        cursor: str = "",
        from_end: bool = False,
        filters: list[tuple[str, str, str]] | None = None,
        extra: list[tuple[str, str]] | None = None,
        size: str = "",
        charge: str | None = None,
    ) -> str:
        pairs: list[tuple[str, str]] = []
        for name, operator, value in address_rows(self._arguments) if filters is None else filters:
            pairs += [("ff", name), ("fo", operator), ("fv", value)]
        pairs += extra or []
        pairs += [("q", self._query.q)] if self._query.q else []
        charge = charge_of(self._arguments) if charge is None else charge
        pairs += [("charge", charge)] if charge else []
        chosen = self._arguments.get("order", "") if order is None else order
        pairs += [("order", chosen)] if chosen else []
        size = size or self._arguments.get("size", "")
        pairs += [("size", size)] if size else []
        pairs += [("cursor", cursor)] if cursor else []
        pairs += [("from", "end")] if from_end else []
        return f"{self.base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")
