"""What a heading says besides its name: required, unit, options, a hint, a seal."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECES = ("人", "人次", "个", "名", "家", "户", "台", "套", "台套", "间", "张", "件", "份", "次", "分", "课时", "学时")
_MONEY = ("元", "元/月", "元/年", "元/人", "元/天", "元/课时", "万元", "亿元")
_SIZES = ("㎡", "m²", "m2", "平方米", "亩", "公里", "千米", "km", "吨", "kg", "cm", "mm", "%", "％")
_TIMES = ("岁", "年", "月", "个月", "天", "日", "小时", "课时/周", "人/年", "人次/年")
UNITS = frozenset((*_PIECES, *_MONEY, *_SIZES, *_TIMES))
MARKS = "*＊★※"
_BRACKET = re.compile(r"[（(\[【]([^（()）\[\]【】]*)[)）\]】]")
_SEAL = re.compile(r"(盖章|签字|签章|签名|公章)")
_HINT = re.compile(
    r"(?:如|例如|例|示例|格式|格式为|请填|填写|从|精确到|按)[:：]?.+|.*(?:填写|格式|选填.+|不填.+)"
    r"|可?(?:填|有|增|续|附)?多?(?:行|页)|(?:不超过|限|少于)?\d+个?字(?:以内|以下|左右)?|\d+\s*[-~—至]\s*\d+\s*(?:张|个|份)"
)
_COMMA_UNIT = re.compile(r"[，,]\s*单位\s*[:：]?\s*(.+)$")
_SPACE = re.compile(r"\s+")
LONGEST_OPTION = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """A name and what was said beside it."""

    name: str
    required: bool = False
    optional: bool = False
    unit: str = ""
    options: tuple[str, ...] = ()
    several: bool = False
    hint: str = ""
    seal: str = ""


def heading(text: str) -> Heading:
    """Return what the text of a heading says."""
    flat = _SPACE.sub(" ", text.replace("\n", " ")).strip().rstrip("：:").strip()
    found: dict[str, object] = {}
    if flat.strip(MARKS + " ") != flat or any(mark in flat for mark in MARKS):
        found["required"] = True
    flat = flat.translate({ord(mark): None for mark in MARKS}).strip()
    if match := _COMMA_UNIT.search(flat):
        flat, found["unit"] = flat[: match.start()], match[1]
    for match in list(_BRACKET.finditer(flat)):
        if said := _said(match[1].strip(), found):
            found.update(said)
            flat = flat.replace(match[0], "", 1)
    name = flat.replace(" ", "") if not flat.isascii() else flat
    return Heading(name.strip("：: "), **found)  # type: ignore[arg-type]


def _said(inside: str, found: dict[str, object]) -> dict[str, object]:
    """Return what the text in a bracket says; nothing where it belongs to the name."""
    if not inside:
        return {"hint": found.get("hint", "")}
    if inside.removeprefix("单位").strip("：: ") in UNITS:
        return {"unit": inside.removeprefix("单位").strip("：: ")}
    if inside in {"必填", "必填项"}:
        return {"required": True}
    if inside in {"选填", "可选", "可不填", "非必填"}:
        return {"optional": True}
    if _SEAL.search(inside):
        return {"seal": inside}
    several = "多选" in inside
    rest = re.sub(r"[，,；;]?\s*(?:可多选|多选|单选)[，,；;]?", "", inside).strip()
    options = [part.strip() for part in re.split(r"[/／|、]", rest)]
    if len(options) > 1 and all(0 < len(part) <= LONGEST_OPTION for part in options) and not _HINT.fullmatch(rest):
        return {"options": tuple(options), "several": several}
    if several or "单选" in inside:
        return {"several": several, "hint": rest}
    if _HINT.fullmatch(inside):
        return {"hint": inside}
    return {}
