"""An address: a division of a code list and the line below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from forms.answers.masks import WHOLE
from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, SORT_KEY_LENGTH, TEXT, Compiled, Setting, mask, pinyin_key, plain_text
from forms.field_types.parts import PartedType
from forms.field_types.select import read_code
from forms.labels import Label

REGION, DETAIL = "region", "detail"
LONGEST = 200
_BLANK = re.compile(r"\s+")


class Address(PartedType):
    """``{"region": code, "detail": text}``; the code list may be a tree.

    The column holds the region's code, so that a filter can ask for what lies under a division; the line stands beside
    it, so that it can be searched.
    """

    name = "address"
    label = Label("地址", "Address")
    group = "relation"
    about = Label("区划加详细地址，可按区划筛选", "A division and the line below it; filtered by division")
    xlsform_reads: ClassVar[tuple[str, ...]] = ()
    operators = (*EQUALITY, "under", *TEXT)
    column_kind = "text"
    sortable = True
    searchable = True
    has_options = True
    counted = True
    labelled = True
    settings = (
        Setting("leaves_only", "bool", Label("只能选最末级", "Leaves only"), default=False),
        Setting("detail_optional", "bool", Label("详细地址可不填", "Line may be empty"), default=False),
        Setting("max_length", "integer", Label("最多字数", "Maximum length"), LONGEST, least=1, most=LONGEST),
    )

    def parts(self, field: Field) -> tuple[Field, ...]:
        leaves = {"leaves_only": field.setting("leaves_only", default=False)}
        line = {"max_length": field.setting("max_length", LONGEST)}
        needed = not field.setting("detail_optional", default=False)
        return (
            Field(REGION, "region", Label("区划", "Division"), required=True, settings=leaves),
            Field(DETAIL, "text", Label("详细地址", "Street and number"), required=needed, settings=line),
        )

    def read_text(self, field: Field, text: Any, code_list: CodeList | None) -> Mapping[str, Any]:
        """Read ``230203 建华区 中华路 1 号``, ``建华区 中华路 1 号`` or ``建华区中华路1号``: the longest name wins."""
        if isinstance(text, list):
            raise Invalid("type", Label("应为区划和详细地址", "Expected a division and a line"))
        whole = plain_text(text)
        words = _BLANK.split(whole)
        for count in range(len(words), 0, -1):
            code = code_list.find(" ".join(words[:count])) if code_list else None
            if code is not None:
                # What follows keeps its blanks: it is somebody's text.
                return {REGION: code, DETAIL: "".join(_BLANK.split(whole, maxsplit=count)[count:])}
        names = sorted((option.label.zh for option in code_list.options), key=len, reverse=True) if code_list else []
        name = next((name for name in names if name and whole.startswith(name)), None)
        if name is None:
            raise Invalid(
                "no_region",
                Label(
                    "地址要以区划开头，如“建华区 中华路 1 号”",
                    "An address begins with its division, such as “建华区 中华路 1 号”",
                ),
            )
        return {REGION: name, DETAIL: whole[len(name) :].strip()}

    def codes(self, value: Any) -> list[Any]:
        return [value[REGION]] if isinstance(value, Mapping) and value.get(REGION) else []

    def column_value(self, field: Field, value: Any) -> Any:
        # A draft may have the line alone.
        return value.get(REGION, "")

    def beside_value(self, field: Field, value: Any) -> str:
        return str(value.get(DETAIL, ""))

    def from_columns(self, field: Field, stored: Any, beside: str) -> Any:
        return {key: text for key, text in ((REGION, stored), (DETAIL, beside)) if text}

    def filter_value(self, field: Field, raw: Any, check: Compiled, code_list: CodeList | None) -> Any:
        return read_code(raw, code_list)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        """Return the place of the division in its list, then the line by pinyin."""
        code = value.get(REGION, "")
        place = code_list.place(code) if code_list else None
        first = str(code) if place is None else f"{place:06d}"
        return f"{first}\x01{pinyin_key(value.get(DETAIL, ''))}"[:SORT_KEY_LENGTH]

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        if not isinstance(value, Mapping):
            return str(value)
        code = value.get(REGION)
        names = [option.label.get(language) for option in _line(code_list, code)] or ([str(code)] if code else [])
        line = value.get(DETAIL)
        if language == "en":
            return ", ".join(filter(None, [line, *reversed(names)]))
        return " ".join(filter(None, ["".join(names), line]))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        """Return the whole answer as :meth:`read_text` reads it; in a workbook of ours each part has its cell."""
        option = code_list.get(value.get(REGION)) if code_list else None
        name = option.label.get(language) if option else ""
        return " ".join(filter(None, [value.get(REGION), name, value.get(DETAIL)]))

    def masked(self, field: Field, value: Any) -> Any:
        """Return the division and no line where the mask is ``addr_m``; nothing otherwise."""
        if isinstance(value, str):
            return mask(field.mask, value)
        if field.mask != "addr_m" or not isinstance(value, Mapping) or not value.get(REGION):
            return WHOLE
        return {REGION: value[REGION], DETAIL: WHOLE}

    def xlsform_parameters(self, field: Field) -> Mapping[str, str]:
        given = {setting.name: field.settings.get(setting.name) for setting in self.settings}
        return {name: str(value).lower() for name, value in given.items() if value is not None}

    def from_xlsform_parameters(self, parameters: Mapping[str, str]) -> Mapping[str, Any] | None:
        words = {"true": True, "false": False}
        known = {setting.name: setting for setting in self.settings}
        return {
            name: words[text] if known[name].kind == "bool" else int(text)
            for name, text in parameters.items()
            if name in known and (text in words if known[name].kind == "bool" else text.isdecimal())
        }

    def note(self, field: Field, language: str) -> str:
        return Label("区划和详细地址，如“建华区 中华路 1 号”", "Division, then street and number").get(language)


def _line(code_list: CodeList | None, code: Any) -> list[Any]:
    """Return the option of *code* below those above it, the highest first."""
    found: list[Any] = []
    while code_list is not None and isinstance(code, str) and (option := code_list.get(code)) is not None:
        if option in found:
            break
        found.insert(0, option)
        code = option.parent
    return found


TYPE = Address()
