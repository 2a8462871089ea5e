"""The page of aggregates: fields with their choices and means, as the template draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.records.lists.summary import FEWEST
from app.records.reading.show_page import foreign

if TYPE_CHECKING:
    from app.records.lists.summary import FieldSummary, Summary
    from forms.definition import Definition


def shown(form: Definition, found: Summary, lang: str) -> dict[str, Any]:
    """Return the values of the page."""
    return {
        "form_key": form.key,
        "title_lang": foreign(form.title, lang),
        "summary": found,
        "fewest": FEWEST,
        "groups": _groups(form, found, lang),
        "fields": [_field(form, item, lang) for item in found.fields],
    }


def _groups(form: Definition, found: Summary, lang: str) -> list[dict[str, str]]:
    fixed = form.visitors.fixed if form.visitors is not None else ()
    codes = next((form.code_list(key) for key in fixed), None)
    rows = []
    for group in found.groups:
        option = codes.get(group.value) if codes is not None else None
        rows.append({"value": group.value, "label": option.label.get(lang) if option is not None else group.label})
    return rows


def _field(form: Definition, found: FieldSummary, lang: str) -> dict[str, Any]:
    codes = form.code_list(found.item.key)
    yes_no = {"true": gettext("是"), "false": gettext("否")}
    rows = []
    for code, count in found.choices.items():
        option = codes.get(code) if codes is not None else None
        rows.append(
            {
                "label": option.label.get(lang) if option is not None else yes_no.get(code, code),
                "lang": foreign(option.label, lang) if option is not None else "",
                "count": count,
                "percent": count * 100 // found.answered if found.answered else 0,
            }
        )
    return {
        "label": found.item.label.get(lang),
        "lang": foreign(found.item.label, lang),
        "answered": found.answered,
        "mean": found.mean,
        "choices": rows,
    }
