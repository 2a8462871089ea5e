"""Computed answers: worked out anew whenever a record is written, so that lists and totals never lag behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forms.answers.answer import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forms.compiled import CompiledForm, Context


def bare(form: CompiledForm, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers without what was worked out from them earlier."""
    found = dict(answers)
    for path in form.compute_order:
        table, _, key = path.rpartition(".")
        if not table:
            found.pop(path, None)
        elif isinstance(found.get(table), list):
            found[table] = [
                {name: cell for name, cell in row.items() if name != key} if isinstance(row, dict) else row
                for row in found[table]
            ]
    return found


def filled(form: CompiledForm, answers: Mapping[str, Any], context: Callable[[], Context]) -> dict[str, Any]:
    """Return answers with everything that the form works out from them.

    :param context: asked for only where there is something to work out.
    """
    if not form.compute_order:
        return dict(answers)
    worked_out = form.evaluate(bare(form, answers), context=context()).answers
    found = dict(answers)
    for path in form.compute_order:
        table, _, key = path.rpartition(".")
        if not table:
            found.pop(path, None)
            if path in worked_out:
                found[path] = worked_out[path]
            continue
        known = {row.get("_row"): row for row in rows_of(worked_out.get(table))}
        if isinstance(found.get(table), list):
            found[table] = [
                _cell(row, key, known.get(row.get("_row"), {})) if isinstance(row, dict) else row
                for row in found[table]
            ]
    return found


def _cell(row: Mapping[str, Any], key: str, worked_out: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: cell for name, cell in row.items() if name != key}
    return {**others, key: worked_out[key]} if key in worked_out else others
