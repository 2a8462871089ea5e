"""One of several options."""

from __future__ import annotations

from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field, Option
from forms.field_types.base import Compiled, ExcelColumn, FieldType, plain_text
from forms.labels import Label

#: A longer enumeration is no help in a note or a message.
NOTE_OPTIONS = 12
CLOSE_OPTIONS = 5


def live_options(code_list: CodeList | None) -> list[Option]:
    """Return the options that can still be chosen."""
    return [option for option in code_list.options if not option.retired] if code_list else []


def option_text(code_list: CodeList | None, code: Any, language: str) -> str:
    """Return the label of *code*; the code itself where the list no longer knows it."""
    option = code_list.get(code) if code_list and isinstance(code, str) else None
    return option.label.get(language) if option else str(code)


def read_code(raw: Any, code_list: CodeList | None) -> str:
    """Return the code meant by *raw* (a code, a label, an alias, ``code label``); raises Invalid."""
    text = plain_text(raw)
    if code_list is None:
        return text
    code = code_list.find(text)
    if code is None:
        raise _unknown(text[:30], code_list)
    return code


def _unknown(text: str, code_list: CodeList) -> Invalid:
    """Return the error that names what could have been meant."""
    several = code_list.find_all(text)
    if several:
        zh, en = ("、".join(f"{o.code} {o.label.get(lang)}" for o in several) for lang in ("zh", "en"))
        return Invalid(
            "ambiguous_option",
            Label(f"“{text}”对应多个选项，请连代码一起填写：{zh}", f"“{text}” is several options; add its code: {en}"),
        )
    options = live_options(code_list)
    if len(options) > NOTE_OPTIONS:
        options = [o for o in options if len(text) > 1 and (text in o.label.zh or text in o.label.en)][:CLOSE_OPTIONS]
    if not options:
        return Invalid(
            "unknown_option",
            Label(f"没有“{text}”这个选项，请从列表中选择", f"“{text}” is not an option; choose from the list"),
        )
    zh, en = "、".join(o.label.zh for o in options), ", ".join(o.label.get("en") for o in options)
    return Invalid(
        "unknown_option",
        Label(f"没有“{text}”这个选项，可选：{zh}", f"“{text}” is not an option; choose from: {en}"),
    )


class Select(FieldType):
    """One option of an inline list or a code list; the code is stored."""

    name = "select"
    label = Label("单选", "Single choice")
    counted = True
    group = "choice"
    about = Label("从选项中选一个", "One of the options")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("select_one",)
    widget = "select"
    has_options = True

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            if isinstance(raw, list | dict):
                raise Invalid("type", Label("只能选一项", "Choose one"))
            return read_code(raw, code_list)

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return option_text(code_list, value, language)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        """Return the place of the option in its list, which is the order that readers know."""
        place = code_list.place(value) if code_list else None
        return str(value) if place is None else f"{place:06d}"

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("从下拉列表选择", "Choose from the list").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        texts = tuple(code_list.cell_text(o.code, language) for o in live_options(code_list)) if code_list else ()
        return ExcelColumn(width=20, text=True, dropdown=texts or None, note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return code_list.cell_text(value, language) if code_list and isinstance(value, str) else value

    def xlsform(self, field: Field) -> str | None:
        return f"select_one {field.codelist or field.key}"


TYPE = Select()
