"""Why a cell is empty: nothing was said, nothing was asked, a rule hid the question, or the answer is set aside.

A rule tells only what its reader could work out himself: where it reads something that is masked or hidden from him,
the cell is blank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.records.reading.context import reading_context
from forms.expressions import variables_of
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.access.actor import Actor
    from app.identity.models import Organization
    from app.records.reading.record import RecordView
    from app.records.versions.quarantine import Aside
    from forms.definition import Definition, Expr

BLANK, NOT_ASKED, BY_RULE, HIDDEN, ASIDE = "blank", "not_asked", "hidden", "withheld", "aside"
WORDS = {
    NOT_ASKED: Label("〔未询问〕", "[not asked]"),
    BY_RULE: Label("〔规则隐藏〕", "[hidden by a rule]"),
    HIDDEN: Label("〔不可见〕", "[withheld]"),
    ASIDE: Label("〔待处理〕", "[set aside]"),
}


def ruled(form: Definition) -> dict[str, list[Expr]]:
    """Return the rules that may hide each field, for those that any may."""
    found: dict[str, list[Expr]] = {}
    for section in form.sections:
        for item in section.fields:
            own = [rule for rule in (section.visible_when, item.visible_when) if rule is not None]
            if own:
                found[item.key] = own
            for column in item.fields:
                rules = [*own, *([column.visible_when] if column.visible_when is not None else [])]
                if rules:
                    found[f"{item.key}.{column.key}"] = rules
    return found


class Statuses:
    """Tells of one record, as one actor sees it, why its cells are empty; rules are worked out when first asked."""

    def __init__(
        self,
        actor: Actor,
        view: RecordView,
        asides: Collection[Aside] = (),
        rules: Mapping[str, Collection[Expr]] | None = None,
        owner: Organization | None = None,
    ) -> None:
        self._actor, self._view, self._owner = actor, view, owner
        self._rules = ruled(view.definition) if rules is None else rules
        self._asides = {(item.path, item.row_id): item for item in asides}
        self._visible: frozenset[str] | None = None

    def aside(self, path: str, row_id: str | None = None) -> Aside | None:
        """Return what is set aside of a cell."""
        return self._asides.get((path, row_id))

    def of(self, path: str, row: Mapping[str, Any] | None = None) -> str:
        """Return why a cell is empty; *row*: that of its sub-table."""
        view = self._view
        form = view.compiled
        if path not in form.by_path:
            return NOT_ASKED
        row_id = str(row.get("_row")) if row is not None else None
        if (path, row_id) in self._asides:
            return ASIDE
        if path in view.hidden:
            return HIDDEN
        rules = self._rules.get(path)
        if not rules or not self._open(path, rules):
            return BLANK
        table, dot, key = path.rpartition(".")
        place = f"{table}[{row_id}].{key}" if dot and row is not None else path
        return BLANK if place in self._shown() else BY_RULE

    def _open(self, path: str, rules: Collection[Expr]) -> bool:
        """Tell whether the reader sees in plain whatever the rules read."""
        secret = {*self._view.masked, *self._view.hidden}
        return not any(name in secret for rule in rules for name in _paths(rule, path.rpartition(".")[0]))

    def _shown(self) -> frozenset[str]:
        if self._visible is None:
            view = self._view
            known = reading_context(self._actor, view, self._owner)
            self._visible = view.compiled.evaluate(view.answers, context=known).visible
        return self._visible


def _paths(rule: Expr, table: str) -> Iterator[str]:
    for name in variables_of(rule.tree):
        path = name.removeprefix("parent.")
        yield path
        yield path.partition(".")[0]
        if table:
            yield f"{table}.{path}"
