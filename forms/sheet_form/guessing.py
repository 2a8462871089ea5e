"""The type of a field, from what stands around it: validation, number format, heading, unit, samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forms.answers.problems import Invalid
from forms.definition import Field
from forms.field_types import get as field_type
from forms.field_types.bool import WORDS
from forms.labels import Label
from forms.sheet_form.cells import GENERAL, Cell, Validation
from forms.sheet_form.findings import ASK, LIKELY, SURE
from forms.sheet_form.heading import Heading

MOST_OPTIONS = 300
_COUNTED = frozenset(
    ["岁", "人", "人次", "个", "名", "家", "户", "台", "套", "台套", "间", "张", "件", "份", "次", "人/年", "人次/年"]
)
_MEASURED = frozenset(["㎡", "m²", "m2", "平方米", "亩", "公里", "千米", "km", "吨", "kg", "cm", "mm", "小时"])
#: What a heading that ends like this asks for. The first that fits counts.
WORDS_OF = (
    ("credit_code", re.compile(r"(统一社会)?信用代码$")),
    ("id_card", re.compile(r"(身份证|身份证件|证件)(号|号码)$|^身份证$")),
    ("bank_card", re.compile(r"(银行卡|社保卡银行账)(号|号码)$")),
    ("phone", re.compile(r"(手机|手机号|手机号码|移动电话)$")),
    ("tel", re.compile(r"(联系电话|联系方式|电话|电话号码|座机|传真)$")),
    ("email", re.compile(r"(邮箱|电子邮件|电子邮箱|e-?mail)$", re.IGNORECASE)),
    ("signature", re.compile(r"(签名|签字)$")),
    ("image", re.compile(r"(照片|图片)$")),
    ("file", re.compile(r"(附件|扫描件|证明材料|复印件)$")),
    ("month", re.compile(r"(年月|期间起|期间止)$")),
    ("year", re.compile(r"(年份|年度)$")),
    ("date", re.compile(r"(日期|出生日期|年月日)$")),
    ("bool", re.compile(r"^(是否|有无|能否|可否)")),
    ("percent", re.compile(r"(比例|占比|率)$")),
    ("integer", re.compile(r"(人数|台数|套数|数量|年龄|工位数|床位数|课时数|次数|个数|总数)$")),
    ("money", re.compile(r"(金额|薪酬|工资|月薪|年薪|报酬|收入|产值|投入|经费)$")),
    ("textarea", re.compile(r"(备注|说明|内容|简介|理由|意见|建议|简历|情况|经历|职责|要求|课程|项目)$")),
)  # fmt: skip
#: Types whose values tell them from any other text.
_TELLING = ("id_card", "credit_code", "phone", "email")
_ANY = {name: Field(name, name, Label(name)) for name in _TELLING}
_PLAIN = re.compile(r"(姓名|名称|地址|单位|职务|负责人|责任人|联系人|填表人|制表人|管理员|编号|院校|学校|企业)$")


#: Further names that only headings have.
_OTHERS = re.compile(
    r"(性别|民族|籍贯|学历|学位|职称|专业|年龄|面貌|婚姻|健康|岗位|工种|职业|等级|级别|类型|类别|方式|形式|时间|地点|人数|面积"
    r"|序号|合计|情况|机构|部门|地区|县区|区划|号|号码|名|期限|年限)$"
)


def is_known(name: str) -> bool:
    """Tell whether *name* is one that headings have, and answers have not."""
    return any(pattern.search(name) for pattern in (*(known for _, known in WORDS_OF), _PLAIN, _OTHERS))


@dataclass(frozen=True, slots=True)
class Guess:
    """A type with its settings, how sure that is, and from what."""

    type: str
    sure: str
    why: Label
    settings: tuple[tuple[str, Any], ...] = ()
    options: tuple[str, ...] = ()


def guess(said: Heading, rule: Validation | None, cells: Sequence[Cell], formats: Sequence[str]) -> Guess:
    """Return the type that is best founded; where nothing founds one, text, to be asked about."""
    return next(_guesses(said, rule, cells, formats))


def _guesses(said: Heading, rule: Validation | None, cells: Sequence[Cell], formats: Sequence[str]) -> Iterator[Guess]:
    words = next((name for name, pattern in WORDS_OF if pattern.search(said.name)), "")
    if rule is not None:
        yield from _of_rule(rule, said)
    if said.options:
        yield _chosen(said.options, said, SURE, Label("表头列出了选项", "The heading lists the options"))
    if any(cell.formula for cell in cells):
        yield Guess("computed", ASK, Label("单元格是公式，请补写计算公式", "The cells are formulas; write the formula"))
    why = Label("表头用词", "The words of the heading")
    if words in {"credit_code", "id_card", "bank_card", "phone", "tel", "email", "signature", "image", "file"}:
        yield Guess(words, LIKELY, why)
    yield from _of_formats(formats, said)
    if said.unit:
        yield _of_unit(said.unit, words, cells)
    if words in {"date", "month", "year"}:
        yield Guess(words, LIKELY, why)
    yield from _of_samples(cells, words)
    if words:
        yield Guess(words, LIKELY, why)
    if _PLAIN.search(said.name):
        yield Guess("text", LIKELY, why)
    yield Guess("text", ASK, Label("没有依据，先作单行文本，请确认", "Nothing tells; text for now, please confirm"))


def _chosen(options: Sequence[str], said: Heading, sure: str, why: Label) -> Guess:
    meant = [WORDS.get(option.strip().casefold()) for option in options]
    if len(options) == 2 and set(meant) == {True, False}:
        return Guess("bool", sure, why)
    return Guess("multiselect" if said.several else "select", sure, why, options=tuple(dict.fromkeys(options)))


def _of_rule(rule: Validation, said: Heading) -> Iterator[Guess]:
    why = Label("数据验证", "The validation of the cells")
    if rule.kind == "list":
        if 1 < len(rule.options) <= MOST_OPTIONS:
            yield _chosen(rule.options, said, SURE, why)
        return
    if rule.kind in {"date", "time"}:
        yield Guess("date", SURE, why)
        return
    names = ("min_length", "max_length") if rule.kind == "textLength" else ("min", "max")
    limits = tuple(
        (name, value)
        for name, text in zip(names, (rule.low, rule.high), strict=True)
        if (value := _number(text)) is not None
    )
    if rule.kind == "whole":
        yield Guess("integer", SURE, why, limits)
    elif rule.kind == "decimal":
        kind = "money" if "元" in said.unit else "percent" if said.unit in {"%", "％"} else "decimal"
        yield Guess(kind, SURE, why, limits)
    elif rule.kind == "textLength":
        words = next((name for name, pattern in WORDS_OF if pattern.search(said.name)), "")
        known = words if words in {"id_card", "credit_code", "phone", "bank_card"} else ""
        yield Guess(known, LIKELY, why) if known else Guess("text", SURE, why, tuple((n, int(v)) for n, v in limits))


def _of_formats(formats: Sequence[str], said: Heading) -> Iterator[Guess]:
    why = Label("单元格格式", "The format of the cells")
    for look in dict.fromkeys(formats):
        plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", look).casefold()
        if look == GENERAL or "@" in plain:
            continue
        if "y" in plain and "d" in plain:
            yield Guess("datetime" if "h" in plain else "date", SURE, why)
        elif "y" in plain and "m" in plain:
            yield Guess("month", SURE, why)
        elif "y" in plain:
            yield Guess("year", SURE, why)
        elif "%" in plain:
            yield Guess("percent", LIKELY, why)
        elif "¥" in look or "￥" in look or (("0.0" in plain) and "元" in said.unit):
            yield Guess("money", LIKELY, why)
        elif "0.0" in plain:
            yield Guess("decimal", LIKELY, why)
        elif plain.strip("#,0 _()-;") == "" and "0" in plain and "元" not in said.unit:
            yield Guess("integer", LIKELY, why)


def _of_unit(unit: str, words: str, cells: Sequence[Cell]) -> Guess:
    why = Label(f"单位“{unit}”", f"The unit “{unit}”")
    if "元" in unit:
        return Guess("money", LIKELY, why)
    if unit in {"%", "％"}:
        return Guess("percent", LIKELY, why)
    if unit in _MEASURED:
        return Guess("decimal", LIKELY, why)
    fractions = any(isinstance(cell.value, float) and not cell.value.is_integer() for cell in cells)
    if fractions:
        return Guess("decimal", LIKELY, why)
    told = unit in _COUNTED or words == "integer" or any(isinstance(cell.value, int) for cell in cells)
    return Guess("integer", LIKELY if told else ASK, why)


def _of_samples(cells: Sequence[Cell], words: str) -> Iterator[Guess]:
    values = [cell.value for cell in cells if cell.value not in (None, "")]
    why = Label("样例数据", "The sample rows")
    if not values:
        return
    texts = [str(value) for value in values]
    for name in _TELLING:
        if all(_is(name, value) for value in values):
            yield Guess(name, LIKELY, why)
    if all(re.fullmatch(r"\d{4}-\d{2}-\d{2}(T00:00:00)?", text) for text in texts):
        yield Guess("date", LIKELY, why)
    if all(re.fullmatch(r"\d{4}[-./年]\d{1,2}月?", text) for text in texts):
        yield Guess("month", LIKELY, why)
    if all(WORDS.get(text.strip().casefold()) is not None for text in texts) and not all(
        text in {"1", "0"} for text in texts
    ):
        yield Guess("bool", LIKELY, why)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        whole = all(float(value).is_integer() for value in values)
        yield Guess(words if words in {"money", "percent"} else "integer" if whole else "decimal", LIKELY, why)
    if any("\n" in text or len(text) > 60 for text in texts):
        yield Guess("textarea", LIKELY, why)


def _is(name: str, value: Any) -> bool:
    try:
        field_type(name).compile(_ANY[name], None)(value)
    except (Invalid, ValueError):
        return False
    return True


def _number(text: str) -> int | float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value
