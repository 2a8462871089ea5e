"""Any number of several options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, Setting, plain_text
from forms.field_types.select import NOTE_OPTIONS, live_options, option_text, read_code
from forms.labels import Label

STRONG = re.compile(r"[;；|\n]+")
SEPARATORS = re.compile(r"[;；、,，|\n]+")
MOST_CHOICES = 1_000


class MultiSelect(FieldType):
    """Several options; their codes are stored as a list, in the order of the code list."""

    name = "multiselect"
    label = Label("多选", "Multiple choice")
    counted = True
    group = "choice"
    about = Label("从选项中选一个或几个", "One or several of the options")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("select_multiple",)
    xlsform_limits: ClassVar[Mapping[str, str]] = {"max_choices": "count-selected(.) <= $n"}
    column_kind = "json"
    several = True
    sortable = False
    has_options = True
    operators = ("has_any", "has_all", "empty", "not_empty")
    widget = "multiselect"
    settings = (Setting("max_choices", "integer", Label("最多选几项", "Most choices"), least=1, most=MOST_CHOICES),)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        most = field.settings.get("max_choices")
        order = {option.code: number for number, option in enumerate(code_list.options)} if code_list else {}

        def check(raw: Any) -> list[str]:
            items = raw if isinstance(raw, list | tuple) else split(plain_text(raw), code_list)
            codes = list(dict.fromkeys(read_code(item, code_list) for item in items if item not in (None, "")))
            if most is not None and len(codes) > most:
                raise Invalid(
                    "too_many_choices",
                    Label(f"最多选 {most} 项，现有 {len(codes)} 项", f"Choose at most {most}, now {len(codes)}"),
                )
            return sorted(codes, key=lambda code: order.get(code, 0)) if len(codes) > 1 else codes

        return check

    def filter_value(self, field: Field, raw: Any, check: Compiled, code_list: CodeList | None) -> Any:
        return [piece for code in check([raw]) for piece in self.pieces(field, code)]

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        if not isinstance(value, list):
            return str(value)
        return ("、" if language == "zh" else ", ").join(option_text(code_list, code, language) for code in value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("可填多项，用顿号或分号隔开", "Several, separated by ;").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        texts = [code_list.cell_text(o.code, language) for o in live_options(code_list)] if code_list else []
        listed = "；".join(texts[:NOTE_OPTIONS]) + ("…" if len(texts) > NOTE_OPTIONS else "")
        colon = Label("：", ": ").get(language)
        return ExcelColumn(width=28, text=True, note=self.note(field, language) + (colon + listed if listed else ""))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        if not isinstance(value, list) or code_list is None:
            return value
        texts = [(str(code), code_list.cell_text(str(code), language)) for code in value]
        # A label that a reader would split in two is written as its code.
        return "；".join(code if STRONG.search(text) else text for code, text in texts)

    def xlsform_value(self, field: Field, value: Any) -> str:
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)

    def from_xlsform_value(self, text: str) -> Any:
        return text.split()

    def xlsform(self, field: Field) -> str | None:
        return f"select_multiple {field.codelist or field.key}"


def split(text: str, code_list: CodeList | None) -> list[str]:
    """Return the items of a cell; a label that itself contains a separator is recognised whole."""
    if code_list is not None and code_list.find(text) is not None:
        return [text]
    strong = [part.strip() for part in STRONG.split(text) if part.strip()]
    items: list[str] = []
    for part in strong:
        if code_list is not None and code_list.find(part) is not None:
            items.append(part)
        else:
            items += [piece.strip() for piece in SEPARATORS.split(part) if piece.strip()]
    return items


TYPE = MultiSelect()
