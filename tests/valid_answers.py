"""Valid answers made from a definition: always the same, every visible field filled, rules kept.

A field is filled by its type; what a rule demands beyond that stands in :data:`TUNED`, as data. Conditions are
followed round by round: what becomes visible is filled, what becomes hidden is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

from stdnum import luhn
from stdnum.cn import uscc

from forms.answers.answer import Answers, Column, Context, is_empty, rows_of
from forms.answers.prefill import prefill, prefill_row
from forms.compiled import CompiledForm
from forms.definition import Option
from forms.expressions import holds
from forms.files.loading import load_yaml
from tests.samples import id_number

#: ``(column, number) -> reference``: a record of the column's form, or an organization; None where there is none.
Reference = Callable[[Column, int], "dict[str, str] | None"]

#: What single forms need beyond the types of their fields: form → path → value (null leaves the field empty).
TUNED: dict[str, dict[str, Any]] = load_yaml(Path(__file__).parent / "seeds" / "tuned_answers.yaml")
ROUNDS = 12
WORDS = "本项内容为测试数据，按填表说明逐条填写，与实际单位和个人无关。"


def any_reference(column: Column, number: int) -> dict[str, str]:
    """Return a reference to a record that does not exist."""
    return {"id": f"{column.field.form}-{number}", "label": f"{column.field.form} {number}"}


def any_file(path: str, number: int) -> str:
    """Return the id of an attachment that does not exist."""
    return f"{crc32(path.encode()):08x}{number}"


@dataclass
class Filler:
    """Fills a form.

    ``number`` tells one set of answers from another; ``everything``: optional fields too; ``rows``: how many rows a
    sub-table gets then.
    """

    form: CompiledForm
    context: Context
    number: int = 0
    everything: bool = True
    rows: int = 2
    reference: Reference = any_reference
    file: Callable[[str, int], str] = any_file
    tuned: Mapping[str, Any] = field(default_factory=dict)
    #: What others have filled in before; without it the form is new.
    start: Mapping[str, Any] | None = None

    def answers(self) -> Answers:
        """Return answers that :meth:`CompiledForm.validate` finds nothing wrong with."""
        answers = prefill(self.form, self.context) if self.start is None else dict(self.start)
        for key, value in self._settings().items():
            if "." not in key:
                answers[key] = value
        for _ in range(ROUNDS):
            before = {**answers}
            self._fill(answers)
            if answers == before:
                break
        return self._shown(answers)

    def _shown(self, answers: Answers) -> Answers:
        """Return what is filled and visible."""
        visible = self.form.evaluate(answers, context=self.context).visible
        shown = {key: value for key, value in answers.items() if key in visible and not is_empty(value)}
        for key in self.form.tables & set(shown):
            shown[key] = [
                {
                    name: cell
                    for name, cell in row.items()
                    if name == "_row" or f"{key}[{row['_row']}].{name}" in visible
                }
                for row in shown[key]
            ]
        return shown

    def _settings(self) -> dict[str, Any]:
        return {**TUNED.get(self.form.definition.key, {}), **self.tuned}

    def _fill(self, answers: Answers) -> None:
        state = self.form.evaluate(answers, context=self.context)
        settings = self._settings()
        for place, (key, column) in enumerate(self.form.columns.items()):
            if key not in state.visible or key in settings or not self._fillable(column):
                continue
            wanted = self.everything or key in state.required
            if column.columns:
                answers[key] = self._rows(column, answers, place, required=wanted)
            elif wanted and is_empty(answers.get(key)):
                answers[key] = self._checked(column, answers, place, 0)

    def _fillable(self, column: Column) -> bool:
        item = column.field
        return column.takes_answers and not item.readonly and self.context.role not in item.readonly_for

    def _rows(self, column: Column, answers: Answers, place: int, *, required: bool) -> list[Answers]:
        path = column.path
        least = column.field.setting("min_rows", 0)
        count = max(least, self.rows if self.everything else int(required))
        count = min(count, column.field.setting("max_rows", 200))
        if path in self.form.fixed:
            answers[path], count = self.form.with_fixed_rows(answers)[path], 0
        rows = [dict(row) for row in rows_of(answers.get(path))]
        rows += [
            {"_row": f"{path}{number}", **prefill_row(self.form, path, answers, self.context)}
            for number in range(len(rows), count)
        ]
        settings = self._settings()
        answers[path] = rows
        for number, row in enumerate(rows):
            for key in column.columns:
                if f"{path}.{key}" in settings:
                    value = settings[f"{path}.{key}"]
                    row[key] = value[number % len(value)] if isinstance(value, list) else value
            state = self.form.evaluate(answers, context=self.context)
            for offset, (key, cell) in enumerate(column.columns.items()):
                where = f"{path}[{row['_row']}].{key}"
                if where not in state.visible or cell.path in settings or not self._fillable(cell):
                    continue
                wanted = self.everything or where in state.required
                if wanted and is_empty(row.get(key)):
                    row[key] = self._checked(cell, {**answers, **row}, place + offset, number)
        return rows

    def _checked(self, column: Column, siblings: Mapping[str, Any], place: int, row: int) -> Any:
        """Return a value in canonical form; None where there is nothing to refer to."""
        value = self._value(column, siblings, place, row)
        return None if value is None else column.check(value)

    def _value(self, column: Column, siblings: Mapping[str, Any], place: int, row: int) -> Any:
        name, item = column.type.name, column.field
        number = self.number * 20 + row
        day = self.context.today - timedelta(days=400) + timedelta(days=7 * place)
        match name:
            case "text" | "textarea":
                return self._text(column, number)
            case "integer" | "rating":
                low, high = item.setting("min", 1), item.setting("max", 5 if name == "rating" else 10**6)
                return min(max(low, 4 if name == "rating" else 5 + row), high)
            case "decimal" | "money" | "percent":
                low, high = Decimal(str(item.setting("min", 0))), Decimal(str(item.setting("max", 100)))
                return str(min(max(low, Decimal(10 + row)), high))
            case "date":
                return min(day, self.context.today)
            case "month":
                return f"{day:%Y-%m}"
            case "year":
                return str(self.context.today.year)
            case "datetime":
                return datetime.combine(day, time(9)).isoformat()
            case "bool":
                return True
            case "select" | "tree" | "region":
                return self._options(column, siblings)[row % 2 if item.key in self._distinct(column) else 0].code
            case "multiselect":
                return [self._options(column, siblings)[0].code]
            case "phone":
                return f"139{number:08d}"
            case "tel":
                return f"0452-{2000000 + number}"
            case "email":
                return f"test{number}@example.cn"
            case "id_card":
                return id_number(2 * number + 1)
            case "credit_code":
                head = f"91239900MA{number:07d}"
                return head + uscc.calc_check_digit(head)
            case "bank_card":
                head = f"621700{number:09d}"
                return head + luhn.calc_check_digit(head)
            case "file" | "image" | "signature":
                return [self.file(column.path, index + number) for index in range(item.setting("min_files", 1))]
            case "address":
                region = self._options(column, siblings)[0].code
                return {"region": region, "detail": f"测试路 {number + 1} 号"}
            case "matrix":
                return dict.fromkeys(column.parts, self._options(column, siblings)[0].code)
            case "geopoint":
                return {"lat": f"47.{number + 100000:06d}", "lng": f"123.{number + 100000:06d}"}
            case "reference":
                return self.reference(column, row)
            case _:
                raise NotImplementedError(name)

    def _text(self, column: Column, number: int) -> str:
        item = column.field
        low, high = item.setting("min_length", 0), item.setting("max_length", 60)
        if item.setting("normalise") == "person":
            return "测试" + chr(0x4E00 + number)
        text = f"{item.label.zh[:8]}{number or ''}"
        while len(text) < low:
            text += WORDS
        return text[: max(low, min(high, 200))].strip() if len(text) > high else text

    def _distinct(self, column: Column) -> tuple[str, ...]:
        table = column.path.rpartition(".")[0]
        return tuple(self.form.definition.field(table).setting("unique_columns", [])) if table else ()

    def _options(self, column: Column, siblings: Mapping[str, Any]) -> list[Option]:
        assert column.code_list is not None, column.path
        inner = {option.parent for option in column.code_list.options}
        return [option for option in column.code_list.options if self._offered(column, option, inner, siblings)]

    def _offered(self, column: Column, option: Option, inner: set[str | None], siblings: Mapping[str, Any]) -> bool:
        if option.retired or option.code in inner:
            return False
        if column.field.option_filter is None:
            return True
        known = {**self.context.variables, "code": option.code, "kind": option.kind}
        context = Context(self.context.today, self.context.role, known, self.context.reference)
        return holds(column.field.option_filter.tree, self.form.environment(siblings, context))
