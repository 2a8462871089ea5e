"""One rule on a page: as rows of conditions chosen from lists, or as a formula that the server reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.builder.editor.condition_rows import BLANK, MOST_ROWS, changed, complete, flat, whole
from app.builder.editor.words import rule_title
from forms.designing.formulas import Mistake, placed, read_formula
from forms.designing.outline import dicts
from forms.designing.rule_rows import (
    LISTED,
    OPERATORS,
    WITHOUT_VALUE,
    Row,
    Rows,
    names_at,
    operators_at,
    rows_of,
    text_of_rows,
)
from forms.designing.rules import check_number
from forms.expressions import ExpressionError, condition_text, parse
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from app.builder.editor.desk import Desk

#: Kinds of rules that are conditions on answers and can be chosen as rows.
CHOSEN = frozenset({"visible_when", "required_when", "checks", "published_when"})


@dataclass
class RulePage:
    """A rule as its page shows it."""

    place: str
    path: str
    kind: str
    mode: str
    match: str = "all"
    rows: list[Row | Rows] = field(default_factory=list)
    text: str = ""
    message: dict[str, str] = field(default_factory=dict)
    level: str = "error"
    mistakes: tuple[Mistake, ...] = ()
    sentence: str = ""
    wrong: list[str] = field(default_factory=list)
    existing: bool = False


def stored(desk: Desk, place: str) -> RulePage:
    """Return the rule as it stands in the draft; an empty one where there is none yet."""
    path, kind = placed(place)
    raw: Any = None
    page = RulePage(place, path, kind, "rows" if kind in CHOSEN else "formula")
    if kind == "checks":
        checks = dicts(desk.outline.places[path].raw.get("checks"))
        number = check_number(place)
        if number is not None and number < len(checks):
            raw = checks[number].get("expression")
            message = checks[number].get("message")
            label = Label.of(message) if message and Label.fits(message) else Label("")
            page.message = {"zh": label.zh, "en": label.en}
            page.level = checks[number].get("level") or "error"
    elif kind == "published_when":
        found = desk.raw.get("published_when")
        raw = found.get("record") if isinstance(found, dict) else found
    elif path in desk.outline.places:
        raw = desk.outline.places[path].raw.get(kind)
    elif path in desk.outline.sections:
        raw = desk.outline.sections[path].get(kind)
    page.existing = raw not in (None, "")
    page.text = _written(raw)
    _read(desk, page)
    return page


def _written(raw: Any) -> str:
    if raw in (None, ""):
        return ""
    try:
        return condition_text(raw) if isinstance(raw, str | dict) else str(raw)
    except ExpressionError:
        return str(raw)


def rule_path(page: RulePage, desk: Desk) -> str:
    """Return the path that names are resolved from: a section's rule speaks of the record."""
    return "" if page.path in desk.outline.sections and page.path not in desk.outline.places else page.path


def _read(desk: Desk, page: RulePage) -> None:
    """Read the text of *page*; as rows where it can be, else it stays a formula."""
    if not page.text.strip():
        if page.mode == "rows" and not page.rows:
            page.rows = [BLANK]
        return
    where = page.place if page.path in desk.outline.places else page.kind
    read = read_formula(page.text, where, desk.outline)
    page.mistakes = read.mistakes
    page.sentence = read.sentence.get(desk.lang)
    if page.mode == "rows" and not page.rows:
        if read.rows is None:
            page.mode = "formula"
        else:
            page.match, page.rows = read.rows.match, list(read.rows.rows)


def posted(desk: Desk, place: str, form: MultiDict[str, str], do: str) -> RulePage:
    """Return the rule as somebody has filled in the page, after the button *do*."""
    path, kind = placed(place)
    page = RulePage(place, path, kind, "formula" if form.get("mode") == "formula" else "rows")
    page.existing = stored(desk, place).existing
    page.message = {name: form.get(f"message_{name}", "").strip() for name in ("zh", "en")}
    page.level = "warning" if form.get("level") == "warning" else "error"
    if page.mode == "formula":
        page.text = form.get("text", "").strip()
    else:
        page.match = "any" if form.get("match") == "any" else "all"
        page.rows = _rows(desk, page, form)
        page.rows = changed(page.rows, page.match, do)
        page.text = _text(desk, page)
    if do == "formula":
        page.mode, page.rows = "formula", []
    elif do == "rows":
        page.mode, page.rows = "rows", []
    _read(desk, page)
    if do == "rows" and page.mode == "formula":
        page.wrong.append(gettext("这个公式用行条件说不出来，只能用公式修改。"))
    return page


def _rows(desk: Desk, page: RulePage, form: MultiDict[str, str]) -> list[Row | Rows]:
    """Return the conditions of the page; those that name the same group stand together in it."""
    names = names_at(desk.outline, rule_path(page, desk), own=page.kind == "checks")
    found: list[Row | Rows] = []
    places: dict[str, int] = {}
    for number in range(MOST_ROWS):
        if f"field-{number}" not in form:
            break
        row, group = _posted_row(desk, form, number, names), form.get(f"group-{number}", "")
        if not group:
            found.append(row)
        elif group in places:
            before = found[places[group]]
            assert isinstance(before, Rows)  # noqa: S101 - put there below
            found[places[group]] = Rows(before.match, (*before.rows, row))
        else:
            places[group] = len(found)
            found.append(Rows("any" if form.get(f"match-{group}") == "any" else "all", (row,)))
    return found


