"""What types of several inputs have in common: their answer is a mapping, each part of it a small field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from forms import field_types
from forms.answers.masks import WHOLE
from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType
from forms.labels import Label

#: What stands for a blank in the answer of a part.
EMPTY: tuple[object, ...] = (None, "", [], {})
#: What a list of missing parts names at most.
NAMED = 5

IS_A_MASK = Label("这是脱敏后的内容，请填写真实内容", "This is a mask; enter the real content")


class PartedType(FieldType):
    """A type whose answer is a mapping of part → canonical value of that part; an empty part is absent."""

    parted = True
    column_kind = "json"
    sortable = False
    operators: ClassVar[tuple[str, ...]] = ("empty", "not_empty")
    widget = "parts"

    def read_text(self, field: Field, text: Any, code_list: CodeList | None) -> Mapping[str, Any]:
        """Return the raw parts that a single text means (a filter, a sheet made by hand); raises Invalid."""
        raise NotImplementedError

    def former(self, field: Field) -> tuple[Field, ...]:
        """Return the parts that are not asked any more, whose answers stay."""
        return ()

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        parts = (*self.parts(field), *self.former(field))
        checks = {part.key: type_of(part).compile(part, codes_of(part, code_list)) for part in parts}

        def check(raw: Any) -> dict[str, Any]:
            given = raw if isinstance(raw, Mapping) else self.read_text(field, raw, code_list)
            odd = [key for key, value in given.items() if key not in checks and value not in EMPTY]
            if odd:
                text = str(odd[0])[:30]
                raise Invalid("unknown_part", Label(f"没有“{text}”这一项", f"There is no part “{text}”"))
            value = {}
            for part in parts:
                cell = given.get(part.key)
                if cell in EMPTY:
                    continue
                if cell == WHOLE:
                    raise Invalid("masked", IS_A_MASK)
                try:
                    value[part.key] = checks[part.key](cell)
                except Invalid as error:
                    raise Invalid(error.code, _named(part, error.message)) from error
            return {key: cell for key, cell in value.items() if cell not in EMPTY}

        return check

    def check_complete(self, field: Field, value: Any, *, required: bool) -> None:
        missing = [part.label for part in self.parts(field) if part.required and value.get(part.key) in EMPTY]
        if missing:
            zh = "、".join(label.zh for label in missing[:NAMED]) + ("等" if len(missing) > NAMED else "")
            en = ", ".join(label.get("en") for label in missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
            raise Invalid("incomplete", Label(f"请填写：{zh}", f"Fill in: {en}"))

    def codes(self, value: Any) -> list[Any]:
        return list(value.values()) if isinstance(value, Mapping) else []

    def masked(self, field: Field, value: Any) -> Any:
        return WHOLE

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=30, text=True, note=self.note(field, language))

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        if not isinstance(cell, Mapping):
            return cell
        parts = {part.key: part for part in self.parts(field)}
        raw = {
            key: type_of(parts[key]).from_excel(parts[key], value, codes_of(parts[key], code_list))
            for key, value in cell.items()
            if key in parts
        }
        return {key: value for key, value in raw.items() if value not in EMPTY}

    def xlsform(self, field: Field) -> str | None:
        return "begin group"


def type_of(part: Field) -> FieldType:
    """Return the type of a part."""
    return field_types.get(part.type)


def codes_of(part: Field, code_list: CodeList | None) -> CodeList | None:
    """Return the options of a part: those of its field, where it is chosen."""
    return code_list if type_of(part).has_options else None


def _named(part: Field, message: Label) -> Label:
    """Return *message* with the name of its part before it."""
    return Label(f"{part.label.zh}：{message.zh}", f"{part.label.get('en')}: {message.get('en')}")
