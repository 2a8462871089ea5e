"""What an export is asked for: checked when it is asked, kept as it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.access.query import modes_in, scopes_of
from app.errors import BadRequest
from app.exchange.exporting.merging import modes_of_former
from app.exchange.formats import FORMATS
from app.records.lists import filtering
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.compiled import CompiledForm

LONGEST_PURPOSE = 200
LONGEST_SEARCH = 100
SHEETS, ROWS = "sheets", "rows"
#: The fields of the present version, or those of all versions, where each empty cell says why it is.
PRESENT, ALL = "present", "all"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is wanted. ``columns``: paths of fields, ``None`` for all; ``subtables``: ``sheets`` or ``rows``.

    ``versions``: ``present`` or ``all``.
    """

    format: str = "xlsx"
    filters: tuple[Mapping[str, Any], ...] = ()
    q: str = ""
    columns: tuple[str, ...] | None = None
    purpose: str = ""
    subtables: str = SHEETS
    versions: str = PRESENT

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, which :func:`read` takes."""
        return {
            "format": self.format,
            "filter": [dict(item) for item in self.filters],
            "q": self.q,
            "columns": None if self.columns is None else list(self.columns),
            "purpose": self.purpose,
            "subtables": self.subtables,
            "versions": self.versions,
        }


def kept(raw: Mapping[str, Any]) -> Spec:
    """Return what :meth:`Spec.as_dict` has kept, as it was asked, whatever has become of the form since."""
    columns = raw["columns"]
    return Spec(
        raw["format"],
        tuple(raw["filter"]),
        raw["q"],
        None if columns is None else tuple(columns),
        raw["purpose"],
        raw["subtables"],
        raw["versions"],
    )


def _problem(name: str, code: str, zh: str, en: str) -> Problem:
    return Problem(name, None, code, Label(zh, en))


def read(actor: Actor, table: FormTable, raw: Mapping[str, Any]) -> Spec:
    """Return what *raw* asks for. Raises ``BadRequest`` with what of it is not possible for the actor."""
    problems: list[Problem] = []
    kind, mode = raw.get("format") or "xlsx", raw.get("subtables") or SHEETS
    filters, columns = raw.get("filter") or [], raw.get("columns")
    purpose, q = str(raw.get("purpose") or "").strip(), " ".join(str(raw.get("q") or "").split())
    if kind not in FORMATS:
        listed = "、".join(FORMATS)
        problems.append(
            _problem("format", "choice", f"格式只能是 {listed}", f"The format is one of {', '.join(FORMATS)}")
        )
    if mode not in {SHEETS, ROWS}:
        problems.append(_problem("subtables", "choice", "只能是 sheets 或 rows", "Either sheets or rows"))
    if not isinstance(filters, list) or not all(isinstance(item, Mapping) for item in filters):
        problems.append(_problem("filter", "type", "应为一列 {field, op, value}", "A list of {field, op, value}"))
    versions = raw.get("versions") or PRESENT
    if versions not in {PRESENT, ALL}:
        problems.append(_problem("versions", "choice", "只能是 present 或 all", "Either present or all"))
    if len(purpose) > LONGEST_PURPOSE:
        problems.append(
            _problem("purpose", "too_long", f"用途最多 {LONGEST_PURPOSE} 个字", f"At most {LONGEST_PURPOSE} characters")
        )
    if columns is not None:
        problems += _unknown(table, columns)
    if problems:
        raise BadRequest(code="body", errors=problems)
    filtering.conditions(actor, table, "E", filters)
    chosen = None if columns is None else tuple(dict.fromkeys(columns))
    return Spec(kind, tuple(filters), q[:LONGEST_SEARCH], chosen, purpose, mode, versions)


def _unknown(table: FormTable, columns: Any) -> list[Problem]:
    if not isinstance(columns, list) or not columns:
        return [_problem("columns", "type", "至少选一列", "Choose at least one column")]
    return [
        _problem("columns", "unknown_field", f"没有“{str(name)[:60]}”这一列", f"There is no column {str(name)[:60]!r}")
        for name in columns
        if not isinstance(name, str)
        or name not in table.compiled.by_path
        or not table.compiled.by_path[name].type.stores
    ]


def shown(actor: Actor, table: FormTable, spec: Spec, form: CompiledForm | None = None) -> list[str]:
    """Return the paths of what is exported: asked for, and not hidden from the actor on every row.

    :param form: of all versions together, where they are asked for; fields of earlier ones come in addition.
    """
    modes: dict[str, Mode] = dict(modes_in(actor, table, "E", scopes_of(actor, table.resource, "E")))
    present = table.compiled.by_path
    asked = set(present if spec.columns is None else spec.columns)
    whole = present if form is None else form.by_path
    if spec.columns is None:
        former = modes_of_former(actor, table, [path for path in whole if path not in present], "E")
        modes, asked = {**modes, **former}, {*asked, *former}
    # A sub-table stands for its columns, a column brings its sub-table with it.
    wanted = {path for path in whole if path in asked or path.partition(".")[0] in asked}
    wanted |= {path.partition(".")[0] for path in wanted}
    return [
        path
        for path, column in whole.items()
        if path in wanted
        and column.type.stores
        and min(modes.get(path, Mode.HIDE), modes.get(path.partition(".")[0], Mode.HIDE)) > Mode.HIDE
    ]