def _posted_row(desk: Desk, form: MultiDict[str, str], number: int, names: Mapping[str, str]) -> Row:
    name = form.get(f"field-{number}", "")
    if name not in names:
        name = ""
    operator = form.get(f"operator-{number}", "")
    allowed = operators_at(desk.outline, names[name]) if name else tuple(OPERATORS)
    if operator not in allowed:
        operator = allowed[0]
    other = form.get(f"other-{number}", "")
    values = tuple(_values(desk, names.get(name, ""), form.getlist(f"value-{number}"), operator))
    return Row(name, operator, values, other if other in names or other == "_today" else "")


def _values(desk: Desk, path: str, sent: list[str], operator: str) -> list[str]:
    """Return the values of a row: codes where the field has options, whichever way they were written."""
    texts = [text.strip() for text in sent if text.strip()]
    if operator in LISTED and len(texts) == 1:
        texts = [part.strip() for part in texts[0].replace("，", ",").replace("、", ",").split(",") if part.strip()]
    code_list = desk.outline.code_list(path) if path else None
    return [(code_list.find(text) or text) if code_list else text for text in texts]


def _text(desk: Desk, page: RulePage) -> str:
    """Return the expression of the rows that are complete; what was there stays as its author wrote it."""
    chosen = whole(page.rows)
    rows = Rows(page.match, tuple(chosen))
    path = rule_path(page, desk)
    before = stored(desk, page.place)
    if before.text:
        try:
            old = rows_of(parse(before.text), desk.outline, path, own=page.kind == "checks")
        except ExpressionError:
            old = None
        if old == rows or (old is not None and len(chosen) == 1 and old.rows == rows.rows):
            return before.text
    return text_of_rows(rows, desk.outline, path) if chosen else ""


def faults(page: RulePage) -> list[str]:
    """Return what keeps the rule from being saved."""
    found = list(page.wrong)
    if page.mode == "rows":
        found += [
            gettext("第 %(number)s 个条件没有选完。", number=number)
            for number, row in enumerate(flat(page.rows), 1)
            if row.field and not complete(row)
        ]
        if not page.text and not found:
            found.append(gettext("请至少选一个条件；不需要规则就点“删除规则”。"))
    elif not page.text:
        found.append(gettext("请写公式；不需要规则就点“删除规则”。"))
    if page.kind == "checks" and not page.message["zh"]:
        found.append(gettext("请写提示语：不满足时告诉填报人怎么改。"))
    return found


def values(desk: Desk, page: RulePage) -> dict[str, Any]:
    """Return what the page draws."""
    names = names_at(desk.outline, rule_path(page, desk), own=page.kind == "checks")
    return {
        "rule": page,
        "title": rule_title(page.kind),
        "names": [(name, desk.outline.label(path), path) for name, path in names.items()],
        "groups": _grouped(desk, page.rows, names),
        "choosable": page.kind in CHOSEN,
    }


def _grouped(desk: Desk, rows: Iterable[Row | Rows], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return what is drawn one below the other: conditions, and groups by their number; all numbered through."""
    found: list[dict[str, Any]] = []
    number, groups = 0, 0
    for row in rows:
        inside = flat([row])
        drawn = [{"number": number + place, **_drawn(desk, item, names)} for place, item in enumerate(inside)]
        found.append({"group": None, "rows": drawn})
        if isinstance(row, Rows):
            found[-1] |= {"group": groups, "match": row.match}
            groups += 1
        number += len(inside)
    return found


def _drawn(desk: Desk, row: Row, names: dict[str, str]) -> dict[str, Any]:
    path = names.get(row.field, "")
    code_list = desk.outline.code_list(path) if path else None
    place = desk.outline.places.get(path)
    kind = desk.outline.types.get(path, "")
    options = [(option.code, option.label) for option in (code_list.options if code_list else ())]
    if kind == "bool":
        options = [("true", Label("是", "Yes")), ("false", Label("否", "No"))]
    allowed = operators_at(desk.outline, path) if path else tuple(OPERATORS)
    same = [
        (name, desk.outline.label(other))
        for name, other in names.items()
        if name != row.field and not options and desk.outline.types.get(other) == kind
    ]
    return {
        "row": row,
        "operators": [(name, OPERATORS[name]) for name in allowed],
        "options": options if place else [],
        "valued": row.operator not in WITHOUT_VALUE,
        "several": row.operator in LISTED,
        "others": same if kind not in {"multiselect", "bool"} else [],
        "dated": kind in {"date", "datetime"},
        "html_type": {"date": "date", "month": "month", "datetime": "datetime-local"}.get(kind, "text"),
    }
