"""Several questions on one scale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, Setting, plain_text
from forms.field_types.parts import PartedType
from forms.field_types.select import option_text, read_code
from forms.labels import Label

#: A mapping with ``id`` is a record referred to.
ROW_CODE = re.compile(r"(?!id$)[A-Za-z0-9_]{1,40}", re.ASCII)
FEWEST_ROWS, MOST_ROWS = 2, 50
_BREAK = re.compile(r"[;；\n]+")
_SIGN = re.compile(r"[:：=]")


class Matrix(PartedType):
    """``{row code: option code}``: each of ``rows`` is answered by one of the options.

    A field that is required wants every row; one that is not may leave out any.
    """

    name = "matrix"
    label = Label("矩阵量表", "Matrix of a scale")
    group = "choice"
    about = Label("几个问题用同一组选项，每行选一项", "Several questions on one scale, one answer in each row")
    wide = True
    operators = ("has_any", "has_all", "empty", "not_empty")
    has_options = True
    widget = "matrix"
    xlsform_appearance = "table-list"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("begin group table-list",)
    xlsform_parts = ("rows",)
    settings = (Setting("rows", "options", Label("各行", "Rows")),)

    def parts(self, field: Field) -> tuple[Field, ...]:
        rows = field.setting("rows", ())
        return tuple(_row(row, required=field.required) for row in rows if not row.get("retired"))

    def former(self, field: Field) -> tuple[Field, ...]:
        return tuple(_row(row) for row in field.setting("rows", ()) if row.get("retired"))

    def pieces(self, field: Field, code: str) -> list[Any]:
        return [{part.key: code} for part in (*self.parts(field), *self.former(field))]

    def check_complete(self, field: Field, value: Any, *, required: bool) -> None:
        missing = [part.label for part in self.parts(field) if part.key not in value]
        if required and missing:
            zh, en = "、".join(one.zh for one in missing[:3]), ", ".join(one.get("en") for one in missing[:3])
            zh, en = (f"{zh}等 {len(missing)} 行", f"{en} …") if len(missing) > 3 else (zh, en)
            raise Invalid("incomplete", Label(f"每行都要选，还差：{zh}", f"Answer every row; missing: {en}"))

    def read_text(self, field: Field, text: Any, code_list: CodeList | None) -> Mapping[str, Any]:
        """Read ``授课：5；管理：4``, rows by code or label."""
        parts = self.parts(field)
        rows = {name: part.key for part in parts for name in (part.label.zh, part.label.en, part.key) if name}
        found: dict[str, str] = {}
        items = [] if isinstance(text, list) else _BREAK.split(plain_text(text))
        for item in filter(None, map(str.strip, items)):
            name, *answer = (part.strip() for part in _SIGN.split(item, maxsplit=1))
            if name not in rows or not answer:
                raise Invalid(
                    "unknown_row",
                    Label(f"没有“{item[:30]}”这一行，请写成“行：选项”", f"No row “{item[:30]}”; write “row: option”"),
                )
            found[rows[name]] = answer[0]
        return found

    def filter_value(self, field: Field, raw: Any, check: Compiled, code_list: CodeList | None) -> Any:
        """Read ``row:option``; an option alone may stand in any row."""
        text = plain_text(raw)
        if _SIGN.search(text):
            return [check(self.read_text(field, text, code_list))]
        return self.pieces(field, read_code(text, code_list))

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        if not isinstance(value, Mapping):
            return str(value)
        colon, between = ("：", "；") if language == "zh" else (": ", "; ")
        return between.join(
            f"{label}{colon}{option_text(code_list, value[key], language)}"
            for key, label in _labels(field, language).items()
            if key in value
        )

    def difference(self, field: Field, old: Any, new: Any, language: str, code_list: CodeList | None) -> str:
        """Return the rows that changed, each on its own."""
        if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
            return super().difference(field, old, new, language, code_list)
        colon, between = ("：", "；") if language == "zh" else (": ", "; ")
        labels = _labels(field, language)
        changed = [key for key in (*labels, *old, *new) if old.get(key) != new.get(key)]

        def text(value: Mapping[str, Any], key: str) -> str:
            return option_text(code_list, value[key], language) if key in value else "—"

        return between.join(
            f"{labels.get(key, key)}{colon}{text(old, key)} → {text(new, key)}" for key in dict.fromkeys(changed)
        )

    def from_xlsform_parts(self, parts: Sequence[tuple[str, Label | None]]) -> Mapping[str, Any]:
        return {"rows": [{"code": key, **(label or Label(key)).as_dict()} for key, label in parts]}

    def note(self, field: Field, language: str) -> str:
        return Label("每行选一项", "One option in each row").get(language)

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        rows = field.setting("rows", [])
        live = [row for row in rows if not row.get("retired")]
        if not FEWEST_ROWS <= len(live) <= MOST_ROWS:
            found.append(Label(f"行数应为 {FEWEST_ROWS}–{MOST_ROWS}", f"There are {FEWEST_ROWS} to {MOST_ROWS} rows"))
        odd = [row["code"] for row in rows if not ROW_CODE.fullmatch(str(row["code"]))]
        if odd:
            found.append(
                Label(
                    f"行的代码“{odd[0]}”只能用字母、数字和下划线",
                    f"The code of a row has letters, digits and underscores only, not “{odd[0]}”",
                )
            )
        return found


def _row(row: Mapping[str, Any], *, required: bool = False) -> Field:
    return Field(str(row["code"]), "select", _label(row), required=required)


def _label(row: Mapping[str, Any]) -> Label:
    return Label.of(row.get("label") or {name: row[name] for name in ("zh", "en") if row.get(name)})


def _labels(field: Field, language: str) -> dict[str, str]:
    """Return the rows by code, those no longer asked as well."""
    rows: Sequence[Mapping[str, Any]] = field.setting("rows", ())
    return {str(row["code"]): _label(row).get(language) for row in rows}


TYPE = Matrix()
