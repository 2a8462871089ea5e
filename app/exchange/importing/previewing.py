"""What the preview of an import shows of a row: what was typed, and what that changes, as its reader may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.exchange.cells import to_cell
from app.exchange.importing.judging import CHANGED
from forms.answers.answer import is_empty, rows_of
from forms.field_types.base import plain_text
from forms.labels import Label

if TYPE_CHECKING:
    from app.exchange.importing.judging import Verdict

LONGEST = 120


def item(verdict: Verdict) -> dict[str, Any]:
    """Return one row of a preview; texts that depend on the language as labels."""
    line = verdict.candidate.line
    return {
        "sheet": line.sheet,
        "row": line.row,
        "action": verdict.action,
        "organization": verdict.organization[1] if verdict.organization is not None else None,
        "record": verdict.existing.view.id if verdict.existing is not None else None,
        "values": {key: plain_text(cell)[:LONGEST] for key, cell in line.cells.items() if cell is not None},
        "rows": {
            key: sum(each.left_out is None for each in lines) for key, lines in verdict.candidate.children.items()
        },
        "changes": _changes(verdict) if verdict.action == CHANGED else [],
    }


def _changes(verdict: Verdict) -> list[dict[str, Any]]:
    existing = verdict.existing
    if existing is None:
        return []
    view = existing.view
    found = []
    for key, value in verdict.answers.items():
        column = view.compiled.columns[key]
        if column.columns:
            old, new = len(rows_of(view.answers.get(key))), len(rows_of(value))
            texts = [Label(f"{count} 行", f"{count} row(s)").as_dict() for count in (old, new)]
        else:
            before = view.answers.get(key)
            masked = key in view.masked
            shown = {lang: to_cell(column, before, lang, masked=masked) for lang in ("zh", "en")}
            texts = [_label(shown), _label({lang: to_cell(column, value, lang) for lang in ("zh", "en")})]
        found.append({"field": key, "old": texts[0], "new": texts[1]})
    return found


def _label(shown: dict[str, Any]) -> dict[str, str]:
    texts = {lang: "" if is_empty(cell) else plain_text(cell)[:LONGEST] for lang, cell in shown.items()}
    return Label(texts["zh"], texts["en"]).as_dict()


def read(stored: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Return a preview for a reader of *lang*."""
    return [
        {
            **row,
            "changes": [
                {**change, "old": Label.of(change["old"]).get(lang), "new": Label.of(change["new"]).get(lang)}
                for change in row["changes"]
            ],
        }
        for row in stored
    ]
